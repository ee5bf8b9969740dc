// Unsent: how many bytes of replies libzmq holds that have not gone out, by peer: it counts messages, and a client that
// does not read could have gigabytes wait. Internal to net/.
//
// Belongs to the owner of a socket, but for the counts, which libzmq's thread lowers.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "net/socket_options.h"

namespace sqlcast::net {

// Of one peer, and with it of all.
struct UnsentBytes {
  std::shared_ptr<std::atomic<std::uint64_t>> of_peer = std::make_shared<std::atomic<std::uint64_t>>(0);
  std::shared_ptr<std::atomic<std::uint64_t>> of_all;
};

class Unsent {
 public:
  UnsentBytes& of(const std::string& peer) {
    if (peers_.size() > swept_ * 2 + kFewPeers) sweep();
    UnsentBytes& unsent = peers_[peer];
    unsent.of_all = all_;
    return unsent;
  }
  // Whoever has nothing there may have one more, however much others have.
  bool has_room(const UnsentBytes& unsent) const {
    const std::uint64_t bytes = *unsent.of_peer;
    return bytes == 0 || (bytes <= kMaxUnsentOfPeer && *all_ <= kMaxUnsent);
  }

 private:
  static constexpr std::size_t kFewPeers = 1024;
  // Peers do not say good-bye.
  void sweep() {
    std::erase_if(peers_, [](const auto& peer) { return *peer.second.of_peer == 0; });
    swept_ = peers_.size();
  }

  std::unordered_map<std::string, UnsentBytes> peers_;
  std::size_t swept_ = 0;
  const std::shared_ptr<std::atomic<std::uint64_t>> all_ = std::make_shared<std::atomic<std::uint64_t>>(0);
};

}  // namespace sqlcast::net
