#include "sql/keyword.h"

namespace sqlcast::sql {
namespace {

enum Attribute : std::uint8_t { clause = 1, group = 2, reserved = 4, name = 8 };

constexpr std::string_view kWords[] = {
#define SQLCAST_KEYWORD_TEXT(word, attributes) #word,
    SQLCAST_KEYWORDS(SQLCAST_KEYWORD_TEXT)
#undef SQLCAST_KEYWORD_TEXT
};
constexpr std::uint8_t kAttributes[] = {0,  // Keyword::none
#define SQLCAST_KEYWORD_ATTRIBUTES(word, attributes) attributes,
                                        SQLCAST_KEYWORDS(SQLCAST_KEYWORD_ATTRIBUTES)
#undef SQLCAST_KEYWORD_ATTRIBUTES
};
constexpr WordIndex<1024> kIndex{kWords};
constexpr std::size_t kLongest = 19;

bool has(Keyword keyword, Attribute attribute) {
  return (kAttributes[static_cast<std::size_t>(keyword)] & attribute) != 0;
}

}  // namespace

bool same_word(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (to_upper(a[i]) != to_upper(b[i])) return false;
  return true;
}

bool may_be_same_name(std::string_view a, std::string_view b) {
  const auto bytes = [](char first) -> std::size_t {
    const auto byte = static_cast<unsigned char>(first);
    return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
  };
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    const std::size_t size = bytes(a[i]);
    const std::size_t other = bytes(b[j]);
    if (size == 1 && other == 1 && to_upper(a[i]) != to_upper(b[j])) return false;
    i += size;
    j += other;
  }
  return i >= a.size() && j >= b.size();
}

std::string_view::size_type find_word(std::string_view text, std::string_view word) {
  for (std::size_t at = 0; at + word.size() <= text.size(); ++at)
    if (same_word(text.substr(at, word.size()), word)) return at;
  return std::string_view::npos;
}

Keyword find_keyword(std::string_view word) {
  if (word.size() > kLongest) return Keyword::none;
  return static_cast<Keyword>(kIndex.find(word, [](std::size_t at) { return kWords[at]; }));
}

std::span<const std::string_view> keyword_texts() { return kWords; }

bool ends_clause(Keyword keyword) { return has(keyword, clause); }

bool takes_group(Keyword keyword) { return has(keyword, group); }

bool is_reserved_in_expressions(Keyword keyword) { return has(keyword, reserved); }

bool is_mostly_a_name(Keyword keyword) { return has(keyword, name); }

}  // namespace sqlcast::sql
