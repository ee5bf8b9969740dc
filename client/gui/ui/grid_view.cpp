#include "client/gui/ui/grid_view.h"

#include <algorithm>
#include <cmath>

#include <imgui_internal.h>

#include "client/gui/model/cell_text.h"
#include "client/gui/model/keys.h"
#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/desk.h"
#include "client/gui/ui/dialogs/value.h"
#include "client/gui/ui/edit_rows.h"
#include "client/gui/ui/scrollbar.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

namespace {

constexpr std::string_view kNoRows = "No rows. Insert adds one, Ctrl+V pastes some.";

// Of a place without rows, why.
void draw_no_rows(const ResultModel& result, ImVec2 at, float right) {
  const bool filtered = result.grid.rows().size() > 0;
  if (!filtered && !result.why_not_editable.empty()) return;
  if (filtered && result.grid.arranging()) return;
  ui::draw_text(ImGui::GetWindowDrawList(), look().fonts.ui, at, colours().dim,
                filtered ? "No row fits the filter." : kNoRows, right);
}

float header_height() { return std::floor(look().fonts.bold->FontSize + look().fonts.small->FontSize + px(12)); }

}  // namespace

void GridView::measure(ResultModel& result) {
  GridLook& l = result.look;
  if (l.measured || result.grid.columns().empty()) return;
  const float cell = look().fonts.mono->GetCharAdvance('0');
  const std::uint64_t rows = std::min<std::uint64_t>(result.grid.rows().size(), 200);
  l.widths.clear();
  for (std::size_t i = 0; i < result.grid.columns().size(); ++i) {
    const proto::ColumnInfo& column = result.grid.columns()[i];
    float width = ui::text_width(look().fonts.bold, one_line(column.name, 80)) + px(column.primary_key ? 58 : 36);
    width = std::max(width, ui::text_width(look().fonts.small, lower(column.type)) + px(column.primary_key ? 50 : 24));
    for (std::uint64_t row = 0; row < rows; ++row) {
      const proto::Cell& value = result.grid.rows().cell(row, i);
      const std::size_t size = value.kind == proto::Cell::Kind::null ? 6 : cell_line(value, 44).size();
      width = std::max(width, static_cast<float>(size) * cell + px(20));
    }
    l.widths.push_back(std::clamp(width / look().scale, 60.0F, 420.0F));
  }
  l.measured = true;
}

