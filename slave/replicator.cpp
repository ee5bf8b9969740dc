#include "slave/replicator.h"

#include <algorithm>

#include "proto/entry.h"

namespace sqlcast::slave {
namespace {

constexpr std::chrono::seconds kFresh{1};

// Several reports long: an answer that is a little late is no lag.
constexpr std::chrono::seconds kUnheard{1};
constexpr std::size_t kMaxNamed = 256;

// How long groups may be on their way when a beacon is here: those in replies to reports come by another socket.
constexpr std::chrono::milliseconds kMayBeOvertaken{50};

std::int64_t steady_us(Replicator::Time time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

}  // namespace

std::string_view state_name(Replicator::State state) {
  switch (state) {
    case Replicator::State::syncing: return "Syncing";
    case Replicator::State::catching_up: return "CatchingUp";
    case Replicator::State::live: return "Live";
    case Replicator::State::diverged:  // needs a person as well
    case Replicator::State::failed: return "Failed";
  }
  return "Failed";
}

Replicator::Replicator(Options options, const Start& start, std::uint64_t seed)
    : options_(options),
      random_(static_cast<std::minstd_rand::result_type>(seed | 1U)),
      applied_(start.applied),
      taken_(start.logged),
      head_(start.logged),
      back_off_(options.min_back_off) {
  if (start.oldest_us) backlog_.add(start.logged.sequence, *start.oldest_us);
}

void Replicator::on_failed(std::string message) {
  stopped_ = true;
  state_ = State::failed;
  message_ = std::move(message);
  log_wanted_ = false;
  asked_.reset();
}

void Replicator::on_apply_failed(const std::string& message, Time now) {
  apply_failed_ = message;
  settle(now);
}

void Replicator::hear(Time now) { heard_ = now; }

// Whether a group follows what we have.
Replicator::Fit Replicator::fit(const proto::Group& group) const {
  if (proto::chain_hash(group.previous_hash, group.epoch, group.first, group.last, group.body) != group.hash)
    return Fit::broken;
  if (group.last < taken_.sequence) return Fit::duplicate;
  if (group.last == taken_.sequence) return group.hash == taken_.hash ? Fit::duplicate : Fit::foreign;
  if (group.first > taken_.sequence + 1) return Fit::gap;
  if (group.first <= taken_.sequence) return Fit::foreign;  // it begins inside what we have
  if (taken_.sequence != 0 && group.previous_hash != taken_.hash) return Fit::foreign;
  if (group.epoch < taken_.epoch) return Fit::foreign;
  return Fit::next;
}

bool Replicator::has_room() const {
  return unlogged_.empty() ||
         (unlogged_bytes_ <= options_.max_queued_bytes && unlogged_.size() < options_.max_queued_groups);
}

// Half of the room: what is read beyond it would have to be read again.
bool Replicator::has_room_for_a_batch() const {
  return unlogged_.empty() ||
         (unlogged_bytes_ <= options_.max_queued_bytes / 2 && unlogged_.size() <= options_.max_queued_groups / 2);
}

void Replicator::take(proto::Group group, Actions& actions) {
  taken_ = Position{group.epoch, group.last, group.hash};
  const std::uint64_t bytes = group.body.size() + kGroupOverhead;
  unlogged_.push_back({group.last, bytes});
  unlogged_bytes_ += bytes;
  backlog_.add(group.last, group.commit_time_us);
  if (head_.sequence < taken_.sequence) head_ = taken_;
  actions.take.push_back(std::move(group));
}

void Replicator::want_log(Time now) {
  if (!log_wanted_) {
    log_wanted_ = true;
    not_before_ = now;
  }
  if (state_ == State::live) state_ = State::catching_up;
}

void Replicator::ask_if_due(Time now, Actions& actions) {
  if (stopped_ || !log_wanted_ || asked_ || now < not_before_) return;
  if (!has_room_for_a_batch()) return;  // the log first
  asked_ = now;
  ++catch_ups_;
  proto::LogReadRequest request;
  request.after = taken_;
  actions.read_log = std::move(request);
}

void Replicator::back_off(Time now) {
  asked_.reset();
  // Half of it fixed, half by chance, so that slaves that lost the master together do not return together.
  const auto half = back_off_ / 2;
  const auto jitter = Milliseconds(random_() % static_cast<std::uint64_t>(half.count() + 1));
  not_before_ = now + half + jitter;
  back_off_ = std::min(back_off_ * 2, options_.max_back_off);
}

// The state that follows from what is known.
void Replicator::settle(Time now) {
  if (stopped_) return;
  settle_by_master(now);
  if (apply_failed_.empty() || state_ == State::diverged) return;
  state_ = State::failed;
  message_ = apply_failed_;
}

void Replicator::settle_by_master(Time now) {
  if (!diverged_.empty()) {
    state_ = State::diverged;
    message_ = diverged_;
    return;
  }
  if (!master_heard(now)) {
    state_ = State::syncing;
    message_ = heard_ ? "the master has not been heard for a while; trying again" : "waiting for the master";
    return;
  }
  // A beacon that overtakes the last group does not end being live; a group that stays away does (on_beacon()).
  const bool has_all = taken_.sequence >= head_.sequence;
  // What has been read but not applied yet keeps a slave from becoming live; it shows as lag once it is.
  const bool fresh = has_all && backlog_age(now) < kFresh;
  state_ = !log_wanted_ && (fresh || state_ == State::live) ? State::live : State::catching_up;
  message_ = state_ == State::live ? std::string() : delay_;
  if (has_all) {
    behind_since_.reset();
  } else if (!behind_since_) {
    behind_since_ = now;
  }
}

Replicator::Actions Replicator::on_group(proto::Group group, Time now) {
  Actions actions;
  if (stopped_) return actions;
  hear(now);
  if (head_.sequence < group.last) head_ = Position{group.epoch, group.last, group.hash};
  switch (fit(group)) {
    case Fit::duplicate: break;
    case Fit::next:
      if (has_room()) {
        take(std::move(group), actions);
        break;
      }
      [[fallthrough]];  // no room: read again later
    case Fit::gap:
    case Fit::broken:   // damaged on the way
    case Fit::foreign:  // the log's server will say whether the histories differ
      if (!log_wanted_) ++gaps_;
      want_log(now);
  }
  ask_if_due(now, actions);
  settle(now);
  return actions;
}

Replicator::Actions Replicator::on_beacon(const proto::Beacon& beacon, Time now) {
  Actions actions;
  if (stopped_) return actions;
  const bool returned = !master_heard(now);
  hear(now);
  clock_offset_us_ = static_cast<std::int64_t>(beacon.time_us) - steady_us(now);
  if (head_.sequence < beacon.head.sequence) head_ = beacon.head;
  // After silence anything may have been missed, and the master may be another one.
  if (returned) want_log(now);
  if (beacon.head.sequence > taken_.sequence) {
    // A beacon may overtake the last groups. If one that comes later still finds us short of it, they were lost.
    if (suspicious_head_.sequence <= taken_.sequence) {
      suspicious_head_ = beacon.head;
      suspicious_since_ = now;
    } else if (now - suspicious_since_ >= kMayBeOvertaken && !log_wanted_) {
      ++gaps_;
      want_log(now);
    }
  } else if (beacon.head.sequence == taken_.sequence) {
    suspicious_head_ = {};
    if (beacon.head.sequence != 0 && beacon.head.hash != taken_.hash) want_log(now);
  } else if (suspicious_head_ == beacon.head) {
    // The master is behind us and stays there: an older copy of its data, or another cluster.
    want_log(now);
  } else {
    suspicious_head_ = beacon.head;
  }
  ask_if_due(now, actions);
  settle(now);
  return actions;
}

void Replicator::note_level() {
  while (!named_.empty() && named_.front().head.sequence <= applied_.sequence) {
    const Named& named = named_.front();
    const bool same =
        named.head.sequence < applied_.sequence || named.head.sequence == 0 || named.head.hash == applied_.hash;
    if (same) level_at_ = named.asked;
    named_.pop_front();
  }
}

Replicator::Actions Replicator::on_report_reply(const proto::Beacon& beacon, Sequence applied_then, Time asked,
                                                Time now) {
  // A head before what was here already when it was asked for is that of another history.
  const bool in_order = named_.empty() || named_.back().asked <= asked;
  if (beacon.head.sequence >= applied_then && in_order && named_.size() < kMaxNamed) {
    named_.push_back({beacon.head, asked});
    note_level();
  }
  return on_beacon(beacon, now);
}

Replicator::Actions Replicator::on_log_batch(proto::LogBatch batch, Time now) {
  Actions actions;
  if (stopped_ || !asked_) return actions;  // a late answer to a request that was given up
  hear(now);
  asked_.reset();
  diverged_.clear();
  delay_.clear();
  back_off_ = options_.min_back_off;
  not_before_ = now;
  head_ = batch.head;
  for (proto::Group& group : batch.groups) {
    const Fit how = fit(group);
    if (how == Fit::duplicate) continue;  // the stream was quicker
    if (how != Fit::next) {
      back_off(now);
      delay_ = "the log that was read does not follow this node's: asking again";
      settle(now);
      return actions;
    }
    if (!has_room()) break;  // the rest is read again
    take(std::move(group), actions);
  }
  if (head_.sequence < taken_.sequence) head_ = taken_;
  log_wanted_ = taken_.sequence < head_.sequence;
  if (log_wanted_ && batch.groups.empty()) {
    back_off(now);
    delay_ = "the log that was read is shorter than its head says: asking again";
  }
  ask_if_due(now, actions);
  settle(now);
  return actions;
}

Replicator::Actions Replicator::on_log_error(const Status& status, Time now) {
  Actions actions;
  if (stopped_ || !asked_) return actions;
  back_off(now);
  if (status.code == Code::diverged) diverged_ = status.message + ". This slave asks again and again";
  if (status.code == Code::snapshot_required)
    diverged_ = "this slave cannot catch up: in the log that it asks, " + status.message +
                ". Make it anew from a copy of another slave's data folder (docs/operations.md)";
  delay_ = "catching up is delayed: " + status.message;
  settle(now);
  return actions;
}

void Replicator::on_applied(const Position& position, std::optional<std::uint64_t> oldest_us) {
  applied_ = position;
  backlog_.applied(position.sequence);
  if (oldest_us) backlog_.begins_at(*oldest_us);
  note_level();
}

Replicator::Actions Replicator::on_logged(const Position& position, Time now) {
  Actions actions;
  while (!unlogged_.empty() && unlogged_.front().last <= position.sequence) {
    unlogged_bytes_ -= unlogged_.front().bytes;
    unlogged_.pop_front();
  }
  ask_if_due(now, actions);
  return actions;
}

Replicator::Actions Replicator::tick(Time now) {
  Actions actions;
  if (stopped_) return actions;
  if (asked_ && now - *asked_ >= options_.reply_timeout) back_off(now);
  // Silence: ask, so that the master's return is noticed even if its stream is not.
  if (!master_heard(now)) want_log(now);
  ask_if_due(now, actions);
  settle(now);
  return actions;
}

Replicator::Milliseconds Replicator::lag(Time now) const {
  const Milliseconds age = backlog_age(now);
  if (!level_at_ || now - *level_at_ < kUnheard) return age;
  return std::max(age, std::chrono::duration_cast<Milliseconds>(now - *level_at_));
}

Replicator::Milliseconds Replicator::backlog_age(Time now) const {
  if (const std::optional<std::uint64_t> oldest_us = backlog_.oldest_us(); oldest_us && clock_offset_us_ != 0) {
    const std::int64_t master_now = steady_us(now) + clock_offset_us_;
    const std::int64_t age = master_now - static_cast<std::int64_t>(*oldest_us);
    return Milliseconds(std::max<std::int64_t>(age, 0) / 1000);
  }
  if (behind_since_) return std::chrono::duration_cast<Milliseconds>(now - *behind_since_);
  return Milliseconds(0);
}

}  // namespace sqlcast::slave
