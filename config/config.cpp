#include "config/config.h"

#include <algorithm>
#include <array>
#include <exception>
#include <filesystem>
#include <tuple>
#include <utility>

#include "config/sources.h"
#include "config/table.h"
#include "config/text.h"

namespace sqlcast::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSlaveListen = "tcp://127.0.0.1:5760";

std::string_view role_name(Role role) { return role == Role::master ? "master" : "slave"; }

// Merges what is given, lowest layer first, and judges the whole. One load() each.
class Loader {
 public:
  Loader(Role role, const Source& source) : role_(role), source_(source) {
    config_.role = role;
    if (role == Role::slave) config_.listen = kSlaveListen;
  }

  Result<NodeConfig> load() {
    if (!source_.file.empty()) {
      take(read_yaml(source_.file, problems_));
      take_dotenv();
    }
    take(from_environment(source_.environment, problems_));
    take_flags();
    fill_defaults();
    check_addresses();
    check_security();
    check_database();
    check_log();
    check_limits();
    if (problems_.empty()) return std::move(config_);
    std::string message;
    for (const std::string& problem : problems_) message += (message.empty() ? "" : "\n") + problem;
    return Status::error(Code::config, message);
  }

 private:
  void take_dotenv() {
    const std::string file = (fs::path(source_.file).parent_path() / ".env").string();
    bool world_readable = false;
    const auto values = read_dotenv(file, world_readable, problems_);
    take(from_dotenv(file, values, problems_));
    if (world_readable && (values.contains("DB_PASS") || values.contains("SQLCAST_DATABASE_PASSWORD")))
      config_.warnings.push_back(file + " holds a password and can be read by everyone; run: chmod 600 '" + file + "'");
    for (const auto& [name, entry] : values)
      if (name == "DB_PASSWORD" || name == "DB_PASSWD" || name == "DB_USERNAME")
        config_.warnings.push_back(file + ":" + std::to_string(entry.line) + ": " + name +
                                   " is not read; did you mean " + (name == "DB_USERNAME" ? "DB_USER" : "DB_PASS") +
                                   "?");
  }

  void take_flags() {
    std::vector<Given> given;
    for (const auto& [name, text] : source_.flags) given.push_back({name, text, "--" + name, Layer::flag, false});
    take(given);
  }

  void take(const std::vector<Given>& given) {
    for (const Given& each : given) take(each);
  }

  void take(const Given& given) {
    const Row* row = find_row(given.setting);
    if (row == nullptr) return unknown(given);
    if (!row->applies_to(role_)) return other_role(given);
    // print() wrote it, and the secret itself is to come from elsewhere.
    if (row->secret && given.text == kRedacted) return;
    const Status status = row->parse(row->path ? absolute(given) : given.text, config_);
    if (!status) return problem(given, status.message);
    given_[given.setting] = given;
  }

  void unknown(const Given& given) {
    const std::string near = nearest(given.setting, setting_names(role_));
    problem(given, "no setting has this name; " +
                       (near.empty() ? "docs/configuration.md lists the settings" : "did you mean '" + near + "'?"));
  }

  // The environment is shared by every process of a shell, a file and flags are not.
  void other_role(const Given& given) {
    if (given.layer == Layer::environment || given.layer == Layer::dotenv) return;
    const std::string_view other = role_name(role_ == Role::master ? Role::slave : Role::master);
    problem(given, "only a " + std::string(other) + " has this setting, and this node is a " +
                       std::string(role_name(role_)) + "; leave it out, or start sqlcast-" + std::string(other) +
                       " with it");
  }

  // What a file says is relative to the file; what a person types or exports, to where they are.
  std::string absolute(const Given& given) const {
    if (given.text.empty() || given.text.find('\0') != std::string::npos) return given.text;
    const bool of_file = given.layer == Layer::file || given.layer == Layer::dotenv;
    return absolute(given.text, of_file);
  }

  std::string absolute(const std::string& path, bool of_file) const {
    const fs::path folder = of_file ? fs::absolute(source_.file).parent_path() : fs::current_path();
    std::string text = (folder / path).lexically_normal().string();
    if (text.size() > 1 && text.back() == '/') text.pop_back();
    return text;
  }

