// NodeConfig: everything a node can be told, typed and validated. Precedence: flags, environment (SQLCAST_…, then
// `.env` beside the file), file, defaults. docs/configuration.md lists each setting; config/*.yaml show them.
// Plain values; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/logging.h"
#include "base/status.h"

namespace sqlcast::config {

enum class Role { master, slave };
enum class DatabaseMode { managed, external };
enum class SecurityMode { none, curve };
enum class DatabaseTls { none, encrypt, verify };
enum class CoreDumps { never, allowed };

struct Database {
  DatabaseMode mode = DatabaseMode::managed;
  std::string host;                     // external: host name, or empty with `socket`
  std::uint16_t port = 3306;            // external
  std::string socket;                   // external: path of a unix socket
  std::string user;                     // external; also DB_USER, .env
  std::string password;                 // external; also DB_PASS, .env, password_file. Never printed.
  std::string password_file;            // external
  DatabaseTls tls = DatabaseTls::none;  // external, of a host
  std::string tls_ca;                   // of tls: whom to believe; verify alone
  std::string tls_cert;                 // of tls: for a server that asks for one, with its key
  std::string tls_key;
  std::uint32_t buffer_pool_mb = 128;               // managed
  std::uint32_t redo_log_mb = 96;                   // managed
  std::uint64_t disk_reserve = 64U << 20U;          // managed: with less room on the disk nothing is written
  std::chrono::milliseconds stall_timeout{30'000};  // managed: unanswered so long = killed and started again
};

struct Limits {
  std::uint64_t max_message_bytes = 64U << 20U;  // of one frame, on every socket
  std::uint64_t max_statement_bytes = 16U << 20U;
  std::uint32_t max_nesting_depth = 64;
  std::uint64_t max_materialised_rows = 100'000;  // of a statement that is replicated by its rows
  std::uint64_t max_materialised_bytes = 64U << 20U;
  std::uint64_t max_result_rows = 0;  // of one SELECT; 0 = unlimited (pages bound memory)
  std::uint32_t page_rows = 5'000;    // default page
  std::uint32_t max_page_rows = 65'536;
  std::uint64_t max_page_bytes = 8U << 20U;  // a page ends early at this size
  std::uint32_t max_cursors_per_client = 8;
  std::uint32_t max_cursors = 64;
  std::chrono::milliseconds cursor_timeout{60'000};
  std::chrono::milliseconds cursor_lifetime{600'000};
  std::chrono::milliseconds request_timeout{30'000};  // default
  std::chrono::milliseconds max_request_timeout{600'000};
  std::uint32_t request_queue = 4'096;         // requests waiting; more = BUSY
  std::uint64_t request_memory = 256U << 20U;  // bytes that requests hold which wait or run; more = BUSY
  std::uint32_t group_entries = 512;           // entries in one group
  std::uint64_t group_bytes = 4U << 20U;       // statement bytes in one group
  std::uint32_t retry_window = 100'000;        // entries whose outcome is remembered, of all clients
  std::uint64_t log_batch_bytes = 4U << 20U;   // catch-up: bytes in one reply
  std::uint32_t readers = 4;                   // connections that answer SELECTs
  std::uint32_t forwarders = 8;                // slave: REQ sockets to the master
  // Of one key, whatever its connections (security.mode curve).
  std::uint32_t key_requests = 2'048;         // under way; more = BUSY
  std::uint64_t key_memory = 128U << 20U;     // bytes that they hold; more = BUSY
  std::uint32_t key_cursors = 48;             // open
  std::uint32_t key_rate = 200'000;           // requests a second; 0 = unlimited
  std::uint32_t key_burst = 200'000;          // after a pause so many at once
  std::uint32_t max_connections = 10'000;     // to each of its ports
  std::uint32_t address_connections = 2'500;  // of them, of one address
};

// The files of the log in `data_dir`/log. The defaults suit a server with a small disk: some GiB while all is well, and
// a slave that is away cannot fill it.
struct LogSettings {
  std::uint64_t file_bytes = 64U << 20U;            // of one file; there is one more, made beforehand
  std::chrono::milliseconds keep_for{604'800'000};  // a file whose last entry is older may go; 0 = age is no reason
  std::uint64_t keep_bytes = 2ULL << 30U;           // what all files together may have; 0 = size is no reason
  // A slave that needs a file holds it back, until it has been silent for so long, or the files have so many bytes;
  // 0 = it always does.
  std::chrono::milliseconds hold_for{259'200'000};
  std::uint64_t hold_bytes = 8ULL << 30U;
};

// Who is let in. docs/security.md says what the files are.
struct Security {
  SecurityMode mode = SecurityMode::none;   // none: everybody who reaches the ports, which are on the loopback then
  std::string key;                          // curve: the node's own private key
  std::string allowed;                      // curve: the keys that are let in, and their roles
  std::string nodes;                        // curve: the keys of other nodes. Default: `nodes` beside the key
  CoreDumps core_dumps = CoreDumps::never;  // curve: they would have the node's private key in them
};

struct NodeConfig {
  Role role = Role::master;
  std::string name;                              // default: "master", "slave-PORT"
  std::string data_dir;                          // everything the node keeps; absolute. Default: var/NAME
  std::string listen = "tcp://127.0.0.1:5750";   // ROUTER; a slave's default is tcp://127.0.0.1:5760
  std::string publish = "tcp://127.0.0.1:5751";  // master: PUB
  std::string master;                            // slave: the master's ROUTER endpoint
  logging::Level log_level = logging::Level::info;
  std::string ack = "local";                        // master: local, one, majority, all
  std::string ack_for = "durable";                  // master: durable, applied
  std::chrono::milliseconds ack_timeout{5'000};     // master
  std::chrono::milliseconds beacon_interval{200};   // master
  std::chrono::milliseconds publish_interval{5};    // master: groups of a stream go out together; 0 = each at once
  std::chrono::milliseconds master_timeout{3'000};  // slave: no beacon so long = the master is gone
  Security security;
  Database database;
  LogSettings log;
  Limits limits;
  bool accept_history = false;        // master: a person's word, on the command line alone; see Histories
  std::vector<std::string> warnings;  // what load() found odd but usable; log them after start
};

struct Source {
  std::string file;                                // empty = none
  std::map<std::string, std::string> flags;        // dotted setting name → text, from the command line
  std::map<std::string, std::string> environment;  // the process environment; .env beside `file` is read by load()
};

// Reads, merges, validates; code config otherwise. Status::message has one line a problem, all of them:
// "FILE:LINE: setting: what was wrong; accepted values: …" (or "environment NAME: …", "--flag: …"), without secrets.
// Paths come back absolute: those of the file and its `.env` are relative to the file, others to the working folder.
// Reads files, never writes; nothing is thrown.
Result<NodeConfig> load(Role role, const Source& source);

// The merged configuration as YAML that load() accepts, secrets as "(redacted)", which load() takes as not given.
std::string print(const NodeConfig& config);

// The setting names that exist, for --help and for docs: "limits.page_rows".
struct Setting {
  std::string_view name;
  std::string_view type;  // "duration", "size", "endpoint", "path", "whole number" …
  std::string default_text;
  std::string_view description;  // one sentence
  bool master = true;
  bool slave = true;
};
const std::vector<Setting>& settings();

}  // namespace sqlcast::config
