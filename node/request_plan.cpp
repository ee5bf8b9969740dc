#include "node/request_plan.h"

#include <algorithm>

#include "proto/entry.h"
#include "sql/parameters.h"
#include "sql/refusal.h"
#include "sql/row_plan.h"

namespace sqlcast::node {
namespace {

PlanRefusal refusal_of(const sql::Verdict& verdict, std::uint32_t index) {
  Status status = Status::error(Code::refused, verdict.explanation());
  status.reason = verdict.code;
  return {std::move(status), index};
}

PlanRefusal statement_too_large(std::string reason, const sql::Limits& limits, std::uint32_t index) {
  const sql::RefusalText& text = sql::refusal_text(sql::Refusal::statement_too_large);
  Status status =
      Status::error(Code::refused, std::move(reason) + "; the limit, limits.max_statement_bytes, is " +
                                       std::to_string(limits.max_statement_bytes) + "; " + std::string(text.advice));
  status.reason = text.code;
  return {std::move(status), index};
}

PlanRefusal request_too_large(const PlanRules& rules, std::uint32_t index) {
  return {
      Status::error(Code::too_large,
                    "the request's statements, with their values, are over " + std::to_string(rules.max_request_bytes) +
                        " bytes together, each counted with " + std::to_string(proto::kStatementBytes) +
                        " more: half of limits.max_message_bytes; send fewer at once"),
      index};
}

// Of the texts as they came: nothing is read of a request that is too long already.
std::optional<PlanRefusal> check_lengths(const proto::QueryRequest& request, const PlanRules& rules) {
  std::uint64_t bytes = 0;
  for (std::uint32_t index = 0; index < request.statements.size(); ++index) {
    const std::size_t size = request.statements[index].sql.size();
    if (size > rules.limits.max_statement_bytes)
      return statement_too_large("the statement has " + std::to_string(size) + " bytes", rules.limits, index);
    bytes += size;
    if (bytes > rules.max_request_bytes) return request_too_large(rules, index);
  }
  return std::nullopt;
}

// What it says is of the statement before it, which may have become several.
std::optional<PlanRefusal> check_last_insert_id(const RequestPlan& plan) {
  if (!plan.has_rows()) return std::nullopt;
  for (std::uint32_t index = 0; index < plan.verdicts.size(); ++index) {
    if (!plan.verdicts[index].uses_last_insert_id) continue;
    const sql::RefusalText& text = sql::refusal_text(sql::Refusal::session_state);
    Status status = Status::error(Code::refused,
                                  "LAST_INSERT_ID() is not known in a request of which the master executes a "
                                  "statement by its rows; " +
                                      std::string(text.advice));
    status.reason = text.code;
    return PlanRefusal{std::move(status), index};
  }
  return std::nullopt;
}

std::uint64_t size_of(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text->size();
  if (const auto* bytes = std::get_if<Bytes>(&value)) return bytes->data.size() * 2;
  return 1;
}

}  // namespace

bool RequestPlan::has_rows() const {
  return std::any_of(verdicts.begin(), verdicts.end(),
                     [](const sql::Verdict& verdict) { return verdict.rows != nullptr; });
}

std::uint64_t judging_bytes(const proto::QueryRequest& request) {
  std::uint64_t bytes = 0;
  for (const proto::RequestStatement& statement : request.statements) {
    bytes += statement.sql.size();
    for (const Value& value : statement.params) bytes += size_of(value);
    std::uint64_t longest = 0;
    for (const auto& [name, value] : statement.named_params) longest = std::max(longest, size_of(value));
    if (longest > 0)
      bytes += longest * static_cast<std::uint64_t>(std::count(statement.sql.begin(), statement.sql.end(), ':'));
  }
  return bytes;
}

sql::Limits sql_limits(const config::Limits& limits) {
  sql::Limits result;
  result.max_statement_bytes = limits.max_statement_bytes;
  result.max_nesting_depth = limits.max_nesting_depth;
  return result;
}

PlanRules plan_rules(const config::Limits& limits) {
  PlanRules rules;
  rules.limits = sql_limits(limits);
  rules.max_request_bytes = limits.max_message_bytes / 2;
  return rules;
}

std::optional<PlanRefusal> plan_request(const proto::QueryRequest& request, const PlanRules& rules, RequestPlan& plan) {
  if (std::optional<PlanRefusal> refusal = check_lengths(request, rules)) return refusal;
  bool writes = false;
  std::uint64_t bytes = 0;
  for (std::uint32_t index = 0; index < request.statements.size(); ++index) {
    const proto::RequestStatement& statement = request.statements[index];
    const std::uint64_t left = rules.max_request_bytes - bytes;
    const std::uint64_t most = std::min<std::uint64_t>(rules.limits.max_statement_bytes, left);
    Result<std::string> text = sql::expand_parameters(statement.sql, statement.params, statement.named_params, most);
    if (!text && text.status().code == Code::too_large)
      return left <= rules.limits.max_statement_bytes ? request_too_large(rules, index)
                                                      : statement_too_large(text.status().message, rules.limits, index);
    if (!text) return PlanRefusal{text.status(), index};
    // No text of a client's is taken for a part of the one before it.
    if (text->starts_with(sql::kFurtherRows)) (*text)[2] = '-';
    sql::Verdict verdict;
    if (rules.classes_only) {
      verdict = sql::classify(*text, request.database, rules.limits);
    } else {
      sql::Judgement judgement;
      judgement.default_database = request.database;
      judgement.schema = rules.schema;
      judgement.limits = rules.limits;
      judgement.freeze = rules.freeze;
      verdict = sql::judge(*text, judgement);
    }
    if (verdict.statement_class == sql::Class::refused) return refusal_of(verdict, index);
    if (verdict.statement_class == sql::Class::ddl) {
      if (request.statements.size() > 1) {
        Status status = Status::error(Code::refused,
                                      "DDL commits by itself and cannot be part of an atomic request of several "
                                      "statements; send it as a request of its own");
        status.reason = "DDL_NOT_ALONE";
        return PlanRefusal{std::move(status), index};
      }
      plan.kind = RequestPlan::Kind::ddl;
    }
    writes = writes || verdict.statement_class == sql::Class::write;
    if (statement.expect && verdict.statement_class != sql::Class::write)
      return PlanRefusal{Status::error(Code::bad_request, "expect: only goes with INSERT, UPDATE, DELETE or REPLACE"),
                         index};
    plan.texts.push_back(verdict.rewritten.empty() ? std::move(*text) : verdict.rewritten);
    plan.verdicts.push_back(std::move(verdict));
    bytes += plan.texts.back().size() + proto::kStatementBytes;
    if (bytes > rules.max_request_bytes) return request_too_large(rules, index);
  }
  if (writes) plan.kind = RequestPlan::Kind::write;
  return check_last_insert_id(plan);
}

}  // namespace sqlcast::node
