// BodyReader: a MessagePack map into a described message. Internal to proto/; a visitor of fields.h at each key.
//
// Strict for requests: an unknown field, a second one of the same name, a wrong type, text that is not UTF-8 are
// bad_request and named by their path ("statements[0].params[2]"). Lenient for replies: unknown fields are passed
// over, so that a newer node may add some. Malformed bytes are bad_message. One object, one body, one thread.
#pragma once

#include <limits>

#include "proto/body_writer.h"
#include "proto/fields.h"
#include "proto/wire_reader.h"

namespace sqlcast::proto {

// Elements of all arrays and maps of one body together: bounds what the structures in memory can take.
inline constexpr std::uint64_t kMaxBodyElements = 1'000'000;

class BodyReader {
 public:
  BodyReader(std::string_view body, bool strict) : in_(body), strict_(strict) {}

  // The whole body is one map of this message's fields.
  template <typename T>
  Status read_all(T& message) {
    if (read(message) && !in_.at_end()) malformed("bytes follow the body's map");
    return take_status();
  }

 private:
  // One pass of describe() for one key: finds its member and reads the value into it.
  struct Matcher {
    BodyReader& reader;
    std::string_view key;
    std::uint64_t seen = 0;  // bit per field, in the order of the description
    unsigned index = 0;
    bool matched = false;

    template <typename Read>
    void try_field(std::string_view name, Read&& read_member) {
      const std::uint64_t bit = std::uint64_t{1} << index++;
      if (matched || key != name) return;
      matched = true;
      if ((seen & bit) != 0) {
        reader.refuse("the field is there twice");
      } else {
        seen |= bit;
        read_member();
      }
      reader.in_field(name);
    }
    void field(std::string_view name, auto& member, const auto&) { required(name, member); }
    void required(std::string_view name, auto& member) {
      try_field(name, [&] { reader.read(member); });
    }
    template <typename T>
    void optional(std::string_view name, std::optional<T>& member) {
      try_field(name, [&] { reader.read(member.emplace()); });
    }
    void list(std::string_view name, auto& member) { required(name, member); }
    void bytes(std::string_view name, std::string& member) {
      try_field(name, [&] {
        Token token;
        if (reader.token_of(TokenKind::bytes, token)) member.assign(token.data);
      });
    }
    void params(std::string_view name, std::vector<Value>& positional, std::map<std::string, Value>& named) {
      try_field(name, [&] { reader.read_params(positional, named); });
    }
    void derived(std::string_view name, std::string_view) {
      try_field(name, [&] { reader.skip(); });
    }
  };

  // After the last key: what was required and has not been seen.
  struct Missing {
    std::uint64_t seen;
    unsigned index = 0;
    std::string_view name;
    void pass() { ++index; }
    void need(std::string_view field_name) {
      if ((seen >> index & 1U) == 0 && name.empty()) name = field_name;
      ++index;
    }
    void field(std::string_view, auto&, const auto&) { pass(); }
    void required(std::string_view field_name, auto&) { need(field_name); }
    void optional(std::string_view, auto&) { pass(); }
    void list(std::string_view, auto&) { pass(); }
    void bytes(std::string_view field_name, auto&) { need(field_name); }
    void params(std::string_view, auto&, auto&) { pass(); }
    void derived(std::string_view, std::string_view) { pass(); }
  };

  template <typename T>
  bool read_described(T& message) {
    Token head;
    if (!token_of(TokenKind::map, head) || !count(head.number)) return false;
    std::uint64_t seen = 0;
    for (std::uint64_t i = 0; i < head.number; ++i) {
      Token key;
      if (!token_of(TokenKind::text, key)) return false;
      Matcher matcher{*this, key.data, seen};
      describe(matcher, message);
      seen = matcher.seen;
      if (!matcher.matched) strict_ ? unknown_field(key.data) : skip();
      if (failed()) return false;
    }
    Missing missing{seen, 0, {}};
    describe(missing, message);
    if (missing.name.empty()) return true;
    refuse("the field is missing");
    in_field(missing.name);
    return false;
  }

  template <typename T>
  bool read(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      Token token;
      if (!token_of(TokenKind::boolean, token)) return false;
      value = token.boolean;
      return true;
    } else if constexpr (std::is_same_v<T, Code>) {
      std::uint16_t number = 0;
      if (!read(number)) return false;
      value = static_cast<Code>(number);
      return true;
    } else if constexpr (WireWord<T>) {
      Token token;
      if (!token_of(TokenKind::text, token)) return false;
      return from_word(token.data, value) || refuse("expected one of " + word_list<T>() + "; got " + shown(token.data));
    } else if constexpr (std::is_integral_v<T>) {
      return read_integer(std::numeric_limits<T>::max(), value);
    } else if constexpr (std::is_same_v<T, double>) {
      return read_double(value);
    } else if constexpr (std::is_same_v<T, std::string>) {
      return read_text(value);
    } else if constexpr (std::is_same_v<T, Hash>) {
      return read_hash(value);
    } else if constexpr (std::is_same_v<T, Value>) {
      return read_value(value);
    } else if constexpr (IsVector<T>::value) {
      Token head;
      return token_of(TokenKind::array, head) && read_elements(head.number, value);
    } else if constexpr (IsMap<T>::value) {
      Token head;
      return token_of(TokenKind::map, head) && read_pairs(head.number, value);
    } else {
      return read_described(value);
    }
  }

  template <typename T>
  bool read_integer(T maximum, T& value) {
    Token token;
    if (!token_of(TokenKind::uint64, token)) return false;
    if (token.number > static_cast<std::uint64_t>(maximum))
      return refuse("expected at most " + std::to_string(maximum) + "; got " + std::to_string(token.number));
    value = static_cast<T>(token.number);
    return true;
  }

  template <typename T>
  bool read_elements(std::uint64_t size, std::vector<T>& elements) {
    if (!count(size)) return false;
    elements.clear();
    for (std::uint64_t i = 0; i < size; ++i)
      if (!read(elements.emplace_back())) return in_element(i);
    return true;
  }

  template <typename T>
  bool read_pairs(std::uint64_t size, std::map<std::string, T>& pairs) {
    if (!count(size)) return false;
    for (std::uint64_t i = 0; i < size; ++i) {
      std::string key;
      if (!read_text(key)) return false;
      const auto [place, added] = pairs.try_emplace(key);
      if (!added) return refuse("the name " + shown(key) + " is there twice");
      if (!read(place->second)) return in_field(key);
    }
    return true;
  }

  bool read_double(double& value);
  bool read_text(std::string& value);
  bool read_hash(Hash& value);
  bool read_value(Value& value);
  bool read_params(std::vector<Value>& positional, std::map<std::string, Value>& named);
  void skip();

  // The next token, which must be of this kind.
  bool token_of(TokenKind kind, Token& token);
  bool next(Token& token);
  bool count(std::uint64_t elements);

  // Failures: the first one stands; each returns false.
  bool refuse(std::string problem);
  bool malformed(std::string problem);
  void unknown_field(std::string_view name);
  bool in_field(std::string_view name);
  bool in_element(std::uint64_t index);
  bool failed() const { return code_ != Code::ok; }
  static std::string shown(std::string_view text);
  Status take_status();

  WireReader in_;
  const bool strict_;
  std::uint64_t elements_ = 0;
  Code code_ = Code::ok;
  std::string problem_;
  std::string path_;
};

}  // namespace sqlcast::proto
