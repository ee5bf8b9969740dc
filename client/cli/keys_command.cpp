#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include "access/allowed_keys.h"
#include "access/known_nodes.h"
#include "base/logging.h"
#include "base/types.h"
#include "client/cli/commands.h"
#include "client/keys.h"
#include "client/local/cluster_file.h"
#include "client/local/cluster_folder.h"
#include "client/local/cluster_keys.h"
#include "client/local/find_nodes.h"

namespace sqlcast::cli {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string dir;
  std::string allowed;
  std::string out;
  std::string key;
  std::string name;
  std::string role;
  std::string public_key;
  std::string databases;
  std::string endpoint;
  bool ddl = false;
  bool python = false;
  bool finish = false;
};

fs::path cluster_of(const Arguments& arguments) { return local::cluster_dir(arguments.dir); }

fs::path table_of(const Arguments& arguments) {
  return arguments.allowed.empty() ? local::KeyPlaces(cluster_of(arguments)).allowed() : fs::path(arguments.allowed);
}

Result<access::Grant> grant_of(const Arguments& arguments, const access::PublicKey& key) {
  access::Grant grant;
  grant.name = arguments.name;
  const auto role = access::role_from_name(arguments.role);
  if (!role)
    return Status::error(Code::bad_request, "'" + arguments.role + "' is no role; there are: " + access::role_list());
  grant.role = *role;
  grant.key = key;
  grant.ddl = arguments.ddl;
  for (std::size_t at = 0; at < arguments.databases.size();) {
    const std::size_t comma = std::min(arguments.databases.find(',', at), arguments.databases.size());
    grant.databases.push_back(arguments.databases.substr(at, comma - at));
    at = comma + 1;
  }
  if (Status status = access::check_grant(grant); !status.ok()) return status;
  return grant;
}

// Runs what changes a table of keys, with nobody else at it.
template <typename Work>
int with_lock(const fs::path& table, const Work& work) {
  const fs::path folder = table.parent_path();
  const auto held = local::lock_keys(folder.empty() ? fs::path(".") : folder);
  return held.ok() ? work() : command::fail(held.status());
}

// What leads a command that is shown to the same cluster.
std::string with_dir(const Arguments& arguments) {
  return arguments.dir.empty() ? "" : " --dir " + local::shell_word(arguments.dir);
}

void say(const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }

// The private file, and the line for the nodes' table: on standard output, the rest is for people.
int run_new(const Arguments& arguments) {
  const Result<access::Grant> wanted = grant_of(arguments, {});
  if (!wanted.ok()) return command::fail(wanted.status());
  const local::KeyPlaces places(cluster_of(arguments));
  const bool local_cluster = local::has_keys(cluster_of(arguments));
  fs::path file = arguments.out;
  if (file.empty()) file = local_cluster ? places.key_of(arguments.name) : fs::path(arguments.name + ".key");
  const auto key = local::make_key(file, arguments.name, false);
  if (!key.ok()) return command::fail(key.status());
  access::Grant grant = *wanted;
  grant.key = key->pair.public_key;
  std::printf("%s\n", access::format_grant(grant).c_str());
  std::fflush(stdout);
  say("The private key is in " + file.string() +
      ": keep it to its owner. It is let in nowhere until the line above is " + "in the nodes' allowed keys:");
  std::string allow = "  sqlcast keys allow " + grant.name + " " + arguments.role + " " + to_hex(grant.key);
  if (grant.ddl) allow += " --ddl";
  if (!arguments.databases.empty()) allow += " --databases " + arguments.databases;
  say(allow + (local_cluster ? with_dir(arguments) : ""));
  return command::kExitOk;
}

