#include "tests/support/session.h"

#include <cstdio>
#include <stdexcept>

#include "proto/codec.h"
#include "proto/column.h"

namespace sqlcast::support {
namespace {

Value value_of(const proto::Cell& cell) {
  switch (cell.kind) {
    case proto::Cell::Kind::null: return std::monostate{};
    case proto::Cell::Kind::int64: return cell.int64;
    case proto::Cell::Kind::uint64: return cell.uint64;
    case proto::Cell::Kind::float64: return cell.float64;
    case proto::Cell::Kind::text: return std::string(cell.view());
    case proto::Cell::Kind::bytes: return Bytes{std::string(cell.view())};
  }
  return std::monostate{};
}

Rows rows_of(const proto::StatementResult& result) {
  Rows rows(result.page.rows);
  for (const std::string& frame : result.page.columns) {
    const Result<std::vector<proto::Cell>> cells = proto::read_column(frame, result.page.rows);
    if (!cells) throw std::runtime_error("a column frame cannot be read: " + cells.status().message);
    for (std::size_t row = 0; row < cells->size(); ++row) rows[row].push_back(value_of((*cells)[row]));
  }
  return rows;
}

}  // namespace

std::string to_text(const Value& value) {
  struct Writer {
    std::string operator()(std::monostate) const { return "NULL"; }
    std::string operator()(std::int64_t v) const { return std::to_string(v); }
    std::string operator()(std::uint64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const {
      char text[40];
      std::snprintf(text, sizeof text, "%.17g", v);
      return text;
    }
    std::string operator()(const std::string& v) const { return v; }
    std::string operator()(const Bytes& v) const { return "x'" + to_hex(v.data) + "'"; }
  };
  return std::visit(Writer{}, value);
}

std::string show(const Status& status) {
  if (status.ok()) return "OK";
  std::string text = std::string(code_name(status.code)) + ": " + status.message;
  if (status.database_errno != 0) text += " (errno " + std::to_string(status.database_errno) + ")";
  if (!status.reason.empty()) text += " (" + status.reason + ")";
  return text;
}

std::string Answer::text() const {
  std::string text;
  if (rows.empty()) return text;
  for (const std::vector<Value>& row : rows.back()) {
    if (!text.empty()) text += '\n';
    for (std::size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : "|") + to_text(row[i]);
  }
  return text;
}

proto::QueryRequest query_of(const std::string& sql, std::vector<Value> params) {
  proto::QueryRequest request;
  proto::RequestStatement statement;
  statement.sql = sql;
  statement.params = std::move(params);
  request.statements.push_back(std::move(statement));
  return request;
}

proto::QueryRequest keyed(const std::string& client, std::uint64_t id, const std::string& sql) {
  proto::QueryRequest request = query_of(sql);
  request.key = {client, id};
  return request;
}

proto::QueryRequest query_of_all(const std::vector<std::string>& statements) {
  proto::QueryRequest request;
  for (const std::string& sql : statements) {
    proto::RequestStatement statement;
    statement.sql = sql;
    request.statements.push_back(std::move(statement));
  }
  return request;
}

Session::Session(std::string endpoint) : endpoint_(std::move(endpoint)) {
  net::Requester::Options options;
  options.endpoint = endpoint_;
  auto requester = net::Requester::open(options);
  if (!requester) throw std::runtime_error(requester.status().message);
  requester_ = std::move(*requester);
}

void Session::go_to(const std::string& endpoint) {
  endpoint_ = endpoint;
  if (const Status status = requester_->reset(endpoint); !status.ok()) throw std::runtime_error(status.message);
}

Result<proto::Message> Session::exchange(const proto::Message& message, std::chrono::milliseconds wait) {
  const Result<proto::Frames> frames = requester_->request(proto::encode(message, 1), wait);
  if (!frames) return frames.status();
  Result<proto::Decoded> decoded = proto::decode(*frames);
  if (!decoded) throw std::runtime_error("a node's reply cannot be decoded: " + decoded.status().message);
  return std::move(decoded->message);
}

Answer Session::run(const proto::QueryRequest& request, std::chrono::milliseconds wait) {
  Answer answer;
  Result<proto::Message> reply = exchange(request, wait);
  if (!reply) {
    answer.status = reply.status();
  } else if (auto* error = std::get_if<proto::ErrorReply>(&*reply)) {
    answer.status = error->status;
    answer.failed_statement = error->statement;
    answer.result.node = error->node;
  } else if (auto* result = std::get_if<proto::QueryResult>(&*reply)) {
    answer.result = std::move(*result);
    for (const proto::StatementResult& each : answer.result.results) answer.rows.push_back(rows_of(each));
  } else {
    throw std::runtime_error("a query was answered with neither a result nor an error");
  }
  return answer;
}

bool is_passing(Code code) {
  switch (code) {
    case Code::busy:
    case Code::timeout:
    case Code::master_unavailable:
    case Code::database_unavailable:
    case Code::outcome_unknown:
    case Code::shutting_down: return true;
    default: return false;
  }
}

}  // namespace sqlcast::support
