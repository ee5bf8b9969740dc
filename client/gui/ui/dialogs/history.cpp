#include "client/gui/ui/dialogs/history.h"

#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

bool HistoryDialog::draw(Workspace& work, Desk&, bool just_opened) {
  if (just_opened) ImGui::SetKeyboardFocusHere();
  const bool entered =
      ui::input("Search history", query_, "Words of a statement", -1, ImGuiInputTextFlags_EnterReturnsTrue);
  const auto& items = work.history().items();
  const std::vector<std::size_t> found = work.history().search(query_, 300);
  ui::choose_by_arrows(found.size(), chosen_);
  std::size_t take = entered && !found.empty() ? chosen_ : found.size();
  ui::small("Enter or a click puts the statement into the editor.");
  ImGui::BeginChild("##found", {0, 0}, false);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const HistoryItem& item = items[found[i]];
    ImGui::PushFont(look().fonts.mono);
    if (ui::selectable(cat(one_line(item.sql, 90), "##", i).c_str(), i == chosen_)) take = i;
    ImGui::PopFont();
    ui::small(cat("    ", clock_time(item.time_us).substr(0, 8), "   ", item.node, "   ", item.outcome, "   ",
                  human_duration(std::chrono::microseconds(item.elapsed_us))),
              item.ok ? 0 : colours().bad);
  }
  if (found.empty()) ui::dim(items.empty() ? "Nothing has been run yet." : "No statement has these words.");
  ImGui::EndChild();
  if (take >= found.size()) return true;
  EditorBuffer& buffer = work.tab().buffer;
  buffer.set_caret(buffer.text().size());
  buffer.insert(cat(buffer.text().empty() || buffer.text().ends_with('\n') ? "" : "\n", items[found[take]].sql, ";\n"));
  buffer.set_caret(buffer.caret() - 2);
  work.view = View::query;
  work.wishes.focus_editor = true;
  return false;
}

}  // namespace sqlcast::gui
