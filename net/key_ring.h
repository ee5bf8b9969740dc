// KeyRing: with which key this process connects to which endpoint, and which key it expects to find there. One a
// process, as the context is: every socket that connects asks it, so that no path is left in clear by having been
// forgotten.
//
// An endpoint that is not in it is connected to in clear, unless strict() was called: then not at all. What nodes tell
// of each other (`learn`) never replaces what a file or a person has said. Any thread; does not block.
// Why so: docs/decisions/0038-keys-and-roles.md.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/key.h"
#include "access/known_nodes.h"
#include "base/mutex.h"
#include "base/status.h"

namespace sqlcast::net {

class KeyRing {
 public:
  using Own = std::shared_ptr<const access::KeyFile>;  // shared by all endpoints of a cluster, and by sockets under way

  struct Pin {
    Own own;
    access::PublicKey node{};
    std::uint64_t replacements = 0;  // of this process's own key, before it
  };

  // From now on endpoints without a key are refused: for nodes, and programs that were given a key. Called again, it
  // replaces the key that this process has: for all endpoints to which it went with the one before.
  void strict(Own own);
  // Whether this process's own key was replaced since that was given: key_for() may have another one. Does not lock.
  bool replaced(const Pin& pin) const { return pin.replacements != replacements_; }

  // Reads again what a person has said, which may have changed; nothing when it cannot be read. Quick.
  using Again = std::function<std::vector<access::KnownNode>()>;

  // What a person has said: these replace what was there for their endpoints. Endpoints that cannot be parsed are left
  // out. `again` is asked, once a second at most, when none of an endpoint's keys is the node's.
  void pin(const Own& own, const std::vector<access::KnownNode>& nodes, Again again = nullptr);
  void forget(const std::string& endpoint);

  // A node that was reached through `by`, with a pinned key, says that `endpoint` has this key.
  void learn(const std::string& by, const std::string& endpoint, const std::string& hex_key);

  // The same of a node that has come to this one, and was let in with this key.
  void learn(const std::string& endpoint, const access::PublicKey& key);

  // With which key to connect; nothing: in clear. config: not at all, and why.
  Result<std::optional<Pin>> key_for(const std::string& endpoint) const;
  bool knows(const std::string& endpoint) const;

  // The node at `endpoint` did not prove to have this key: the next one of its keys has its turn. False when that is
  // the first again: all were tried, and there is no other one meanwhile. May read a file.
  bool failed(const std::string& endpoint, const access::PublicKey& node);

 private:
  void add_learnt(const Own& own, const std::string& endpoint, const access::PublicKey& key) SQLCAST_REQUIRES(mutex_);

  struct Keys {
    Own own;
    std::vector<access::PublicKey> nodes;  // never empty
    std::size_t turn = 0;
    bool learnt = false;
    std::shared_ptr<const Again> again = nullptr;  // shared by what was said at once; nullptr: nobody to ask
    std::chrono::steady_clock::time_point asked = {};
  };

  mutable Mutex mutex_;
  std::atomic<std::uint64_t> replacements_{0};  // written under the mutex
  Own strict_ SQLCAST_GUARDED_BY(mutex_);
  std::map<std::string, Keys> keys_ SQLCAST_GUARDED_BY(mutex_);
};

// The process's.
KeyRing& key_ring();

}  // namespace sqlcast::net
