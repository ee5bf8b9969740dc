#include "client/gui/model/export_rows.h"

#include <cmath>

#include "base/json_string.h"
#include "client/gui/model/cell_text.h"
#include "client/gui/model/grid_model.h"
#include "client/gui/model/text.h"

namespace sqlcast::gui {

std::string_view format_name(RowFormat format) {
  switch (format) {
    case RowFormat::tsv: return "TSV";
    case RowFormat::csv: return "CSV";
    case RowFormat::json: return "JSON";
    case RowFormat::insert: return "INSERT";
    case RowFormat::markdown: return "Markdown";
  }
  return "";
}

std::string_view format_extension(RowFormat format) {
  switch (format) {
    case RowFormat::tsv: return "tsv";
    case RowFormat::csv: return "csv";
    case RowFormat::json: return "json";
    case RowFormat::insert: return "sql";
    case RowFormat::markdown: return "md";
  }
  return "";
}

namespace {

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos && !text.empty()) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string json_value(const proto::Cell& cell) {
  switch (cell.kind) {
    case proto::Cell::Kind::null: return "null";
    case proto::Cell::Kind::text: return json_string(cell.view());
    case proto::Cell::Kind::bytes: return json_string(cell_text(cell));
    case proto::Cell::Kind::float64: return std::isfinite(cell.float64) ? cell_text(cell) : "null";
    default: return cell_text(cell);
  }
}

std::string markdown_field(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "<br>";
    } else if (c != '\r') {
      out += c;
    }
  }
  return out;
}

}  // namespace

RowWriter::RowWriter(RowFormat format, std::vector<proto::ColumnInfo> columns, std::string table)
    : format_(format), columns_(std::move(columns)), table_(table.empty() ? "`table_name`" : std::move(table)) {}

void RowWriter::header(std::string& out) const {
  switch (format_) {
    case RowFormat::tsv:
    case RowFormat::csv:
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (i > 0) out += format_ == RowFormat::tsv ? '\t' : ',';
        out += format_ == RowFormat::tsv ? escape_line(columns_[i].name) : csv_field(columns_[i].name);
      }
      out += format_ == RowFormat::csv ? "\r\n" : "\n";
      break;
    case RowFormat::json: out += "["; break;
    case RowFormat::insert: break;
    case RowFormat::markdown:
      out += '|';
      for (const auto& column : columns_) out += cat(" ", markdown_field(column.name), " |");
      out += "\n|";
      for (const auto& column : columns_) out += is_number(column.kind) ? " ---: |" : " --- |";
      out += '\n';
      break;
  }
}

void RowWriter::row(std::string& out, const std::function<const proto::Cell&(std::size_t column)>& cell) {
  const bool first = rows_++ == 0;
  switch (format_) {
    case RowFormat::tsv:
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (i > 0) out += '\t';
        out += cell(i).kind == proto::Cell::Kind::null ? std::string("\\N") : escape_line(cell_text(cell(i)));
      }
      out += '\n';
      break;
    case RowFormat::csv:
      // NULL is an empty field, an empty text is "": the one way of CSV to tell them apart.
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (i > 0) out += ',';
        if (cell(i).kind != proto::Cell::Kind::null) out += csv_field(cell_text(cell(i)));
      }
      out += "\r\n";
      break;
    case RowFormat::json:
      out += first ? "\n  {" : ",\n  {";
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (i > 0) out += ", ";
        out += cat(json_string(columns_[i].name), ": ", json_value(cell(i)));
      }
      out += '}';
      break;
    case RowFormat::insert:
      out += cat("INSERT INTO ", table_, " (");
      for (std::size_t i = 0; i < columns_.size(); ++i) out += cat(i > 0 ? ", " : "", sql_identifier(columns_[i].name));
      out += ") VALUES (";
      for (std::size_t i = 0; i < columns_.size(); ++i) out += cat(i > 0 ? ", " : "", sql_literal(cell(i)));
      out += ");\n";
      break;
    case RowFormat::markdown:
      out += '|';
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        const bool null = cell(i).kind == proto::Cell::Kind::null;
        out += cat(" ", null ? std::string("*NULL*") : markdown_field(cell_text(cell(i))), " |");
      }
      out += '\n';
      break;
  }
}

void RowWriter::footer(std::string& out) const {
  if (format_ == RowFormat::json) out += rows_ == 0 ? "]\n" : "\n]\n";
}

std::string rows_text(const GridModel& grid, RowFormat format, bool all) {
  std::uint64_t top = 0;
  std::uint64_t bottom = grid.shown();
  std::size_t left = 0;
  std::size_t right = grid.columns().size();
  if (!all && grid.focus && grid.anchor) {
    const auto rows = std::minmax(grid.focus->row, grid.anchor->row);
    const auto columns = std::minmax(grid.focus->column, grid.anchor->column);
    top = rows.first;
    bottom = std::min(rows.second + 1, grid.shown());
    left = columns.first;
    right = columns.second + 1;
    if (bottom - top == 1 && right - left == 1 && format == RowFormat::tsv) return cell_text(grid.cell(top, left));
  }
  const std::vector<proto::ColumnInfo> columns(grid.columns().begin() + static_cast<std::ptrdiff_t>(left),
                                               grid.columns().begin() + static_cast<std::ptrdiff_t>(right));
  std::string table;
  for (const proto::ColumnInfo& column : columns) {
    if (!column.table.empty()) table = sql_identifier(column.table);
  }
  RowWriter writer(format, columns, table);
  std::string out;
  writer.header(out);
  for (std::uint64_t row = top; row < bottom; ++row) {
    writer.row(out, [&](std::size_t column) -> const proto::Cell& { return grid.cell(row, left + column); });
  }
  writer.footer(out);
  return out;
}

}  // namespace sqlcast::gui