void GridView::draw(Workspace& work, Desk& desk, const std::shared_ptr<ResultModel>& result, ImVec2 size) {
  const Palette& p = colours();
  measure(*result);
  constexpr ImGuiWindowFlags kFlags =
      ImGuiWindowFlags_NoNavInputs | ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse;
  ImGui::BeginChild("##grid", size, false, kFlags);
  GridLook& l = result->look;
  const float bar = px(11);
  const ImVec2 origin = ImGui::GetCursorScreenPos();
  Metrics m;
  m.row = std::floor(look().fonts.mono->FontSize * 1.42F);
  m.header = header_height();
  m.rows = result->grid.shown() + (result->edits ? result->edits->added().size() : 0);
  result->grid.forget_from(m.rows);  // rows that were to be added may have been discarded
  // Filtered rows keep their numbers.
  const std::uint64_t highest = std::max<std::uint64_t>(m.rows, result->grid.rows().size());
  m.gutter = look().fonts.small->GetCharAdvance('0') *
                 static_cast<float>(std::max<std::size_t>(with_separators(highest).size(), 3)) +
             px(20);
  const float filters = std::floor(ImGui::GetFrameHeight() + px(4));
  m.filters = l.filter_row && size.y > m.header + filters + m.row + bar ? filters : 0;  // rows come first
  m.low = {origin.x + m.gutter, origin.y + m.header + m.filters};
  m.high = {origin.x + size.x - bar, origin.y + size.y - bar};
  place_columns(*result, m);
  m.fits = std::max(1.0, std::floor(static_cast<double>((m.high.y - m.low.y) / m.row)));

  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(origin, {origin.x + size.x, origin.y + size.y}, p.panel);
  list->AddRectFilled(origin, {origin.x + size.x, m.low.y}, p.raised);
  if (m.filters > 0) draw_filters(work, result, m);
  handle_mouse(work, desk, result, m);
  work.wishes.grid_has_keys = ImGui::IsWindowFocused();
  // While something in it is typed into or dragged, keys are not the cells'.
  if (ImGui::IsWindowFocused() && !result->grid.editing && ImGui::GetActiveID() == 0)
    handle_keys(work, desk, result, m);
  follow_focus(*result, m);
  const auto total = static_cast<double>(m.rows);
  l.top_row = std::clamp(l.top_row, 0.0, std::max(0.0, total - m.fits));
  l.left = std::clamp(l.left, 0.0F, std::max(0.0F, (m.width - (m.high.x - m.pinned_right)) / look().scale));
  place_columns(*result, m);  // it may have been scrolled
  draw_cells(*result, m);
  if (m.rows == 0) draw_no_rows(*result, {m.low.x + px(10), m.low.y + px(10)}, m.high.x);
  draw_header(result, m);
  ui::scrollbar("##rows", true, {m.high.x, m.low.y}, {m.high.x + bar, m.high.y}, &l.top_row, m.fits, total);
  double left = static_cast<double>(px(l.left));
  if (ui::scrollbar("##columns", false, {m.pinned_right, m.high.y}, {m.high.x, m.high.y + bar}, &left,
                    static_cast<double>(m.high.x - m.pinned_right), static_cast<double>(m.width))) {
    l.left = static_cast<float>(left) / look().scale;
  }
  if (result->grid.editing) draw_editor(*result, m);
  draw_menu(work, desk, result);
  draw_column_menu(work, desk, result);
  // More is fetched when the end comes into sight, and not there for a row that is being added.
  const double bottom = l.top_row + m.fits;
  const bool adding = result->grid.focus && result->grid.focus->row >= result->grid.shown();
  if (result->cursor && !result->fetching && !adding && bottom + 200 >= total && !result->grid.arrangement().sort)
    work.fetch_more(result, static_cast<std::uint32_t>(work.settings.page_rows));
  result->arrival_seen = true;
  ImGui::EndChild();
}

void GridView::draw_cell(ResultModel& result, const Metrics& m, std::uint64_t row, std::size_t column, ImVec2 at,
                         float width) {
  const Palette& p = colours();
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImFont* mono = look().fonts.mono;
  const float y = at.y + (m.row - mono->FontSize) / 2;
  const float cell = mono->GetCharAdvance('0');
  const auto fits = static_cast<std::size_t>(std::max(1.0F, (width - px(18)) / cell));
  const proto::ColumnInfo& info = result.grid.columns()[column];
  const std::uint64_t shown = result.grid.shown();
  const EditedValue* edited = nullptr;
  bool untouched = false;
  if (row >= shown) {
    const auto& cells = result.edits->added()[row - shown];
    const auto it = cells.find(column);
    edited = it == cells.end() ? nullptr : &it->second;
    untouched = it == cells.end();
  } else if (result.edits) {
    edited = result.edits->changed(result.grid.row_at(row), column);
  }
  if (untouched) {
    ui::draw_text(list, look().fonts.small, {at.x + px(10), at.y + (m.row - look().fonts.small->FontSize) / 2}, p.faint,
                  "default", at.x + width - px(4));
    return;
  }
  static const proto::Cell kNull;
  const proto::Cell& value = edited != nullptr ? kNull : result.grid.cell(row, column);
  const bool null = edited != nullptr ? !edited->has_value() : value.kind == proto::Cell::Kind::null;
  if (edited != nullptr) {
    list->AddRectFilled({at.x, at.y}, {at.x + width - 1, at.y + m.row - 1}, fade(p.warn, 0.16F));
    list->AddRectFilled({at.x, at.y}, {at.x + px(3), at.y + m.row - 1}, p.warn);
  }
  if (null) {
    const float w = ui::text_width(look().fonts.small, "NULL");
    const float left = is_numeric(info) ? at.x + width - px(16) - w : at.x + px(8);
    const float top = at.y + (m.row - look().fonts.small->FontSize) / 2;
    list->AddRect({left - px(3), top - px(1)}, {left + w + px(3), top + look().fonts.small->FontSize + px(1)},
                  fade(p.null_text, 0.5F), px(3));
    ui::draw_text(list, look().fonts.small, {left, top}, p.null_text, "NULL");
    return;
  }
  const std::string text = edited != nullptr ? one_line(**edited, fits) : cell_line(value, fits);
  float x = at.x + px(10);
  if (is_numeric(info)) x = std::max(x, at.x + width - px(10) - ui::text_width(mono, text));
  const bool bytes = edited == nullptr && value.kind == proto::Cell::Kind::bytes;
  if (text.empty() && !bytes) {
    ui::draw_text(list, look().fonts.small, {x, at.y + (m.row - look().fonts.small->FontSize) / 2}, p.faint, "empty");
    return;
  }
  ui::draw_text(list, mono, {x, y}, bytes ? p.paint[static_cast<std::size_t>(Paint::variable)] : p.text, text,
                at.x + width - px(2));
}

