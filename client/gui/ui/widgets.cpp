#include "client/gui/ui/widgets.h"

#include <algorithm>
#include <cmath>

#include <imgui_internal.h>
#include <imgui_stdlib.h>

#include "client/gui/model/keys.h"
#include "client/gui/model/text.h"

namespace sqlcast::gui::ui {

Trace& trace() {
  static Trace instance;
  return instance;
}

namespace {
std::string_view visible_label(std::string_view label) { return label.substr(0, label.find("##")); }

const Seen* pick(const std::vector<Seen>& seen, std::size_t which, const std::function<bool(const Seen&)>& fits) {
  for (const Seen& one : seen) {
    if (!fits(one)) continue;
    if (which == 0) return &one;
    --which;
  }
  return nullptr;
}
}  // namespace

const Seen* Trace::find(std::string_view label, std::size_t which) const {
  for (const bool item : {true, false}) {
    if (const Seen* one = pick(last, which, [&](const Seen& s) { return s.item == item && s.label == label; })) {
      return one;
    }
  }
  for (const bool item : {true, false}) {
    const auto contains = [&](const Seen& s) { return s.item == item && s.label.find(label) != std::string::npos; };
    if (const Seen* one = pick(last, which, contains)) return one;
  }
  return nullptr;
}

bool Trace::shows(std::string_view value) const {
  return std::any_of(last.begin(), last.end(),
                     [&](const Seen& one) { return one.label.find(value) != std::string::npos; });
}

void note(std::string_view label, ImVec2 low, ImVec2 high, bool item, bool whole) {
  Trace& t = trace();
  if (!t.on) return;
  const ImGuiWindow* window = ImGui::GetCurrentWindow();
  const ImRect clip = window->ClipRect;
  const bool scrolls = window->ScrollMax.x > 0;
  const bool cut = (item || whole) && !scrolls && high.x > clip.Max.x + px(6) && low.y < clip.Max.y;
  low = {std::max(low.x, clip.Min.x), std::max(low.y, clip.Min.y)};
  high = {std::min(high.x, clip.Max.x), std::min(high.y, clip.Max.y)};
  if ((high.x - low.x < 1 || high.y - low.y < 1) && !cut) return;
  t.seen.push_back({std::string(label), low, high, item, cut});
}

void note_item(std::string_view label) {
  want_glyphs(label);
  note(visible_label(label), ImGui::GetItemRectMin(), ImGui::GetItemRectMax(), true);
}

void text(std::string_view value, ImU32 colour) {
  want_glyphs(value);
  if (colour != 0) ImGui::PushStyleColor(ImGuiCol_Text, colour);
  ImGui::TextUnformatted(value.data(), value.data() + value.size());
  if (colour != 0) ImGui::PopStyleColor();
  note(value, ImGui::GetItemRectMin(), ImGui::GetItemRectMax(), false, true);
}

void dim(std::string_view value) { text(value, colours().dim); }

// On the line that larger text of the same row stands on.
void small(std::string_view value, ImU32 colour) {
  ImFont* font = look().fonts.small;
  const float drop = std::floor((look().fonts.ui->FontSize - font->FontSize) * 0.9F);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float offset = ImGui::GetCurrentWindow()->DC.CurrLineTextBaseOffset + drop;
  ImGui::Dummy({text_width(font, value), offset + font->FontSize});
  want_glyphs(value);
  ImGui::GetWindowDrawList()->AddText(font, font->FontSize, {std::floor(at.x), std::floor(at.y + offset)},
                                      colour == 0 ? colours().dim : colour, value.data(), value.data() + value.size());
  note(value, {at.x, at.y + offset}, ImGui::GetItemRectMax(), false, true);
}

void wrapped(std::string_view value, ImU32 colour) {
  ImGui::PushTextWrapPos(0);
  text(value, colour);
  ImGui::PopTextWrapPos();
}

void heading(std::string_view value) {
  ImGui::PushFont(look().fonts.bold);
  text(value);
  ImGui::PopFont();
}

float text_width(ImFont* font, std::string_view value) {
  return font->CalcTextSizeA(font->FontSize, 1e9F, 0, value.data(), value.data() + value.size()).x;
}

float draw_text(ImDrawList* list, ImFont* font, ImVec2 at, ImU32 colour, std::string_view value, float clip_right) {
  const char* begin = value.data();
  const char* end = begin + value.size();
  want_glyphs(value);
  at = {std::floor(at.x), std::floor(at.y)};
  float width = 0;
  if (clip_right > 0) {
    constexpr std::string_view kMore = "…";
    const float room = clip_right - at.x;
    const char* stop = end;
    width = font->CalcTextSizeA(font->FontSize, room, 0, begin, end, &stop).x;
    if (stop != end)
      width = font->CalcTextSizeA(font->FontSize, room - text_width(font, kMore), 0, begin, end, &stop).x;
    list->AddText(font, font->FontSize, at, colour, begin, stop);
    if (stop != end && width > 0) {
      list->AddText(font, font->FontSize, {at.x + width, at.y}, colour, kMore.data(), kMore.data() + kMore.size());
    }
  } else {
    list->AddText(font, font->FontSize, at, colour, begin, end);
    width = text_width(font, value);
  }
  note(value, at, {at.x + width, at.y + font->FontSize}, false);
  return width;
}

bool button(const char* label, Style style, bool enabled) {
  const Palette& p = colours();
  int pushed = 0;
  const auto push = [&pushed](ImGuiCol index, ImU32 colour) {
    ImGui::PushStyleColor(index, colour);
    ++pushed;
  };
  if (style == Style::primary) {
    push(ImGuiCol_Button, p.accent);
    push(ImGuiCol_ButtonHovered, mix(p.accent, p.text, 0.15F));
    push(ImGuiCol_ButtonActive, mix(p.accent, p.text, 0.3F));
    push(ImGuiCol_Text, p.on_accent);
  } else if (style == Style::danger) {
    push(ImGuiCol_Button, fade(p.bad, 0.22F));
    push(ImGuiCol_ButtonHovered, fade(p.bad, 0.35F));
    push(ImGuiCol_ButtonActive, fade(p.bad, 0.5F));
    push(ImGuiCol_Text, p.dark ? mix(p.bad, p.text, 0.5F) : p.bad);
  } else if (style == Style::ghost) {
    push(ImGuiCol_Button, fade(p.raised, 0));
    push(ImGuiCol_Text, p.dim);
  }
  if (!enabled) ImGui::BeginDisabled();
  const bool pressed = ImGui::Button(label);
  if (!enabled) ImGui::EndDisabled();
  ImGui::PopStyleColor(pushed);
  note_item(label);
  return pressed && enabled;
}

bool icon_button(const char* id, const char* glyph, std::string_view tip, bool active) {
  const Palette& p = colours();
  ImGui::PushStyleColor(ImGuiCol_Button, active ? p.accent_soft : fade(p.raised, 0));
  ImGui::PushStyleColor(ImGuiCol_Text, active ? p.accent : p.dim);
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, {px(6), px(4)});
  ImGui::PushID(id);
  const bool pressed = ImGui::Button(glyph);
  ImGui::PopID();
  ImGui::PopStyleVar();
  ImGui::PopStyleColor(2);
  note_item(id);
  tooltip(tip);
  return pressed;
}

