// Connection: from the command line to the endpoints of nodes, the same for every command. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace CLI {
class App;
}

namespace sqlcast::cli {

struct ConnectionOptions {
  std::string host;
  std::uint16_t port = 0;  // 0 = not given
  std::vector<std::string> endpoints;
  std::string dir;
};

inline constexpr std::uint16_t kDefaultPort = 5750;

// --endpoint, -h/--host, -P/--port, --dir; --help and -? instead of -h.
void add_connection_options(CLI::App& app, ConnectionOptions& options);

struct Nodes {
  std::vector<std::string> endpoints;
  bool named = false;  // host, port or endpoint were given: one is asked, not the cluster of a folder
  std::string where;   // for messages: "tcp://…" or the folder
};

// --endpoint and -h/-P, else the local cluster in --dir. config says what to do when there is neither.
Result<Nodes> find_nodes(const ConnectionOptions& options);

// "ERROR SQL_ERROR 1062 (23000) at line 3: Duplicate entry …"; line 0 = not shown.
std::string error_text(const Status& status, std::size_t line = 0);

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

// Exit status 2 for what the user gave wrongly on the command line, 1 for all else.
int exit_code(const Status& status);

// error_text() to standard error; returns the exit status.
int fail(const Status& status);

}  // namespace sqlcast::cli
