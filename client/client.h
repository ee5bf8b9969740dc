// Client: the headless library under the shell, the desktop client, the load generator and programs of others.
//
// One Client is one session: it remembers the last sequence it wrote and, by default, reads at least that far
// (read your writes), whichever node answers. Requests carry its client id and a request id of their own, so
// that the resends it makes after time-outs and reconnects execute once.
//
// Any thread may use it. run() drives the sockets itself while nothing else of the client is open, so that a program
// with one request at a time wakes no other thread. Callbacks run on the client's own I/O thread and must be quick
// (hand the Reply to your own thread). Only when too much is waiting already (busy) do they run inside the call itself.
// The calls that may block wait for the same machinery and must not be made from a callback.
//
// Nodes that do not answer are left alone for a while and tried again; engine.h says what is resent, when, and what
// never is. With one endpoint everything goes there.
// No ZeroMQ or MessagePack type appears here.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/types.h"
#include "proto/column.h"
#include "proto/message.h"

namespace sqlcast::client {

using Ack = proto::Ack;
using AckFor = proto::AckFor;
using Consistency = proto::Consistency;
using proto::Cell;
using proto::ColumnInfo;

struct Options {
  std::vector<std::string> endpoints;             // of nodes, "tcp://127.0.0.1:5750"; at least one
  std::string client_id;                          // empty = a random one
  std::string database;                           // default database of requests that name none
  std::chrono::milliseconds timeout{30'000};      // of a request, resends included
  std::chrono::milliseconds resend_after{2'000};  // no reply so long: resend, on a new connection
  Consistency consistency = Consistency::session;
  std::chrono::milliseconds max_lag{0};  // consistency max_lag only
  Ack ack = Ack::unset;                  // unset = the master's default
  AckFor ack_for = AckFor::unset;        // likewise
  std::uint32_t page_rows = 0;           // 0 = the node's default
  std::string key_file;                  // with which key to go to nodes, or empty; their keys are in `nodes` beside it
  bool warnings = false;                 // collect what the database warns of; costs a read half as much again
};

// Where a request goes. any: reads to a node that answers, slaves preferred; the rest to the master by way of any.
struct Target {
  enum class Kind { any, master, node };
  Kind kind = Kind::any;
  std::string endpoint;  // node only
};

struct Statement {
  std::string sql;
  std::vector<Value> params;                  // for ?
  std::map<std::string, Value> named_params;  // for :name; not both
  std::optional<std::uint64_t> expect;        // affected rows, or the whole request is rolled back
};

// One or more statements; several are atomic. Fields without a value take the Options'.
struct Request {
  std::vector<Statement> statements;
  std::optional<std::string> database;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<Consistency> consistency;
  std::optional<std::chrono::milliseconds> max_lag;
  std::optional<Sequence> after;  // instead of the session's own
  std::optional<Ack> ack;
  std::optional<AckFor> ack_for;
  std::optional<std::uint32_t> page_rows;
  std::optional<bool> warnings;
  // For sending an earlier request again on purpose, with the same client id; then also a position that was known
  // before it was first sent: a master that has forgotten anything since executes it only if it has that
  // (proto/message.h).
  std::optional<std::uint64_t> request_id;
  std::optional<Sequence> sent_since;
  Target target;

  static Request of(std::string sql, std::vector<Value> params = {});
};

// Rows of one page, decoded once; cells point into frames that the object owns. Move-only.
class Rows {
 public:
  Rows() = default;
  static Result<Rows> decode(proto::Page page);  // bad_message when a frame is malformed
  std::uint64_t row_count() const { return rows_; }
  std::size_t column_count() const { return cells_.size(); }
  const Cell& cell(std::uint64_t row, std::size_t column) const { return cells_[column][row]; }
  const std::vector<std::vector<Cell>>& columns() const { return cells_; }  // [column][row]

  Rows(Rows&&) = default;
  Rows& operator=(Rows&&) = default;
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

 private:
  std::uint64_t rows_ = 0;
  std::vector<std::unique_ptr<std::string>> frames_;  // unique_ptr: a short string would move its bytes
  std::vector<std::vector<Cell>> cells_;
};

// More pages of a result, at the node that holds it. id 0 = none.
struct Cursor {
  std::uint64_t id = 0;
  std::string endpoint;
  explicit operator bool() const { return id != 0; }
};

struct StatementReply {
  bool has_rows = false;
  std::vector<ColumnInfo> columns;
  Rows rows;
  Cursor cursor;
  std::uint64_t affected_rows = 0;
  std::uint64_t insert_id = 0;
  std::vector<std::string> warnings;
};

struct Reply {
  Status status;
  std::optional<std::uint32_t> failed_statement;  // index, when status is about one
  std::vector<StatementReply> results;            // one a statement; one for a fetch
  std::uint64_t request_id = 0;
  bool wrote = false;
  bool replayed = false;
  Epoch epoch = 0;
  Sequence sequence = 0;  // of a write that failed: what `sent_since` is to say when it is sent again; 0 = not known
  std::vector<std::string> acked_by;
  std::string node;      // name of the node that answered
  std::string endpoint;  // and its endpoint
  Sequence node_position = 0;
  bool stale = false;
  std::chrono::microseconds elapsed{0};     // at the node
  std::chrono::microseconds round_trip{0};  // seen from here, resends included
};

using ReplyCallback = std::function<void(Reply)>;

class Client {
 public:
  // bad_request when an endpoint cannot be parsed or none is given; config when the key cannot be used, or none is
  // known of a node that is named. The keys are the process's from then on: of its nodes, for every Client and Tail. io
  // when the process has no descriptor or thread left. Does not block: the first request waits for a node.
  static Result<std::unique_ptr<Client>> open(Options options);
  // Requests under way end with `cancelled`, writes that are out with `outcome_unknown`; their callbacks have run when
  // it returns, and threads that were inside a call have left it. May block, for those. Not from a callback.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  const std::string& client_id() const;  // does not block
  // The last sequence that this session wrote; lower again when the nodes say that it was of another history, as after
  // the master's data was put back. Does not block.
  Sequence session_position() const;

  // Returns the request id at once. The callback runs exactly once, whatever happens. Without a reply in time, a read
  // ends with `timeout`, anything else that may have reached a node with `outcome_unknown`. Does not block.
  std::uint64_t submit(Request request, ReplyCallback callback);
  std::future<Reply> submit(Request request);
  // The same, and waits for the reply. May block, for the request's timeout and a moment more.
  Reply run(Request request);
  Reply run(std::string sql, std::vector<Value> params = {});

  // Stops a request of this client. stopped = it has no effect; otherwise it had ended already. Does not block.
  void cancel(std::uint64_t request_id, const std::function<void(Result<bool> stopped)>& callback);
  Result<bool> cancel(std::uint64_t request_id);  // may block

  // The next page. A cursor left alone for the node's cursor time-out is gone (cursor_not_found). Never resent, as
  // that could skip a page: without a reply it ends with `timeout`, and the statement has to be run again.
  // Later pages need not repeat the columns. Does not block.
  void fetch(const Cursor& cursor, std::uint32_t page_rows, ReplyCallback callback);
  Reply fetch(const Cursor& cursor, std::uint32_t page_rows = 0);  // may block
  void close(const Cursor& cursor);                                // best effort; does not block

  // What the policy would say, from the node (its schema, its role). `endpoint` empty = any. With a callback it does
  // not block, without one it may.
  using ExplainCallback = std::function<void(Result<proto::ExplainReply>)>;
  void explain(std::vector<std::string> statements, std::optional<std::string> database, const std::string& endpoint,
               ExplainCallback callback);
  Result<proto::ExplainReply> explain(std::vector<std::string> statements,
                                      std::optional<std::string> database = std::nullopt,
                                      const std::string& endpoint = {});

  // One node's own word on itself and its peers. `endpoint` empty = any. With a callback it does not block, without one
  // it may, for `timeout`.
  using StatusCallback = std::function<void(Result<proto::StatusReply>)>;
  void status(const std::string& endpoint, std::chrono::milliseconds timeout, StatusCallback callback);
  Result<proto::StatusReply> status(const std::string& endpoint = {},
                                    std::chrono::milliseconds timeout = std::chrono::milliseconds{2'000});

  // Every node of the cluster that the given endpoints lead to, each asked itself, the master first; an unreachable one
  // keeps what its master last knew, with state "Unreachable". May block, for twice `timeout`.
  Result<std::vector<proto::NodeStatus>> cluster_status(std::chrono::milliseconds timeout = std::chrono::milliseconds{
                                                            2'000});

  // What is under way at a node, and who asks there: as much of it as this client's key may see. `endpoint` empty =
  // any. Does not block.
  using RequestsCallback = std::function<void(Result<proto::RequestsReply>)>;
  void requests(const std::string& endpoint, std::chrono::milliseconds timeout, RequestsCallback callback);
  // Stops what is under way there under this number; of cancel()'s outcomes. Does not block.
  void cancel_at(const std::string& endpoint, std::uint64_t number, const std::function<void(Result<bool>)>& callback);
  // The same, and wait. May block, for `timeout` and for cancel()'s.
  Result<proto::RequestsReply> requests(const std::string& endpoint, std::chrono::milliseconds timeout);
  Result<bool> cancel_at(const std::string& endpoint, std::uint64_t number);

  // Groups after a sequence, from a node's log: for tail and for jumping back. `after` has sequence 0 hash 0 to
  // begin at the beginning; a hash of zeros is not checked. May block.
  Result<proto::LogBatch> read_log(Position after, std::uint64_t max_bytes = 0, std::string endpoint = {});

 private:
  class Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Tail: the replicated groups, live from the master's PUB socket. Callbacks run on the tail's own thread.
// A missed group is filled in from the log, so that sequences come without holes from the first one seen.
class Tail {
 public:
  struct Callbacks {
    std::function<void(const proto::Group&, const std::vector<proto::Entry>&)> on_group;
    std::function<void(const proto::Beacon&)> on_beacon;
    std::function<void(const Status&)> on_problem;  // lost and found again, undecodable message …
  };
  // Finds the publisher through `endpoints` (any node's). `from`: first sequence wanted; 0 = only what is new.
  // Entries before `from` are left out of the first group's list. May block, up to five seconds for a node.
  static Result<std::unique_ptr<Tail>> open(std::vector<std::string> endpoints, Sequence from, Callbacks callbacks);
  ~Tail();  // may block, until its thread has ended; not from a callback

 private:
  class Impl;
  explicit Tail(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sqlcast::client
