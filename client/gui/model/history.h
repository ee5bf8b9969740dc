// History: the statements that were run, newest last, searchable, kept in a file. UI thread only; the file is
// read by load() at start and written by whoever takes to_line()/to_text() to the worker.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace sqlcast::gui {

struct HistoryItem {
  std::uint64_t time_us = 0;  // unix
  std::string node;
  std::string outcome;  // "4 rows", "1 affected", "SQL_ERROR …"
  bool ok = true;
  std::uint64_t elapsed_us = 0;
  std::string sql;
};

class History {
 public:
  static constexpr std::size_t kMax = 5'000;

  void add(HistoryItem item);
  const std::deque<HistoryItem>& items() const { return items_; }
  void clear() { items_.clear(); }

  // Indices of items that contain every word of the query, newest first; equal statements once.
  std::vector<std::size_t> search(std::string_view query, std::size_t most) const;

  static std::string to_line(const HistoryItem& item);  // with a line break
  std::string to_text() const;
  // Takes the lines it understands; returns how many it did not.
  std::size_t load(std::string_view text);

 private:
  std::deque<HistoryItem> items_;
};

}  // namespace sqlcast::gui
