// The field of GridView in which a cell is edited in place.
#include <algorithm>
#include <cmath>
#include <vector>

#include <imgui_internal.h>
#include <imgui_stdlib.h>

#include "client/gui/model/cell_text.h"
#include "client/gui/model/keys.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/grid_view.h"
#include "client/gui/ui/look.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

namespace {
// Characters of this frame, as text.
std::string typed_now() {
  std::string out;
  for (const ImWchar c : ImGui::GetIO().InputQueueCharacters) {
    if (c < 0x20 || c == 0x7F || c == 0xFFFD) continue;
    char utf8[5] = {};
    ImTextCharToUtf8(utf8, c);
    out += utf8;
  }
  return out;
}

// Behind what stands there, nothing chosen: what is typed next is added.
int to_the_end(ImGuiInputTextCallbackData* data) {
  data->CursorPos = data->SelectionStart = data->SelectionEnd = data->BufTextLen;
  return 0;
}

std::string edited_text(const EditedValue& value) { return value.value_or(""); }

// The field writes back what it has made of its text as soon as it is opened, and knows neither all characters nor NUL.
bool field_keeps(const std::string& text) {
  std::vector<ImWchar> held(text.size() + 1);
  ImTextStrFromUtf8(held.data(), static_cast<int>(held.size()), text.c_str(), nullptr);
  std::string back(text.size() * 3 + 1, '\0');  // what it does not know becomes three bytes
  back.resize(
      static_cast<std::size_t>(ImTextStrToUtf8(back.data(), static_cast<int>(back.size()), held.data(), nullptr)));
  return back == text;
}
}  // namespace

// A character on a cell begins to edit it, in place of what was there.
void GridView::type_over(Workspace& work, const std::shared_ptr<ResultModel>& result) {
  const std::string typed = typed_now();
  if (typed.empty() || !open_editor(work, result)) return;
  result->look.edit_text = typed;
  typed_over_ = true;
}

bool GridView::open_editor(Workspace& work, const std::shared_ptr<ResultModel>& result) {
  GridModel& grid = result->grid;
  if (!grid.focus || !edit_rows::begin(work, *result)) return false;
  const CellAt at = *grid.focus;
  const std::uint64_t shown = grid.shown();
  const auto& added = result->edits->added();
  if (at.row >= shown && at.row - shown >= added.size()) return false;
  GridLook& l = result->look;
  if (at.row >= shown) {
    const auto it = added[at.row - shown].find(at.column);
    l.edit_text = it == added[at.row - shown].end() ? "" : edited_text(it->second);
  } else if (const EditedValue* edited = result->edits->changed(grid.row_at(at.row), at.column)) {
    l.edit_text = edited_text(*edited);
  } else {
    const proto::Cell& cell = grid.cell(at.row, at.column);
    l.edit_text = cell.kind == proto::Cell::Kind::null ? "" : cell_text(cell);
  }
  l.edit_before = l.edit_text;
  grid.editing = at;
  editor_opened_ = true;
  typed_over_ = false;
  return true;
}

void GridView::edit_focused(Workspace& work, const std::shared_ptr<ResultModel>& result) {
  if (!open_editor(work, result) || field_keeps(result->look.edit_text)) return;
  result->grid.editing.reset();
  work.say(ToastKind::info, "This cell cannot be edited in place",
           "It has characters that the field cannot keep: type over it, or change it by SQL.");
}

void GridView::draw_editor(ResultModel& result, const Metrics& m) {
  GridLook& l = result.look;
  const CellAt at = *result.grid.editing;
  const Placed* const one = m.of(at.column);
  const float x = one != nullptr ? one->x : m.low.x;
  const float y = m.low.y + static_cast<float>(static_cast<double>(at.row) - std::floor(l.top_row)) * m.row;
  ImGui::SetCursorScreenPos({x, y - px(2)});
  ImGui::PushFont(look().fonts.mono);
  if (editor_opened_) ImGui::SetKeyboardFocusHere();
  ImGui::SetNextItemWidth(std::max(px(l.widths[at.column]), px(140)));
  const bool was_active = ImGui::GetActiveID() == ImGui::GetID("##cell editor");
  // What comes before the field has the keys is put there all the same.
  if (typed_over_ && !was_active && !editor_opened_) l.edit_text += typed_now();
  ImGuiInputTextFlags flags = ImGuiInputTextFlags_EnterReturnsTrue;
  flags |= typed_over_ ? ImGuiInputTextFlags_CallbackAlways : ImGuiInputTextFlags_AutoSelectAll;
  const bool done = ImGui::InputTextWithHint("##cell editor", "NULL: Ctrl+0", &l.edit_text, flags,
                                             typed_over_ ? to_the_end : nullptr);
  ui::note_item("cell editor");
  if (was_active) typed_over_ = false;  // from now on the caret is the person's
  ImGui::PopFont();
  const bool left = !editor_opened_ && !ImGui::IsItemActive() && !ImGui::IsItemFocused();
  const bool make_null = ImGui::GetIO().KeyCtrl && ImGui::IsKeyPressed(key::kDigit0, false);
  if (ImGui::IsKeyPressed(key::kEscape, false)) {  // NOLINT(bugprone-branch-clone): before what would keep the text
    result.grid.editing.reset();
  } else if (done || make_null || ImGui::IsItemDeactivatedAfterEdit() ||
             (ImGui::IsItemDeactivated() && l.edit_text != l.edit_before)) {
    // What nobody has changed stays what it was: NULL, not the empty text that stands for it.
    const bool changed = ImGui::IsItemDeactivatedAfterEdit() || l.edit_text != l.edit_before;
    if (make_null || changed) {
      edit_rows::set(result, at, make_null ? EditedValue() : EditedValue(l.edit_text));
      widen(l, at.column, l.edit_text);
    }
    result.grid.editing.reset();
    ImGui::SetWindowFocus();
  } else if (left) {
    result.grid.editing.reset();
  }
  editor_opened_ = false;
}

}  // namespace sqlcast::gui
