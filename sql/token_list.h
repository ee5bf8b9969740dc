// TokenList: one statement's tokens without blanks and comments, parentheses paired, words looked up.
// The recogniser's input. Made once a verdict; the text must outlive it. Belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sql/keyword.h"
#include "sql/lexer.h"
#include "sql/limits.h"
#include "sql/refusal.h"

namespace sqlcast::sql {

struct Item {
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
  std::uint32_t match = 0;  // "(" : index of its ")"; otherwise 0
  Keyword keyword = Keyword::none;
  TokenKind kind = TokenKind::blank;
  char symbol = 0;  // the character of a one-character symbol; '#' for a longer one
};

class TokenList {
 public:
  // False: not one well-formed statement; refusal() and reason() say why.
  bool read(std::string_view text, const Limits& limits);

  Refusal refusal() const { return refusal_; }
  const std::string& reason() const { return reason_; }

  // Tokens of the statement, its ";" left out; past the end, an item that is nothing.
  std::size_t size() const { return items_.size() - 1; }
  const Item& operator[](std::size_t at) const { return items_[at < items_.size() ? at : items_.size() - 1]; }
  std::string_view text(std::size_t at) const { return text_.substr((*this)[at].offset, (*this)[at].size); }
  std::string_view text(std::size_t first, std::size_t end) const;  // from token first to before token end
  std::string_view source() const { return text_; }

 private:
  bool refuse(Refusal refusal, std::string reason);
  bool add(const Token& token, const Limits& limits);

  std::string_view text_;
  std::vector<Item> items_;
  std::vector<std::uint32_t> open_;
  bool ended_ = false;
  Refusal refusal_ = Refusal::none;
  std::string reason_;
};

}  // namespace sqlcast::sql
