// LogServer: answers log_read from this node's own log, so that a slave can catch up. One thread, one session.
// submit() from any thread; a full queue is BUSY.
#pragma once

#include <memory>
#include <thread>

#include "base/queue.h"
#include "config/config.h"
#include "node/front.h"
#include "node/position_board.h"
#include "proto/message.h"
#include "storage/database.h"

namespace sqlcast::node {

class LogServer {
 public:
  LogServer(const config::NodeConfig& config, storage::Database& database, Front& front, PositionBoard& board);
  ~LogServer();
  void start();
  void stop();

  void submit(Caller caller, proto::LogReadRequest request);

 private:
  struct Job {
    Caller caller;
    proto::LogReadRequest request;
  };
  void serve();
  Result<proto::LogBatch> read(const proto::LogReadRequest& request);

  const config::Limits limits_;
  const bool of_master_;
  storage::Database& database_;
  Front& front_;
  PositionBoard& board_;
  BoundedQueue<Job> queue_;
  std::unique_ptr<storage::Connection> connection_;  // the thread's
  std::thread thread_;
};

}  // namespace sqlcast::node
