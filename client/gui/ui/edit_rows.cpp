#include "client/gui/ui/edit_rows.h"

#include <algorithm>
#include <set>

#include "client/gui/model/cell_text.h"
#include "client/gui/model/plain_select.h"
#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/desk.h"
#include "client/gui/ui/dialogs/review.h"
#include "client/gui/ui/widgets.h"
#include "sql/literal.h"
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
  if (verdict.statement_class != sql::Class::read) {
    place.why_not = "Rows that a write gave back cannot be edited: SELECT them.";
    return place;
  }
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
  if (!is_plain_select(sql)) {
    place.why_not =
        "Rows can be edited when the SELECT names columns as they are, or *, of one table: without AS, DISTINCT, GROUP "
        "BY or another SELECT.";
    return place;
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

// The same of a result that is shown, by what its node has said of it, too.
Place place_of(const Workspace& work, const ResultModel& result) {
  Place place;
  if (result.of_earlier_connection) {
    place.why_not = "These rows are of an earlier connection: run the statement again to edit them.";
    return place;
  }
  place = find_place(work, result.sql, result.database, result.grid.columns());
  for (const std::size_t column : place.key) {
    if (result.grid.columns()[column].primary_key || !place.why_not.empty()) continue;
    place.why_not = cat("The node does not say that ", result.grid.columns()[column].name, " is a key of ", place.table,
                        ": run the statement again to edit its rows.");
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
  result.why_not_editable = place_of(work, result).why_not;
}

bool begin(Workspace& work, ResultModel& result) {
  if (result.sending) {
    work.say(ToastKind::info, "The changes of these rows are being sent", "Wait for the answer to edit them further.");
    return false;
  }
  if (result.edits) return true;
  Place place = place_of(work, result);
  result.why_not_editable = place.why_not;
  if (!place.why_not.empty()) {
    work.say(ToastKind::info, "These rows cannot be edited", place.why_not);
    return false;
  }
  result.edits.emplace(place.database, place.table, place.key);
  return true;
}

void set(ResultModel& result, CellAt at, EditedValue value) {
  if (!result.edits) return;
  if (at.row >= result.grid.shown()) {
    const std::uint64_t added = at.row - result.grid.shown();
    if (added < result.edits->added().size()) result.edits->set_added(added, at.column, std::move(value));
  } else {
    result.edits->change(result.grid, result.grid.row_at(at.row), at.column, std::move(value));
  }
}

void discard(ResultModel& result) {
  result.edits->discard();
  result.grid.editing.reset();
}

void add_row(ResultModel& result) {
  result.edits->add_row();
  const std::uint64_t row = result.grid.shown() + result.edits->added().size() - 1;
  result.grid.focus = result.grid.anchor = CellAt{row, 0};
  result.look.show_focus = true;
}

namespace {

constexpr std::size_t kMostPasted = 1'000;

// Which column each field of the lines is for; empty: the first line is a row, not names.
std::vector<std::size_t> columns_by_name(const std::vector<EditedValue>& names, const GridModel& grid) {
  std::vector<std::size_t> out;
  for (const EditedValue& name : names) {
    const auto& columns = grid.columns();
    const auto it = std::find_if(columns.begin(), columns.end(), [&](const auto& column) {
      return equal_ignoring_case(column.name, trim(name.value_or("NULL")));
    });
    if (it == columns.end()) return {};
    out.push_back(static_cast<std::size_t>(it - columns.begin()));
  }
  return out;
}

}  // namespace

void paste(Workspace& work, ResultModel& result, const char* clipboard, const std::optional<CopiedCell>& copied) {
  const std::string text = clipboard == nullptr ? std::string() : to_utf8(clipboard);
  const std::vector<std::vector<EditedValue>> lines = pasted_rows(text);
  const bool one_cell = copied && result.grid.focus && copied->text == text;
  if ((lines.empty() && !one_cell) || !begin(work, result)) return;
  const GridModel& grid = result.grid;
  if (one_cell) return set(result, *grid.focus, copied->value);
  if (lines.size() == 1 && lines.front().size() == 1 && grid.focus)
    return set(result, *grid.focus, lines.front().front());
  std::vector<std::size_t> places = columns_by_name(lines.front(), grid);
  const std::size_t first = places.empty() ? 0 : 1;
  if (places.empty()) {
    // Rows as wide as the result begin at its first column, wherever the focus is.
    const std::size_t width = lines.front().size();
    const std::size_t begin_at = width >= grid.columns().size() || !grid.focus ? 0 : grid.focus->column;
    for (std::size_t i = begin_at; i < grid.columns().size(); ++i) places.push_back(i);
  }
  const std::size_t last = std::min(lines.size(), first + kMostPasted);
  for (std::size_t i = first; i < last; ++i) {
    const std::size_t row = result.edits->add_row();
    for (std::size_t field = 0; field < lines[i].size() && field < places.size(); ++field)
      result.edits->set_added(row, places[field], lines[i][field]);
  }
  if (last < lines.size())
    work.say(ToastKind::warning, cat("Only ", kMostPasted, " rows were pasted"), "Import a file for more.");
  result.look.top_row = static_cast<double>(grid.shown() + result.edits->added().size());
}

std::optional<RowBehind> row_behind(const Workspace& work, const ResultModel& result, CellAt at) {
  const proto::ColumnInfo& column = result.grid.columns()[at.column];
  if (column.table.empty() || work.connection() == nullptr || at.row >= result.grid.shown()) return std::nullopt;
  std::string database = result.database;
  for (const sql::ObjectName& object : sql::classify(result.sql, result.database).tables) {
    if (equal_ignoring_case(object.name, column.table)) database = object.database;
  }
  const SchemaDatabase* const known = work.connection()->schema.database(database);
  if (known == nullptr || result.grid.cell(at.row, at.column).kind == proto::Cell::Kind::null) return std::nullopt;
  for (const ForeignKey& key : known->foreign_keys) {
    if (!equal_ignoring_case(key.table, column.table)) continue;
    std::string where;
    bool named = false;
    for (std::size_t i = 0; i < key.columns.size() && i < key.referenced_columns.size(); ++i) {
      for (std::size_t other = 0; other < result.grid.columns().size(); ++other) {
        const proto::ColumnInfo& one = result.grid.columns()[other];
        if (one.table != column.table || !equal_ignoring_case(one.name, key.columns[i])) continue;
        named = named || other == at.column;
        where += cat(where.empty() ? "" : " AND ", sql::quote_name(key.referenced_columns[i]), " = ",
                     text::sql_literal(result.grid.cell(at.row, other)));
        break;
      }
    }
    if (!named) continue;
    return RowBehind{key.referenced_table, cat("SELECT * FROM ", sql::quote_name(key.referenced_database), ".",
                                               sql::quote_name(key.referenced_table), " WHERE ", where)};
  }
  return std::nullopt;
}

void draw_bar(Desk& desk, QueryTab& tab, const std::shared_ptr<ResultModel>& result) {
  if (!result->edits || result->edits->empty()) return;
  ImGui::BeginGroup();  // what has no room goes below its beginning
  ImGui::AlignTextToFramePadding();
  ui::badge("PENDING", colours().warn);
  ImGui::SameLine();
  ImGui::AlignTextToFramePadding();
  ui::text(cat(plural(result->edits->count(), "row change", "row changes"), " to ", result->edits->table(),
               ", not sent yet"));
  ui::same_line_if_fits(ui::button_width("Review and send…"));
  if (ui::button("Review and send…", ui::Style::primary, !tab.running() && !result->sending))
    desk.open(std::make_unique<ReviewDialog>(tab, result));
  ui::same_line_if_fits(ui::button_width("Discard changes"));
  if (ui::button("Discard changes", ui::Style::normal, !result->sending)) discard(*result);
  ImGui::EndGroup();
}

}  // namespace sqlcast::gui::edit_rows
