// RequestPlan: what a query request is, as a whole: a read, an atomic write, or one DDL statement. Pure. Does not
// block.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "config/config.h"
#include "proto/message.h"
#include "sql/policy.h"

namespace sqlcast::node {

struct RequestPlan {
  enum class Kind { read, write, ddl };
  Kind kind = Kind::read;
  std::vector<std::string> texts;      // a statement each, parameters expanded, terminator taken off
  std::vector<sql::Verdict> verdicts;  // a statement each
  // Some of them are executed by rows (sql/row_plan.h).
  bool has_rows() const;
};

struct PlanRefusal {
  Status status;
  std::optional<std::uint32_t> statement;
};

// What a slave needs to route: classes alone, nothing of the schema.
// What a master needs to execute: full verdicts under `schema`, with values frozen by `freeze`.
struct PlanRules {
  bool classes_only = false;
  const sql::Schema* schema = nullptr;
  sql::Freeze freeze;
  sql::Limits limits;
  // Of all texts, and of what an entry has beside each: what is committed must fit into a message to slaves.
  std::uint64_t max_request_bytes = UINT64_MAX;
};

// The limits of a node's configuration, all else left empty.
PlanRules plan_rules(const config::Limits& limits);

// At most how many bytes plan_request() reads of a request, values put in, give or take their quotes. Quick: the texts
// are not looked into.
std::uint64_t judging_bytes(const proto::QueryRequest& request);

// Nothing when the request may run (plan is then filled); otherwise why not: the policy's refusal (code refused,
// reason set), too_large, or bad_request for parameters that do not fit.
std::optional<PlanRefusal> plan_request(const proto::QueryRequest& request, const PlanRules& rules, RequestPlan& plan);

sql::Limits sql_limits(const config::Limits& limits);

}  // namespace sqlcast::node
