#include "client/gui/model/plain_select.h"

#include <algorithm>
#include <vector>

#include "client/gui/model/text.h"
#include "client/sql_place.h"
#include "sql/keyword.h"

namespace sqlcast::gui {

namespace {

// Goes through the words of a statement.
class Words {
 public:
  explicit Words(std::string_view sql) : words_(client::sql_words(sql, sql.size())) {}

  bool ended() const { return at_ == words_.size(); }
  void skip() { ++at_; }
  bool is(std::string_view word) const {
    return !ended() && !words_[at_].name && equal_ignoring_case(words_[at_].text, word);
  }
  bool is_executable_comment() const { return !ended() && !words_[at_].name && words_[at_].text.starts_with("/*"); }
  bool take(std::string_view word) {
    if (!is(word)) return false;
    ++at_;
    return true;
  }
  bool take_name() {
    if (ended() || !words_[at_].name) return false;
    ++at_;
    return true;
  }
  // A word of SQL that the server took for a name there: STATUS, COMMENT.
  bool take_called() {
    if (ended()) return false;
    const sql::Keyword keyword = sql::find_keyword(words_[at_].text);
    const bool called = keyword != sql::Keyword::none && !sql::is_reserved_in_expressions(keyword);
    if (!words_[at_].name && !called) return false;
    ++at_;
    return true;
  }
  // name, name.name …; with `star` also *, name.*
  bool take_path(bool star) {
    do {
      if (star && take("*")) return true;
      if (!take_called()) return false;
    } while (take("."));
    return true;
  }

 private:
  std::vector<client::SqlWord> words_;
  std::size_t at_ = 0;
};

template <std::size_t kCount>
bool is_any(const Words& words, const std::string_view (&list)[kCount]) {
  return std::any_of(std::begin(list), std::end(list), [&](std::string_view word) { return words.is(word); });
}

}  // namespace

bool is_plain_select(std::string_view sql) {
  constexpr std::string_view kBehindTheTable[] = {"where", "having", "order", "limit", ";"};
  constexpr std::string_view kOtherRows[] = {"group", "union", "except", "intersect"};
  Words words(sql);
  if (!words.take("select")) return false;
  do {
    if (!words.take_path(true)) return false;
  } while (words.take(","));
  if (!words.take("from") || !words.take_path(false)) return false;
  const bool as = words.take("as");
  if (!words.take_name() && as) return false;
  if (!words.ended() && !is_any(words, kBehindTheTable)) return false;
  for (int depth = 0; !words.ended(); words.skip()) {
    if (words.is("(")) ++depth;
    if (words.is(")")) --depth;
    if (words.is_executable_comment() || (depth == 0 && is_any(words, kOtherRows))) return false;
  }
  return true;
}

}  // namespace sqlcast::gui
