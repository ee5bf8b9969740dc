#include "client/load/tuples.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/utf8.h"

namespace sqlcast::load {
namespace {

bool is_blank(char c) { return static_cast<unsigned char>(c) <= ' '; }

// One past the closing quote; npos when there is none.
std::size_t quote_end(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\' && quote != '`')
      ++at;
    else if (text[at] == quote && at + 1 < text.size() && text[at + 1] == quote)
      ++at;
    else if (text[at] == quote)
      return at + 1;
  }
  return std::string_view::npos;
}

constexpr std::array<bool, 256> make_dull() {
  std::array<bool, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const char c = static_cast<char>(i);
    table[i] = c != '\'' && c != '"' && c != '`' && c != '(' && c != ')' && c != ',' && c != '@';
  }
  return table;
}
constexpr auto kDull = make_dull();

// The bytes that a quoted string stands for; nothing when it is no string by itself, or behind _binary.
std::optional<std::string> bytes_of(std::string_view literal) {
  constexpr std::string_view kBinary = "_binary";
  if (literal.starts_with(kBinary)) {
    literal.remove_prefix(kBinary.size());
    while (!literal.empty() && is_blank(literal.front())) literal.remove_prefix(1);
  }
  if (literal.size() < 2 || (literal.front() != '\'' && literal.front() != '"')) return std::nullopt;
  if (quote_end(literal, 0) != literal.size()) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 1; i + 1 < literal.size(); ++i) {
    char c = literal[i];
    if (c == literal.front()) ++i;
    if (c == '\\' && i + 2 < literal.size()) {
      c = literal[++i];
      if (c == '0') c = '\0';
      if (c == 'n') c = '\n';
      if (c == 'r') c = '\r';
      if (c == 't') c = '\t';
      if (c == 'b') c = '\b';
      if (c == 'Z') c = '\x1A';
      if (c == '%' || c == '_') bytes += '\\';
    }
    bytes += c;
  }
  return bytes;
}

std::string hexadecimal(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "x'";
  text.reserve(bytes.size() * 2 + 3);
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4U];
    text += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  return text + "'";
}

// Whether the value there begins as a literal does, and not with another word.
bool begins_literal(std::string_view text, std::size_t at) {
  while (is_blank(text[at])) ++at;
  const auto letter = [&](std::size_t i) {
    const char c = static_cast<char>(text[i] & ~0x20);
    return (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(text[i]) >= 0x80;
  };
  if (text[at] == '`') return false;
  if (!letter(at)) return true;  // _binary too
  std::string word;
  for (; letter(at); ++at) word += static_cast<char>(text[at] & ~0x20);
  constexpr std::array<std::string_view, 7> kWords = {"NULL", "DEFAULT", "TRUE", "FALSE", "X", "B", "N"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

}  // namespace

std::string_view Tuple::value(std::string_view text, std::size_t index) const {
  const std::size_t begin_at = values[index];
  std::size_t end_at = index + 2 == values.size() ? values.back() : values[index + 1] - 1;
  std::size_t first = begin_at;
  while (first < end_at && is_blank(text[first])) ++first;
  while (end_at > first && is_blank(text[end_at - 1])) --end_at;
  return text.substr(first, end_at - first);
}

bool next_tuple(std::string_view text, std::size_t& at, Tuple& tuple) {
  bool comma = false;
  while (at < text.size() && (is_blank(text[at]) || (text[at] == ',' && !comma))) comma = text[at++] == ',' || comma;
  if (at >= text.size() || text[at] != '(') return false;
  tuple.begin = at;
  tuple.values.assign(1, at + 1);
  tuple.literals_only = true;
  std::size_t depth = 1;
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    const char c = text[i];
    if (kDull[static_cast<unsigned char>(c)]) continue;
    if (c == '\'' || c == '"' || c == '`') {
      i = quote_end(text, i);
      if (i == std::string_view::npos) return false;
      --i;
    } else if (c == '(') {
      ++depth;
      tuple.literals_only = false;
    } else if (c == '@') {
      tuple.literals_only = false;
    } else if (c == ',') {
      if (depth == 1) tuple.values.push_back(i + 1);
    } else if (--depth == 0) {
      tuple.values.push_back(i);
      tuple.end = at = i + 1;
      for (std::size_t v = 0; tuple.literals_only && v < tuple.value_count(); ++v)
        tuple.literals_only = begins_literal(text, tuple.values[v]);
      return true;
    }
  }
  return false;
}

IdValue id_value(std::string_view literal) {
  if (literal.empty()) return IdValue::generated;
  if (literal.front() == '\'' || literal.front() == '"') literal = literal.substr(1, literal.size() - 2);
  const std::string_view digits = literal.starts_with('-') ? literal.substr(1) : literal;
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) return IdValue::generated;
  return digits.find_first_not_of('0') == std::string_view::npos ? IdValue::zero : IdValue::given;
}

std::string rewritten_tuple(std::string_view text, const Tuple& tuple, const std::vector<std::size_t>& generated) {
  std::string out = "(";
  for (std::size_t i = 0; i < tuple.value_count(); ++i) {
    if (i > 0) out += ',';
    const std::string_view value = tuple.value(text, i);
    if (std::find(generated.begin(), generated.end(), i) != generated.end()) {
      out += "DEFAULT";
    } else if (is_utf8(value) && value.find('\0') == std::string_view::npos) {
      out += value;
    } else {
      const auto bytes = bytes_of(value);
      out += bytes ? hexadecimal(*bytes) : std::string(value);
    }
  }
  return out + ")";
}

}  // namespace sqlcast::load
