// Load: clients on threads of their own that write and count, and send a request again under the same key until they
// know its outcome; and what must be true of it afterwards, however often nodes died meanwhile.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/cluster.h"

namespace sqlcast::support {

class Load {
 public:
  // Makes the database `load`, then starts. Clients send to the endpoints in turn.
  Load(Cluster& cluster, int clients);
  ~Load();  // stop()

  void stop();  // after the requests in hand have their outcome
  std::uint64_t acknowledged() const { return acknowledged_; }
  void wait_for_more(std::uint64_t writes);  // acknowledged from now on
  // Nobody waits any more for an answer to what he asked before now: what was acknowledged then is known.
  void wait_until_all_ask_anew();
  Sequence highest() const;  // that was acknowledged
  std::string summary() const;

  // Each acknowledged write is there exactly once, each other at most once; sequences are not shared. Throws otherwise.
  void check(const Node& node) const;

 private:
  struct Written {
    int client;
    std::uint64_t number;
    Sequence sequence;
  };
  void run(int client);
  bool write(Session& session, int client, std::uint64_t number, Sequence& seen);

  Cluster& cluster_;
  const std::vector<std::string> endpoints_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> acknowledged_{0};
  std::atomic<std::uint64_t> resends_{0};
  std::atomic<std::uint64_t> replayed_{0};
  std::vector<std::atomic<std::uint64_t>> asked_;  // a client's requests, each copy
  mutable std::mutex mutex_;
  std::vector<Written> written_;       // guarded by mutex_
  std::vector<std::string> problems_;  // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace sqlcast::support
