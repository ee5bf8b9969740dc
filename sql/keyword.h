// Keyword: the words that the recogniser steers by, as numbers. A word that is not listed is Keyword::none: a name.
// Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "sql/keyword_table.h"

namespace sqlcast::sql {

enum class Keyword : std::uint16_t {
  none,
#define SQLCAST_KEYWORD_NAME(word, attributes) word##_,
  SQLCAST_KEYWORDS(SQLCAST_KEYWORD_NAME)
#undef SQLCAST_KEYWORD_NAME
      count
};

Keyword find_keyword(std::string_view word);

// Their texts, in upper case and in order: that of a keyword stands at its number - 1.
std::span<const std::string_view> keyword_texts();

// True for words that end a clause when they stand outside parentheses.
bool ends_clause(Keyword keyword);

// True for words that an expression may have in front of a parenthesis and that are no function.
bool takes_group(Keyword keyword);

// True for reserved words of expressions, which are never a column.
bool is_reserved_in_expressions(Keyword keyword);

// True for words that are mostly names where they stand in a text.
bool is_mostly_a_name(Keyword keyword);

// ASCII only: the words and the schema names that this compares are.
constexpr char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
bool same_word(std::string_view a, std::string_view b);
// The server compares names of columns without case, and accents, in every script: whether these may be one to it.
bool may_be_same_name(std::string_view a, std::string_view b);
std::string_view::size_type find_word(std::string_view text, std::string_view word);  // in any case; npos = none

// A fixed hash of upper-cased ASCII, for tables built while compiling.
constexpr std::uint32_t word_hash(std::string_view word) {
  std::uint32_t hash = 2166136261U;
  for (const char c : word) hash = (hash ^ static_cast<std::uint8_t>(to_upper(c))) * 16777619U;
  return hash ^ (hash >> 15U);
}

// Open addressing over a fixed list of upper-case names: no allocation, one or two comparisons a look-up.
template <std::size_t kSlots>
class WordIndex {
 public:
  template <typename Names>
  constexpr explicit WordIndex(const Names& names) {
    std::uint16_t position = 1;
    for (const auto& name : names) {
      std::uint32_t slot = word_hash(name) % kSlots;
      while (slots_[slot] != 0) slot = (slot + 1) % kSlots;
      slots_[slot] = position++;
    }
  }

  // The position + 1 of `word` in the list that made the index, or 0.
  template <typename NameAt>
  std::uint16_t find(std::string_view word, NameAt name_at) const {
    for (std::uint32_t slot = word_hash(word) % kSlots; slots_[slot] != 0; slot = (slot + 1) % kSlots)
      if (same_word(word, name_at(slots_[slot] - 1U))) return slots_[slot];
    return 0;
  }

 private:
  std::array<std::uint16_t, kSlots> slots_{};
};

}  // namespace sqlcast::sql
