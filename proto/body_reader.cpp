#include "proto/body_reader.h"

#include "base/json_string.h"
#include "base/utf8.h"

#include <algorithm>
#include <cmath>

namespace sqlcast::proto {

bool BodyReader::read_double(double& value) {
  Token token;
  if (!next(token)) return false;
  if (token.kind == TokenKind::float64)
    value = token.float64;
  else if (token.kind == TokenKind::uint64)
    value = static_cast<double>(token.number);
  else
    return refuse("expected a number, got " + std::string(token_kind_name(token.kind)));
  return true;
}

bool BodyReader::read_text(std::string& value) {
  Token token;
  if (!token_of(TokenKind::text, token)) return false;
  if (strict_) {
    const std::size_t valid = utf8_valid_prefix(token.data);
    if (valid != token.data.size())
      return refuse("the text is not valid UTF-8 at byte " + std::to_string(valid) + "; send bytes as bin");
  }
  value.assign(token.data);
  return true;
}

bool BodyReader::read_hash(Hash& value) {
  Token token;
  if (!token_of(TokenKind::bytes, token)) return false;
  if (token.data.size() != value.size()) return refuse("expected 32 bytes, got " + std::to_string(token.data.size()));
  std::copy(token.data.begin(), token.data.end(), reinterpret_cast<char*>(value.data()));
  return true;
}

bool BodyReader::read_value(Value& value) {
  Token token;
  if (!next(token)) return false;
  switch (token.kind) {
    case TokenKind::nil: value = std::monostate{}; return true;
    case TokenKind::boolean: value = std::int64_t{token.boolean ? 1 : 0}; return true;
    case TokenKind::uint64:
      if (token.number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        value = static_cast<std::int64_t>(token.number);
      else
        value = token.number;
      return true;
    case TokenKind::negative: value = token.negative(); return true;
    case TokenKind::float64:
      if (!std::isfinite(token.float64)) return refuse("SQL has no infinity and no NaN: send null or text");
      value = token.float64;
      return true;
    case TokenKind::text: {
      const std::size_t valid = utf8_valid_prefix(token.data);
      if (valid != token.data.size())
        return refuse("the text is not valid UTF-8 at byte " + std::to_string(valid) + "; send bytes as bin");
      value = std::string(token.data);
      return true;
    }
    case TokenKind::bytes: value = Bytes{std::string(token.data)}; return true;
    case TokenKind::array:
    case TokenKind::map:
    case TokenKind::extension: break;
  }
  return refuse("expected nil, a number, text or bytes, got " + std::string(token_kind_name(token.kind)));
}

bool BodyReader::read_params(std::vector<Value>& positional, std::map<std::string, Value>& named) {
  Token head;
  if (!next(head)) return false;
  if (head.kind == TokenKind::array) return read_elements(head.number, positional);
  if (head.kind == TokenKind::map) return read_pairs(head.number, named);
  return refuse("expected an array (for ?) or a map (for :name), got " + std::string(token_kind_name(head.kind)));
}

void BodyReader::skip() {
  if (!in_.skip()) malformed("the body is truncated or malformed");
}

bool BodyReader::next(Token& token) { return in_.next(token) || malformed("the body is truncated or malformed"); }

bool BodyReader::token_of(TokenKind kind, Token& token) {
  if (!next(token)) return false;
  if (token.kind == kind) return true;
  return refuse("expected " + std::string(token_kind_name(kind)) + ", got " + std::string(token_kind_name(token.kind)));
}

bool BodyReader::count(std::uint64_t elements) {
  elements_ += elements;
  if (elements_ <= kMaxBodyElements) return true;
  if (!failed()) {
    code_ = Code::too_large;
    problem_ = "the message has more than " + std::to_string(kMaxBodyElements) + " values; send it in several requests";
  }
  return false;
}

bool BodyReader::refuse(std::string problem) {
  if (!failed()) {
    code_ = strict_ ? Code::bad_request : Code::bad_message;
    problem_ = std::move(problem);
  }
  return false;
}

bool BodyReader::malformed(std::string problem) {
  if (!failed()) {
    code_ = Code::bad_message;
    problem_ = std::move(problem);
  }
  return false;
}

void BodyReader::unknown_field(std::string_view name) {
  refuse("unknown field " + shown(name) + "; this node speaks protocol version " + std::to_string(kProtocolVersion));
}

bool BodyReader::in_field(std::string_view name) {
  if (failed()) path_.insert(0, path_.empty() || path_.front() == '[' ? std::string(name) : std::string(name) + ".");
  return !failed();
}

bool BodyReader::in_element(std::uint64_t index) {
  const std::string step = "[" + std::to_string(index) + "]";
  path_.insert(0, path_.empty() || path_.front() == '[' ? step : step + ".");
  return false;
}

std::string BodyReader::shown(std::string_view text) {
  constexpr std::size_t kShown = 64;
  std::string quoted;
  append_json_string(quoted, text.substr(0, kShown));
  return text.size() > kShown ? quoted + "…" : quoted;
}

Status BodyReader::take_status() {
  if (!failed()) return ok_status();
  return Status::error(code_, path_.empty() ? problem_ : path_ + ": " + problem_);
}

}  // namespace sqlcast::proto
