// The command line's options of a workload's shape, the same for every command that takes one. One thread.
#pragma once

#include <memory>

#include "bench/workload.h"

namespace CLI {
class App;
}

namespace sqlcast::bench {

// WORKLOAD, --tables, --table-size, --batch-size, --database.
void add_shape_options(CLI::App& command, Shape& shape, bool for_run);

}  // namespace sqlcast::bench
