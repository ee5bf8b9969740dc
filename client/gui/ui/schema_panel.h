// SchemaPanel: the tree of databases, tables, columns, indexes; a filter; actions. UI thread only.
#pragma once

#include <string>

#include <imgui.h>

#include "client/gui/model/schema_model.h"

namespace sqlcast::gui {

class Desk;
class Workspace;

class SchemaPanel {
 public:
  void draw(Workspace& work, Desk& desk, ImVec2 low, ImVec2 size);

 private:
  void draw_database(Workspace& work, Desk& desk, const SchemaDatabase& database);
  void draw_table(Workspace& work, Desk& desk, const SchemaDatabase& database, const SchemaTable& table);
  void draw_columns(const SchemaDatabase& database, const SchemaTable& table);
  static void draw_none(Workspace& work, const SchemaModel& schema);
  static void new_database(Workspace& work);
  static void new_items(Workspace& work, Desk& desk, const std::string& database);
  static void show_rows(Workspace& work, const SchemaDatabase& database, const SchemaTable& table);
  void table_menu(Workspace& work, Desk& desk, const SchemaDatabase& database, const SchemaTable& table);
  bool node(const char* label, std::string_view right, ImU32 colour, ImGuiTreeNodeFlags flags, const char* id);

  std::string filter_;
  std::string folded_filter_;
};

}  // namespace sqlcast::gui
