#include "node/explain.h"

#include "sql/parameters.h"
#include "sql/policy.h"

namespace sqlcast::node {
namespace {

std::string runs(sql::Class statement_class, bool on_master) {
  switch (statement_class) {
    case sql::Class::read: return "locally";
    case sql::Class::write: return on_master ? "locally" : "forwarded";
    case sql::Class::ddl: return on_master ? "locally" : "refused";
    case sql::Class::refused: return "refused";
  }
  return "refused";
}

}  // namespace

Result<proto::ExplainReply> explain(const proto::ExplainRequest& request, const PlanRules& rules, bool on_master) {
  proto::ExplainReply reply;
  std::uint64_t bytes = 0;
  for (const std::string& statement : request.statements) {
    sql::Judgement judgement;
    judgement.default_database = request.database;
    judgement.schema = rules.schema;
    judgement.limits = rules.limits;
    judgement.freeze = rules.freeze;
    const Result<std::string> text = sql::expand_parameters(statement, {}, {});
    const sql::Verdict verdict = sql::judge(text ? *text : statement, judgement);
    proto::Explanation explanation;
    explanation.statement_class = sql::class_name(verdict.statement_class);
    explanation.determinism = sql::determinism_name(verdict.determinism);
    explanation.rewritten = verdict.rewritten;
    explanation.code = verdict.code;
    explanation.reason = verdict.explanation();
    explanation.runs = runs(verdict.statement_class, on_master);
    bytes += explanation.rewritten.size() + explanation.reason.size();
    reply.explanations.push_back(std::move(explanation));
    if (bytes > rules.max_request_bytes)
      return Status::error(Code::too_large, "what there is to say of these statements has more than " +
                                                std::to_string(rules.max_request_bytes) +
                                                " bytes; ask of fewer at once");
  }
  return reply;
}

}  // namespace sqlcast::node
