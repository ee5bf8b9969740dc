#include "client/gui/ui/schema_panel.h"

#include <algorithm>

#include "client/gui/model/cell_text.h"
#include "client/gui/model/fold.h"
#include "client/gui/model/table_sql.h"
#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/desk.h"
#include "client/gui/ui/dialogs/import.h"
#include "client/gui/ui/dialogs/table.h"
#include "client/gui/ui/widgets.h"
#include "sql/literal.h"

namespace sqlcast::gui {

namespace {

// The tree is dense; its menus are as others.
bool begin_menu() {
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {px(8), px(6)});
  if (ImGui::BeginPopupContextItem()) return true;
  ImGui::PopStyleVar();
  return false;
}

void end_menu() {
  ImGui::EndPopup();
  ImGui::PopStyleVar();
}

}  // namespace

bool SchemaPanel::node(const char* label, std::string_view right, ImU32 colour, ImGuiTreeNodeFlags flags,
                       const char* id) {
  ImGui::PushStyleColor(ImGuiCol_Text, colour);
  const ImGuiTreeNodeFlags all = flags | ImGuiTreeNodeFlags_SpanAvailWidth | ImGuiTreeNodeFlags_FramePadding;
  const bool open = ImGui::TreeNodeEx(id, all, "%s", label);
  ImGui::PopStyleColor();
  ui::note_item(label);
  if (!right.empty()) {
    const ImVec2 low = ImGui::GetItemRectMin();
    const ImVec2 high = ImGui::GetItemRectMax();
    ImFont* font = look().fonts.small;
    const float width = ui::text_width(font, right);
    const float edge = ImGui::GetWindowPos().x + ImGui::GetWindowContentRegionMax().x - px(4);
    const float begin = std::max(edge - width, low.x + px(28) + ImGui::CalcTextSize(label).x);
    const auto fits = static_cast<std::size_t>(std::max(0.0F, (edge - begin) / font->GetCharAdvance('n')));
    const std::string shown = begin + width <= edge + 1 ? std::string(right) : one_line(right, fits);
    if (fits > 2) {
      ui::draw_text(ImGui::GetWindowDrawList(), font, {begin, low.y + (high.y - low.y - font->FontSize) / 2},
                    colours().faint, shown);
    }
  }
  return open;
}

void SchemaPanel::draw(Workspace& work, Desk& desk, ImVec2 low, ImVec2 size) {
  ImGui::SetCursorScreenPos(low);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {px(8), px(6)});
  ImGui::BeginChild("##schema", size, false, ImGuiWindowFlags_AlwaysUseWindowPadding);
  ImGui::PopStyleVar();
  ImGui::AlignTextToFramePadding();
  ui::heading("Schema");
  ImGui::SameLine();
  ui::right_align(px(58));
  if (ui::icon_button("New", "+", "A new database or table")) ImGui::OpenPopup("##new");
  if (ImGui::BeginPopup("##new")) {
    new_items(work, desk, work.tab().database);
    ImGui::EndPopup();
  }
  ImGui::SameLine(0, px(2));
  if (ui::icon_button("Refresh schema", "↻", "Load the schema again (F6)") && work.connection())
    work.connection()->refresh_schema();
  if (std::exchange(work.wishes.focus_schema_filter, false)) ImGui::SetKeyboardFocusHere();
  ui::input("Filter schema", filter_, "Filter tables and columns", -1);
  folded_filter_ = folded(trim(filter_));
  ui::gap(1);
  ImGui::BeginChild("##tree", {0, 0}, false);
  if (!work.connection()) {
    ui::wrapped(work.why_nothing(), colours().faint);
  } else {
    const SchemaModel& schema = work.connection()->schema;
    if (schema.state() == LoadState::failed) {
      ui::wrapped(cat("✕ The schema could not be loaded. ", schema.problem()), colours().bad);
      if (ui::button("Try again")) work.connection()->load_databases();
    } else {
      draw_none(work, schema);
    }
    ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, {px(3), px(2)});
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {px(6), px(1)});
    ImGui::PushStyleVar(ImGuiStyleVar_IndentSpacing, px(14));
    for (const SchemaDatabase& database : schema.databases()) {
      if (!database.system || work.settings.show_system) draw_database(work, desk, database);
    }
    ImGui::PopStyleVar(3);
  }
  ImGui::EndChild();
  ImGui::EndChild();
}

// In place of databases that one could work in, when there are none: a server's own do not count.
void SchemaPanel::draw_none(Workspace& work, const SchemaModel& schema) {
  const auto& all = schema.databases();
  if (std::any_of(all.begin(), all.end(), [](const SchemaDatabase& one) { return !one.system; })) return;
  if (const std::string why = work.why_nothing(); !why.empty()) return ui::wrapped(why, colours().faint);
  if (schema.state() != LoadState::loaded) return ui::wrapped("Loading…", colours().faint);
  ui::wrapped("There is no database yet.", colours().dim);
  if (ui::button("New database…##none")) new_database(work);
}

