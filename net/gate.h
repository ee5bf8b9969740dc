// Gate: who is let in at a node's sockets: its own key, and the table of allowed keys, replaced as a whole while all go
// on. Handshakes are judged by it on the thread of the ZAP handler (net/zap.h), each message by whoever got it.
// Refusals are counted, and logged: each key, or kind, once a minute. Any thread; does not block.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "access/allowed_keys.h"
#include "access/key.h"
#include "base/mutex.h"
#include "net/connections.h"

namespace sqlcast::net {

class Gate {
 public:
  enum class Door {
    requests,  // ROUTER: every key of the table
    stream,    // PUB: those that may subscribe
  };
  struct Counters {
    std::uint64_t admitted = 0;  // handshakes
    std::uint64_t unknown = 0;   // handshakes and messages with a key that is not in the table, or not any more
    std::uint64_t role = 0;      // whose role may not subscribe
    std::uint64_t keyless = 0;   // handshakes without a key, or with another idea of this node's
    std::uint64_t many = 0;      // connections that were one too many, and keys that have subscribed to too much
  };
  using Table = std::shared_ptr<const access::AllowedKeys>;  // shared with who is judging by it at the moment

  Gate(access::KeyPair own, access::AllowedKeys allowed, ConnectionLimits connections = {});

  access::KeyPair own() const;
  Table allowed() const;
  void replace(access::AllowedKeys allowed);
  void replace_own(const access::KeyPair& own);

  // A handshake. False: it is refused, counted and logged.
  bool admit(Door door, const access::PublicKey& key);
  // A handshake that failed before it had come to a key.
  void count_keyless(Door door, std::uint64_t times);
  // A message by a connection whose key has left the table.
  void count_revoked(const access::PublicKey& key);

  // A connection from there was one too many, and has been cut.
  void count_cut(Door door, const std::string& address);
  // Whose subscriptions were too many: the stream is closed to that key for a minute.
  void shut_out(const access::PublicKey& key);

  const ConnectionLimits& connections() const { return connections_; }
  Counters counters() const;

 private:
  void log_once(const std::string& what, const std::string& line) SQLCAST_REQUIRES(mutex_);

  mutable Mutex mutex_;
  access::KeyPair own_ SQLCAST_GUARDED_BY(mutex_);
  Table allowed_ SQLCAST_GUARDED_BY(mutex_);
  Counters counters_ SQLCAST_GUARDED_BY(mutex_);
  std::map<std::string, std::chrono::steady_clock::time_point> logged_ SQLCAST_GUARDED_BY(mutex_);
  std::map<access::PublicKey, std::chrono::steady_clock::time_point> shut_out_ SQLCAST_GUARDED_BY(mutex_);  // until
  const ConnectionLimits connections_;
};

}  // namespace sqlcast::net
