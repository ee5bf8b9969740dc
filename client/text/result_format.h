// Results as text: a table, tab-separated lines, CSV, JSON lines, or one column a line (\G). Streams: pages in,
// text out, nothing kept but column names and widths. Each printer belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proto/column.h"
#include "proto/message.h"

namespace sqlcast::text {

enum class Format {
  table,     // framed, widths right for UTF-8, numbers right-aligned, line breaks inside a cell kept (marked +)
  tabs,      // as `mariadb -B`: \t \n \\ \0 escaped, NULL as NULL; nothing at all for an empty result
  csv,       // RFC 4180; NULL is an empty field, the empty text is ""
  json,      // one object a row; integers exact, bytes as "0x…"; a name that comes again gets _2, _3 …
  vertical,  // one column a line
};

struct FormatOptions {
  Format format = Format::table;
  bool header = true;  // column names; json and vertical always have them
};

// Column-wise cells of one page, as client::Rows holds them.
using Cells = std::vector<std::vector<proto::Cell>>;

// begin, any number of pages, end. Each appends to `out`, which the caller writes and clears.
class ResultPrinter {
 public:
  virtual ~ResultPrinter() = default;
  virtual void begin(const std::vector<proto::ColumnInfo>& columns, std::string& out) = 0;
  virtual void page(const Cells& cells, std::uint64_t rows, std::string& out) = 0;
  virtual void end(std::string& out) = 0;
};

std::unique_ptr<ResultPrinter> make_printer(const FormatOptions& options);

}  // namespace sqlcast::text