  void fill_defaults() {
    if (config_.name.empty()) {
      const std::string port = endpoint_port(config_.listen);
      config_.name = role_ == Role::master ? "master" : "slave" + (port.empty() ? "" : "-" + port);
    }
    if (config_.security.mode == SecurityMode::curve && config_.security.nodes.empty() && !config_.security.key.empty())
      config_.security.nodes = (fs::path(config_.security.key).parent_path() / "nodes").string();
    if (config_.data_dir.empty()) config_.data_dir = absolute("var/" + config_.name, !source_.file.empty());
  }

  void check_addresses() {
    if (role_ == Role::master && collide(config_.listen, config_.publish))
      problem(higher("publish", "listen"),
              "'" + config_.publish + "' is taken by `listen: " + config_.listen + "`; accepted values: another port");
    if (role_ == Role::master) return;
    if (config_.master.empty())
      return problem("master",
                     "a slave must know its master's endpoint and none is given; accepted values: "
                     "tcp://HOST:PORT, in the file as `master: tcp://127.0.0.1:5750`");
    if (local(config_.master) == local(config_.listen))
      problem(higher("master", "listen"), "'" + config_.master + "' is also this node's own `listen`, and a slave " +
                                              "cannot follow itself; accepted values: the master's endpoint");
  }

  void check_security() {
    const Security& security = config_.security;
    if (security.mode == SecurityMode::none) {
      check_loopback("listen", config_.listen);
      if (role_ == Role::master) check_loopback("publish", config_.publish);
      for (const char* name : {"security.key", "security.allowed", "security.nodes"})
        if (const auto given = given_.find(name); given != given_.end())
          problem(given->second, "has no effect, since security.mode is none (" + where("security.mode") +
                                     "); accepted values: none; or set security.mode to curve");
      return;
    }
    for (const auto& [name, value, advice] :
         {std::tuple("security.key", security.key, "sqlcast keys new NAME --role node"),
          std::tuple("security.allowed", security.allowed, "sqlcast keys allow NAME ROLE PUBLICKEY")})
      if (value.empty())
        problem("security.mode", "'curve' needs " + std::string(name) +
                                     "; accepted values: the path of the file that `" + advice + "` writes");
  }

  // In clear, whoever reaches the port reads and writes everything.
  void check_loopback(const std::string& setting, const std::string& endpoint) {
    const bool loopback = endpoint.starts_with("ipc://") || endpoint.starts_with("tcp://127.") ||
                          endpoint.starts_with("tcp://localhost:") || endpoint.starts_with("tcp://[::1]:");
    if (loopback) return;
    problem(setting, "'" + endpoint + "' can be reached from other machines, and security.mode is none (" +
                         where("security.mode") +
                         "): whoever reaches it could read and write everything. Accepted values: an address of the "
                         "loopback, such as tcp://127.0.0.1:PORT; or set security.mode to curve, with security.key and "
                         "security.allowed (docs/security.md)");
  }

  static std::string local(std::string endpoint) {
    constexpr std::string_view kLocalhost = "tcp://localhost:";
    if (endpoint.starts_with(kLocalhost)) endpoint.replace(0, kLocalhost.size(), "tcp://127.0.0.1:");
    return endpoint;
  }

  static bool collide(const std::string& one, const std::string& other) {
    if (local(one) == local(other)) return true;
    const auto everywhere = [](const std::string& endpoint) {
      return endpoint.starts_with("tcp://*:") || endpoint.starts_with("tcp://0.0.0.0:") ||
             endpoint.starts_with("tcp://[::]:");
    };
    const std::string port = endpoint_port(one);
    return !port.empty() && port == endpoint_port(other) && (everywhere(one) || everywhere(other));
  }

