// JsonWriter: a described message as one line of JSON. Internal to proto/; a visitor of fields.h. Pure.
// Writing is ours because a page of rows must not become a tree of objects first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/body_writer.h"
#include "proto/column.h"
#include "proto/fields.h"

#include "base/json_string.h"

namespace sqlcast::proto {

class JsonWriter {
 public:
  // omit_initial: leave out fields that have their initial value.
  explicit JsonWriter(bool omit_initial = false) : omit_initial_(omit_initial) {}

  void open(char bracket);
  void close(char bracket);
  void key(std::string_view name);
  void element();  // before each element of an array
  void raw(std::string_view json) { text_.append(json); }

  void field(std::string_view name, const auto& member, const auto& initial) {
    if (!omit_initial_ || member != initial) required(name, member);
  }
  void required(std::string_view name, const auto& member) {
    key(name);
    write(member);
  }
  void optional(std::string_view name, const auto& member) {
    if (member) required(name, *member);
  }
  void list(std::string_view name, const auto& member) {
    if (!omit_initial_ || !member.empty()) required(name, member);
  }
  void bytes(std::string_view name, const std::string& member) {
    key(name);
    write_bytes(member);
  }
  void params(std::string_view name, const auto& positional, const auto& named) {
    named.empty() ? list(name, positional) : list(name, named);
  }
  void derived(std::string_view name, std::string_view text) {
    key(name);
    append_json_string(text_, text);
  }

  template <typename T>
  void write(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      text_.append(value ? "true" : "false");
    } else if constexpr (std::is_same_v<T, Code>) {
      text_.append(std::to_string(static_cast<std::uint16_t>(value)));
    } else if constexpr (WireWord<T>) {
      append_json_string(text_, word_of(value));
    } else if constexpr (std::is_integral_v<T>) {
      text_.append(std::to_string(value));
    } else if constexpr (std::is_same_v<T, double>) {
      write_double(value);
    } else if constexpr (std::is_same_v<T, std::string>) {
      append_json_string(text_, value);
    } else if constexpr (std::is_same_v<T, Hash>) {
      append_json_string(text_, to_hex(value));
    } else if constexpr (std::is_same_v<T, StatementResult>) {
      open('{');
      write_result(value);
      close('}');
    } else if constexpr (std::is_same_v<T, std::monostate>) {
      text_.append("null");
    } else if constexpr (std::is_same_v<T, Bytes>) {
      write_bytes(value.data);
    } else if constexpr (std::is_same_v<T, Value>) {
      std::visit([this](const auto& alternative) { write(alternative); }, value);
    } else if constexpr (IsVector<T>::value) {
      open('[');
      for (const auto& one : value) {
        element();
        write(one);
      }
      close(']');
    } else if constexpr (IsMap<T>::value) {
      open('{');
      for (const auto& [name, one] : value) required(name, one);
      close('}');
    } else {
      open('{');
      describe(*this, value);
      close('}');
    }
  }

  // The fields of one statement's outcome, inside an object that is open.
  void write_result(const StatementResult& result);

  // The first malformed column frame's error, if there was one: the text must then not be sent.
  const Status& status() const { return status_; }
  std::string take() { return std::move(text_); }

 private:
  void write_double(double value);
  void write_bytes(std::string_view value);
  void write_rows(const StatementResult& result);
  void write_cell(const Cell& cell);

  const bool omit_initial_;
  bool first_ = true;  // in the bracket that is open
  std::string text_;
  Status status_;
};

}  // namespace sqlcast::proto