void GridView::draw_cells(ResultModel& result, const Metrics& m) {
  const Palette& p = colours();
  ImDrawList* list = ImGui::GetWindowDrawList();
  GridLook& l = result.look;
  const auto first = static_cast<std::uint64_t>(l.top_row);
  const std::uint64_t last = std::min<std::uint64_t>(m.rows, first + static_cast<std::uint64_t>(m.fits) + 1);
  ImGui::PushClipRect({m.low.x - m.gutter, m.low.y}, m.high, true);
  for (std::uint64_t row = first; row < last; ++row) {
    const float y = m.low.y + static_cast<float>(row - first) * m.row;
    const bool added = row >= result.grid.shown();
    const bool deleted = !added && result.edits && result.edits->is_deleted(result.grid.row_at(row));
    if (row % 2 == 1) {
      list->AddRectFilled({m.low.x, y}, {m.high.x, y + m.row}, p.dark ? rgb(0xFFFFFF, 5) : rgb(0x1F2733, 7));
    }
    if (added) list->AddRectFilled({m.low.x, y}, {m.high.x, y + m.row}, fade(p.good, 0.12F));
    if (deleted) list->AddRectFilled({m.low.x, y}, {m.high.x, y + m.row}, fade(p.bad, 0.14F));
    const std::string number = added ? std::string("new") : with_separators(result.grid.row_at(row) + 1);
    const float width = ui::text_width(look().fonts.small, number);
    const float right_end = m.low.x - px(8);
    if (ui::trace().on) ui::note(cat("row ", number), {right_end - width, y}, {right_end, y + m.row}, false);
    list->AddText(look().fonts.small, look().fonts.small->FontSize,
                  {m.low.x - px(8) - width, y + (m.row - look().fonts.small->FontSize) / 2},
                  added     ? p.good
                  : deleted ? p.bad
                            : p.faint,
                  number.c_str());
  }
  ImGui::PushClipRect(m.low, m.high, true);
  float right = m.low.x;  // of what is drawn
  for (const Placed& one : m.columns) {
    ImGui::PushClipRect({one.pinned ? m.low.x : m.pinned_right, m.low.y},
                        {one.pinned ? m.pinned_right : m.high.x, m.high.y}, true);
    right = std::max(right, one.x + one.width);
    if (one.x + one.width > m.low.x && one.x < m.high.x) {
      for (std::uint64_t row = first; row < last; ++row) {
        const float y = m.low.y + static_cast<float>(row - first) * m.row;
        if (result.grid.selected(row, one.column))
          list->AddRectFilled({one.x, y}, {one.x + one.width, y + m.row}, p.selection);
        draw_cell(result, m, row, one.column, {one.x, y}, one.width);
      }
      list->AddLine({one.x + one.width - 1, m.low.y},
                    {one.x + one.width - 1, std::min(m.high.y, m.low.y + static_cast<float>(last - first) * m.row)},
                    p.grid_line);
    }
    ImGui::PopClipRect();
  }
  if (m.pinned_right > m.low.x)
    list->AddLine({m.pinned_right - 1, m.low.y}, {m.pinned_right - 1, m.high.y}, p.accent, px(1.5F));
  for (std::uint64_t row = first; row < last; ++row) {
    const bool added = row >= result.grid.shown();
    if (added || !result.edits || !result.edits->is_deleted(result.grid.row_at(row))) continue;
    const float y = m.low.y + (static_cast<float>(row - first) + 0.5F) * m.row;
    list->AddLine({m.low.x, y}, {std::min(right, m.high.x), y}, p.bad, px(1.5F));
  }
  if (result.grid.focus && result.grid.focus->row >= first && result.grid.focus->row < last) {
    const float y = m.low.y + static_cast<float>(result.grid.focus->row - first) * m.row;
    if (const Placed* const one = m.of(result.grid.focus->column); one != nullptr) {
      ImGui::PushClipRect({one->pinned ? m.low.x : m.pinned_right, m.low.y}, m.high, true);
      list->AddRect({one->x, y}, {one->x + one->width - 1, y + m.row}, p.accent, px(2), 0, px(1.5F));
      ImGui::PopClipRect();
    }
  }
  ImGui::PopClipRect();
  ImGui::PopClipRect();
  list->AddLine({m.low.x - 1, m.low.y - m.header - m.filters}, {m.low.x - 1, m.high.y}, p.border);
}

