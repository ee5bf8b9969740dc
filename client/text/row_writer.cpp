#include "client/text/row_writer.h"

#include <array>

#include "base/json_string.h"
#include "client/text/cell_text.h"
#include "client/text/escape.h"

namespace sqlcast::text {
namespace {

using Kind = proto::Cell::Kind;

struct FormatWords {
  std::string_view name;
  std::string_view extension;
};
constexpr std::array<FormatWords, 5> kWords = {
    {{"TSV", "tsv"}, {"CSV", "csv"}, {"JSON", "json"}, {"INSERT", "sql"}, {"Markdown", "md"}}};

void append_markdown_field(std::string& out, std::string_view text) {
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

std::string_view format_name(RowFormat format) { return kWords.at(static_cast<std::size_t>(format)).name; }
std::string_view format_extension(RowFormat format) { return kWords.at(static_cast<std::size_t>(format)).extension; }

RowWriter::RowWriter(RowFormat format, std::vector<proto::ColumnInfo> columns, std::string table)
    : format_(format), columns_(std::move(columns)), table_(table.empty() ? "`table_name`" : std::move(table)) {}

void RowWriter::header(std::string& out) const {
  switch (format_) {
    case RowFormat::tsv:
    case RowFormat::csv:
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (i > 0) out += format_ == RowFormat::tsv ? '\t' : ',';
        if (format_ == RowFormat::tsv) {
          out += escape_line(columns_[i].name);
        } else {
          append_csv_field(out, columns_[i].name);
        }
      }
      out += format_ == RowFormat::csv ? "\r\n" : "\n";
      break;
    case RowFormat::json: out += "["; break;
    case RowFormat::insert: break;
    case RowFormat::markdown:
      out += '|';
      for (const auto& column : columns_) {
        out += ' ';
        append_markdown_field(out, column.name);
        out += " |";
      }
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
        out += cell(i).kind == Kind::null ? std::string("\\N") : escape_line(cell_text(cell(i), buffer_));
      }
      out += '\n';
      break;
    case RowFormat::csv:
      // NULL is an empty field, an empty text is "": the one way of CSV to tell them apart.
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (i > 0) out += ',';
        if (cell(i).kind != Kind::null) append_csv_field(out, cell_text(cell(i), buffer_));
      }
      out += "\r\n";
      break;
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
        out.append(i > 0 ? ", " : "").append(sql_identifier(columns_[i].name));
      out += ") VALUES (";
      for (std::size_t i = 0; i < columns_.size(); ++i) out.append(i > 0 ? ", " : "").append(sql_literal(cell(i)));
      out += ");\n";
      break;
    case RowFormat::markdown:
      out += '|';
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        out += ' ';
        if (cell(i).kind == Kind::null) {
          out += "*NULL*";
        } else {
          append_markdown_field(out, cell_text(cell(i), buffer_));
        }
        out += " |";
      }
      out += '\n';
      break;
  }
}

void RowWriter::footer(std::string& out) const {
  if (format_ == RowFormat::json) out += rows_ == 0 ? "]\n" : "\n]\n";
}

}  // namespace sqlcast::text
