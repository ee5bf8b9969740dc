// Messages: everything that crosses the wire, as plain structures. codec.h turns them into frames and back;
// docs/protocol.md is the contract that both keep. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"
#include "base/types.h"
#include "proto/entry.h"

namespace sqlcast::proto {

inline constexpr std::uint8_t kProtocolVersion = 1;

// The numbers travel on the wire: never renumber, only add.
enum class MessageType : std::uint8_t {
  query = 1,            // client → node
  result = 2,           // node → client: answers query and fetch
  error = 3,            // node → client: answers anything
  fetch = 4,            // client → node: the next page of a cursor
  close = 5,            // client → node: forget a cursor
  closed = 6,           // node → client
  cancel = 7,           // client → node: stop a request of mine
  cancel_reply = 8,     // node → client
  status = 9,           // client → node
  status_reply = 10,    // node → client
  explain = 11,         // client → node: the verdict, without running
  explain_reply = 12,   // node → client
  log_read = 13,        // slave → any node: groups after a position
  log_batch = 14,       // node → slave
  report = 15,          // slave → master: who I am, what I have on disk and have applied
  report_reply = 16,    // master → slave: a beacon
  group = 17,           // PUB: a committed group
  beacon = 18,          // PUB: head of the log, several a second
  requests = 19,        // client → node: what is under way, and who asks
  requests_reply = 20,  // node → client
};

// ---- query -------------------------------------------------------------------------------------------------

enum class Consistency : std::uint8_t {
  any = 0,      // whatever the node has
  session = 1,  // at least `after`
  max_lag = 2,  // no older than max_lag_ms
  master = 3,   // answered by the master (a slave forwards it)
};

enum class Ack : std::uint8_t { unset = 0, local = 1, one = 2, majority = 3, all = 4 };

// What a slave must have done with an entry to be counted.
enum class AckFor : std::uint8_t {
  unset = 0,
  durable = 1,  // it is on disk in the slave's log
  applied = 2,  // and every reader of that slave sees it
};

struct RequestStatement {
  std::string sql;
  std::vector<Value> params;                  // for ?
  std::map<std::string, Value> named_params;  // for :name; not both
  std::optional<std::uint64_t> expect;        // affected rows, or the request is rolled back
};

struct QueryRequest {
  RequestKey key;        // empty client_id: not retryable
  std::string database;  // default database; empty = none
  std::vector<RequestStatement> statements;
  std::uint32_t timeout_ms = 0;  // 0 = the node's default
  std::uint32_t page_rows = 0;   // rows in the first page; 0 = the node's default
  Consistency consistency = Consistency::session;
  Sequence after = 0;            // session: a read waits until the node has applied this
  std::uint32_t max_lag_ms = 0;  // max_lag only
  std::uint32_t wait_ms = 0;     // longest wait for `after`; 0 = as long as the request may take
  Ack ack = Ack::unset;          // unset = the master's configured default
  bool warnings = false;         // collect the database's warnings of every statement, which costs a little
  // With every copy of a write, the first too: the highest position that the client knew before it first sent it. What
  // the master has forgotten and this request might have been is not executed: outcome_unknown.
  std::optional<Sequence> sent_since;
  std::string forwarded_by;        // the slave's node name, when a slave sends it on; empty from a client
  std::string cluster;             // and the slave's cluster, as in NodeStatus: the master refuses that of another one
  AckFor ack_for = AckFor::unset;  // unset = the master's configured default
  // For whom a slave sends it on: whose key it came with, as the slave names it, and that key, in hexadecimal. The key
  // is what counts; a node believes it of nodes alone.
  std::string caller;
  std::string caller_key;
};

// The kind of value that a column's frame holds.
enum class ValueKind : std::uint8_t { int64 = 0, uint64 = 1, float64 = 2, text = 3, bytes = 4 };

struct ColumnInfo {
  std::string name;   // alias as selected
  std::string table;  // where the database gives it
  std::string type;   // the database's word: "BIGINT UNSIGNED", "DECIMAL", "DATETIME" …
  ValueKind kind = ValueKind::text;
  bool nullable = true;
  bool primary_key = false;
};

// A run of rows, column-wise; each element is one column's frame (column.h reads and writes them).
struct Page {
  std::uint64_t rows = 0;
  std::vector<std::string> columns;

