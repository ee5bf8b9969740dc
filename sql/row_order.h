// RowOrder: proofs over clauses and the schema: is an order total, does a condition pick one row, or rows that are
// alike. What cannot be proven is answered with false. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sql/facts.h"
#include "sql/schema.h"
#include "sql/token_list.h"

namespace sqlcast::sql {

// A column as an expression names it.
struct ColumnRef {
  std::string qualifier;  // alias or table in front of the dot; empty = none
  std::string name;
  std::size_t token = 0;
};

// [first, end) cut at the commas outside parentheses.
std::vector<Range> split_commas(const TokenList& tokens, Range range);

// The tokens of `range` are a column and nothing else: a, t.a, d.t.a.
bool read_column(const TokenList& tokens, Range range, ColumnRef& column);

// Every column that an expression may refer to; `skipped` ranges (in order) are left out. What may be a column is one.
std::vector<ColumnRef> column_refs(const TokenList& tokens, Range range, const std::vector<Range>& skipped = {});

// The table that a query reads alone, and what its columns may be qualified with. Another qualifier names a table of a
// query around it, whose columns do not vary here.
struct OnlyTable {
  const Table* table = nullptr;  // null: not known
  std::string alias;
  bool owns(const ColumnRef& column) const { return column.qualifier.empty() || column.qualifier == alias; }
};

// ORDER BY names, by themselves, all columns of a unique key without NULLs. `select_list`, when there is one, may
// hide a column behind an alias.
bool is_total_order(const TokenList& tokens, const OnlyTable& only, Range order_by, Range select_list);

// WHERE sets all columns of a unique key to literals. `by_key`: and the server finds the row by that key, since nothing
// else is asked for, or since it is the clustered one, which costs less than any other.
struct OneRow {
  bool picked = false;
  bool by_key = false;
};
OneRow picks_one_row(const TokenList& tokens, const Table& table, std::string_view alias, Range where);

// WHERE is BINARY column <=> x'…' (or NULL) for all columns that are not generated, joined by AND, of types whose value
// its bytes tell: rows that it is true of are the same in every column.
bool means_rows_alike(const TokenList& tokens, const Table& table, Range where);

// Which of the tables a column belongs to; tables.size() when that is not certain.
std::size_t owner_of(const ColumnRef& column, const std::vector<const Table*>& tables,
                     const std::vector<std::string>& aliases);

// The columns of some unique key without NULLs are all in `names`.
bool covers_key(const Table& table, const std::vector<std::string>& names);

// Some unique key without NULLs exists.
bool has_total_key(const Table& table);

const Column* find_column(const Table& table, std::string_view name);

}  // namespace sqlcast::sql
