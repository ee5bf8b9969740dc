#include "client/gui/ui/edit_rows.h"

#include <algorithm>
#include <set>

#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/desk.h"
#include "client/gui/ui/dialogs/review.h"
#include "client/gui/ui/widgets.h"
#include "sql/policy.h"

namespace sqlcast::gui::edit_rows {

namespace {

struct Place {
  std::string database;
  std::string table;
  std::vector<std::size_t> key;
  std::string why_not;
};

Place find_place(const Workspace& work, const std::string& sql, const std::string& database,
                 const std::vector<proto::ColumnInfo>& columns) {
  Place place;
  const sql::Verdict verdict = sql::classify(sql, database);
  std::set<std::string> tables;
  std::set<std::string> names;
  for (const proto::ColumnInfo& column : columns) {
    tables.insert(column.table);
    if (!names.insert(lower(column.name)).second) {
      place.why_not = cat("Two columns are called ", column.name, ": give each its own name to edit rows.");
      return place;
    }
  }
  if (tables.size() != 1 || tables.begin()->empty()) {
    place.why_not = "Rows can be edited when every column comes from one table.";
    return place;
  }
  for (const sql::ObjectName& object : verdict.tables) {
    if (place.table.empty()) {
      place.database = object.database;
      place.table = object.name;
    } else if (place.table != object.name || place.database != object.database) {
      place.why_not = "Rows can be edited when the SELECT reads one table.";
      return place;
    }
  }
  if (place.table.empty()) {
    place.table = *tables.begin();
    place.database = database;
  }
  const SchemaTable* table = work.connection() ? work.connection()->schema.table(place.database, place.table) : nullptr;
  if (table == nullptr) {
    place.why_not =
        cat("The keys of ", place.table, " are not known yet: open ", place.database, " in the schema tree.");
    return place;
  }
  const std::vector<std::string> key = table->primary_key();
  if (key.empty()) {
    place.why_not = cat(place.table, " has no primary key: its rows cannot be told apart.");
    return place;
  }
  for (const std::string& name : key) {
    const auto it = std::find_if(columns.begin(), columns.end(),
                                 [&](const auto& column) { return equal_ignoring_case(column.name, name); });
    if (it == columns.end()) {
      place.why_not = cat("The key column ", name, " is not in the result: select it too.");
      return place;
    }
    place.key.push_back(static_cast<std::size_t>(it - columns.begin()));
  }
  for (const proto::ColumnInfo& column : columns) {
    if (table->column(column.name) == nullptr) {
      place.why_not = cat(column.name, " is not a column of ", place.table, ".");
      return place;
    }
  }
  return place;
}

}  // namespace

std::vector<std::size_t> key_of(const Workspace& work, const std::string& sql, const std::string& database,
                                const std::vector<proto::ColumnInfo>& columns) {
  const Place place = find_place(work, sql, database, columns);
  return place.why_not.empty() ? place.key : std::vector<std::size_t>{};
}

void judge(const Workspace& work, ResultModel& result) {
  if (result.edits) return;
  result.why_not_editable = find_place(work, result.sql, result.database, result.grid.columns()).why_not;
}

bool begin(Workspace& work, ResultModel& result) {
  if (result.edits) return true;
  Place place = find_place(work, result.sql, result.database, result.grid.columns());
  result.why_not_editable = place.why_not;
  if (!place.why_not.empty()) {
    work.say(ToastKind::info, "These rows cannot be edited", place.why_not);
    return false;
  }
  result.edits.emplace(place.database, place.table, place.key);
  return true;
}

void set(ResultModel& result, CellAt at, EditedValue value) {
  if (at.row >= result.grid.shown()) {
    result.edits->set_added(at.row - result.grid.shown(), at.column, std::move(value));
  } else {
    result.edits->change(result.grid, result.grid.row_at(at.row), at.column, std::move(value));
  }
}

void add_row(ResultModel& result) {
  result.edits->add_row();
  const std::uint64_t row = result.grid.shown() + result.edits->added().size() - 1;
  result.grid.focus = result.grid.anchor = CellAt{row, 0};
  result.look.show_focus = true;
}

void draw_bar(Desk& desk, QueryTab& tab, const std::shared_ptr<ResultModel>& result) {
  if (!result->edits || result->edits->empty()) return;
  ui::badge("PENDING", colours().warn);
  ImGui::SameLine();
  ui::text(cat(plural(result->edits->count(), "row change", "row changes"), " to ", result->edits->table(),
               ", not sent yet"));
  ImGui::SameLine();
  if (ui::button("Review and send…", ui::Style::primary, !tab.running()))
    desk.open(std::make_unique<ReviewDialog>(tab, result));
  ImGui::SameLine();
  if (ui::button("Discard changes")) {
    result->edits->discard();
    result->look.editing.reset();
  }
}

}  // namespace sqlcast::gui::edit_rows
