#include "sql/parameters.h"

#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include "sql/lexer.h"

namespace sqlcast::sql {
namespace {

Status bad(std::string message) { return Status::error(Code::bad_request, std::move(message)); }

bool is_utf8(std::string_view text) {
  // The lexer judges UTF-8 everywhere; here a string token is asked for its verdict.
  Lexer lexer(text);
  Token token;
  while (lexer.next(token))
    if (token.kind == TokenKind::error) return false;
  return true;
}

Result<std::string> text_literal(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    switch (c) {
      case '\'': quoted += "''"; break;
      case '\\': quoted += "\\\\"; break;
      case '\0': quoted += "\\0"; break;
      default: quoted.push_back(c);
    }
  }
  quoted.push_back('\'');
  if (!is_utf8(quoted)) return bad("params: text that is not valid UTF-8; send it as bytes");
  return quoted;
}

Result<std::string> double_literal(double value) {
  if (!std::isfinite(value)) return bad("params: SQL has no literal for NaN or infinity");
  std::array<char, 64> buffer{};
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  SQLCAST_CHECK(error == std::errc());
  return std::string(buffer.data(), end);
}

struct LiteralOf {
  Result<std::string> operator()(std::monostate) const { return std::string("NULL"); }
  Result<std::string> operator()(std::int64_t value) const { return std::to_string(value); }
  Result<std::string> operator()(std::uint64_t value) const { return std::to_string(value); }
  Result<std::string> operator()(double value) const { return double_literal(value); }
  Result<std::string> operator()(const std::string& value) const { return text_literal(value); }
  Result<std::string> operator()(const Bytes& value) const { return "x'" + to_hex(std::string_view(value.data)) + "'"; }
};

// Where the statement ends when its terminator and what follows it are left out.
std::size_t end_without_terminator(const std::vector<Token>& tokens, std::size_t size) {
  for (std::size_t i = tokens.size(); i-- > 0;) {
    const Token& token = tokens[i];
    if (token.kind == TokenKind::blank || token.kind == TokenKind::comment) continue;
    return token.kind == TokenKind::symbol && token.text == ";" ? token.offset : size;
  }
  return size;
}

}  // namespace

Result<std::string> literal(const Value& value) { return std::visit(LiteralOf{}, value); }

Result<std::string> expand_parameters(std::string_view text, const std::vector<Value>& positional,
                                      const std::map<std::string, Value>& named) {
  const std::vector<Token> tokens = lex(text);
  const std::size_t end = end_without_terminator(tokens, text.size());
  if (positional.empty() && named.empty()) return std::string(text.substr(0, end));

  std::string expanded;
  expanded.reserve(text.size());
  std::size_t used = 0;
  std::set<std::string_view> used_names;
  for (const Token& token : tokens) {
    if (token.offset >= end) break;
    if (token.kind != TokenKind::parameter) {
      expanded += token.text;
      continue;
    }
    const Value* value = nullptr;
    if (token.text == "?") {
      if (!named.empty()) return bad("params: named values were given, but the statement has a `?`; use one kind");
      if (used >= positional.size())
        return bad("params: " + std::to_string(positional.size()) + " values for more placeholders than that");
      value = &positional[used++];
    } else {
      const std::string name(token.text.substr(1));
      const auto it = named.find(name);
      if (it == named.end()) return bad("params: no value for the placeholder :" + name);
      used_names.insert(it->first);
      value = &it->second;
    }
    Result<std::string> replacement = literal(*value);
    if (!replacement) return replacement.status();
    // A space keeps a literal from growing together with what stands before it (a minus, a letter, a digit).
    expanded += ' ';
    expanded += *replacement;
    expanded += ' ';
  }
  if (used < positional.size())
    return bad("params: " + std::to_string(positional.size()) + " values for " + std::to_string(used) +
               " placeholders");
  for (const auto& [name, value] : named)
    if (!used_names.contains(name)) return bad("params: the statement has no placeholder :" + name);
  return expanded;
}

}  // namespace sqlcast::sql
