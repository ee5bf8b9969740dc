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
  static constexpr std::size_t kMost = 20'000;       // counts: a shape in ten seconds is one, however often it came
  static constexpr std::size_t kMostAtOnce = 2'000;  // shapes in ten seconds; what comes
  static constexpr std::string_view kOthers = "(statements of further shapes)";  // beyond is counted as these

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
  // Of the minutes up to `now_us`, to ten seconds, the first ones in that order.
  std::vector<Shape> first(Order order, std::size_t most, std::uint64_t now_us) const;
  // Before this nothing is counted any more, for want of room; 0: the minutes are whole.
  std::uint64_t begins_us() const { return begins_us_; }

 private:
  struct Count {
    std::uint64_t times = 0;
    std::uint64_t rows = 0;
    std::uint64_t longest = 0;
    std::uint64_t last_us = 0;
  };
  struct Slice {  // ten seconds
    std::uint64_t begin_us = 0;
    std::unordered_map<const std::string*, Count> counts;  // by a key of used_
  };
  Slice& slice_of(std::uint64_t time_us);
  void drop_first();

  std::deque<Slice> slices_;                           // in order of time
  std::unordered_map<std::string, std::size_t> used_;  // by how many slices
  std::size_t counts_ = 0;                             // of all slices
  std::uint64_t begins_us_ = 0;
};

}  // namespace sqlcast::gui