void GridView::handle_mouse(Workspace& work, Desk& desk, const std::shared_ptr<ResultModel>& result, const Metrics& m) {
  GridLook& l = result->look;
  const ImGuiIO& io = ImGui::GetIO();
  if (ImGui::IsWindowHovered()) {
    l.top_row -= static_cast<double>(io.MouseWheel) * (io.KeyShift ? 0 : 3);
    l.left -= io.MouseWheelH * 60 + (io.KeyShift ? io.MouseWheel * 60 : 0);
  }
  const float top = m.low.y - m.header - m.filters;
  ImGui::SetCursorScreenPos({m.low.x, top});
  ImGui::InvisibleButton("##head", {std::max(1.0F, m.high.x - m.low.x), m.header},
                         ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight);
  const float x = io.MousePos.x;
  const Placed* const under = m.at(x);
  if (ImGui::IsItemHovered() || resizing_ != ~std::size_t{0}) {
    const bool near_left = under != nullptr && under != m.columns.data() && x - under->x < px(5);
    const bool near_right = under != nullptr && under->x + under->width - x < px(5);
    if (near_left || near_right || resizing_ != ~std::size_t{0}) ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeEW);
    if (ImGui::IsMouseClicked(0) && (near_left || near_right)) {
      resizing_ = near_left ? (under - 1)->column : under->column;
    } else if (ImGui::IsMouseReleased(0) && resizing_ == ~std::size_t{0} && under != nullptr &&
               ImGui::IsItemHovered()) {
      Arrangement wanted = result->grid.arrangement();
      if (!wanted.sort || wanted.sort->column != under->column) {
        wanted.sort = SortKey{under->column, false};
      } else if (!wanted.sort->descending) {
        wanted.sort->descending = true;
      } else {
        wanted.sort.reset();
      }
      work.arrange(result, wanted);
    } else if (ImGui::IsMouseClicked(1) && under != nullptr && ImGui::IsItemHovered()) {
      menu_column_ = under->column;
      ImGui::OpenPopup("##columnmenu");
    }
  }
  if (resizing_ != ~std::size_t{0}) {
    if (resizing_ < l.widths.size())
      l.widths[resizing_] = std::clamp(l.widths[resizing_] + io.MouseDelta.x / look().scale, 30.0F, 2'000.0F);
    if (!ImGui::IsMouseDown(0)) resizing_ = ~std::size_t{0};
  }

  ImGui::SetCursorScreenPos({m.low.x - m.gutter, m.low.y});
  ImGui::InvisibleButton("##cells", {std::max(1.0F, m.high.x - m.low.x + m.gutter), std::max(1.0F, m.high.y - m.low.y)},
                         ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight);
  const double line = std::floor(static_cast<double>((io.MousePos.y - m.low.y) / m.row)) + std::floor(l.top_row);
  const bool on_row = line >= 0 && line < static_cast<double>(m.rows);
  if (m.columns.empty()) return;
  if (m.rows == 0 && ImGui::IsItemHovered() && ImGui::IsMouseClicked(1)) ImGui::OpenPopup("##cellmenu");
  const Placed& cell = under != nullptr ? *under : x < m.low.x ? m.columns.front() : m.columns.back();
  const CellAt here{on_row ? static_cast<std::uint64_t>(line) : 0, cell.column};
  if (ImGui::IsItemHovered() && on_row && (ImGui::IsMouseClicked(0) || ImGui::IsMouseClicked(1))) {
    result->grid.editing.reset();
    const bool keep = ImGui::IsMouseClicked(1) && result->grid.selected(here.row, here.column);
    if (io.MousePos.x < m.low.x) {
      result->grid.anchor = CellAt{io.KeyShift && result->grid.anchor ? result->grid.anchor->row : here.row, 0};
      result->grid.focus = CellAt{here.row, l.widths.size() - 1};
    } else if (!keep) {
      result->grid.focus = here;
      if (!io.KeyShift || !result->grid.anchor) result->grid.anchor = here;
      selecting_ = ImGui::IsMouseClicked(0);
    }
    if (ImGui::IsMouseDoubleClicked(0)) {
      selecting_ = false;
      if (result->why_not_editable.empty() && work.connection()) {
        edit_focused(work, result);
      } else {
        show_value(desk, *result, here);
      }
    }
    if (ImGui::IsMouseClicked(1)) ImGui::OpenPopup("##cellmenu");
  }
  if (selecting_ && ImGui::IsMouseDragging(0, px(4)) && on_row) result->grid.focus = here;
  if (!ImGui::IsMouseDown(0)) selecting_ = false;
}

