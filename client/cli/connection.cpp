#include "client/cli/connection.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "client/cli/cluster_file.h"
#include "net/endpoint.h"

namespace sqlcast::cli {

void add_connection_options(CLI::App& app, ConnectionOptions& options) {
  app.set_help_flag("-?,--help", "Show this help and leave");
  app.add_option("-h,--host", options.host, "Host of a node")->type_name("HOST");
  app.add_option("-P,--port", options.port,
                 "Port of a node (" + std::to_string(kDefaultPort) + " when only -h is given)")
      ->type_name("PORT")
      ->check(CLI::Range(1, 65535));
  app.add_option("--endpoint", options.endpoints, "A node's endpoint, tcp://HOST:PORT; may be given several times")
      ->type_name("ENDPOINT")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("--dir", options.dir,
                 "Folder of a local cluster (else $SQLCAST_DIR, else the one of `sqlcast cluster up` without --dir)")
      ->type_name("DIR");
}

Result<Nodes> find_nodes(const ConnectionOptions& options) {
  Nodes nodes;
  nodes.endpoints = options.endpoints;
  if (!options.host.empty() || options.port != 0) {
    const std::string host = options.host.empty() ? "127.0.0.1" : options.host;
    const bool bare_ipv6 = host.find(':') != std::string::npos && !host.starts_with('[');
    nodes.endpoints.push_back("tcp://" + (bare_ipv6 ? "[" + host + "]" : host) + ":" +
                              std::to_string(options.port == 0 ? kDefaultPort : options.port));
  }
  for (const std::string& endpoint : nodes.endpoints) {
    if (const auto parsed = net::parse_peer_endpoint(endpoint); !parsed.ok()) return parsed.status();
    nodes.where += (nodes.where.empty() ? "" : ", ") + endpoint;
  }
  nodes.named = !nodes.endpoints.empty();
  if (nodes.named) return nodes;

  const std::filesystem::path dir = cluster_dir(options.dir);
  auto cluster = ClusterFile::load(dir);
  if (cluster.ok()) {
    nodes.endpoints = cluster->endpoints();
    nodes.where = dir.string();
    return nodes;
  }
  if (cluster.status().code != Code::io) return cluster.status();
  return Status::error(Code::config, "there is no local cluster in " + dir.string() +
                                         ". Start one with `sqlcast cluster up`, say where it is with --dir, or name a "
                                         "node with -h HOST -P PORT");
}

std::string error_text(const Status& status, std::size_t line) {
  std::string text = "ERROR " + std::string(code_name(status.code));
  if (!status.reason.empty()) text += " " + status.reason;
  if (status.database_errno != 0) text += " " + std::to_string(status.database_errno);
  if (!status.sqlstate.empty()) text += " (" + status.sqlstate + ")";
  if (line != 0) text += " at line " + std::to_string(line);
  return text + ": " + status.message;
}

int exit_code(const Status& status) {
  switch (status.code) {
    case Code::ok: return kExitOk;
    case Code::bad_request: return kExitUsage;
    default: return kExitFailed;
  }
}

int fail(const Status& status) {
  std::fprintf(stderr, "%s\n", error_text(status).c_str());
  return exit_code(status);
}

}  // namespace sqlcast::cli
