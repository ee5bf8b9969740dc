// GridModel: the rows of one result as they arrive page by page, and the order in which they are shown.
//
// Pages are immutable once added and shared with the worker, which sorts and filters a snapshot of them while
// frames go on (that is why they are shared_ptr). Owned by the UI thread; arrange() is the worker's part.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/client.h"

namespace sqlcast::gui {

using Pages = std::vector<std::shared_ptr<const client::Rows>>;

// Rows of several pages by one number. A value: cheap to copy, keeps the pages alive.
class RowSet {
 public:
  void add(std::shared_ptr<const client::Rows> page);
  std::uint64_t size() const { return starts_.empty() ? 0 : starts_.back(); }
  const proto::Cell& cell(std::uint64_t row, std::size_t column) const;

 private:
  Pages pages_;
  std::vector<std::uint64_t> starts_;  // one past the last row of each page
  std::uint64_t even_ = 0;             // rows of a page when all but the last have the same number
};

struct SortKey {
  std::size_t column = 0;
  bool descending = false;
};

// What is to be shown, of which rows.
struct Arrangement {
  std::optional<SortKey> sort;
  std::string filter;  // contained in some cell, ASCII case ignored; "name:text" looks in one column
  // By column, all of which have to hold: text that is contained; "= x", "!= x", "< x", "<= x", "> x", ">= x" (of
  // numbers by value); "null", "!null". An empty one lets all through.
  std::map<std::size_t, std::string> filters = {};
  bool all() const;  // nothing is sorted or left out
};

// Row numbers in the order wanted. Looks at `stop` now and then and then returns nothing. Worker thread.
std::optional<std::vector<std::uint32_t>> arrange(const RowSet& rows, const std::vector<proto::ColumnInfo>& columns,
                                                  const Arrangement& arrangement, const std::atomic<bool>& stop);

struct CellAt {
  std::uint64_t row = 0;  // as shown
  std::size_t column = 0;
  bool operator==(const CellAt&) const = default;
};

class GridModel {
 public:
  explicit GridModel(std::vector<proto::ColumnInfo> columns = {}) : columns_(std::move(columns)) {}

  const std::vector<proto::ColumnInfo>& columns() const { return columns_; }
  const RowSet& rows() const { return rows_; }
  void add_page(client::Rows page);

  // Shown rows: those arranged, or all in order of arrival.
  std::uint64_t shown() const { return order_ ? order_->size() : rows_.size(); }
  std::uint64_t row_at(std::uint64_t shown_row) const { return order_ ? (*order_)[shown_row] : shown_row; }
  const proto::Cell& cell(std::uint64_t shown_row, std::size_t column) const {
    return rows_.cell(row_at(shown_row), column);
  }

  const Arrangement& arrangement() const { return arrangement_; }
  // True when there is something for the worker to do; otherwise the order of arrival is back at once.
  bool set_arrangement(Arrangement arrangement);
  std::uint64_t arrangement_version() const { return arrangement_version_; }
  bool arranging() const { return arranging_; }
  // Takes the worker's answer unless something newer has been asked for. Rows behind those shown are no other order.
  void take_order(std::uint64_t version, std::vector<std::uint32_t> order);

  // Selection: a rectangle from anchor to focus, in shown rows; rows that are being added stand behind those shown, and
  // stay behind them when more come. In another order all three are gone: other rows stand in their places.
  std::optional<CellAt> focus;
  std::optional<CellAt> anchor;
  std::optional<CellAt> editing;  // the cell being edited in place
  bool selected(std::uint64_t row, std::size_t column) const;
  void forget_from(std::uint64_t rows);  // what stands in this row or behind it

 private:
  void stay_behind(std::uint64_t shown_before);

  std::vector<proto::ColumnInfo> columns_;
  RowSet rows_;
  Arrangement arrangement_;
  std::uint64_t arrangement_version_ = 0;
  bool arranging_ = false;
  std::optional<std::vector<std::uint32_t>> order_;
};

}  // namespace sqlcast::gui
