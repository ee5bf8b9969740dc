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

// Who needs the file that ends with `last`.
std::optional<Holder> holder(Sequence last, std::uint64_t bytes, const RetentionRules& rules,
                             const RetentionFacts& facts) {
  std::optional<Holder> found;
  if (facts.own < last) found = Holder{"", facts.own};
  for (const SlaveNeed& slave : facts.slaves)
    if (slave.has < last && holds(slave, bytes, rules, facts) && (!found || slave.has < found->has))
      found = Holder{slave.name, slave.has};
  return found;
}

}  // namespace

TrimPlan plan_trim(const std::vector<LogFileInfo>& files, const RetentionRules& rules, const RetentionFacts& facts) {
  std::uint64_t bytes = 0;
  for (const LogFileInfo& file : files) bytes += file.bytes;
  TrimPlan plan;
  for (; plan.files + 1 < files.size(); ++plan.files) {
    const LogFileInfo& next = files[plan.files + 1];
    const bool old = rules.max_age_us != 0 && older(next.time_us, facts.now_us, rules.max_age_us);
    const bool too_much = rules.max_bytes != 0 && bytes > rules.max_bytes;
    if (!old && !too_much) break;
    plan.held_by = holder(next.first - 1, bytes, rules, facts);
    if (plan.held_by) break;
    bytes -= files[plan.files].bytes;
  }
  return plan;
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
  const TrimPlan plan = plan_trim(*files, rules, facts);
  trimmed.held_by = plan.held_by;
  for (std::size_t i = 0; i < plan.files; ++i) {
    const std::string path = folder + "/" + file_name((*files)[i].first);
    if (!dry_run) {
      if (Status status = system.remove(path); !status.ok()) return status;
      if (Status status = system.sync_folder(folder); !status.ok()) return status;
    }
    trimmed.removed.push_back(path);
    trimmed.bytes += (*files)[i].bytes;
    trimmed.last = (*files)[i + 1].first - 1;
  }
  return trimmed;
}

}  // namespace sqlcast::log
