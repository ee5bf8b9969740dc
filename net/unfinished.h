// Unfinished: what has come by the connections of a bound socket and is no message yet. libzmq limits a frame and not a
// message, whose frames it keeps until the last one has come; and before a handshake, too, it takes a frame as large as
// any. So who sends without an end is cut. By the kernel's count of the bytes that have come, looked at several times a
// second: a connection is suspected with the first look, and cut with a later one, when nothing whole has come by it in
// between. Of the thread that owns the socket. Internal to net/.
#pragma once

#include <chrono>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace sqlcast::net {

class Unfinished {
 public:
  struct Limits {
    std::uint64_t of_connection = 0;
    std::uint64_t of_all = 0;  // then those that have gone on for longest are cut
  };
  static constexpr std::chrono::milliseconds kLook{100};

  explicit Unfinished(Limits limits) : limits_(limits) {}

  void accepted(int descriptor) { connections_[descriptor] = {}; }
  void ended(int descriptor) { connections_.erase(descriptor); }

  // Whether delivered() is to be told of what comes: while somebody is suspected.
  bool watches() const { return watches_; }
  // A whole message has come by it.
  void delivered(int descriptor);

  bool is_due(std::chrono::steady_clock::time_point now) const { return now >= next_; }
  // Those that are to be cut. At most once in kLook does it look: a system call for each connection.
  std::vector<int> look(std::chrono::steady_clock::time_point now);

 private:
  struct Connection {
    std::uint64_t from = 0;   // bytes that had come then, from where on it is counted
    std::uint64_t since = 0;  // the look at which it was suspected; 0: it is not
    bool delivered = false;
  };
  const Limits limits_;
  std::unordered_map<int, Connection> connections_;
  std::uint64_t looks_ = 0;
  std::chrono::steady_clock::time_point next_;
  bool watches_ = false;
};

}  // namespace sqlcast::net