void GridView::follow_focus(ResultModel& result, const Metrics& m) {
  GridLook& l = result.look;
  if (!l.show_focus || !result.grid.focus) return;
  l.show_focus = false;
  const auto row = static_cast<double>(result.grid.focus->row);
  if (row < l.top_row) l.top_row = row;
  if (row >= l.top_row + m.fits) l.top_row = row - m.fits + 1;
  const Placed* const one = m.of(result.grid.focus->column);
  if (one == nullptr || one->pinned) return;
  const float begin = (one->x - m.pinned_right) / look().scale + l.left;
  const float width = one->width / look().scale;
  const float room = (m.high.x - m.pinned_right) / look().scale;
  if (begin < l.left) l.left = begin;
  if (begin + width > l.left + room) l.left = begin + width - room;
}

void GridView::handle_keys(Workspace& work, Desk& desk, const std::shared_ptr<ResultModel>& result, const Metrics& m) {
  GridModel& grid = result->grid;
  if (m.columns.empty()) return;
  const ImGuiIO& io = ImGui::GetIO();
  if (m.rows == 0) {  // a new table's first rows
    if (ImGui::IsKeyPressed(key::kInsert, false) && edit_rows::begin(work, *result)) edit_rows::add_row(*result);
    if (io.KeyCtrl && ImGui::IsKeyPressed(key::letter('V'), false)) paste(work, *result);
    return;
  }
  CellAt focus = grid.focus.value_or(CellAt{});
  const CellAt before = focus;
  const auto page = static_cast<std::uint64_t>(m.fits);
  const auto hit = [](int code) { return ImGui::IsKeyPressed(code, true); };
  const bool arrow = hit(key::kDown) || hit(key::kUp) || hit(key::kRight) || hit(key::kLeft);
  if (grid.focus) {  // otherwise an arrow goes to the first cell
    if (hit(key::kDown)) focus.row = std::min(focus.row + 1, m.rows - 1);
    if (hit(key::kUp) && focus.row > 0) --focus.row;
    const Placed* const one = m.of(focus.column);
    if (hit(key::kRight) && one != nullptr && one != &m.columns.back()) focus.column = (one + 1)->column;
    if (hit(key::kLeft) && one != nullptr && one != m.columns.data()) focus.column = (one - 1)->column;
  }
  if (hit(key::kPageDown) && !io.KeyCtrl) focus.row = std::min(focus.row + page, m.rows - 1);
  if (hit(key::kPageUp) && !io.KeyCtrl) focus.row -= std::min(focus.row, page);
  if (hit(key::kHome)) io.KeyCtrl ? focus.row = 0 : focus.column = m.columns.front().column;
  if (hit(key::kEnd)) io.KeyCtrl ? focus.row = m.rows - 1 : focus.column = m.columns.back().column;
  if (!(focus == before) || (!grid.focus && (arrow || hit(key::kHome) || hit(key::kPageUp)))) {
    grid.focus = focus;
    if (!io.KeyShift || !grid.anchor) grid.anchor = focus;
    result->look.show_focus = true;
  }
  if (io.KeyCtrl && hit(key::letter('A'))) {
    grid.anchor = CellAt{0, 0};
    grid.focus = CellAt{grid.shown() == 0 ? 0 : grid.shown() - 1, grid.columns().size() - 1};
  }
  if (!grid.focus) return;
  if (io.KeyCtrl && hit(key::letter('C'))) copy(desk, *result);
  // With several cells chosen, Enter would only change the last of them: it does nothing.
  const bool one_cell = !grid.anchor || *grid.anchor == *grid.focus;
  if (hit(key::kF1 + 1) || (hit(key::kEnter) && !io.KeyCtrl && one_cell)) edit_focused(work, result);
  if (hit(key::kSpace) && !io.KeyCtrl) return show_value(desk, *result, *grid.focus);
  if (io.KeyCtrl && hit(key::letter('V'))) paste(work, *result);
  if (!io.KeyCtrl && !io.KeyAlt && !grid.editing) type_over(work, result);
  if (hit(key::kDelete) && edit_rows::begin(work, *result)) {
    const auto [top, bottom] = std::minmax(grid.focus->row, grid.anchor.value_or(*grid.focus).row);
    for (std::uint64_t row = top; row <= bottom && row < grid.shown(); ++row)
      result->edits->toggle_delete(grid.row_at(row));
  }
  if (hit(key::kInsert) && edit_rows::begin(work, *result)) edit_rows::add_row(*result);
}