int run_allow(const Arguments& arguments) {
  const auto key = access::parse_key(arguments.public_key);
  if (!key.ok()) return command::fail(key.status());
  const auto grant = grant_of(arguments, *key);
  if (!grant.ok()) return command::fail(grant.status());
  const fs::path table = table_of(arguments);
  const int result = with_lock(table, [&] {
    const Status status = local::add_grant(table, *grant);
    return status.ok() ? command::kExitOk : command::fail(status);
  });
  if (result != command::kExitOk) return result;
  say("'" + grant->name + "' is let in as " + arguments.role + " by the nodes that read " + table.string() +
      "; they do so by themselves.");
  return command::kExitOk;
}

int revoke(const Arguments& arguments) {
  std::optional<access::PublicKey> key;
  if (!arguments.public_key.empty()) {
    const auto parsed = access::parse_key(arguments.public_key);
    if (!parsed.ok()) return command::fail(parsed.status());
    key = *parsed;
  }
  const fs::path table = table_of(arguments);
  const auto before = local::read_text_file(table);
  if (!before.ok()) return command::fail(before.status());
  std::size_t removed = 0;
  const std::string after = access::without_name(*before, arguments.name, key, removed);
  if (removed == 0)
    return command::fail(Status::error(Code::bad_request, "there is no such key of '" + arguments.name + "' in " +
                                                              table.string() + "; `sqlcast keys list` shows them"));
  if (const Status status = local::write_table(table, after); !status.ok()) return command::fail(status);
  if (const auto judged = access::AllowedKeys::parse(after); !judged.ok())
    return command::fail(
        Status::error(Code::config, table.string() +
                                        " is written, but no node takes it as it is, and the key is still "
                                        "let in: " +
                                        judged.status().message));
  say(std::to_string(removed) + (removed == 1 ? " key" : " keys") + " of '" + arguments.name +
      "' revoked: requests are refused at once, subscriptions end within seconds.");
  return command::kExitOk;
}

int run_revoke(const Arguments& arguments) {
  return with_lock(table_of(arguments), [&] { return revoke(arguments); });
}

int run_list(const Arguments& arguments) {
  const fs::path table = table_of(arguments);
  const auto text = local::read_text_file(table);
  if (!text.ok()) return command::fail(text.status());
  const auto allowed = access::AllowedKeys::parse(*text);
  if (!allowed.ok())
    return command::fail(Status::error(Code::config, table.string() + ": " + allowed.status().message));
  for (const access::Grant& grant : allowed->grants()) std::printf("%s\n", access::format_grant(grant).c_str());
  std::fflush(stdout);
  const auto list = local::read_text_file(table.parent_path() / "nodes");
  const auto nodes =
      list.ok() ? access::parse_known_nodes(*list) : Result<std::vector<access::KnownNode>>(list.status());
  if (!nodes.ok() || nodes->empty()) return command::kExitOk;
  say("The nodes' own keys, for the file `nodes` beside a client's private key:");
  for (const access::KnownNode& node : *nodes) say("  " + node.endpoint + " " + to_hex(node.key));
  return command::kExitOk;
}