  void check_database() {
    for (const Row& row : table()) check_needed(row);
    Database& database = config_.database;
    if (database.mode == DatabaseMode::managed) {
      // DB_USER and DB_PASS may be there for another program.
      database.user.clear();
      database.password.clear();
      return;
    }
    if (database.host.empty() && database.socket.empty())
      problem("database.mode",
              "'external' needs the database's address; accepted values: database.host (and "
              "database.port), or database.socket");
    if (!database.host.empty() && !database.socket.empty())
      problem("database.socket",
              "database.host is given too (" + where("database.host") + "); accepted values: one of the two");
    if (database.user.empty())
      problem("database.user",
              "'external' needs an account; accepted values: database.user in the file, or DB_USER "
              "in the environment or in .env");
    check_password();
    check_tls();
  }

  void check_tls() {
    const Database& database = config_.database;
    if (database.tls == DatabaseTls::none) {
      for (const char* name : {"database.tls_ca", "database.tls_cert", "database.tls_key"})
        if (const auto given = given_.find(name); given != given_.end())
          problem(given->second, "has no effect, since database.tls is none (" + where("database.tls") +
                                     "); accepted values: none; or set database.tls to verify");
      if (!database.host.empty() && !is_loopback(database.host))
        config_.warnings.push_back("the database at " + database.host +
                                   " is reached in clear (database.tls: none), its password and all rows with it; set "
                                   "database.tls to verify, and database.tls_ca");
      return;
    }
    if (database.host.empty())
      problem("database.tls", "goes with database.host; accepted values: none, for a unix socket leaves no machine");
    if (database.tls == DatabaseTls::verify && database.tls_ca.empty())
      problem("database.tls",
              "'verify' needs database.tls_ca; accepted values: the path of a PEM file, of the certificate that has "
              "signed the server's, or of the server's own");
    if (database.tls == DatabaseTls::encrypt && !database.tls_ca.empty())
      problem("database.tls_ca", "is not looked at, since database.tls is encrypt (" + where("database.tls") +
                                     "); accepted values: none; or set database.tls to verify");
    if (database.tls_cert.empty() != database.tls_key.empty())
      problem(database.tls_key.empty() ? "database.tls_cert" : "database.tls_key",
              "a certificate and its key go together; accepted values: both database.tls_cert and database.tls_key, or "
              "neither");
    std::error_code error;
    const auto permissions = fs::status(database.tls_key, error).permissions();
    if (!database.tls_key.empty() && !error && (permissions & fs::perms::others_read) != fs::perms::none)
      problem("database.tls_key", database.tls_key + " can be read by everyone; run: chmod 600 '" + database.tls_key +
                                      "'; accepted values: a file of its owner alone");
  }

