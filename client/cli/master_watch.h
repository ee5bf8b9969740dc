// MasterWatch: whether what takes so long takes it because the master is away. Asks a node now and then. One thread.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "client/client.h"

namespace sqlcast::cli {

class MasterWatch {
 public:
  explicit MasterWatch(client::Client& client) : client_(client) {}

  // As far as is known: a slave says that it hears of none, the master that it is starting, or no node answers. Does
  // not block: the first answer comes with a later call.
  bool away();

 private:
  struct Answer {
    std::atomic<bool> asked{false};
    std::atomic<bool> away{false};
  };

  client::Client& client_;
  const std::shared_ptr<Answer> answer_ = std::make_shared<Answer>();  // the callback may outlive this
  std::chrono::steady_clock::time_point next_;
};

}  // namespace sqlcast::cli
