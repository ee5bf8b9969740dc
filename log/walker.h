// LogWalker: every group of a log's files in order, those included that are void or only begun, as they stand on disk;
// for who looks at a log from outside, beside the process that writes it or when there is none. Reads alone; follows
// the files while others are added behind and removed in front. Checks each record, the chain of hashes, that no file
// is missing, and what stands behind the last record. One thread; holds one group or two, and 256 KiB.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/types.h"
#include "log/file_cursor.h"
#include "log/file_system.h"
#include "log/format.h"
#include "log/group_chain.h"
#include "proto/entry.h"

namespace sqlcast::log {

// What a file's header says; of a file that is still to be looked into.
struct FileSummary {
  Sequence first = 0;  // as its name has it
  std::string path;
  std::uint64_t bytes = 0;
  FileHeader header;  // where `status` is ok
  Status status;      // io: the header cannot be used, or the file before it is missing; each text has path and advice
};

// All files of the log, in order, from their headers; empty when there is none. io: the folder cannot be read. May
// block.
Result<std::vector<FileSummary>> summarize_files(FileSystem& system, const std::string& folder);

enum class Outcome : std::uint8_t {
  done,
  none,   // void: it did nothing, and its sequences are free again
  begun,  // not ended where the log ends; the last group there is
};

struct WalkedGroup {
  Outcome outcome = Outcome::done;
  // The group; without a hash when it is not done, without a body when that was not asked for. Of what is not done the
  // body is what was to run. State ddl_pending: DDL that is not done.
  proto::Group group;
  std::string path;
  std::uint64_t offset = 0;  // where it begins in the file
  // False: done as far as it is written, and nothing behind it says that it was carried out, for it is the newest: a
  // master may still make it void, while it runs or when it starts.
  bool sure = true;
};

// Bytes behind the last record of the last file that are none: an append that is under way or never became durable.
struct Tail {
  std::string path;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

class LogWalker {
 public:
  // Stands before the first file. io: the folder cannot be read. May block.
  static Result<LogWalker> open(FileSystem& system, std::string folder);

  const std::vector<Sequence>& files() const { return files_; }  // first sequences, in order, when last listed

  // Before the first call of next(): begins with the file that begins at `first`, one of files().
  void start_at(Sequence first);
  // Groups that end at `sequence` or later have their bodies. Without a call, none has.
  void keep_from(Sequence sequence) { keep_from_ = sequence; }

  // The next group; nothing at the end of the log. Errors are those of FileCursor::open(), and io: a file is missing,
  // damaged, or does not follow the one before it; each text has path, offset and what to do. Calls give the same error
  // until skip(). May block.
  Result<std::optional<WalkedGroup>> next();
  // Goes on behind what next() refused: with the file itself when it only does not follow, else with the one after it.
  // False when there is none.
  bool skip();

  // At the end of the log, once next() has given nothing.
  const std::optional<Tail>& tail() const { return tail_; }
  // The last group that is done; what the file that is read begins behind, when there is none in it.
  const Position& end() const { return end_; }
  // How many files and bytes were read to their end.
  std::uint64_t walked_files() const { return walked_files_; }
  std::uint64_t walked_bytes() const { return walked_bytes_ + (cursor_ ? cursor_->offset() : 0); }

 private:
  LogWalker(FileSystem& system, std::string folder) : system_(system), folder_(std::move(folder)) {}

  Result<std::optional<WalkedGroup>> step();
  std::optional<WalkedGroup> take(const Record& record, const Hash& hash);
  std::optional<WalkedGroup> take_complete();
  WalkedGroup begun_group() const;
  Status open_file();
  Status check_follows(const FileCursor& cursor) const;
  Result<Look> look(Record& record);
  Status leave_file(Look found);
  Status relist();
  Sequence file_before(Sequence first) const;  // 0 = none, both
  Sequence file_after(Sequence first) const;
  bool listed(Sequence first) const;
  Status damaged(const std::string& what) const;

  FileSystem& system_;
  const std::string folder_;
  std::vector<Sequence> files_;
  Sequence opening_ = 0;    // the file that is opened next, while there is no cursor
  bool unchecked_ = false;  // it need not follow what was read before
  bool misplaced_ = false;  // it was refused because it does not
  bool finished_ = false;
  bool told_begun_ = false;
  Sequence keep_from_ = UINT64_MAX;
  std::optional<Hash> cluster_;  // of the first header that was read
  std::optional<FileCursor> cursor_;
  std::uint64_t behind_ = 0;   // bytes that are not zero, behind what the cursor last found no record at
  bool known_synced_ = false;  // and a record there says that this place was on disk
  std::string left_;           // where the file before ended
  std::optional<GroupChain> chain_;
  std::optional<WalkedGroup> complete_;  // done, unless its void follows
  std::uint64_t begin_offset_ = 0;
  Position end_;
  std::optional<Tail> tail_;
  std::uint64_t walked_files_ = 0;
  std::uint64_t walked_bytes_ = 0;
};

}  // namespace sqlcast::log
