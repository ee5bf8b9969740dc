// RowWriter: rows as TSV, CSV, JSON, INSERT statements or a Markdown table, a piece at a time, so that a result of
// any size goes to a file in bounded memory. Plain; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/column.h"
#include "proto/message.h"

namespace sqlcast::text {

enum class RowFormat : std::uint8_t { tsv, csv, json, insert, markdown };

inline constexpr RowFormat kRowFormats[] = {RowFormat::tsv, RowFormat::csv, RowFormat::json, RowFormat::insert,
                                            RowFormat::markdown};
std::string_view format_name(RowFormat format);       // "TSV"
std::string_view format_extension(RowFormat format);  // "tsv"

class RowWriter {
 public:
  // `table` names the table of INSERT statements; empty = "table_name".
  RowWriter(RowFormat format, std::vector<proto::ColumnInfo> columns, std::string table);

  // Appends to `out`. header() first, once; then rows; footer() last.
  void header(std::string& out) const;
  void row(std::string& out, const std::function<const proto::Cell&(std::size_t column)>& cell);
  void footer(std::string& out) const;

 private:
  template <typename Append>
  void line(std::string& out, const Append& append) const;

  RowFormat format_;
  std::vector<proto::ColumnInfo> columns_;
  std::string table_;
  std::uint64_t rows_ = 0;
  std::string buffer_;
};

}  // namespace sqlcast::text
