// Widgets: ImGui's controls and our own, each remembering its label and place, so that scripts and tests can find
// what a person sees. UI thread only.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <imgui.h>

#include "client/gui/model/cluster_model.h"
#include "client/gui/ui/look.h"

namespace sqlcast::gui::ui {

// ---- what was drawn in this frame, for scripts and tests; off unless asked for --------------------------------

struct Seen {
  std::string label;
  ImVec2 low;
  ImVec2 high;        // visible part
  bool item = false;  // something to click; otherwise text
  bool cut = false;   // its right part does not fit into what it stands in
};

struct Trace {
  bool on = false;
  std::vector<Seen> seen;                                             // of the frame under way
  std::vector<Seen> last;                                             // of the finished frame
  const Seen* find(std::string_view label, std::size_t which) const;  // items first, then text; exact, then contained
  bool shows(std::string_view text) const;
};
Trace& trace();
void note_item(std::string_view label);  // the last ImGui item
// `whole`: text that is to be seen as far as its end.
void note(std::string_view label, ImVec2 low, ImVec2 high, bool item, bool whole = false);

// ---- text ------------------------------------------------------------------------------------------------------

void text(std::string_view value, ImU32 colour = 0);  // 0 = the normal colour
void dim(std::string_view value);
void small(std::string_view value, ImU32 colour = 0);
void wrapped(std::string_view value, ImU32 colour = 0);
void heading(std::string_view value);
// On a draw list. Returns the width. `clip_right`: no further than there, 0 = no limit.
float draw_text(ImDrawList* list, ImFont* font, ImVec2 at, ImU32 colour, std::string_view value, float clip_right = 0);
float text_width(ImFont* font, std::string_view value);

// ---- controls --------------------------------------------------------------------------------------------------

enum class Style { normal, primary, ghost, danger };
bool button(const char* label, Style style = Style::normal, bool enabled = true);
bool icon_button(const char* id, const char* glyph, std::string_view tooltip, bool active = false);
bool selectable(const char* label, bool selected = false, bool enabled = true);
bool menu_item(const char* label, const char* shortcut = nullptr, bool selected = false, bool enabled = true);
bool checkbox(const char* label, bool* value);
bool input(const char* id, std::string& value, const char* hint, float width, ImGuiInputTextFlags flags = 0);
bool begin_combo(const char* id, std::string_view preview, float width);
// Words in one frame, one of them chosen. True when the choice changed.
bool segments(const char* id, const std::vector<const char*>& labels, int* chosen);
void tooltip(std::string_view value);                             // for the last item, after a moment
void badge(std::string_view value, ImU32 colour);                 // a small pill with words
void progress(float share, std::string_view label, float width);  // share < 0: unknown

// A draggable line between two parts. `value` is the size of the part before it (or behind it, when `behind`),
// in pixels. True while it moves.
bool splitter(const char* id, bool vertical, float* value, float low, float high, ImVec2 at, float length, bool behind);

// The shape that stands for a state: each health its own, so that colour is never alone.
void health_shape(ImDrawList* list, ImVec2 centre, float radius, Health health);
void inline_health(Health health);  // as an item in the line

// Editor and grid (NoNavInputs) have all keys to themselves: otherwise ImGui takes Escape for leaving them.
void leave_keys_to_focused_window();
// Before a window that is to have the keys as soon as its view comes into sight. `last_frame` is the caller's to keep.
void focus_when_new(int& last_frame);
// Up and Down move `chosen` among `count` rows of a list below an input. True when it moved.
bool choose_by_arrows(std::size_t count, std::size_t& chosen);
// On the same line as the last item when so much fits there, otherwise on the next.
void same_line_if_fits(float width, float spacing = -1);
float button_width(const char* label);
void gap(float units);  // vertical
void right_align(float width);

}  // namespace sqlcast::gui::ui
