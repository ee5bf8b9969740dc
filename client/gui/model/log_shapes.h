// LogShapes: the statements of the last minutes by their shape, that is their text without its literals: how often each
// came, how many rows it changed, how long its longest text was. Of what the window has seen of the log. Bounded. UI
// thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sqlcast::gui {

struct LogRow;

// "INSERT INTO t VALUES (1,'a'),(2,'b')" → "INSERT INTO t VALUES (?,?) …". Of a long text its beginning counts.
std::string statement_shape(std::string_view sql);

class LogShapes {
 public:
  static constexpr std::uint64_t kMinutes = 5;
  static constexpr std::size_t kMost = 50'000;  // statements

  struct Shape {
    std::string text;
    std::uint64_t times = 0;
    std::uint64_t rows = 0;     // changed, of all of them
    std::uint64_t longest = 0;  // bytes of a text
    std::uint64_t last_us = 0;
  };
  enum class Order : std::uint8_t { times, rows, longest };

  void add(const LogRow& row);
  void clear();
  // Of the minutes up to `now_us`, the first ones in that order.
  std::vector<Shape> first(Order order, std::size_t most, std::uint64_t now_us) const;

 private:
  struct One {
    std::uint64_t time_us = 0;
    const std::string* shape = nullptr;  // a key of used_
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
  };
  std::deque<One> seen_;
  std::unordered_map<std::string, std::size_t> used_;  // by how many of them
};

}  // namespace sqlcast::gui