bool selectable(const char* label, bool selected, bool enabled) {
  const bool pressed = ImGui::Selectable(label, selected, enabled ? 0 : ImGuiSelectableFlags_Disabled);
  note_item(label);
  return pressed;
}

bool menu_item(const char* label, const char* shortcut, bool selected, bool enabled) {
  const bool pressed = ImGui::MenuItem(label, shortcut, selected, enabled);
  note_item(label);
  return pressed;
}

bool checkbox(const char* label, bool* value) {
  ImGui::PushStyleVar(ImGuiStyleVar_FrameBorderSize, 1);
  ImGui::PushStyleColor(ImGuiCol_Border, fade(colours().faint, 0.6F));
  const bool changed = ImGui::Checkbox(label, value);
  ImGui::PopStyleColor();
  ImGui::PopStyleVar();
  note_item(label);
  return changed;
}

bool input(const char* id, std::string& value, const char* hint, float width, ImGuiInputTextFlags flags) {
  want_glyphs(value);
  ImGui::SetNextItemWidth(width);
  const bool changed = ImGui::InputTextWithHint(cat("##", id).c_str(), hint, &value, flags);
  note_item(id);
  return changed;
}

bool begin_combo(const char* id, std::string_view preview, float width) {
  want_glyphs(preview);
  ImGui::SetNextItemWidth(width);
  const bool open = ImGui::BeginCombo(cat("##", id).c_str(), std::string(preview).c_str(), ImGuiComboFlags_HeightLarge);
  if (!open) {
    note_item(id);
    note(preview, ImGui::GetItemRectMin(), ImGui::GetItemRectMax(), false);
  }
  return open;
}

