// describe(visitor, message): the fields of every body map, once, for the binary codec and the JSON one.
// Internal to proto/. Pure. docs/protocol.md repeats these names; a test holds the two together through golden vectors.
//
// A visitor's calls: field(name, member, initial): absent means `initial`, so encoders may leave it out ·
// required: absent is an error · optional: a std::optional · list: a vector or map, absent means empty ·
// bytes: a std::string that is not text; required · params: an array for ? or a map for :name ·
// derived: written for the reader's convenience, never read back.
#pragma once

#include <concepts>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "proto/message.h"

namespace sqlcast::proto {

// The same description serves a message that is read (const) and one that is filled.
template <typename T, typename U>
concept Of = std::same_as<std::remove_const_t<T>, U>;

// Words on the wire for each enumeration, in the order of its numbers.
template <typename E>
struct Words;
template <>
struct Words<Consistency> {
  static constexpr std::string_view kWords[] = {"any", "session", "max_lag", "master"};
};
template <>
struct Words<Ack> {
  static constexpr std::string_view kWords[] = {"unset", "local", "one", "majority", "all"};
};
template <>
struct Words<AckFor> {
  static constexpr std::string_view kWords[] = {"unset", "durable", "applied"};
};
template <>
struct Words<ValueKind> {
  static constexpr std::string_view kWords[] = {"int64", "uint64", "float64", "text", "bytes"};
};
template <>
struct Words<RequestState> {
  static constexpr std::string_view kWords[] = {"queued", "running", "forwarded", "acks", "sending", "open"};
};
template <>
struct Words<GroupState> {
  static constexpr std::string_view kWords[] = {"committed", "ddl_pending", "ddl_done"};
};

template <typename E>
concept WireWord = requires {
  Words<E>::kWords;
};

template <WireWord E>
std::string_view word_of(E value) {
  return Words<E>::kWords[static_cast<std::size_t>(value)];
}

template <WireWord E>
bool from_word(std::string_view word, E& value) {
  for (std::size_t i = 0; i < std::size(Words<E>::kWords); ++i)
    if (Words<E>::kWords[i] == word) {
      value = static_cast<E>(i);
      return true;
    }
  return false;
}

template <WireWord E>
std::string word_list() {
  std::string list;
  for (const std::string_view word : Words<E>::kWords) list.append(list.empty() ? "" : ", ").append(word);
  return list;
}

template <typename V>
void describe(V& v, Of<Position> auto& m) {
  v.field("epoch", m.epoch, Epoch{0});
  v.field("sequence", m.sequence, Sequence{0});
  v.field("hash", m.hash, Hash{});
}

template <typename V>
void describe(V& v, Of<RequestStatement> auto& m) {
  v.required("sql", m.sql);
  v.params("params", m.params, m.named_params);
  v.optional("expect", m.expect);
}

template <typename V>
void describe(V& v, Of<QueryRequest> auto& m) {
  v.field("client_id", m.key.client_id, std::string());
  v.field("request_id", m.key.request_id, std::uint64_t{0});
  v.field("database", m.database, std::string());
  v.required("statements", m.statements);
  v.field("timeout_ms", m.timeout_ms, std::uint32_t{0});
  v.field("page_rows", m.page_rows, std::uint32_t{0});
  v.field("consistency", m.consistency, Consistency::session);
  v.field("after", m.after, Sequence{0});
  v.field("max_lag_ms", m.max_lag_ms, std::uint32_t{0});
  v.field("wait_ms", m.wait_ms, std::uint32_t{0});
  v.field("ack", m.ack, Ack::unset);
  v.field("warnings", m.warnings, false);
  v.optional("sent_since", m.sent_since);
  v.field("forwarded_by", m.forwarded_by, std::string());
  v.field("cluster", m.cluster, std::string());
  v.field("ack_for", m.ack_for, AckFor::unset);
  v.field("caller", m.caller, std::string());
  v.field("caller_key", m.caller_key, std::string());
}

template <typename V>
void describe(V& v, Of<ColumnInfo> auto& m) {
  v.required("name", m.name);
  v.field("table", m.table, std::string());
  v.field("type", m.type, std::string());
  v.field("kind", m.kind, ValueKind::text);
  v.field("nullable", m.nullable, true);
  v.field("primary_key", m.primary_key, false);
}

// The page's columns are frames of their own; the JSON codec writes them as rows.
template <typename V>
void describe(V& v, Of<StatementResult> auto& m) {
  v.field("has_rows", m.has_rows, false);
  v.list("columns", m.columns);
  v.field("rows", m.page.rows, std::uint64_t{0});
  v.field("cursor", m.cursor, std::uint64_t{0});
  v.field("affected_rows", m.affected_rows, std::uint64_t{0});
  v.field("insert_id", m.insert_id, std::uint64_t{0});
  v.list("warnings", m.warnings);
}

// What a result says of the request as a whole.
template <typename V>
void describe_outcome(V& v, Of<QueryResult> auto& m) {
  v.field("wrote", m.wrote, false);
  v.field("replayed", m.replayed, false);
  v.field("epoch", m.epoch, Epoch{0});
  v.field("sequence", m.sequence, Sequence{0});
  v.list("acked_by", m.acked_by);
  v.field("node", m.node, std::string());
  v.field("node_position", m.node_position, Sequence{0});
  v.field("stale", m.stale, false);
  v.field("elapsed_us", m.elapsed_us, std::uint64_t{0});
}

template <typename V>
void describe(V& v, Of<QueryResult> auto& m) {
  v.list("results", m.results);
  describe_outcome(v, m);
}

template <typename V>
void describe(V& v, Of<ErrorReply> auto& m) {
  v.required("code", m.status.code);
  v.derived("name", code_name(m.status.code));
  v.field("message", m.status.message, std::string());
  v.field("errno", m.status.database_errno, 0);
  v.field("sqlstate", m.status.sqlstate, std::string());
  v.field("reason", m.status.reason, std::string());
  v.optional("statement", m.statement);
  v.field("retry_after_ms", m.status.retry_after_ms, std::uint32_t{0});
  v.field("epoch", m.epoch, Epoch{0});
  v.field("sequence", m.sequence, Sequence{0});
  v.list("acked_by", m.acked_by);
  v.field("node", m.node, std::string());
}

template <typename V>
void describe(V& v, Of<FetchRequest> auto& m) {
  v.field("client_id", m.client_id, std::string());
  v.required("cursor", m.cursor);
  v.field("page_rows", m.page_rows, std::uint32_t{0});
  v.field("caller", m.caller, std::string());
  v.field("caller_key", m.caller_key, std::string());
}

template <typename V>
void describe(V& v, Of<CloseRequest> auto& m) {
  v.field("client_id", m.client_id, std::string());
  v.required("cursor", m.cursor);
  v.field("caller", m.caller, std::string());
  v.field("caller_key", m.caller_key, std::string());
}

template <typename V>
void describe(V&, Of<ClosedReply> auto&) {}

template <typename V>
void describe(V& v, Of<CancelRequest> auto& m) {
  v.field("client_id", m.key.client_id, std::string());
  v.field("request_id", m.key.request_id, std::uint64_t{0});
  v.field("caller", m.caller, std::string());
  v.field("caller_key", m.caller_key, std::string());
  v.field("number", m.number, std::uint64_t{0});
}

template <typename V>
void describe(V& v, Of<CancelReply> auto& m) {
  v.required("stopped", m.stopped);
}

template <typename V>
void describe(V& v, Of<LogStatus> auto& m) {
  v.field("first", m.first, Sequence{0});
  v.field("files", m.files, std::uint64_t{0});
  v.field("bytes", m.bytes, std::uint64_t{0});
  v.field("syncs", m.syncs, std::uint64_t{0});
  v.field("sync_p50_us", m.sync_p50_us, std::uint64_t{0});
  v.field("sync_p99_us", m.sync_p99_us, std::uint64_t{0});
  v.field("trimmed_files", m.trimmed_files, std::uint64_t{0});
  v.field("trimmed_to", m.trimmed_to, Sequence{0});
  v.field("trimmed_ms_ago", m.trimmed_ms_ago, std::uint64_t{0});
  v.field("held_by", m.held_by, std::string());
  v.field("held_from", m.held_from, Sequence{0});
  v.field("held_ms", m.held_ms, std::uint64_t{0});
}

template <typename V>
void describe(V& v, Of<NodeStatus> auto& m) {
  v.field("name", m.name, std::string());
  v.field("node_id", m.node_id, std::string());
  v.field("role", m.role, std::string());
  v.field("state", m.state, std::string());
  v.field("message", m.message, std::string());
  v.field("version", m.version, std::string());
  v.field("epoch", m.epoch, Epoch{0});
  v.field("position", m.position, Sequence{0});
  v.field("hash", m.hash, std::string());
  v.field("cluster", m.cluster, std::string());
  v.field("head", m.head, Sequence{0});
  v.field("lag_ms", m.lag_ms, std::uint64_t{0});
  v.field("entries_per_second", m.entries_per_second, 0.0);
  v.field("endpoint", m.endpoint, std::string());
  v.field("publisher", m.publisher, std::string());
  v.field("master", m.master, std::string());
  v.field("queue_depth", m.queue_depth, std::uint64_t{0});
  v.field("queue_capacity", m.queue_capacity, std::uint64_t{0});
  v.field("database_up", m.database_up, false);
  v.field("database_version", m.database_version, std::string());
  v.list("database_settings", m.database_settings);
  v.field("log", m.log, LogStatus{});
  v.field("uptime_ms", m.uptime_ms, std::uint64_t{0});
  v.field("seen_ms_ago", m.seen_ms_ago, std::uint64_t{0});
  v.list("counters", m.counters);
  v.optional("durable", m.durable);
  v.field("security", m.security, std::string());
  v.field("key", m.key, std::string());
  v.field("master_key", m.master_key, std::string());
}

template <typename V>
void describe(V&, Of<StatusRequest> auto&) {}

template <typename V>
void describe(V& v, Of<StatusReply> auto& m) {
  v.required("self", m.self);
  v.list("peers", m.peers);
}

template <typename V>
void describe(V&, Of<RequestsRequest> auto&) {}

template <typename V>
void describe(V& v, Of<RequestInfo> auto& m) {
  v.required("number", m.number);
  v.field("kind", m.kind, std::string());
  v.field("state", m.state, RequestState::queued);
  v.field("key", m.key, std::string());
  v.field("client_id", m.client_id, std::string());
  v.field("via", m.via, std::string());
  v.field("text", m.text, std::string());
  v.field("since_ms", m.since_ms, std::uint64_t{0});
}

template <typename V>
void describe(V& v, Of<ClientInfo> auto& m) {
  v.field("key", m.key, std::string());
  v.field("client_id", m.client_id, std::string());
  v.field("requests", m.requests, std::uint64_t{0});
  v.field("under_way", m.under_way, std::uint64_t{0});
  v.field("cursors", m.cursors, std::uint64_t{0});
  v.field("seen_ms_ago", m.seen_ms_ago, std::uint64_t{0});
}

template <typename V>
void describe(V& v, Of<RequestsReply> auto& m) {
  v.field("node", m.node, std::string());
  v.list("requests", m.requests);
  v.list("clients", m.clients);
  v.field("more_requests", m.more_requests, std::uint64_t{0});
  v.field("more_clients", m.more_clients, std::uint64_t{0});
}

template <typename V>
void describe(V& v, Of<ExplainRequest> auto& m) {
  v.field("database", m.database, std::string());
  v.required("statements", m.statements);
}

template <typename V>
void describe(V& v, Of<Explanation> auto& m) {
  v.required("class", m.statement_class);
  v.field("determinism", m.determinism, std::string());
  v.field("rewritten", m.rewritten, std::string());
  v.field("code", m.code, std::string());
  v.field("reason", m.reason, std::string());
  v.field("runs", m.runs, std::string());
}

template <typename V>
void describe(V& v, Of<ExplainReply> auto& m) {
  v.list("explanations", m.explanations);
}

template <typename V>
void describe(V& v, Of<LogReadRequest> auto& m) {
  v.required("after", m.after);
  v.field("max_bytes", m.max_bytes, std::uint64_t{0});
  v.field("node", m.node, std::string());
  v.field("cluster", m.cluster, std::string());
}

template <typename V>
void describe(V& v, Of<Group> auto& m) {
  v.required("first", m.first);
  v.required("last", m.last);
  v.required("epoch", m.epoch);
  v.field("state", m.state, GroupState::committed);
  v.field("previous_hash", m.previous_hash, Hash{});
  v.required("hash", m.hash);
  v.field("commit_time_us", m.commit_time_us, std::uint64_t{0});
  v.bytes("body", m.body);
}

template <typename V>
void describe(V& v, Of<LogBatch> auto& m) {
  v.list("groups", m.groups);
  v.required("head", m.head);
}

template <typename V>
void describe(V& v, Of<Report> auto& m) {
  v.required("status", m.status);
}

template <typename V>
void describe(V& v, Of<Beacon> auto& m) {
  v.required("head", m.head);
  v.field("time_us", m.time_us, std::uint64_t{0});
  v.field("master", m.master, std::string());
}

template <typename V>
void describe(V& v, Of<ReportReply> auto& m) {
  v.required("beacon", m.beacon);
  v.field("awaited", m.awaited, AckFor::unset);
}

template <typename V>
void describe(V& v, Of<GroupMessage> auto& m) {
  v.required("group", m.group);
}

}  // namespace sqlcast::proto
