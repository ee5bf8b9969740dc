#include "client/text/cell_text.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/json_string.h"
#include "base/types.h"
#include "client/text/json.h"
#include "sql/literal.h"

namespace sqlcast::text {
namespace {

using Kind = proto::Cell::Kind;

template <typename Number, typename... Format>
void append_number(std::string& out, Number value, Format... format) {
  std::array<char, 64> buffer{};
  out.append(buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format...).ptr);
}

std::string to_base64(std::string_view bytes) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view part = bytes.substr(i, 3);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8U | (k < part.size() ? static_cast<unsigned char>(part[k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += k <= part.size() ? kLetters[group >> (18 - 6 * k) & 63U] : '=';
  }
  return text;
}

}  // namespace

void append_double(std::string& out, double value) {
  const double size = std::fabs(value);
  if (size == 0 || (size >= 1e-15 && (size < 1e15 || size != std::floor(size)))) {
    append_number(out, value, std::chars_format::fixed);
    return;
  }
  const std::size_t at = out.size();
  append_number(out, value, std::chars_format::scientific);
  if (const std::size_t plus = out.find('+', at); plus != std::string::npos) out.erase(plus, 1);
}

void append_cell_text(std::string& out, const proto::Cell& cell) {
  switch (cell.kind) {
    case Kind::null: return;
    case Kind::int64: return append_number(out, cell.int64);
    case Kind::uint64: return append_number(out, cell.uint64);
    case Kind::float64: return append_double(out, cell.float64);
    case Kind::text: out.append(cell.view()); return;
    case Kind::bytes: out.append("0x").append(to_hex(cell.view())); return;
  }
}

std::string cell_text(const proto::Cell& cell) {
  std::string out;
  append_cell_text(out, cell);
  return out;
}

std::string_view cell_text(const proto::Cell& cell, std::string& buffer) {
  if (cell.kind == Kind::text) return cell.view();
  buffer.clear();
  append_cell_text(buffer, cell);
  return buffer;
}

void append_cell_json(std::string& out, const proto::Cell& cell) {
  switch (cell.kind) {
    case Kind::null: out.append("null"); return;
    case Kind::float64: return json::append_double(out, cell.float64);
    case Kind::text: return append_json_string(out, cell.view());
    case Kind::bytes: out.append("{\"base64\": \"").append(to_base64(cell.view())).append("\"}"); return;
    case Kind::int64:
    case Kind::uint64: return append_cell_text(out, cell);
  }
}

std::string sql_literal(const proto::Cell& cell) {
  switch (cell.kind) {
    case Kind::null: return "NULL";
    case Kind::text: return sql::quote_text(cell.view());
    case Kind::bytes: return "x'" + to_hex(cell.view()) + "'";
    case Kind::float64: {
      // An exponent makes it a DOUBLE literal; without one it would be a DECIMAL and could round differently.
      std::string text = cell_text(cell);
      if (text.find('e') == std::string::npos) text += "e0";
      return text;
    }
    case Kind::int64:
    case Kind::uint64: return cell_text(cell);
  }
  return "NULL";
}

bool is_number(proto::ValueKind kind) {
  return kind == proto::ValueKind::int64 || kind == proto::ValueKind::uint64 || kind == proto::ValueKind::float64;
}

}  // namespace sqlcast::text
