// One sample of every message, with every field set to something of its own: what the codec tests and the golden
// vectors stand on. Adding a field to a message means setting it here.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "proto/codec.h"
#include "proto/column.h"
#include "proto/message.h"

namespace sqlcast::proto::sample {

struct Named {
  std::string name;
  Message message;
};

inline Hash hash_of(std::uint8_t start) {
  Hash hash{};
  for (std::size_t i = 0; i < hash.size(); ++i) hash[i] = static_cast<std::uint8_t>(start + i);
  return hash;
}

inline std::vector<Entry> entries() {
  Entry first;
  first.sequence = 41;
  first.key = {"c-7f3a", 12};
  first.digest = 0xfedcba9876543210U;
  first.database = "school";
  first.context = {1'700'000'000'123'456U, 11, 22};
  first.statements = {{"insert into student(name) values ('Ann')", 5, {1, 5}},
                      {"update course set name = 'Café ☕' where id = 3", std::nullopt, {1, 0}}};
  Entry second;
  second.sequence = 42;
  second.context.timestamp_us = 1'700'000'000'123'999U;
  second.statements = {{"create database school", std::nullopt, {}}};
  return {first, second};
}

// Who did it, in the layout that has names.
inline std::vector<Entry> named_entries() {
  std::vector<Entry> named = entries();
  named[0].by = "laptop";
  return named;
}

inline Group group() {
  Group group;
  group.first = 41;
  group.last = 42;
  group.epoch = 3;
  group.state = GroupState::ddl_done;
  group.previous_hash = hash_of(0x10);
  group.commit_time_us = 1'700'000'000'200'000U;
  group.body = encode_entries(entries());
  group.hash = chain_hash(group.previous_hash, group.epoch, group.first, group.last, group.body);
  return group;
}

inline QueryRequest query() {
  QueryRequest query;
  query.key = {"c-7f3a", 12};
  query.database = "school";
  query.statements.resize(2);
  query.statements[0].sql = "insert into student(name, born, photo, size, rank_, tag) values (?, ?, ?, ?, ?, ?)";
  query.statements[0].params = {Value{std::string("Ann")},
                                Value{std::monostate{}},
                                Value{Bytes{std::string("\0\xff'", 3)}},
                                Value{1.75},
                                Value{std::int64_t{-5}},
                                Value{std::uint64_t{18'446'744'073'709'551'615U}}};
  query.statements[0].expect = 1;
  query.statements[1].sql = "update course set name = :name where id = :id";
  query.statements[1].named_params = {{"id", Value{std::int64_t{3}}}, {"name", Value{std::string("Café ☕")}}};
  query.timeout_ms = 5'000;
  query.page_rows = 100;
  query.consistency = Consistency::max_lag;
  query.after = 40;
  query.max_lag_ms = 2'000;
  query.wait_ms = 500;
  query.warnings = true;
  query.ack = Ack::majority;
  query.sent_since = 39;
  query.forwarded_by = "slave-1";
  query.cluster = to_hex(hash_of(0x50));
  query.ack_for = AckFor::applied;
  query.caller = "laptop";
  query.caller_key = to_hex(hash_of(0x70));
  return query;
}

inline QueryResult result() {
  QueryResult result;
  StatementResult rows;
  rows.has_rows = true;
  rows.columns = {{"id", "student", "BIGINT UNSIGNED", ValueKind::uint64, false, true},
                  {"name", "student", "VARCHAR", ValueKind::text, true, false},
                  {"photo", "student", "BLOB", ValueKind::bytes, true, false},
                  {"size", "", "DOUBLE", ValueKind::float64, true, false}};
  rows.page.rows = 2;
  ColumnWriter id, name, photo, size;
  id.append_uint(1);
  id.append_uint(18'446'744'073'709'551'615U);
  name.append_text("Ann");
  name.append_null();
  photo.append_bytes(std::string_view("\0\xff", 2));
  photo.append_null();
  size.append_double(1.75);
  size.append_null();
  rows.page.columns = {id.take(), name.take(), photo.take(), size.take()};
  rows.cursor = 77;
  StatementResult effect;
  effect.affected_rows = 3;
  effect.insert_id = 9;
  effect.warnings = {"1265 Data truncated for column 'name' at row 1"};
  result.results = {rows, effect};
  result.wrote = true;
  result.replayed = true;
  result.epoch = 3;
  result.sequence = 42;
  result.acked_by = {"slave-1", "slave-2"};
  result.node = "slave-1";
  result.node_position = 43;
  result.stale = true;
  result.elapsed_us = 1'234;
  return result;
}

inline ErrorReply error() {
  ErrorReply error;
  error.status.code = Code::sql_error;
  error.status.message = "Duplicate entry '1' for key 'PRIMARY'";
  error.status.database_errno = 1062;
  error.status.sqlstate = "23000";
  error.status.reason = "LIMIT_WITHOUT_ORDER";
  error.status.retry_after_ms = 50;
  error.statement = 1;
  error.epoch = 3;
  error.sequence = 42;
  error.acked_by = {"slave-2"};
  error.node = "master";
  return error;
}

inline NodeStatus node_status() {
  NodeStatus status;
  status.name = "slave-1";
  status.node_id = "4f2a";
  status.role = "slave";
  status.state = "CatchingUp";
  status.message = "12 entries behind";
  status.version = "0.1.0";
  status.epoch = 3;
  status.position = 42;
  status.hash = to_hex(hash_of(0x20));
  status.cluster = to_hex(hash_of(0x50));
  status.head = 54;
  status.lag_ms = 120;
  status.entries_per_second = 1500.5;
  status.endpoint = "tcp://127.0.0.1:5760";
  status.publisher = "tcp://127.0.0.1:5751";
  status.master = "tcp://127.0.0.1:5750";
  status.queue_depth = 7;
  status.queue_capacity = 4'096;
  status.database_up = true;
  status.database_version = "10.11.6-MariaDB";
  status.database_settings = {"innodb_page_size=16384"};
  status.log = {1, 3, 201'326'592, 1'500, 240, 4'100, 2, 40, 30'000, "slave-2", 41, 90'000};
  status.uptime_ms = 60'000;
  status.seen_ms_ago = 200;
  status.counters = {{"catch_ups", 1}, {"requests", 99}};
  status.durable = Position{3, 50, hash_of(0x60)};
  status.security = "curve";
  status.key = to_hex(hash_of(0x70));
  status.master_key = to_hex(hash_of(0x80));
  return status;
}

inline RequestsReply requests_reply() {
  RequestsReply reply;
  reply.node = "master";
  reply.requests = {
      {483'921, "write", RequestState::acks, "laptop", "c-7f3a", "slave-1", "insert into t values (1)", 240},
      {483'922, "cursor", RequestState::open, "laptop", "c-7f3a", "", "select * from t", 9'000}};
  reply.clients = {{"laptop", "c-7f3a", 12, 1, 1, 240}};
  reply.more_requests = 3;
  reply.more_clients = 2;
  return reply;
}

// In the order of the message types' numbers.
inline std::vector<Named> all() {
  const Position head{3, 54, hash_of(0x30)};
  const Beacon beacon{head, 1'700'000'000'300'000U, "master"};
  Explanation explanation{
      "write",    "rewritten", "insert into t values ('2f0c')", "LIMIT_WITHOUT_ORDER", "because; add ORDER BY",
      "forwarded"};
  NodeStatus peer;
  peer.name = "master";
  return {{"query", query()},
          {"result", result()},
          {"error", error()},
          {"fetch", FetchRequest{"c-7f3a", 77, 500, "laptop", to_hex(hash_of(0x70))}},
          {"close", CloseRequest{"c-7f3a", 77, "laptop", to_hex(hash_of(0x70))}},
          {"closed", ClosedReply{}},
          {"cancel", CancelRequest{{"c-7f3a", 12}, "laptop", to_hex(hash_of(0x70))}},
          {"cancel_reply", CancelReply{true}},
          {"status", StatusRequest{}},
          {"status_reply", StatusReply{node_status(), {peer}}},
          {"explain", ExplainRequest{"school", {"select 1", "drop table t"}}},
          {"explain_reply", ExplainReply{{explanation}}},
          {"log_read", LogReadRequest{{3, 40, hash_of(0x40)}, 1'048'576, "slave-1", to_hex(hash_of(0x50))}},
          {"log_batch", LogBatch{{group()}, head}},
          {"report", Report{node_status()}},
          {"report_reply", ReportReply{beacon}},
          {"group", GroupMessage{group()}},
          {"beacon", beacon},
          {"requests", RequestsRequest{}},
          {"requests_reply", requests_reply()}};
}

}  // namespace sqlcast::proto::sample
