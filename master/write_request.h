// WriteRequest: a write or DDL request on its way through the master. A value that threads hand on.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "node/front.h"
#include "node/request_plan.h"
#include "proto/message.h"

namespace sqlcast::master {

// Of a CREATE TABLE … SELECT, whose table has been made: the statements that are left to do.
struct MadeRows {
  std::vector<std::string> texts;
  std::vector<std::string> warnings;
};

struct WriteRequest {
  using Clock = std::chrono::steady_clock;
  node::Caller caller;
  proto::QueryRequest request;
  node::RequestPlan plan;
  // The policy does not allow it now: it is answered with what came of another copy, or with this. `plan` then has the
  // classes alone.
  std::optional<node::PlanRefusal> refusal;
  std::optional<MadeRows> made;
  std::uint64_t schema_version = 0;  // that the plan was made under
  std::uint64_t digest = 0;
  RequestKey stop_key;  // under which it is cancelled: its own, or of one without, one that no client can send
  Clock::time_point arrived;
  Clock::time_point deadline;

  const RequestKey& key() const { return request.key; }
  bool retryable() const { return !request.key.client_id.empty(); }
};

}  // namespace sqlcast::master
