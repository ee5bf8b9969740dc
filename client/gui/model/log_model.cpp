#include "client/gui/model/log_model.h"

#include <algorithm>
#include <iterator>

#include "client/gui/model/fold.h"
#include "client/gui/model/text.h"

namespace sqlcast::gui {

namespace {
constexpr std::size_t kMaxWaiting = 20'000;
}

void LogModel::append(std::deque<LogRow>& rows, const LogEntry& entry) {
  for (std::size_t i = 0; i < entry.entry.statements.size(); ++i) {
    const proto::Statement& statement = entry.entry.statements[i];
    LogRow row;
    row.sequence = entry.entry.sequence;
    row.epoch = entry.epoch;
    row.time_us = entry.commit_time_us;
    row.client = to_utf8(entry.entry.key.client_id);
    // Who did it stands in front of the session that it was done in.
    if (!entry.entry.by.empty()) row.client = cat(to_utf8(entry.entry.by), " ", row.client);
    row.database = entry.entry.database;
    row.sql = to_utf8(statement.sql);
    row.affected = statement.effect.affected_rows;
    row.insert_id = statement.effect.insert_id;
    row.part = i;
    row.parts = entry.entry.statements.size();
    row.ddl = entry.ddl;
    bytes_ += row.sql.size();
    rows.push_back(std::move(row));
  }
}

void LogModel::trim(std::deque<LogRow>& rows) {
  std::size_t removed = 0;
  while (rows.size() > kMaxRows || (bytes_ > kMaxBytes && rows.size() > 1)) {
    bytes_ -= std::min(bytes_, rows.front().sql.size());
    rows.pop_front();
    ++removed;
  }
  if (removed == 0 || filter_.empty() || &rows != &this->rows()) return;
  while (!visible_.empty() && visible_.front() < removed) visible_.pop_front();
  for (std::size_t& index : visible_) index -= removed;
}

void LogModel::add_live(const std::vector<LogEntry>& entries) {
  if (entries.empty()) return;
  ++version_;
  if (paused_) {
    for (const LogEntry& entry : entries) waiting_.push_back(entry);
    while (waiting_.size() > kMaxWaiting) {
      waiting_.pop_front();
      ++missed_;
    }
    return;
  }
  for (const LogEntry& entry : entries) {
    const std::size_t before = live_.size();
    append(live_, entry);
    for (std::size_t i = before; i < live_.size(); ++i) shapes_.add(live_[i]);
    if (filter_.empty() || historical_) continue;
    for (std::size_t i = before; i < live_.size(); ++i) {
      if (matches(live_[i])) visible_.push_back(i);
    }
  }
  trim(live_);
}

void LogModel::add_earlier(const std::vector<LogEntry>& entries) {
  std::deque<LogRow> earlier;
  // Behind what came by an earlier call, in front of what came live.
  const auto place = [this](Sequence sequence) {
    return std::find_if(live_.begin(), live_.end(), [&](const LogRow& row) { return row.sequence >= sequence; });
  };
  for (const LogEntry& entry : entries) {
    const auto at = place(entry.entry.sequence);
    if (at != live_.end() && at->sequence == entry.entry.sequence) continue;
    append(earlier, entry);
  }
  if (earlier.empty()) return;
  for (const LogRow& row : earlier) shapes_.add(row);
  ++version_;
  live_.insert(place(earlier.front().sequence), std::make_move_iterator(earlier.begin()),
               std::make_move_iterator(earlier.end()));
  trim(live_);
  refilter();
}

void LogModel::pause(bool on) {
  if (paused_ == on) return;
  paused_ = on;
  ++version_;
  if (on) return;
  const std::vector<LogEntry> entries(waiting_.begin(), waiting_.end());
  waiting_.clear();
  add_live(entries);
}

void LogModel::show_history(const std::vector<LogEntry>& entries, Sequence from) {
  history_.clear();
  for (const LogEntry& entry : entries) append(history_, entry);
  historical_ = true;
  history_from_ = from;
  ++version_;
  refilter();
}

void LogModel::live() {
  historical_ = false;
  history_.clear();
  ++version_;
  refilter();
}

void LogModel::set_filter(std::string_view filter) {
  filter_ = folded(gui::trim(filter));
  ++version_;
  refilter();
}

bool LogModel::matches(const LogRow& row) const {
  return contains_folded(row.sql, filter_) || contains_folded(row.client, filter_) ||
         contains_folded(row.database, filter_) || cat(row.sequence) == filter_;
}

void LogModel::refilter() {
  visible_.clear();
  if (filter_.empty()) return;
  for (std::size_t i = 0; i < rows().size(); ++i) {
    if (matches(rows()[i])) visible_.push_back(i);
  }
}

void LogModel::clear() {
  live_.clear();
  history_.clear();
  waiting_.clear();
  shapes_.clear();
  visible_.clear();
  historical_ = false;
  missed_ = 0;
  bytes_ = 0;
  ++version_;
}

}  // namespace sqlcast::gui