// What is new in a column is to be seen whole, within reason.
void GridView::widen(GridLook& l, std::size_t column, std::string_view text) {
  const float wanted = (ui::text_width(look().fonts.mono, one_line(text, 44)) + px(20)) / look().scale;
  l.widths[column] = std::clamp(wanted, l.widths[column], std::max(l.widths[column], 420.0F));
}

void GridView::copy(Desk& desk, const ResultModel& result) {
  const GridModel& grid = result.grid;
  std::string text = rows_text(grid, RowFormat::tsv, false);
  desk.copy(text, "selection");
  copied_cell_.reset();
  if (!grid.focus || grid.focus->row >= grid.shown() || (grid.anchor && *grid.anchor != *grid.focus)) return;
  const proto::Cell& cell = grid.cell(grid.focus->row, grid.focus->column);
  const bool null = cell.kind == proto::Cell::Kind::null;
  copied_cell_ = {text, null ? EditedValue() : EditedValue(text)};
}

void GridView::paste(Workspace& work, ResultModel& result) {
  const std::size_t before = result.edits ? result.edits->added().size() : 0;
  edit_rows::paste(work, result, ImGui::GetClipboardText(), copied_cell_);
  if (!result.edits) return;
  for (std::size_t i = before; i < result.edits->added().size(); ++i) {
    for (const auto& [column, value] : result.edits->added()[i]) {
      if (value && column < result.look.widths.size() && result.look.widths[column] > 0)
        widen(result.look, column, *value);
    }
  }
}

