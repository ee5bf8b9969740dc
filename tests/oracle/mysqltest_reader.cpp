#include "tests/oracle/mysqltest_reader.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace sqlcast::oracle {
namespace {

std::string first_word(std::string_view text) {
  std::string word;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') break;
    word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return word;
}

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_sql(const std::string& word) {
  static const std::set<std::string> kWords = {"select", "insert", "replace",  "update",  "delete",  "create", "alter",
                                               "drop",   "rename", "truncate", "use",     "set",     "show",   "begin",
                                               "commit", "with",   "values",   "analyze", "explain", "call",   "do"};
  return kWords.contains(word);
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::vector<std::string> run() {
    while (at_ < text_.size()) {
      const std::string_view rest = text_.substr(at_);
      if (std::isspace(static_cast<unsigned char>(rest.front())) != 0) {
        ++at_;
      } else if (rest.front() == '#') {
        take_line();
      } else if (rest.starts_with("--")) {
        command(trimmed(take_line().substr(2)));
      } else if (rest.front() == '}') {
        ++at_;
      } else if (const std::string word = first_word(rest); word == "while" || word == "if") {
        skip_block();
      } else {
        statement();
      }
    }
    return std::move(statements_);
  }

 private:
  std::string_view take_line() {
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::string_view line = text_.substr(at_, end - at_);
    at_ = std::min(end + 1, text_.size());
    return line;
  }

  void command(std::string_view text) {
    const std::string word = first_word(text);
    if (word == "delimiter") delimiter_ = trimmed(text.substr(word.size()));
    if (word == "perl" || word == "write_file" || word == "append_file") {
      while (at_ < text_.size() && trimmed(take_line()) != "EOF") continue;
    }
  }

  void skip_block() {
    std::size_t depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '{') ++depth;
      if (c == '}' && --depth == 0) return;
    }
  }

  // Up to the delimiter outside of quotes; lines that begin with # are not part of it.
  void statement() {
    std::string found;
    char quote = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (quote == 0 && text_.substr(at_).starts_with(delimiter_)) {
        at_ += delimiter_.size();
        break;
      }
      if (quote == 0 && c == '#' && (found.empty() || found.back() == '\n')) {
        take_line();
        continue;
      }
      if (quote != 0 && c == '\\' && at_ + 1 < text_.size()) found += text_[at_++];
      if (quote == 0 && (c == '\'' || c == '"' || c == '`'))
        quote = c;
      else if (quote == c)
        quote = 0;
      found += text_[at_++];
    }
    const std::string_view text = trimmed(found);
    const std::string word = first_word(text);
    if (is_sql(word))
      statements_.emplace_back(text);
    else
      command(text);
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  std::string delimiter_ = ";";
  std::vector<std::string> statements_;
};

}  // namespace

std::vector<std::string> read_mysqltest(std::string_view text) { return Reader(text).run(); }

}  // namespace sqlcast::oracle
