// NodeLog: the log of one node as its parts use it: the files, the thread that makes them durable, and who waits for
// that. What a group promises (its reply, its publication, an ack) is done only when the group is on disk here.
//
// append() belongs to one thread at a time, a master's sequencer or a slave's relay; the rest is for any thread. What
// waits for durability runs in order, one at a time: on the log's own thread, or on that of an append() that syncs by
// itself. A sync that fails ends the process: nothing may be promised after it. Why so:
// docs/decisions/0033-two-heads.md.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/mutex.h"
#include "base/status.h"
#include "base/types.h"
#include "log/file_system.h"
#include "log/mending.h"
#include "log/reader.h"
#include "log/sparse_index.h"
#include "log/writer.h"
#include "proto/entry.h"

namespace sqlcast::node {

class NodeLog {
 public:
  using Then = std::function<void()>;
  struct Options {
    std::string folder;
    std::uint64_t file_bytes = 64U << 20U;
    // What may be appended and not durable: what a power loss can leave the database ahead of the log. The database
    // keeps many more groups than that (node/log_tail).
    std::size_t max_waiting = 256;
    std::chrono::milliseconds retry{20};  // of an append() that has no room; grows
    // A master's: its last group may have been written ahead of its commit when the process ended.
    bool writes_ahead = false;
    // False, in tests of which each run has to be the same: nothing runs beside the callers, who make durable what was
    // appended by append(), when it is to or much waits, by sync() and by stop().
    bool threads = true;
  };

  explicit NodeLog(Options options, log::FileSystem& system = log::real_file_system())
      : options_(std::move(options)), system_(system) {}
  ~NodeLog();  // stop()
  NodeLog(const NodeLog&) = delete;
  NodeLog& operator=(const NodeLog&) = delete;

  // Opens the files that are there and starts the thread; nothing more when there are none yet. Errors of open_log().
  // May block.
  Status open();
  // Whether there are files: since open(), or since begin().
  bool begun() const;
  // The first file of a log that has none, behind `start`. May block.
  Status begin(const Hash& cluster, const Position& start);
  // Ends every append() and sync() that waits, with shutting_down. Does not block.
  void prepare_to_stop();
  // Makes durable what was appended, does what waits for that, and closes the files. A disk that hangs ends the
  // process.
  void stop();

  // Who makes a group durable: the log's thread, while the next group is executed; append() itself, which saves two
  // wake-ups where nobody else waits to be written; or whoever does so with the next group, which is appended at once.
  enum class Sync { behind, at_once, with_next };

  // Adds a group that has been committed; `then` is done when it is durable. May block: for the disk; while
  // there is no room on the disk, which it says by health(), and while much is not durable yet. shutting_down: the
  // node is stopping; diverged, internal: the group does not follow the log's end, or is not the one that was written
  // ahead, and nothing was changed.
  Status append(const proto::Group& group, Then then = {}, Sync sync = Sync::behind);

  // A group that is about to be committed is written, so that it becomes durable meanwhile; nobody is given it, and
  // end() and durable() do not count it, until append() says that it is committed, or take_back() that it never will
  // be. One of the two comes before anything else is appended. False: not now; append() adds it. May block, for the
  // disk.
  bool write_ahead(const proto::Group& group);
  // A definition that is about to be carried out has begun, durably: with the fingerprint of what it targets, as that
  // is before. Like what is written ahead it counts when append() says that it is done, or take_back() takes it back.
  // False: there is no room for it now; append() adds all of it. May block, for the disk.
  bool begin_definition(const proto::Group& group, std::string_view fingerprint);
  // Nothing is left of what was written ahead, or begun, durably, if anything was: only then may anybody be told that
  // it failed, and its sequences be given again. May block, as append(), and until it is durable. shutting_down: the
  // node is stopping, and there is no room; what becomes of the group shows at the next start.
  Status take_back();
  // What was written ahead or begun, also before the process was started, and of which it is not known whether the
  // database has it. No reader may be given it as its limit.
  struct Unsure {
    proto::Group group;
    std::string fingerprint;  // of a definition's target before it ran; empty where its begin came with its end
  };
  std::optional<Unsure> ahead() const;
  // Done when all that was appended so far is durable. Does not block.
  void when_durable(Then then);
  // For who has read from the database and tells of it: done when all that he can have seen is durable, at once and on
  // the calling thread when it is already. Never when a group was refused with shutting_down: the database may still
  // lose what was read. Does not block.
  void when_settled(Then then);
  // A commit is sent: what it commits can be seen before it is appended. Until commit_ended().
  void commit_begins();
  void commit_ended();
  // Waits until all that was appended is durable, and what waited for that is done. May block. shutting_down: the log
  // was stopped meanwhile.
  Status sync();

