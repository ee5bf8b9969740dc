// Editing the rows of a result: whether it can be done, the bar that shows what is pending, the review of the SQL.
// UI thread only.
#pragma once

#include "client/gui/model/query_tab.h"

namespace sqlcast::gui {

class Desk;
class Workspace;

namespace edit_rows {

// Positions of the primary key's columns when the rows are those of one table and show its whole key; else nothing.
std::vector<std::size_t> key_of(const Workspace& work, const std::string& sql, const std::string& database,
                                const std::vector<proto::ColumnInfo>& columns);
// Finds out whether the rows can be edited: read over this connection, one table, columns by their own names and the
// whole key among them. Sets why_not_editable.
void judge(const Workspace& work, ResultModel& result);
// Ready to edit; false (and a toast with the reason) when they cannot be.
bool begin(Workspace& work, ResultModel& result);
// Nothing happens when there is no such cell any more.
void set(ResultModel& result, CellAt at, EditedValue value);
void add_row(ResultModel& result);
void discard(ResultModel& result);  // it has changes
// What a cell held when it alone was copied, and the text that stands for it: that may look like several fields.
struct CopiedCell {
  std::string text;
  EditedValue value;
};
// Tab-separated lines as rows to be added, from the focused column on; one value alone goes into the focused cell. A
// first line that has the columns' names says which column is which. The text of the cell copied last goes into the
// focused cell as what that held. Nothing is sent before it was reviewed.
void paste(Workspace& work, ResultModel& result, const char* clipboard, const std::optional<CopiedCell>& copied);
// The row that a foreign key's value stands for: its table, and a SELECT of it. Nothing: the column is no such key.
struct RowBehind {
  std::string table;
  std::string sql;
};
std::optional<RowBehind> row_behind(const Workspace& work, const ResultModel& result, CellAt at);
// "3 changes  [Review and send…] [Discard]", when something is pending.
void draw_bar(Desk& desk, QueryTab& tab, const std::shared_ptr<ResultModel>& result);

}  // namespace edit_rows
}  // namespace sqlcast::gui
