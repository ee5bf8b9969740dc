// Session: a client that says exactly what the test wants said: one request, to one node, under a request key of the
// test's choice, with no resends of its own. One object belongs to one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/types.h"
#include "net/requester.h"
#include "proto/message.h"

namespace sqlcast::support {

using Rows = std::vector<std::vector<Value>>;

struct Answer {
  Status status;  // the node's, or timeout when it has not answered
  std::optional<std::uint32_t> failed_statement;
  proto::QueryResult result;
  std::vector<Rows> rows;  // one a statement

  bool ok() const { return status.ok(); }
  const proto::StatementResult& at(std::size_t statement) const { return result.results.at(statement); }
  std::string text() const;  // rows of the last statement: cells by '|', rows by '\n'; binary as x'…'
};

std::string to_text(const Value& value);

// "OK", or code, message and errno: for INFO and CHECK.
std::string show(const Status& status);

proto::QueryRequest query_of(const std::string& sql, std::vector<Value> params = {});
// As a client sends it that may have to send it again.
proto::QueryRequest keyed(const std::string& client, std::uint64_t id, const std::string& sql);
proto::QueryRequest query_of_all(const std::vector<std::string>& statements);

class Session {
 public:
  explicit Session(std::string endpoint);  // throws std::runtime_error when there can be no socket

  Answer run(const proto::QueryRequest& request, std::chrono::milliseconds wait = std::chrono::seconds(60));
  Answer run(const std::string& sql) { return run(query_of(sql)); }

  // Any request; the reply as it came.
  Result<proto::Message> exchange(const proto::Message& message, std::chrono::milliseconds wait);

  void go_to(const std::string& endpoint);  // another node from now on
  const std::string& endpoint() const { return endpoint_; }

 private:
  std::string endpoint_;
  std::unique_ptr<net::Requester> requester_;
};

// After such an answer a request is sent again: nothing is known of it, or that nothing has happened yet.
bool is_passing(Code code);

}  // namespace sqlcast::support
