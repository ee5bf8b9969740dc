// ColumnWriter and ColumnReader: a result column as one frame, a MessagePack array with nil for NULL.
// Integers, doubles, str for text, bin for bytes. Written while rows stream from the database, one copy.
// Each object belongs to one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "proto/message.h"

namespace sqlcast::proto {

class ColumnWriter {
 public:
  ColumnWriter();
  void append_null();
  void append_int(std::int64_t value);
  void append_uint(std::uint64_t value);
  void append_double(double value);
  void append_text(std::string_view value);  // must be UTF-8: the writer does not look
  void append_bytes(std::string_view value);

  std::size_t byte_size() const { return frame_.size(); }
  std::uint64_t rows() const { return rows_; }

  // The finished frame; the writer is then empty again.
  std::string take();

 private:
  std::string frame_;
  std::uint64_t rows_ = 0;
};

// One cell, valid while the frame it was read from lives unchanged. Sixteen bytes and a tag.
struct Cell {
  enum class Kind : std::uint8_t { null, int64, uint64, float64, text, bytes };
  Kind kind = Kind::null;
  std::uint32_t size = 0;  // text and bytes
  union {
    std::int64_t int64;
    std::uint64_t uint64;
    double float64;
    const char* data;
  };
  Cell() : int64(0) {}  // NOLINT(cppcoreguidelines-pro-type-member-init): one member of a union
  std::string_view view() const { return {data, size}; }  // text and bytes only
};

// bad_message when the frame is not exactly one array of `rows` scalar cells.
Result<std::vector<Cell>> read_column(std::string_view frame, std::uint64_t rows);

}  // namespace sqlcast::proto
