// RowEdits: changes to the rows of one table, and the SQL that makes them. The SQL shown is the SQL sent.
//
// Every statement names its row by the whole primary key and, for changes, by the old values of what it
// changes; each is to affect exactly one row (`expect: 1`), in one atomic request. UI thread only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "client/gui/model/grid_model.h"

namespace sqlcast::gui {

// A new value as a person gives it: nothing = NULL.
using EditedValue = std::optional<std::string>;

class RowEdits {
 public:
  // `key`: positions of the primary key's columns in the result. Names are the table's own.
  RowEdits(std::string database, std::string table, std::vector<std::size_t> key)
      : database_(std::move(database)), table_(std::move(table)), key_(std::move(key)) {}

  const std::string& table() const { return table_; }
  const std::string& database() const { return database_; }
  bool empty() const { return changed_.empty() && deleted_.empty() && added_.empty(); }
  std::size_t count() const;

  // Rows are numbers of the RowSet (not as shown). A value equal to the old one takes the change back.
  void change(const GridModel& grid, std::uint64_t row, std::size_t column, EditedValue value);
  void toggle_delete(std::uint64_t row);
  std::size_t add_row();
  void set_added(std::size_t added, std::size_t column, EditedValue value);
  void discard();

  const EditedValue* changed(std::uint64_t row, std::size_t column) const;  // nullptr: as it was
  bool is_deleted(std::uint64_t row) const { return deleted_.contains(row); }
  const std::vector<std::map<std::size_t, EditedValue>>& added() const { return added_; }

  // One statement each, in the order: deletes, updates, inserts. A Status says which value cannot be used.
  Result<std::vector<client::Statement>> statements(const GridModel& grid) const;

 private:
  std::string where(const GridModel& grid, std::uint64_t row) const;

  std::string database_;
  std::string table_;
  std::vector<std::size_t> key_;
  std::map<std::uint64_t, std::map<std::size_t, EditedValue>> changed_;
  std::set<std::uint64_t> deleted_;
  std::vector<std::map<std::size_t, EditedValue>> added_;
};

// Rows as spreadsheets and this grid put them into the clipboard: fields between tabs, a field in quotes where there is
// a tab, a line break or a quote in it. Quotes that do not enclose a whole field are text. NULL and \N without quotes
// are NULL. Empty lines at the end are none.
std::vector<std::vector<EditedValue>> pasted_rows(std::string_view text);

// The literal for a value typed into a column: numbers are checked, bytes are given as 0x…, the rest is text.
Result<std::string> typed_literal(const proto::ColumnInfo& column, const EditedValue& value);

}  // namespace sqlcast::gui