// What a column's menu and a cell's have in common.
namespace {

// It is hidden: what is typed would go where nobody sees it.
void leave_column(ResultModel& result, std::size_t column) {
  GridModel& grid = result.grid;
  const std::vector<float>& widths = result.look.widths;
  const bool focused = grid.focus && grid.focus->column == column;
  if (!focused && (!grid.anchor || grid.anchor->column != column)) return;
  if (focused) {
    std::size_t to = column;
    while (to < widths.size() && widths[to] <= 0) ++to;
    if (to == widths.size()) {
      to = column;
      while (to > 0 && widths[to] <= 0) --to;
    }
    grid.focus->column = to;
  }
  grid.anchor = grid.focus;
}

}  // namespace

void GridView::column_items(ResultModel& result, std::size_t column) {
  GridLook& l = result.look;
  const auto pinned = std::find(l.pinned.begin(), l.pinned.end(), column);
  if (pinned == l.pinned.end()) {
    if (ui::menu_item("Pin this column")) l.pinned.push_back(column);
  } else if (ui::menu_item("Unpin this column")) {
    l.pinned.erase(pinned);
  }
  const auto shown = std::count_if(l.widths.begin(), l.widths.end(), [](float width) { return width > 0; });
  if (ui::menu_item("Hide this column", nullptr, false, shown > 1)) {
    l.widths[column] = 0;
    leave_column(result, column);
  }
  if (static_cast<std::size_t>(shown) < l.widths.size() && ui::menu_item("Show all columns")) l.measured = false;
  if (ui::menu_item("Filter row", "Ctrl+Shift+G", l.filter_row)) l.filter_row = !l.filter_row;
}

void GridView::draw_menu(Workspace& work, Desk& desk, const std::shared_ptr<ResultModel>& result) {
  if (!ImGui::BeginPopup("##cellmenu")) return;
  GridModel& grid = result->grid;
  if (grid.shown() == 0 && (!result->edits || result->edits->added().empty())) {
    const bool editable = result->why_not_editable.empty();
    if (!editable) ui::small(result->why_not_editable, colours().warn);
    if (ui::menu_item("Add row", "Insert", false, editable) && edit_rows::begin(work, *result))
      edit_rows::add_row(*result);
    if (ui::menu_item("Paste rows", "Ctrl+V", false, editable)) paste(work, *result);
  }
  if (grid.focus && grid.focus->row < grid.shown()) {
    const CellAt at = *grid.focus;
    if (ui::menu_item("Copy", "Ctrl+C")) copy(desk, *result);
    for (const RowFormat format : kRowFormats) {
      if (ui::menu_item(cat("Copy as ", format_name(format)).c_str())) {
        desk.copy(rows_text(result->grid, format, false), format_name(format));
      }
    }
    ImGui::Separator();
    if (ui::menu_item("View value", "Space")) show_value(desk, *result, at);
    if (const auto behind = edit_rows::row_behind(work, *result, at)) {
      if (ui::menu_item(cat("→ Open the row of ", behind->table).c_str()))
        work.open_in_editor(behind->table, behind->sql, true);
    }
    column_items(*result, at.column);
    if (ui::menu_item("Filter by this value")) {
      result->look.filter = cat(grid.columns()[at.column].name, ":", cell_line(grid.cell(at.row, at.column), 60));
      Arrangement wanted = grid.arrangement();
      wanted.filter = result->look.filter;
      work.arrange(result, wanted);
    }
    ImGui::Separator();
    const bool editable = result->why_not_editable.empty();
    if (!editable) ui::small(result->why_not_editable, colours().warn);
    if (ui::menu_item("Edit cell", "F2", false, editable)) edit_focused(work, result);
    if (ui::menu_item("Set to NULL", nullptr, false, editable) && edit_rows::begin(work, *result)) {
      edit_rows::set(*result, at, std::nullopt);
    }
    if (ui::menu_item("Delete row", "Delete", false, editable) && edit_rows::begin(work, *result)) {
      result->edits->toggle_delete(grid.row_at(at.row));
    }
    if (ui::menu_item("Add row", "Insert", false, editable) && edit_rows::begin(work, *result)) {
      edit_rows::add_row(*result);
    }
  }
  ImGui::EndPopup();
}

}  // namespace sqlcast::gui
