// Explain: what the policy says of statements, for the message of that name. Pure. Does not block.
#pragma once

#include "node/request_plan.h"
#include "proto/message.h"

namespace sqlcast::node {

// Judged one by one under `rules`; `on_master` tells where each would run: a slave forwards, and refuses DDL.
// too_large: the explanations have more bytes than the texts of a request may.
Result<proto::ExplainReply> explain(const proto::ExplainRequest& request, const PlanRules& rules, bool on_master);

}  // namespace sqlcast::node
