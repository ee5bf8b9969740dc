#include "sql/lexer.h"

#include <array>

#include "base/utf8.h"

namespace sqlcast::sql {
namespace {

enum : std::uint8_t { kBlank = 1, kName = 2, kDigit = 4, kHex = 8, kControl = 16, kSpecial = 32, kAsciiName = 64 };

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    std::uint8_t bits = 0;
    if (c == ' ' || (c >= 9 && c <= 13)) bits |= kBlank;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c >= 0x80) bits |= kName;
    if (c >= '0' && c <= '9') bits |= kDigit | kName | kHex;
    if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) bits |= kHex;
    if (c < 0x20 || c == 0x7f) bits |= kControl;
    if (c < 0x80 && (bits & kName) != 0) bits |= kAsciiName;
    // What a string, a quoted name or a comment may end with, escape with, or not have.
    if (c == 0 || c >= 0x80 || c == '\'' || c == '"' || c == '`' || c == '\\' || c == '*' || c == '/' || c == '\n')
      bits |= kSpecial;
    classes[c] = bits;
  }
  return classes;
}
constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

constexpr std::uint8_t byte_at(std::string_view text, std::size_t at) { return static_cast<std::uint8_t>(text[at]); }
bool has(std::string_view text, std::size_t at, std::uint8_t bits) {
  return at < text.size() && (kClasses[byte_at(text, at)] & bits) != 0;
}
// Over bytes that mean nothing inside strings, quoted names and comments.
std::size_t skip_plain(std::string_view text, std::size_t at) {
  while (at < text.size() && (kClasses[byte_at(text, at)] & kSpecial) == 0) ++at;
  return at;
}
char peek(std::string_view text, std::size_t at) { return at < text.size() ? text[at] : '\0'; }

constexpr const char* kNul = "NUL byte";
constexpr const char* kInvalidUtf8 = "invalid UTF-8";
constexpr const char* kMalformedNumber = "malformed number";

}  // namespace

struct Lexer::Scan {
  TokenKind kind = TokenKind::error;
  std::size_t end = 0;
  const char* problem = nullptr;
};

namespace {

struct Body {
  std::size_t end = 0;
  const char* problem = nullptr;  // the first bad character
};

// One character inside a string, quoted identifier or comment: notes what is wrong with it, steps over it.
void step(std::string_view text, Body& body) {
  const std::uint8_t c = byte_at(text, body.end);
  if (c == 0 && body.problem == nullptr) body.problem = kNul;
  const std::size_t size = c < 0x80 ? 1 : utf8_length(text, body.end);
  if (size == 0 && body.problem == nullptr) body.problem = kInvalidUtf8;
  body.end += size == 0 ? 1 : size;
}

// From an opening quote to one past its closing one; a doubled quote stands for itself.
Body scan_quoted(std::string_view text, std::size_t at, bool escapes, const char* unterminated) {
  const char quote = text[at];
  Body body{at + 1, nullptr};
  for (;;) {
    body.end = skip_plain(text, body.end);
    if (body.end >= text.size()) break;
    const char c = text[body.end];
    if (c == quote) {
      ++body.end;
      if (peek(text, body.end) != quote || body.end >= text.size()) return body;
      ++body.end;
    } else if (c == '\\' && escapes) {
      ++body.end;
      if (body.end < text.size()) step(text, body);
    } else {
      step(text, body);
    }
  }
  body.problem = unterminated;
  return body;
}

Body scan_line_comment(std::string_view text, std::size_t at) {
  Body body{at, nullptr};
  for (;;) {
    body.end = skip_plain(text, body.end);
    if (body.end >= text.size() || text[body.end] == '\n') return body;
    step(text, body);
  }
}

// From after the opening mark to one past the closing one. Inside an executable comment the server also
// understands one level of plain comments.
Body scan_long_comment(std::string_view text, std::size_t at, bool nested) {
  Body body{at, nullptr};
  for (;;) {
    body.end = skip_plain(text, body.end);
    if (body.end >= text.size()) break;
    if (text[body.end] == '*' && peek(text, body.end + 1) == '/') {
      body.end += 2;
      return body;
    }
    if (nested && text[body.end] == '/' && peek(text, body.end + 1) == '*') {
      const Body inner = scan_long_comment(text, body.end + 2, false);
      body.end = inner.end;
      if (body.problem == nullptr) body.problem = inner.problem;
      continue;
    }
    step(text, body);
  }
  body.problem = "unterminated comment";
  return body;
}

std::size_t scan_name(std::string_view text, std::size_t at) {
  while (has(text, at, kAsciiName)) ++at;
  while (has(text, at, kName)) {
    const std::size_t size = utf8_length(text, at);
    if (size == 0) break;
    at += size;
  }
  return at;
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (has(text, at, kDigit)) ++at;
  return at;
}

std::size_t symbol_size(std::string_view text, std::size_t at) {
  const char a = text[at];
  const char b = peek(text, at + 1);
  const char c = peek(text, at + 2);
  switch (a) {
    case '<': return b == '=' ? (c == '>' ? 3 : 2) : (b == '>' || b == '<' ? 2 : 1);
    case '>': return b == '=' || b == '>' ? 2 : 1;
    case '!': return b == '=' ? 2 : 1;
    case '|': return b == '|' ? 2 : 1;
    case '&': return b == '&' ? 2 : 1;
    case ':': return b == '=' ? 2 : 1;
    case '-': return b == '>' ? (c == '>' ? 3 : 2) : 1;
    case '(':
    case ')':
    case ',':
    case ';':
    case '.':
    case '=':
    case '+':
    case '*':
    case '/':
    case '%':
    case '^':
    case '~':
    case '{':
    case '}': return 1;
    default: return 0;
  }
}

}  // namespace

