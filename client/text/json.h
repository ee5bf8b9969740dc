// JSON for the client programs' own files and output: a value, a parser, a writer. (Wire JSON is proto/'s.)
// Integers stay integers. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"

namespace sqlcast::text::json {

// Appends the shortest number that reads back as the same double; null for what JSON has no number for.
void append_double(std::string& out, double value);

class Value;
using Array = std::vector<Value>;
using Object = std::vector<std::pair<std::string, Value>>;  // in the order written

class Value {
 public:
  using Data = std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object>;

  Value() : data_(nullptr) {}
  Value(Data data) : data_(std::move(data)) {}                // NOLINT(google-explicit-constructor)
  Value(std::string text) : data_(std::move(text)) {}         // NOLINT(google-explicit-constructor)
  Value(std::string_view text) : data_(std::string(text)) {}  // NOLINT(google-explicit-constructor)
  Value(const char* text) : data_(std::string(text)) {}       // NOLINT(google-explicit-constructor)
  Value(bool value) : data_(value) {}                         // NOLINT(google-explicit-constructor)
  Value(double value) : data_(value) {}                       // NOLINT(google-explicit-constructor)
  Value(std::int64_t value) : data_(value) {}                 // NOLINT(google-explicit-constructor)
  Value(std::uint64_t value) : data_(value) {}                // NOLINT(google-explicit-constructor)
  Value(Array value) : data_(std::move(value)) {}             // NOLINT(google-explicit-constructor)
  Value(Object value) : data_(std::move(value)) {}            // NOLINT(google-explicit-constructor)

  const Data& data() const { return data_; }

  // The member of an object; null when this is no object or has none of that name.
  const Value* find(std::string_view name) const;
  const std::string* string() const { return std::get_if<std::string>(&data_); }
  const Array* array() const { return std::get_if<Array>(&data_); }
  const Object* object() const { return std::get_if<Object>(&data_); }

  // indent 0 = one line.
  std::string write(int indent = 0) const;

 private:
  void append(std::string& out, int indent, int depth) const;

  Data data_;
};

// Exactly one value with nothing but white space around it; bad_message says at which byte it goes wrong.
Result<Value> parse(std::string_view text);

}  // namespace sqlcast::text::json