// Of a node the next key is told to everybody before it is used; of anybody else it is used at once, and the old one is
// let in until it is revoked.
int rotate(const Arguments& arguments) {
  const local::KeyPlaces places(cluster_of(arguments));
  const fs::path file = arguments.name == "admin" ? places.admin() : places.key_of(arguments.name);
  const fs::path next = file.string() + ".next";
  const auto current = client::read_key_file(file.string());
  if (!current.ok()) return command::fail(current.status());
  const auto text = local::read_text_file(places.allowed());
  if (!text.ok()) return command::fail(text.status());
  const auto allowed = access::AllowedKeys::parse(*text);
  if (!allowed.ok()) return command::fail(allowed.status());
  const access::Grant* const grant = allowed->find(current->pair.public_key);
  if (grant == nullptr)
    return command::fail(Status::error(Code::bad_request, "the key in " + file.string() + " is not an allowed one"));
  const std::string old_key = to_hex(current->pair.public_key);
  if (arguments.finish) {
    std::error_code error;
    fs::rename(next, file, error);
    if (error)
      return command::fail(Status::error(Code::io, next.string() + " cannot be put in place: " + error.message() +
                                                       "; `sqlcast keys rotate " + arguments.name +
                                                       with_dir(arguments) + "` makes it"));
    // Who asks for the node's key gets the one that it has now.
    if (const auto cluster = local::ClusterFile::load(cluster_of(arguments)); cluster.ok())
      if (const Status status = local::write_cluster_nodes(cluster_of(arguments), *cluster); !status.ok())
        return command::fail(status);
    say("The node listens with its new key now. When all who connect to it have that, the old one goes:");
    say("  sqlcast keys revoke " + arguments.name + " " + old_key + with_dir(arguments) +
        "   (and its lines in the files `nodes`)");
    return command::kExitOk;
  }
  const auto fresh = local::make_key(next, current->name, true);
  if (!fresh.ok()) return command::fail(fresh.status());
  access::Grant also = *grant;
  also.key = fresh->pair.public_key;
  if (const Status status = local::add_grant(places.allowed(), also); !status.ok()) return command::fail(status);
  if (grant->role != access::Role::node) {
    std::error_code error;
    fs::rename(next, file, error);
    if (error) return command::fail(Status::error(Code::io, file.string() + ": " + error.message()));
    say("'" + arguments.name + "' has a new key in " + file.string() +
        "; the old one is let in until\n  sqlcast keys revoke " + also.name + " " + old_key + with_dir(arguments));
    return command::kExitOk;
  }
  const auto list = local::read_text_file(places.nodes());
  if (!list.ok()) return command::fail(list.status());
  auto nodes = access::parse_known_nodes(*list);
  if (!nodes.ok()) return command::fail(nodes.status());
  for (std::size_t i = 0, count = nodes->size(); i < count; ++i)
    if ((*nodes)[i].key == grant->key) nodes->push_back({(*nodes)[i].endpoint, also.key});
  if (const Status status = local::write_table(places.nodes(), access::format_known_nodes(*nodes)); !status.ok())
    return command::fail(status);
  say("The next key of " + arguments.name + " is " + to_hex(also.key) + ", and known in " + places.folder.string() +
      ". Add it to the files `nodes` of clients elsewhere, then:\n  sqlcast keys rotate " + arguments.name +
      " --finish" + with_dir(arguments));
  return command::kExitOk;
}

int run_rotate(const Arguments& arguments) {
  return with_lock(local::KeyPlaces(cluster_of(arguments)).allowed(), [&] { return rotate(arguments); });
}

int run_export(const Arguments& arguments) {
  local::ConnectionOptions options;
  options.key = arguments.key;
  std::string file = local::key_file_of(options);
  const local::KeyPlaces places(cluster_of(arguments));
  // A folder that is named counts before the environment.
  if (file.empty() || (arguments.key.empty() && !arguments.dir.empty())) file = places.admin().string();
  const auto key = client::read_key_file(file);
  if (!key.ok()) return command::fail(key.status());
  const fs::path list = fs::path(file).parent_path() / "nodes";
  const auto text = local::read_text_file(list);
  if (!text.ok()) return command::fail(text.status());
  const auto nodes = access::parse_known_nodes(*text);
  if (!nodes.ok()) return command::fail(Status::error(Code::config, list.string() + ": " + nodes.status().message));
  const auto node = std::find_if(nodes->begin(), nodes->end(), [&](const access::KnownNode& one) {
    return arguments.endpoint.empty() || one.endpoint == arguments.endpoint;
  });
  if (node == nodes->end())
    return command::fail(
        Status::error(Code::bad_request, "no key of a node is known in " + list.string() +
                                             (arguments.endpoint.empty() ? "" : " for " + arguments.endpoint)));
  say("# before socket.connect(\"" + node->endpoint + "\"); who reads this is let in as '" + key->name + "'");
  std::printf(
      "socket.curve_secretkey = bytes.fromhex(\"%s\")\nsocket.curve_publickey = bytes.fromhex(\"%s\")\n"
      "socket.curve_serverkey = bytes.fromhex(\"%s\")\n",
      to_hex(key->pair.secret_key).c_str(), to_hex(key->pair.public_key).c_str(), to_hex(node->key).c_str());
  return command::kExitOk;
}