Lexer::Scan Lexer::scan_one() const {
  const std::string_view text = text_;
  const std::size_t at = at_;
  const char c = text[at];
  const char after = peek(text, at + 1);
  const auto as = [](TokenKind kind, const Body& body) {
    return Scan{body.problem == nullptr ? kind : TokenKind::error, body.end, body.problem};
  };
  const auto as_name = [&](TokenKind kind, std::size_t from) {
    const std::size_t end = scan_name(text, from);
    if (end == from) return Scan{TokenKind::error, at + 1, kInvalidUtf8};
    return Scan{kind, end, nullptr};
  };
  // After "1." or ".5": the server drops "1.e" from its input when no digit follows, and goes on with the next
  // byte as if nothing had been there. Such a text is never what it seems.
  const auto as_fraction = [&](std::size_t end) {
    end = skip_digits(text, end);
    if (peek(text, end) != 'e' && peek(text, end) != 'E') return Scan{TokenKind::number, end, nullptr};
    std::size_t digits = end + 1;
    if (peek(text, digits) == '+' || peek(text, digits) == '-') ++digits;
    if (!has(text, digits, kDigit)) return Scan{TokenKind::error, digits, kMalformedNumber};
    return Scan{TokenKind::number, skip_digits(text, digits), nullptr};
  };

  // The most frequent tokens first: one look at the byte's class decides.
  if ((kClasses[byte_at(text, at)] & (kAsciiName | kDigit)) == kAsciiName && after != '\'')
    return {TokenKind::word, scan_name(text, at), nullptr};
  if (c == ',' || c == '(' || c == ')' || c == '=' || c == ';') return {TokenKind::symbol, at + 1, nullptr};
  if (has(text, at, kBlank)) {
    std::size_t end = at + 1;
    while (has(text, end, kBlank)) ++end;
    return {TokenKind::blank, end, nullptr};
  }
  if (c == '\'' || c == '"') return as(TokenKind::string, scan_quoted(text, at, true, "unterminated string"));
  if (c == '`') return as(TokenKind::quoted_identifier, scan_quoted(text, at, false, "unterminated identifier"));
  if (c == '#') return as(TokenKind::comment, scan_line_comment(text, at));
  if (c == '-' && after == '-' && (at + 2 >= text.size() || has(text, at + 2, kBlank | kControl)))
    return as(TokenKind::comment, scan_line_comment(text, at));
  if (c == '/' && after == '*') {
    const bool executable = peek(text, at + 2) == '!' || (peek(text, at + 2) == 'M' && peek(text, at + 3) == '!');
    return as(executable ? TokenKind::executable_comment : TokenKind::comment,
              scan_long_comment(text, at + 2, executable));
  }
  if (name_expected_ && has(text, at, kName)) return as_name(TokenKind::word, at);

  if ((c == 'x' || c == 'X' || c == 'b' || c == 'B') && after == '\'') {
    const bool hex = c == 'x' || c == 'X';
    std::size_t end = at + 2;
    while (hex ? has(text, end, kHex) : (peek(text, end) == '0' || peek(text, end) == '1')) ++end;
    const bool even = !hex || (end - at) % 2 == 0;
    if (peek(text, end) == '\'' && even) return {TokenKind::number, end + 1, nullptr};
    return {TokenKind::error, scan_quoted(text, at + 1, true, kMalformedNumber).end, kMalformedNumber};
  }
  if (has(text, at, kDigit)) {
    if (c == '0' && (after == 'x' || after == 'b')) {
      std::size_t end = at + 2;
      while (after == 'x' ? has(text, end, kHex) : (peek(text, end) == '0' || peek(text, end) == '1')) ++end;
      if (end > at + 2 && !has(text, end, kName)) return {TokenKind::number, end, nullptr};
      return as_name(TokenKind::word, at);
    }
    const std::size_t end = skip_digits(text, at);
    if (peek(text, end) == '.') return as_fraction(end + 1);
    if (!has(text, end, kName)) return {TokenKind::number, end, nullptr};
    if (text[end] == 'e' || text[end] == 'E') {
      std::size_t digits = end + 1;
      if (peek(text, digits) == '+' || peek(text, digits) == '-') ++digits;
      if (has(text, digits, kDigit)) return {TokenKind::number, skip_digits(text, digits), nullptr};
    }
    if (utf8_length(text, end) == 0) return {TokenKind::number, end, nullptr};
    return as_name(TokenKind::word, at);
  }
  if (c == '.' && !after_identifier_ && has(text, at + 1, kDigit)) return as_fraction(at + 1);
  if (has(text, at, kName)) return as_name(TokenKind::word, at);

  if (c == '@') {
    const bool system = after == '@';
    const std::size_t name = at + (system ? 2 : 1);
    if (peek(text, name) == '`' || (!system && (peek(text, name) == '\'' || peek(text, name) == '"')))
      return as(TokenKind::variable, scan_quoted(text, name, text[name] != '`', "unterminated identifier"));
    std::size_t end = scan_name(text, name);
    while (end > name && peek(text, end) == '.' && has(text, end + 1, kName)) {
      const std::size_t part = scan_name(text, end + 1);
      if (part == end + 1) break;
      end = part;
    }
    return {TokenKind::variable, end, nullptr};
  }
  if (c == '?') return {TokenKind::parameter, at + 1, nullptr};
  if (c == ':' && has(text, at + 1, kName) && !has(text, at + 1, kDigit)) {
    const std::size_t end = scan_name(text, at + 1);
    if (end > at + 1) return {TokenKind::parameter, end, nullptr};
  }
  if (const std::size_t size = symbol_size(text, at); size > 0) return {TokenKind::symbol, at + size, nullptr};
  return {TokenKind::error, at + 1, c == '\0' ? kNul : "unexpected character"};
}

bool Lexer::next(Token& token) {
  if (at_ >= text_.size()) return false;
  const Scan scan = scan_one();
  token.kind = scan.kind;
  token.offset = at_;
  token.size = scan.end - at_;
  token.text = text_.substr(at_, token.size);
  token.problem = scan.problem;
  name_expected_ = after_identifier_ && token.text == ".";
  after_identifier_ = token.kind == TokenKind::word || token.kind == TokenKind::quoted_identifier;
  at_ = scan.end;
  return true;
}

std::vector<Token> lex(std::string_view text) {
  std::vector<Token> tokens;
  Lexer lexer(text);
  for (Token token; lexer.next(token);) tokens.push_back(token);
  return tokens;
}

std::string identifier_text(std::string_view token_text) {
  if (token_text.size() < 2 || token_text.front() != '`') return std::string(token_text);
  std::string name;
  const std::string_view inside = token_text.substr(1, token_text.size() - 2);
  name.reserve(inside.size());
  for (std::size_t i = 0; i < inside.size(); ++i) {
    name.push_back(inside[i]);
    if (inside[i] == '`') ++i;
  }
  return name;
}

}  // namespace sqlcast::sql
