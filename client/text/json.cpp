#include "client/text/json.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/json_string.h"
#include "base/utf8.h"

namespace sqlcast::text::json {
namespace {

constexpr int kMaxDepth = 64;

template <typename Number>
void append_number(std::string& out, Number value) {
  std::array<char, 40> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  out.append(buffer.data(), end);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Value> document() {
    Value value;
    if (!parse(value, 0)) return failure();
    skip_blanks();
    if (at_ != text_.size()) {
      problem_ = "something follows the value";
      return failure();
    }
    return value;
  }

 private:
  Status failure() const {
    return Status::error(Code::bad_message, "not JSON at byte " + std::to_string(at_ + 1) + ": " + problem_);
  }
  bool fail(const char* problem) {
    problem_ = problem;
    return false;
  }
  void skip_blanks() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  bool take(char wanted) {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  bool parse(Value& value, int depth) {
    if (depth > kMaxDepth) return fail("nested too deeply");
    skip_blanks();
    if (at_ >= text_.size()) return fail("a value is missing");
    switch (text_[at_]) {
      case '{': return parse_object(value, depth);
      case '[': return parse_array(value, depth);
      case '"': {
        std::string text;
        if (!parse_string(text)) return false;
        value = Value(std::move(text));
        return true;
      }
      default: break;
    }
    if (take_word("null")) return value = Value(), true;
    if (take_word("true")) return value = Value(true), true;
    if (take_word("false")) return value = Value(false), true;
    return parse_number(value);
  }

  bool parse_object(Value& value, int depth) {
    ++at_;
    Object members;
    if (!take('}')) {
      do {
        skip_blanks();
        std::string name;
        if (at_ >= text_.size() || text_[at_] != '"') return fail("a member name in quotes is missing");
        if (!parse_string(name)) return false;
        if (!take(':')) return fail("a colon is missing");
        Value member;
        if (!parse(member, depth + 1)) return false;
        members.emplace_back(std::move(name), std::move(member));
      } while (take(','));
      if (!take('}')) return fail("a comma or } is missing");
    }
    value = Value(std::move(members));
    return true;
  }

  bool parse_array(Value& value, int depth) {
    ++at_;
    Array items;
    if (!take(']')) {
      do {
        items.emplace_back();
        if (!parse(items.back(), depth + 1)) return false;
      } while (take(','));
      if (!take(']')) return fail("a comma or ] is missing");
    }
    value = Value(std::move(items));
    return true;
  }

  bool parse_number(Value& value) {
    const std::size_t end = std::min(text_.find_first_not_of("+-.0123456789eE", at_), text_.size());
    const std::string_view digits = text_.substr(at_, end - at_);
    const char* const first = digits.data();
    const char* const last = first + digits.size();
    std::int64_t whole = 0;
    std::uint64_t large = 0;
    double real = 0;
    if (auto [ptr, error] = std::from_chars(first, last, whole); error == std::errc() && ptr == last) {
      value = Value(whole);
    } else if (auto [ptr2, error2] = std::from_chars(first, last, large); error2 == std::errc() && ptr2 == last) {
      value = Value(large);
    } else if (auto [ptr3, error3] = std::from_chars(first, last, real); error3 == std::errc() && ptr3 == last) {
      value = Value(real);
    } else {
      return fail("not a value");
    }
    at_ = end;
    return true;
  }

  std::optional<std::uint32_t> hex4() {
    std::uint32_t value = 0;
    if (at_ + 4 > text_.size()) return std::nullopt;
    const char* const last = text_.data() + at_ + 4;
    const auto [ptr, error] = std::from_chars(text_.data() + at_, last, value, 16);
    if (error != std::errc() || ptr != last) return std::nullopt;
    at_ += 4;
    return value;
  }

  bool parse_unicode_escape(std::string& out) {
    const auto high = hex4();
    if (!high) return fail("\\u needs four hexadecimal digits");
    std::uint32_t point = *high;
    if (point >= 0xD800 && point <= 0xDFFF) {
      std::optional<std::uint32_t> low;
      if (point < 0xDC00 && take_word("\\u")) low = hex4();
      if (!low || *low < 0xDC00 || *low > 0xDFFF) return fail("half of a surrogate pair");
      point = 0x10000 + ((point - 0xD800) << 10U) + (*low - 0xDC00);
    }
    append_utf8(out, point);
    return true;
  }

  bool parse_string(std::string& out) {
    constexpr std::string_view kEscapes = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    for (++at_; at_ < text_.size();) {
      const char byte = text_[at_++];
      if (byte == '"') return true;
      if (static_cast<unsigned char>(byte) < 0x20) return fail("a control character in a string");
      if (byte != '\\') {
        out.push_back(byte);
        continue;
      }
      if (at_ >= text_.size()) break;
      const char escape = text_[at_++];
      if (const std::size_t which = kEscapes.find(escape); which != std::string_view::npos) {
        out.push_back(kMeanings[which]);
      } else if (escape != 'u') {
        return fail("an unknown escape");
      } else if (!parse_unicode_escape(out)) {
        return false;
      }
    }
    return fail("a string that does not end");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  const char* problem_ = "";
};

void new_line(std::string& out, int indent, int depth) {
  if (indent == 0) return;
  out.push_back('\n');
  out.append(static_cast<std::size_t>(indent) * static_cast<std::size_t>(depth), ' ');
}

}  // namespace

void append_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out.append("null");
    return;
  }
  const std::size_t at = out.size();
  append_number(out, value);
  // A reader must not take it for an integer, which has no -0 either.
  if (out.find_first_of(".e", at) == std::string::npos) out.append(".0");
}

const Value* Value::find(std::string_view name) const {
  if (const Object* members = object())
    for (const auto& [key, value] : *members)
      if (key == name) return &value;
  return nullptr;
}

std::string Value::write(int indent) const {
  std::string out;
  append(out, indent, 0);
  return out;
}

void Value::append(std::string& out, int indent, int depth) const {
  if (std::holds_alternative<std::nullptr_t>(data_)) {
    out.append("null");
  } else if (const bool* truth = std::get_if<bool>(&data_)) {
    out.append(*truth ? "true" : "false");
  } else if (const std::int64_t* whole = std::get_if<std::int64_t>(&data_)) {
    append_number(out, *whole);
  } else if (const std::uint64_t* large = std::get_if<std::uint64_t>(&data_)) {
    append_number(out, *large);
  } else if (const double* real = std::get_if<double>(&data_)) {
    append_double(out, *real);
  } else if (const std::string* text = string()) {
    append_json_string(out, *text);
  } else if (const Array* items = array()) {
    out.push_back('[');
    for (std::size_t i = 0; i < items->size(); ++i) {
      if (i != 0) out.append(indent == 0 ? ", " : ",");
      new_line(out, indent, depth + 1);
      (*items)[i].append(out, indent, depth + 1);
    }
    if (!items->empty()) new_line(out, indent, depth);
    out.push_back(']');
  } else if (const Object* members = object()) {
    out.push_back('{');
    for (std::size_t i = 0; i < members->size(); ++i) {
      if (i != 0) out.append(indent == 0 ? ", " : ",");
      new_line(out, indent, depth + 1);
      append_json_string(out, (*members)[i].first);
      out.append(": ");
      (*members)[i].second.append(out, indent, depth + 1);
    }
    if (!members->empty()) new_line(out, indent, depth);
    out.push_back('}');
  }
}

Result<Value> parse(std::string_view text) { return Parser(text).document(); }

}  // namespace sqlcast::text::json
