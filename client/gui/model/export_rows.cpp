#include "client/gui/model/export_rows.h"

#include "client/gui/model/cell_text.h"
#include "client/gui/model/grid_model.h"
#include "sql/literal.h"

namespace sqlcast::gui {

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
