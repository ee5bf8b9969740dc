// Editing the rows of a result: whether it can be done, the bar that shows what is pending, the review of the SQL.
// UI thread only.
#pragma once

#include "client/gui/model/query_tab.h"

namespace sqlcast::gui {

class App;

namespace edit_rows {

// Positions of the primary key's columns when the rows come from one table and show its whole key; else nothing.
std::vector<std::size_t> key_of(App& app, const std::string& sql, const std::string& database,
                                const std::vector<proto::ColumnInfo>& columns);
// Finds out whether the rows can be edited: one table, its whole key among the columns. Sets why_not_editable.
void judge(App& app, const QueryTab& tab, ResultView& result);
// Ready to edit; false (and a toast with the reason) when they cannot be.
bool begin(App& app, const QueryTab& tab, ResultView& result);
void set(ResultView& result, CellAt at, EditedValue value);
void add_row(ResultView& result);
// "3 changes  [Review and send…] [Discard]", when something is pending.
void draw_bar(App& app, QueryTab& tab, const std::shared_ptr<ResultView>& result);

}  // namespace edit_rows
}  // namespace sqlcast::gui
