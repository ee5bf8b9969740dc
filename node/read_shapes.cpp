#include "node/read_shapes.h"

#include <algorithm>

namespace sqlcast::node {
namespace {

constexpr std::uint64_t kBasis = 0xcbf29ce484222325;
constexpr std::uint64_t kPrime = 0x100000001b3;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Behind a quoted text that begins at `at`: a quote twice, or behind a backslash, does not end it.
std::size_t end_of_quoted(std::string_view sql, std::size_t at) {
  const char quote = sql[at];
  while (++at < sql.size()) {
    if (sql[at] == '\\' && quote != '`') {
      ++at;
    } else if (sql[at] == quote) {
      if (at + 1 == sql.size() || sql[at + 1] != quote) return at + 1;
      ++at;
    }
  }
  return sql.size();
}

bool begins_comment(std::string_view sql, std::size_t at) {
  const std::string_view rest = sql.substr(at, 2);
  return rest.front() == '#' || rest == "--" || rest == "/*";
}

}  // namespace

std::uint64_t read_shape(std::string_view sql) {
  std::uint64_t hash = kBasis;
  const auto add = [&hash](char c) { hash = (hash ^ static_cast<unsigned char>(c)) * kPrime; };
  for (std::size_t at = 0; at < sql.size();) {
    const char c = sql[at];
    if (begins_comment(sql, at)) return 0;
    if (c == '\'' || c == '"') {
      add('?');
      at = end_of_quoted(sql, at);
    } else if (c == '`') {
      for (const std::size_t end = end_of_quoted(sql, at); at < end; ++at) add(sql[at]);
    } else if (is_word(c)) {
      const bool number = c >= '0' && c <= '9';
      if (number) add('?');
      for (; at < sql.size() && is_word(sql[at]); ++at)
        if (!number) add(sql[at]);
    } else {
      add(c);
      ++at;
    }
  }
  return hash == 0 ? 1 : hash;
}

// Another thread's run may be lost in between: a run more is needed then.
bool ReadShapes::known_small(std::uint64_t shape) const { return shape != 0 && (runs_of(shape) & kGood) == kRuns; }

bool ReadShapes::known_swift(std::uint64_t shape) const {
  const std::uint64_t runs = runs_of(shape);
  return shape != 0 && (runs & kGood) == kRuns && runs >> kSwiftAt >= kRuns - 1;
}

// 0 when it is not known.
std::uint64_t ReadShapes::runs_of(std::uint64_t shape) const {
  const std::uint64_t found = places_[place_of(shape)].load(std::memory_order_relaxed);
  return (found ^ shape) >> kCountBits == 0 ? found & kCounts : 0;
}

void ReadShapes::ran(std::uint64_t shape, std::chrono::nanoseconds took, std::size_t bytes) {
  if (shape == 0) return;
  if (took > kQuick || bytes > kSmallBytes) return forget(shape);
  const std::uint64_t runs = runs_of(shape);
  const std::uint64_t good = std::min<std::uint64_t>((runs & kGood) + 1, kRuns);
  // One that is late may have been held up by the machine; two are too slow.
  const std::uint64_t swift = runs >> kSwiftAt;
  const std::uint64_t now_swift =
      took > kSwift ? std::max<std::uint64_t>(swift, 1) - 1 : std::min<std::uint64_t>(swift + 1, kRuns);
  const std::uint64_t now = now_swift << kSwiftAt | good;
  if (now != runs) places_[place_of(shape)].store((shape & ~kCounts) | now, std::memory_order_relaxed);
}

void ReadShapes::forget(std::uint64_t shape) {
  if (runs_of(shape) != 0) places_[place_of(shape)].store(0, std::memory_order_relaxed);
}

}  // namespace sqlcast::node
