// The head of GridView: where its columns stand, their names, the filter row, a column's menu.
#include <algorithm>
#include <cmath>

#include "client/gui/model/cell_text.h"
#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/desk.h"
#include "client/gui/ui/grid_view.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

const GridView::Placed* GridView::Metrics::at(float x) const {
  for (const Placed& one : columns) {
    if (!one.pinned && x < pinned_right) continue;
    if (x >= one.x && x < one.x + one.width) return &one;
  }
  return nullptr;
}

const GridView::Placed* GridView::Metrics::of(std::size_t column) const {
  const auto found =
      std::find_if(columns.begin(), columns.end(), [column](const Placed& one) { return one.column == column; });
  return found == columns.end() ? nullptr : &*found;
}

void GridView::place_columns(const ResultModel& result, Metrics& m) {
  const GridLook& l = result.look;
  m.columns.clear();
  m.width = 0;
  float x = m.low.x;
  // Most of the room stays for those that scroll: what does not fit besides is not pinned now.
  const float most = m.low.x + (m.high.x - m.low.x) * 0.6F;
  std::vector<bool> pinned(l.widths.size(), false);
  for (const std::size_t column : l.pinned) {
    if (column >= l.widths.size() || l.widths[column] <= 0 || x + px(l.widths[column]) > most) continue;
    pinned[column] = true;
    m.columns.push_back({column, x, px(l.widths[column]), true});
    x += px(l.widths[column]);
  }
  m.pinned_right = x;
  x -= px(l.left);
  for (std::size_t i = 0; i < l.widths.size(); ++i) {
    if (pinned[i] || l.widths[i] <= 0) continue;
    m.columns.push_back({i, x, px(l.widths[i]), false});
    x += px(l.widths[i]);
    m.width += px(l.widths[i]);
  }
}

void GridView::draw_header(const std::shared_ptr<ResultModel>& result, const Metrics& m) {
  const Palette& p = colours();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float top = m.low.y - m.header - m.filters;
  const float bottom = top + m.header;
  const auto& sort = result->grid.arrangement().sort;
  for (const Placed& one : m.columns) {
    const float x = one.x;
    const float width = one.width;
    if (x + width <= m.low.x || x >= m.high.x) continue;
    ImGui::PushClipRect({one.pinned ? m.low.x : m.pinned_right, top}, {one.pinned ? m.pinned_right : m.high.x, bottom},
                        true);
    const proto::ColumnInfo& column = result->grid.columns()[one.column];
    const bool right = is_numeric(column);
    const bool sorted = sort && sort->column == one.column;
    const std::string name = one_line(column.name, 80);
    const float name_width = ui::text_width(look().fonts.bold, name);
    float name_x = x + px(10);
    if (right) name_x = std::max(name_x, x + width - px(sorted ? 24 : 10) - name_width);
    const float y = top + px(4);
    ui::draw_text(list, look().fonts.bold, {name_x, y}, p.text, name, x + width - px(sorted ? 22 : 6));
    ui::note(column.name, {x, top}, {x + width, bottom}, true);
    if (sorted) {
      const ImVec2 c = {x + width - px(12), y + look().fonts.bold->FontSize / 2};
      const float d = sort->descending ? px(4) : -px(4);
      list->AddTriangleFilled({c.x - px(4.5F), c.y - d * 0.7F}, {c.x + px(4.5F), c.y - d * 0.7F}, {c.x, c.y + d},
                              p.accent);
    }
    const float y2 = y + look().fonts.bold->FontSize + px(2);
    const std::string type = lower(column.type);
    float type_x = x + px(10);
    const float key_width = column.primary_key ? px(26) : 0;
    if (right) type_x = std::max(type_x, x + width - px(10) - ui::text_width(look().fonts.small, type) - key_width);
    if (column.primary_key) {
      ui::draw_text(list, look().fonts.small, {type_x, y2}, p.warn, "key");
      type_x += key_width;
    }
    ui::draw_text(list, look().fonts.small, {type_x, y2}, p.dim, type, x + width - px(4));
    list->AddLine({x + width - 1, top + px(6)}, {x + width - 1, bottom - px(6)}, p.border);
    ImGui::PopClipRect();
  }
  list->AddLine({m.low.x - m.gutter, m.low.y - 1}, {m.high.x, m.low.y - 1}, p.border);
}

// A field under each name; what is typed narrows the rows while the worker follows.
void GridView::draw_filters(Workspace& work, const std::shared_ptr<ResultModel>& result, const Metrics& m) {
  const float y = m.low.y - m.filters;
  Arrangement wanted = result->grid.arrangement();
  bool changed = false;
  for (const Placed& one : m.columns) {
    // At the edge it is as wide as is seen of its column.
    const float left = std::max(one.x, one.pinned ? m.low.x : m.pinned_right);
    const float width = std::min(one.x + one.width, m.high.x) - left - px(5);
    if (width < px(16)) continue;
    ImGui::SetCursorScreenPos({left + px(2), y + px(2)});
    ImGui::PushID(static_cast<int>(one.column));
    std::string text = wanted.filters[one.column];
    const std::string id = cat("Filter of ", one_line(result->grid.columns()[one.column].name, 60));
    if (ui::input(id.c_str(), text, "filter", width)) {
      wanted.filters[one.column] = text;
      changed = true;
    }
    ui::tooltip("Text that is contained; = < <= > >= != with a value; null, !null");
    ImGui::PopID();
  }
  if (changed) work.arrange(result, std::move(wanted));
}

void GridView::draw_column_menu(Workspace& work, Desk& desk, const std::shared_ptr<ResultModel>& result) {
  if (!ImGui::BeginPopup("##columnmenu")) return;
  if (menu_column_ < result->grid.columns().size()) {
    const auto sort = [&](bool descending) {
      Arrangement wanted = result->grid.arrangement();
      wanted.sort = SortKey{menu_column_, descending};
      work.arrange(result, std::move(wanted));
    };
    if (ui::menu_item("Sort upwards")) sort(false);
    if (ui::menu_item("Sort downwards")) sort(true);
    if (ui::menu_item("Copy the name")) desk.copy(result->grid.columns()[menu_column_].name, "name");
    ImGui::Separator();
    column_items(*result, menu_column_);
  }
  ImGui::EndPopup();
}

}  // namespace sqlcast::gui
