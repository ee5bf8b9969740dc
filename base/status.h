// Status and Result: how a room tells another that something could not be done.
//
// A Status carries a stable code (docs/protocol.md lists them), a message that says what was refused, why,
// and what to do next, and, when the database itself said no, its errno and SQLSTATE.
// Plain values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sqlcast {

// The numbers travel on the wire: never renumber, only add.
enum class Code : std::uint16_t {
  ok = 0,

  // The caller's message or statement.
  bad_message = 100,          // cannot be decoded
  unsupported_version = 101,  // a protocol version this node does not speak
  too_large = 102,            // over a documented limit
  bad_request = 103,          // decoded, but a field is unknown, missing or of the wrong type
  request_id_reused = 104,    // same (client id, request id), other content
  refused = 110,              // the SQL policy says no; Status::reason has the policy's own code
  master_only = 111,          // DDL sent to a slave
  sql_error = 112,            // the database refused; database_errno and sqlstate are set
  expectation_failed = 113,   // `expect` differed; the request was rolled back
  cursor_not_found = 114,
  too_many_cursors = 115,
  request_not_found = 116,  // nothing to cancel under that id
  not_allowed = 117,        // the key of the connection may not do that, or is not let in at all

  // The state of the nodes.
  busy = 200,                  // a bounded queue is full; try again after retry_after_ms
  timeout = 201,               // not done within the request's time
  cancelled = 202,             // stopped on request; nothing was committed
  master_unavailable = 203,    // a slave cannot reach the master; nothing is known to have been committed
  database_unavailable = 204,  // this node's database is down; the node is restarting it
  not_caught_up = 205,         // the node has not applied `after` (or is over `max_lag`) in time
  committed_not_acked = 206,   // committed and durable on the master; fewer acks than asked for in time
  outcome_unknown = 207,       // may or may not have been committed; the message says where to look
  shutting_down = 208,
  diverged = 209,           // this node's history or data differs from the master's
  disk_full = 210,          // nothing was changed; writing goes on by itself when there is room
  read_only = 211,          // the master has heard of a longer or another history; a person has to decide
  snapshot_required = 212,  // the log no longer has what was asked for

  // Our own side.
  config = 300,
  io = 301,
  internal = 302,
};

// The code's name as it appears on the wire and in the docs: "MASTER_ONLY".
std::string_view code_name(Code code);
std::optional<Code> code_from_name(std::string_view name);

struct [[nodiscard]] Status {
  Code code = Code::ok;
  std::string message;
  int database_errno = 0;            // sql_error only
  std::string sqlstate;              // sql_error only, five characters
  std::string reason;                // refused only: the policy's stable code, such as "LIMIT_WITHOUT_ORDER"
  std::uint32_t retry_after_ms = 0;  // busy only

  bool ok() const { return code == Code::ok; }
  explicit operator bool() const { return ok(); }
  static Status error(Code code, std::string message) {
    Status status;
    status.code = code;
    status.message = std::move(message);
    return status;
  }
};

inline Status ok_status() { return {}; }

// A value, or the Status that says why there is none. value() on an error stops the process: it is a bug.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}          // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return value_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Status& status() const { return status_; }
  T& value();
  const T& value() const { return const_cast<Result*>(this)->value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }

 private:
  std::optional<T> value_;
  Status status_;
};

// A bug in our own code: says where and stops the process, in release too.
[[noreturn]] void fail_check(const char* expression, const char* file, int line);
#define SQLCAST_CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::sqlcast::fail_check(#expression, __FILE__, __LINE__))

template <typename T>
T& Result<T>::value() {
  SQLCAST_CHECK(value_.has_value());
  return *value_;
}

}  // namespace sqlcast
