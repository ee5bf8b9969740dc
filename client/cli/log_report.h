// What `sqlcast log` says of a log's files, as text for people or as JSON. Reads alone, whether a node writes them or
// not. One thread. May block, for the disk.
//
// Each report goes to Report::out as it comes. A Status that is not ok is what is wrong with the log (io and such, with
// path, offset and what to do), or with what was asked for (bad_request).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/types.h"
#include "log/file_system.h"

namespace sqlcast::cli {

struct Report {
  log::FileSystem& system;
  std::string folder;
  bool json = false;
  std::function<bool(std::string_view text)> out;  // false: nobody reads it any more
};

// Which files there are, how far the log goes, what was begun, what stands behind its end. With `files` a line a file.
// io: something is wrong with a header, the order of the files, or the last one; the others are not looked into.
Status report_log_status(const Report& report, bool files);

struct VerifyProgress {
  std::uint64_t files = 0;
  std::uint64_t all_files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t all_bytes = 0;
  Sequence sequence = 0;
};

// Reads all of it. `progress` is called often. io: how many places are damaged; each was told.
Status report_log_verified(const Report& report, const std::function<void(const VerifyProgress&)>& progress);

// The groups that have a sequence of `from` to `to`. bad_request: the log has none of them.
Status report_log_groups(const Report& report, Sequence from, Sequence to);

// What would go if the node needed nothing up to `to` any more.
Status report_log_trim(const Report& report, Sequence to);

}  // namespace sqlcast::cli
