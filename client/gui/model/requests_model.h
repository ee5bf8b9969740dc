// RequestsModel: what is under way at the nodes and who asks there, as they last said; asked for while somebody looks.
// Does not block. UI thread only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/gui/backend.h"
#include "client/gui/model/cluster_model.h"

namespace sqlcast::gui {

class RequestsModel {
 public:
  static constexpr double kEverySeconds = 1;

  struct NodeRequests {
    std::string name;
    std::string endpoint;
    std::string problem;  // it has not answered: why
    proto::RequestsReply reply;
  };

  // Each frame while it is looked at: asks the nodes that answer, once a second.
  void look(Backend& backend, const ClusterModel& cluster, double now);
  // In the cluster's order; of nodes that are gone nothing.
  const std::vector<NodeRequests>& nodes() const { return state_->nodes; }
  bool asked() const { return state_->asked; }  // there has been an answer

  // What came of it is in outcome().
  void cancel(Backend& backend, const NodeRequests& node, std::uint64_t number);
  const std::string& outcome() const { return state_->outcome; }

 private:
  struct State {
    std::vector<NodeRequests> nodes;
    bool asked = false;
    std::string outcome;
    bool again = false;  // something was stopped: ask at once
    NodeRequests* find(const std::string& endpoint);
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();  // answers may come when nobody looks any more
  double next_ = 0;
};

// "a write by laptop, 3 s ago": of a request, in words.
std::string words_of(const proto::RequestInfo& request);

}  // namespace sqlcast::gui
