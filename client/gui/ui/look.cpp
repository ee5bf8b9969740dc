#include "client/gui/ui/look.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <vector>

#include "client/gui/model/text.h"

namespace sqlcast::gui {

Look& look() {
  static Look instance;
  return instance;
}

ImU32 fade(ImU32 colour, float alpha) {
  const auto old = static_cast<float>(colour >> 24U);
  return (colour & 0x00FFFFFFU) | (static_cast<ImU32>(old * std::clamp(alpha, 0.0F, 1.0F)) << 24U);
}

ImU32 mix(ImU32 from, ImU32 to, float share) {
  ImU32 out = 0;
  for (unsigned shift = 0; shift < 32; shift += 8) {
    const auto a = static_cast<float>((from >> shift) & 0xFFU);
    const auto b = static_cast<float>((to >> shift) & 0xFFU);
    out |= static_cast<ImU32>(a + (b - a) * share) << shift;
  }
  return out;
}

ImVec4 to_vec(ImU32 colour) { return ImGui::ColorConvertU32ToFloat4(colour); }

namespace {

Palette dark_palette() {
  Palette p{};
  p.dark = true;
  p.ground = rgb(0x14171C);
  p.panel = rgb(0x1A1E25);
  p.raised = rgb(0x232830);
  p.hover = rgb(0x2B313B);
  p.pressed = rgb(0x343B47);
  p.border = rgb(0x2D333D);
  p.grid_line = rgb(0x262B34);
  p.text = rgb(0xD9DEE7);
  p.dim = rgb(0x98A2B3);
  p.faint = rgb(0x8790A3);
  p.on_accent = rgb(0x0E1626);
  p.accent = rgb(0x8DB4F6);
  p.accent_soft = rgb(0x7AA7F5, 46);
  p.selection = rgb(0x3D5A94, 150);
  p.statement = rgb(0x7AA7F5, 16);
  p.current_line = rgb(0xFFFFFF, 8);
  p.good = rgb(0x70C28E);
  p.busy = rgb(0x6CBBDB);
  p.warn = rgb(0xE8B45C);
  p.bad = rgb(0xF29696);
  p.master = rgb(0xE3A857);
  p.slave = rgb(0x71BFB1);
  p.read = rgb(0x8DB4F6);
  p.write = rgb(0xE3A857);
  p.ddl = rgb(0xC2A5F2);
  p.refused = rgb(0xF29696);
  p.null_text = rgb(0x8790A0);
  p.paint = {rgb(0xD9DEE7), rgb(0x82AAF5), rgb(0x6FC3C9), rgb(0xD7BA7D), rgb(0xC3CDDB), rgb(0x9CCB8B),
             rgb(0xE0A070), rgb(0xC49BE8), rgb(0xC49BE8), rgb(0x9AA5B8), rgb(0x8891A1), rgb(0xEF7B7B)};
  p.series = {rgb(0xE3A857), rgb(0x62B8A8), rgb(0x7AA7F5), rgb(0xBB9AF0),
              rgb(0xD98CB3), rgb(0x9CCB8B), rgb(0x62B6D9), rgb(0xC9B37E)};
  return p;
}

Palette light_palette() {
  Palette p{};
  p.dark = false;
  p.ground = rgb(0xF2F4F8);
  p.panel = rgb(0xFCFDFE);
  p.raised = rgb(0xE6EAF1);
  p.hover = rgb(0xDCE2EC);
  p.pressed = rgb(0xCFD7E4);
  p.border = rgb(0xD5DAE3);
  p.grid_line = rgb(0xE6E9EF);
  p.text = rgb(0x1F2733);
  p.dim = rgb(0x556172);
  p.faint = rgb(0x5E6879);
  p.on_accent = rgb(0xFFFFFF);
  p.accent = rgb(0x2350A4);
  p.accent_soft = rgb(0x2B62C9, 30);
  p.selection = rgb(0x8FB4F0, 130);
  p.statement = rgb(0x2B62C9, 14);
  p.current_line = rgb(0x1F2733, 9);
  p.good = rgb(0x166035);
  p.busy = rgb(0x135A77);
  p.warn = rgb(0x784A00);
  p.bad = rgb(0x992B2B);
  p.master = rgb(0x784907);
  p.slave = rgb(0x105F53);
  p.read = rgb(0x2350A4);
  p.write = rgb(0x784907);
  p.ddl = rgb(0x6939A9);
  p.refused = rgb(0x992B2B);
  p.null_text = rgb(0x5E6879);
  p.paint = {rgb(0x1F2733), rgb(0x2458BD), rgb(0x0B737E), rgb(0x85610B), rgb(0x37445A), rgb(0x2A7633),
             rgb(0xA64F1A), rgb(0x7A45C0), rgb(0x7A45C0), rgb(0x5B6779), rgb(0x5E6979), rgb(0xBE3636)};
  p.series = {rgb(0x955B09), rgb(0x137567), rgb(0x2B62C9), rgb(0x7A45C0),
              rgb(0xAA417B), rgb(0x2A7633), rgb(0x186F93), rgb(0x786729)};
  return p;
}

struct Face {
  std::string_view path;
  float size;  // relative: faces of one nominal size look differently large
};

const Face* first_there(const std::vector<Face>& faces) {
  for (const Face& face : faces) {
    std::error_code error;
    if (std::filesystem::exists(face.path, error)) return &face;
  }
  return nullptr;
}

// What the window itself and most of Europe write with. Anything else is loaded when it is met: a start is quick, and
// a frame is late once.
const ImWchar kRanges[] = {0x0020, 0x017F, 0x2010, 0x2026, 0x2030, 0x203A, 0x20AC, 0x20AC, 0x2190, 0x2195,
                           0x21B5, 0x21BB, 0x2212, 0x2212, 0x2248, 0x2248, 0x2260, 0x2260, 0x2298, 0x2298,
                           0x2500, 0x2502, 0x2514, 0x2514, 0x25A0, 0x25E6, 0x2699, 0x2699, 0x2713, 0x2717,
                           0x275A, 0x275A, 0x279C, 0x279C, 0xFFFD, 0xFFFD, 0};
constexpr std::string_view kDejaVu = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
// Scripts that none of the usual faces has: from whichever of these is installed.
constexpr std::string_view kRareFaces[] = {"/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
                                           "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
                                           "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
                                           "/usr/share/fonts/truetype/lohit-devanagari/Lohit-Devanagari.ttf",
                                           "/usr/share/fonts/truetype/noto/NotoSansDevanagari-Regular.ttf",
                                           "/usr/share/fonts/truetype/freefont/FreeSans.ttf",
                                           "/usr/share/fonts/truetype/unifont/unifont.ttf"};
constexpr std::size_t kMostRare = 4'000;

ImFont* add_font(const std::vector<Face>& faces, float size, bool& missing) {
  ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  const Face* face = first_there(faces);
  if (face == nullptr) {
    missing = true;
    ImFontConfig config;
    config.SizePixels = size;
    return atlas.AddFontDefault(&config);
  }
  ImFontConfig config;
  config.PixelSnapH = true;
  const float pixels = std::round(size * face->size);
  // ImGui keeps a pointer to the ranges until the atlas is built.
  static std::vector<ImWchar> ranges;
  ranges.assign(std::begin(kRanges), std::end(kRanges) - 1);
  for (const ImWchar c : look().rare) ranges.insert(ranges.end(), {c, c});
  ranges.push_back(0);
  ImFont* font = atlas.AddFontFromFileTTF(std::string(face->path).c_str(), pixels, &config, ranges.data());
  const auto merge = [&](std::string_view path, float merged) {
    std::error_code error;
    if (path == face->path || !std::filesystem::exists(path, error)) return;
    ImFontConfig more;
    more.MergeMode = true;
    more.PixelSnapH = true;
    atlas.AddFontFromFileTTF(std::string(path).c_str(), merged, &more, ranges.data());
  };
  merge(kDejaVu, pixels * 0.94F);
  for (const std::string_view path : kRareFaces) {
    if (!look().rare.empty()) merge(path, pixels);
  }
  return font;
}

}  // namespace

void want_glyphs(std::string_view utf8) {
  Look& l = look();
  for (std::size_t at = 0; at < utf8.size(); ++at) {
    if (static_cast<unsigned char>(utf8[at]) < 0xC4) continue;  // Latin-1 is there, the rest of a character no begin
    const char32_t c = code_point_at(utf8, at).value;
    if (c > 0xFFFF || c == 0xFFFD || l.fonts.ui->FindGlyphNoFallback(static_cast<ImWchar>(c)) != nullptr) continue;
    if (l.rare.size() < kMostRare && l.rare.insert(static_cast<ImWchar>(c)).second) l.rare_waiting = true;
  }
}

void load_fonts(float scale) {
  Look& l = look();
  l.scale = scale;
  l.rare_waiting = false;
  ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  atlas.Clear();
  bool missing = false;
  const std::vector<Face> ui = {{"/usr/share/fonts/opentype/inter/Inter-Regular.otf", 1.0F}, {kDejaVu, 0.94F}};
  const std::vector<Face> bold = {{"/usr/share/fonts/opentype/inter/Inter-SemiBold.otf", 1.0F},
                                  {"/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf", 0.94F}};
  const std::vector<Face> mono = {{"/usr/share/fonts/truetype/jetbrains-mono/JetBrainsMono-Regular.ttf", 1.0F},
                                  {"/usr/share/fonts/truetype/hack/Hack-Regular.ttf", 1.0F},
                                  {"/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf", 0.98F}};
  l.fonts.ui = add_font(ui, 18 * scale, missing);
  l.fonts.bold = add_font(bold, 18 * scale, missing);
  l.fonts.title = add_font(bold, 24 * scale, missing);
  l.fonts.mono = add_font(mono, 18 * scale, missing);
  l.fonts.small = add_font(ui, 15.5F * scale, missing);
  ImGui::GetIO().FontDefault = l.fonts.ui;
  l.notice = missing ? "Fonts are missing, a plain one is used. For the proper ones: apt install fonts-inter "
                       "fonts-jetbrains-mono fonts-dejavu-core"
                     : "";
  atlas.Build();
}

void set_theme(bool dark) {
  Look& l = look();
  l.colours = dark ? dark_palette() : light_palette();
  const Palette& p = l.colours;
  ImGuiStyle style;
  if (dark) {
    ImGui::StyleColorsDark(&style);
  } else {
    ImGui::StyleColorsLight(&style);
  }
  style.WindowPadding = {10, 8};
  style.FramePadding = {8, 4};
  style.ItemSpacing = {8, 6};
  style.ItemInnerSpacing = {6, 4};
  style.CellPadding = {6, 3};
  style.ScrollbarSize = 11;
  style.ScrollbarRounding = 6;
  style.GrabMinSize = 24;
  style.GrabRounding = 6;
  style.WindowRounding = 8;
  style.ChildRounding = 0;
  style.FrameRounding = 5;
  style.PopupRounding = 7;
  style.TabRounding = 5;
  style.WindowBorderSize = 1;
  style.ChildBorderSize = 0;
  style.PopupBorderSize = 1;
  style.FrameBorderSize = 0;
  style.IndentSpacing = 16;
  style.WindowTitleAlign = {0, 0.5F};
  style.ScaleAllSizes(l.scale);
  const auto set = [&style](ImGuiCol index, ImU32 colour) { style.Colors[index] = to_vec(colour); };
  set(ImGuiCol_Text, p.text);
  set(ImGuiCol_TextDisabled, p.faint);
  set(ImGuiCol_WindowBg, p.panel);
  set(ImGuiCol_ChildBg, fade(p.panel, 0));
  set(ImGuiCol_PopupBg, dark ? rgb(0x1F242C) : rgb(0xFFFFFF));
  set(ImGuiCol_Border, p.border);
  set(ImGuiCol_BorderShadow, 0);
  set(ImGuiCol_FrameBg, p.raised);
  set(ImGuiCol_FrameBgHovered, p.hover);
  set(ImGuiCol_FrameBgActive, p.pressed);
  set(ImGuiCol_TitleBg, p.raised);
  set(ImGuiCol_TitleBgActive, p.raised);
  set(ImGuiCol_TitleBgCollapsed, p.raised);
  set(ImGuiCol_MenuBarBg, p.panel);
  set(ImGuiCol_ScrollbarBg, fade(p.panel, 0));
  set(ImGuiCol_ScrollbarGrab, dark ? rgb(0x3A424F) : rgb(0xC5CCD8));
  set(ImGuiCol_ScrollbarGrabHovered, dark ? rgb(0x4A5464) : rgb(0xAFB9C8));
  set(ImGuiCol_ScrollbarGrabActive, p.accent);
  set(ImGuiCol_CheckMark, p.accent);
  set(ImGuiCol_SliderGrab, p.accent);
  set(ImGuiCol_SliderGrabActive, p.accent);
  set(ImGuiCol_Button, p.raised);
  set(ImGuiCol_ButtonHovered, p.hover);
  set(ImGuiCol_ButtonActive, p.pressed);
  set(ImGuiCol_Header, p.accent_soft);
  set(ImGuiCol_HeaderHovered, p.hover);
  set(ImGuiCol_HeaderActive, p.pressed);
  set(ImGuiCol_Separator, p.border);
  set(ImGuiCol_SeparatorHovered, p.accent);
  set(ImGuiCol_SeparatorActive, p.accent);
  set(ImGuiCol_TableHeaderBg, p.raised);
  set(ImGuiCol_TableBorderStrong, p.border);
  set(ImGuiCol_TableBorderLight, p.grid_line);
  set(ImGuiCol_TableRowBg, 0);
  set(ImGuiCol_TableRowBgAlt, dark ? rgb(0xFFFFFF, 5) : rgb(0x000000, 6));
  set(ImGuiCol_TextSelectedBg, p.selection);
  set(ImGuiCol_NavHighlight, p.accent);
  set(ImGuiCol_ModalWindowDimBg, dark ? rgb(0x000000, 120) : rgb(0x1F2733, 70));
  set(ImGuiCol_PlotHistogram, p.accent);
  set(ImGuiCol_DragDropTarget, p.accent);
  ImGui::GetStyle() = style;
}

ImU32 health_colour(Health health) {
  const Palette& p = colours();
  switch (health) {
    case Health::good: return p.good;
    case Health::alone: return p.dim;
    case Health::busy: return p.busy;
    case Health::lagging: return p.warn;
    case Health::troubled:
    case Health::unreachable:
    case Health::failed:
    case Health::forked: return p.bad;
  }
  return p.dim;
}

ImU32 paint_colour(Paint paint) { return colours().paint[static_cast<std::size_t>(paint)]; }

ImU32 named_colour(std::string_view name) {
  const Palette& p = colours();
  if (name == "green") return p.good;
  if (name == "amber") return p.warn;
  if (name == "red") return p.bad;
  if (name == "violet") return p.ddl;
  if (name == "grey") return p.faint;
  return p.accent;
}

}  // namespace sqlcast::gui
