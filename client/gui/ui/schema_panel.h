// SchemaPanel: the tree of databases, tables, columns, indexes; a filter; actions. UI thread only.
#pragma once

#include <string>

#include <imgui.h>

#include "client/gui/model/schema_model.h"

namespace sqlcast::gui {

class App;

class SchemaPanel {
 public:
  void draw(App& app, ImVec2 low, ImVec2 size);
  void focus_filter() { focus_filter_ = true; }

 private:
  void draw_database(App& app, const SchemaDatabase& database);
  void draw_table(App& app, const SchemaDatabase& database, const SchemaTable& table);
  void draw_columns(const SchemaDatabase& database, const SchemaTable& table);
  void table_menu(App& app, const SchemaDatabase& database, const SchemaTable& table);
  bool node(const char* label, std::string_view right, ImU32 colour, ImGuiTreeNodeFlags flags, const char* id);

  std::string filter_;
  std::string lower_filter_;
  bool focus_filter_ = false;
};

}  // namespace sqlcast::gui
