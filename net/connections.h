// Connections: how many a bound socket has, of each address and together, before and after their handshakes; what is
// too many is cut. libzmq tells of each by its descriptor and closes none by itself when it is asked to: so the
// descriptor is shut down, which libzmq finds as if the peer had left. Of the thread that owns the socket. Internal to
// net/, but for the limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

namespace sqlcast::net {

struct ConnectionLimits {
  std::size_t all = 10'000;
  std::size_t of_address = 2'500;
};

// Ends a connection to this port of ours (0: a path), as if the peer had left. False: the descriptor is none (any
// more).
bool cut_connection(int descriptor, std::uint16_t port);

class Connections {
 public:
  explicit Connections(ConnectionLimits limits) : limits_(limits) {}

  // Of the port that is listened at; 0: of a path. The connections of another one have ended.
  void listens_at(std::uint16_t port);

  // False: it was one too many, and is cut. `address`, for a message.
  bool accepted(int descriptor, std::string& address);
  void ended(int descriptor);

  std::size_t count() const { return by_descriptor_.size(); }

 private:
  bool is_one_too_many(const std::string& address) const;
  void look_again();

  const ConnectionLimits limits_;
  std::uint16_t port_ = 0;
  std::unordered_map<int, std::string> by_descriptor_;  // the peer's address
  std::map<std::string, std::size_t> of_address_;
};

}  // namespace sqlcast::net
