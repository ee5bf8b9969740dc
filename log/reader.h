// LogReader: the groups of the log in order, from any one on, while a writer appends. Reads no further than it is told
// is durable and will not be void any more; checks every record and the chain of hashes. Holds one group and 256 KiB.
// One thread; any number of readers beside each other, the writer and the trimmer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/types.h"
#include "log/file_cursor.h"
#include "log/file_system.h"
#include "log/group_chain.h"
#include "log/sparse_index.h"
#include "proto/entry.h"

namespace sqlcast::log {

// First sequences of the files, in order; empty when there is none. Does not say that they are good. May block.
Result<std::vector<Sequence>> list_files(FileSystem& system, const std::string& folder);

// The cluster of the log in the folder, by its first file; nothing when there is no file. Errors of decode_header and
// FileSystem. May block.
Result<std::optional<Hash>> find_cluster(FileSystem& system, const std::string& folder);

class LogReader {
 public:
  // All of them outlive the reader. `cluster`: what the chain begins with.
  LogReader(FileSystem& system, std::string folder, const Hash& cluster, SparseIndex& index)
      : system_(system), folder_(std::move(folder)), cluster_(cluster), index_(index) {}

  // Goes behind the group that ends at `after`, and says what its position is. `limit`: as next() has it; `after` is
  // not beyond it. diverged: no group ends there. snapshot_required: the log begins later, for it was trimmed.
  // bad_request: it has not come so far. io: as next().
  // May block: walks one file at most, and some 64 KiB where the index has a place near it.
  Result<Position> seek(Sequence after, const Position& limit);

  // The same, but goes in front of the group that has the entry behind `after`, where no group ends at `after`.
  Result<Position> seek_entry(Sequence after, const Position& limit);

  // The next group, whole, its state committed or ddl_done; nothing when the next one ends behind `limit`, which is the
  // position of a group that is durable and will not become void. diverged: the log has another history than `limit`.
  // io: a file is missing or damaged; the text says which and where, and the reader stays where it is. May block.
  Result<std::optional<proto::Group>> next(const Position& limit);

 private:
  Result<std::optional<proto::Group>> advance(const Position& limit, bool keep);
  Result<std::optional<proto::Group>> advance_from_here(const Position& limit, bool keep);
  Status open_file(Sequence first);
  Status next_file();
  Status open_near(Sequence after, const Position& limit);
  Status walk_to(Sequence after, const Position& limit);
  void go_back(Sequence file, std::uint64_t offset, const Position& end);
  Result<bool> is_void(const proto::Group& group, const Position& limit);
  Status damaged(const std::string& what) const;

  FileSystem& system_;
  const std::string folder_;
  const Hash cluster_;
  SparseIndex& index_;
  std::optional<FileCursor> cursor_;
  std::optional<GroupChain> chain_;
  Position limit_;
};

// Reads all of the log up to `end` and says whether it is whole; for who has the time. Status as next(). May block,
// long.
Status verify_log(FileSystem& system, const std::string& folder, const Hash& cluster, const Position& end);

}  // namespace sqlcast::log
