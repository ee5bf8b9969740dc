#include "client/gui/model/export_rows.h"

#include "client/gui/model/cell_text.h"
#include "client/gui/model/grid_model.h"
#include "sql/literal.h"

namespace sqlcast::gui {

namespace {

// `alone`: the only field of its line, which would else be an empty line.
void append_sheet_field(std::string& out, std::string_view text, bool alone) {
  const bool is_word_null = text == "NULL" || text == "\\N";
  const bool ends_early = text.starts_with('"') || text.find_first_of("\t\r\n") != std::string_view::npos;
  if (!ends_early && !is_word_null && !(alone && text.empty())) {
    out += text;
    return;
  }
  out += '"';
  for (const char byte : text) {
    if (byte == '"') out += '"';
    out += byte;
  }
  out += '"';
}

// Lines of fields between tabs, names first.
std::string sheet_text(const GridModel& grid, std::uint64_t top, std::uint64_t bottom, std::size_t left,
                       std::size_t right) {
  const bool alone = right - left == 1;
  std::string out;
  for (std::size_t column = left; column < right; ++column) {
    if (column > left) out += '\t';
    append_sheet_field(out, grid.columns()[column].name, alone);
  }
  out += '\n';
  for (std::uint64_t row = top; row < bottom; ++row) {
    for (std::size_t column = left; column < right; ++column) {
      if (column > left) out += '\t';
      const proto::Cell& cell = grid.cell(row, column);
      if (cell.kind == proto::Cell::Kind::null) {
        out += "NULL";
      } else {
        append_sheet_field(out, cell_text(cell), alone);
      }
    }
    out += '\n';
  }
  return out;
}

}  // namespace

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
  if (format == RowFormat::tsv) return sheet_text(grid, top, bottom, left, right);
  const std::vector<proto::ColumnInfo> columns(grid.columns().begin() + static_cast<std::ptrdiff_t>(left),
                                               grid.columns().begin() + static_cast<std::ptrdiff_t>(right));
  std::string table;
  for (const proto::ColumnInfo& column : columns) {
    if (!column.table.empty()) table = sql::quote_name(column.table);
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
