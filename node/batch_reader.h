// BatchReader: the groups of this node's own log that its database lacks, read from the files and decoded, in portions
// for one transaction each. Holds one portion's groups at most, and what LogReader holds.
//
// One thread. May block, for the disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/status.h"
#include "base/types.h"
#include "log/reader.h"
#include "node/group_applier.h"
#include "node/node_log.h"

namespace sqlcast::node {

class BatchReader {
 public:
  // What makes a portion full.
  struct Portion {
    std::size_t entries = 2'000;
    std::uint64_t bytes = 4U << 20U;
  };

  explicit BatchReader(NodeLog& log) : BatchReader(log, Portion()) {}
  BatchReader(NodeLog& log, const Portion& portion) : log_(log), portion_(portion) {}

  // Goes behind the group that ends exactly at `after`; the log has begun, and is durable up to there. diverged: no
  // such group is in the log. snapshot_required: the log begins later. Else errors of LogReader.
  Status seek(const Position& after);
  // Behind the last group that next() gave.
  const Position& end() const { return end_; }

  // When the next group was committed, in microseconds since 1970; nothing when there is none up to `limit`. Errors of
  // next().
  Result<std::optional<std::uint64_t>> next_time_us(const Position& limit);
  // What comes next, up to `limit`, which is the end of a durable group, or before end(): a definition alone, otherwise
  // as many groups as there are, until they fill a portion; none when there is none. bad_message: a group's body is
  // none. Else errors of LogReader.
  Result<std::vector<DecodedGroup>> next(const Position& limit);

 private:
  Status look_ahead(const Position& limit);

  NodeLog& log_;
  Portion portion_;
  std::optional<log::LogReader> reader_;
  std::optional<DecodedGroup> ahead_;  // read, and not given yet
  Position limit_;                     // of what is read ahead of: kept until it is reached
  Position end_;
};

}  // namespace sqlcast::node
