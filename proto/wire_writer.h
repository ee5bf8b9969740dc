// WireWriter: msgpack.hpp's packer onto a std::string. Internal to proto/; one object belongs to one thread.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <msgpack/pack.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sqlcast::proto {

class WireWriter {
 public:
  void array(std::size_t count) { packer_.pack_array(checked(count)); }
  void map(std::size_t count) { packer_.pack_map(checked(count)); }
  void nil() { packer_.pack_nil(); }
  void boolean(bool value) { value ? packer_.pack_true() : packer_.pack_false(); }
  void number(std::uint64_t value) { packer_.pack_uint64(value); }
  void signed_number(std::int64_t value) { packer_.pack_int64(value); }
  // Not pack_double(): it writes 1.0 as the integer 1, and a parameter's type would change on the way.
  void float64(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    char bytes[9] = {static_cast<char>(0xcb)};
    for (unsigned i = 0; i < 8; ++i) bytes[1 + i] = static_cast<char>(bits >> (56U - 8U * i) & 0xffU);
    sink_.write(bytes, sizeof bytes);
  }
  void text(std::string_view value) {
    packer_.pack_str(checked(value.size()));
    packer_.pack_str_body(value.data(), checked(value.size()));
  }
  void bytes(std::string_view value) {
    packer_.pack_bin(checked(value.size()));
    packer_.pack_bin_body(value.data(), checked(value.size()));
  }
  void optional_number(const std::optional<std::uint64_t>& value) { value ? number(*value) : nil(); }

  void reserve(std::size_t size) { sink_.text.reserve(size); }
  std::string take() { return std::move(sink_.text); }

 private:
  struct Sink {
    std::string text;
    void write(const char* data, std::size_t size) { text.append(data, size); }
  };
  static std::uint32_t checked(std::size_t size) {
    SQLCAST_CHECK(size <= std::numeric_limits<std::uint32_t>::max());
    return static_cast<std::uint32_t>(size);
  }

  Sink sink_;
  ::msgpack::packer<Sink> packer_{sink_};
};

}  // namespace sqlcast::proto
