#include "net/gate.h"

#include <utility>

#include "access/permissions.h"
#include "base/logging.h"
#include "base/types.h"

namespace sqlcast::net {
namespace {

constexpr auto kLogAgain = std::chrono::minutes(1);
constexpr auto kShutOut = std::chrono::minutes(1);
constexpr std::size_t kMostLogged = 64;  // different ones a minute; a flood of keys is no flood of lines

std::string_view name_of(Gate::Door door) { return door == Gate::Door::requests ? "requests" : "the stream"; }

}  // namespace

Gate::Gate(access::KeyPair own, access::AllowedKeys allowed, ConnectionLimits connections)
    : own_(own), allowed_(std::make_shared<const access::AllowedKeys>(std::move(allowed))), connections_(connections) {}

access::KeyPair Gate::own() const {
  const MutexLock lock(mutex_);
  return own_;
}

Gate::Table Gate::allowed() const {
  const MutexLock lock(mutex_);
  return allowed_;
}

void Gate::replace(access::AllowedKeys allowed) {
  auto fresh = std::make_shared<const access::AllowedKeys>(std::move(allowed));
  const MutexLock lock(mutex_);
  allowed_ = std::move(fresh);
}

void Gate::replace_own(const access::KeyPair& own) {
  const MutexLock lock(mutex_);
  own_ = own;
}

bool Gate::admit(Door door, const access::PublicKey& key) {
  const MutexLock lock(mutex_);
  const access::Grant* const grant = allowed_->find(key);
  if (grant == nullptr) {
    ++counters_.unknown;
    log_once(to_hex(key), "a connection with the unknown key " + to_hex(key) +
                              " was refused; to let it in: sqlcast keys allow NAME ROLE " + to_hex(key));
    return false;
  }
  if (door == Door::stream && !access::may(*grant, access::Act::subscribe)) {
    ++counters_.role;
    log_once("stream " + to_hex(key), "the key '" + grant->name + "' was not let in to the stream: the role " +
                                          std::string(access::role_name(grant->role)) + " may not subscribe");
    return false;
  }
  if (door == Door::stream && shut_out_.contains(key)) {
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(shut_out_, [now](const auto& one) { return now > one.second; });
    if (shut_out_.contains(key)) return false;
  }
  ++counters_.admitted;
  return true;
}

void Gate::count_cut(Door door, const std::string& address) {
  const MutexLock lock(mutex_);
  ++counters_.many;
  log_once("cut " + address, "a connection for " + std::string(name_of(door)) + " from " +
                                 (address.empty() ? "this machine" : address) +
                                 " was cut: there are as many as there may be, " + std::to_string(connections_.all) +
                                 " of all and " + std::to_string(connections_.of_address) +
                                 " of one address (limits.max_connections, limits.address_connections)");
}

void Gate::shut_out(const access::PublicKey& key) {
  const MutexLock lock(mutex_);
  ++counters_.many;
  shut_out_[key] = std::chrono::steady_clock::now() + kShutOut;
  const access::Grant* const grant = allowed_->find(key);
  log_once("topics " + to_hex(key), "the key '" + (grant == nullptr ? to_hex(key) : grant->name) +
                                        "' has subscribed to too many topics that are none: its connections that did "
                                        "were cut, and it is let in to the stream again in a minute");
}

void Gate::count_keyless(Door door, std::uint64_t times) {
  if (times == 0) return;
  const MutexLock lock(mutex_);
  counters_.keyless += times;
  log_once(std::string(name_of(door)), "connections for " + std::string(name_of(door)) +
                                           " were refused: without a key, with another key for this node than its own, "
                                           "or no CURVE at all (" +
                                           std::to_string(counters_.keyless) + " so far)");
}

void Gate::count_revoked(const access::PublicKey& key) {
  const MutexLock lock(mutex_);
  ++counters_.unknown;
  log_once(to_hex(key), "a request with the key " + to_hex(key) + " was refused: it is not allowed any more");
}

Gate::Counters Gate::counters() const {
  const MutexLock lock(mutex_);
  return counters_;
}

void Gate::log_once(const std::string& what, const std::string& line) {
  const auto now = std::chrono::steady_clock::now();
  std::erase_if(logged_, [now](const auto& one) { return now - one.second > kLogAgain; });
  if (logged_.size() >= kMostLogged || !logged_.emplace(what, now).second) return;
  logging::warn("{}", line);
}

}  // namespace sqlcast::net
