#include "node/request_plan.h"

#include "sql/parameters.h"

namespace sqlcast::node {
namespace {

PlanRefusal refusal_of(const sql::Verdict& verdict, std::uint32_t index) {
  Status status = Status::error(Code::refused, verdict.explanation());
  status.reason = verdict.code;
  return {std::move(status), index};
}

}  // namespace

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
  bool writes = false;
  std::uint64_t bytes = 0;
  for (std::uint32_t index = 0; index < request.statements.size(); ++index) {
    const proto::RequestStatement& statement = request.statements[index];
    Result<std::string> text = sql::expand_parameters(statement.sql, statement.params, statement.named_params);
    if (!text) return PlanRefusal{text.status(), index};
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
    bytes += plan.texts.back().size();
    if (bytes > rules.max_request_bytes)
      return PlanRefusal{Status::error(Code::too_large, "the request's statements, with their values, are over " +
                                                            std::to_string(rules.max_request_bytes) +
                                                            " bytes together, half of limits.max_message_bytes; send "
                                                            "fewer at once"),
                         index};
  }
  if (writes) plan.kind = RequestPlan::Kind::write;
  return std::nullopt;
}

}  // namespace sqlcast::node