  static bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
  }

  void check_needed(const Row& row) {
    const bool managed = config_.database.mode == DatabaseMode::managed;
    const auto given = given_.find(std::string(row.setting.name));
    if (given == given_.end() || given->second.generic || row.needs == Needs::nothing) return;
    if ((row.needs == Needs::managed) == managed) return;
    problem(given->second, "has no effect, since database.mode is " + std::string(mode_name(config_.database.mode)) +
                               " (" + where("database.mode") + "); accepted values: none; or set database.mode to " +
                               (managed ? "external" : "managed"));
  }

  // The higher layer wins; in one layer, which of the two was meant cannot be known.
  void check_password() {
    const auto password = given_.find("database.password");
    const auto file = given_.find("database.password_file");
    if (file == given_.end()) return warn_password_in_file();
    if (password != given_.end() && password->second.layer == file->second.layer)
      return problem(file->second, "database.password is given too (" + password->second.where +
                                       "); accepted values: one of the two");
    if (password != given_.end() && password->second.layer > file->second.layer) {
      config_.database.password_file.clear();
      return;
    }
    config_.database.password =
        read_password_file(config_.database.password_file, file->second.where + ": database.password_file", problems_);
  }

  void warn_password_in_file() {
    const auto password = given_.find("database.password");
    if (password == given_.end() || password->second.layer != Layer::file) return;
    std::error_code error;
    const auto permissions = fs::status(source_.file, error).permissions();
    if (!error && (permissions & fs::perms::others_read) != fs::perms::none)
      config_.warnings.push_back(source_.file + " holds a password and can be read by everyone; run: chmod 600 '" +
                                 source_.file + "', or use database.password_file");
  }

  // 0 is no limit: there is nothing to compare.
  void check_log() {
    const LogSettings& log = config_.log;
    if (log.keep_bytes != 0)
      at_most("log.file_bytes", log.file_bytes, "log.keep_bytes", log.keep_bytes, 2);  // the last file always stays
    if (log.hold_bytes != 0) at_most("log.keep_bytes", log.keep_bytes, "log.hold_bytes", log.hold_bytes, 1);
  }

  void check_limits() {
    const Limits& limits = config_.limits;
    constexpr std::string_view kFrame = "limits.max_message_bytes";
    // A frame carries more than the part that these settings measure.
    at_most("limits.max_statement_bytes", limits.max_statement_bytes, kFrame, limits.max_message_bytes, 2);
    at_most("limits.max_page_bytes", limits.max_page_bytes, kFrame, limits.max_message_bytes, 2);
    at_most("limits.group_bytes", limits.group_bytes, kFrame, limits.max_message_bytes, 2);
    at_most("limits.log_batch_bytes", limits.log_batch_bytes, kFrame, limits.max_message_bytes, 2);
    at_most("limits.page_rows", limits.page_rows, "limits.max_page_rows", limits.max_page_rows, 1);
    at_most("limits.max_cursors_per_client", limits.max_cursors_per_client, "limits.max_cursors", limits.max_cursors,
            1);
    // Who waits in the queue has to be known from who was forgotten (master/retry_window.h).
    at_most("limits.request_queue", limits.request_queue, "limits.retry_window", limits.retry_window, 16);
    at_most("limits.request_timeout", static_cast<std::uint64_t>(limits.request_timeout.count()),
            "limits.max_request_timeout", static_cast<std::uint64_t>(limits.max_request_timeout.count()), 1);
  }

  void at_most(std::string_view small, std::uint64_t value, std::string_view large, std::uint64_t bound,
               std::uint64_t part) {
    if (value <= bound / part) return;
    const Row* small_row = find_row(small);
    const Row* large_row = find_row(large);
    SQLCAST_CHECK(small_row != nullptr && large_row != nullptr);
    const std::string blamed(higher(small, large));
    problem(blamed, std::string(small) + " (" + small_row->format(config_) + ", " + where(small) +
                        ") must be at most " +
                        (part == 2    ? "half of "
                         : part == 16 ? "a sixteenth of "
                                      : "") +
                        std::string(large) + " (" + large_row->format(config_) + ", " + where(large) +
                        "); accepted values: a smaller " + std::string(small) + " or a larger " + std::string(large));
  }

  // Of two settings that disagree, the one that was given, or given last.
  std::string higher(std::string_view one, std::string_view other) const {
    const auto layer = [&](std::string_view name) {
      const auto given = given_.find(std::string(name));
      return given == given_.end() ? 0 : static_cast<int>(given->second.layer);
    };
    return std::string(layer(other) > layer(one) ? other : one);
  }

  std::string where(std::string_view setting) const {
    const auto given = given_.find(std::string(setting));
    if (given != given_.end()) return given->second.where;
    return "the default";
  }

  void problem(const Given& given, const std::string& what) {
    problems_.push_back(given.where + ": " + given.setting + ": " + what);
  }

  void problem(const std::string& setting, const std::string& what) {
    const auto given = given_.find(setting);
    if (given != given_.end()) return problem(given->second, what);
    const std::string prefix = source_.file.empty() ? "" : source_.file + ": ";
    problems_.push_back(prefix + setting + ": " + what);
  }

  const Role role_;
  const Source& source_;
  NodeConfig config_;
  std::map<std::string, Given> given_;  // the winners, by setting
  Problems problems_;
};

}  // namespace

Result<NodeConfig> load(Role role, const Source& source) {
  try {
    return Loader(role, source).load();
  } catch (const std::exception& error) {
    return Status::error(Code::config, (source.file.empty() ? std::string("configuration") : source.file) +
                                           ": cannot be loaded: " + error.what());
  }
}

}  // namespace sqlcast::config
