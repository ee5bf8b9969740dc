// Retention: which files at the log's front may go, and their removal. The decider is pure; trim_log() does.
// Any thread; one trim at a time.
#pragma once

#include <cstdint>
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
  Sequence has = 0;  // up to here it needs nothing any more
  std::uint64_t reported_us = 0;
};

struct RetentionFacts {
  std::uint64_t now_us = 0;
  Sequence own = 0;  // up to here this node needs nothing any more, for its own database; never trimmed beyond
  std::vector<SlaveNeed> slaves;
};

// How many files from the front may go. Never the last one. Files in order.
std::size_t files_to_trim(const std::vector<LogFileInfo>& files, const RetentionRules& rules,
                          const RetentionFacts& facts);

// The files of the log, in order, from their headers. Errors of FileCursor::open(). May block.
Result<std::vector<LogFileInfo>> log_files(FileSystem& system, const std::string& folder, const Hash& cluster);

struct Trimmed {
  std::vector<std::string> removed;  // paths; with dry_run those that would be
  std::uint64_t bytes = 0;
};

// Removes what files_to_trim() says, from the front, each one durably before the next: a crash leaves no hole.
// `dry_run`: only says what it would do. io: a file cannot be read or removed; those before it are gone. May block.
Result<Trimmed> trim_log(FileSystem& system, const std::string& folder, const Hash& cluster,
                         const RetentionRules& rules, const RetentionFacts& facts, bool dry_run);

}  // namespace sqlcast::log
