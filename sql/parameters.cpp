#include "sql/parameters.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>

#include "base/utf8.h"
#include "sql/lexer.h"
#include "sql/literal.h"

namespace sqlcast::sql {
namespace {

Status bad(std::string message) { return Status::error(Code::bad_request, std::move(message)); }

Result<std::string> text_literal(const std::string& text) {
  if (!is_utf8(text)) return bad("params: text that is not valid UTF-8; send it as bytes");
  return quote_text(text);
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

// What a value's literal has at the least, known before it is made.
std::size_t least_size(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text->size() + 2;
  if (const auto* bytes = std::get_if<Bytes>(&value)) return bytes->data.size() * 2 + 3;
  return 1;
}

// Where the text ends without its terminator. Only what the server would leave out is: behind a second `;` or in front
// of a comment it is part of another statement, and `--` in front of it would become the beginning of a comment.
class Terminator {
 public:
  void see(const Token& token, std::size_t at) {
    if (token.kind == TokenKind::blank) return;
    const bool ends = token.kind == TokenKind::symbol && token.text == ";";
    removable_ = ends && !seen_ && !after_minus_;
    seen_ = seen_ || ends;
    after_minus_ = token.kind == TokenKind::symbol && token.text == "-";
    at_ = at;
  }
  std::optional<std::size_t> at() const { return removable_ ? std::optional(at_) : std::nullopt; }

 private:
  bool seen_ = false;
  bool removable_ = false;
  bool after_minus_ = false;
  std::size_t at_ = 0;
};

std::string without_terminator(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\n\v\f\r");
  if (last == std::string_view::npos || text[last] != ';') return std::string(text);
  Terminator terminator;
  Lexer lexer(text);
  for (Token token; lexer.next(token);) terminator.see(token, token.offset);
  return std::string(text.substr(0, terminator.at().value_or(text.size())));
}

class Expansion {
 public:
  Expansion(const std::vector<Value>& positional, const std::map<std::string, Value>& named, std::size_t max_bytes)
      : positional_(positional), named_(named), max_bytes_(max_bytes) {}

  Result<std::string> run(std::string_view text) {
    expanded_.reserve(text.size());
    Terminator terminator;
    Lexer lexer(text);
    for (Token token; lexer.next(token);) {
      terminator.see(token, expanded_.size());
      if (token.kind != TokenKind::parameter) {
        expanded_ += token.text;
      } else if (Status status = put_value(token.text); !status.ok()) {
        return status;
      }
      if (expanded_.size() > max_bytes_) return too_large();
    }
    if (used_ < positional_.size())
      return bad("params: " + std::to_string(positional_.size()) + " values for " + std::to_string(used_) +
                 " placeholders");
    for (const auto& [name, value] : named_)
      if (!used_names_.contains(name)) return bad("params: the statement has no placeholder :" + name);
    if (terminator.at()) expanded_.resize(*terminator.at());
    return std::move(expanded_);
  }

 private:
  Status put_value(std::string_view placeholder) {
    const Value* value = nullptr;
    if (placeholder == "?") {
      if (!named_.empty()) return bad("params: named values were given, but the statement has a `?`; use one kind");
      if (used_ >= positional_.size())
        return bad("params: " + std::to_string(positional_.size()) + " values for more placeholders than that");
      value = &positional_[used_++];
    } else {
      const auto it = named_.find(std::string(placeholder.substr(1)));
      if (it == named_.end()) return bad("params: no value for the placeholder " + std::string(placeholder));
      used_names_.insert(it->first);
      value = &it->second;
    }
    if (least_size(*value) > max_bytes_ - expanded_.size()) return too_large();
    const Result<std::string> replacement = literal(*value);
    if (!replacement) return replacement.status();
    // A space keeps a literal from growing together with what stands before it (a letter, a digit, the name `1e` and a
    // minus); behind a second minus it would be the beginning of a comment.
    if (!expanded_.ends_with("--")) expanded_ += ' ';
    expanded_ += *replacement;
    expanded_ += ' ';
    return ok_status();
  }

  Status too_large() const {
    return Status::error(Code::too_large,
                         "the statement with its values has more than " + std::to_string(max_bytes_) + " bytes");
  }

  const std::vector<Value>& positional_;
  const std::map<std::string, Value>& named_;
  const std::size_t max_bytes_;
  std::string expanded_;
  std::size_t used_ = 0;
  std::set<std::string_view> used_names_;
};

}  // namespace

Result<std::string> literal(const Value& value) { return std::visit(LiteralOf{}, value); }

Result<std::string> expand_parameters(std::string_view text, const std::vector<Value>& positional,
                                      const std::map<std::string, Value>& named, std::size_t max_bytes) {
  if (text.size() > max_bytes)
    return Status::error(Code::too_large, "the statement has " + std::to_string(text.size()) + " bytes");
  if (positional.empty() && named.empty()) return without_terminator(text);
  return Expansion(positional, named, max_bytes).run(text);
}

}  // namespace sqlcast::sql
