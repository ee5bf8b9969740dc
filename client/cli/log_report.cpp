#include "client/cli/log_report.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/logging.h"
#include "client/cli/entry_text.h"
#include "client/text/escape.h"
#include "client/text/json.h"
#include "client/text/text_table.h"
#include "log/retention.h"
#include "log/walker.h"

namespace sqlcast::cli {
namespace {

namespace json = text::json;

constexpr unsigned kGroupsAProgress = 1024;

// What is at the end of a log.
struct LogEnd {
  std::optional<Position> position;  // nothing when no file could be read
  std::uint64_t time_us = 0;         // of the last group that is done, where one was read
  bool sure = true;                  // whether it can no longer become void
  std::optional<log::WalkedGroup> begun;
  std::optional<log::Tail> tail;
};

struct LogStatus {
  std::vector<log::FileSummary> files;
  std::uint64_t bytes = 0;
  std::optional<log::WalkedGroup> oldest;
  LogEnd end;
  std::vector<std::string> kept;    // torn tails, kept aside
  std::vector<std::string> damage;  // messages
};

std::string span(Sequence first, Sequence last) {
  return first == last ? std::to_string(first) : std::to_string(first) + " to " + std::to_string(last);
}

void note_once(std::vector<std::string>& damage, const std::string& message) {
  if (std::find(damage.begin(), damage.end(), message) == damage.end()) damage.push_back(message);
}

Status damaged(std::size_t places) {
  if (places == 0) return ok_status();
  return Status::error(Code::io,
                       "the log is damaged in " + std::to_string(places) + (places == 1 ? " place" : " places"));
}

Status no_files(const std::string& folder) { return Status::error(Code::io, "there is no log file in " + folder); }

// What cannot be opened is not damaged for all that. Nothing is known of the log then.
Result<std::vector<log::FileSummary>> open_files(const Report& report) {
  Result<std::vector<log::FileSummary>> files = log::summarize_files(report.system, report.folder);
  if (!files.ok()) return files;
  if (files->empty()) return no_files(report.folder);
  for (const log::FileSummary& file : *files) {
    if (file.status.ok()) continue;
    if (const auto opened = report.system.open(file.path, false); !opened.ok()) return opened.status();
  }
  return files;
}

// Takes note of a group, and whether it is the last one so far that is done.
void pass(const log::WalkedGroup& group, LogEnd& end) {
  if (group.outcome == log::Outcome::done) {
    end.time_us = group.group.commit_time_us;
    end.sure = group.sure;
  }
  if (group.outcome == log::Outcome::begun) end.begun = group;
}

// After the last group.
void finish(const log::LogWalker& walker, LogEnd& end) {
  if (walker.end() != Position{}) end.position = walker.end();
  end.tail = walker.tail();
}

std::string end_lines(const LogEnd& end) {
  std::string text = "last        not known\n";
  if (end.position) {
    text = fmt::format("last        {}, epoch {}", end.position->sequence, end.position->epoch);
    if (end.time_us != 0) text += ", at " + time_text(end.time_us, ' ');
    text += "\nhash        " + to_hex(end.position->hash) + "\n";
    if (!end.sure)
      text +=
          "settled     not yet, nothing behind it says that it was carried out: a master that runs says so within a "
          "second, "
          "or makes it void; one that was killed settles that when it starts\n";
  }
  if (end.begun)
    text += fmt::format(
        "begun       {}, at {}: it has no end yet. While the node runs this is usual; else the node ends it when it "
        "starts\n",
        span(end.begun->group.first, end.begun->group.last), time_text(end.begun->group.commit_time_us, ' '));
  if (end.tail)
    text += fmt::format(
        "tail        {} behind the last record, in {} (offset {}): written just now, or never made durable; in that "
        "case the node keeps it aside and cuts it off when it starts\n",
        text::size_text(end.tail->bytes), end.tail->path, end.tail->offset);
  return text;
}

void add_end(json::Object& object, const LogEnd& end) {
  json::Value last;
  if (end.position) {
    json::Object position{
        {"sequence", end.position->sequence}, {"epoch", end.position->epoch}, {"hash", to_hex(end.position->hash)}};
    if (end.time_us != 0) position.emplace_back("time", time_text(end.time_us, 'T'));
    position.emplace_back("settled", end.sure);
    last = std::move(position);
  }
  object.emplace_back("last", std::move(last));
  json::Value begun;
  if (end.begun)
    begun = json::Object{{"first", end.begun->group.first},
                         {"last", end.begun->group.last},
                         {"epoch", end.begun->group.epoch},
                         {"time", time_text(end.begun->group.commit_time_us, 'T')}};
  object.emplace_back("begun", std::move(begun));
  json::Value tail;
  if (end.tail) tail = json::Object{{"file", end.tail->path}, {"offset", end.tail->offset}, {"bytes", end.tail->bytes}};
  object.emplace_back("tail", std::move(tail));
}

json::Array texts(const std::vector<std::string>& lines) { return {lines.begin(), lines.end()}; }

// When the oldest group that is there was done. A log whose beginning is damaged has none.
Status find_oldest(const Report& report, LogStatus& status) {
  Result<log::LogWalker> walker = log::LogWalker::open(report.system, report.folder);
  if (!walker.ok()) return walker.status();
  for (;;) {
    Result<std::optional<log::WalkedGroup>> group = walker->next();
    if (!group.ok()) note_once(status.damage, group.status().message);
    if (!group.ok() || !*group) return ok_status();
    if ((*group)->outcome != log::Outcome::done) continue;
    status.oldest = std::move(*group);
    return ok_status();
  }
}

Status read_last_file(const Report& report, LogStatus& status) {
  Result<log::LogWalker> walker = log::LogWalker::open(report.system, report.folder);
  if (!walker.ok()) return walker.status();
  if (walker->files().empty()) return no_files(report.folder);
  walker->start_at(walker->files().back());
  for (;;) {
    const Result<std::optional<log::WalkedGroup>> group = walker->next();
    if (group.ok() && !*group) break;
    if (group.ok()) {
      pass(**group, status.end);
    } else {
      note_once(status.damage, group.status().message);
      if (!walker->skip()) break;
    }
  }
  finish(*walker, status.end);
  return ok_status();
}

Status read_status(const Report& report, LogStatus& status) {
  Result<std::vector<log::FileSummary>> files = open_files(report);
  if (!files.ok()) return files.status();
  status.files = std::move(*files);
  for (const log::FileSummary& file : status.files) {
    status.bytes += file.bytes;
    if (!file.status.ok()) note_once(status.damage, file.status.message);
  }
  const Result<std::vector<std::string>> names = report.system.list(report.folder);
  if (!names.ok()) return names.status();
  for (const std::string& name : *names)
    if (name.find(".torn-") != std::string::npos || name.find(".damaged-") != std::string::npos)
      status.kept.push_back(report.folder + "/" + name);
  std::sort(status.kept.begin(), status.kept.end());
  if (Status found = find_oldest(report, status); !found.ok()) return found;
  return read_last_file(report, status);
}

std::string status_text(const Report& report, const LogStatus& status, bool files) {
  std::string text = fmt::format("folder      {}\n", report.folder);
  text += fmt::format("files       {}, {}\n", status.files.size(), text::size_text(status.bytes));
  text += fmt::format("first       {}", status.files.front().first);
  if (status.oldest) text += ", at " + time_text(status.oldest->group.commit_time_us, ' ');
  text += "\n" + end_lines(status.end);
  for (const std::string& path : status.kept)
    text += fmt::format("kept aside  {}: {}; yours to look at or remove\n", path,
                        path.find(".torn-") != std::string::npos ? "what a start cut off behind the last record"
                                                                 : "what a file was before it was mended");
  for (const std::string& message : status.damage) text += "damage      " + message + "\n";
  if (!files) return text;
  text::TextTable table({{"FILE"}, {"FIRST", true}, {"SIZE", true}, {"BEGUN"}});
  for (const log::FileSummary& file : status.files)
    table.add({file.path.substr(report.folder.size() + 1), std::to_string(file.first), text::size_text(file.bytes),
               file.header.time_us == 0 ? "" : time_text(file.header.time_us, ' ')});
  return text + "\n" + table.text();
}

std::string status_json(const Report& report, const LogStatus& status) {
  json::Array files;
  for (const log::FileSummary& file : status.files) {
    json::Object item{{"file", file.path}, {"first", file.first}, {"bytes", file.bytes}};
    if (file.header.time_us != 0) item.emplace_back("begun", time_text(file.header.time_us, 'T'));
    files.emplace_back(std::move(item));
  }
  json::Object first{{"sequence", status.files.front().first}};
  if (status.oldest) first.emplace_back("time", time_text(status.oldest->group.commit_time_us, 'T'));
  json::Object object{{"folder", report.folder}, {"files", std::move(files)}, {"bytes", status.bytes}};
  object.emplace_back("first", std::move(first));
  add_end(object, status.end);
  object.emplace_back("kept_aside", texts(status.kept));
  object.emplace_back("damage", texts(status.damage));
  return json::Value(std::move(object)).write(2) + "\n";
}

// What verify has counted.
struct Count {
  std::uint64_t groups = 0;
  std::uint64_t voids = 0;
  LogEnd end;
  std::vector<std::string> damage;
};

std::string verified_text(const log::LogWalker& walker, const Count& count) {
  std::string text;
  for (const std::string& message : count.damage) text += "damage      " + message + "\n";
  text += fmt::format("read        {} file{}, {}: {} group{}, {} void\n", walker.walked_files(),
                      walker.walked_files() == 1 ? "" : "s", text::size_text(walker.walked_bytes()), count.groups,
                      count.groups == 1 ? "" : "s", count.voids);

  text += end_lines(count.end);
  if (count.damage.empty()) text += "The log is whole.\n";
  return text;
}

std::string verified_json(const log::LogWalker& walker, const Count& count) {
  json::Object object{{"whole", count.damage.empty()},
                      {"files", walker.walked_files()},
                      {"bytes", walker.walked_bytes()},
                      {"groups", count.groups},
                      {"void", count.voids},
                      {"damage", texts(count.damage)}};
  add_end(object, count.end);
  return json::Value(std::move(object)).write(2) + "\n";
}

std::string state_text(const log::WalkedGroup& walked) {
  const bool ddl = walked.group.state != proto::GroupState::committed;
  switch (walked.outcome) {
    case log::Outcome::done: return ddl ? "ddl done" : walked.sure ? "done" : "done, not settled";
    case log::Outcome::none: return "void";
    case log::Outcome::begun: return ddl ? "ddl begun" : "begun";
  }
  return "";
}

std::string group_text(const log::WalkedGroup& walked, const Result<std::vector<proto::Entry>>& entries) {
  const proto::Group& group = walked.group;
  const bool done = walked.outcome == log::Outcome::done;
  std::string text = fmt::format("sequence  {}\nepoch     {}\ntime      {}\n", span(group.first, group.last),
                                 group.epoch, time_text(group.commit_time_us, ' '));
  if (done) text += "hash      " + to_hex(group.hash) + "\n";
  text += fmt::format("state     {}\nplace     {} (offset {})\n", state_text(walked), walked.path, walked.offset);
  if (!entries.ok())
    return text +
           fmt::format("content   {}, not shown: {}\n", text::size_text(group.body.size()), entries.status().message);
  for (const proto::Entry& entry : *entries) {
    const std::string client = entry.key.client_id.empty() ? "-" : text::printable_line(entry.key.client_id);
    const std::string by = entry.by.empty() ? "-" : text::printable_line(entry.by);
    const std::string database = entry.database.empty() ? "-" : text::printable_line(entry.database);
    for (const proto::Statement& statement : entry.statements) {
      const bool effect = done && group.state == proto::GroupState::committed;
      text +=
          fmt::format("  {}  {}  {}  {}  {}{}\n", entry.sequence, client, by, database,
                      effect ? "[" + effect_text(statement.effect) + "]  " : "", text::printable_line(statement.sql));
    }
  }
  return text;
}

std::string group_json(const log::WalkedGroup& walked, const Result<std::vector<proto::Entry>>& entries) {
  const proto::Group& group = walked.group;
  const bool done = walked.outcome == log::Outcome::done;
  json::Object object{{"first", group.first}, {"last", group.last}, {"epoch", group.epoch}};
  object.emplace_back("time", time_text(group.commit_time_us, 'T'));
  if (done) object.emplace_back("hash", to_hex(group.hash));
  object.emplace_back("state", state_text(walked));
  object.emplace_back("file", walked.path);
  object.emplace_back("offset", walked.offset);
  object.emplace_back("bytes", std::uint64_t{group.body.size()});
  if (entries.ok()) {
    json::Array list;
    for (const proto::Entry& entry : *entries) {
      json::Array statements;
      for (const proto::Statement& statement : entry.statements) statements.push_back(statement_json(statement, done));
      json::Object item{{"sequence", entry.sequence},
                        {"client_id", entry.key.client_id},
                        {"request_id", entry.key.request_id},
                        {"by", entry.by},
                        {"database", entry.database}};
      item.emplace_back("statements", std::move(statements));
      list.emplace_back(std::move(item));
    }
    object.emplace_back("entries", std::move(list));
  }
  return json::Value(std::move(object)).write() + "\n";
}

}  // namespace

Status report_log_status(const Report& report, bool files) {
  LogStatus status;
  if (Status found = read_status(report, status); !found.ok()) return found;
  report.out(report.json ? status_json(report, status) : status_text(report, status, files));
  return damaged(status.damage.size());
}

Status report_log_verified(const Report& report, const std::function<void(const VerifyProgress&)>& progress) {
  const Result<std::vector<log::FileSummary>> files = open_files(report);
  if (!files.ok()) return files.status();
  VerifyProgress now;
  now.all_files = files->size();
  for (const log::FileSummary& file : *files) now.all_bytes += file.bytes;
  Result<log::LogWalker> walker = log::LogWalker::open(report.system, report.folder);
  if (!walker.ok()) return walker.status();
  Count count;
  for (;;) {
    const Result<std::optional<log::WalkedGroup>> group = walker->next();
    if (group.ok() && !*group) break;
    if (group.ok()) {
      pass(**group, count.end);
      ++((*group)->outcome == log::Outcome::done ? count.groups : count.voids);
    } else {
      count.damage.push_back(group.status().message);
      if (!walker->skip()) break;
    }
    if ((count.groups + count.voids) % kGroupsAProgress != 0) continue;
    now.files = walker->walked_files();
    now.bytes = walker->walked_bytes();
    now.sequence = walker->end().sequence;
    progress(now);
  }
  if (count.end.begun) --count.voids;
  finish(*walker, count.end);
  report.out(report.json ? verified_json(*walker, count) : verified_text(*walker, count));
  return damaged(count.damage.size());
}

Status report_log_groups(const Report& report, Sequence from, Sequence to) {
  if (from == 0 || from > to)
    return Status::error(Code::bad_request, "there is no sequence from " + std::to_string(from) + " to " +
                                                std::to_string(to) + "; the first one is 1");
  Result<log::LogWalker> walker = log::LogWalker::open(report.system, report.folder);
  if (!walker.ok()) return walker.status();
  const std::vector<Sequence> files = walker->files();
  if (files.empty()) return no_files(report.folder);
  const auto behind = std::upper_bound(files.begin(), files.end(), from);
  if (behind == files.begin())
    return Status::error(Code::bad_request, "the log begins at sequence " + std::to_string(files.front()) +
                                                "; what was before has been removed");
  walker->start_at(*std::prev(behind));
  walker->keep_from(from);
  bool any = false;
  for (;;) {
    const Result<std::optional<log::WalkedGroup>> found = walker->next();
    if (!found.ok()) return found.status();
    if (!*found || (*found)->group.first > to) break;
    const log::WalkedGroup& walked = **found;
    if (walked.group.last < from) continue;
    const auto entries = proto::decode_entries(walked.group.body);
    const std::string text =
        report.json ? group_json(walked, entries) : (any ? "\n" : "") + group_text(walked, entries);
    any = true;
    if (!report.out(text)) return ok_status();
  }
  if (any) return ok_status();
  return Status::error(Code::bad_request, "the log ends at sequence " + std::to_string(walker->end().sequence));
}

Status report_log_trim(const Report& report, Sequence to) {
  const Result<std::vector<log::FileSummary>> files = open_files(report);
  if (!files.ok()) return files.status();
  std::vector<log::LogFileInfo> infos;
  for (const log::FileSummary& file : *files) {
    if (!file.status.ok()) return file.status;
    infos.push_back({file.first, file.bytes, file.header.time_us});
  }
  log::RetentionRules rules;
  rules.max_bytes = 1;  // as much as may go
  log::RetentionFacts facts;
  facts.own = to;
  const std::size_t count = log::plan_trim(infos, rules, facts).files;
  std::uint64_t bytes = 0;
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < count; ++i) {
    paths.push_back((*files)[i].path);
    bytes += infos[i].bytes;
  }
  const Sequence first = infos[count].first;
  if (report.json) {
    report.out(json::Value(json::Object{{"would_remove", texts(paths)}, {"bytes", bytes}, {"first", first}}).write(2) +
               "\n");
    return ok_status();
  }
  std::string text;
  for (const std::string& path : paths) text += path + "\n";
  text += fmt::format("Would be removed: {} file{}, {}. The log would begin at sequence {}.\n", count,
                      count == 1 ? "" : "s", text::size_text(bytes), first);
  if (count == 0) text += "A file goes when all that it has may go; the last one never does.\n";
  report.out(text);
  return ok_status();
}

}  // namespace sqlcast::cli
