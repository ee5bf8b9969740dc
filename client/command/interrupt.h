// Interrupts: Ctrl-C as a count that is looked at, instead of the end of the process. Process-wide; any
// thread. Does not block.
#pragma once

namespace sqlcast::command {

// From now on SIGINT is counted. Once, from the main thread.
void count_interrupts();
// SIGTERM and SIGHUP are counted too.
void count_terminations();

// Since the last reset.
int interrupts();
void reset_interrupts();

}  // namespace sqlcast::command
