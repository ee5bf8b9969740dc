// Mending: a log file that cannot be read any more, or is gone, is written anew: what is good in front of the damage as
// it stands there, the rest from groups that another node has. That node is believed only as far as the chain of hashes
// ties its groups to what is here: to the group in front of them, and to what the next file begins behind; in the last
// file, to the newest group whose head can still be read. What there was is kept aside. Where anything does not fit,
// nothing is changed. Why so: docs/decisions/0036-mended-from-another-node.md.
//
// One thread; nobody removes files meanwhile. May block, for the disk and for the other node.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/types.h"
#include "log/file_system.h"
#include "proto/entry.h"

namespace sqlcast::log {

// Groups of another node's log that follow `after`, in order; none when it has none. With a hash of zeros: from the
// group on that has the entry behind `after`. An error ends the mending.
using FetchGroups = std::function<Result<std::vector<proto::Group>>(const Position& after)>;

struct Mended {
  std::string path;          // the log file
  std::uint64_t offset = 0;  // from where on it is made of the other node's groups
  Sequence from = 0;         // the first entry of those
  Sequence to = 0;           // and the last
  std::string kept;          // the file that has what stood there; empty when there was none
};

struct MendingRules {
  bool all = false;  // every file is read; else what recover() reads: every header, and the last file
  // The other node has every group that this one had: it is its master. What stood at the end of the last file and
  // leaves no trace is not to be had from another. When what it has is shorter by more than marks, it was put back:
  // diverged.
  bool has_all = false;
};

// "PATH: entries 7 to 12 were had from another node …", for people.
std::string mended_text(const Mended& mended);

// The file that has `entry`, of a log that a writer may have open. Nothing: it is whole. Errors: io: it is the last
// file, which only a log that nobody has open can have mended, or this disk fails; diverged: the other node's groups do
// not fit; disk_full; those of `fetch`.
Result<std::optional<Mended>> mend_file(FileSystem& system, const std::string& folder, Sequence entry,
                                        const FetchGroups& fetch);

// All files of a log that nobody has open, one after the other; up to the first that cannot be mended. Errors as above,
// and unsupported_version.
Result<std::vector<Mended>> mend_closed_log(FileSystem& system, const std::string& folder, const MendingRules& rules,
                                            const FetchGroups& fetch);

}  // namespace sqlcast::log
