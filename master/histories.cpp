#include "master/histories.h"

#include <utility>

#include "base/logging.h"
#include "base/mutex.h"

namespace sqlcast::master {
namespace {

constexpr std::size_t kMaxClaims = 100;  // of as many nodes; who doubts more doubts enough

std::string shortened(const std::string& cluster) { return cluster.empty() ? "none" : cluster.substr(0, 8); }

std::string entries(Sequence count) { return std::to_string(count) + (count == 1 ? " entry" : " entries"); }

// What the node has, what we have, and how that can be.
std::string contradiction(const node::Claim& claim, const OwnHistory& own) {
  const std::string theirs = claim.node + " has " + entries(claim.position.sequence);
  switch (fit_of(claim, own)) {
    case Fit::foreign:
      return theirs + " of cluster " + shortened(claim.cluster) + ", this master " + entries(own.head.sequence) +
             " of cluster " + shortened(own.cluster) +
             ", which no slave has followed yet: this master's data was lost, or " + claim.node +
             " follows the wrong master";
    case Fit::longer:
      return theirs + ", this master " + entries(own.head.sequence) +
             " of the same cluster: this master's data was put back to an older state";
    case Fit::same:
    case Fit::inside:
    case Fit::other: break;
  }
  return theirs + ", this master " + entries(own.head.sequence) + ", and entry " +
         std::to_string(claim.position.sequence) +
         " differs: this master's data was put back to an older state and written to since";
}

std::string what_to_do(const std::string& node) {
  return ". Writes are refused here, and nobody's data should be removed, until that is settled. To keep the history "
         "of " +
         node + ": stop this master and give it its newest data back; the slaves go on by themselves. If " + node +
         " follows the wrong master: correct its setting `master`, and restart this one with --accept-history. To go "
         "on "
         "from what is here, without what others have: restart this master with --accept-history, and make the slaves "
         "that differ anew";
}

}  // namespace

Fit fit_of(const node::Claim& claim, const OwnHistory& own) {
  if (claim.position.sequence == 0) return Fit::same;
  if (claim.cluster != own.cluster) return Fit::foreign;
  if (claim.position.sequence > own.head.sequence) return Fit::longer;
  if (claim.position.sequence < own.head.sequence) return Fit::inside;
  return claim.position.hash == own.head.hash ? Fit::same : Fit::other;
}

Histories::Histories(std::string data_dir, node::Identity identity, bool accept, Hooks hooks)
    : data_dir_(std::move(data_dir)), accept_(accept), hooks_(std::move(hooks)), identity_(std::move(identity)) {}

void Histories::changed() {
  unsaved_ = true;
  hooks_.to_be_saved();
}

bool Histories::save() {
  node::Identity identity;
  {
    const MutexLock lock(mutex_);
    if (!std::exchange(unsaved_, false)) return true;
    identity = identity_;
  }
  const Status status = identity.save(data_dir_);
  if (!status.ok() && !cannot_save_)
    logging::error("what others have may be forgotten at a restart: {}", status.message);
  if (status.ok() && cannot_save_) logging::info("what others have is written down again");
  cannot_save_ = !status.ok();
  if (status.ok()) return true;
  const MutexLock lock(mutex_);
  unsaved_ = true;
  return false;
}

void Histories::begin(const OwnHistory& own, const std::function<bool(const Position&)>& has) {
  MutexLock lock(mutex_);
  own_ = own;
  const std::string before = std::exchange(identity_.cluster, own.head.sequence > 0 ? own.cluster : "");
  if (accept_) {
    identity_.claims.clear();
    identity_.confirmed = own.head.sequence > 0;
  } else if (!before.empty() && before != identity_.cluster) {
    folder_ = "this master's data folder was of cluster " + shortened(before) + ", and its database has " +
              (identity_.cluster.empty() ? std::string("no entry") : "entries of cluster " + shortened(own.cluster)) +
              ": its data was lost or exchanged. Writes are refused here. Stop this master and give it its data back; "
              "or, to go on from what is here, restart it with --accept-history";
    identity_.cluster = before;
  }
  std::erase_if(identity_.claims, [&](const auto& claim) {
    const Fit fit = fit_of(claim.second, own);
    return fit == Fit::same || (fit == Fit::inside && has(claim.second.position));
  });
  unsaved_ = true;
  lock.unlock();
  const bool saved = save();
  lock.lock();
  update();
  if (!saved) hooks_.to_be_saved();
}

void Histories::begun(const std::string& cluster) {
  const MutexLock lock(mutex_);
  identity_.cluster = own_.cluster = cluster;
  if (accept_) identity_.confirmed = true;
  changed();
}

void Histories::hear(const node::Claim& claim, Fit fit, const OwnHistory& own) {
  const MutexLock lock(mutex_);
  own_ = own;
  if (fit == Fit::same) {
    const bool confirms = claim.position.sequence > 0 && !identity_.confirmed && folder_.empty();
    const bool settled = identity_.claims.erase(claim.node) > 0;
    if (confirms && identity_.claims.empty()) identity_.confirmed = true;
    if (settled || (confirms && identity_.confirmed)) changed();
    if (settled) update();
    return;
  }
  // Somebody's slave at the wrong door does not stop a cluster that has slaves of its own.
  if (accept_ || (fit == Fit::foreign && identity_.confirmed)) {
    if (told_.size() < kMaxClaims && told_.insert(claim.node).second)
      logging::error(
          "{}, this master {} of cluster {}: {} cannot follow it",
          claim.node + " has " + entries(claim.position.sequence) + " of cluster " + shortened(claim.cluster),
          entries(own.head.sequence), shortened(own.cluster), claim.node);
    return;
  }
  const auto known = identity_.claims.find(claim.node);
  if (known != identity_.claims.end() && known->second == claim) return;
  if (known == identity_.claims.end() && identity_.claims.size() >= kMaxClaims) return;
  identity_.claims[claim.node] = claim;
  changed();
  update();
}

void Histories::update() {
  std::string doubt = folder_;
  if (doubt.empty() && !identity_.claims.empty()) {
    const node::Claim& claim = identity_.claims.begin()->second;
    doubt = contradiction(claim, own_) + what_to_do(claim.node);
    if (identity_.claims.size() > 1) doubt += " (" + std::to_string(identity_.claims.size()) + " nodes say so)";
  }
  if (doubt == doubt_) return;
  doubts_ = !doubt.empty();
  doubt_ = doubt;
  if (doubt.empty()) {
    logging::info("this master writes again: what others have fits its history");
  } else {
    logging::error("this master refuses writes: {}", doubt);
  }
  hooks_.changed(doubt);
}

std::string Histories::doubt() const {
  if (!doubts_) return {};
  const MutexLock lock(mutex_);
  return doubt_;
}

}  // namespace sqlcast::master