  std::uint64_t byte_size() const {
    std::uint64_t bytes = 0;
    for (const std::string& column : columns) bytes += column.size();
    return bytes;
  }
};

// What one statement gave: rows, or an effect.
struct StatementResult {
  bool has_rows = false;
  std::vector<ColumnInfo> columns;  // has_rows only
  Page page;                        // has_rows only
  std::uint64_t cursor = 0;         // nonzero: more pages; ask with fetch
  std::uint64_t affected_rows = 0;
  std::uint64_t insert_id = 0;
  std::vector<std::string> warnings;  // "1265 Data truncated for column 'x' at row 1"
};

struct QueryResult {
  std::vector<StatementResult> results;  // one a statement, in order; one for a fetch
  bool wrote = false;                    // epoch and sequence below are this request's entry
  bool replayed = false;                 // the outcome of an earlier execution of the same request key
  Epoch epoch = 0;
  Sequence sequence = 0;
  std::vector<std::string> acked_by;  // node names, when an ack level was asked for
  std::string node;                   // who answered (the slave asked, for a forwarded write)
  Sequence node_position = 0;
  bool stale = false;  // the answering slave's apply has failed or has lost its master
  std::uint64_t elapsed_us = 0;
};

struct ErrorReply {
  Status status;
  std::optional<std::uint32_t> statement;  // index of the statement that failed
  Epoch epoch = 0;                         // committed_not_acked: the entry
  Sequence sequence = 0;                   // committed_not_acked: the entry; outcome_unknown: where to look from
  std::vector<std::string> acked_by;       // committed_not_acked
  std::string node;
};

struct FetchRequest {
  std::string client_id;
  std::uint64_t cursor = 0;
  std::uint32_t page_rows = 0;
  std::string caller = {};  // as QueryRequest's
  std::string caller_key = {};
};
struct CloseRequest {
  std::string client_id;
  std::uint64_t cursor = 0;
  std::string caller = {};  // as QueryRequest's
  std::string caller_key = {};
};
struct ClosedReply {};

// Either by its key or, of any client that the sender may stop, by its number in a RequestsReply.
struct CancelRequest {
  RequestKey key;
  std::string caller = {};  // as QueryRequest's
  std::string caller_key = {};
  std::uint64_t number = 0;  // 0: by the key
};
struct CancelReply {
  bool stopped = false;  // true: it will not have an effect; false: it had already ended (or is past stopping)
};

// ---- status ------------------------------------------------------------------------------------------------

// A node's log: its files, and how long its disk takes. Left out by who does not know, and in a report.
struct LogStatus {
  Sequence first = 0;  // what the files begin with; 0 = not known yet
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;          // on disk
  std::uint64_t syncs = 0;          // since the node started
  std::uint64_t sync_p50_us = 0;    // fsync latency, of the newest 1,024 of them
  std::uint64_t sync_p99_us = 0;    //
  std::uint64_t trimmed_files = 0;  // removed since the node started
  Sequence trimmed_to = 0;          // the last entry removed
  std::uint64_t trimmed_ms_ago = 0;
  std::string held_by;     // for whom files are kept that would go by age or size: a slave's name, or kOwnDatabase
  Sequence held_from = 0;  // the first entry that he lacks
  std::uint64_t held_ms = 0;
  bool operator==(const LogStatus&) const = default;
};
inline constexpr std::string_view kOwnDatabase = "own database";  // no node's name: it has a blank

struct NodeStatus {
  std::string name;
  std::string node_id;  // of the data folder: two nodes of one name have two
  std::string role;     // "master", "slave"
  std::string state;    // master: Starting, Serving, Failed; slave: Starting, Syncing, CatchingUp, Live, Failed
  std::string message;  // why Failed, or what it is waiting for
  std::string version;  // of sqlcast
  Epoch epoch = 0;
  Sequence position = 0;
  std::string hash;               // hex, of the position
  std::string cluster;            // hex: the hash that the log's chain begins with; empty before the first entry
  Sequence head = 0;              // the master's last known position
  std::uint64_t lag_ms = 0;       // 0 when caught up
  double entries_per_second = 0;  // over the last seconds
  std::string endpoint;           // for clients
  std::string publisher;          // the master's PUB endpoint (on slaves: their master's)
  std::string master;             // the master's client endpoint
  std::uint64_t queue_depth = 0;
  std::uint64_t queue_capacity = 0;
  bool database_up = false;
  std::string database_version;
  std::vector<std::string> database_settings;  // "innodb_page_size=16384": those that nodes compare
  LogStatus log;
  std::uint64_t uptime_ms = 0;
  std::uint64_t seen_ms_ago = 0;                  // how old this information is; 0 for the node that answers
  std::map<std::string, std::uint64_t> counters;  // requests, refused, bad_messages, gaps, catch_ups …
  // The end of its log on disk, of which it has applied what `position` says; absent: it is where the position is.
  std::optional<Position> durable;
  std::string security;    // "curve"; "none": in clear, and everybody is let in
  std::string key;         // curve: the node's public key, hexadecimal
  std::string master_key;  // curve: and that of the node at `master` and `publisher`
};

struct StatusRequest {};
struct StatusReply {
  NodeStatus self;
  std::vector<NodeStatus> peers;  // master: its slaves, as they last reported; slave: its master, when reachable
};

// ---- requests ----------------------------------------------------------------------------------------------

struct RequestsRequest {};

// How far a request has come.
enum class RequestState : std::uint8_t {
  queued = 0,     // waits for its turn, for other requests, or for `after`
  running = 1,    // in the database, or in what goes before and behind it
  forwarded = 2,  // a slave has sent it on to the master
  acks = 3,       // committed; waits for slaves
  sending = 4,    // answered; the answer is on its way
  open = 5,       // a cursor: there are more rows to be fetched
};

struct RequestInfo {
  std::uint64_t number = 0;  // at this node, since it started
  std::string kind;          // "read", "write", "ddl", "fetch", "cursor", "explain", "log_read"
  RequestState state = RequestState::queued;
  std::string key;             // name of the key in whose name it came; empty where nodes have none
  std::string client_id;       // its beginning
  std::string via;             // the slave that has sent it on
  std::string text;            // the beginning of its first statement
  std::uint64_t since_ms = 0;  // how long ago it came
};

// Who has asked of late.
struct ClientInfo {
  std::string key;
  std::string client_id;       // its beginning; empty: all that give none
  std::uint64_t requests = 0;  // since it was first seen
  std::uint64_t under_way = 0;
  std::uint64_t cursors = 0;
  std::uint64_t seen_ms_ago = 0;
};

struct RequestsReply {
  std::string node;
  std::vector<RequestInfo> requests;  // the oldest first
  std::vector<ClientInfo> clients;    // who asked last first
  std::uint64_t more_requests = 0;    // that were left out
  std::uint64_t more_clients = 0;
};

// ---- explain -----------------------------------------------------------------------------------------------

struct ExplainRequest {
  std::string database;
  std::vector<std::string> statements;
};
struct Explanation {
  std::string statement_class;  // "read", "write", "ddl", "refused"
  std::string determinism;      // "safe", "rewritten", "materialised", "unsafe"
  std::string rewritten;        // the text that would run, when rewritten
  std::string code;             // the policy's stable code; empty unless refused or materialised
  std::string reason;           // why, and what to do instead
  std::string runs;             // "locally", "forwarded", "refused", on the node asked
};
struct ExplainReply {
  std::vector<Explanation> explanations;
};

// ---- replication -------------------------------------------------------------------------------------------

struct LogReadRequest {
  Position after;               // the reader's own end: the server checks that it is part of its history
  std::uint64_t max_bytes = 0;  // 0 = the node's default
  std::string node;             // who asks, and of which cluster it is; a client leaves both out
  std::string cluster;
};
struct LogBatch {
  std::vector<Group> groups;  // consecutive; empty = nothing after `after`
  Position head;              // of the node that answered
};

struct Report {
  NodeStatus status;
};

struct Beacon {
  Position head;
  std::uint64_t time_us = 0;  // the master's clock
  std::string master;         // name
};

// ---- any ---------------------------------------------------------------------------------------------------

struct GroupMessage {
  Group group;
};

// report_reply carries a Beacon too: the variant's position alone does not tell, so it has its own struct.
struct ReportReply {
  Beacon beacon;
  AckFor awaited = AckFor::unset;  // what replies at the master wait for, or did a moment ago: it is reported at once
};

using Message =
    std::variant<QueryRequest, QueryResult, ErrorReply, FetchRequest, CloseRequest, ClosedReply, CancelRequest,
                 CancelReply, StatusRequest, StatusReply, ExplainRequest, ExplainReply, LogReadRequest, LogBatch,
                 Report, ReportReply, GroupMessage, Beacon, RequestsRequest, RequestsReply>;

MessageType type_of(const Message& message);

// "query", "log_read" …; "unknown" for a number that is no type.
std::string_view message_type_name(MessageType type);
std::optional<MessageType> message_type_from_name(std::string_view name);

// What a node's ROUTER accepts; everything else is a reply or published.
bool is_request(MessageType type);

}  // namespace sqlcast::proto
