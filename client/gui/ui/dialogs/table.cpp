#include "client/gui/ui/dialogs/table.h"

#include <algorithm>

#include <imgui.h>

#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

TableDialog::TableDialog(std::string database)
    : database_(std::move(database)), columns_{{"", "id", "INT UNSIGNED", false, true, true, false}, {"", "name"}} {}

TableDialog::TableDialog(std::string database, SchemaTable changed)
    : database_(std::move(database)), altered_(std::move(changed)) {
  name_ = altered_->name;
  columns_ = table_sql::columns_of(*altered_);
}

void TableDialog::draw_columns() {
  const float room = ImGui::GetContentRegionAvail().x;
  const float field = std::clamp((room - px(386)) / 2, px(80), px(190));
  std::size_t remove = columns_.size();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    table_sql::Column& column = columns_[i];
    ImGui::PushID(static_cast<int>(i));
    if (focus_ == i) ImGui::SetKeyboardFocusHere(), focus_.reset();
    ui::input(cat("Column ", i + 1).c_str(), column.name, "name", field);
    ImGui::SameLine();
    ui::input(cat("Type ", i + 1).c_str(), column.type, "type", field);
    ImGui::SameLine();
    bool required = !column.nullable;
    if (ui::checkbox("NOT NULL", &required)) column.nullable = !required;
    if (!altered_) {
      ImGui::SameLine();
      ui::checkbox("key", &column.primary);
      ui::tooltip("Part of the PRIMARY KEY, which tells rows apart");
      ImGui::SameLine();
      ui::checkbox("auto number", &column.auto_increment);
      ui::tooltip("AUTO_INCREMENT: a row without a value gets the next number");
    }
    ImGui::SameLine();
    if (column.was.empty()) {
      if (ui::icon_button("Remove column", "✕", "Leave this column out")) remove = i;
    } else {
      ui::checkbox("drop", &column.dropped);
    }
    ImGui::PopID();
  }
  if (remove < columns_.size()) columns_.erase(columns_.begin() + static_cast<std::ptrdiff_t>(remove));
  if (ui::button("+ Add a column")) {
    columns_.push_back({"", "", "VARCHAR(100)", true, false, false, false});
    focus_ = columns_.size() - 1;
  }
}

bool TableDialog::draw(Workspace& work, Desk& desk, bool just_opened) {
  if (altered_) {
    ui::heading(cat(database_, ".", name_));
    ui::dim("A changed type or NOT NULL is given anew: write a DEFAULT or COMMENT into the type to keep it.");
  }
  ImGui::BeginChild("##columns", {0, ImGui::GetContentRegionAvail().y * 0.55F}, false);
  if (!altered_) {  // in here: Tab goes on to the columns
    if (just_opened) ImGui::SetKeyboardFocusHere();
    ui::input("Table name", name_, cat("name of the table in ", database_).c_str(), px(300));
  }
  draw_columns();
  ImGui::EndChild();
  std::string missing = table_sql::problem(name_, columns_);
  const std::string sql =
      altered_ ? table_sql::alter(database_, *altered_, columns_) : table_sql::create(database_, name_, columns_);
  if (altered_ && missing.empty() && sql.empty()) missing = "Nothing differs from what the table is.";
  ImGui::BeginChild("##sql", {0, -px(44)}, false);
  ImGui::PushFont(look().fonts.mono);
  ui::wrapped(sql, colours().dim);
  ImGui::PopFont();
  ImGui::EndChild();
  bool keep = true;
  if (ui::button("Run it##table", ui::Style::primary, missing.empty() && work.connection() && !work.tab().running())) {
    work.open_in_editor(name_, sql, true);
    keep = false;
  }
  ImGui::SameLine();
  if (ui::button("Open in a tab", ui::Style::normal, missing.empty())) {
    work.open_in_editor(name_, sql, false);
    keep = false;
  }
  ImGui::SameLine();
  if (ui::button("Copy SQL")) desk.copy(sql, "SQL");
  if (!missing.empty()) {
    ui::same_line_if_fits(ui::text_width(look().fonts.ui, missing));
    ui::text(missing, colours().warn);
  }
  return keep;
}

}  // namespace sqlcast::gui
