#include "client/gui/model/grid_model.h"

#include <algorithm>
#include <numeric>

#include "client/gui/model/cell_text.h"
#include "client/gui/model/text.h"

namespace sqlcast::gui {

void RowSet::add(std::shared_ptr<const client::Rows> page) {
  if (page->row_count() == 0) return;
  if (pages_.empty()) {
    even_ = page->row_count();
  } else if (even_ != 0 && starts_.back() != even_ * pages_.size()) {
    even_ = 0;  // an earlier page was shorter: numbers can no longer be divided
  }
  starts_.push_back(size() + page->row_count());
  pages_.push_back(std::move(page));
}

const proto::Cell& RowSet::cell(std::uint64_t row, std::size_t column) const {
  std::size_t page = 0;
  if (even_ != 0) {
    page = std::min<std::size_t>(row / even_, pages_.size() - 1);
  } else {
    page = static_cast<std::size_t>(std::upper_bound(starts_.begin(), starts_.end(), row) - starts_.begin());
  }
  return pages_[page]->cell(page == 0 ? row : row - starts_[page - 1], column);
}

namespace {
constexpr std::size_t kLookAtStop = 4'096;

bool cell_contains(const proto::Cell& cell, std::string_view needle, std::string& scratch) {
  if (cell.kind == proto::Cell::Kind::text) return contains_ignoring_case(cell.view(), needle);
  if (cell.kind == proto::Cell::Kind::null) return needle == "null";
  scratch.clear();
  text::append_cell_text(scratch, cell);
  return contains_ignoring_case(scratch, needle);
}
}  // namespace

std::optional<std::vector<std::uint32_t>> arrange(const RowSet& rows, const std::vector<proto::ColumnInfo>& columns,
                                                  const Arrangement& arrangement, const std::atomic<bool>& stop) {
  std::vector<std::uint32_t> order;
  std::string needle = lower(arrangement.filter);
  std::size_t first = 0;
  std::size_t last = columns.size();
  if (const auto colon = needle.find(':'); colon != std::string::npos) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (lower(columns[i].name) != trim(needle.substr(0, colon))) continue;
      first = i;
      last = i + 1;
      needle = std::string(trim(std::string_view(needle).substr(colon + 1)));
      break;
    }
  }
  if (needle.empty()) {
    order.resize(rows.size());
    std::iota(order.begin(), order.end(), 0U);
  } else {
    std::string scratch;
    for (std::uint64_t row = 0; row < rows.size(); ++row) {
      if (row % kLookAtStop == 0 && stop.load(std::memory_order_relaxed)) return std::nullopt;
      for (std::size_t column = first; column < last; ++column) {
        if (!cell_contains(rows.cell(row, column), needle, scratch)) continue;
        order.push_back(static_cast<std::uint32_t>(row));
        break;
      }
    }
  }
  if (!arrangement.sort || order.empty()) return order;
  const std::size_t column = arrangement.sort->column;
  if (column >= columns.size()) return order;
  // Sorted in runs that are merged, so that a newer wish can stop it between them.
  const bool decimal = is_numeric(columns[column]) && columns[column].kind == proto::ValueKind::text;
  const auto less = [&rows, column, decimal, descending = arrangement.sort->descending](std::uint32_t a,
                                                                                        std::uint32_t b) {
    const proto::Cell& left = rows.cell(a, column);
    const proto::Cell& right = rows.cell(b, column);
    const bool both = left.kind == proto::Cell::Kind::text && right.kind == proto::Cell::Kind::text;
    const int compared = decimal && both ? compare_decimals(left.view(), right.view()) : compare_cells(left, right);
    return descending ? compared > 0 : compared < 0;
  };
  constexpr std::size_t kRun = 32'768;
  for (std::size_t at = 0; at < order.size(); at += kRun) {
    if (stop.load(std::memory_order_relaxed)) return std::nullopt;
    std::stable_sort(order.begin() + static_cast<std::ptrdiff_t>(at),
                     order.begin() + static_cast<std::ptrdiff_t>(std::min(at + kRun, order.size())), less);
  }
  for (std::size_t width = kRun; width < order.size(); width *= 2) {
    for (std::size_t at = 0; at + width < order.size(); at += 2 * width) {
      if (stop.load(std::memory_order_relaxed)) return std::nullopt;
      std::inplace_merge(order.begin() + static_cast<std::ptrdiff_t>(at),
                         order.begin() + static_cast<std::ptrdiff_t>(at + width),
                         order.begin() + static_cast<std::ptrdiff_t>(std::min(at + 2 * width, order.size())), less);
    }
  }
  return order;
}

void GridModel::add_page(client::Rows page) { rows_.add(std::make_shared<const client::Rows>(std::move(page))); }

bool GridModel::set_arrangement(Arrangement arrangement) {
  arrangement_ = std::move(arrangement);
  ++arrangement_version_;
  if (!arrangement_.sort && trim(arrangement_.filter).empty()) {
    order_.reset();
    arranging_ = false;
    focus.reset();
    anchor.reset();
    return false;
  }
  arranging_ = true;
  return true;
}

void GridModel::take_order(std::uint64_t version, std::vector<std::uint32_t> order) {
  if (version != arrangement_version_) return;
  arranging_ = false;
  order_ = std::move(order);
  focus.reset();
  anchor.reset();
}

bool GridModel::selected(std::uint64_t row, std::size_t column) const {
  if (!focus || !anchor) return false;
  const auto [top, bottom] = std::minmax(focus->row, anchor->row);
  const auto [left, right] = std::minmax(focus->column, anchor->column);
  return row >= top && row <= bottom && column >= left && column <= right;
}

}  // namespace sqlcast::gui
