#include "proto/validate.h"

#include <algorithm>
#include <cctype>

#include "proto/codec.h"

namespace sqlcast::proto {
namespace {

Status bad(std::string message) { return Status::error(Code::bad_request, std::move(message)); }

bool is_parameter_name(std::string_view name) {
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  return !name.empty() && name.size() <= 64 && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::all_of(name.begin(), name.end(), is_word);
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

Status validate_client_id(const std::string& client_id) {
  if (client_id.size() <= kMaxClientIdSize && is_printable(client_id)) return ok_status();
  return bad("client_id: expected 1 to 64 printable ASCII characters without blanks");
}

template <typename Request>
Status validate_caller(const Request& request) {
  constexpr std::size_t kKeyDigits = 64;
  if (request.caller.size() > kMaxClientIdSize || !is_printable(request.caller))
    return bad("caller: expected the name of a key, up to 64 printable ASCII characters without blanks");
  const std::string& key = request.caller_key;
  const auto is_digit = [](unsigned char c) { return std::isxdigit(c) != 0; };
  if (key.empty() || (key.size() == kKeyDigits && std::all_of(key.begin(), key.end(), is_digit))) return ok_status();
  return bad("caller_key: expected a public key, 64 hexadecimal digits");
}

Status validate_statement(const RequestStatement& statement, const std::string& path) {
  if (statement.params.size() > kMaxParams || statement.named_params.size() > kMaxParams)
    return Status::error(Code::too_large, path + ".params: more than " + std::to_string(kMaxParams) +
                                              " parameters in one statement; use several statements");
  for (const auto& [name, value] : statement.named_params)
    if (!is_parameter_name(name))
      return bad(path + ".params: a parameter's name is 1 to 64 letters, digits and _, not beginning with a digit");
  return ok_status();
}

Status validate_query(const QueryRequest& request) {
  if (Status status = validate_client_id(request.key.client_id); !status) return status;
  if (Status status = validate_caller(request); !status) return status;
  if (request.key.client_id.empty() && request.key.request_id != 0)
    return bad("request_id: is nothing without client_id; send both, or neither for a request that is not retried");
  if (!request.key.client_id.empty() && request.key.request_id == 0)
    return bad("request_id: expected 1 or more beside client_id, and another one for each request");
  if (request.statements.empty()) return bad("statements: expected at least one statement");
  if (request.statements.size() > kMaxStatements)
    return Status::error(Code::too_large, "statements: more than " + std::to_string(kMaxStatements) +
                                              " in one request; send several requests");
  if (request.consistency == Consistency::max_lag && request.max_lag_ms == 0)
    return bad("max_lag_ms: expected 1 or more with consistency max_lag");
  if (request.consistency != Consistency::max_lag && request.max_lag_ms != 0)
    return bad("max_lag_ms: only goes with consistency max_lag");
  for (std::size_t i = 0; i < request.statements.size(); ++i)
    if (Status status = validate_statement(request.statements[i], "statements[" + std::to_string(i) + "]"); !status)
      return status;
  return ok_status();
}

Status validate_explain(const ExplainRequest& request) {
  if (request.statements.empty()) return bad("statements: expected at least one statement");
  if (request.statements.size() > kMaxStatements)
    return Status::error(Code::too_large,
                         "statements: more than " + std::to_string(kMaxStatements) + " in one request");
  return ok_status();
}

template <typename Request>
Status validate_cursor(const Request& request) {
  if (Status status = validate_caller(request); !status) return status;
  if (request.cursor == 0)
    return bad("cursor: expected the number that a result gave; 0 means that there are no more rows");
  return validate_client_id(request.client_id);
}

Status validate_group(const Group& group) {
  if (group.first == 0 || group.last < group.first || group.epoch == 0)
    return Status::error(Code::bad_message, "a group has sequences " + std::to_string(group.first) + " to " +
                                                std::to_string(group.last) + " in epoch " +
                                                std::to_string(group.epoch) + ", which cannot be");
  return ok_status();
}

Status validate_result(const StatementResult& result) {
  if (result.has_rows != !result.columns.empty() || (!result.has_rows && (result.page.rows != 0 || result.cursor != 0)))
    return Status::error(Code::bad_message, "a result's has_rows, columns, rows and cursor contradict each other");
  return ok_status();
}

// Of what a report keeps in its master's memory, and brings into each of its statuses.
constexpr std::uint64_t kMaxReportBytes = 12U << 10U;

std::uint64_t byte_size(const NodeStatus& status) {
  std::uint64_t bytes = 0;
  for (const std::string* text :
       {&status.name, &status.node_id, &status.role, &status.state, &status.message, &status.version, &status.hash,
        &status.cluster, &status.endpoint, &status.publisher, &status.master, &status.database_version,
        &status.log.held_by, &status.security, &status.key, &status.master_key})
    bytes += text->size();
  for (const std::string& setting : status.database_settings) bytes += setting.size() + sizeof(setting);
  for (const auto& [name, value] : status.counters) bytes += name.size() + sizeof(name) + sizeof(value);
  return bytes;
}

struct Validator {
  Status operator()(const QueryRequest& m) const { return validate_query(m); }
  Status operator()(const ExplainRequest& m) const { return validate_explain(m); }
  Status operator()(const FetchRequest& m) const { return validate_cursor(m); }
  Status operator()(const CloseRequest& m) const { return validate_cursor(m); }
  Status operator()(const CancelRequest& m) const {
    if (Status status = validate_caller(m); !status) return status;
    const bool by_key = !m.key.client_id.empty() || m.key.request_id != 0;
    if (m.number != 0) {
      return by_key ? bad("number: stands for client_id and request_id; send either") : ok_status();
    }
    if (m.key.client_id.empty())
      return bad("client_id: expected the client_id of the request to cancel, or its number alone");
    if (m.key.request_id == 0) return bad("request_id: expected the request_id of the request to cancel");
    return validate_client_id(m.key.client_id);
  }
  Status operator()(const Report& m) const {
    const std::string& name = m.status.name;
    if (name.empty() || name.size() > 64 || !is_printable(name))
      return bad("status.name: expected a node's name, 1 to 64 printable ASCII characters without blanks");
    return byte_size(m.status) <= kMaxReportBytes
               ? ok_status()
               : bad("status: its texts have more than " + std::to_string(kMaxReportBytes) + " bytes");
  }
  Status operator()(const ErrorReply& m) const {
    return m.status.ok() ? Status::error(Code::bad_message, "an error without a code") : ok_status();
  }
  Status operator()(const QueryResult& m) const {
    for (const StatementResult& result : m.results)
      if (Status status = validate_result(result); !status) return status;
    return ok_status();
  }
  Status operator()(const GroupMessage& m) const { return validate_group(m.group); }
  Status operator()(const LogBatch& m) const {
    for (const Group& group : m.groups)
      if (Status status = validate_group(group); !status) return status;
    return ok_status();
  }
  template <typename T>
  Status operator()(const T&) const {
    return ok_status();
  }
};

}  // namespace

Status validate(const Message& message) { return std::visit(Validator{}, message); }

}  // namespace sqlcast::proto
