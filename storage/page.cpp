#include "storage/page.h"

#include <charconv>

namespace sqlcast::storage {
namespace {

template <typename T>
bool parse(const std::string& text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// False when the database's text does not fit the column's kind.
bool append(proto::ColumnWriter& writer, proto::ValueKind kind, const std::string& text) {
  switch (kind) {
    case proto::ValueKind::int64: {
      std::int64_t value = 0;
      if (!parse(text, value)) return false;
      writer.append_int(value);
      return true;
    }
    case proto::ValueKind::uint64: {
      std::uint64_t value = 0;
      if (!parse(text, value)) return false;
      writer.append_uint(value);
      return true;
    }
    case proto::ValueKind::float64: {
      double value = 0;
      if (!parse(text, value)) return false;
      writer.append_double(value);
      return true;
    }
    case proto::ValueKind::text: writer.append_text(text); return true;
    case proto::ValueKind::bytes: writer.append_bytes(text); return true;
  }
  return false;
}

}  // namespace

Status too_many_columns() {
  return Status::error(Code::too_large, "the results of the request have more than " + std::to_string(kMaxColumns) +
                                            " columns together; name fewer columns, or send fewer statements at once");
}

Status PageReader::advance() {
  const Result<bool> row = stream_.next();
  if (!row) {
    state_ = State::ended;
    return row.status();
  }
  state_ = *row ? State::on_row : State::ended;
  return ok_status();
}

Status PageReader::append_row() {
  std::uint64_t row_bytes = 0;
  for (std::size_t i = 0; i < writers_.size(); ++i) {
    const std::optional<std::string> value = stream_.value(i);
    if (!value) {
      writers_[i].append_null();
      continue;
    }
    const proto::ColumnInfo& column = columns_[i];
    row_bytes += value->size();
    if (row_bytes > max_row_bytes_)
      return Status::error(Code::too_large, "a row of the result has more than " + std::to_string(max_row_bytes_) +
                                                " bytes, up to its column '" + column.name +
                                                "'; ask for parts of it, as by SUBSTRING()");
    if (!append(writers_[i], column.kind, *value))
      return Status::error(Code::internal, "column '" + column.name + "' of type " + column.type +
                                               " holds a value that is not of that type: " + *value);
  }
  ++rows_read_;
  return ok_status();
}

Result<proto::Page> PageReader::next(std::uint64_t max_rows, std::uint64_t max_bytes) {
  if (state_ == State::before_first) {
    if (Status status = advance(); !status.ok()) return status;
  }
  proto::Page page;
  std::uint64_t bytes = 0;
  while (state_ == State::on_row && page.rows < max_rows && bytes < max_bytes) {
    if (Status status = append_row(); !status.ok()) return status;
    ++page.rows;
    bytes = 0;
    for (const proto::ColumnWriter& writer : writers_) bytes += writer.byte_size();
    if (Status status = advance(); !status.ok()) return status;
  }
  page.columns.reserve(writers_.size());
  for (proto::ColumnWriter& writer : writers_) page.columns.push_back(writer.take());
  return page;
}

}  // namespace sqlcast::storage
