#include "client/cli/master_watch.h"

namespace sqlcast::cli {

bool MasterWatch::away() {
  constexpr std::chrono::milliseconds kInterval{500};
  constexpr std::chrono::milliseconds kPatience{1'500};
  const auto now = std::chrono::steady_clock::now();
  if (now >= next_ && !answer_->asked.exchange(true)) {
    next_ = now + kInterval;
    client_.status({}, kPatience, [answer = answer_](const Result<proto::StatusReply>& reply) {
      answer->away = !reply.ok() || reply->self.state == "Syncing" || reply->self.state == "Starting";
      answer->asked = false;
    });
  }
  return answer_->away;
}

}  // namespace sqlcast::cli
