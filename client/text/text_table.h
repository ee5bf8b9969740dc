// TextTable: a small table for people, columns aligned by display width. Plain values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sqlcast::text {

class TextTable {
 public:
  struct Column {
    std::string title;
    bool right = false;
  };
  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }  // one cell a column
  std::string text() const;  // with the titles; no trailing blanks; every line ends with a line feed

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// "2s", "500ms", "1m", "30" (seconds). Negative when it is none of these.
long long parse_duration_ms(const std::string& text);

// 512 → "512 bytes", 1'500'000 → "1.4 MiB".
std::string size_text(std::uint64_t bytes);

// 950 → "950 ms", 1200 → "1.2 s", 7'200'000 → "2.0 h".
std::string duration_text(unsigned long long milliseconds);

// 240 → "240 µs", 4'100 → "4.1 ms"; from a second on as duration_text().
std::string microseconds_text(unsigned long long microseconds);

}  // namespace sqlcast::text