using Add = std::function<CLI::App*(const std::string&, const std::string&, int (*)(const Arguments&))>;

void add_changes(const Add& add, const std::shared_ptr<Arguments>& arguments) {
  const auto name = [&](CLI::App* command) {
    command->add_option("name", arguments->name, "Whose key it is, such as laptop")->required()->type_name("NAME");
  };
  const auto rights = [&](CLI::App* command) {
    command->add_flag("--ddl", arguments->ddl, "A writer may create, alter and drop");
    command->add_option("--databases", arguments->databases, "A writer or reader is limited to these: a,b")
        ->type_name("NAMES");
  };
  const auto table = [&](CLI::App* command) {
    command->add_option("--allowed", arguments->allowed, "The table (DIR/keys/allowed)")->type_name("FILE");
  };
  CLI::App* const fresh = add("new", "Make a key: a private file, and the line for the nodes' allowed keys", run_new);
  name(fresh);
  fresh->add_option("--role", arguments->role, access::role_list())->required()->type_name("ROLE");
  fresh->add_option("--out", arguments->out, "The private file (DIR/keys/NAME.key, or NAME.key here)")
      ->type_name("FILE");
  rights(fresh);
  CLI::App* const allow = add("allow", "Let a key in, or give it another role", run_allow);
  name(allow);
  allow->add_option("role", arguments->role, access::role_list())->required()->type_name("ROLE");
  allow->add_option("key", arguments->public_key, "The public key, 64 digits")->required()->type_name("PUBLICKEY");
  rights(allow);
  table(allow);
  CLI::App* const revoke = add("revoke", "Let the keys of a name in no more, or one of them", run_revoke);
  name(revoke);
  revoke->add_option("key", arguments->public_key, "That one")->type_name("PUBLICKEY");
  table(revoke);
  table(add("list", "Who is let in, and the nodes' own keys", run_list));
  CLI::App* const rotate = add("rotate", "Replace a key of DIR/keys by a new one, without downtime", run_rotate);
  name(rotate);
  rotate->add_flag("--finish", arguments->finish, "Of a node, when its next key is known everywhere: use it");
}

}  // namespace

void add_keys_command(CLI::App& app, command::Run& run) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* const group = app.add_subcommand("keys", "Who is let in: keys and their roles (docs/security.md)");
  group->set_help_flag("-?,-h,--help", "Show this help and leave");
  group->require_subcommand(1);
  const Add add = [&](const std::string& name, const std::string& description, int (*work)(const Arguments&)) {
    CLI::App* const command = group->add_subcommand(name, description);
    command->set_help_flag("-?,-h,--help", "Show this help and leave");
    command
        ->add_option("--dir", arguments->dir,
                     "Folder of the local cluster (else $SQLCAST_DIR, else one in ${XDG_STATE_HOME:-~/.local/state})")
        ->type_name("DIR");
    command->callback([arguments, work, &run] { run = [arguments, work] { return work(*arguments); }; });
    return command;
  };
  add_changes(add, arguments);
  CLI::App* const exported = add("export", "A key for a program that speaks the protocol by itself", run_export);
  exported->add_flag("--python", arguments->python, "As three lines for pyzmq")->required();
  exported->add_option("--key", arguments->key, "Its private file (else $SQLCAST_KEY, else the cluster's own)")
      ->type_name("FILE");
  exported->add_option("--endpoint", arguments->endpoint, "Of the node (the first that is known)")
      ->type_name("ENDPOINT");
}

}  // namespace sqlcast::cli
