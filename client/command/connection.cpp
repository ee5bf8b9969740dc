#include "client/command/connection.h"

#include <CLI/CLI.hpp>

namespace sqlcast::command {

void add_connection_options(CLI::App& app, local::ConnectionOptions& options) {
  app.set_help_flag("-?,--help", "Show this help and leave");
  app.add_option("-h,--host", options.host, "Host of a node")->type_name("HOST");
  app.add_option("-P,--port", options.port,
                 "Port of a node (" + std::to_string(local::kDefaultPort) + " when only -h is given)")
      ->type_name("PORT")
      ->check(CLI::Range(1, 65535));
  app.add_option("--endpoint", options.endpoints, "A node's endpoint, tcp://HOST:PORT; may be given several times")
      ->type_name("ENDPOINT")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("--dir", options.dir,
                 "Folder of a local cluster (else $SQLCAST_DIR, else the one of `sqlcast cluster up` without --dir)")
      ->type_name("DIR");
  app.add_option("--key", options.key,
                 "File of the private key to go to nodes with (else $SQLCAST_KEY, else the local cluster's own)")
      ->type_name("FILE");
}

}  // namespace sqlcast::command
