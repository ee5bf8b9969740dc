// Tokens: a text's tokens one after the other, blanks and comments left out. Pure; one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sql/lexer.h"

namespace sqlcast::load {

class Tokens {
 public:
  explicit Tokens(std::string_view text) : lexer_(text), size_(text.size()) { next(); }

  bool end() const { return end_; }
  void next() {
    do {
      end_ = !lexer_.next(token_);
    } while (!end_ && (token_.kind == sql::TokenKind::blank || token_.kind == sql::TokenKind::comment));
  }

  std::size_t offset() const { return end_ ? size_ : token_.offset; }
  std::size_t size() const { return end_ ? 0 : token_.size; }
  std::string_view text() const { return end_ ? std::string_view() : token_.text; }
  std::string upper() const {
    std::string word(text());
    for (char& c : word)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    return word;
  }
  bool word(std::string_view upper_word) const {
    return !end_ && token_.kind == sql::TokenKind::word && upper_word.size() == token_.size && upper() == upper_word;
  }
  bool take(std::string_view upper_word) {
    if (!word(upper_word)) return false;
    next();
    return true;
  }
  bool symbol(char c) const { return !end_ && token_.size == 1 && token_.text.front() == c; }
  bool variable() const { return !end_ && token_.kind == sql::TokenKind::variable; }
  bool is_string() const { return !end_ && token_.kind == sql::TokenKind::string; }
  bool is_name() const {
    return !end_ && (token_.kind == sql::TokenKind::word || token_.kind == sql::TokenKind::quoted_identifier);
  }
  // Quotes taken off, those of a string too.
  std::string name() const {
    if (is_string() && token_.size >= 2) return std::string(token_.text.substr(1, token_.size - 2));
    return sql::identifier_text(text());
  }
  // At "(": to behind its ")".
  void skip_group() {
    std::size_t depth = 0;
    for (; !end_; next()) {
      if (symbol('(')) ++depth;
      if (symbol(')') && --depth == 0) {
        next();
        return;
      }
    }
  }

 private:
  sql::Lexer lexer_;
  sql::Token token_;
  std::size_t size_;
  bool end_ = false;
};

}  // namespace sqlcast::load
