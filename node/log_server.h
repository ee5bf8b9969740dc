// LogServer: answers log_read from this node's own log, so that a slave can catch up. One thread reads. What it cannot
// read it has mended from other nodes, where these are known, on a second one: whoever wants other parts is not held
// up. submit() from any thread; a full queue is BUSY. A caller whose time is over before its turn is left out.
#pragma once

#include <functional>
#include <optional>
#include <thread>

#include "base/queue.h"
#include "config/config.h"
#include "node/front.h"
#include "node/log_mender.h"
#include "node/node_log.h"
#include "node/position_board.h"
#include "proto/message.h"

namespace sqlcast::node {

class LogServer {
 public:
  // A reader whose position is not part of this node's history, by its own word. On the server's thread.
  using Differs = std::function<void(const proto::LogReadRequest& request)>;

  LogServer(const config::NodeConfig& config, NodeLog& log, Front& front, PositionBoard& board, LogMender& mender);
  ~LogServer();
  void on_differing(Differs differs) { differs_ = std::move(differs); }  // before start()
  // Main thread. Does not block.
  void start();
  // Main thread. May block, for the jobs in hand; LogMender::interrupt() ends a mending.
  void stop();

  // Any thread. Does not block.
  void submit(Caller caller, proto::LogReadRequest request);

  // Whether this node's log has a group that ends exactly there; `done` is called on the server's thread, or not at all
  // when the log cannot be read now, or too much waits. Any thread. Does not block.
  void look_up(const Position& position, std::function<void(bool has)> done);

 private:
  struct Job {
    Caller caller;
    proto::LogReadRequest request;
    std::function<void(bool has)> look_up;  // of `request.after`, in place of an answer to the caller
    Status damage;                          // of one that has begun, and could not be read until that was mended
  };
  void serve();
  void answer(Job job);
  void mend();
  void mend_for(Job job);
  Status go_behind(const proto::LogReadRequest& request, const Position& head);
  Result<proto::LogBatch> read(const proto::LogReadRequest& request);

  const config::Limits limits_;
  const std::string name_;
  const bool of_master_;
  NodeLog& log_;
  Front& front_;
  PositionBoard& board_;
  LogMender& mender_;
  BoundedQueue<Job> queue_;
  BoundedQueue<Job> damaged_;             // what could not be read
  std::optional<log::LogReader> reader_;  // the thread's
  std::optional<proto::Group> held_;      // the thread's; read, and not given yet
  Position read_to_;                      // where the reader stands, in front of what is held
  Differs differs_;                       // the thread's
  std::thread thread_;
  std::thread mending_;
};

}  // namespace sqlcast::node
