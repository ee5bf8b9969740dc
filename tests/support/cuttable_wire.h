// CuttableWire: a relay between a client and a node, or a node and its database, that can be cut: every connection
// through it breaks at once, in the middle of whatever is under way; or that swallows answers: they are never heard of,
// and nothing breaks. New connections are let through again.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace sqlcast::support {

class CuttableWire {
 public:
  explicit CuttableWire(const std::string& node_endpoint);  // TCP; throws std::runtime_error when it cannot listen
  // Between unix sockets: listens at `path`.
  CuttableWire(const std::string& server_path, const std::string& path);
  ~CuttableWire();
  CuttableWire(const CuttableWire&) = delete;
  CuttableWire& operator=(const CuttableWire&) = delete;

  const std::string& endpoint() const { return endpoint_; }  // for clients
  void cut() { cut_ = true; }                                // soon; any thread
  void swallow() { swallow_ = true; }                        // what the node sends on connections of now; soon

 private:
  struct Pair {
    int client;
    int node;
    bool swallows = false;
  };
  void run();
  void accept_one();
  int connect_to_node() const;

  int listener_ = -1;
  std::uint16_t node_port_ = 0;
  std::string server_path_;  // in place of the port
  std::string endpoint_;
  std::vector<Pair> pairs_;  // the thread's own
  std::atomic<bool> cut_{false};
  std::atomic<bool> swallow_{false};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace sqlcast::support
