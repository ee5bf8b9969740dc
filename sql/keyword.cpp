#include "sql/keyword.h"

namespace sqlcast::sql {
namespace {

constexpr std::string_view kWords[] = {
#define SQLCAST_KEYWORD_TEXT(word) #word,
    SQLCAST_KEYWORDS(SQLCAST_KEYWORD_TEXT)
#undef SQLCAST_KEYWORD_TEXT
};
constexpr WordIndex<1024> kIndex{kWords};
constexpr std::size_t kLongest = 19;

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

bool ends_clause(Keyword keyword) {
  switch (keyword) {
    case Keyword::FROM_:
    case Keyword::WHERE_:
    case Keyword::GROUP_:
    case Keyword::HAVING_:
    case Keyword::WINDOW_:
    case Keyword::ORDER_:
    case Keyword::LIMIT_:
    case Keyword::UNION_:
    case Keyword::EXCEPT_:
    case Keyword::INTERSECT_:
    case Keyword::INTO_:
    case Keyword::FOR_:
    case Keyword::LOCK_:
    case Keyword::PROCEDURE_:
    case Keyword::FETCH_:
    case Keyword::OFFSET_:
    case Keyword::RETURNING_:
    case Keyword::ON_:
    case Keyword::USING_:
    case Keyword::SET_:
    case Keyword::JOIN_:
    case Keyword::INNER_:
    case Keyword::CROSS_:
    case Keyword::NATURAL_:
    case Keyword::STRAIGHT_JOIN_:
    case Keyword::LEFT_:
    case Keyword::RIGHT_:
    case Keyword::SELECT_:
    case Keyword::WITH_: return true;
    default: return false;
  }
}

bool takes_group(Keyword keyword) {
  switch (keyword) {
    case Keyword::AGAINST_:
    case Keyword::OF_:
    case Keyword::ALL_:
    case Keyword::AND_:
    case Keyword::ANY_:
    case Keyword::AS_:
    case Keyword::BETWEEN_:
    case Keyword::BINARY_:
    case Keyword::BY_:
    case Keyword::CASE_:
    case Keyword::COLUMNS_:
    case Keyword::DISTINCT_:
    case Keyword::DISTINCTROW_:
    case Keyword::DIV_:
    case Keyword::ELSE_:
    case Keyword::EXISTS_:
    case Keyword::FROM_:
    case Keyword::IN_:
    case Keyword::INTERVAL_:
    case Keyword::LIKE_:
    case Keyword::MOD_:
    case Keyword::NOT_:
    case Keyword::OR_:
    case Keyword::OVER_:
    case Keyword::REGEXP_:
    case Keyword::RLIKE_:
    case Keyword::ROW_:
    case Keyword::SEPARATOR_:
    case Keyword::SOME_:
    case Keyword::THEN_:
    case Keyword::VALUES_:
    case Keyword::VALUE_:
    case Keyword::WHEN_:
    case Keyword::XOR_: return true;
    default: return false;
  }
}

}  // namespace sqlcast::sql
