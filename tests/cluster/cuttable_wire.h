// CuttableWire: a TCP relay between a client and a node that can be cut: every connection through it breaks at once, in
// the middle of whatever is under way, and new ones are let through again.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace sqlcast::cluster_test {

class CuttableWire {
 public:
  explicit CuttableWire(const std::string& node_endpoint);  // throws std::runtime_error when it cannot listen
  ~CuttableWire();
  CuttableWire(const CuttableWire&) = delete;
  CuttableWire& operator=(const CuttableWire&) = delete;

  const std::string& endpoint() const { return endpoint_; }  // for clients
  void cut() { cut_ = true; }                                // soon; any thread

 private:
  struct Pair {
    int client;
    int node;
  };
  void run();
  void accept_one();

  int listener_ = -1;
  std::uint16_t node_port_ = 0;
  std::string endpoint_;
  std::vector<Pair> pairs_;  // the thread's own
  std::atomic<bool> cut_{false};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace sqlcast::cluster_test
