#include "proto/column.h"

#include <bit>
#include <limits>
#include <utility>

#include "proto/wire_reader.h"

namespace sqlcast::proto {
namespace {

constexpr std::size_t kArrayHeaderSize = 5;  // array 32, filled in by take()

template <typename T>
void append_big_endian(std::string& out, std::uint8_t head, T value) {
  char bytes[1 + sizeof(T)];
  bytes[0] = static_cast<char>(head);
  for (std::size_t i = 0; i < sizeof(T); ++i)
    bytes[1 + i] = static_cast<char>(static_cast<std::uint64_t>(value) >> (8U * (sizeof(T) - 1 - i)) & 0xffU);
  out.append(bytes, sizeof bytes);
}

// A longer cell could not be framed; the database's own packet limit is a quarter of this.
std::uint32_t checked_size(std::string_view value) {
  SQLCAST_CHECK(value.size() <= std::numeric_limits<std::uint32_t>::max());
  return static_cast<std::uint32_t>(value.size());
}

}  // namespace

ColumnWriter::ColumnWriter() : frame_(kArrayHeaderSize, '\0') {}

void ColumnWriter::append_null() {
  frame_.push_back(static_cast<char>(0xc0));
  ++rows_;
}

void ColumnWriter::append_int(std::int64_t value) {
  if (value >= 0) {
    append_uint(static_cast<std::uint64_t>(value));
    return;
  }
  if (value >= -32)
    frame_.push_back(static_cast<char>(value));
  else if (value >= std::numeric_limits<std::int8_t>::min())
    append_big_endian(frame_, 0xd0, static_cast<std::int8_t>(value));
  else if (value >= std::numeric_limits<std::int16_t>::min())
    append_big_endian(frame_, 0xd1, static_cast<std::int16_t>(value));
  else if (value >= std::numeric_limits<std::int32_t>::min())
    append_big_endian(frame_, 0xd2, static_cast<std::int32_t>(value));
  else
    append_big_endian(frame_, 0xd3, value);
  ++rows_;
}

void ColumnWriter::append_uint(std::uint64_t value) {
  if (value < 0x80)
    frame_.push_back(static_cast<char>(value));
  else if (value <= 0xff)
    append_big_endian(frame_, 0xcc, static_cast<std::uint8_t>(value));
  else if (value <= 0xffff)
    append_big_endian(frame_, 0xcd, static_cast<std::uint16_t>(value));
  else if (value <= 0xffff'ffff)
    append_big_endian(frame_, 0xce, static_cast<std::uint32_t>(value));
  else
    append_big_endian(frame_, 0xcf, value);
  ++rows_;
}

void ColumnWriter::append_double(double value) {
  append_big_endian(frame_, 0xcb, std::bit_cast<std::uint64_t>(value));
  ++rows_;
}

void ColumnWriter::append_text(std::string_view value) {
  const std::uint32_t size = checked_size(value);
  if (size < 32)
    frame_.push_back(static_cast<char>(0xa0U | size));
  else if (size <= 0xff)
    append_big_endian(frame_, 0xd9, static_cast<std::uint8_t>(size));
  else if (size <= 0xffff)
    append_big_endian(frame_, 0xda, static_cast<std::uint16_t>(size));
  else
    append_big_endian(frame_, 0xdb, size);
  frame_.append(value);
  ++rows_;
}

void ColumnWriter::append_bytes(std::string_view value) {
  const std::uint32_t size = checked_size(value);
  if (size <= 0xff)
    append_big_endian(frame_, 0xc4, static_cast<std::uint8_t>(size));
  else if (size <= 0xffff)
    append_big_endian(frame_, 0xc5, static_cast<std::uint16_t>(size));
  else
    append_big_endian(frame_, 0xc6, size);
  frame_.append(value);
  ++rows_;
}

std::string ColumnWriter::take() {
  SQLCAST_CHECK(rows_ <= std::numeric_limits<std::uint32_t>::max());
  frame_[0] = static_cast<char>(0xdd);
  for (unsigned i = 0; i < 4; ++i) frame_[1 + i] = static_cast<char>(rows_ >> (8U * (3U - i)) & 0xffU);
  std::string next;
  next.reserve(frame_.size());  // it will be about as long
  next.assign(kArrayHeaderSize, '\0');
  rows_ = 0;
  return std::exchange(frame_, std::move(next));
}

Result<std::vector<Cell>> read_column(std::string_view frame, std::uint64_t rows) {
  WireReader reader(frame);
  Token token;
  if (!reader.next(token) || token.kind != TokenKind::array || token.number != rows)
    return Status::error(Code::bad_message, "a column frame is not an array of " + std::to_string(rows) + " cells");
  // next() has made sure that the frame has at least one byte a row: the reservation is bounded by its size.
  std::vector<Cell> cells(static_cast<std::size_t>(rows));
  for (Cell& cell : cells) {
    if (!reader.next(token)) return Status::error(Code::bad_message, "a column frame is truncated or malformed");
    switch (token.kind) {
      case TokenKind::nil: break;
      case TokenKind::uint64:
        if (token.number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
          cell.kind = Cell::Kind::int64;
          cell.int64 = static_cast<std::int64_t>(token.number);
        } else {
          cell.kind = Cell::Kind::uint64;
          cell.uint64 = token.number;
        }
        break;
      case TokenKind::negative:
        cell.kind = Cell::Kind::int64;
        cell.int64 = token.negative();
        break;
      case TokenKind::float64:
        cell.kind = Cell::Kind::float64;
        cell.float64 = token.float64;
        break;
      case TokenKind::text:
      case TokenKind::bytes:
        cell.kind = token.kind == TokenKind::text ? Cell::Kind::text : Cell::Kind::bytes;
        cell.size = static_cast<std::uint32_t>(token.data.size());
        cell.data = token.data.data();
        break;
      case TokenKind::boolean:
      case TokenKind::array:
      case TokenKind::map:
      case TokenKind::extension:
        return Status::error(Code::bad_message, "a column's cell is a value of type " +
                                                    std::string(token_kind_name(token.kind)) +
                                                    "; cells are nil, integers, floating point numbers, text or bytes");
    }
  }
  if (!reader.at_end()) return Status::error(Code::bad_message, "a column frame goes on after its last cell");
  return cells;
}

}  // namespace sqlcast::proto
