#include "storage/server_rules.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>

#include "storage/dialect.h"

namespace sqlcast::storage {
namespace {

struct Rule {
  std::string_view name;
  std::vector<std::string_view> allowed;  // the first is what is asked for
  std::string_view why;
};

const std::vector<Rule>& rules() {
  static const std::vector<Rule> kAll{
      // A reply and a publication say that a write is durable.
      {"innodb_flush_log_at_trx_commit", {"1"}, "a crash could lose acknowledged writes"},
      {"innodb_doublewrite", {"ON", "1"}, "a crash could tear pages"},
      {"innodb_flush_method", {"O_DIRECT", "fsync", "O_DSYNC", "O_DIRECT_NO_FSYNC"}, "what is written is never synced"},
      {"innodb_force_recovery", {"0"}, "the server is in rescue mode"},
      {"innodb_read_only", {"OFF"}, "nothing can be written"},
      // What a statement does must follow from its text.
      {"innodb_autoinc_lock_mode", {"1", "0"}, "AUTO_INCREMENT values would depend on timing"},
      {"lower_case_table_names", {"0"}, "sqlcast tells tables apart by case"},
      {"max_allowed_packet", {"1073741824"}, "long values and statements would succeed on one node and not on another"},
      {"innodb_default_row_format", {"dynamic"}, "the same CREATE TABLE would make another table"},
      {"innodb_force_primary_key", {"OFF"}, "the same CREATE TABLE would fail on this node"},
      {"innodb_read_only_compressed", {"OFF"}, "compressed tables could not be written on this node"},
      {"innodb_rollback_on_timeout", {"OFF"}, "one statement's lock wait would take others of its group with it"},
      {"enforce_storage_engine", {""}, "partitioned tables, or all, could not be made or copied"},
      {"mysql56_temporal_format", {"ON"}, "times would be stored in another format"},
      {"secure_timestamp", {"NO"}, "the time of a statement could not be imposed"},
      {"wsrep_on", {"OFF"}, "Galera decides by itself which commits stand"},
      // Nobody else works in the database.
      {"event_scheduler", {"OFF", "DISABLED"}, "events would write past the log"},
      {"init_connect", {""}, "it would run in every session"},
      {"skip_grant_tables", {"OFF"}, "clients' statements could reach everything"},
      {"skip_show_database", {"OFF"}, "clients could not list databases"},
      {"max_user_connections", {"0"}, "the node limits its connections by itself"},
  };
  return kAll;
}

constexpr std::string_view kCompared[] = {
    // Whether a statement is too much for the server.
    "innodb_page_size", "innodb_online_alter_log_max_size", "thread_stack", "innodb_encrypt_tables",
    "innodb_file_per_table", "innodb_instant_alter_column_allowed", "innodb_compression_algorithm",
    // What MATCH finds.
    "innodb_ft_min_token_size", "innodb_ft_max_token_size", "innodb_ft_server_stopword_table",
    // How the names of databases and tables compare.
    "lower_case_file_system", "character_set_system"};

constexpr std::string_view kNeeded[] = {"log_bin", "sync_binlog", "max_connections"};

// "10.11.19-MariaDB-0+deb12u1" → "10.11"
std::string major_version(const std::string& version) {
  const std::size_t first = version.find('.');
  if (first == std::string::npos) return version;
  const std::size_t second = version.find_first_not_of("0123456789", first + 1);
  return version.substr(0, second);
}

std::string shown(const std::string& value) { return value.empty() ? "empty" : value; }

std::string value_of(const Settings& settings, const std::string& name) {
  const auto it = settings.find(name);
  return it == settings.end() ? std::string() : it->second;
}

Settings parsed(const std::vector<std::string>& settings) {
  Settings values;
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    if (equals != std::string::npos) values[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  return values;
}

}  // namespace

std::string settings_sql() {
  std::set<std::string_view> names(std::begin(kCompared), std::end(kCompared));
  names.insert(std::begin(kNeeded), std::end(kNeeded));
  for (const Rule& rule : rules()) names.insert(rule.name);
  std::string sql =
      "SELECT LOWER(VARIABLE_NAME), IFNULL(GLOBAL_VALUE,'') FROM information_schema.SYSTEM_VARIABLES WHERE "
      "VARIABLE_NAME IN (";
  for (const std::string_view name : names) sql.append(name == *names.begin() ? "'" : ",'").append(name).append("'");
  return sql + ")";
}

std::vector<std::string> unsafe_settings(const Settings& settings, std::uint32_t needed_connections) {
  std::vector<std::string> unsafe;
  for (const Rule& rule : rules()) {
    const auto it = settings.find(std::string(rule.name));
    if (it == settings.end()) continue;  // a server without it does what the rule wants
    if (std::find(rule.allowed.begin(), rule.allowed.end(), it->second) != rule.allowed.end()) continue;
    unsafe.push_back(it->first + " is " + shown(it->second) + ": " + std::string(rule.why) + "; set it to " +
                     shown(std::string(rule.allowed.front())));
  }
  if (value_of(settings, "log_bin") == "ON" && value_of(settings, "sync_binlog") != "1")
    unsafe.push_back("sync_binlog is " + value_of(settings, "sync_binlog") +
                     ": after a crash, what the binary log has lost is rolled back though it was acknowledged; set it "
                     "to 1, or do without a binary log");
  const std::string text = value_of(settings, "max_connections");
  std::uint64_t connections = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), connections);
  if (!text.empty() && connections < needed_connections)
    unsafe.push_back("max_connections is " + text + ": this node needs up to " + std::to_string(needed_connections) +
                     "; set it to more, or limits.readers and limits.max_cursors to less");
  return unsafe;
}

std::vector<std::string> settings_to_compare(const Settings& settings) {
  std::vector<std::string> list;
  for (const std::string_view name : kCompared)
    if (const auto it = settings.find(std::string(name)); it != settings.end())
      list.push_back(it->first + "=" + it->second);
  return list;
}

Status same_major_version(const ServerTraits& ours, const ServerTraits& theirs) {
  if (ours.version.empty() || theirs.version.empty()) return ok_status();
  if (major_version(ours.version) == major_version(theirs.version)) return ok_status();
  return Status::error(Code::config, "this node's database is MariaDB " + ours.version + ", the master's is " +
                                         theirs.version +
                                         ": the same statements may do other things there; use the same major version "
                                         "on all nodes");
}

std::string differences(const ServerTraits& ours, const ServerTraits& theirs) {
  if (ours.settings.empty() || theirs.settings.empty()) return {};
  const Settings here = parsed(ours.settings);
  const Settings there = parsed(theirs.settings);
  std::string text;
  for (const auto& [name, value] : here) {
    const auto it = there.find(name);
    if (it == there.end() || it->second == value) continue;  // one that only one of two minor versions has
    text += (text.empty() ? "" : ", ") + name + " is " + shown(value) + " here and " + shown(it->second) + " there";
  }
  return text;
}

}  // namespace sqlcast::storage
