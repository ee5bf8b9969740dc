// Memory: how this process's heap behaves, and who else may see it. Called at start, by the main thread.
#pragma once

#include "base/status.h"

namespace sqlcast {

// Freed memory of a page or a batch stays with the process, 16 MiB of each heap at most: the next one is as large, and
// to get it from the system again, page by page, takes longer than to fill it. Once, at the start of a program.
void keep_freed_memory();

// From now on this process leaves no core dump, and others of its account cannot look into it. io: the system forbids
// it. Programs that it starts are as ever.
Status forbid_core_dumps();

}  // namespace sqlcast
