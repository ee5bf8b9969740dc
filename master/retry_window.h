// RetryWindow: what has been executed, by client id and request id, with its outcome: so that a request that is sent
// again, or whose first copy arrives after it was sent again, gets the outcome it had and executes nothing. The log
// alone makes it what it is: of two that had the same entries in the same order, the one is as the other.
//
// It is bounded, so it forgets; what it may have forgotten is never taken for new. An entry is forgotten only when its
// client has executed a share of the window (a sixteenth) since, or everybody together a whole window: who writes
// little is not pushed out by one who writes much. Of what was forgotten the highest sequence remains, the floor: of
// each client that is still remembered its own, of all others one. A request whose client knew of entry S before it
// sent it first can only be after S, so with a floor of S or less it is none of what was forgotten.
//
// Belongs to one thread, the sequencer's, but for executed(), and for the copy that another thread takes of it, in
// steps, while it goes on (master/retry_memory). Does not block for longer than such a step.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/types.h"
#include "proto/entry.h"

namespace sqlcast::master {

class RetryWindow {
 public:
  struct Outcome {
    Epoch epoch = 0;
    Sequence first = 0;  // the first entry of the request, and its last
    Sequence sequence = 0;
    std::uint64_t digest = 0;
    std::vector<proto::Effect> effects;
    std::size_t entries = 0;  // of this request so far: DDL in parts has several, and may have been interrupted
    std::vector<std::uint64_t> definitions;  // hash_of() the text of each, of DDL
    bool operator==(const Outcome&) const = default;
  };
  // What is remembered of a client, or a part of it.
  struct Remembered {
    std::uint64_t request_id = 0;
    Outcome outcome;
    bool operator==(const Remembered&) const = default;
  };
  struct ClientMemory {
    std::string client_id;
    Sequence floor = 0;
    std::vector<Remembered> requests;
    bool operator==(const ClientMemory&) const = default;
  };
  // What it is at the end of a group, but for the clients.
  struct Place {
    Position position;
    Sequence floor = 0;
  };

  // Keeps the outcomes of so many entries; one of many statements counts as one more for each 8.
  explicit RetryWindow(std::uint64_t entries) : capacity_(entries), share_(entries / 16) {}

  // Forgets everything; what is added next comes after `sequence`.
  void begin_after(Sequence sequence);
  // Behind begin_after(): as a copy of a window says, its parts in any order, within this one's bounds. False: that is
  // no window's copy, and begin_after() has to follow.
  [[nodiscard]] bool restore(const Place& place, std::vector<ClientMemory> clients);

  // Entries in order of sequence.
  void add(const proto::Entry& entry, Epoch epoch, bool is_ddl = false);

  // The group whose entries were added ends there.
  void end_group(const Position& position);

  // Of a statement's text.
  static std::uint64_t hash_of(const std::string& sql) { return proto::content_digest(sql); }

  // Until the next add().
  const Outcome* find(const RequestKey& key) const SQLCAST_NOT_ANALYSED;  // see mutex_
  bool executed(const RequestKey& key) const;                             // any thread

  // Whether nothing that was forgotten can have been this request. `sent_since` is a position that its client knew
  // before it first sent it; without one, or with one beyond the log's `head` (then it is of another history), only
  // what no client can have been forgotten of is known to be new.
  bool none_forgotten(const RequestKey& key, std::optional<Sequence> sent_since,
                      Sequence head) const SQLCAST_NOT_ANALYSED;  // see mutex_

  // A copy of the window as it is when it begins, taken by another thread while this one goes on: what is about to
  // change is copied first. One at a time, and to its end. Nothing: a group is just being added, or none has been since
  // begin_after().
  std::optional<Place> begin_copy();
  // Adds so many requests to the copy, and those that had to be copied early. False: that was all.
  bool copy_some(std::size_t requests, std::vector<ClientMemory>& copy);
  // The last group's. Any thread.
  Position position() const;

 private:
  struct Client {
    Sequence floor = 0;
    std::uint64_t copy = 0;   // the copy that the next two are about
    Sequence copied_to = 0;   // by first entry
    Sequence floor_then = 0;  // when the copy was begun
    std::uint64_t weight = 0;
    std::map<std::uint64_t, Outcome> outcomes;  // by request id
    std::map<Sequence, std::uint64_t> order;    // request ids, by their first entry
  };
  using Clients = std::unordered_map<std::string, Client>;
  using Named = Clients::value_type;

  void weigh(Named& client, std::int64_t change) SQLCAST_REQUIRES(mutex_);
  void forget_one() SQLCAST_REQUIRES(mutex_);
  void meet(Client& client) SQLCAST_REQUIRES(mutex_);
  void copy_early(Named& named, std::uint64_t request_id, const Outcome& outcome) SQLCAST_REQUIRES(mutex_);
  std::size_t copy_client(Named& named, std::size_t requests, std::vector<ClientMemory>& copy) SQLCAST_REQUIRES(mutex_);

  // Held while what it guards changes, and by others who look. The one thread that changes it looks without.
  mutable Mutex mutex_;
  const std::uint64_t capacity_;
  const std::uint64_t share_;
  std::uint64_t weight_ SQLCAST_GUARDED_BY(mutex_) = 0;
  Sequence floor_ SQLCAST_GUARDED_BY(mutex_) = 0;  // of clients that are not remembered
  Position position_ SQLCAST_GUARDED_BY(mutex_);
  bool group_begun_ SQLCAST_GUARDED_BY(mutex_) = true;
  Clients clients_ SQLCAST_GUARDED_BY(mutex_);  // each with an outcome at least
  std::map<Sequence, Named*> by_oldest_ SQLCAST_GUARDED_BY(mutex_);
  std::set<Named*> large_ SQLCAST_GUARDED_BY(mutex_);  // those over their share: 16 at most
  // The copy: which one, whether it is being taken, of what, how far in by_oldest_, what had to be copied early, and
  // what all of that was, by first entry.
  std::uint64_t copy_ SQLCAST_GUARDED_BY(mutex_) = 0;
  bool copying_ SQLCAST_GUARDED_BY(mutex_) = false;
  Sequence copy_of_ SQLCAST_GUARDED_BY(mutex_) = 0;
  Sequence copied_to_ SQLCAST_GUARDED_BY(mutex_) = 0;
  std::vector<ClientMemory> copied_early_ SQLCAST_GUARDED_BY(mutex_);
  std::set<Sequence> changed_ SQLCAST_GUARDED_BY(mutex_);
};

}  // namespace sqlcast::master
