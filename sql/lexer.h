// Lexer: SQL text to tokens, as MariaDB and MySQL see it under our pinned sql_mode (backslash escapes on,
// ANSI_QUOTES off, utf8mb4). Shared by the policy, the shell's splitter and the editor's colours.
// Never fails on any bytes: what cannot be part of a statement is a token of kind `error`. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sqlcast::sql {

enum class TokenKind : std::uint8_t {
  word,                // identifier or keyword, unquoted
  quoted_identifier,   // `x`
  string,              // 'x' or "x", with any introducer before it as a word token
  number,              // 1, 1.5e3, 0x1F, x'1F', b'01'
  variable,            // @x, @@x, @@global.x, @`x`; a lone @
  parameter,           // ? or :name
  symbol,              // operators and punctuation; one token each: ( ) , ; . = <=> := …
  comment,             // plain comments, all three kinds
  executable_comment,  // /*! … */ and /*M! … */, whole
  blank,               // runs of white space
  error,               // unterminated string, comment or identifier, NUL, invalid UTF-8, other bytes
};

struct Token {
  TokenKind kind = TokenKind::error;
  std::size_t offset = 0;
  std::size_t size = 0;
  std::string_view text;          // the bytes in the input
  const char* problem = nullptr;  // kind error only: "unterminated string" …
};

// Every byte of the text is in exactly one token, in order.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}
  // False at the end.
  bool next(Token& token);

 private:
  struct Scan;
  Scan scan_one() const;

  std::string_view text_;
  std::size_t at_ = 0;
  bool after_identifier_ = false;  // a dot here is a separator, not the start of a number
  bool name_expected_ = false;     // after such a dot: digits start a name
};

std::vector<Token> lex(std::string_view text);  // all tokens

// The name inside a `quoted` or bare identifier: quotes taken off, doubled quotes made one.
std::string identifier_text(std::string_view token_text);

}  // namespace sqlcast::sql
