#include "log/retention.h"

#include <algorithm>

#include "log/file_cursor.h"
#include "log/format.h"
#include "log/reader.h"

namespace sqlcast::log {
namespace {

// A clock that went back makes nothing old.
bool older(std::uint64_t then_us, std::uint64_t now_us, std::uint64_t than_us) {
  return now_us > then_us && now_us - then_us > than_us;
}

bool holds(const SlaveNeed& slave, std::uint64_t bytes, const RetentionRules& rules, const RetentionFacts& facts) {
  if (rules.hold_us != 0 && older(slave.reported_us, facts.now_us, rules.hold_us)) return false;
  return rules.hold_bytes == 0 || bytes <= rules.hold_bytes;
}

}  // namespace

std::size_t files_to_trim(const std::vector<LogFileInfo>& files, const RetentionRules& rules,
                          const RetentionFacts& facts) {
  std::uint64_t bytes = 0;
  for (const LogFileInfo& file : files) bytes += file.bytes;
  std::size_t count = 0;
  for (; count + 1 < files.size(); ++count) {
    const LogFileInfo& next = files[count + 1];
    const Sequence last = next.first - 1;
    const bool old = rules.max_age_us != 0 && older(next.time_us, facts.now_us, rules.max_age_us);
    const bool too_much = rules.max_bytes != 0 && bytes > rules.max_bytes;
    const bool needed =
        last > facts.own || std::any_of(facts.slaves.begin(), facts.slaves.end(), [&](const SlaveNeed& slave) {
          return slave.has < last && holds(slave, bytes, rules, facts);
        });
    if ((!old && !too_much) || needed) break;
    bytes -= files[count].bytes;
  }
  return count;
}

Result<std::vector<LogFileInfo>> log_files(FileSystem& system, const std::string& folder, const Hash& cluster) {
  const Result<std::vector<Sequence>> firsts = list_files(system, folder);
  if (!firsts.ok()) return firsts.status();
  std::vector<LogFileInfo> files;
  for (const Sequence first : *firsts) {
    const Result<FileCursor> file = FileCursor::open(system, folder, first, cluster);
    if (!file.ok()) return file.status();
    files.push_back({first, file->file_bytes(), file->header().time_us});
  }
  return files;
}

Result<Trimmed> trim_log(FileSystem& system, const std::string& folder, const Hash& cluster,
                         const RetentionRules& rules, const RetentionFacts& facts, bool dry_run) {
  const Result<std::vector<LogFileInfo>> files = log_files(system, folder, cluster);
  if (!files.ok()) return files.status();
  Trimmed trimmed;
  const std::size_t count = files_to_trim(*files, rules, facts);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string path = folder + "/" + file_name((*files)[i].first);
    if (!dry_run) {
      if (Status status = system.remove(path); !status.ok()) return status;
      if (Status status = system.sync_folder(folder); !status.ok()) return status;
    }
    trimmed.removed.push_back(path);
    trimmed.bytes += (*files)[i].bytes;
  }
  return trimmed;
}

}  // namespace sqlcast::log
