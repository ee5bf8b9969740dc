// Replicator: decides what a slave does with what it hears: take it into its log, drop it, or ask for what is missing.
// A pure state machine: no socket, thread, database or clock; time comes in with each event. Belongs to one thread, the
// receiver's. Does not block.
//
// Subscribe first, then ask for everything after my position, drop duplicates, go live. The log is the truth: a
// live message that does not follow is never an error by itself, only a reason to ask the log, and it is the log's
// server that says "your history is not mine". The slave then takes nothing and asks again now and then: a master that
// lost its data may get it back. What has been taken is logged, and from there applied, by others, who say how far they
// are; to be far behind in applying is no reason not to take what comes.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/types.h"
#include "proto/message.h"
#include "slave/backlog.h"

namespace sqlcast::slave {

class Replicator {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Milliseconds = std::chrono::milliseconds;

  enum class State {
    syncing,      // has not heard from its master yet, or not for too long
    catching_up,  // reading the log
    live,         // has everything the master is known to have, and hears the stream
    diverged,     // the master's history is another; asks again, for the true one may come back
    failed,       // for good: what must not be guessed has gone wrong. It may still take what comes
  };

  static constexpr std::size_t kMaxQueuedGroups = 65'536;
  static constexpr std::uint64_t kGroupOverhead = 512;  // what a group costs besides its body

  struct Options {
    Milliseconds master_timeout{3'000};  // silence so long = the master is gone
    Milliseconds reply_timeout{5'000};   // a log_read without an answer so long is asked again
    Milliseconds min_back_off{50};
    Milliseconds max_back_off{2'000};
    // Taken and not logged yet. One group always has room; more than this never waits, but for the last one's size.
    std::uint64_t max_queued_bytes = 64U << 20U;  // each group counted with kGroupOverhead
    std::size_t max_queued_groups = kMaxQueuedGroups;
  };

  // What to do now. Groups are to be logged in this order, after all that were given before.
  struct Actions {
    std::vector<proto::Group> take;
    std::optional<proto::LogReadRequest> read_log;
  };

  // Where a node begins: up to where its own log is, what of that it has applied, and when the first group was
  // committed that it has not (microseconds since 1970; nothing when there is none).
  struct Start {
    Position logged;
    Position applied;
    std::optional<std::uint64_t> oldest_us;
  };

  Replicator(Options options, const Start& start, std::uint64_t seed);

  [[nodiscard]] Actions on_group(proto::Group group, Time now);
  [[nodiscard]] Actions on_beacon(const proto::Beacon& beacon, Time now);
  // The master's answer to a report that was sent at `asked`, when this node had applied `applied_then`.
  [[nodiscard]] Actions on_report_reply(const proto::Beacon& beacon, Sequence applied_then, Time asked, Time now);
  [[nodiscard]] Actions on_log_batch(proto::LogBatch batch, Time now);
  [[nodiscard]] Actions on_log_error(const Status& status, Time now);
  [[nodiscard]] Actions on_logged(const Position& position, Time now);  // and durable
  [[nodiscard]] Actions tick(Time now);
  // `oldest_us`: when the first group was committed that is not applied, where that is known.
  void on_applied(const Position& position, std::optional<std::uint64_t> oldest_us = std::nullopt);
  // Nothing more is applied; with an empty message: it goes on again. What the master has is taken all the same: it is
  // the safer for one more copy.
  void on_apply_failed(const std::string& message, Time now);
  // Nothing more is taken either.
  void on_failed(std::string message);

  State state() const { return state_; }
  const std::string& message() const { return message_; }  // why failed, or what it waits for
  bool master_heard(Time now) const { return heard_ && now - *heard_ <= options_.master_timeout; }
  Sequence head() const { return head_.sequence; }
  const Position& taken() const { return taken_; }
  std::uint64_t gaps() const { return gaps_; }
  std::uint64_t catch_ups() const { return catch_ups_; }

  // How old the oldest entry is that the master has and this node has not applied; zero when there is none. While
  // nothing is known of the master, for how long this has been so.
  Milliseconds lag(Time now) const;

  // A moment at which this node certainly had everything that the master had: it has applied what the master named in
  // an answer to a question that was asked then. Nothing when there has been none. No clock but the own is believed.
  const std::optional<Time>& level_at() const { return level_at_; }

 private:
  enum class Fit { next, duplicate, gap, broken, foreign };
  struct Unlogged {
    Sequence last;
    std::uint64_t bytes;
  };

  Fit fit(const proto::Group& group) const;
  bool has_room() const;
  bool has_room_for_a_batch() const;
  void take(proto::Group group, Actions& actions);
  void want_log(Time now);
  void ask_if_due(Time now, Actions& actions);
  void back_off(Time now);
  void hear(Time now);
  void note_level();
  Milliseconds backlog_age(Time now) const;
  void settle(Time now);
  void settle_by_master(Time now);

  const Options options_;
  std::minstd_rand random_;
  State state_ = State::syncing;
  std::string message_ = "waiting for the master";

  struct Named {  // by the master, in an answer to what was asked at this time
    Position head;
    Time asked;
  };

  Position applied_;
  std::deque<Named> named_;  // not applied yet
  std::optional<Time> level_at_;

  Backlog backlog_;  // taken, or there at the start, and not applied yet

  Position taken_;  // the end of what is logged, or was given to be
  std::deque<Unlogged> unlogged_;
  std::uint64_t unlogged_bytes_ = 0;

  Position head_;             // the master's, as last heard
  Position suspicious_head_;  // a beacon ahead of us: news if it is still so at one that comes later
  Time suspicious_since_{};
  std::optional<Time> heard_;
  std::int64_t clock_offset_us_ = 0;  // the master's clock less our steady clock, from the last beacon
  std::optional<Time> behind_since_;

  bool log_wanted_ = true;     // something is missing, or must be verified
  std::optional<Time> asked_;  // a log_read is in flight since then
  Time not_before_{};          // back-off
  bool stopped_ = false;       // takes nothing more
  std::string apply_failed_;   // why nothing more is applied; empty when it is
  std::string diverged_;       // what the master has said of the two histories; empty when they are one
  std::string delay_;          // why the last log_read brought nothing; empty when it did
  Milliseconds back_off_;
  std::uint64_t gaps_ = 0;
  std::uint64_t catch_ups_ = 0;
};

std::string_view state_name(Replicator::State state);  // "Syncing", "CatchingUp", "Live", "Failed"

}  // namespace sqlcast::slave
