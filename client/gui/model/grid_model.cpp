#include "client/gui/model/grid_model.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "client/gui/model/cell_text.h"
#include "client/gui/model/fold.h"
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
  if (cell.kind == proto::Cell::Kind::text) return contains_folded(cell.view(), needle);
  if (cell.kind == proto::Cell::Kind::null) return needle == "null";
  scratch.clear();
  text::append_cell_text(scratch, cell);
  return contains_folded(scratch, needle);
}

// What the filter row asks of one column.
class ColumnFilter {
 public:
  ColumnFilter(std::size_t column, bool numeric, std::string_view wanted) : column_(column) {
    constexpr std::pair<std::string_view, Kind> kSigns[] = {
        {"!=", Kind::other}, {"<>", Kind::other}, {"<=", Kind::most}, {">=", Kind::least},
        {"=", Kind::same},   {"<", Kind::less},   {">", Kind::more}};
    wanted = trim(wanted);
    if (equal_ignoring_case(wanted, "null")) kind_ = Kind::null;
    if (equal_ignoring_case(wanted, "!null") || equal_ignoring_case(wanted, "not null")) kind_ = Kind::not_null;
    for (const auto& [sign, kind] : kSigns) {
      if (kind_ != Kind::contained || !wanted.starts_with(sign)) continue;
      kind_ = kind;
      wanted = trim(wanted.substr(sign.size()));
    }
    text_ = folded(wanted);
    if (numeric) number_ = to_number(text_);
  }
  std::size_t column() const { return column_; }
  bool lets(const proto::Cell& cell, std::string& scratch) const {
    const bool is_null = cell.kind == proto::Cell::Kind::null;
    if (kind_ == Kind::null) return is_null;
    if (kind_ == Kind::not_null) return !is_null;
    if (is_null) return false;
    if (kind_ == Kind::contained) return cell_contains(cell, text_, scratch);
    scratch.clear();
    text::append_cell_text(scratch, cell);
    const int order = compared(scratch);
    switch (kind_) {
      case Kind::same: return order == 0;
      case Kind::other: return order != 0;
      case Kind::less: return order < 0;
      case Kind::most: return order <= 0;
      case Kind::more: return order > 0;
      default: return order >= 0;
    }
  }

 private:
  enum class Kind : std::uint8_t { contained, null, not_null, same, other, less, most, more, least };

  static std::optional<double> to_number(std::string_view text) {
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
    return value;
  }
  int compared(const std::string& text) const {
    if (number_) {
      // Whole numbers and DECIMAL by their digits, which a DOUBLE may not hold.
      const auto plain = [](std::string_view one) { return one.find_first_not_of("0123456789.-+") == one.npos; };
      if (plain(text) && plain(text_)) return compare_decimals(text, text_);
      const double value = to_number(text).value_or(0);
      return value < *number_ ? -1 : value > *number_ ? 1 : 0;
    }
    const int order = folded(text).compare(text_);
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  }

  std::size_t column_;
  Kind kind_ = Kind::contained;
  std::string text_;  // folded
  std::optional<double> number_;
};

std::vector<ColumnFilter> filters_of(const Arrangement& arrangement, const std::vector<proto::ColumnInfo>& columns) {
  std::vector<ColumnFilter> out;
  for (const auto& [column, wanted] : arrangement.filters) {
    if (column < columns.size() && !trim(wanted).empty()) out.emplace_back(column, is_numeric(columns[column]), wanted);
  }
  return out;
}
}  // namespace

bool Arrangement::all() const {
  return !sort && trim(filter).empty() &&
         std::all_of(filters.begin(), filters.end(), [](const auto& one) { return trim(one.second).empty(); });
}

std::optional<std::vector<std::uint32_t>> arrange(const RowSet& rows, const std::vector<proto::ColumnInfo>& columns,
                                                  const Arrangement& arrangement, const std::atomic<bool>& stop) {
  std::vector<std::uint32_t> order;
  std::string needle = folded(arrangement.filter);
  std::size_t first = 0;
  std::size_t last = columns.size();
  if (const auto colon = needle.find(':'); colon != std::string::npos) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (folded(columns[i].name) != trim(needle.substr(0, colon))) continue;
      first = i;
      last = i + 1;
      needle = std::string(trim(std::string_view(needle).substr(colon + 1)));
      break;
    }
  }
  const std::vector<ColumnFilter> filters = filters_of(arrangement, columns);
  if (needle.empty() && filters.empty()) {
    order.resize(rows.size());
    std::iota(order.begin(), order.end(), 0U);
  } else {
    std::string scratch;
    for (std::uint64_t row = 0; row < rows.size(); ++row) {
      if (row % kLookAtStop == 0 && stop.load(std::memory_order_relaxed)) return std::nullopt;
      const bool wanted = std::all_of(filters.begin(), filters.end(), [&](const ColumnFilter& one) {
        return one.lets(rows.cell(row, one.column()), scratch);
      });
      if (!wanted) continue;
      if (needle.empty()) order.push_back(static_cast<std::uint32_t>(row));
      for (std::size_t column = first; column < last && !needle.empty(); ++column) {
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

void GridModel::add_page(client::Rows page) {
  const std::uint64_t before = shown();
  rows_.add(std::make_shared<const client::Rows>(std::move(page)));
  stay_behind(before);
}

void GridModel::stay_behind(std::uint64_t shown_before) {
  for (std::optional<CellAt>* const at : {&focus, &anchor, &editing})
    if (*at && (*at)->row >= shown_before) (*at)->row += shown() - shown_before;
}

void GridModel::forget_from(std::uint64_t rows) {
  for (std::optional<CellAt>* const at : {&focus, &anchor, &editing})
    if (*at && (*at)->row >= rows) at->reset();
}

bool GridModel::set_arrangement(Arrangement arrangement) {
  arrangement_ = std::move(arrangement);
  ++arrangement_version_;
  if (arrangement_.all()) {
    order_.reset();
    arranging_ = false;
    forget_from(0);
    return false;
  }
  arranging_ = true;
  return true;
}

void GridModel::take_order(std::uint64_t version, std::vector<std::uint32_t> order) {
  if (version != arrangement_version_) return;
  arranging_ = false;
  const bool goes_on =
      order_ && order_->size() <= order.size() && std::equal(order_->begin(), order_->end(), order.begin());
  const std::uint64_t before = shown();
  order_ = std::move(order);
  if (goes_on) {
    stay_behind(before);
  } else {
    forget_from(0);
  }
}

bool GridModel::selected(std::uint64_t row, std::size_t column) const {
  if (!focus || !anchor) return false;
  const auto [top, bottom] = std::minmax(focus->row, anchor->row);
  const auto [left, right] = std::minmax(focus->column, anchor->column);
  return row >= top && row <= bottom && column >= left && column <= right;
}

}  // namespace sqlcast::gui
