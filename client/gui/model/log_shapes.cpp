#include "client/gui/model/log_shapes.h"

#include <algorithm>
#include <iterator>

#include "client/gui/model/log_model.h"
#include "sql/lexer.h"

namespace sqlcast::gui {

namespace {

constexpr std::size_t kRead = 2'000;  // bytes of a text
constexpr std::size_t kShown = 400;   // bytes of a shape
constexpr std::uint64_t kSliceUs = 10'000'000;
constexpr std::uint64_t kWindowUs = LogShapes::kMinutes * 60'000'000;

bool is_literal(sql::TokenKind kind) {
  return kind == sql::TokenKind::string || kind == sql::TokenKind::number || kind == sql::TokenKind::parameter;
}

// Where the last group of parentheses in `shape` begins, when it holds nothing but literals; else npos.
std::size_t last_tuple(std::string_view shape) {
  if (!shape.ends_with(')')) return std::string_view::npos;
  const std::size_t begin = shape.rfind('(');
  if (begin == std::string_view::npos) return begin;
  const std::string_view inside = shape.substr(begin + 1, shape.size() - begin - 2);
  return inside.find_first_not_of("?,-") == std::string_view::npos ? begin : std::string_view::npos;
}

// The tuples of an insert and the values of an IN stand for each other: one of them is enough.
void leave_out_repeated(std::string& shape) {
  constexpr std::string_view kMore = " …";
  const std::size_t tuple = last_tuple(shape);
  if (tuple == std::string::npos) return;
  const std::string_view before = std::string_view(shape).substr(0, tuple);
  const std::string_view text = std::string_view(shape).substr(tuple);
  if (!before.ends_with(',') || !before.substr(0, before.size() - 1).ends_with(text)) return;
  shape.resize(tuple - 1);
  shape += kMore;
}

}  // namespace

std::string statement_shape(std::string_view sql) {
  std::string out;
  sql::Lexer lexer(sql.substr(0, kRead));
  sql::Token token;
  bool blank = false;
  while (out.size() < kShown && lexer.next(token)) {
    if (token.kind == sql::TokenKind::blank || token.kind == sql::TokenKind::comment) {
      blank = true;
      continue;
    }
    if (token.kind == sql::TokenKind::error) break;  // cut off within a string
    const bool tight = token.text == "," || token.text == ")" || token.text == "." || token.text == ";";
    const bool behind_tight = out.empty() || out.ends_with('(') || out.ends_with(',') || out.ends_with('.');
    if (blank && !tight && !behind_tight) out += ' ';
    blank = false;
    // "(?,?) …," goes on where "(?,?)" did.
    if (token.text == "," && out.ends_with(" …")) out.resize(out.size() - std::string_view(" …").size());
    out += is_literal(token.kind) ? std::string_view("?") : token.text;
    if (token.text == ")") leave_out_repeated(out);
  }
  return out;
}

LogShapes::Slice& LogShapes::slice_of(std::uint64_t time_us) {
  const std::uint64_t begin = time_us - time_us % kSliceUs;
  auto at = slices_.end();
  while (at != slices_.begin() && std::prev(at)->begin_us > begin) --at;
  if (at != slices_.begin() && std::prev(at)->begin_us == begin) return *std::prev(at);
  return *slices_.insert(at, Slice{begin, {}});
}

void LogShapes::drop_first() {
  for (const auto& [shape, count] : slices_.front().counts) {
    const auto used = used_.find(*shape);
    if (--used->second == 0) used_.erase(used);
  }
  counts_ -= slices_.front().counts.size();
  slices_.pop_front();
}

void LogShapes::add(const LogRow& row) {
  const std::uint64_t newest = slices_.empty() ? 0 : slices_.back().begin_us;
  if (row.time_us + kWindowUs < newest || row.time_us < begins_us_) return;
  Slice& slice = slice_of(row.time_us);
  auto shape = used_.try_emplace(statement_shape(row.sql), 0).first;
  if (slice.counts.size() >= kMostAtOnce && !slice.counts.contains(&shape->first)) {
    if (shape->second == 0) used_.erase(shape);
    shape = used_.try_emplace(std::string(kOthers), 0).first;
  }
  const auto [count, fresh] = slice.counts.try_emplace(&shape->first);
  if (fresh) ++shape->second, ++counts_;
  ++count->second.times;
  count->second.rows += row.affected;
  count->second.longest = std::max<std::uint64_t>(count->second.longest, row.sql.size());
  count->second.last_us = std::max(count->second.last_us, row.time_us);
  while (slices_.front().begin_us + kSliceUs + kWindowUs < slices_.back().begin_us) drop_first();
  while (counts_ > kMost) {
    drop_first();
    begins_us_ = slices_.front().begin_us;
  }
}

void LogShapes::clear() { *this = LogShapes(); }

std::vector<LogShapes::Shape> LogShapes::first(Order order, std::size_t most, std::uint64_t now_us) const {
  std::unordered_map<const std::string*, Shape> shapes;
  for (const Slice& slice : slices_) {
    if (slice.begin_us + kSliceUs + kWindowUs <= now_us) continue;
    for (const auto& [text, count] : slice.counts) {
      Shape& shape = shapes[text];
      shape.times += count.times;
      shape.rows += count.rows;
      shape.longest = std::max(shape.longest, count.longest);
      shape.last_us = std::max(shape.last_us, count.last_us);
    }
  }
  std::vector<Shape> out;
  for (auto& [text, shape] : shapes) {
    shape.text = *text;
    out.push_back(std::move(shape));
  }
  const auto key = [order](const Shape& shape) {
    return order == Order::times ? shape.times : order == Order::rows ? shape.rows : shape.longest;
  };
  std::sort(out.begin(), out.end(),
            [&key](const Shape& a, const Shape& b) { return key(a) != key(b) ? key(a) > key(b) : a.text < b.text; });
  if (out.size() > most) out.resize(most);
  return out;
}

}  // namespace sqlcast::gui
