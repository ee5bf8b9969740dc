// LogWriter: appends groups to the log of one node, in files of a fixed size, and says what of them is durable.
//
// A group is a begin (what is to run) and an end (what it did), or a begin alone that is complete. What is appended is
// in the file at once, and durable when a sync() that began later has returned ok. A sync that fails is never tried
// again: the writer is poisoned then, refuses everything with the reason, and the process has to start anew from what
// is on disk. append…() belong to one thread, sync() to another; the rest is for any thread. Readers have readers' own
// class. Why so: docs/decisions/0032-log-files.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "base/status.h"
#include "base/types.h"
#include "log/file_preparer.h"
#include "log/file_system.h"
#include "log/format.h"
#include "log/group_chain.h"
#include "log/recovery.h"
#include "log/sparse_index.h"
#include "log/sync_times.h"

namespace sqlcast::log {

struct LogSettings {
  std::string folder;
  Hash cluster{};  // what the chain begins with (proto::genesis_hash)
  // A file is begun anew when the next group would make it longer. A group's end always goes where its begin is, so a
  // file can be longer by an end, or by one group that has no room in any.
  std::uint64_t file_bytes = 64U << 20U;
  bool prepare_beforehand = true;         // the next file, by a thread of its own
  std::chrono::milliseconds retry{1000};  // when there was no room for it
};

struct GroupBegin {
  bool ddl = false;
  bool complete = false;  // the effects are in it: no end is needed. Not with ddl
  Epoch epoch = 0;
  Sequence first = 0;
  Sequence last = 0;
  std::uint64_t time_us = 0;  // microseconds since 1970-01-01 UTC
  std::string_view bytes;
  std::string_view fingerprint;  // ddl only; no part of the group's bytes and hash
  std::optional<Hash> hash;      // of a complete group, when known: another one is diverged
};

struct GroupEnd {
  std::uint64_t time_us = 0;
  std::string_view bytes;
  std::optional<Hash> hash;  // of the group, when known: another one is diverged
};

// A place in the order of appends since the log was opened: 1, 2, 3 …
using AppendNumber = std::uint64_t;

struct Progress {
  AppendNumber number = 0;  // of the last append
  Position end;             // of the last group that was done with it; a group that is complete counts until it is void
  bool operator==(const Progress&) const = default;
};

struct OpenedLog;

class LogWriter {
 public:
  ~LogWriter();  // what was not synced is not
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Outcomes of all of append…(): ok: in the file, not yet durable. internal: the record cannot follow here; diverged:
  // its hash is not the one that was given; too_large; disk_full: path and room needed are in the text, and a later
  // call works when there is room; nothing was changed in these cases. io: the next file cannot be made, which is tried
  // again, or the writer is poisoned. A begin that is not complete is refused with disk_full as soon as there is no
  // room for the next file, so that an end has room in this one; a complete one when it does not fit into this one with
  // a void behind it. May block: a begin that starts another file waits for two syncs, and for the file when it is not
  // ready.
  Result<Progress> append(const GroupBegin& begin) SQLCAST_EXCLUDES(sync_mutex_, mutex_);
  // Ends the begun group: it is done.
  Result<Progress> append(const GroupEnd& end) SQLCAST_EXCLUDES(mutex_);
  // Ends the begun group, or the last one when it was complete, as void: it did nothing, and its sequences are free.
  Result<Progress> append_void(std::uint64_t time_us) SQLCAST_EXCLUDES(mutex_);
  // The last group, which was complete, has been carried out: it is not to become void. Does not block.
  void settle() SQLCAST_EXCLUDES(mutex_);

  // Makes durable what was appended before the call; how far that is. May block, for the disk; appends go on meanwhile.
  // Called when there is nothing new, it notes in the file how far that is on disk, for who looks for damage later; not
  // while the last group may become void: behind a note it cannot.
  Result<Progress> sync() SQLCAST_EXCLUDES(sync_mutex_, mutex_);

  // Syncs, and notes in the file that all of it is on disk. Afterwards everything is refused. May block, for the disk.
  Status close() SQLCAST_EXCLUDES(sync_mutex_, mutex_);

