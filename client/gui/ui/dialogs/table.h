// TableDialog: a form for a new table or for changes of one, over the SQL that it makes. UI thread only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/gui/model/table_sql.h"
#include "client/gui/ui/dialogs/dialog.h"

namespace sqlcast::gui {

class TableDialog final : public Dialog {
 public:
  explicit TableDialog(std::string database);              // a new one
  TableDialog(std::string database, SchemaTable changed);  // this one
  Frame frame() const override { return {"table", altered_ ? "Alter table" : "New table", 820, 560}; }
  bool draw(Workspace& work, Desk& desk, bool just_opened) override;

 private:
  void draw_columns();

  std::string database_;
  std::optional<SchemaTable> altered_;
  std::string name_;
  std::vector<table_sql::Column> columns_;
  std::optional<std::size_t> focus_;  // the column whose name is written next
};

}  // namespace sqlcast::gui