  const std::string& folder() const { return options_.folder; }
  // What the chain begins with; zeros while there is no log.
  Hash cluster() const;
  Position start() const;  // behind which the log begins
  Position end() const;    // of what was appended; so nothing that is written ahead
  Position durable() const;
  // ok: a group can be appended. Else why not yet: disk_full with path and room needed, or io. Does not block.
  Status health() const;
  // How long the newest syncs took. Does not block.
  log::SyncTimes::View sync_times() const;

  // A reader of its own for one thread; the log has to have begun. Does not block.
  log::LogReader reader();
  // Whether a group of the log ends exactly there. snapshot_required: the log begins later; io: damage. May block.
  Result<bool> has(const Position& position);
  // As log::mend_file(), while the log is open. May block.
  Result<std::optional<log::Mended>> mend(Sequence entry, const log::FetchGroups& fetch) SQLCAST_EXCLUDES(files_mutex_);
  // Held by who removes files, or puts them back.
  Mutex& files_mutex() { return files_mutex_; }

 private:
  struct Waiting {
    log::AppendNumber number = 0;
    std::uint64_t bytes = 0;
    Then then;
  };
  Status open_files(const Hash& cluster, const std::optional<Position>& start);
  Status append_here(const proto::Group& group);
  Status try_append(const proto::Group& group);
  void wait_until_durable(log::AppendNumber number) SQLCAST_EXCLUDES(mutex_);
  Status wait_for_room(const Status& why, std::chrono::milliseconds time) SQLCAST_EXCLUDES(mutex_);
  Result<bool> is_there(const proto::Group& group) SQLCAST_EXCLUDES(mutex_);
  void run();
  void end_if_the_disk_hangs();
  void make_durable(bool idle) SQLCAST_EXCLUDES(mutex_);
  bool too_much_waits() const SQLCAST_REQUIRES(mutex_);
  log::LogWriter& writer() const;

  const Options options_;
  struct Ahead {
    log::AppendNumber number = 0;  // when that is durable, the group is
    Position before;
    Position end;
  };

  log::FileSystem& system_;
  log::SparseIndex index_;
  Mutex files_mutex_;
  Hash cluster_{};
  Position start_;

  mutable Mutex mutex_;
  ConditionVariable to_do_;                                            // the log's thread waits for it
  ConditionVariable done_;                                             // the others
  std::unique_ptr<log::LogWriter> writer_ SQLCAST_GUARDED_BY(mutex_);  // set once
  std::optional<Ahead> ahead_ SQLCAST_GUARDED_BY(mutex_);
  std::deque<Waiting> waiting_ SQLCAST_GUARDED_BY(mutex_);
  std::uint64_t waiting_bytes_ SQLCAST_GUARDED_BY(mutex_) = 0;
  bool commit_under_way_ SQLCAST_GUARDED_BY(mutex_) = false;
  std::deque<Then> behind_commit_ SQLCAST_GUARDED_BY(mutex_);
  bool cut_short_ SQLCAST_GUARDED_BY(mutex_) = false;  // the database has a group that is not appended any more
  bool syncing_ SQLCAST_GUARDED_BY(mutex_) = false;    // somebody makes durable, and does what waits for that
  bool stopping_ SQLCAST_GUARDED_BY(mutex_) = false;   // nobody waits for the disk any more
  bool closing_ SQLCAST_GUARDED_BY(mutex_) = false;    // nothing more is appended
  bool stopped_ SQLCAST_GUARDED_BY(mutex_) = false;    // nothing is left to be made durable
  std::thread thread_;

  using Clock = std::chrono::steady_clock;
  // Since when the disk has been at it, for an append and for a sync; zero = it is not.
  std::atomic<Clock::time_point> disk_since_{};
  std::atomic<Clock::time_point> sync_since_{};
  std::thread guard_;
};

}  // namespace sqlcast::node
