#include "net/key_ring.h"

#include <algorithm>
#include <set>

#include "net/endpoint.h"

namespace sqlcast::net {
namespace {

// More than any cluster has: a node that invents endpoints fills no memory.
constexpr std::size_t kMostLearnt = 10'000;

constexpr auto kAskAgain = std::chrono::seconds(1);

// One spelling for each; empty: it is none.
std::string spelling_of(const std::string& text) {
  Result<Endpoint> endpoint = parse_endpoint(text);
  if (!endpoint) return {};
  if (endpoint->host == "localhost") endpoint->host = "127.0.0.1";
  return endpoint->text();
}

}  // namespace

KeyRing& key_ring() {
  // Never destroyed: threads that outlive main() may still connect.
  static auto& ring = *new KeyRing;
  return ring;
}

void KeyRing::strict(Own own) {
  const MutexLock lock(mutex_);
  if (strict_ && own) {
    for (auto& [endpoint, keys] : keys_)
      if (keys.own == strict_) keys.own = own;
    if (strict_->pair != own->pair) ++replacements_;
  }
  strict_ = std::move(own);
}

void KeyRing::pin(const Own& own, const std::vector<access::KnownNode>& nodes, Again again) {
  const auto shared = again ? std::make_shared<const Again>(std::move(again)) : nullptr;
  const MutexLock lock(mutex_);
  std::set<std::string> begun;
  for (const access::KnownNode& node : nodes) {
    const std::string endpoint = spelling_of(node.endpoint);
    if (endpoint.empty()) continue;
    Keys& keys = keys_[endpoint];
    if (begun.insert(endpoint).second) keys = {own, {}, 0, false, shared};
    keys.nodes.push_back(node.key);
  }
}

void KeyRing::forget(const std::string& endpoint) {
  const MutexLock lock(mutex_);
  keys_.erase(spelling_of(endpoint));
}

void KeyRing::learn(const std::string& by, const std::string& endpoint, const std::string& hex_key) {
  const Result<access::PublicKey> key = access::parse_key(hex_key);
  if (!key) return;
  const MutexLock lock(mutex_);
  const auto teller = keys_.find(spelling_of(by));
  if (teller != keys_.end()) add_learnt(Own(teller->second.own), endpoint, *key);
}

void KeyRing::learn(const std::string& endpoint, const access::PublicKey& key) {
  const MutexLock lock(mutex_);
  if (strict_) add_learnt(strict_, endpoint, key);
}

void KeyRing::add_learnt(const Own& own, const std::string& endpoint, const access::PublicKey& key) {
  const std::string spelled = spelling_of(endpoint);
  if (spelled.empty()) return;
  const auto known = keys_.find(spelled);
  if (known == keys_.end() ? keys_.size() >= kMostLearnt : !known->second.learnt) return;
  if (known != keys_.end() && known->second.nodes.front() == key) return;
  keys_[spelled] = {own, {key}, 0, true};
}

Result<std::optional<KeyRing::Pin>> KeyRing::key_for(const std::string& endpoint) const {
  const MutexLock lock(mutex_);
  const auto found = keys_.find(spelling_of(endpoint));
  if (found != keys_.end())
    return std::optional(
        Pin{found->second.own, found->second.nodes[found->second.turn % found->second.nodes.size()], replacements_});
  if (!strict_) return std::optional<Pin>();
  return Status::error(Code::config,
                       "the key of the node at " + endpoint +
                           " is not known here, and nothing is sent to a node without one. Add the line `" + endpoint +
                           " PUBLICKEY` to the file `nodes` beside the private key of '" + strict_->name +
                           "'; `sqlcast keys list` at that node shows its key");
}

bool KeyRing::knows(const std::string& endpoint) const {
  const MutexLock lock(mutex_);
  return keys_.contains(spelling_of(endpoint));
}

bool KeyRing::failed(const std::string& endpoint, const access::PublicKey& node) {
  const std::string spelled = spelling_of(endpoint);
  std::shared_ptr<const Again> again;
  {
    const MutexLock lock(mutex_);
    const auto found = keys_.find(spelled);
    if (found == keys_.end()) return false;
    Keys& keys = found->second;
    // Another socket may have found the same before.
    if (keys.nodes[keys.turn % keys.nodes.size()] != node) return true;
    if (++keys.turn % keys.nodes.size() != 0) return true;
    const auto now = std::chrono::steady_clock::now();
    if (keys.again == nullptr || now - keys.asked < kAskAgain) return false;
    keys.asked = now;
    again = keys.again;
  }
  std::vector<access::PublicKey> fresh;
  for (const access::KnownNode& known : (*again)())
    if (spelling_of(known.endpoint) == spelled) fresh.push_back(known.key);
  const MutexLock lock(mutex_);
  const auto found = keys_.find(spelled);
  if (fresh.empty() || found == keys_.end() || found->second.again != again) return false;
  if (std::is_permutation(fresh.begin(), fresh.end(), found->second.nodes.begin(), found->second.nodes.end()))
    return false;
  found->second.nodes = std::move(fresh);
  found->second.turn = 0;
  return true;
}

}  // namespace sqlcast::net
