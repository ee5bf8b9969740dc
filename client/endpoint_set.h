// EndpointSet: which node a request goes to next. Knows the given endpoints, what each last said of itself, and
// which are left alone for a while because they did not answer (exponential back-off with jitter).
//
// Pure: time comes in, randomness from a seed. Owned by one thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace sqlcast::client {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

enum class Role : std::uint8_t { unknown, master, slave };

// What a request needs of a node.
enum class Route : std::uint8_t {
  read,           // a slave that is live, else a node that answers
  write,          // the master, else any node (it forwards)
  listed_master,  // the master, else a node that may be it, else a slave
  master,         // the same, and the master even when only heard of
};

// What a client knows of a node, and how it has answered.
struct KnownNode {
  std::string address;
  bool listed = false;  // given by the caller; others are only used when named, or as the master
  Role role = Role::unknown;
  std::string state;      // as the node calls it: "Live", "Serving" …
  bool answered = false;  // since its last failure
  std::uint32_t failures = 0;
  TimePoint retry_at{};  // not before; only while failures > 0
  TimePoint last_heard{};
  TimePoint started_at{};    // of the node's process, from its uptime
  TimePoint behind_until{};  // it had not applied what a read had to see
};

class EndpointSet {
 public:
  static constexpr std::chrono::milliseconds kFirstBackOff{250};
  static constexpr std::chrono::milliseconds kLongestBackOff{10'000};
  static constexpr std::chrono::milliseconds kBehind{1'000};

  EndpointSet(const std::vector<std::string>& addresses, std::uint64_t seed);

  struct Choice {
    std::string address;
    TimePoint at{};  // not before: in the future when every candidate is backing off
  };
  Choice choose(Route route, TimePoint now);

  // The listed node that is known as the master, and when it may be asked again: now, or when it has backed off.
  std::optional<Choice> master(TimePoint now) const;

  // True when sending now would be guessing: several nodes are listed, and none that suits has answered yet.
  bool guessing(Route route) const;

  // Any message from there.
  void heard(const std::string& address, TimePoint now);
  // A status reply from there. `master` is the endpoint it names as its master; may be empty.
  void learn(const std::string& address, std::string_view role, std::string_view state, std::string_view master,
             std::chrono::milliseconds uptime, TimePoint now);
  void learn_role(const std::string& address, Role role) { entry(address).role = role; }
  // It answered that it has not caught up.
  void behind(const std::string& address, TimePoint now) { entry(address).behind_until = now + kBehind; }
  // No answer, or one that says it cannot serve now.
  void failed(const std::string& address, TimePoint now);

  std::size_t listed() const;
  const KnownNode* find(std::string_view address) const;
  const std::vector<KnownNode>& all() const { return nodes_; }

 private:
  KnownNode& entry(const std::string& address);
  static int rank(const KnownNode& node, Route route, TimePoint now);

  std::vector<KnownNode> nodes_;
  std::mt19937_64 random_;
  // Spread requests over equals. One a route: a session that writes and reads in turn would read at every other one.
  std::array<std::size_t, 4> turns_{};
};

// One spelling an address: localhost becomes 127.0.0.1, trailing slashes go. Empty when it is not tcp://HOST:PORT
// or ipc://PATH or inproc://NAME.
std::string canonical_endpoint(std::string_view text);

}  // namespace sqlcast::client
