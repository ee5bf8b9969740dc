// Look: colours, fonts and sizes of the whole window. One per program, as Dear ImGui itself is; UI thread only.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include <imgui.h>

#include "client/gui/model/cluster_model.h"
#include "client/gui/model/highlight.h"

namespace sqlcast::gui {

// Colour from 0xRRGGBB.
constexpr ImU32 rgb(std::uint32_t hex, std::uint32_t alpha = 255) {
  return (alpha << 24U) | ((hex & 0xFFU) << 16U) | (hex & 0xFF00U) | (hex >> 16U);
}
ImU32 fade(ImU32 colour, float alpha);         // alpha multiplied
ImU32 mix(ImU32 from, ImU32 to, float share);  // share of `to`
ImVec4 to_vec(ImU32 colour);

struct Palette {  // NOLINT(cppcoreguidelines-pro-type-member-init): a theme gives every colour
  bool dark = true;
  ImU32 ground, panel, raised, hover, pressed, border, grid_line;
  ImU32 text, dim, faint, on_accent;
  ImU32 accent, accent_soft, selection, statement, current_line;
  ImU32 good, busy, warn, bad;
  ImU32 master, slave;
  ImU32 read, write, ddl, refused;
  ImU32 null_text;
  std::array<ImU32, 12> paint;  // by Paint
  std::array<ImU32, 8> series;  // of plots
};

struct Fonts {
  ImFont* ui = nullptr;
  ImFont* bold = nullptr;
  ImFont* title = nullptr;
  ImFont* mono = nullptr;
  ImFont* small = nullptr;
};

struct Look {
  Palette colours;
  Fonts fonts;
  float scale = 1;            // of the settings, times the display's
  std::string notice;         // fonts that were not found, and what to install
  std::set<ImWchar> rare;     // characters met that the usual fonts lack: load_fonts() looks for them in others
  bool rare_waiting = false;  // some came since
};

Look& look();
inline const Palette& colours() { return look().colours; }
inline float px(float units) { return units * look().scale; }

void set_theme(bool dark);  // colours and ImGui's style, at the present scale
// To be called with text that is drawn: characters that no font has yet are kept for the next load_fonts().
void want_glyphs(std::string_view utf8);
// Reads the font files and builds the atlas at a scale; the renderer's texture must be made again afterwards.
void load_fonts(float scale);

ImU32 health_colour(Health health);
ImU32 paint_colour(Paint paint);
ImU32 named_colour(std::string_view name);  // of connections: blue, green, amber, red, violet, grey

}  // namespace sqlcast::gui
