// BodyWriter: a described message as a MessagePack map with text keys. Internal to proto/; a visitor of fields.h.
// Fields that have their initial value are left out.
#pragma once

#include <type_traits>

#include "proto/fields.h"
#include "proto/wire_writer.h"

namespace sqlcast::proto {

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};
template <typename T>
struct IsMap : std::false_type {};
template <typename T>
struct IsMap<std::map<std::string, T>> : std::true_type {};

class BodyWriter {
 public:
  template <typename T>
  void map_of(const T& message) {
    Counter counter;
    describe(counter, message);
    out_.map(counter.fields);
    describe(*this, message);
  }

  void field(std::string_view name, const auto& member, const auto& initial) {
    if (member != initial) required(name, member);
  }
  void required(std::string_view name, const auto& member) {
    out_.text(name);
    write(member);
  }
  void optional(std::string_view name, const auto& member) {
    if (member) required(name, *member);
  }
  void list(std::string_view name, const auto& member) {
    if (!member.empty()) required(name, member);
  }
  void bytes(std::string_view name, const std::string& member) {
    out_.text(name);
    out_.bytes(member);
  }
  void params(std::string_view name, const auto& positional, const auto& named) {
    list(name, positional);
    if (positional.empty()) list(name, named);
  }
  void derived(std::string_view name, std::string_view text) {
    out_.text(name);
    out_.text(text);
  }

  template <typename T>
  void write(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      out_.boolean(value);
    } else if constexpr (std::is_same_v<T, Code>) {
      out_.number(static_cast<std::uint64_t>(value));
    } else if constexpr (WireWord<T>) {
      out_.text(word_of(value));
    } else if constexpr (std::is_unsigned_v<T>) {
      out_.number(value);
    } else if constexpr (std::is_integral_v<T>) {
      out_.signed_number(value);
    } else if constexpr (std::is_same_v<T, double>) {
      out_.float64(value);
    } else if constexpr (std::is_same_v<T, std::string>) {
      out_.text(value);
    } else if constexpr (std::is_same_v<T, Bytes>) {
      out_.bytes(value.data);
    } else if constexpr (std::is_same_v<T, std::monostate>) {
      out_.nil();
    } else if constexpr (std::is_same_v<T, Hash>) {
      out_.bytes({reinterpret_cast<const char*>(value.data()), value.size()});
    } else if constexpr (std::is_same_v<T, Value>) {
      std::visit([this](const auto& alternative) { write(alternative); }, value);
    } else if constexpr (IsVector<T>::value) {
      out_.array(value.size());
      for (const auto& element : value) write(element);
    } else if constexpr (IsMap<T>::value) {
      out_.map(value.size());
      for (const auto& [key, element] : value) required(key, element);
    } else {
      map_of(value);
    }
  }

  std::string take() { return out_.take(); }
  void reserve(std::size_t size) { out_.reserve(size); }

 private:
  struct Counter {
    std::size_t fields = 0;
    void field(std::string_view, const auto& member, const auto& initial) { fields += member != initial ? 1U : 0U; }
    void required(std::string_view, const auto&) { ++fields; }
    void optional(std::string_view, const auto& member) { fields += member ? 1U : 0U; }
    void list(std::string_view, const auto& member) { fields += member.empty() ? 0U : 1U; }
    void bytes(std::string_view, const std::string&) { ++fields; }
    void params(std::string_view, const auto& positional, const auto& named) {
      fields += positional.empty() && named.empty() ? 0U : 1U;
    }
    void derived(std::string_view, std::string_view) { ++fields; }
  };

  WireWriter out_;
};

}  // namespace sqlcast::proto
