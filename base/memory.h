// Memory: how this process's heap behaves. Called at start, by the main thread.
#pragma once

namespace sqlcast {

// Freed memory of a page or a batch stays with the process, 16 MiB of each heap at most: the next one is as large, and
// to get it from the system again, page by page, takes longer than to fill it. Once, at the start of a program.
void keep_freed_memory();

}  // namespace sqlcast
