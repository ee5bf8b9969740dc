#include "client/gui/ui/query_panel.h"

#include <algorithm>

#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/desk.h"
#include "client/gui/ui/dialogs/close_tab.h"
#include "client/gui/ui/dialogs/export.h"
#include "client/gui/ui/dialogs/file.h"
#include "client/gui/ui/dialogs/history.h"
#include "client/gui/ui/dialogs/policy.h"
#include "client/gui/ui/dialogs/text.h"
#include "client/gui/ui/edit_rows.h"
#include "client/gui/ui/first_steps.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

EditorView& QueryPanel::editor(const QueryTab& tab) { return editors_[tab.id()]; }

bool QueryPanel::completing(const Workspace& work) const {
  const auto it = editors_.find(work.tab().id());
  return it != editors_.end() && it->second.completing();
}

void QueryPanel::draw(Workspace& work, Desk& desk, ImVec2 low, ImVec2 size) {
  ImGui::SetCursorScreenPos(low);
  ImGui::BeginChild("##query", size, false, ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  draw_tabs(work, desk);
  draw_tools(work, desk);
  const ImVec2 top = ImGui::GetCursorScreenPos();
  const float verdict = ImGui::GetTextLineHeight() + px(14);
  const float room = low.y + size.y - top.y;
  const float least = px(62);  // one line, and the verdict
  const float most = std::max(least, room - px(155));
  float editor = std::clamp(room * work.settings.editor_share, least, most);
  QueryTab& tab = work.tab();
  EditorView& view = this->editor(tab);
  Wishes& wishes = work.wishes;
  if (wishes.focus_editor && !desk.dialog_open()) view.focus();
  if (!desk.dialog_open()) wishes.focus_editor = false;
  if (const auto replace = std::exchange(wishes.find, std::nullopt)) view.open_find(tab, *replace);
  if (std::exchange(wishes.show_caret, false)) view.show_caret();
  view.draw(work, tab, {size.x, editor - verdict});

  work.update_verdict();
  ImGui::SetCursorScreenPos({low.x, top.y + editor - verdict});
  draw_verdict(work, desk, size.x);
  if (ui::splitter("editor splitter", false, &editor, least, most, {low.x, top.y + editor}, size.x, false)) {
    work.settings.editor_share = editor / room;
  }
  ImGui::SetCursorScreenPos({low.x, top.y + editor + px(4)});
  draw_results(work, desk, {size.x, room - editor - px(4)});
  ImGui::EndChild();
}

void QueryPanel::draw_tabs(Workspace& work, Desk& desk) {
  ImGui::SetCursorPos({px(8), px(5)});
  const float list_button = px(30);
  const float room = ImGui::GetContentRegionAvail().x - list_button - px(8);
  std::size_t close = work.tabs().size();
  // Wider than the window it scrolls, and the tab in front is always in sight.
  ImGui::BeginChild("##tabs", {room, ImGui::GetFrameHeight()}, false,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_NoNavInputs);
  if (ImGui::IsWindowHovered()) {
    ImGui::SetScrollX(ImGui::GetScrollX() - (ImGui::GetIO().MouseWheel + ImGui::GetIO().MouseWheelH) * px(60));
  }
  for (std::size_t i = 0; i < work.tabs().size(); ++i) draw_tab(work, i, close);
  if (ui::icon_button("New tab", "+", "New tab (Ctrl+T)")) work.new_tab();
  const bool wider = ImGui::GetScrollMaxX() > 0;
  ImGui::EndChild();
  if (wider) {
    ImGui::SameLine(0, px(2));
    if (ui::icon_button("All tabs", "▾", "All tabs")) ImGui::OpenPopup("##alltabs");
  }
  if (ImGui::BeginPopup("##alltabs")) {
    for (std::size_t i = 0; i < work.tabs().size(); ++i) {
      const std::string label = cat(one_line(work.tabs()[i]->label(), 50), "##all", work.tabs()[i]->id());
      if (ui::menu_item(label.c_str(), nullptr, i == work.active_tab())) work.select_tab(i);
    }
    ImGui::EndPopup();
  }
  if (close < work.tabs().size()) close_tab(work, desk, close);
}

void QueryPanel::draw_tab(Workspace& work, std::size_t index, std::size_t& close) {
  const Palette& p = colours();
  QueryTab& tab = *work.tabs()[index];
  const bool active = index == work.active_tab();
  const std::string label =
      cat(one_line(tab.label(), 24), tab.running() ? "  …" : "", tab.buffer.modified() ? " •" : "");
  ImGui::PushID(static_cast<int>(tab.id()));
  ImGui::PushStyleColor(ImGuiCol_Button, active ? p.raised : fade(p.raised, 0));
  ImGui::PushStyleColor(ImGuiCol_Text, active ? p.text : p.dim);
  if (ImGui::Button(label.c_str())) work.select_tab(index);
  ui::note_item(label);
  if (ImGui::IsItemClicked(2)) close = index;
  if (active) {
    const ImVec2 low = ImGui::GetItemRectMin();
    const ImVec2 high = ImGui::GetItemRectMax();
    ImGui::GetWindowDrawList()->AddRectFilled({low.x + px(6), high.y - px(2)}, {high.x - px(6), high.y}, p.accent);
    const float room = ImGui::GetWindowWidth();
    if (shown_tab_ != tab.id() || shown_in_ != room) ImGui::SetScrollHereX(0.9F);
    shown_tab_ = tab.id();
    shown_in_ = room;
  }
  ImGui::PopStyleColor(2);
  if (active && work.tabs().size() > 1) {
    ImGui::SameLine(0, 0);
    if (ui::icon_button("Close tab", "✕", "Close this tab (Ctrl+W)")) close = index;
  }
  ImGui::PopID();
  ImGui::SameLine(0, px(3));
}

void QueryPanel::draw_tools(Workspace& work, Desk& desk) {
  const bool connected = work.connection() != nullptr;
  QueryTab& tab = work.tab();
  ImGui::SetCursorPosX(px(8));
  if (tab.running()) {
    if (ui::button(tab.running()->cancelling ? "Cancelling…" : "■ Cancel", ui::Style::danger) && work.connection()) {
      work.cancel();
    }
    ui::tooltip("Stops the statement in the database (Ctrl+.)");
  } else {
    if (ui::button("▶ Run", ui::Style::primary, connected)) work.run_statement();
    ui::tooltip("Run the statement under the caret, or the selection (Ctrl+Enter, F5)");
  }
  ImGui::SameLine();
  if (ui::button("Run all", ui::Style::normal, connected && !tab.running())) work.run_all();
  ui::tooltip("Run every statement, one after the other (Ctrl+Shift+Enter)");
  const float files = ui::button_width("History") + ui::button_width("Open…") + ui::button_width("Save") + px(4);
  const float after = ImGui::GetItemRectMax().x - ImGui::GetWindowPos().x;
  const bool roomy = after + px(100) + px(140) + files < ImGui::GetWindowWidth();
  ImGui::SameLine(0, roomy ? px(16) : px(6));
  if (roomy) {
    ui::small("database");
    ImGui::SameLine(0, px(6));
  }
  if (ui::begin_combo("Database", tab.database.empty() ? "(none)" : tab.database, px(140))) {
    if (ui::selectable("(none)", tab.database.empty())) {
      tab.database.clear();
      tab.no_database = true;
    }
    if (work.connection()) {
      for (const SchemaDatabase& database : work.connection()->schema.databases()) {
        if (database.system && !work.settings.show_system) continue;
        if (ui::selectable(database.name.c_str(), database.name == tab.database)) {
          tab.database = database.name;
          if (database.state == LoadState::unknown) work.connection()->load_database(database.name);
        }
      }
    }
    ImGui::EndCombo();
  }
  ImGui::SameLine(0, roomy ? px(16) : px(6));
  if (roomy) {
    if (ui::button("History", ui::Style::ghost)) desk.open(std::make_unique<HistoryDialog>());
    ImGui::SameLine(0, px(2));
    if (ui::button("Open…", ui::Style::ghost)) open_file_dialog(work, desk);
    ImGui::SameLine(0, px(2));
    if (ui::button("Save", ui::Style::ghost)) save_tab(work, desk);
  } else if (ui::button("…##more", ui::Style::ghost)) {
    ImGui::OpenPopup("##more");
  }
  if (ImGui::BeginPopup("##more")) {
    if (ui::menu_item("History", "Ctrl+H")) desk.open(std::make_unique<HistoryDialog>());
    if (ui::menu_item("Open…", "Ctrl+O")) open_file_dialog(work, desk);
    if (ui::menu_item("Save", "Ctrl+S")) save_tab(work, desk);
    ImGui::EndPopup();
  }
  ui::gap(1);
}

void QueryPanel::draw_verdict(Workspace& work, Desk& desk, float width) {
  const Palette& p = colours();
  const VerdictText& verdict = work.verdict();
  const ImVec2 low = ImGui::GetCursorScreenPos();
  const float height = ImGui::GetTextLineHeight() + px(14);
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(low, {low.x + width, low.y + height}, fade(p.raised, 0.6F));
  ImU32 colour = p.dim;
  const char* shape = "○";
  switch (verdict.kind) {
    case VerdictKind::none: break;
    case VerdictKind::read: colour = p.read, shape = "●"; break;
    case VerdictKind::forwarded: colour = p.write, shape = "➜"; break;
    case VerdictKind::write: colour = p.write, shape = "◆"; break;
    case VerdictKind::ddl: colour = p.ddl, shape = "■"; break;
    case VerdictKind::ddl_elsewhere: colour = p.ddl, shape = "▲"; break;
    case VerdictKind::rewritten: colour = p.busy, shape = "≈"; break;
    case VerdictKind::refused: colour = p.refused, shape = "✕"; break;
  }
  const float y = low.y + px(6);
  float x = low.x + px(12);
  if (verdict.kind == VerdictKind::none) {
    ui::draw_text(list, look().fonts.small, {x, y + px(1)}, p.faint,
                  "The verdict on the statement under the caret stands here.");
    return;
  }
  x += ui::draw_text(list, look().fonts.ui, {x, y}, colour, shape) + px(8);
  x += ui::draw_text(list, look().fonts.bold, {x, y}, colour, verdict.word) + px(12);
  const std::string where = verdict.code.empty() ? cat("at ", work.target_label()) : cat(verdict.code, " (?)");
  x += ui::draw_text(list, look().fonts.small, {x, y + px(2)}, p.dim, where) + px(12);
  const float right = low.x + width - px(10);
  const std::string said = cat(verdict.text,
                               verdict.detail.empty()                   ? ""
                               : verdict.kind == VerdictKind::rewritten ? ": "
                                                                        : " ",
                               one_line(verdict.detail, 400));
  ui::draw_text(list, look().fonts.ui, {x, y}, p.text, one_line(said, 600), right);
  ImGui::SetCursorScreenPos(low);
  ImGui::InvisibleButton("##verdict", {width, height});
  ui::note("verdict", low, {low.x + width, low.y + height}, true);
  if (ImGui::IsItemClicked()) {
    if (policy_code(verdict.code)) {
      desk.open(std::make_unique<PolicyDialog>(verdict.code));
    } else {
      desk.open(std::make_unique<TextDialog>(verdict.word, cat(verdict.text, "\n\n", verdict.detail)));
    }
  }
  ui::tooltip(cat(verdict.text, verdict.detail.empty() ? "" : "\n", verdict.detail));
}

void QueryPanel::draw_results(Workspace& work, Desk& desk, ImVec2 size) {
  ImGui::BeginChild("##results", size, false, ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  QueryTab& tab = work.tab();
  work.wishes.grid_has_keys = false;  // unless the grid says so
  const bool held = work.held_back && work.held_back->tab == tab.id();
  const bool asking = work.question && work.question->tab == tab.id();
  if (held) draw_held_back(work);
  if (asking) draw_question(work);
  if (tab.running()) draw_running(work, tab);
  if (tab.results.empty()) {
    if (!tab.running() && !held && !asking) {
      const std::string why = work.why_nothing();
      const bool never = !work.connection() || work.connection()->state() == ConnectionState::connecting;
      if (never) {
        draw_first_steps(work, desk);
      } else {
        const std::string line = why.empty() ? "Results appear here." : why;
        const ImVec2 room = ImGui::GetContentRegionAvail();
        ImGui::SetCursorPos({std::max(px(12), (room.x - ImGui::CalcTextSize(line.c_str()).x) / 2), room.y * 0.42F});
        ui::wrapped(line, colours().faint);
      }
    }
  } else {
    draw_result_tabs(tab);
    const auto shown = tab.results[std::min(tab.active_result, tab.results.size() - 1)];  // a click may end it
    draw_result(work, desk, tab, shown);
  }
  ImGui::EndChild();
}

void QueryPanel::draw_held_back(Workspace& work) {
  const HeldBack& held = *work.held_back;
  ImGui::SetCursorPos({px(12), ImGui::GetCursorPosY() + px(6)});
  ImGui::BeginGroup();
  ui::badge("NOT SENT", colours().ddl);
  ImGui::PushTextWrapPos(ImGui::GetWindowWidth() - px(20));
  const std::string heading = cat(held.node, " is a slave: it cannot change the schema");
  ui::same_line_if_fits(ui::text_width(look().fonts.bold, heading) + px(20));
  ui::heading(heading);
  ui::text(
      "Schema changes are made at the master, which replicates them to every node. A slave that made its own "
      "would differ from the others.",
      colours().dim);
  ImGui::PopTextWrapPos();
  ui::gap(2);
  if (ui::button("Run at the master", ui::Style::primary)) {
    work.run_held_back_at_master();
  } else {
    ImGui::SameLine();
    if (ui::button("Do not run")) work.held_back.reset();
  }
  ImGui::EndGroup();
  ui::gap(6);
}

void QueryPanel::draw_question(Workspace& work) {
  const Palette& p = colours();
  const Question& asked = *work.question;
  const bool production = work.connection() && work.connection()->saved().colour == kProductionColour;
  ImGui::SetCursorPos({px(12), ImGui::GetCursorPosY() + px(6)});
  ImGui::BeginGroup();
  ui::badge(production ? "PRODUCTION" : "NOT SENT YET", p.bad);
  ImGui::SameLine();
  ui::heading(asked.items.size() == 1 ? std::string("Run this?")
                                      : cat("Run these ", asked.items.size(), " statements?"));
  ImGui::PushTextWrapPos(ImGui::GetWindowWidth() - px(20));
  std::size_t shown = 0;
  for (const Question::Item& item : asked.items) {
    if (++shown > 6) break;
    ui::text(cat("▲ ", item.danger.what,
                 item.rows       ? cat(", ", plural(*item.rows, "row", "rows"))
                 : item.counting ? std::string(", counting its rows…")
                                 : std::string()),
             p.text);
    ui::small(one_line(item.danger.sql, 200));
  }
  if (shown < asked.items.size()) ui::dim(cat("and ", asked.items.size() - shown, " more"));
  ui::text(cat("It happens on ", asked.nodes, "."), p.dim);
  ImGui::PopTextWrapPos();
  ui::gap(2);
  const bool yes = ui::button("Run it", ui::Style::danger);
  ImGui::SameLine();
  const bool no = ui::button("Do not run");
  ImGui::EndGroup();
  ui::gap(6);
  if (yes || no) work.answer_question(yes);
}

void QueryPanel::draw_running(Workspace& work, QueryTab& tab) {
  const QueryTab::Running& running = *tab.running();
  ImGui::SetCursorPos({px(12), ImGui::GetCursorPosY() + px(6)});
  const double seconds = work.now() - running.since;
  std::string label =
      cat(running.of > 1 ? cat("statement ", running.number + 1, " of ", running.of, "   ") : std::string(),
          fixed(seconds, 1), " s   ", one_line(running.sql, 80));
  ui::progress(-1, label, std::max(px(100), ImGui::GetContentRegionAvail().x - px(130)));
  ImGui::SameLine();
  if (ui::button(running.cancelling ? "Cancelling…##run" : "Cancel##run", ui::Style::danger) && work.connection()) {
    work.cancel();
  }
  ui::gap(4);
}

void QueryPanel::draw_result_tabs(QueryTab& tab) {
  if (tab.results.size() < 2) return;
  const Palette& p = colours();
  ImGui::SetCursorPos({px(8), ImGui::GetCursorPosY() + px(4)});
  for (std::size_t i = 0; i < tab.results.size(); ++i) {
    const ResultModel& result = *tab.results[i];
    const bool active = i == tab.active_result;
    const ImU32 colour = !result.status.ok() ? p.bad : active ? p.accent : p.dim;
    ImGui::PushStyleColor(ImGuiCol_Button, active ? p.accent_soft : fade(p.raised, 0));
    ImGui::PushStyleColor(ImGuiCol_Text, colour);
    const std::string label = cat(result.status.ok() ? "" : "✕ ", i + 1, "  ", result.title, "##result", i);
    if (ImGui::Button(label.c_str())) tab.active_result = i;
    ui::note_item(label);
    ImGui::PopStyleColor(2);
    ImGui::SameLine(0, px(3));
    const bool last = i + 1 == tab.results.size();
    if (!last && ImGui::GetCursorPosX() > ImGui::GetWindowWidth() - px(140))
      ImGui::NewLine(), ImGui::SetCursorPosX(px(8));
  }
  ImGui::NewLine();
}

void QueryPanel::draw_result(Workspace& work, Desk& desk, QueryTab& tab, const std::shared_ptr<ResultModel>& result) {
  if (!result->status.ok()) return draw_error(work, desk, tab, *result);
  if (!result->has_rows) return draw_effect(*result);
  edit_rows::judge(work, *result);
  draw_result_line(work, desk, result);
  if (result->edits && !result->edits->empty()) {
    ImGui::SetCursorPosX(px(12));
    edit_rows::draw_bar(desk, tab, result);
  }
  for (const std::string& warning : result->warnings) {
    ImGui::SetCursorPosX(px(12));
    ui::text(cat("▲ ", one_line(warning, 200)), colours().warn);
  }
  if (std::exchange(work.wishes.focus_grid, false)) ImGui::SetNextWindowFocus();
  grid_.draw(work, desk, result, ImGui::GetContentRegionAvail());
}

// How long it took and where; what has no room is left out, and in the tooltip.
void QueryPanel::draw_facts(const ResultModel& result, float room) {
  const std::string facts[] = {
      cat(human_duration(result.elapsed), " in ", result.node),
      cat("   ", human_duration(result.round_trip), " in all"),
      result.pages > 1 ? cat(", ", result.pages, " pages") : std::string(),
      cat("   position ", with_separators(result.node_position)),
  };
  std::string shown;
  std::string all;
  for (const std::string& fact : facts) {
    if (shown.size() == all.size() && ui::text_width(look().fonts.ui, shown + fact) <= room) shown += fact;
    all += fact;
  }
  ui::text(shown, colours().dim);
  ui::tooltip(all);
}

void QueryPanel::draw_result_line(Workspace& work, Desk& desk, const std::shared_ptr<ResultModel>& result) {
  const Palette& p = colours();
  ImGui::SetCursorPos({px(12), ImGui::GetCursorPosY() + px(5)});
  const GridModel& grid = result->grid;
  std::string rows = plural(grid.rows().size(), "row", "rows");
  if (grid.shown() != grid.rows().size()) rows = cat(with_separators(grid.shown()), " of ", rows);
  if (result->cursor) rows += ", more there";
  ImGui::AlignTextToFramePadding();
  ui::heading(rows);
  ImGui::SameLine(0, px(10));
  const bool more = static_cast<bool>(result->cursor);
  const float filter = std::min(px(180), ImGui::GetWindowWidth() * 0.4F);
  const auto with_gap = [](const char* label) { return ui::button_width(label) + ImGui::GetStyle().ItemSpacing.x; };
  float buttons = filter + with_gap("Export…");
  if (more) buttons += with_gap(result->fetch_all ? "Fetching…" : "Fetch all");
  const float badges = (result->stale ? px(60) : 0) + (grid.arranging() ? px(80) : 0);
  const bool wide = ImGui::GetContentRegionAvail().x > buttons + badges + px(20);
  draw_facts(*result, ImGui::GetContentRegionAvail().x - (wide ? buttons + badges + px(20) : px(10)));
  if (result->stale) {
    ImGui::SameLine();
    ui::badge("STALE", p.warn);
    ui::tooltip("The slave that answered has lost its master or stopped applying: newer data may exist.");
  }
  if (grid.arranging()) {
    ImGui::SameLine();
    ui::badge("SORTING", p.busy);
  }
  if (wide) {
    ImGui::SameLine();
    ui::right_align(buttons + px(10));
  } else {
    ImGui::SetCursorPosX(px(12));
  }
  if (more) {
    if (ui::button(result->fetch_all ? "Fetching…" : "Fetch all") && work.connection()) {
      result->fetch_all = true;
      work.fetch_more(result, 10'000);
    }
    ui::tooltip(cat("Fetches up to ", with_separators(static_cast<std::uint64_t>(work.settings.fetch_rows)), " rows"));
    ImGui::SameLine();
  }
  if (std::exchange(work.wishes.focus_row_filter, false)) ImGui::SetKeyboardFocusHere();
  if (ui::input("Filter rows", result->look.filter, "Filter, or column:text", filter)) {
    Arrangement wanted = grid.arrangement();
    wanted.filter = result->look.filter;
    work.arrange(result, wanted);
  }
  ImGui::SameLine();
  if (ui::button("Export…", ui::Style::ghost)) desk.open(std::make_unique<ExportDialog>(work, result));
  ui::gap(1);
}

void QueryPanel::draw_effect(const ResultModel& result) {
  const Palette& p = colours();
  ImGui::SetCursorPos({px(14), ImGui::GetCursorPosY() + px(12)});
  ImGui::BeginGroup();
  ui::text("✓", p.good);
  ImGui::SameLine();
  ui::heading(plural(result.affected_rows, "row affected", "rows affected"));
  if (result.insert_id > 0) ui::dim(cat("insert id ", result.insert_id));
  if (result.wrote) ui::dim(cat("sequence ", with_separators(result.sequence), " in epoch ", result.epoch));
  ui::dim(cat("answered by ", result.node, " in ", human_duration(result.elapsed), ", ",
              human_duration(result.round_trip), " in all"));
  if (result.replayed) ui::dim("an earlier execution of the same request: it was not executed twice");
  if (!result.acked_by.empty()) {
    std::string names;
    for (const std::string& name : result.acked_by) names += cat(names.empty() ? "" : ", ", name);
    ui::dim(cat("durable at ", names));
  }
  for (const std::string& warning : result.warnings) ui::text(cat("▲ ", warning), p.warn);
  ImGui::EndGroup();
}

void QueryPanel::draw_error(Workspace& work, Desk& desk, QueryTab& tab, const ResultModel& result) {
  const Palette& p = colours();
  ImGui::SetCursorPos({px(14), ImGui::GetCursorPosY() + px(12)});
  ImGui::BeginGroup();
  ui::text("✕", p.bad);
  ImGui::SameLine();
  ui::heading(std::string(code_name(result.status.code)));
  const auto beside = [](const std::string& text) {
    ui::same_line_if_fits(ui::text_width(look().fonts.ui, text));
    ui::dim(text);
  };
  if (tab.mark && tab.mark->version == tab.buffer.version() && &result == tab.results.back().get()) {
    const std::size_t line = tab.buffer.line_of(tab.mark->begin);
    beside(cat("line ", line + 1, ", column ", tab.buffer.column_of(tab.mark->begin) + 1));
  }
  if (result.status.database_errno != 0)
    beside(cat("error ", result.status.database_errno, "  SQLSTATE ", result.status.sqlstate));
  if (!result.status.reason.empty()) {
    ui::same_line_if_fits(ui::text_width(look().fonts.small, result.status.reason) + px(12));
    ui::badge(result.status.reason, p.bad);
  }
  ImGui::PushTextWrapPos(ImGui::GetWindowWidth() - px(24));
  ui::text(to_utf8(result.status.message));
  if (tab.not_run && &result == tab.results.back().get())
    ui::text(cat(plural(tab.not_run->statements.size(), "statement after it was", "statements after it were"),
                 " not run: ", one_line(tab.not_run->statements.front(), 60),
                 tab.not_run->statements.size() > 1 ? " …" : ""),
             p.warn);
  ImGui::PopTextWrapPos();
  ui::gap(2);
  const std::string when =
      cat(result.node.empty() ? "" : cat("at ", result.node, "   "), human_duration(result.round_trip), "   ");
  const float left = ImGui::GetContentRegionAvail().x - ui::text_width(look().fonts.small, when) - px(20);
  ui::small(cat(when, one_line(result.sql, static_cast<std::size_t>(std::clamp(
                                               left / look().fonts.small->GetCharAdvance('n'), 8.0F, 120.0F)))));
  ui::gap(2);
  if (tab.mark && tab.mark->version == tab.buffer.version() && ui::button("Show in the editor")) {
    tab.buffer.set_caret(tab.mark->begin);
    work.wishes.show_caret = work.wishes.focus_editor = true;
  }
  if (tab.not_run && &result == tab.results.back().get()) {
    ui::same_line_if_fits(ui::button_width("Go on after it"));
    if (ui::button("Go on after it", ui::Style::normal, work.connection() != nullptr && !tab.running())) work.go_on();
  }
  if (const std::string code = result.status.reason; policy_code(code)) {
    const std::string label = cat("What is ", code, "?");
    ui::same_line_if_fits(ui::button_width(label.c_str()));
    if (ui::button(label.c_str())) desk.open(std::make_unique<PolicyDialog>(code));
  }
  if (result.status.code == Code::master_only && !result.of_earlier_connection) {
    ImGui::SameLine();
    if (ui::button("Run at the master", ui::Style::primary)) {
      work.held_back = HeldBack{{result.sql}, {}, result.node, tab.id(), result.database};
      work.run_held_back_at_master();
    }
  }
  ui::same_line_if_fits(ui::button_width("Copy message"));
  if (ui::button("Copy message")) desk.copy(result.status.message, "message");
  ImGui::EndGroup();
}

}  // namespace sqlcast::gui
