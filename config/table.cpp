#include "config/table.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <utility>

#include "config/text.h"

namespace sqlcast::config {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kKiB = 1U << 10U;
constexpr std::uint64_t kMiB = 1U << 20U;
constexpr std::uint64_t kGiB = 1U << 30U;
constexpr std::size_t kMaxName = 64;

template <typename T>
using Field = T& (*)(NodeConfig&);

// Field is written once, for reading and writing; reading through a const configuration changes nothing.
template <typename T>
const T& read(Field<T> field, const NodeConfig& config) {
  return field(const_cast<NodeConfig&>(config));
}

template <typename T>
Row whole(std::string_view name, Field<T> field, std::uint64_t min, std::uint64_t max, std::string_view description) {
  Row row;
  row.setting = {name, "whole number", "", description};
  row.parse = [field, min, max](std::string_view text, NodeConfig& config) {
    const auto value = parse_whole(text, min, std::min<std::uint64_t>(max, std::numeric_limits<T>::max()));
    if (value) field(config) = static_cast<T>(*value);
    return value.status();
  };
  row.format = [field](const NodeConfig& config) { return std::to_string(read(field, config)); };
  return row;
}

Row duration(std::string_view name, Field<milliseconds> field, milliseconds min, milliseconds max,
             std::string_view description) {
  Row row;
  row.setting = {name, "duration", "", description};
  row.parse = [field, min, max](std::string_view text, NodeConfig& config) {
    const auto value = parse_duration(text, min, max);
    if (value) field(config) = *value;
    return value.status();
  };
  row.format = [field](const NodeConfig& config) { return format_duration(read(field, config)); };
  return row;
}

Row bytes(std::string_view name, Field<std::uint64_t> field, std::uint64_t min, std::uint64_t max,
          std::string_view description) {
  Row row;
  row.setting = {name, "size", "", description};
  row.parse = [field, min, max](std::string_view text, NodeConfig& config) {
    const auto value = parse_bytes(text, min, max);
    if (value) field(config) = *value;
    return value.status();
  };
  row.format = [field](const NodeConfig& config) { return format_bytes(read(field, config)); };
  return row;
}

using Check = std::function<Status(std::string_view)>;

Row text(std::string_view name, std::string_view type, Field<std::string> field, Check check,
         std::string_view description) {
  Row row;
  row.setting = {name, type, "", description};
  row.parse = [field, check = std::move(check)](std::string_view value, NodeConfig& config) {
    Status status = check(value);
    if (status) field(config) = value;
    return status;
  };
  row.format = [field](const NodeConfig& config) { return read(field, config); };
  row.quoted = true;
  return row;
}

template <typename T>
struct Choice {
  std::string_view name;
  T value;
};

template <typename T, std::size_t N>
Row choice(std::string_view name, std::string_view type, Field<T> field, std::array<Choice<T>, N> choices,
           std::string_view description) {
  Row row;
  row.setting = {name, type, "", description};
  row.parse = [field, choices](std::string_view wanted, NodeConfig& config) {
    std::vector<std::string> names;
    for (const auto& each : choices) {
      if (each.name == wanted) {
        field(config) = each.value;
        return ok_status();
      }
      names.emplace_back(each.name);
    }
    std::string message = "'" + std::string(wanted) + "' is not accepted; accepted values: ";
    for (std::size_t i = 0; i < names.size(); ++i) message += (i == 0 ? "" : ", ") + names[i];
    const std::string near = nearest(wanted, names);
    if (!near.empty()) message += "; did you mean '" + near + "'?";
    return Status::error(Code::config, message);
  };
  row.format = [field, choices](const NodeConfig& config) {
    for (const auto& each : choices)
      if (each.value == read(field, config)) return std::string(each.name);
    return std::string();
  };
  return row;
}

Status refuse(std::string message) { return Status::error(Code::config, std::move(message)); }

bool has_control(std::string_view value) {
  return std::any_of(value.begin(), value.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

Check listening(bool bind) {
  return [bind](std::string_view value) { return check_endpoint(value, bind); };
}

Status check_text(std::string_view value) {
  if (value.empty()) return refuse("is empty; leave the line out, or give it a value");
  if (has_control(value)) return refuse("has control characters; accepted values: printable text");
  return ok_status();
}

Status check_name(std::string_view value) {
  const auto allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-'; };
  if (!value.empty() && value.size() <= kMaxName && std::isalnum(static_cast<unsigned char>(value.front())) != 0 &&
      std::all_of(value.begin(), value.end(), allowed))
    return ok_status();
  return refuse("'" + std::string(value) + "' is not accepted; accepted values: 1 to " + std::to_string(kMaxName) +
                " letters, digits, dots, hyphens and underscores, beginning with a letter or a digit");
}

Row for_master(Row row) {
  row.setting.slave = false;
  return row;
}
Row for_slave(Row row) {
  row.setting.master = false;
  return row;
}
Row needing(Needs needs, Row row) {
  row.needs = needs;
  return row;
}
Row as_path(Row row) {
  row.path = true;
  return row;
}
Row as_secret(Row row) {
  row.secret = true;
  return row;
}

// A member of NodeConfig, of its database or of its limits; a function pointer, so that T can be deduced.
#define SQLCAST_FIELD(type, member) static_cast<Field<type>>([](NodeConfig& config) -> type& { return config.member; })

void add_node(std::vector<Row>& rows) {
  rows.push_back(text("name", "name", SQLCAST_FIELD(std::string, name), check_name,
                      "What the node is called in status, logs and replies; unique in the cluster."));
  rows.push_back(as_path(text("data_dir", "path", SQLCAST_FIELD(std::string, data_dir), check_text,
                              "Folder for everything the node keeps; made when missing.")));
  rows.push_back(text("listen", "endpoint", SQLCAST_FIELD(std::string, listen), listening(true),
                      "Where clients (and, at the master, slaves) send their requests: the ROUTER socket."));
  rows.push_back(for_master(text("publish", "endpoint", SQLCAST_FIELD(std::string, publish), listening(true),
                                 "Where committed entries and beacons are published: the PUB socket.")));
  rows.push_back(for_slave(text("master", "endpoint", SQLCAST_FIELD(std::string, master), listening(false),
                                "The master's `listen` endpoint, as seen from this machine.")));
  rows.push_back(choice("log_level", "debug, info, warn or error", SQLCAST_FIELD(logging::Level, log_level),
                        std::array{Choice<logging::Level>{"debug", logging::Level::debug},
                                   Choice<logging::Level>{"info", logging::Level::info},
                                   Choice<logging::Level>{"warn", logging::Level::warn},
                                   Choice<logging::Level>{"error", logging::Level::error}},
                        "The least important log lines that are written."));
  rows.push_back(
      for_master(choice("ack", "local, one, majority or all", SQLCAST_FIELD(std::string, ack),
                        std::array{Choice<std::string>{"local", "local"}, Choice<std::string>{"one", "one"},
                                   Choice<std::string>{"majority", "majority"}, Choice<std::string>{"all", "all"}},
                        "How many nodes must have a write before it is answered, when the request does not say.")));
  rows.push_back(for_master(
      choice("ack_for", "durable or applied", SQLCAST_FIELD(std::string, ack_for),
             std::array{Choice<std::string>{"durable", "durable"}, Choice<std::string>{"applied", "applied"}},
             "What those nodes must have done with it, when the request does not say: to have it on disk in their "
             "logs, or to show it to their readers as well.")));
  rows.push_back(for_master(duration("ack_timeout", SQLCAST_FIELD(milliseconds, ack_timeout), milliseconds{1},
                                     milliseconds{600'000},
                                     "How long a write waits for those nodes; later it is COMMITTED_NOT_ACKED.")));
  rows.push_back(for_master(duration("beacon_interval", SQLCAST_FIELD(milliseconds, beacon_interval), milliseconds{10},
                                     milliseconds{60'000}, "How often the master publishes the head of its log.")));
  rows.push_back(for_master(duration("publish_interval", SQLCAST_FIELD(milliseconds, publish_interval), milliseconds{0},
                                     milliseconds{1'000},
                                     "What is committed within so long of the last publication goes out together, "
                                     "unless a write waits for acks; after a pause, at once.")));
  rows.push_back(
      for_slave(duration("master_timeout", SQLCAST_FIELD(milliseconds, master_timeout), milliseconds{100},
                         milliseconds{600'000}, "Without a beacon for so long, the master counts as gone.")));
}

void add_security(std::vector<Row>& rows) {
  rows.push_back(choice(
      "security.mode", "curve or none", SQLCAST_FIELD(SecurityMode, security.mode),
      std::array{Choice<SecurityMode>{"curve", SecurityMode::curve}, Choice<SecurityMode>{"none", SecurityMode::none}},
      "curve: connections are encrypted, and only keys that are allowed are let in; none: everybody "
      "is, in clear, and the node listens on the loopback alone."));
  rows.push_back(as_path(text("security.key", "path", SQLCAST_FIELD(std::string, security.key), check_text,
                              "The node's own private key, as `sqlcast keys new` writes it; its owner's alone.")));
  rows.push_back(
      as_path(text("security.allowed", "path", SQLCAST_FIELD(std::string, security.allowed), check_text,
                   "The file of the keys that are let in, and of their roles; read again when it changes.")));
  rows.push_back(as_path(text("security.nodes", "path", SQLCAST_FIELD(std::string, security.nodes), check_text,
                              "The file of the keys of the nodes that this one connects to; without it, the file "
                              "`nodes` beside `security.key`.")));
  rows.push_back(
      choice("security.core_dumps", "never or allowed", SQLCAST_FIELD(CoreDumps, security.core_dumps),
             std::array{Choice<CoreDumps>{"never", CoreDumps::never}, Choice<CoreDumps>{"allowed", CoreDumps::allowed}},
             "With `curve`: whether the node may leave a core dump, or be looked into by a debugger; both have its "
             "private key."));
}

void add_database(std::vector<Row>& rows) {
  rows.push_back(choice("database.mode", "managed or external", SQLCAST_FIELD(DatabaseMode, database.mode),
                        std::array{Choice<DatabaseMode>{"managed", DatabaseMode::managed},
                                   Choice<DatabaseMode>{"external", DatabaseMode::external}},
                        "managed: the node runs its own MariaDB in `data_dir`; external: it uses yours."));
  const auto external = [&rows](Row row) { rows.push_back(needing(Needs::external, std::move(row))); };
  external(text("database.host", "text", SQLCAST_FIELD(std::string, database.host), check_text,
                "Host of the external database; this or `socket`, not both."));
  external(
      whole("database.port", SQLCAST_FIELD(std::uint16_t, database.port), 1, 65'535, "Port of the external database."));
  external(as_path(text("database.socket", "path", SQLCAST_FIELD(std::string, database.socket), check_text,
                        "Unix socket of the external database.")));
  external(text("database.user", "text", SQLCAST_FIELD(std::string, database.user), check_text,
                "Account at the external database; also DB_USER."));
  external(as_secret(text(
      "database.password", "text", SQLCAST_FIELD(std::string, database.password),
      [](std::string_view) { return ok_status(); },
      "Its password; also DB_PASS; never printed. Prefer `password_file` or `.env`.")));
  external(as_path(text("database.password_file", "path", SQLCAST_FIELD(std::string, database.password_file),
                        check_text, "File whose first line is the password; not readable by everyone.")));
  external(choice(
      "database.tls", "none, encrypt or verify", SQLCAST_FIELD(DatabaseTls, database.tls),
      std::array{Choice<DatabaseTls>{"none", DatabaseTls::none}, Choice<DatabaseTls>{"encrypt", DatabaseTls::encrypt},
                 Choice<DatabaseTls>{"verify", DatabaseTls::verify}},
      "verify: by TLS, to a server whose certificate is of `tls_ca` and names `host`; encrypt: by TLS, "
      "whoever answers; none: in clear."));
  external(as_path(text("database.tls_ca", "path", SQLCAST_FIELD(std::string, database.tls_ca), check_text,
                        "PEM file of the certificates that sign the server's.")));
  external(as_path(text("database.tls_cert", "path", SQLCAST_FIELD(std::string, database.tls_cert), check_text,
                        "PEM file of the node's own certificate, for a server that asks for one; with `tls_key`.")));
  external(as_path(text("database.tls_key", "path", SQLCAST_FIELD(std::string, database.tls_key), check_text,
                        "PEM file of its private key; not readable by everyone.")));
  const auto managed = [&rows](Row row) { rows.push_back(needing(Needs::managed, std::move(row))); };
  managed(whole("database.buffer_pool_mb", SQLCAST_FIELD(std::uint32_t, database.buffer_pool_mb), 8, 1'048'576,
                "Memory in MiB that the managed database caches pages in."));
  managed(whole("database.redo_log_mb", SQLCAST_FIELD(std::uint32_t, database.redo_log_mb), 8, 524'288,
                "Size in MiB of the managed database's redo log."));
  managed(bytes("database.disk_reserve", SQLCAST_FIELD(std::uint64_t, database.disk_reserve), 0, 1'048'576 * kGiB,
                "With less room than this on the disk of `data_dir`, writes are DISK_FULL, and a slave waits."));
  managed(duration("database.stall_timeout", SQLCAST_FIELD(milliseconds, database.stall_timeout), milliseconds{3'000},
                   milliseconds{3'600'000},
                   "A managed database that has not answered for so long is killed and started again."));
}

void add_log(std::vector<Row>& rows) {
  constexpr milliseconds kYears = std::chrono::hours(24) * 3'650;
  constexpr std::uint64_t kMost = kMiB * kGiB;
  rows.push_back(bytes("log.file_bytes", SQLCAST_FIELD(std::uint64_t, log.file_bytes), 16 * kKiB, kGiB,
                       "Size of one file of the log; the next one is made beforehand."));
  rows.push_back(duration("log.keep_for", SQLCAST_FIELD(milliseconds, log.keep_for), milliseconds{0}, kYears,
                          "A file of the log whose last entry is older is removed; 0 = none is for its age."));
  rows.push_back(bytes("log.keep_bytes", SQLCAST_FIELD(std::uint64_t, log.keep_bytes), 0, kMost,
                       "While the log's files have more together, the oldest is removed; 0 = none is for the size."));
  rows.push_back(duration("log.hold_for", SQLCAST_FIELD(milliseconds, log.hold_for), milliseconds{0}, kYears,
                          "A slave that needs a file keeps it from being removed until it has been silent for so long; "
                          "0 = however long."));
  rows.push_back(bytes("log.hold_bytes", SQLCAST_FIELD(std::uint64_t, log.hold_bytes), 0, kMost,
                       "With more than this in the log's files, no slave keeps any from being removed; 0 = however "
                       "many."));
}

void add_message_limits(std::vector<Row>& rows) {
  rows.push_back(bytes("limits.max_message_bytes", SQLCAST_FIELD(std::uint64_t, limits.max_message_bytes), 64 * kKiB,
                       kGiB, "Largest frame of a message, on every socket."));
  rows.push_back(bytes("limits.max_statement_bytes", SQLCAST_FIELD(std::uint64_t, limits.max_statement_bytes), kKiB,
                       512 * kMiB, "Longest statement; at most half of `limits.max_message_bytes`."));
  rows.push_back(whole("limits.max_nesting_depth", SQLCAST_FIELD(std::uint32_t, limits.max_nesting_depth), 4, 1'024,
                       "Deepest nesting of parentheses and the like in a statement."));
  rows.push_back(whole("limits.max_materialised_rows", SQLCAST_FIELD(std::uint64_t, limits.max_materialised_rows), 1,
                       10'000'000, "Rows that a statement may change of which the rows are replicated."));
  rows.push_back(bytes("limits.max_materialised_bytes", SQLCAST_FIELD(std::uint64_t, limits.max_materialised_bytes),
                       kKiB, kGiB,
                       "Bytes that those rows may have as text; half of `limits.max_message_bytes`, if that is less."));
  rows.push_back(bytes(
      "limits.group_bytes", SQLCAST_FIELD(std::uint64_t, limits.group_bytes), 4 * kKiB, 512 * kMiB,
      "Statement bytes in one group, with what the log has beside them; at most half of `limits.max_message_bytes`."));
  rows.push_back(whole("limits.group_entries", SQLCAST_FIELD(std::uint32_t, limits.group_entries), 1, 65'536,
                       "Entries in one group, which is one transaction."));
  rows.push_back(bytes("limits.log_batch_bytes", SQLCAST_FIELD(std::uint64_t, limits.log_batch_bytes), 4 * kKiB,
                       512 * kMiB, "Catch-up: log in one reply; at most half of `limits.max_message_bytes`."));
  rows.push_back(whole("limits.retry_window", SQLCAST_FIELD(std::uint32_t, limits.retry_window), 1'000, 10'000'000,
                       "Entries whose outcome is remembered for requests that are sent again; a client that writes "
                       "little keeps its own."));
}

void add_read_limits(std::vector<Row>& rows) {
  rows.push_back(whole("limits.max_result_rows", SQLCAST_FIELD(std::uint64_t, limits.max_result_rows), 0,
                       1'000'000'000'000, "Rows of one SELECT; 0 = unlimited, since pages bound the memory."));
  rows.push_back(whole("limits.page_rows", SQLCAST_FIELD(std::uint32_t, limits.page_rows), 1, 65'536,
                       "Rows in a page when the request does not say; at most `limits.max_page_rows`."));
  rows.push_back(whole("limits.max_page_rows", SQLCAST_FIELD(std::uint32_t, limits.max_page_rows), 1, 65'536,
                       "Rows in a page that a request may ask for."));
  rows.push_back(bytes("limits.max_page_bytes", SQLCAST_FIELD(std::uint64_t, limits.max_page_bytes), 4 * kKiB,
                       512 * kMiB, "A page ends early at this size; at most half of `limits.max_message_bytes`."));
  rows.push_back(whole("limits.max_cursors_per_client", SQLCAST_FIELD(std::uint32_t, limits.max_cursors_per_client), 1,
                       10'000, "Cursors that one client may hold open at this node."));
  rows.push_back(whole("limits.max_cursors", SQLCAST_FIELD(std::uint32_t, limits.max_cursors), 1, 10'000,
                       "Cursors open at this node; at least `limits.max_cursors_per_client`."));
  rows.push_back(duration("limits.cursor_timeout", SQLCAST_FIELD(milliseconds, limits.cursor_timeout),
                          milliseconds{1'000}, milliseconds{86'400'000}, "A cursor left alone for so long is closed."));
  rows.push_back(duration("limits.cursor_lifetime", SQLCAST_FIELD(milliseconds, limits.cursor_lifetime),
                          milliseconds{1'000}, milliseconds{86'400'000},
                          "A cursor that was opened so long ago is closed, however busy it is."));
}

void add_work_limits(std::vector<Row>& rows) {
  rows.push_back(duration("limits.request_timeout", SQLCAST_FIELD(milliseconds, limits.request_timeout),
                          milliseconds{10}, milliseconds{86'400'000},
                          "Time for a request that does not say; at most `limits.max_request_timeout`."));
  rows.push_back(duration("limits.max_request_timeout", SQLCAST_FIELD(milliseconds, limits.max_request_timeout),
                          milliseconds{10}, milliseconds{86'400'000}, "Time that a request may ask for."));
  rows.push_back(
      whole("limits.request_queue", SQLCAST_FIELD(std::uint32_t, limits.request_queue), 1, 1'000'000,
            "Requests that may wait; one more is answered BUSY. At most a sixteenth of `limits.retry_window`."));
  rows.push_back(
      bytes("limits.request_memory", SQLCAST_FIELD(std::uint64_t, limits.request_memory), 16 * 1024 * kKiB, 1024 * kGiB,
            "Memory of requests that wait or run, as they were sent and as texts with their values; one more "
            "is answered BUSY, and one alone always fits. Small ones (8 KiB) are not counted."));
  rows.push_back(whole("limits.readers", SQLCAST_FIELD(std::uint32_t, limits.readers), 1, 256,
                       "Database connections that answer SELECTs, each with its thread."));
  rows.push_back(for_slave(whole("limits.forwarders", SQLCAST_FIELD(std::uint32_t, limits.forwarders), 1, 256,
                                 "REQ sockets on which writes go to the master.")));
}

// Of one key, and of connections: what keeps one that was stolen, or has gone mad, from the others' share.
void add_key_limits(std::vector<Row>& rows) {
  rows.push_back(whole("limits.key_requests", SQLCAST_FIELD(std::uint32_t, limits.key_requests), 1, 1'000'000,
                       "Requests of one key that may be under way; one more is answered BUSY."));
  rows.push_back(bytes("limits.key_memory", SQLCAST_FIELD(std::uint64_t, limits.key_memory), 16 * 1024 * kKiB,
                       1024 * kGiB, "Memory of one key's requests, as `limits.request_memory` counts it."));
  rows.push_back(whole("limits.key_cursors", SQLCAST_FIELD(std::uint32_t, limits.key_cursors), 1, 10'000,
                       "Cursors that one key may hold open at this node, by all its clients."));
  rows.push_back(whole("limits.key_rate", SQLCAST_FIELD(std::uint32_t, limits.key_rate), 0, 10'000'000,
                       "Requests of one key in a second; more are answered BUSY; 0 = unlimited."));
  rows.push_back(whole("limits.key_burst", SQLCAST_FIELD(std::uint32_t, limits.key_burst), 1, 10'000'000,
                       "Requests that one key may send at once after a pause."));
  rows.push_back(
      whole("limits.max_connections", SQLCAST_FIELD(std::uint32_t, limits.max_connections), 16, 1'000'000,
            "Connections to each of the node's ports, before and after their handshakes; one more is closed."));
  rows.push_back(whole("limits.address_connections", SQLCAST_FIELD(std::uint32_t, limits.address_connections), 1,
                       1'000'000, "Of them, those that come from one address."));
}

#undef SQLCAST_FIELD

// Where the struct's own default is not what a user gets.
std::string default_text(const Row& row) {
  if (row.setting.name == "name") return "master (slave: slave-PORT)";
  if (row.setting.name == "data_dir") return "var/NAME";
  if (row.setting.name == "listen") return "tcp://127.0.0.1:5750 (slave: tcp://127.0.0.1:5760)";
  if (row.setting.name == "master") return "none: a slave must be told";
  const std::string text = row.format(NodeConfig{});
  return text.empty() ? "none" : text;
}

std::vector<Row> make_table() {
  std::vector<Row> rows;
  add_node(rows);
  add_security(rows);
  add_database(rows);
  add_log(rows);
  add_message_limits(rows);
  add_read_limits(rows);
  add_work_limits(rows);
  add_key_limits(rows);
  for (Row& row : rows) row.setting.default_text = default_text(row);
  return rows;
}

}  // namespace

const std::vector<Row>& table() {
  static const std::vector<Row> kRows = make_table();
  return kRows;
}

const Row* find_row(std::string_view name) {
  const auto row = std::find_if(table().begin(), table().end(), [&](const Row& r) { return r.setting.name == name; });
  return row == table().end() ? nullptr : &*row;
}

std::vector<std::string> setting_names(Role role) {
  std::vector<std::string> names;
  for (const Row& row : table())
    if (row.applies_to(role)) names.emplace_back(row.setting.name);
  return names;
}

std::string environment_name(std::string_view setting) {
  std::string name = "SQLCAST_";
  for (const char c : setting)
    name.push_back(c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
  return name;
}

std::string_view mode_name(DatabaseMode mode) { return mode == DatabaseMode::managed ? "managed" : "external"; }

const std::vector<Setting>& settings() {
  static const std::vector<Setting> kAll = [] {
    std::vector<Setting> list;
    for (const Row& row : table()) list.push_back(row.setting);
    return list;
  }();
  return kAll;
}

}  // namespace sqlcast::config