  // Do not block for longer than an append takes.
  Progress appended() const SQLCAST_EXCLUDES(mutex_);
  Progress durable() const SQLCAST_EXCLUDES(mutex_);
  std::optional<Begun> begun() const SQLCAST_EXCLUDES(mutex_);
  SyncTimes::View sync_times() const { return sync_times_.view(); }  // of the files that groups are in
  Status health() const SQLCAST_EXCLUDES(mutex_);  // why it is poisoned, or has no next file; ok otherwise

 private:
  friend Result<OpenedLog> open_log(FileSystem& system, const LogSettings& settings,
                                    const std::optional<Position>& start, SparseIndex& index);
  LogWriter(FileSystem& system, LogSettings settings);

  Status start(const Position& position) SQLCAST_EXCLUDES(sync_mutex_, mutex_);
  Status resume(const Recovered& recovered) SQLCAST_EXCLUDES(mutex_);
  Result<Progress> append_record(Record& record, const std::optional<Hash>& expected) SQLCAST_REQUIRES(mutex_);
  Status write_record(Record& record) SQLCAST_REQUIRES(mutex_);
  Status clean_end(std::uint64_t from) SQLCAST_REQUIRES(mutex_);
  bool needs_new_file(const Record& record) const SQLCAST_EXCLUDES(mutex_);
  Status begin_new_file(std::uint64_t time_us) SQLCAST_REQUIRES(sync_mutex_) SQLCAST_EXCLUDES(mutex_);
  Status create_file(const FileHeader& header) SQLCAST_REQUIRES(sync_mutex_) SQLCAST_EXCLUDES(mutex_);
  Status sync_file() SQLCAST_REQUIRES(sync_mutex_) SQLCAST_EXCLUDES(mutex_);
  Status note_synced() SQLCAST_REQUIRES(sync_mutex_) SQLCAST_EXCLUDES(mutex_);
  Status poison(const Status& status) SQLCAST_EXCLUDES(mutex_);
  Status poison_locked(const Status& status) SQLCAST_REQUIRES(mutex_);

  FileSystem& system_;
  const LogSettings settings_;
  FilePreparer preparer_;
  SyncTimes sync_times_;

  // Held over a sync and over a change of files; taken before mutex_. So no two syncs of a file ever run at once, where
  // the system would tell the failure to one of them only.
  Mutex sync_mutex_;
  std::unique_ptr<File> next_ SQLCAST_GUARDED_BY(sync_mutex_);  // prepared, not yet part of the log

  mutable Mutex mutex_;
  std::unique_ptr<File> file_ SQLCAST_GUARDED_BY(mutex_);  // changes with both held: stays while either is
  FileHeader header_ SQLCAST_GUARDED_BY(mutex_);
  std::uint64_t offset_ SQLCAST_GUARDED_BY(mutex_) = 0;     // where the next record goes
  std::uint64_t synced_ SQLCAST_GUARDED_BY(mutex_) = 0;     // the file is on disk up to here
  std::uint64_t noted_ SQLCAST_GUARDED_BY(mutex_) = 0;      // and a record in it says so of this
  std::uint64_t dirty_end_ SQLCAST_GUARDED_BY(mutex_) = 0;  // an append that failed may have left bytes up to here
  std::optional<GroupChain> chain_ SQLCAST_GUARDED_BY(mutex_);
  Progress appended_ SQLCAST_GUARDED_BY(mutex_);
  Progress durable_ SQLCAST_GUARDED_BY(mutex_);
  Status poisoned_ SQLCAST_GUARDED_BY(mutex_);
};

struct OpenedLog {
  std::unique_ptr<LogWriter> writer;
  Sequence first = 1;  // what the log begins with
  Position end;        // durable, a last group that is complete included
  Position settled;    // the same without it, where nothing says that it was carried out
  // Not ended when the process died; or the last of all, complete: it may still be ended as void. The caller knows
  // whether the database has it.
  std::optional<Begun> begun;
  std::optional<Torn> torn;  // what was cut off
};

// Opens the log in settings.folder, or begins one behind `start` when the folder has none; without `start` that is io.
// Other outcomes: those of recover(). `system` and `index` outlive the writer. May block, for the disk.
Result<OpenedLog> open_log(FileSystem& system, const LogSettings& settings, const std::optional<Position>& start,
                           SparseIndex& index);

}  // namespace sqlcast::log
