#include "client/gui/ui/diagram_panel.h"

#include <algorithm>
#include <cmath>

#include "client/gui/model/cell_text.h"
#include "client/gui/model/keys.h"
#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/widgets.h"
#include "sql/literal.h"

namespace sqlcast::gui {

namespace {
constexpr std::size_t kNone = ~std::size_t{0};
}

void DiagramPanel::show(const std::string& database) {
  if (database_ != database) fitted_ = false;
  database_ = database;
  version_ = 0;
}

void DiagramPanel::lay_out_again(const SchemaDatabase& database, ImVec2 area) {
  ErMetrics metrics;
  metrics.header = std::floor(look().fonts.bold->FontSize + px(12));
  metrics.row = std::floor(look().fonts.mono->FontSize * 1.32F);
  metrics.character = look().fonts.mono->GetCharAdvance('0');
  metrics.gap_x = px(100);
  metrics.gap_y = px(34);
  metrics.aspect = area.x / std::max(area.y, 1.0F);
  diagram_ = lay_out(database, metrics);
  laid_scale_ = look().scale;
}

void DiagramPanel::fit(ImVec2 area) {
  const float margin = px(36);
  const float wanted = std::min((area.x - margin * 2) / std::max(diagram_.width, 1.0F),
                                (area.y - margin * 2) / std::max(diagram_.height, 1.0F));
  zoom_ = std::clamp(wanted, 0.25F, 1.25F);
  pan_ = {(area.x - diagram_.width * zoom_) / 2, (area.y - diagram_.height * zoom_) / 2};
  fitted_ = true;
}

std::size_t DiagramPanel::box_at(ImVec2 point) const {
  for (std::size_t i = diagram_.boxes.size(); i-- > 0;) {
    const ErBox& box = diagram_.boxes[i];
    if (point.x >= box.x && point.x < box.x + box.width && point.y >= box.y && point.y < box.y + box.height) return i;
  }
  return kNone;
}

void DiagramPanel::zoom_at(ImVec2 point, float factor) {
  const float before = zoom_;
  zoom_ = std::clamp(zoom_ * factor, 0.2F, 2.5F);
  pan_.x = point.x - (point.x - pan_.x) * zoom_ / before;
  pan_.y = point.y - (point.y - pan_.y) * zoom_ / before;
}

void DiagramPanel::handle_keys(ImVec2 area) {
  const auto hit = [](int code) { return ImGui::IsKeyPressed(code, true) ? 1.0F : 0.0F; };
  pan_.x += (hit(key::kLeft) - hit(key::kRight)) * px(60);
  pan_.y += (hit(key::kUp) - hit(key::kDown)) * px(60);
  if (hit(key::kEqual) > 0) zoom_at({area.x / 2, area.y / 2}, 1.2F);
  if (hit(key::kMinus) > 0) zoom_at({area.x / 2, area.y / 2}, 1 / 1.2F);
  if (hit(key::kHome) > 0) fit(area);
}

// The row above the drawing. True: everything is to be laid out again.
bool DiagramPanel::draw_tools(Workspace& work) {
  ImGui::SetCursorPos({px(12), px(8)});
  ImGui::AlignTextToFramePadding();
  ui::heading("Diagram");
  ImGui::SameLine(0, px(12));
  if (ui::begin_combo("Diagram database", database_.empty() ? "(none)" : database_, px(160))) {
    for (const SchemaDatabase& one :
         work.connection() ? work.connection()->schema.databases() : std::vector<SchemaDatabase>{}) {
      if (!one.system && ui::selectable(one.name.c_str(), one.name == database_)) show(one.name);
    }
    ImGui::EndCombo();
  }
  ImGui::SameLine();
  const bool again = ui::button("Lay out again");
  ImGui::SameLine();
  if (ui::button("Fit")) fitted_ = false;
  constexpr std::string_view kHint = "drag tables, drag the ground to move, wheel to zoom, double-click for rows";
  ui::same_line_if_fits(ui::text_width(look().fonts.small, kHint), px(12));
  if (ImGui::GetCursorPosX() < px(20)) ImGui::SetCursorPosX(px(12));
  ui::small(kHint);
  return again;
}

// Why there is nothing to draw; asks for the tables when nobody has.
const char* DiagramPanel::missing(Workspace& work, const SchemaDatabase* database) const {
  if (!work.connection()) return "Connect to a cluster to see its tables.";
  const bool known = work.connection()->schema.state() == LoadState::loaded;
  if (database == nullptr && !known)
    return work.connected() ? "Loading…" : "No node answers: its tables are not known.";
  if (database == nullptr) return "There is no database yet.";
  if (database->state == LoadState::unknown) work.connection()->load_database(database_);
  if (database->state == LoadState::failed) return "The tables could not be loaded.";
  return database->state == LoadState::loaded ? nullptr : "Loading…";
}

// The mouse and the keys over the drawing.
void DiagramPanel::handle_input(Workspace& work, ImVec2 area_low, ImVec2 area) {
  ImGui::SetCursorScreenPos(area_low);
  ImGui::InvisibleButton("##canvas", {std::max(area.x, 1.0F), std::max(area.y, 1.0F)});
  const ImGuiIO& io = ImGui::GetIO();
  const ImVec2 origin = {area_low.x + pan_.x, area_low.y + pan_.y};
  const ImVec2 point = {(io.MousePos.x - origin.x) / zoom_, (io.MousePos.y - origin.y) / zoom_};
  const bool over = ImGui::IsItemHovered();
  hovered_ = over || dragging_ != kNone ? (dragging_ != kNone ? dragging_ : box_at(point)) : kNone;
  if (ImGui::IsItemActivated()) dragging_ = box_at(point);
  if (ImGui::IsItemActive() && ImGui::IsMouseDragging(0, px(2))) {
    if (dragging_ != kNone) {
      diagram_.boxes[dragging_].x += io.MouseDelta.x / zoom_;
      diagram_.boxes[dragging_].y += io.MouseDelta.y / zoom_;
    } else {
      pan_ = {pan_.x + io.MouseDelta.x, pan_.y + io.MouseDelta.y};
    }
  }
  if (!ImGui::IsItemActive()) dragging_ = kNone;
  if (over && ImGui::IsMouseDoubleClicked(0) && hovered_ != kNone) {
    const std::string table = diagram_.boxes[hovered_].table;
    work.open_in_editor(
        table, cat("SELECT * FROM ", sql::quote_name(database_), ".", sql::quote_name(table), " LIMIT 1000"), true);
  }
  if (ImGui::IsWindowHovered() && io.MouseWheel != 0) {
    zoom_at({io.MousePos.x - area_low.x, io.MousePos.y - area_low.y}, std::pow(1.1F, io.MouseWheel));
  }
  if (ImGui::IsWindowFocused() && !io.KeyCtrl) handle_keys(area);
}

void DiagramPanel::draw_ground(ImVec2 low, ImVec2 high) const {
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float step = px(28) * std::max(zoom_, 0.5F);
  for (float x = low.x + std::fmod(pan_.x, step); x < high.x; x += step) {
    for (float y = low.y + std::fmod(pan_.y, step); y < high.y; y += step) {
      list->AddRectFilled({x, y}, {x + 1.5F, y + 1.5F}, colours().border);
    }
  }
}

// What the signs of the edges mean.
void DiagramPanel::draw_signs(ImVec2 low, ImVec2 size) const {
  const Palette& p = colours();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float line = look().fonts.small->FontSize;
  ImVec2 at = {low.x + px(14), low.y + size.y - line - px(10)};
  const float x = at.x + ui::draw_text(list, look().fonts.small, at, p.faint, "one") + px(6);
  const float middle = at.y + line / 2;
  list->AddLine({x, middle}, {x + px(48), middle}, p.dim, px(1.5F));
  list->AddLine({x + px(7), middle - px(5)}, {x + px(7), middle + px(5)}, p.dim, px(1.5F));
  list->AddLine({x + px(48), middle - px(6)}, {x + px(38), middle}, p.dim, px(1.5F));
  list->AddLine({x + px(48), middle + px(6)}, {x + px(38), middle}, p.dim, px(1.5F));
  ui::draw_text(list, look().fonts.small, {x + px(56), at.y}, p.faint, "many");
}

void DiagramPanel::draw(Workspace& work, Desk&, ImVec2 low, ImVec2 size) {
  if (const std::string wish = std::exchange(work.wishes.diagram, {}); !wish.empty()) show(wish);
  const Palette& p = colours();
  ImGui::SetCursorScreenPos(low);
  ui::focus_when_new(drawn_);
  ImGui::BeginChild("##diagram", size, false,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_NoNavInputs);
  if (database_.empty() && work.connection()) {
    for (const SchemaDatabase& one : work.connection()->schema.databases()) {
      if (!one.system && database_.empty()) database_ = one.name;
    }
  }
  const SchemaDatabase* database = work.connection() ? work.connection()->schema.database(database_) : nullptr;
  bool again = draw_tools(work);
  const float tools = px(44);
  const ImVec2 area_low = {low.x, low.y + tools};
  const ImVec2 area_high = {low.x + size.x, low.y + size.y};
  const ImVec2 area = {size.x, size.y - tools};
  const ImVec2 text_low = {area_low.x + px(20), area_low.y + px(20)};
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(area_low, area_high, p.ground);
  if (const char* line = missing(work, database); line != nullptr) {
    ui::draw_text(list, look().fonts.ui, text_low, p.faint, line);
    ImGui::EndChild();
    return;
  }
  if (version_ != work.connection()->schema.version() || laid_scale_ != look().scale) again = true;
  if (again) {
    lay_out_again(*database, area);
    version_ = work.connection()->schema.version();
    fitted_ = false;
  }
  if (!fitted_) fit(area);
  handle_input(work, area_low, area);
  ImGui::PushClipRect(area_low, area_high, true);
  draw_ground(area_low, area_high);
  const ImVec2 origin = {area_low.x + pan_.x, area_low.y + pan_.y};
  for (const ErEdge& edge : diagram_.edges) draw_edge(edge, origin);
  for (std::size_t i = 0; i < diagram_.boxes.size(); ++i) draw_box(*database, i, origin);
  if (diagram_.boxes.empty())
    ui::draw_text(list, look().fonts.ui, text_low, p.faint, "This database has no tables yet.");
  ImGui::PopClipRect();
  draw_signs(low, size);
  ImGui::EndChild();
}

void DiagramPanel::draw_edge(const ErEdge& edge, ImVec2 origin) {
  const Palette& p = colours();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const ErBox& many = diagram_.boxes[edge.from];
  const ErBox& one = diagram_.boxes[edge.to];
  const float header = std::floor(look().fonts.bold->FontSize + px(12));
  const float row = std::floor(look().fonts.mono->FontSize * 1.32F);
  const auto row_y = [&](const ErBox& box, std::size_t column) {
    return box.y + header + (box.join ? row : 0) + row * (static_cast<float>(column) + 0.6F);
  };
  const bool many_left = many.x + many.width / 2 < one.x + one.width / 2;
  const bool self = edge.from == edge.to;
  ImVec2 a = {many_left && !self ? many.x + many.width : many.x, row_y(many, edge.from_column)};
  ImVec2 b = {many_left || self ? one.x : one.x + one.width, row_y(one, edge.to_column)};
  a = {origin.x + a.x * zoom_, origin.y + a.y * zoom_};
  b = {origin.x + b.x * zoom_, origin.y + b.y * zoom_};
  const bool lit = hovered_ == edge.from || hovered_ == edge.to;
  const ImU32 colour = lit ? p.accent : p.dim;
  const float thick = px(lit ? 2.2F : 1.6F) * std::max(zoom_, 0.6F);
  const float out_a = (many_left && !self ? 1.0F : -1.0F);
  const float out_b = (many_left || self ? -1.0F : 1.0F);
  const float bend = std::max(px(36) * zoom_, std::abs(b.x - a.x) * 0.45F);
  const float foot = px(13) * zoom_;
  list->AddBezierCubic({a.x + out_a * foot, a.y}, {a.x + out_a * bend, a.y}, {b.x + out_b * bend, b.y}, {b.x, b.y},
                       colour, thick);
  // The many end: a crow's foot; the one end: a bar. A circle: the foreign key may be NULL.
  if (edge.unique) {
    list->AddLine(a, {a.x + out_a * foot, a.y}, colour, thick);
    list->AddLine({a.x + out_a * foot * 0.7F, a.y - foot * 0.5F}, {a.x + out_a * foot * 0.7F, a.y + foot * 0.5F},
                  colour, thick);
  } else {
    for (const float d : {-0.55F, 0.0F, 0.55F})
      list->AddLine({a.x, a.y + foot * d}, {a.x + out_a * foot, a.y}, colour, thick);
  }
  const float bar = b.x + out_b * foot * 0.7F;
  if (edge.optional) {
    list->AddCircleFilled({bar + out_b * foot * 0.3F, b.y}, foot * 0.35F, p.ground);
    list->AddCircle({bar + out_b * foot * 0.3F, b.y}, foot * 0.35F, colour, 12, thick);
  } else {
    list->AddLine({bar, b.y - foot * 0.5F}, {bar, b.y + foot * 0.5F}, colour, thick);
  }
}

void DiagramPanel::draw_box(const SchemaDatabase& database, std::size_t index, ImVec2 origin) {
  const Palette& p = colours();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const ErBox& box = diagram_.boxes[index];
  const SchemaTable* table = database.table(box.table);
  if (table == nullptr) return;
  const ImVec2 low = {origin.x + box.x * zoom_, origin.y + box.y * zoom_};
  const ImVec2 high = {low.x + box.width * zoom_, low.y + box.height * zoom_};
  const float header = std::floor(look().fonts.bold->FontSize + px(12)) * zoom_;
  const float row = std::floor(look().fonts.mono->FontSize * 1.32F) * zoom_;
  const float round = px(7) * zoom_;
  const bool lit = hovered_ == index;
  const ImU32 accent = box.join ? p.ddl : table->view ? p.slave : p.accent;
  list->AddRectFilled({low.x + px(2), low.y + px(3)}, {high.x + px(2), high.y + px(4)}, rgb(0x000000, p.dark ? 70 : 24),
                      round);
  list->AddRectFilled(low, high, p.panel, round);
  list->AddRectFilled(low, {high.x, low.y + header}, mix(p.raised, accent, 0.18F), round, ImDrawFlags_RoundCornersTop);
  list->AddRect(low, high, lit ? p.accent : p.border, round, 0, px(lit ? 2 : 1.2F));
  ImFont* bold = look().fonts.bold;
  ImFont* small = look().fonts.small;
  const auto put = [&](ImFont* font, float size, ImVec2 at, ImU32 colour, std::string_view value, float right) {
    const ImVec4 clip = {at.x, -1e6F, right, 1e6F};
    list->AddText(font, size * zoom_, at, colour, value.data(), value.data() + value.size(), 0, &clip);
    ui::note(value, at, {right, at.y + size * zoom_}, false);
  };
  const auto width_of = [&](ImFont* font, float size, std::string_view value) {
    return font->CalcTextSizeA(size * zoom_, 1e9F, 0, value.data(), value.data() + value.size()).x;
  };
  const float pad = px(10) * zoom_;
  put(bold, bold->FontSize, {low.x + pad, low.y + (header - bold->FontSize * zoom_) / 2}, p.text, table->name,
      high.x - pad);
  const std::string right = table->view ? std::string("view") : cat("~", short_count(static_cast<double>(table->rows)));
  put(small, small->FontSize,
      {high.x - pad - width_of(small, small->FontSize, right), low.y + (header - small->FontSize * zoom_) / 2}, p.dim,
      right, high.x);
  float y = low.y + header;
  if (box.join) {
    std::string text = "many to many: ";
    for (std::size_t i = 0; i < box.links.size(); ++i) text += cat(i > 0 ? " ↔ " : "", box.links[i]);
    put(small, small->FontSize, {low.x + pad, y + row * 0.2F}, p.ddl, text, high.x - pad * 0.5F);
    y += row;
  }
  ImFont* mono = look().fonts.mono;
  const float mono_size = mono->FontSize * 0.94F;
  for (const SchemaColumn& column : table->columns) {
    const float text_y = y + row * 0.1F + (row - mono_size * zoom_) / 2;
    const char* sign = column.primary ? "◆" : column.foreign ? "→" : column.nullable ? "○" : "●";
    put(small, small->FontSize, {low.x + pad, text_y},
        column.primary   ? p.warn
        : column.foreign ? p.accent
                         : p.faint,
        sign, high.x);
    const std::string type = one_line(short_type(column.type), 16);
    const float type_width = width_of(small, small->FontSize, type);
    put(mono, mono_size, {low.x + pad + px(20) * zoom_, text_y}, column.primary ? p.text : p.dim, column.name,
        high.x - type_width - pad * 1.5F);
    put(small, small->FontSize, {high.x - pad - type_width, text_y + (mono_size - small->FontSize) * zoom_ / 2},
        p.faint, type, high.x);
    y += row;
  }
  ui::note(cat("table ", table->name), low, high, true);
}

}  // namespace sqlcast::gui