void SchemaPanel::new_database(Workspace& work) {
  work.open_in_editor("new database", "CREATE DATABASE my_database", false);
  work.tab().buffer.select(std::string_view("CREATE DATABASE ").size(), work.tab().buffer.text().size());
  work.wishes.focus_editor = true;
}

void SchemaPanel::new_items(Workspace& work, Desk& desk, const std::string& database) {
  if (ui::menu_item("New database…", nullptr, false, work.connection() != nullptr)) new_database(work);
  if (ui::menu_item(database.empty() ? "New table…" : cat("New table in ", database, "…").c_str(), nullptr, false,
                    !database.empty()))
    desk.open(std::make_unique<TableDialog>(database));
}

void SchemaPanel::draw_database(Workspace& work, Desk& desk, const SchemaDatabase& database) {
  const Palette& p = colours();
  const bool current = work.tab().database == database.name;
  const bool first = database.state != LoadState::unknown && !database.system;
  if (!folded_filter_.empty()) ImGui::SetNextItemOpen(database.state == LoadState::loaded);
  const std::string count =
      database.state == LoadState::loaded ? plural(database.tables.size(), "table", "tables") : std::string();
  ImGui::PushFont(look().fonts.bold);
  const bool open = node(database.name.c_str(), count, current ? p.accent : p.text,
                         first ? ImGuiTreeNodeFlags_DefaultOpen : 0, cat("db:", database.name).c_str());
  ImGui::PopFont();
  if (begin_menu()) {
    if (ui::menu_item("Use in this tab")) work.tab().database = database.name;
    if (ui::menu_item("New table…")) desk.open(std::make_unique<TableDialog>(database.name));
    if (ui::menu_item("Import…")) desk.open(std::make_unique<ImportDialog>(work, std::string(), database.name));
    if (ui::menu_item("Show diagram")) work.view = View::diagram, work.wishes.diagram = database.name;
    if (ui::menu_item("Copy name")) desk.copy(database.name, "name");
    if (ui::menu_item("Load again") && work.connection()) work.connection()->load_database(database.name);
    end_menu();
  }
  if (!open) return;
  if (database.state == LoadState::unknown && work.connection()) work.connection()->load_database(database.name);
  if (database.state == LoadState::loading) ui::text("    Loading…", p.faint);
  if (database.state == LoadState::failed) ui::wrapped(cat("✕ ", database.problem), p.bad);
  if (database.state == LoadState::loaded && database.tables.empty()) ui::text("    no tables", p.faint);
  for (const SchemaTable& table : database.tables) draw_table(work, desk, database, table);
  ImGui::TreePop();
}

void SchemaPanel::draw_table(Workspace& work, Desk& desk, const SchemaDatabase& database, const SchemaTable& table) {
  const Palette& p = colours();
  bool matches = folded_filter_.empty() || contains_folded(table.name, folded_filter_);
  bool column_matches = false;
  if (!folded_filter_.empty()) {
    for (const SchemaColumn& column : table.columns) column_matches |= contains_folded(column.name, folded_filter_);
    if (!matches && !column_matches) return;
    if (column_matches && !matches) ImGui::SetNextItemOpen(true);
  }
  const std::string right =
      table.view ? std::string("view") : cat("~", short_count(static_cast<double>(table.rows)), " rows");
  const bool open =
      node(table.name.c_str(), right, p.text, ImGuiTreeNodeFlags_OpenOnArrow, cat("table:", table.name).c_str());
  const ImVec2 low = ImGui::GetItemRectMin();
  ui::note(cat("columns of ", table.name), low, {low.x + ImGui::GetTreeNodeToLabelSpacing(), ImGui::GetItemRectMax().y},
           true);
  if (ImGui::IsItemHovered() && ImGui::IsMouseDoubleClicked(0) && !ImGui::IsItemToggledOpen())
    show_rows(work, database, table);
  if (ImGui::IsItemHovered() && !table.comment.empty()) ui::tooltip(table.comment);
  if (begin_menu()) {
    table_menu(work, desk, database, table);
    end_menu();
  }
  if (!open) return;
  draw_columns(database, table);
  ImGui::TreePop();
}

