// Retention: which files at the log's front may go, and their removal. The decider is pure; trim_log() does.
// Any thread; one trim at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/types.h"
#include "log/file_system.h"

namespace sqlcast::log {

struct LogFileInfo {
  Sequence first = 0;
  std::uint64_t bytes = 0;
  std::uint64_t time_us = 0;  // when it was begun, which is when the file before it was full
};

struct RetentionRules {
  std::uint64_t max_age_us = 0;  // a file whose last group is older may go; 0 = age is no reason
  std::uint64_t max_bytes = 0;   // what all files together may have; 0 = size is no reason
  // After so long without a report, or when the log has so many bytes, a slave no longer holds it back; 0 = it always
  // does.
  std::uint64_t hold_us = 0;
  std::uint64_t hold_bytes = 0;
};

struct SlaveNeed {
  std::string name;
  Sequence has = 0;  // up to here it needs nothing any more
  std::uint64_t reported_us = 0;
};

struct RetentionFacts {
  std::uint64_t now_us = 0;
  Sequence own = 0;  // up to here this node needs nothing any more, for its own database; never trimmed beyond
  std::vector<SlaveNeed> slaves;
};

// For whom a file stays that would go by age or size: of several the one that needs most.
struct Holder {
  std::string slave;  // empty: the node's own database
  Sequence has = 0;   // what follows is what it needs
  bool operator==(const Holder&) const = default;
};

struct TrimPlan {
  std::size_t files = 0;  // so many from the front may go
  std::optional<Holder> held_by;
};

// Never the last file. Files in order.
TrimPlan plan_trim(const std::vector<LogFileInfo>& files, const RetentionRules& rules, const RetentionFacts& facts);

// The files of the log, in order, from their headers. Errors of FileCursor::open(). May block.
Result<std::vector<LogFileInfo>> log_files(FileSystem& system, const std::string& folder, const Hash& cluster);

struct Trimmed {
  std::vector<std::string> removed;  // paths; with dry_run those that would be
  std::uint64_t bytes = 0;
  Sequence last = 0;  // the last one in what was removed; 0 = nothing was
  std::optional<Holder> held_by;
};

// Removes what plan_trim() says, from the front, each one durably before the next: a crash leaves no hole.
// `dry_run`: only says what it would do. io: a file cannot be read or removed; those before it are gone. May block.
Result<Trimmed> trim_log(FileSystem& system, const std::string& folder, const Hash& cluster,
                         const RetentionRules& rules, const RetentionFacts& facts, bool dry_run);

}  // namespace sqlcast::log
