// Goal: what a request costs is known, and bounded, before it is paid. Method: pure calls.
#include "node/request_plan.h"

using namespace sqlcast;
using namespace sqlcast::node;

TEST_CASE("request plan: what is committed fits into a message, however values grow") {
  config::Limits limits;
  limits.max_message_bytes = 100'000;
  const PlanRules rules = plan_rules(limits);
  proto::QueryRequest request;
  request.database = "d";
  for (int i = 0; i < 4; ++i) {
    proto::RequestStatement statement;
    statement.sql = "INSERT INTO t VALUES (?)";
    statement.params.push_back(Value(Bytes{std::string(6'000, 'x')}));  // twice as long in hexadecimal
    request.statements.push_back(std::move(statement));
  }
  RequestPlan plan;
  CHECK_FALSE(plan_request(request, rules, plan).has_value());
  request.statements.push_back(request.statements.front());
  RequestPlan larger;
  const std::optional<PlanRefusal> refusal = plan_request(request, rules, larger);
  REQUIRE(refusal.has_value());
  CHECK(refusal->status.code == Code::too_large);
  CHECK(refusal->statement == 4U);
}

TEST_CASE("request plan: many short statements count with what the log has beside each") {
  config::Limits limits;
  limits.max_message_bytes = 256U << 10U;
  PlanRules rules = plan_rules(limits);
  rules.classes_only = true;
  proto::QueryRequest request;
  request.database = "d";
  request.statements.resize(2'000);
  for (proto::RequestStatement& statement : request.statements) statement.sql = "INSERT t VALUES()";
  RequestPlan plan;
  REQUIRE_FALSE(plan_request(request, rules, plan).has_value());
  std::uint64_t bytes = proto::kEntryBytes;
  for (const std::string& text : plan.texts) bytes += text.size() + proto::kStatementBytes;
  CHECK(bytes < limits.max_message_bytes / 2);
  // Texts of less than half of the limit, in an entry of more than all of it.
  constexpr std::uint64_t kId = 1'000'000'000'000'000;
  proto::Entry entry;
  entry.statements.assign(7'500, {"INSERT t VALUES()", kId, {1, kId}});
  CHECK(7'500 * entry.statements.front().sql.size() < limits.max_message_bytes / 2);
  CHECK(proto::encode_entries({entry}).size() > limits.max_message_bytes);
  request.statements.resize(7'500, request.statements.front());
  RequestPlan larger;
  const std::optional<PlanRefusal> refusal = plan_request(request, rules, larger);
  REQUIRE(refusal.has_value());
  CHECK(refusal->status.code == Code::too_large);
  CHECK(refusal->status.message.find("each counted with 40 more") != std::string::npos);
}

TEST_CASE("request plan: a small message whose values would be gigabytes is refused before they are") {
  config::Limits limits;
  const PlanRules rules = plan_rules(limits);
  proto::QueryRequest request;
  request.statements.resize(1);
  std::string& text = request.statements[0].sql;
  text = "SELECT 1";
  for (int i = 0; i < 3000; ++i) text += ",:v";
  request.statements[0].named_params = {{"v", std::string(700'000, 'x')}};
  CHECK(judging_bytes(request) > 2'000'000'000U);
  RequestPlan plan;
  const std::optional<PlanRefusal> refusal = plan_request(request, rules, plan);
  REQUIRE(refusal.has_value());
  CHECK(refusal->status.code == Code::refused);
  CHECK(refusal->status.reason == "STATEMENT_TOO_LARGE");
  CHECK(refusal->status.message.find("limits.max_statement_bytes") != std::string::npos);
  CHECK(refusal->statement == 0U);
}

TEST_CASE("request plan: a request that is too long as it came is refused before anything of it is read") {
  config::Limits limits;
  limits.max_message_bytes = 2'000;
  const PlanRules rules = plan_rules(limits);
  proto::QueryRequest request;
  request.statements.resize(3);
  // Not even SQL: had it been read, that would be the answer.
  request.statements[0].sql = "nonsense";
  request.statements[2].sql = std::string(1'500, '?');
  RequestPlan plan;
  std::optional<PlanRefusal> refusal = plan_request(request, rules, plan);
  REQUIRE(refusal.has_value());
  CHECK(refusal->status.code == Code::too_large);
  CHECK(refusal->statement == 2U);
  PlanRules narrow = rules;
  narrow.limits.max_statement_bytes = 1'000;
  refusal = plan_request(request, narrow, plan);
  REQUIRE(refusal.has_value());
  CHECK(refusal->status.reason == "STATEMENT_TOO_LARGE");
  CHECK(refusal->statement == 2U);
}

TEST_CASE("request plan: what a request may cost to judge is known before it is read") {
  proto::QueryRequest request;
  request.statements.resize(2);
  request.statements[0].sql = "SELECT ?, ?";
  request.statements[0].params = {std::string(100, 'x'), Bytes{std::string(100, 'x')}};
  CHECK(judging_bytes(request) == 11 + 100 + 200);
  request.statements[1].sql = "SELECT :a, :b";
  request.statements[1].named_params = {{"a", std::string(50, 'x')}, {"b", std::int64_t{1}}};
  CHECK(judging_bytes(request) == 311 + 13 + 2 * 50);
}