void SchemaPanel::show_rows(Workspace& work, const SchemaDatabase& database, const SchemaTable& table) {
  std::string order;
  for (const std::string& name : table.primary_key())
    order += cat(order.empty() ? " ORDER BY " : ", ", sql::quote_name(name));
  work.tab().database = work.tab().database.empty() ? database.name : work.tab().database;
  const std::string sql =
      cat("SELECT * FROM ", sql::quote_name(database.name), ".", sql::quote_name(table.name), order, " LIMIT 1000");
  // Once more is the same tab anew.
  for (std::size_t i = 0; i < work.tabs().size(); ++i) {
    if (work.tabs()[i]->buffer.text() != sql) continue;
    work.select_tab(i);
    if (!work.tab().running()) work.run_all();
    return;
  }
  work.open_in_editor(table.name, sql, true);
}

void SchemaPanel::table_menu(Workspace& work, Desk& desk, const SchemaDatabase& database, const SchemaTable& table) {
  const std::string full = cat(sql::quote_name(database.name), ".", sql::quote_name(table.name));
  if (ui::menu_item("Show rows", "double click")) show_rows(work, database, table);
  if (ui::menu_item("Count rows"))
    work.open_in_editor(table.name, cat("SELECT COUNT(*) AS row_count FROM ", full), true);
  if (ui::menu_item("Show CREATE")) work.open_in_editor(table.name, cat("SHOW CREATE TABLE ", full), true);
  if (ui::menu_item("Describe")) work.open_in_editor(table.name, cat("DESCRIBE ", full), true);
  ImGui::Separator();
  const auto write = [&](const char* label, const std::string& sql) {
    if (ui::menu_item(label)) work.open_in_editor(table.name, sql, false);
  };
  if (ImGui::BeginMenu("Script as")) {
    write("SELECT", table_sql::select(database.name, table));
    write("INSERT", table_sql::insert(database.name, table));
    write("UPDATE", table_sql::update(database.name, table));
    ImGui::EndMenu();
  }
  ui::note_item("Script as");
  if (!table.view) {
    if (ui::menu_item("Alter table…")) desk.open(std::make_unique<TableDialog>(database.name, table));
    if (ui::menu_item("Import rows…"))
      desk.open(std::make_unique<ImportDialog>(work, std::string(), database.name, table.name));
    write("Duplicate…", table_sql::duplicate(database.name, table));
    write("Rename…", table_sql::rename(database.name, table));
    write("Truncate…", table_sql::truncate(database.name, table));
  }
  write("Drop…", table_sql::drop(database.name, table));
  ImGui::Separator();
  if (ui::menu_item("Copy name")) desk.copy(table.name, "name");
  if (ui::menu_item("Copy full name")) desk.copy(full, "name");
  if (ui::menu_item("Insert name at the caret")) work.tab().buffer.insert(table.name);
  ImGui::Separator();
  if (ui::menu_item("Show in diagram")) work.view = View::diagram, work.wishes.diagram = database.name;
}

void SchemaPanel::draw_columns(const SchemaDatabase& database, const SchemaTable& table) {
  const Palette& p = colours();
  constexpr ImGuiTreeNodeFlags kLeaf = ImGuiTreeNodeFlags_Leaf | ImGuiTreeNodeFlags_NoTreePushOnOpen;
  for (const SchemaColumn& column : table.columns) {
    // The signs of the diagram.
    const char* sign = column.primary ? "◆ " : column.foreign ? "→ " : column.nullable ? "○ " : "● ";
    const std::string right = cat(short_type(column.type), column.unique && !column.primary ? "  unique" : "");
    node(cat(sign, column.name).c_str(), right, column.primary ? p.warn : p.dim, kLeaf,
         cat("column:", column.name).c_str());
    if (ImGui::IsItemHovered()) {
      std::string tip = cat(column.name, "  ", column.type, column.nullable ? "  NULL allowed" : "  NOT NULL",
                            column.primary ? "  primary key" : "", column.unique ? "  unique" : "");
      if (column.auto_increment) tip += "  AUTO_INCREMENT";
      for (const ForeignKey& key : database.foreign_keys) {
        if (key.table != table.name) continue;
        for (std::size_t i = 0; i < key.columns.size() && i < key.referenced_columns.size(); ++i) {
          if (key.columns[i] == column.name)
            tip += cat("\nrefers to ", key.referenced_table, ".", key.referenced_columns[i]);
        }
      }
      if (!column.comment.empty()) tip += cat("\n", column.comment);
      ui::tooltip(tip);
    }
  }
  for (const SchemaIndex& index : table.indexes) {
    if (index.name == "PRIMARY") continue;
    std::string columns;
    for (const std::string& name : index.columns) columns += cat(columns.empty() ? "" : ", ", name);
    node(cat(index.unique ? "unique (" : "index (", columns, ")").c_str(), {}, p.faint, kLeaf,
         cat("index:", index.name).c_str());
    ui::tooltip(index.name);
  }
}

}  // namespace sqlcast::gui
