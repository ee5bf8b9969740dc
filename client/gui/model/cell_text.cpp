#include "client/gui/model/cell_text.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/types.h"
#include "client/gui/model/text.h"

namespace sqlcast::gui {

using Kind = proto::Cell::Kind;

std::string cell_line(const proto::Cell& cell, std::size_t max_characters) {
  if (cell.kind == Kind::text) return one_line(cell.view(), max_characters);
  if (cell.kind == Kind::bytes && cell.size * std::size_t{2} + 2 > max_characters) {
    return cat("0x", to_hex(cell.view().substr(0, max_characters / 2)), "…");
  }
  return cell_text(cell);
}

namespace {
template <typename T>
int order(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}
}  // namespace

bool is_numeric(const proto::ColumnInfo& column) {
  return is_number(column.kind) || column.type.starts_with("DECIMAL") || column.type.starts_with("NUMERIC");
}

// Any number of digits: sign, length of the whole part, digits, fraction.
int compare_decimals(std::string_view a, std::string_view b) {
  struct Parts {
    bool negative = false;
    std::string_view whole, fraction;
    bool zero() const { return whole.empty() && fraction.empty(); }
  };
  const auto parts_of = [](std::string_view text) {
    Parts parts;
    parts.negative = text.starts_with('-');
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    const std::size_t point = std::min(text.find('.'), text.size());
    parts.whole = text.substr(0, point);
    while (parts.whole.starts_with('0')) parts.whole.remove_prefix(1);
    if (point < text.size()) parts.fraction = text.substr(point + 1);
    while (parts.fraction.ends_with('0')) parts.fraction.remove_suffix(1);
    return parts;
  };
  const Parts left = parts_of(a);
  const Parts right = parts_of(b);
  const int left_sign = left.zero() ? 0 : left.negative ? -1 : 1;
  const int right_sign = right.zero() ? 0 : right.negative ? -1 : 1;
  if (left_sign != right_sign) return order(left_sign, right_sign);
  int larger = order(left.whole.size(), right.whole.size());
  if (larger == 0) larger = order(left.whole, right.whole);
  if (larger == 0) larger = order(left.fraction, right.fraction);
  return left_sign * larger;
}

int compare_cells(const proto::Cell& a, const proto::Cell& b) {
  if (a.kind == Kind::null || b.kind == Kind::null) return order(a.kind != Kind::null, b.kind != Kind::null);
  if (a.kind == b.kind) {
    switch (a.kind) {
      case Kind::int64: return order(a.int64, b.int64);
      case Kind::uint64: return order(a.uint64, b.uint64);
      case Kind::float64: return order(a.float64, b.float64);
      default: return order(a.view(), b.view());
    }
  }
  // One frame may hold both signs: an unsigned cell next to a signed one.
  if (a.kind == Kind::int64 && b.kind == Kind::uint64) {
    return a.int64 < 0 ? -1 : order(static_cast<std::uint64_t>(a.int64), b.uint64);
  }
  if (a.kind == Kind::uint64 && b.kind == Kind::int64) return -compare_cells(b, a);
  return order(static_cast<int>(a.kind), static_cast<int>(b.kind));
}

bool same_cell(const proto::Cell& a, const proto::Cell& b) {
  const bool integers =
      (a.kind == Kind::int64 || a.kind == Kind::uint64) && (b.kind == Kind::int64 || b.kind == Kind::uint64);
  return (a.kind == b.kind || integers) && compare_cells(a, b) == 0;
}

std::string hex_dump(std::string_view bytes, std::size_t max_bytes) {
  const std::string_view shown = bytes.substr(0, max_bytes);
  std::string out;
  for (std::size_t at = 0; at < shown.size(); at += 16) {
    const std::string_view row = shown.substr(at, 16);
    char offset[16];
    const auto end = std::to_chars(offset, offset + sizeof offset, at, 16).ptr;
    out.append(8 - std::min<std::size_t>(8, static_cast<std::size_t>(end - offset)), '0');
    out.append(offset, end);
    out += "  ";
    for (std::size_t i = 0; i < 16; ++i) {
      out += i < row.size() ? to_hex(row.substr(i, 1)) : "  ";
      out += i == 7 ? "  " : " ";
    }
    out += " ";
    for (const char c : row) out += c >= 0x20 && c < 0x7F ? c : '.';
    out += '\n';
  }
  if (shown.size() < bytes.size()) out += cat("… ", human_bytes(bytes.size() - shown.size()), " more\n");
  return out;
}

bool looks_like_json(std::string_view text) {
  const std::string_view body = trim(text);
  return body.size() >= 2 &&
         ((body.front() == '{' && body.back() == '}') || (body.front() == '[' && body.back() == ']'));
}

std::string pretty_json(std::string_view text) {
  if (!looks_like_json(text)) return std::string(text);
  std::string out;
  std::string stack;
  bool in_string = false;
  const auto break_line = [&] {
    out += '\n';
    out.append(std::min<std::size_t>(stack.size(), 64) * 2, ' ');
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      out += c;
      if (c == '\\' && i + 1 < text.size()) {
        out += text[++i];
      } else if (c == '"') {
        in_string = false;
      }
      continue;
    }
    switch (c) {
      case ' ':
      case '\t':
      case '\n':
      case '\r': break;
      case '"':
        in_string = true;
        out += c;
        break;
      case '{':
      case '[': {
        const std::size_t next = text.find_first_not_of(" \t\r\n", i + 1);
        const char close = c == '{' ? '}' : ']';
        if (next != std::string_view::npos && text[next] == close) {
          out += c;
          out += close;
          i = next;
          break;
        }
        stack += close;
        out += c;
        break_line();
        break;
      }
      case '}':
      case ']':
        if (stack.empty() || stack.back() != c) return std::string(text);
        stack.pop_back();
        break_line();
        out += c;
        break;
      case ',':
        out += c;
        break_line();
        break;
      case ':': out += ": "; break;
      default: out += c;
    }
  }
  return in_string || !stack.empty() ? std::string(text) : out;
}

}  // namespace sqlcast::gui
