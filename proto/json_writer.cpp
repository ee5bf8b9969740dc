#include "proto/json_writer.h"

#include "base/json_string.h"

#include <sodium.h>

#include <array>
#include <charconv>
#include <cmath>

namespace sqlcast::proto {

void JsonWriter::open(char bracket) {
  text_.push_back(bracket);
  first_ = true;
}

void JsonWriter::close(char bracket) {
  text_.push_back(bracket);
  first_ = false;
}

void JsonWriter::element() {
  if (!first_) text_.push_back(',');
  first_ = false;
}

void JsonWriter::key(std::string_view name) {
  element();
  append_json_string(text_, name);
  text_.push_back(':');
}

void JsonWriter::write_double(double value) {
  if (!std::isfinite(value)) {
    text_.append(std::isnan(value) ? R"("NaN")" : value > 0 ? R"("Infinity")" : R"("-Infinity")");
    return;
  }
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const std::string_view shortest(digits.data(), static_cast<std::size_t>(end - digits.data()));
  text_.append(shortest);
  // A reader must not take it for an integer.
  if (shortest.find_first_of(".e") == std::string_view::npos) text_.append(".0");
}

void JsonWriter::write_bytes(std::string_view value) {
  constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;
  text_.append(R"({"base64":")");
  const std::size_t at = text_.size();
  const std::size_t encoded = sodium_base64_encoded_len(value.size(), kVariant);  // its final NUL included
  text_.resize(at + encoded);
  sodium_bin2base64(text_.data() + at, encoded, reinterpret_cast<const unsigned char*>(value.data()), value.size(),
                    kVariant);
  text_.pop_back();
  text_.append(R"("})");
}

void JsonWriter::write_cell(const Cell& cell) {
  switch (cell.kind) {
    case Cell::Kind::null: text_.append("null"); break;
    case Cell::Kind::int64: text_.append(std::to_string(cell.int64)); break;
    case Cell::Kind::uint64: text_.append(std::to_string(cell.uint64)); break;
    case Cell::Kind::float64: write_double(cell.float64); break;
    case Cell::Kind::text: append_json_string(text_, cell.view()); break;
    case Cell::Kind::bytes: write_bytes(cell.view()); break;
  }
}

void JsonWriter::write_rows(const StatementResult& result) {
  if (result.page.columns.size() != result.columns.size()) {
    status_ = Status::error(Code::bad_message, "a page has another number of columns than its result");
    return;
  }
  std::vector<std::vector<Cell>> columns;
  for (const std::string& frame : result.page.columns) {
    Result<std::vector<Cell>> cells = read_column(frame, result.page.rows);
    if (!cells) {
      status_ = cells.status();
      return;
    }
    columns.push_back(std::move(*cells));
  }
  for (std::size_t row = 0; row < result.page.rows; ++row) {
    element();
    text_.push_back('[');
    for (std::size_t column = 0; column < columns.size(); ++column) {
      if (column > 0) text_.push_back(',');
      write_cell(columns[column][row]);
    }
    text_.push_back(']');
  }
}

void JsonWriter::write_result(const StatementResult& result) {
  if (result.has_rows) {
    required("columns", result.columns);
    key("rows");
    open('[');
    write_rows(result);
    close(']');
    required("cursor", result.cursor);
  }
  required("affected_rows", result.affected_rows);
  required("insert_id", result.insert_id);
  required("warnings", result.warnings);
}

}  // namespace sqlcast::proto
