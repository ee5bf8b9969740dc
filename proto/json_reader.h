// JsonReader: a tree of JSON into a described message, as strict as BodyReader is for requests. Internal to proto/;
// a visitor of fields.h. One object, one message, one thread.
// Why so: docs/decisions/0024-json-door.md.
#pragma once

#include <limits>
#include <nlohmann/json.hpp>

#include "proto/body_writer.h"
#include "proto/fields.h"

namespace sqlcast::proto {

class JsonReader {
 public:
  // The fields of one object into the message; every field must be known and of its type.
  template <typename T>
  Status read_all(const nlohmann::json& object, T& message) {
    read(object, message);
    return problem_.empty() ? ok_status()
                            : Status::error(Code::bad_request, path_.empty() ? problem_ : path_ + ": " + problem_);
  }

 private:
  struct Fields {
    JsonReader& reader;
    const nlohmann::json& object;
    std::size_t found = 0;

    template <typename Read>
    void try_field(std::string_view name, bool needed, Read&& read_member) {
      const auto place = object.find(name);
      if (place != object.end()) {
        ++found;
        if (!reader.failed() && !read_member(*place)) reader.in_field(name);
      } else if (needed && !reader.failed()) {
        reader.refuse("the field is missing");
        reader.in_field(name);
      }
    }
    void field(std::string_view name, auto& member, const auto&) {
      try_field(name, false, [&](const auto& value) { return reader.read(value, member); });
    }
    void required(std::string_view name, auto& member) {
      try_field(name, true, [&](const auto& value) { return reader.read(value, member); });
    }
    template <typename T>
    void optional(std::string_view name, std::optional<T>& member) {
      try_field(name, false, [&](const auto& value) { return reader.read(value, member.emplace()); });
    }
    void list(std::string_view name, auto& member) { field(name, member, 0); }
    void params(std::string_view name, std::vector<Value>& positional, std::map<std::string, Value>& named) {
      try_field(name, false, [&](const auto& value) { return reader.read_params(value, positional, named); });
    }
  };

  template <typename T>
  bool read_described(const nlohmann::json& object, T& message) {
    if (!object.is_object()) return expected("an object", object);
    Fields fields{*this, object};
    describe(fields, message);
    if (failed() || fields.found == object.size()) return !failed();
    NameSet known;
    describe(known, message);
    for (const auto& [name, value] : object.items())
      if (!known.contains(name)) return refuse_unknown(name);
    return true;
  }

  template <typename T>
  bool read(const nlohmann::json& from, T& value) {
    if constexpr (WireWord<T>) {
      const auto* word = from.get_ptr<const nlohmann::json::string_t*>();
      return (word != nullptr && from_word(*word, value)) || expected("one of " + word_list<T>(), from);
    } else if constexpr (std::is_same_v<T, bool>) {
      if (!from.is_boolean()) return expected("true or false", from);
      value = from.get<bool>();
      return true;
    } else if constexpr (std::is_unsigned_v<T>) {
      if (!from.is_number_unsigned()) return expected("an unsigned integer", from);
      const auto number = from.get<std::uint64_t>();
      if (number > std::numeric_limits<T>::max())
        return expected("at most " + std::to_string(std::numeric_limits<T>::max()), from);
      value = static_cast<T>(number);
      return true;
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (!from.is_string()) return expected("text", from);
      value = from.get_ref<const std::string&>();
      return true;
    } else if constexpr (std::is_same_v<T, Value>) {
      return read_value(from, value);
    } else if constexpr (IsVector<T>::value) {
      if (!from.is_array()) return expected("an array", from);
      for (std::size_t i = 0; i < from.size(); ++i)
        if (!read(from[i], value.emplace_back())) return in_element(i);
      return true;
    } else {
      return read_described(from, value);
    }
  }

  // The names that a description knows.
  struct NameSet {
    std::vector<std::string_view> names;
    void field(std::string_view name, auto&, const auto&) { names.push_back(name); }
    void required(std::string_view name, auto&) { names.push_back(name); }
    void optional(std::string_view name, auto&) { names.push_back(name); }
    void list(std::string_view name, auto&) { names.push_back(name); }
    void params(std::string_view name, auto&, auto&) { names.push_back(name); }
    bool contains(std::string_view name) const;
  };

  bool read_value(const nlohmann::json& from, Value& value);
  bool read_params(const nlohmann::json& from, std::vector<Value>& positional, std::map<std::string, Value>& named);

  // Each is false, for its caller to return. The first problem stands.
  bool refuse(std::string problem);
  bool refuse_unknown(std::string_view name);
  bool expected(std::string_view what, const nlohmann::json& got);
  bool in_field(std::string_view name);
  bool in_element(std::size_t index);
  bool failed() const { return !problem_.empty(); }

  std::string problem_;
  std::string path_;
};

}  // namespace sqlcast::proto
