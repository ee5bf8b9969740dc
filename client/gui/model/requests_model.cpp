#include "client/gui/model/requests_model.h"

#include <algorithm>
#include <utility>

#include "client/gui/model/text.h"

namespace sqlcast::gui {

RequestsModel::NodeRequests* RequestsModel::State::find(const std::string& endpoint) {
  const auto at = std::find_if(nodes.begin(), nodes.end(),
                               [&endpoint](const NodeRequests& node) { return node.endpoint == endpoint; });
  return at == nodes.end() ? nullptr : &*at;
}

void RequestsModel::look(Backend& backend, const ClusterModel& cluster, double now) {
  if (now < next_ && !std::exchange(state_->again, false)) return;
  next_ = now + kEverySeconds;
  std::vector<NodeRequests> nodes;
  for (const auto& node : cluster.nodes()) {
    NodeRequests* const known = state_->find(node->status.endpoint);
    NodeRequests& one = nodes.emplace_back(known == nullptr ? NodeRequests() : std::move(*known));
    one.name = node->name();
    one.endpoint = node->status.endpoint;
    if (!node->reachable) {
      one.reply = {};
      one.problem = "does not answer";
    }
  }
  state_->nodes = std::move(nodes);
  for (const auto& node : cluster.nodes()) {
    if (!node->reachable) continue;
    backend.requests(node->status.endpoint,
                     [state = state_, endpoint = node->status.endpoint](Result<proto::RequestsReply> reply) {
                       state->asked = true;
                       NodeRequests* const at = state->find(endpoint);
                       if (at == nullptr) return;
                       at->problem = reply.ok() ? std::string() : reply.status().message;
                       at->reply = reply.ok() ? std::move(*reply) : proto::RequestsReply();
                     });
  }
}

void RequestsModel::cancel(Backend& backend, const NodeRequests& node, std::uint64_t number) {
  backend.cancel_at(node.endpoint, number, [state = state_, name = node.name](const Result<bool>& stopped) {
    state->again = true;
    state->outcome = !stopped.ok() ? cat("Not stopped at ", name, ": ", stopped.status().message)
                     : *stopped    ? cat("Stopped at ", name, ": what there was of it has no effect.")
                                   : cat("Not stopped at ", name, ": it is past stopping, or has been carried out.");
  });
}

std::string words_of(const proto::RequestInfo& request) {
  const std::string by = request.key.empty() ? std::string() : cat(" by ", request.key);
  const std::string via = request.via.empty() ? std::string() : cat(" through ", request.via);
  return cat(request.kind, by, via, ", ", human_age(request.since_ms), request.since_ms < 1'000 ? "" : " ago");
}

}  // namespace sqlcast::gui
