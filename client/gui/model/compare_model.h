// Comparison: one SELECT answered by several nodes, row beside row. Rows are matched by the primary key when the
// result shows one, otherwise by their place. Pure; built in the worker or on the UI thread for small results.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/gui/model/grid_model.h"

namespace sqlcast::gui {

struct NodeAnswer {
  std::string node;
  Status status;  // not ok: this node has no rows to compare
  std::vector<proto::ColumnInfo> columns;
  RowSet rows;
  Sequence position = 0;
  bool truncated = false;  // more rows were there than were fetched
};

struct ComparedRow {
  // One number a node: the row in its RowSet, or kMissing.
  std::vector<std::uint64_t> rows;
  std::vector<bool> differing_columns;  // some node that has the row differs
  bool same = true;
};

struct Comparison {
  static constexpr std::uint64_t kMissing = ~std::uint64_t{0};
  std::vector<std::size_t> key;  // columns that rows were matched by; empty = by place
  std::vector<ComparedRow> rows;
  std::uint64_t differing = 0;
  std::string problem;  // not empty: cannot be compared (columns differ …)
};

// Only answers whose status is ok take part; rows[i] follows the order of `answers` (kMissing for the others).
Comparison compare(const std::vector<NodeAnswer>& answers);

}  // namespace sqlcast::gui
