// LogMender: has what cannot be read any more in this node's log from other nodes, by log_read, and puts it back
// (log/mending). What cannot be had now may be had later: whoever needs it asks again.
//
// mend() from any thread, one at a time; others wait. May block, for the disk and for the other nodes, for some
// seconds each time that one of these does not answer; interrupt() ends that.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "base/types.h"
#include "config/config.h"
#include "log/mending.h"
#include "net/requester.h"
#include "node/node_log.h"

namespace sqlcast::node {

class LogMender {
 public:
  // Endpoints of the nodes that are asked, one after the other. Any thread. Does not block.
  using Peers = std::function<std::vector<std::string>()>;
  LogMender(const config::NodeConfig& config, NodeLog& log) : config_(config), log_(log) {}

  // Whom. Before anything else is called. Without, nothing is mended.
  void ask(Peers peers) { peers_ = std::move(peers); }
  bool asks() const { return peers_ != nullptr; }

  // The file that has `entry`. ok: it can be read, or could be all the time. database_unavailable: nobody answers now
  // who could have it. Else why not, as log::mend_file(). A call for the same entry soon after one that has
  // failed fails as that did.
  Status mend(Sequence entry) SQLCAST_EXCLUDES(mutex_);
  // Before the log is opened, of a slave, which asks its master: what open() needs of it.
  Status mend_closed() SQLCAST_EXCLUDES(mutex_);
  // Any thread. Does not block.
  void interrupt() { stopping_ = true; }

 private:
  using Clock = std::chrono::steady_clock;
  Status with_each_peer(const std::function<Status(const log::FetchGroups& fetch)>& attempt) SQLCAST_REQUIRES(mutex_);
  Result<std::vector<proto::Group>> fetch(net::Requester& peer, const Position& after) const;

  const config::NodeConfig& config_;
  NodeLog& log_;
  Peers peers_;
  std::atomic<bool> stopping_{false};
  Mutex mutex_;
  Status failed_ SQLCAST_GUARDED_BY(mutex_);  // why the last one did, for the same entry, until then
  Sequence failed_entry_ SQLCAST_GUARDED_BY(mutex_) = 0;
  Clock::time_point failed_until_ SQLCAST_GUARDED_BY(mutex_);
};

}  // namespace sqlcast::node
