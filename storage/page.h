// PageReader: rows of a running statement into pages, column by column, with bounded memory.
// Belongs to the thread that owns the stream. What reads rows may block, for the database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/status.h"
#include "proto/column.h"
#include "proto/message.h"
#include "storage/connection.h"

namespace sqlcast::storage {

// Of all results of one request: each is a frame of the reply, of which a receiver takes only so many.
inline constexpr std::size_t kMaxColumns = 65'536;
// Of a request whose results have more.
Status too_many_columns();

class PageReader {
 public:
  explicit PageReader(RowStream& stream, std::uint64_t max_row_bytes)
      : stream_(stream), columns_(stream.columns()), writers_(stream.columns().size()), max_row_bytes_(max_row_bytes) {}

  // The next page: at most max_rows rows (at least one, when max_bytes is not 0), ended early once it holds max_bytes.
  // too_large: a row has more than max_row_bytes; the connector holds it whole by then. May block.
  Result<proto::Page> next(std::uint64_t max_rows, std::uint64_t max_bytes);

  // Whether rows are left after the last page. True before the first.
  bool more() const { return state_ != State::ended; }
  std::uint64_t rows_read() const { return rows_read_; }

 private:
  enum class State { before_first, on_row, ended };
  Status advance();
  Status append_row();

  RowStream& stream_;
  const std::vector<proto::ColumnInfo>& columns_;  // the stream's
  std::vector<proto::ColumnWriter> writers_;
  const std::uint64_t max_row_bytes_;
  State state_ = State::before_first;
  std::uint64_t rows_read_ = 0;
};

}  // namespace sqlcast::storage
