#include "client/gui/model/row_edit.h"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

#include "client/gui/model/cell_text.h"
#include "client/gui/model/text.h"
#include "sql/literal.h"

namespace sqlcast::gui {

namespace {

template <typename T>
bool parses(std::string_view text) {
  T value{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

bool is_hex(std::string_view text) {
  return text.size() % 2 == 0 && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

Status bad_value(const proto::ColumnInfo& column, std::string_view value, std::string_view wanted) {
  return Status::error(Code::bad_request, cat("'", one_line(value, 60), "' cannot go into ", column.name, " (",
                                              column.type, "): give ", wanted, "."));
}

// The field in quotes that `rest` begins with, and how much of `rest` it takes; nothing: it is not a whole field.
std::optional<std::pair<std::string, std::size_t>> quoted_field(std::string_view rest) {
  std::string field;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] != '"') {
      field += rest[i];
    } else if (i + 1 < rest.size() && rest[i + 1] == '"') {
      field += rest[i++];
    } else {
      const std::string_view behind = rest.substr(i + 1);
      const bool ends = behind.empty() || behind.starts_with('\t') || behind.starts_with('\n') ||
                        behind.starts_with("\r\n") || behind == "\r";
      return ends ? std::optional(std::pair(std::move(field), i + 1)) : std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::vector<EditedValue>> pasted_rows(std::string_view rest) {
  while (rest.ends_with('\n') || rest.ends_with('\r')) rest.remove_suffix(1);
  std::vector<std::vector<EditedValue>> rows;
  if (rest.empty()) return rows;
  rows.emplace_back();
  for (;;) {
    std::size_t size = std::min(rest.find_first_of("\t\n"), rest.size());
    auto quoted = rest.starts_with('"') ? quoted_field(rest) : std::nullopt;
    if (quoted) {
      size = quoted->second;
      rows.back().emplace_back(std::move(quoted->first));
    } else {
      std::string_view field = rest.substr(0, size);
      if (field.ends_with('\r')) field.remove_suffix(1);
      const bool null = field == "NULL" || field == "\\N";
      rows.back().push_back(null ? EditedValue() : EditedValue(field));
    }
    if (rest.substr(size).starts_with('\r')) ++size;
    if (size == rest.size()) return rows;
    if (rest[size] == '\n') rows.emplace_back();
    rest.remove_prefix(size + 1);
  }
}

Result<std::string> typed_literal(const proto::ColumnInfo& column, const EditedValue& value) {
  if (!value) {
    if (!column.nullable) return bad_value(column, "NULL", "a value, the column is NOT NULL");
    return std::string("NULL");
  }
  const std::string_view text = *value;
  switch (column.kind) {
    case proto::ValueKind::int64:
      if (!parses<std::int64_t>(trim(text))) return bad_value(column, text, "a whole number");
      return std::string(trim(text));
    case proto::ValueKind::uint64:
      if (!parses<std::uint64_t>(trim(text))) return bad_value(column, text, "a whole number, not negative");
      return std::string(trim(text));
    case proto::ValueKind::float64:
      if (!parses<double>(trim(text))) return bad_value(column, text, "a number");
      return std::string(trim(text));
    case proto::ValueKind::bytes: {
      if (text.empty()) return std::string("x''");
      if (!text.starts_with("0x") || !is_hex(text.substr(2))) return bad_value(column, text, "0x and hex digits");
      return cat("x'", text.substr(2), "'");
    }
    case proto::ValueKind::text:
      if (!is_utf8(text)) return bad_value(column, to_utf8(text), "valid UTF-8");
      return sql::quote_text(text);
  }
  return Status::error(Code::internal, "a column of unknown kind");
}

std::size_t RowEdits::count() const {
  std::size_t count = deleted_.size() + added_.size();
  for (const auto& [row, cells] : changed_) count += deleted_.contains(row) ? 0U : 1U;
  return count;
}

void RowEdits::change(const GridModel& grid, std::uint64_t row, std::size_t column, EditedValue value) {
  const proto::Cell& old = grid.rows().cell(row, column);
  const bool was_null = old.kind == proto::Cell::Kind::null;
  const bool same = value ? !was_null && cell_text(old) == *value : was_null;
  if (!same) {
    changed_[row][column] = std::move(value);
    return;
  }
  const auto it = changed_.find(row);
  if (it == changed_.end()) return;
  it->second.erase(column);
  if (it->second.empty()) changed_.erase(it);
}

void RowEdits::toggle_delete(std::uint64_t row) {
  if (!deleted_.insert(row).second) deleted_.erase(row);
}

std::size_t RowEdits::add_row() {
  added_.emplace_back();
  return added_.size() - std::size_t{1};
}

void RowEdits::set_added(std::size_t added, std::size_t column, EditedValue value) {
  added_.at(added)[column] = std::move(value);
}

void RowEdits::discard() {
  changed_.clear();
  deleted_.clear();
  added_.clear();
}

const EditedValue* RowEdits::changed(std::uint64_t row, std::size_t column) const {
  const auto it = changed_.find(row);
  if (it == changed_.end()) return nullptr;
  const auto cell = it->second.find(column);
  return cell == it->second.end() ? nullptr : &cell->second;
}

std::string RowEdits::where(const GridModel& grid, std::uint64_t row) const {
  std::string out = " WHERE ";
  for (std::size_t i = 0; i < key_.size(); ++i) {
    out += cat(i > 0 ? " AND " : "", sql::quote_name(grid.columns()[key_[i]].name), " = ",
               text::sql_literal(grid.rows().cell(row, key_[i])));
  }
  return out;
}

Result<std::vector<client::Statement>> RowEdits::statements(const GridModel& grid) const {
  if (key_.empty()) {
    return Status::error(Code::bad_request, cat("rows of ", table_, " cannot be told apart: it has no primary key."));
  }
  const std::string target = cat(sql::quote_name(database_), ".", sql::quote_name(table_));
  std::vector<client::Statement> out;
  const auto add = [&out](std::string sql) {
    client::Statement statement;
    statement.sql = std::move(sql);
    statement.expect = 1;
    out.push_back(std::move(statement));
  };
  for (const std::uint64_t row : deleted_) add(cat("DELETE FROM ", target, where(grid, row)));
  for (const auto& [row, cells] : changed_) {
    if (deleted_.contains(row)) continue;
    std::string set;
    std::string unchanged;
    for (const auto& [column, value] : cells) {
      const proto::ColumnInfo& info = grid.columns()[column];
      auto literal = typed_literal(info, value);
      if (!literal) return literal.status();
      set += cat(set.empty() ? "" : ", ", sql::quote_name(info.name), " = ", *literal);
      // Floating point does not come back exactly as it is stored (FLOAT): its old value proves nothing.
      if (info.kind == proto::ValueKind::float64) continue;
      unchanged += cat(" AND ", sql::quote_name(info.name), " <=> ", text::sql_literal(grid.rows().cell(row, column)));
    }
    add(cat("UPDATE ", target, " SET ", set, where(grid, row), unchanged));
  }
  for (const auto& cells : added_) {
    std::string names;
    std::string values;
    for (const auto& [column, value] : cells) {
      auto literal = typed_literal(grid.columns()[column], value);
      if (!literal) return literal.status();
      names += cat(names.empty() ? "" : ", ", sql::quote_name(grid.columns()[column].name));
      values += cat(values.empty() ? "" : ", ", *literal);
    }
    add(cat("INSERT INTO ", target, " (", names, ") VALUES (", values, ")"));
  }
  return out;
}

}  // namespace sqlcast::gui
