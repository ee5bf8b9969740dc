// LogModel: the replicated statements as they come, newest at the end, bounded; pause, filter, jump. One row a
// statement. UI thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "client/gui/backend.h"
#include "client/gui/model/log_shapes.h"

namespace sqlcast::gui {

struct LogRow {
  Sequence sequence = 0;
  Epoch epoch = 0;
  std::uint64_t time_us = 0;
  std::string client;
  std::string database;
  std::string sql;
  std::uint64_t affected = 0;
  std::uint64_t insert_id = 0;
  std::size_t part = 0;  // which statement of its entry
  std::size_t parts = 1;
  bool ddl = false;
};

class LogModel {
 public:
  static constexpr std::size_t kMaxRows = 20'000;
  static constexpr std::size_t kMaxBytes = 64U << 20U;

  // Live rows; while paused they wait in a bounded buffer (the oldest waiting are let go, and counted).
  void add_live(const std::vector<LogEntry>& entries);
  // Rows from before the first live one, read from the log; those that are here already are left out.
  void add_earlier(const std::vector<LogEntry>& entries);
  void count_dropped(std::uint64_t entries) { missed_ += entries; }
  void pause(bool on);
  bool paused() const { return paused_; }
  std::size_t waiting() const { return waiting_.size(); }
  std::uint64_t missed() const { return missed_; }

  // A stretch of the log in place of the live rows; live() goes back.
  void show_history(const std::vector<LogEntry>& entries, Sequence from);
  void live();
  bool historical() const { return historical_; }
  Sequence history_from() const { return history_from_; }

  void set_filter(std::string_view filter);
  const std::string& filter() const { return filter_; }

  // Rows to show, oldest first.
  std::size_t size() const { return filter_.empty() ? rows().size() : visible_.size(); }
  const LogRow& at(std::size_t index) const { return filter_.empty() ? rows()[index] : rows()[visible_[index]]; }
  std::uint64_t version() const { return version_; }
  const LogShapes& shapes() const { return shapes_; }  // of what came live, and before it
  void clear();

 private:
  const std::deque<LogRow>& rows() const { return historical_ ? history_ : live_; }
  void append(std::deque<LogRow>& rows, const LogEntry& entry);
  bool matches(const LogRow& row) const;
  void refilter();
  void trim(std::deque<LogRow>& rows);

  std::deque<LogRow> live_;
  LogShapes shapes_;
  std::deque<LogRow> history_;
  std::deque<LogEntry> waiting_;
  std::deque<std::size_t> visible_;
  std::string filter_;
  bool paused_ = false;
  bool historical_ = false;
  Sequence history_from_ = 0;
  std::uint64_t missed_ = 0;
  std::uint64_t version_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace sqlcast::gui
