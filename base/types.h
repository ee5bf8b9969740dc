// The nouns that every room shares: sequence, epoch, hash, position, request key, value.
// Plain values; any thread.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

namespace sqlcast {

using Sequence = std::uint64_t;  // 1, 2, 3 … one per entry, no holes; 0 = before the first
using Epoch = std::uint64_t;     // which mastership wrote an entry; the first is 1

using Hash = std::array<std::uint8_t, 32>;
std::string to_hex(const Hash& hash);
std::string to_hex(std::string_view bytes);  // lower case, no prefix

// The end of a node's own log. Two nodes with equal positions have the same history.
struct Position {
  Epoch epoch = 0;
  Sequence sequence = 0;
  Hash hash{};
  bool operator==(const Position&) const = default;
};

// What makes a retry recognisable: the same pair never executes twice.
struct RequestKey {
  std::string client_id;  // 1 to 64 characters, chosen by the client, unique to it; empty = not retryable
  std::uint64_t request_id = 0;
  auto operator<=>(const RequestKey&) const = default;  // NOLINT(modernize-use-nullptr): there is no pointer
};

struct RequestKeyHash {
  std::size_t operator()(const RequestKey& key) const {
    return std::hash<std::string>()(key.client_id) * 1000003U ^ std::hash<std::uint64_t>()(key.request_id);
  }
};

// Bytes that are not text (BLOB, BINARY, BIT). A type of its own so that text and bytes never mix.
struct Bytes {
  std::string data;
  auto operator<=>(const Bytes&) const = default;  // NOLINT(modernize-use-nullptr): there is no pointer
};

// One value as a client gives or gets it. DECIMAL and temporal values are text.
using Value = std::variant<std::monostate, std::int64_t, std::uint64_t, double, std::string, Bytes>;

}  // namespace sqlcast
