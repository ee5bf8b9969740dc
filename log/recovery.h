// recover(): what the files of a log say when a process opens them, before anything is written: where the log ends,
// what was begun, and whether all is well.
//
// Torn or damaged. Bytes behind the last good record of the last file that are no record are a torn tail, an append
// that never became durable: they are kept aside as a file and overwritten with zeros. Where a record behind them says
// that the file had been on disk up to beyond them, or the file is not the last one, they are damage, and nothing is
// changed. Pure but for the files; one thread; no writer runs. Why so: docs/decisions/0032-log-files.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/status.h"
#include "base/types.h"
#include "log/file_system.h"
#include "log/format.h"
#include "log/group_chain.h"
#include "log/sparse_index.h"

namespace sqlcast::log {

struct Torn {
  std::string path;          // the log file
  std::uint64_t offset = 0;  // where in it
  std::uint64_t bytes = 0;   // how many
  std::string kept;          // the file that has them now
};

struct Recovered {
  Sequence first = 0;        // what the log begins with
  FileHeader header;         // of the last file
  std::uint64_t offset = 0;  // where the next record of it goes
  GroupChain chain;
  std::optional<Torn> torn;
};

// Nothing when the folder has no log file. All that it found is on disk when it returns ok. Reads the header of every
// file and all of the last one; memory for one group. io: a file is missing, empty, cut short or damaged;
// unsupported_version: a file of a later version; diverged: a file of another cluster; disk_full: no room to keep a
// torn tail aside. Each text has the path, the offset and what to do; nothing was changed. May block.
Result<std::optional<Recovered>> recover(FileSystem& system, const std::string& folder, const Hash& cluster,
                                         SparseIndex& index);

}  // namespace sqlcast::log