bool segments(const char* id, const std::vector<const char*>& labels, int* chosen) {
  const Palette& p = colours();
  bool changed = false;
  ImGui::PushID(id);
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {px(2), 0});
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const bool active = static_cast<int>(i) == *chosen;
    ImGui::PushStyleColor(ImGuiCol_Button, active ? p.accent_soft : fade(p.raised, 0));
    ImGui::PushStyleColor(ImGuiCol_Text, active ? p.accent : p.dim);
    if (ImGui::Button(labels[i])) {
      changed = !active;
      *chosen = static_cast<int>(i);
    }
    ImGui::PopStyleColor(2);
    note_item(labels[i]);
    if (i + 1 < labels.size()) same_line_if_fits(button_width(labels[i + 1]));
  }
  ImGui::PopStyleVar();
  ImGui::PopID();
  return changed;
}

void same_line_if_fits(float width, float spacing) {
  const ImGuiStyle& style = ImGui::GetStyle();
  const float right = ImGui::GetItemRectMax().x + (spacing < 0 ? style.ItemSpacing.x : spacing) + width;
  if (right <= ImGui::GetWindowPos().x + ImGui::GetWindowContentRegionMax().x) ImGui::SameLine(0, spacing);
}

float button_width(const char* label) {
  return ImGui::CalcTextSize(label, nullptr, true).x + ImGui::GetStyle().FramePadding.x * 2;
}

void tooltip(std::string_view value) {
  if (value.empty() || !ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled)) return;
  if (GImGui->HoveredIdTimer < 0.4F && GImGui->HoveredId != 0) return;
  want_glyphs(value);
  ImGui::BeginTooltip();
  ImGui::PushTextWrapPos(px(420));
  ImGui::TextUnformatted(value.data(), value.data() + value.size());
  ImGui::PopTextWrapPos();
  ImGui::EndTooltip();
}

void badge(std::string_view value, ImU32 colour) {
  ImFont* font = look().fonts.small;
  const ImVec2 pad = {px(6), px(2)};
  const float width = text_width(font, value) + pad.x * 2;
  const float height = font->FontSize + pad.y * 2;
  const ImVec2 cursor = ImGui::GetCursorScreenPos();
  const float line = ImGui::GetTextLineHeight();
  const float offset = std::max(0.0F, (line - height) / 2) + ImGui::GetCurrentWindow()->DC.CurrLineTextBaseOffset -
                       std::max(0.0F, (height - line) / 2);
  const ImVec2 low = {cursor.x, cursor.y + offset};
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(low, {low.x + width, low.y + height}, fade(colour, 0.16F), px(4));
  ImGui::Dummy({width, std::max(line, height + offset)});
  draw_text(list, font, {low.x + pad.x, low.y + pad.y}, colour, value);
}

void progress(float share, std::string_view label, float width) {
  const Palette& p = colours();
  const ImVec2 low = ImGui::GetCursorScreenPos();
  const float height = ImGui::GetFrameHeight();
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(low, {low.x + width, low.y + height}, p.raised, px(5));
  if (share >= 0) {
    list->AddRectFilled(low, {low.x + width * std::min(share, 1.0F), low.y + height}, fade(p.accent, 0.45F), px(5));
  } else {
    const float at = static_cast<float>(std::fmod(ImGui::GetTime() * 0.6, 1.3)) - 0.3F;
    list->AddRectFilled({low.x + width * std::max(at, 0.0F), low.y},
                        {low.x + width * std::min(at + 0.3F, 1.0F), low.y + height}, fade(p.accent, 0.45F), px(5));
  }
  draw_text(list, look().fonts.small, {low.x + px(8), low.y + (height - look().fonts.small->FontSize) / 2}, p.text,
            label);
  ImGui::Dummy({width, height});
}

bool splitter(const char* id, bool vertical, float* value, float low, float high, ImVec2 at, float length,
              bool behind) {
  const Palette& p = colours();
  const float thick = px(6);
  const ImVec2 size = vertical ? ImVec2(thick, length) : ImVec2(length, thick);
  const ImVec2 corner = vertical ? ImVec2(at.x - thick / 2, at.y) : ImVec2(at.x, at.y - thick / 2);
  ImGui::SetCursorScreenPos(corner);
  ImGui::InvisibleButton(id, size);
  note_item(id);
  const bool active = ImGui::IsItemActive();
  if (active || ImGui::IsItemHovered()) {
    ImGui::SetMouseCursor(vertical ? ImGuiMouseCursor_ResizeEW : ImGuiMouseCursor_ResizeNS);
  }
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float line = active || ImGui::IsItemHovered() ? px(2) : 1;
  const ImU32 colour = active || ImGui::IsItemHovered() ? p.accent : p.border;
  if (vertical) {
    list->AddRectFilled({at.x - line / 2, at.y}, {at.x + line / 2, at.y + length}, colour);
  } else {
    list->AddRectFilled({at.x, at.y - line / 2}, {at.x + length, at.y + line / 2}, colour);
  }
  if (!active) return false;
  const float moved = vertical ? ImGui::GetIO().MouseDelta.x : ImGui::GetIO().MouseDelta.y;
  *value = std::clamp(*value + (behind ? -moved : moved), low, std::max(low, high));
  return moved != 0;
}

