// The options by which every command finds its nodes. One thread. Does not block.
#pragma once

#include "client/local/find_nodes.h"

namespace CLI {
class App;
}

namespace sqlcast::command {

// --endpoint, -h/--host, -P/--port, --dir, --key; --help and -? instead of -h.
void add_connection_options(CLI::App& app, local::ConnectionOptions& options);

}  // namespace sqlcast::command
