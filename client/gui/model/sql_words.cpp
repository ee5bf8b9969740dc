#include "client/gui/model/sql_words.h"

#include <algorithm>

#include "client/gui/model/highlight.h"
#include "client/gui/model/text.h"
#include "sql/function.h"
#include "sql/keyword.h"

namespace sqlcast::gui {
namespace {

// Words of SQL that the policy does not steer by.
constexpr std::string_view kOtherKeywords[] = {
    "BEFORE", "CALL",      "COMMIT",   "CURRENT", "DELIMITER",   "DO",      "ESCAPE",    "FOLLOWING", "FUNCTION",
    "GRANT",  "PRECEDING", "ROLLBACK", "START",   "TRANSACTION", "TRIGGER", "UNBOUNDED", "UNLOCK",    "VARIABLES"};

std::vector<std::string_view> read_keywords() {
  std::vector<std::string_view> words(std::begin(kOtherKeywords), std::end(kOtherKeywords));
  for (const std::string_view word : sql::keyword_texts())
    if (!sql::is_mostly_a_name(sql::find_keyword(word)) && sql::find_function(word) == nullptr) words.push_back(word);
  std::sort(words.begin(), words.end());
  return words;
}

std::vector<std::string_view> read_functions() {
  std::vector<std::string_view> names;
  for (const sql::Function& function : sql::functions())
    if (function.function_class != sql::FunctionClass::refused && function.source != sql::FunctionSource::mysql)
      names.push_back(function.name);
  return names;
}

}  // namespace

const std::vector<std::string_view>& sql_keywords() {
  static const std::vector<std::string_view> kWords = read_keywords();
  return kWords;
}

const std::vector<std::string_view>& sql_functions() {
  static const std::vector<std::string_view> kWords = read_functions();
  return kWords;
}

bool is_keyword(std::string_view word) {
  const std::vector<std::string_view>& words = sql_keywords();
  return std::binary_search(words.begin(), words.end(), std::string_view(upper(word)));
}

Paint paint_of_word(std::string_view word, bool before_parenthesis) {
  if (is_keyword(word)) return Paint::keyword;
  if (before_parenthesis && sql::find_function(word) != nullptr) return Paint::function;
  return sql::is_type_word(word) ? Paint::type : Paint::plain;
}

}  // namespace sqlcast::gui
