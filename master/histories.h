// Histories: whether what others say to have fits what this master has. A master that was given an older copy of its
// data, or none, cannot know it by itself; its slaves do. While anybody has a longer or another history, the master
// must not write: each write would be the beginning of a second one. Thread-safe. Nothing but begin() and save()
// blocks, for the disk.
#pragma once

#include <atomic>
#include <functional>
#include <set>
#include <string>

#include "base/mutex.h"
#include "node/identity.h"

namespace sqlcast::master {

struct OwnHistory {
  std::string cluster;  // hex
  Position head;
};

enum class Fit {
  same,     // a beginning of ours, or all of it
  inside,   // of our cluster, and not beyond our end: same when our log has that hash there, other when it has not
  foreign,  // of another cluster
  longer,   // of our cluster, and longer
  other,    // of our cluster, and another entry at its end
};

// Pure.
Fit fit_of(const node::Claim& claim, const OwnHistory& own);

class Histories {
 public:
  struct Hooks {
    // With the reason when this master may not write any more, with "" when it may again.
    std::function<void(const std::string& why)> changed;
    // save() has something to do.
    std::function<void()> to_be_saved;
  };
  // With `accept`, a person's word on the command line, what is here counts from now on, whatever others have. The
  // hooks must not block.
  Histories(std::string data_dir, node::Identity identity, bool accept, Hooks hooks);

  // At start, before anybody writes: compares the folder's file with what its database has, and saves. `has` tells
  // whether the own log has an entry at exactly that position.
  void begin(const OwnHistory& own, const std::function<bool(const Position&)>& has);
  // The log has its first entry.
  void begun(const std::string& cluster);

  // What a node has said, judged: never Fit::inside.
  void hear(const node::Claim& claim, Fit fit, const OwnHistory& own);

  // Writes the folder's file unless it has all. False: it could not be written, and what others have may be forgotten
  // at a restart. One thread.
  bool save();

  // Why this master may not write; empty when it may.
  std::string doubt() const;

 private:
  void update() SQLCAST_REQUIRES(mutex_);
  void changed() SQLCAST_REQUIRES(mutex_);

  const std::string data_dir_;
  const bool accept_;
  const Hooks hooks_;
  mutable Mutex mutex_;
  node::Identity identity_ SQLCAST_GUARDED_BY(mutex_);
  OwnHistory own_ SQLCAST_GUARDED_BY(mutex_);      // as of the last call
  std::string folder_ SQLCAST_GUARDED_BY(mutex_);  // what is wrong with the folder itself
  std::string doubt_ SQLCAST_GUARDED_BY(mutex_);
  bool unsaved_ SQLCAST_GUARDED_BY(mutex_) = false;
  std::set<std::string> told_ SQLCAST_GUARDED_BY(mutex_);  // of what is not acted upon: told once
  std::atomic<bool> doubts_{false};
  bool cannot_save_ = false;  // of the thread of save()
};

}  // namespace sqlcast::master