void health_shape(ImDrawList* list, ImVec2 c, float r, Health health) {
  const ImU32 colour = health_colour(health);
  const float line = std::max(1.5F, r * 0.3F);
  switch (health) {
    case Health::good: list->AddCircleFilled(c, r * 0.9F, colour, 20); break;
    case Health::alone: list->AddCircle(c, r * 0.8F, colour, 20, line); break;
    case Health::busy:
      list->AddCircle(c, r * 0.85F, colour, 20, line);
      list->PathArcTo(c, r * 0.85F, -IM_PI / 2, IM_PI / 2, 16);
      list->PathFillConvex(colour);
      break;
    case Health::lagging:
      list->AddTriangleFilled({c.x, c.y - r}, {c.x + r, c.y + r * 0.8F}, {c.x - r, c.y + r * 0.8F}, colour);
      break;
    case Health::troubled:
      list->AddRectFilled({c.x - r * 0.8F, c.y - r * 0.8F}, {c.x + r * 0.8F, c.y + r * 0.8F}, colour);
      break;
    case Health::unreachable:
      list->AddCircle(c, r * 0.85F, colour, 20, line);
      list->AddLine({c.x - r * 0.6F, c.y + r * 0.6F}, {c.x + r * 0.6F, c.y - r * 0.6F}, colour, line);
      break;
    case Health::failed:
      list->AddRectFilled({c.x - r * 0.85F, c.y - r * 0.85F}, {c.x + r * 0.85F, c.y + r * 0.85F}, colour, r * 0.3F);
      list->AddLine({c.x - r * 0.4F, c.y - r * 0.4F}, {c.x + r * 0.4F, c.y + r * 0.4F}, colours().panel, line);
      list->AddLine({c.x - r * 0.4F, c.y + r * 0.4F}, {c.x + r * 0.4F, c.y - r * 0.4F}, colours().panel, line);
      break;
    case Health::forked:
      list->AddQuadFilled({c.x, c.y - r}, {c.x + r, c.y}, {c.x, c.y + r}, {c.x - r, c.y}, colour);
      list->AddLine({c.x, c.y - r * 0.6F}, {c.x, c.y + r * 0.6F}, colours().panel, line);
      break;
  }
}

void inline_health(Health health) {
  const float size = ImGui::GetTextLineHeight();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float offset = ImGui::GetCurrentWindow()->DC.CurrLineTextBaseOffset;
  health_shape(ImGui::GetWindowDrawList(), {at.x + size * 0.35F, at.y + offset + size / 2}, size * 0.3F, health);
  ImGui::Dummy({size * 0.75F, size});
  note(health_word(health), at, {at.x + size, at.y + size}, false);
}

void leave_keys_to_focused_window() {
  ImGuiConfigFlags& flags = ImGui::GetIO().ConfigFlags;
  flags |= ImGuiConfigFlags_NavEnableKeyboard;
  if (GImGui->NavWindow != nullptr && (GImGui->NavWindow->Flags & ImGuiWindowFlags_NoNavInputs) != 0)
    flags &= ~ImGuiConfigFlags_NavEnableKeyboard;
}

void focus_when_new(int& last_frame) {
  const int frame = ImGui::GetFrameCount();
  if (frame > last_frame + 1) ImGui::SetNextWindowFocus();
  last_frame = frame;
}

bool choose_by_arrows(std::size_t count, std::size_t& chosen) {
  const bool down = ImGui::IsKeyPressed(key::kDown, true);
  const bool up = ImGui::IsKeyPressed(key::kUp, true);
  if (down) ++chosen;
  if (up && chosen > 0) --chosen;
  chosen = count == 0 ? 0 : std::min(chosen, count - 1);
  return down || up;
}

void gap(float units) { ImGui::Dummy({0, px(units)}); }

void right_align(float width) {
  const float room = ImGui::GetContentRegionAvail().x;
  if (room > width) ImGui::SetCursorPosX(ImGui::GetCursorPosX() + room - width);
}

}  // namespace sqlcast::gui::ui
