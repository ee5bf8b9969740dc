#include "client/text/row_writer.h"

#include <array>

#include "base/json_string.h"
#include "client/text/cell_text.h"
#include "client/text/escape.h"
#include "sql/literal.h"

namespace sqlcast::text {
namespace {

// How a format is called; and how its lines are put together, where a row is a line of fields.
struct Shape {
  std::string_view name;
  std::string_view extension;
  std::string_view begin;
  std::string_view between;
  std::string_view end;
  std::string_view null;
};
constexpr std::array<Shape, 5> kShapes = {{{"TSV", "tsv", "", "\t", "\n", "\\N"},
                                           // The empty text is "": the one way of CSV to tell NULL apart.
                                           {"CSV", "csv", "", ",", "\r\n", ""},
                                           {"JSON", "json", "", "", "", ""},
                                           {"INSERT", "sql", "", "", "", ""},
                                           {"Markdown", "md", "| ", " | ", " |\n", "*NULL*"}}};

const Shape& shape_of(RowFormat format) { return kShapes.at(static_cast<std::size_t>(format)); }

void append_field(std::string& out, RowFormat format, std::string_view text) {
  if (format == RowFormat::tsv) out += escape_line(text);
  if (format == RowFormat::csv) append_csv_field(out, text);
  if (format != RowFormat::markdown) return;
  for (const char c : text) {
    if (c == '|' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "<br>";
    } else if (c != '\r') {
      out += c;
    }
  }
}

}  // namespace

std::string_view format_name(RowFormat format) { return shape_of(format).name; }
std::string_view format_extension(RowFormat format) { return shape_of(format).extension; }

RowWriter::RowWriter(RowFormat format, std::vector<proto::ColumnInfo> columns, std::string table)
    : format_(format), columns_(std::move(columns)), table_(table.empty() ? "`table_name`" : std::move(table)) {}

// A line of what `append` gives for each column.
template <typename Append>
void RowWriter::line(std::string& out, const Append& append) const {
  const Shape& shape = shape_of(format_);
  out += shape.begin;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) out += shape.between;
    append(i);
  }
  out += shape.end;
}

void RowWriter::header(std::string& out) const {
  if (format_ == RowFormat::json) out += '[';
  if (format_ == RowFormat::json || format_ == RowFormat::insert) return;
  line(out, [&](std::size_t i) { append_field(out, format_, columns_[i].name); });
  if (format_ == RowFormat::markdown)
    line(out, [&](std::size_t i) { out += is_number(columns_[i].kind) ? "---:" : "---"; });
}

void RowWriter::row(std::string& out, const std::function<const proto::Cell&(std::size_t column)>& cell) {
  const bool first = rows_++ == 0;
  switch (format_) {
    case RowFormat::json:
      out += first ? "\n  {" : ",\n  {";
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (i > 0) out += ", ";
        append_json_string(out, columns_[i].name);
        out += ": ";
        append_cell_json(out, cell(i));
      }
      out += '}';
      break;
    case RowFormat::insert:
      out.append("INSERT INTO ").append(table_).append(" (");
      for (std::size_t i = 0; i < columns_.size(); ++i)
        out.append(i > 0 ? ", " : "").append(sql::quote_name(columns_[i].name));
      out += ") VALUES (";
      for (std::size_t i = 0; i < columns_.size(); ++i) out.append(i > 0 ? ", " : "").append(sql_literal(cell(i)));
      out += ");\n";
      break;
    default:
      line(out, [&](std::size_t i) {
        if (cell(i).kind == proto::Cell::Kind::null) {
          out += shape_of(format_).null;
        } else if (format_ == RowFormat::csv && cell(i).kind == proto::Cell::Kind::bytes) {
          out += cell_text(cell(i), buffer_);
        } else {
          append_field(out, format_, cell_text(cell(i), buffer_));
        }
      });
  }
}

void RowWriter::footer(std::string& out) const {
  if (format_ == RowFormat::json) out += rows_ == 0 ? "]\n" : "\n]\n";
}

}  // namespace sqlcast::text
