// RetryWindow: what has been executed, by client id and request id, with its outcome: so that a request that is sent
// again, or whose first copy arrives after it was sent again, gets the outcome it had and executes nothing. Rebuilt
// from the newest part of the log at start. Belongs to the sequencer's thread, but for executed().
//
// It is bounded, so it forgets; what it may have forgotten is never taken for new. An entry is forgotten only when its
// client has executed a share of the window (a sixteenth) since, or everybody together a whole window: who writes
// little is not pushed out by one who writes much. Of what was forgotten the highest sequence remains, the floor: of
// each client that is still remembered its own, of all others one. A request whose client knew of entry S before it
// sent it first can only be after S, so with a floor of S or less it is none of what was forgotten.
//
// Belongs to one thread, the sequencer's, but for executed(). Does not block.
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
    Sequence sequence = 0;
    std::uint64_t digest = 0;
    std::vector<proto::Effect> effects;
    std::size_t entries = 0;  // of this request so far: DDL in parts has several, and may have been interrupted
    std::vector<std::size_t> definitions;  // hash_of() the text of each, of DDL
  };

  // Keeps the outcomes of so many entries; one of many statements counts as one more for each 8.
  explicit RetryWindow(std::uint64_t entries) : capacity_(entries), share_(entries / 16) {}

  // Forgets everything; what is added next comes after `sequence`.
  void begin_after(Sequence sequence);

  // Entries in order of sequence.
  void add(const proto::Entry& entry, Epoch epoch, bool is_ddl = false);

  // Of a statement's text; of this process alone.
  static std::size_t hash_of(const std::string& sql) { return std::hash<std::string>()(sql); }

  // Until the next add().
  const Outcome* find(const RequestKey& key) const SQLCAST_NOT_ANALYSED;  // see mutex_
  bool executed(const RequestKey& key) const;                             // any thread

  // Whether nothing that was forgotten can have been this request. `sent_since` is a position that its client knew
  // before it first sent it; without one, or with one beyond the log's `head` (then it is of another history), only
  // what no client can have been forgotten of is known to be new.
  bool none_forgotten(const RequestKey& key, std::optional<Sequence> sent_since,
                      Sequence head) const SQLCAST_NOT_ANALYSED;  // see mutex_

 private:
  struct Client {
    Sequence floor = 0;
    std::uint64_t weight = 0;
    std::map<std::uint64_t, Outcome> outcomes;  // by request id
    std::map<Sequence, std::uint64_t> order;    // request ids, by their first entry
  };
  using Clients = std::unordered_map<std::string, Client>;
  using Named = Clients::value_type;

  void weigh(Named& client, std::int64_t change) SQLCAST_REQUIRES(mutex_);
  void forget_one() SQLCAST_REQUIRES(mutex_);

  // Held while what it guards changes, and by others who look. The one thread that changes it looks without.
  mutable Mutex mutex_;
  const std::uint64_t capacity_;
  const std::uint64_t share_;
  std::uint64_t weight_ SQLCAST_GUARDED_BY(mutex_) = 0;
  Sequence floor_ SQLCAST_GUARDED_BY(mutex_) = 0;  // of clients that are not remembered
  Clients clients_ SQLCAST_GUARDED_BY(mutex_);     // each with an outcome at least
  std::map<Sequence, Named*> by_oldest_ SQLCAST_GUARDED_BY(mutex_);
  std::set<Named*> large_ SQLCAST_GUARDED_BY(mutex_);  // those over their share: 16 at most
};

}  // namespace sqlcast::master
