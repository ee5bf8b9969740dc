// WireReader: one MessagePack text, read token by token straight into its destination. Internal to proto/.
//
// msgpack.hpp writes our bodies; reading is ours because a tree of objects would allocate what a hostile length
// asks for. Here a length is believed only as far as the bytes that follow could hold it, nothing recurses, and
// nothing is allocated. One object belongs to one thread; views point into the text.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sqlcast::proto {

enum class TokenKind : std::uint8_t { nil, boolean, uint64, negative, float64, text, bytes, array, map, extension };

// "text", "bytes", "array" …, for messages to people.
inline std::string_view token_kind_name(TokenKind kind) {
  switch (kind) {
    case TokenKind::nil: return "nil";
    case TokenKind::boolean: return "boolean";
    case TokenKind::uint64: return "unsigned integer";
    case TokenKind::negative: return "negative integer";
    case TokenKind::float64: return "floating point number";
    case TokenKind::text: return "text";
    case TokenKind::bytes: return "bytes";
    case TokenKind::array: return "array";
    case TokenKind::map: return "map";
    case TokenKind::extension: return "extension";
  }
  return "unknown";
}

struct Token {
  TokenKind kind = TokenKind::nil;
  bool boolean = false;
  std::uint64_t number = 0;  // uint64: the value; negative: its two's complement; array, map: elements or pairs
  double float64 = 0;
  std::string_view data;  // text, bytes, extension

  std::int64_t negative() const { return static_cast<std::int64_t>(number); }
};

class WireReader {
 public:
  explicit WireReader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  // False when the bytes end inside a token, a length cannot be true, or the type byte is not used by
  // MessagePack; the reader must not be used after that.
  bool next(Token& token) {
    if (at_ == end_) return false;
    const auto head = static_cast<std::uint8_t>(*at_++);
    if (head < 0x80) return number(token, TokenKind::uint64, head);
    if (head >= 0xe0)
      return number(token, TokenKind::negative, static_cast<std::uint64_t>(head) | ~std::uint64_t{0xff});
    if (head >= 0xa0 && head < 0xc0) return data(token, TokenKind::text, head & 0x1fU);
    if (head >= 0x90 && head < 0xa0) return container(token, TokenKind::array, head & 0x0fU);
    if (head < 0x90) return container(token, TokenKind::map, head & 0x0fU);
    return next_long(token, head);
  }

  // Passes one whole value. False as next().
  bool skip() {
    for (std::uint64_t pending = 1; pending > 0; --pending) {
      Token token;
      if (!next(token)) return false;
      if (token.kind == TokenKind::array) pending += token.number;
      if (token.kind == TokenKind::map) pending += token.number * 2;
    }
    return true;
  }

  bool at_end() const { return at_ == end_; }
  std::uint64_t remaining() const { return static_cast<std::uint64_t>(end_ - at_); }

 private:
  static bool number(Token& token, TokenKind kind, std::uint64_t value) {
    token.kind = kind;
    token.number = value;
    return true;
  }
  bool data(Token& token, TokenKind kind, std::uint64_t size) {
    if (size > remaining()) return false;
    token.kind = kind;
    token.data = {at_, static_cast<std::size_t>(size)};
    at_ += size;
    return true;
  }
  bool container(Token& token, TokenKind kind, std::uint64_t count) {
    // An element has at least one byte, a pair two.
    if (count > remaining() / (kind == TokenKind::map ? 2 : 1)) return false;
    return number(token, kind, count);
  }
  template <unsigned kBytes>
  bool big_endian(std::uint64_t& value) {
    if (remaining() < kBytes) return false;
    value = 0;
    for (unsigned i = 0; i < kBytes; ++i) value = value << 8U | static_cast<std::uint8_t>(at_[i]);
    at_ += kBytes;
    return true;
  }
  template <unsigned kBytes>
  bool unsigned_number(Token& token) {
    token.kind = TokenKind::uint64;
    return big_endian<kBytes>(token.number);
  }
  template <unsigned kBytes>
  bool signed_number(Token& token) {
    std::uint64_t value = 0;
    if (!big_endian<kBytes>(value)) return false;
    constexpr unsigned kShift = 64U - kBytes * 8U;
    const auto extended = static_cast<std::int64_t>(value << kShift) >> kShift;
    return number(token, extended < 0 ? TokenKind::negative : TokenKind::uint64, static_cast<std::uint64_t>(extended));
  }
  template <unsigned kBytes>
  bool long_data(Token& token, TokenKind kind, std::uint64_t extra = 0) {
    std::uint64_t size = 0;
    return big_endian<kBytes>(size) && data(token, kind, size + extra);
  }
  template <unsigned kBytes>
  bool long_container(Token& token, TokenKind kind) {
    std::uint64_t count = 0;
    return big_endian<kBytes>(count) && container(token, kind, count);
  }
  bool floating(Token& token, bool wide) {
    std::uint64_t bits = 0;
    if (!(wide ? big_endian<8>(bits) : big_endian<4>(bits))) return false;
    token.kind = TokenKind::float64;
    token.float64 = wide ? std::bit_cast<double>(bits)
                         : static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    return true;
  }
  bool next_long(Token& token, std::uint8_t head) {
    switch (head) {
      case 0xc0: token.kind = TokenKind::nil; return true;
      case 0xc2:
      case 0xc3:
        token.kind = TokenKind::boolean;
        token.boolean = head == 0xc3;
        return true;
      case 0xc4: return long_data<1>(token, TokenKind::bytes);
      case 0xc5: return long_data<2>(token, TokenKind::bytes);
      case 0xc6: return long_data<4>(token, TokenKind::bytes);
      // An extension has a type byte before its data.
      case 0xc7: return long_data<1>(token, TokenKind::extension, 1);
      case 0xc8: return long_data<2>(token, TokenKind::extension, 1);
      case 0xc9: return long_data<4>(token, TokenKind::extension, 1);
      case 0xca: return floating(token, false);
      case 0xcb: return floating(token, true);
      case 0xcc: return unsigned_number<1>(token);
      case 0xcd: return unsigned_number<2>(token);
      case 0xce: return unsigned_number<4>(token);
      case 0xcf: return unsigned_number<8>(token);
      case 0xd0: return signed_number<1>(token);
      case 0xd1: return signed_number<2>(token);
      case 0xd2: return signed_number<4>(token);
      case 0xd3: return signed_number<8>(token);
      case 0xd4: return data(token, TokenKind::extension, 2);
      case 0xd5: return data(token, TokenKind::extension, 3);
      case 0xd6: return data(token, TokenKind::extension, 5);
      case 0xd7: return data(token, TokenKind::extension, 9);
      case 0xd8: return data(token, TokenKind::extension, 17);
      case 0xd9: return long_data<1>(token, TokenKind::text);
      case 0xda: return long_data<2>(token, TokenKind::text);
      case 0xdb: return long_data<4>(token, TokenKind::text);
      case 0xdc: return long_container<2>(token, TokenKind::array);
      case 0xdd: return long_container<4>(token, TokenKind::array);
      case 0xde: return long_container<2>(token, TokenKind::map);
      case 0xdf: return long_container<4>(token, TokenKind::map);
      default: return false;  // 0xc1
    }
  }

  const char* at_;
  const char* end_;
};

}  // namespace sqlcast::proto
