// What is under way at the nodes, as tables and as JSON. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "proto/message.h"

namespace sqlcast::cli {

// "master/483921": a request's name in the whole cluster.
struct RequestId {
  std::string node;
  std::uint64_t number = 0;
  std::string text() const { return node + "/" + std::to_string(number); }
};
// bad_request: how it is written.
Result<RequestId> parse_request_id(std::string_view text);

// Requests, then clients.
std::string requests_table(const std::vector<proto::RequestsReply>& nodes);

// {"nodes": [{"node": …, "requests": […], "clients": […], …}]}; indent 0 = one line.
std::string requests_json(const std::vector<proto::RequestsReply>& nodes, int indent);

}  // namespace sqlcast::cli
