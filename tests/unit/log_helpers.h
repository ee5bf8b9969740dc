// What the tests of the log have in common: a log in memory, groups with made-up bytes, and all that a log has.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "log/reader.h"
#include "log/writer.h"
#include "proto/entry.h"
#include "tests/unit/log_memory_fs.h"

namespace sqlcast::log::test {

inline const std::string kFolder = "log";

inline Hash cluster_hash() { return proto::genesis_hash("cluster of the tests"); }
inline Position log_start() { return {0, 0, cluster_hash()}; }

inline LogSettings settings_of(std::uint64_t file_bytes) {
  LogSettings settings;
  settings.folder = kFolder;
  settings.cluster = cluster_hash();
  settings.file_bytes = file_bytes;
  settings.prepare_beforehand = false;  // so that each call has its number
  return settings;
}

// A log in memory; opened by the constructor, which stops the test when it cannot.
class TestLog {
 public:
  explicit TestLog(std::uint64_t file_bytes = 64U << 10U) : settings(settings_of(file_bytes)) { reopen(); }

  Result<OpenedLog> open() {
    writer.reset();
    index = std::make_unique<SparseIndex>();
    return open_log(system, settings, log_start(), *index);
  }
  OpenedLog reopen() {
    Result<OpenedLog> opened = open();
    if (!opened.ok()) throw std::runtime_error(opened.status().message);
    OpenedLog taken = std::move(*opened);
    writer = std::move(taken.writer);
    return taken;
  }

  // A group of so many entries behind the last one, all of it.
  Status group(const std::string& begin, const std::string& end, Sequence entries = 1) {
    if (const auto begun = begin_group(begin, entries); !begun.ok()) return begun.status();
    return end_group(end).status();
  }
  Result<Progress> begin_group(const std::string& bytes, Sequence entries = 1, bool complete = false) {
    GroupBegin begin = next_begin(bytes, entries);
    begin.complete = complete;
    return writer->append(begin);
  }
  Result<Progress> end_group(const std::string& bytes) {
    GroupEnd end;
    end.time_us = ++time_us;
    end.bytes = bytes;
    return writer->append(end);
  }
  GroupBegin next_begin(std::string_view bytes, Sequence entries = 1) {
    GroupBegin begin;
    begin.epoch = epoch;
    begin.first = writer->appended().end.sequence + 1;
    begin.last = begin.first + entries - 1;
    begin.time_us = ++time_us;
    begin.bytes = bytes;
    return begin;
  }

  Result<std::vector<proto::Group>> read(const Position& limit, Sequence after = 0) {
    LogReader reader(system, kFolder, cluster_hash(), *index);
    if (const auto begin = reader.seek(after, limit); !begin.ok()) return begin.status();
    std::vector<proto::Group> groups;
    for (;;) {
      Result<std::optional<proto::Group>> group = reader.next(limit);
      if (!group.ok()) return group.status();
      if (!*group) return groups;
      groups.push_back(std::move(**group));
    }
  }
  // The bodies of all groups, with blanks between them.
  std::string bodies() {
    const auto groups = read(writer->appended().end);
    if (!groups.ok()) return groups.status().message;
    std::string text;
    for (const proto::Group& group : *groups) text += (text.empty() ? "" : " ") + group.body;
    return text;
  }
  std::vector<std::string> files() {
    std::vector<std::string> logs;
    for (const std::string& path : system.paths())
      if (path.ends_with(".log")) logs.push_back(path);
    return logs;
  }
  std::string last_file() { return files().back(); }

  MemoryFileSystem system;
  std::unique_ptr<SparseIndex> index;
  LogSettings settings;
  std::unique_ptr<LogWriter> writer;
  Epoch epoch = 1;
  std::uint64_t time_us = 1000;
};

inline bool has(const Status& status, const std::string& words) {
  return status.message.find(words) != std::string::npos;
}

}  // namespace sqlcast::log::test
