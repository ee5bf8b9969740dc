#include "client/gui/ui/commands.h"

#include <algorithm>
#include <cmath>

#include <imgui.h>

#include "client/gui/model/export_rows.h"
#include "client/gui/model/keys.h"
#include "client/gui/model/script.h"
#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/desk.h"
#include "client/gui/ui/dialogs/close_tab.h"
#include "client/gui/ui/dialogs/connect.h"
#include "client/gui/ui/dialogs/export.h"
#include "client/gui/ui/dialogs/file.h"
#include "client/gui/ui/dialogs/history.h"
#include "client/gui/ui/dialogs/import.h"
#include "client/gui/ui/dialogs/keys.h"
#include "client/gui/ui/dialogs/palette.h"
#include "client/gui/ui/dialogs/policy.h"
#include "client/gui/ui/dialogs/requests.h"
#include "client/gui/ui/dialogs/review.h"
#include "client/gui/ui/dialogs/settings.h"
#include "client/gui/ui/edit_rows.h"
#include "sql/policy.h"

namespace sqlcast::gui {

namespace {

// Adds the commands of one group.
class Group {
 public:
  Group(std::vector<Command>& commands, std::string name) : commands_(commands), name_(std::move(name)) {}
  void add(std::string name, std::string chord, std::function<void()> run, std::function<bool()> enabled = {}) {
    commands_.push_back({std::move(name), name_, std::move(chord), std::move(run), std::move(enabled), false});
  }
  // Handled where they are pressed, and listed here.
  void list(std::initializer_list<std::pair<const char*, const char*>> keys) {
    for (const auto& [name, chord] : keys) commands_.push_back({name, name_, chord, {}, {}, true});
  }

 private:
  std::vector<Command>& commands_;
  const std::string name_;
};

void next_target(Workspace& work) {
  if (work.connection() == nullptr || work.connection()->cluster.nodes().empty()) return;
  const auto& nodes = work.connection()->cluster.nodes();
  std::size_t next = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i]->status.endpoint == work.target.endpoint) next = i + 1;
  }
  work.target =
      next >= nodes.size() ? TargetChoice{} : TargetChoice{client::Target::Kind::node, nodes[next]->status.endpoint};
}

void add_run(Group group, Workspace& work) {
  const auto idle = [&work] { return work.connection() != nullptr && !work.tab().running(); };
  group.add(
      "Run statement or selection", "Ctrl+Enter", [&work] { work.run_statement(); }, idle);
  group.add(
      "Run statement", "F5", [&work] { work.run_statement(); }, idle);
  group.add(
      "Run all", "Ctrl+Shift+Enter", [&work] { work.run_all(); }, idle);
  group.add(
      "Run all, all or nothing", "Ctrl+Alt+Enter", [&work] { work.run_all_atomically(); }, idle);
  group.add(
      "Go on after an error", "", [&work] { work.go_on(); }, [&work] { return work.tab().not_run.has_value(); });
  group.add(
      "Cancel what runs", "Ctrl+.", [&work] { work.cancel(); },
      [&work] { return work.connection() != nullptr && work.tab().running().has_value(); });
  group.add(
      "Run held-back statement at the master", "", [&work] { work.run_held_back_at_master(); },
      [&work] { return work.held_back.has_value(); });
  group.add(
      "Run what was asked about", "", [&work] { work.answer_question(true); },
      [&work] { return work.question != nullptr; });
  group.add(
      "Do not run what was asked about", "", [&work] { work.answer_question(false); },
      [&work] { return work.question != nullptr; });
  group.add("Target: any node", "", [&work] { work.target = {}; });
  group.add("Target: the master", "", [&work] { work.target = {client::Target::Kind::master, {}}; });
  group.add("Next target node", "Ctrl+Shift+N", [&work] { next_target(work); });
}

void add_views(Group group, Workspace& work) {
  group.add("Query", "Ctrl+1", [&work] { work.view = View::query; });
  group.add("Cluster", "Ctrl+2", [&work] { work.view = View::cluster; });
  group.add("Diagram", "Ctrl+3", [&work] { work.view = View::diagram; });
  group.add("Log", "Ctrl+4", [&work] { work.view = View::log; });
  group.add("Compare", "Ctrl+5", [&work] { work.view = View::compare; });
  group.add("Cluster beside the editor", "Ctrl+B", [&work] { work.settings.live_panel = !work.settings.live_panel; });
  group.add("To the editor", "Ctrl+E", [&work] { work.view = View::query, work.wishes.focus_editor = true; });
  group.add("To the result", "Ctrl+R", [&work] { work.view = View::query, work.wishes.focus_grid = true; });
  group.add("To the schema filter", "Ctrl+L",
            [&work] { work.view = View::query, work.wishes.focus_schema_filter = true; });
  group.list({{"Log: choose, open", "↑ ↓, Enter"},
              {"Diagram: move, zoom, fit", "arrows, = −, Home"},
              {"Compare: scroll", "arrows, PageUp/Down"}});
}

void add_tabs_and_files(Group group, Workspace& work, Desk& desk) {
  const auto step = [&work](std::size_t by) { work.select_tab((work.active_tab() + by) % work.tabs().size()); };
  group.add("New tab", "Ctrl+T", [&work] { work.view = View::query, work.new_tab(); });
  group.add("Close tab", "Ctrl+W", [&work, &desk] { close_tab(work, desk, work.active_tab()); });
  group.add("Open the closed tab again", "Ctrl+Shift+T", [&work] { work.view = View::query, work.reopen_tab(); });
  group.add("Next tab", "Ctrl+PageDown", [step] { step(1); });
  group.add("Previous tab", "Ctrl+PageUp", [&work, step] { step(work.tabs().size() - 1); });
  group.add("Open file", "Ctrl+O", [&work, &desk] { open_file_dialog(work, desk); });
  group.add("Import rows or a dump", "Ctrl+Shift+I",
            [&work, &desk] { desk.open(std::make_unique<ImportDialog>(work)); });
  group.add("Save", "Ctrl+S", [&work, &desk] { save_tab(work, desk); });
  group.add("Save as", "Ctrl+Shift+S", [&work, &desk] { save_file_dialog(work, desk); });
  group.add("History", "Ctrl+H", [&desk] { desk.open(std::make_unique<HistoryDialog>()); });
}

void add_editor(Group group, Workspace& work) {
  group.add("Find", "Ctrl+F", [&work] {
    if (work.view == View::log) {
      work.wishes.focus_log_filter = true;
    } else if (work.view == View::query && work.wishes.grid_has_keys) {
      work.wishes.focus_row_filter = true;
    } else {
      work.wishes.find = false;
    }
  });
  group.add("Replace", "Ctrl+Shift+F", [&work] { work.wishes.find = true; });
  group.list({{"Complete the word", "Ctrl+Space"},
              {"Find next, previous", "F3, Shift+F3"},
              {"Undo, redo", "Ctrl+Z, Ctrl+Y"},
              {"Cut, copy, paste", "Ctrl+X, C, V"},
              {"Select all", "Ctrl+A"},
              {"Indent, unindent", "Tab, Shift+Tab"},
              {"Comment, uncomment", "Ctrl+/"},
              {"Duplicate lines", "Ctrl+D"},
              {"Delete lines", "Ctrl+Shift+Delete"},
              {"Word left, right", "Ctrl+←, Ctrl+→"}});
}

void add_result(Group group, Workspace& work, Desk& desk) {
  const auto have_rows = [&work] { return work.result() != nullptr; };
  const auto edits = [&work]() -> RowEdits* {
    const auto result = work.result();
    return result && result->edits ? &*result->edits : nullptr;
  };
  group.add(
      "Export", "Ctrl+Shift+E", [&work, &desk] { desk.open(std::make_unique<ExportDialog>(work, work.result())); },
      have_rows);
  group.add(
      "Review and send row changes", "Ctrl+Shift+R",
      [&work, &desk] { desk.open(std::make_unique<ReviewDialog>(work.tab(), work.result())); },
      [&work, edits] { return edits() != nullptr && !edits()->empty() && !work.result()->sending; });
  group.add(
      "Discard row changes", "", [&work] { edit_rows::discard(*work.result()); },
      [&work, edits] { return edits() != nullptr && !work.result()->sending; });
  group.add(
      "Filter row under the columns", "Ctrl+Shift+G",
      [&work] { work.result()->look.filter_row = !work.result()->look.filter_row; }, have_rows);
  group.add("Compare on all nodes", "Ctrl+Shift+C", [&work] {
    work.view = View::compare;
    const std::string text = work.statement_at_caret();
    if (sql::classify(text, work.tab().database).statement_class == sql::Class::read)
      work.wishes.compare = std::pair(text, work.tab().database);
  });
  for (const RowFormat format : kRowFormats) {
    group.add(
        cat("Copy result as ", format_name(format)), "",
        [&work, &desk, format] { desk.copy(rows_text(work.result()->grid, format, true), format_name(format)); },
        have_rows);
  }
  group.list({{"Copy selection", "Ctrl+C"},
              {"Paste rows", "Ctrl+V"},
              {"Search the rows", "Ctrl+F"},
              {"View the value", "Space"},
              {"Edit the cell", "F2, Enter, or type"},
              {"Set to NULL while editing", "Ctrl+0"},
              {"Delete row, add row", "Delete, Insert"},
              {"Extend the selection", "Shift+arrows"}});
}

void add_window(Group group, const std::vector<Command>& commands, Workspace& work, Desk& desk) {
  const auto have_connection = [&work] { return work.connection() != nullptr; };
  const auto larger = [&work](float tenths) {
    work.settings.scale = std::clamp(std::round(work.settings.scale * 10 + tenths) / 10, 0.75F, 3.0F);
  };
  group.add("Connect", "Ctrl+K", [&work, &desk] { desk.open(std::make_unique<ConnectDialog>(work)); });
  group.add(
      "Disconnect", "", [&work] { work.disconnect(); }, have_connection);
  group.add(
      "Who is connected, and what runs", "Ctrl+Shift+U", [&desk] { desk.open(std::make_unique<RequestsDialog>()); },
      have_connection);
  group.add(
      "Load the schema again", "F6", [&work] { work.connection()->refresh_schema(); }, have_connection);
  group.add(
      "Pause or resume the log", "", [&work] { work.connection()->log.pause(!work.connection()->log.paused()); },
      have_connection);
  group.add("Commands", "Ctrl+Shift+P", [&commands, &desk] { desk.open(std::make_unique<PaletteDialog>(commands)); });
  group.add("Keys", "F1", [&commands, &desk] { desk.open(std::make_unique<KeysDialog>(commands)); });
  group.add("The SQL policy: what runs, and why not", "", [&desk] { desk.open(std::make_unique<PolicyDialog>("")); });
  group.add("Settings", "Ctrl+,", [&desk] { desk.open(std::make_unique<SettingsDialog>()); });
  group.add("Dark or light", "Ctrl+Shift+L",
            [&work] { work.settings.theme = work.settings.theme == "dark" ? "light" : "dark"; });
  group.add("Larger", "Ctrl+=", [larger] { larger(1); });
  group.add("Smaller", "Ctrl+-", [larger] { larger(-1); });
  group.add("Normal size", "Ctrl+0", [&work] { work.settings.scale = 1; });
  group.add("Quit", "Ctrl+Q", [&desk] { desk.quit(); });
}

}  // namespace

void make_commands(std::vector<Command>& commands, Workspace& work, Desk& desk) {
  add_run({commands, "Run"}, work);
  add_views({commands, "Views"}, work);
  add_tabs_and_files({commands, "Tabs and files"}, work, desk);
  add_editor({commands, "Editor"}, work);
  add_result({commands, "Result"}, work, desk);
  add_window({commands, "Window"}, commands, work, desk);
}

void run_pressed(const std::vector<Command>& commands) {
  const ImGuiIO& io = ImGui::GetIO();
  for (const Command& command : commands) {
    if (command.editor_only || command.chord.empty()) continue;
    const auto chord = parse_chord(command.chord);
    if (!chord.ok()) continue;
    if (chord->ctrl != io.KeyCtrl || chord->shift != io.KeyShift || chord->alt != io.KeyAlt) continue;
    const bool enter = chord->key == key::kEnter && ImGui::IsKeyPressed(key::kKeypadEnter, false);
    if (!ImGui::IsKeyPressed(chord->key, false) && !enter) continue;
    // A cell being edited takes Ctrl+0 for itself.
    if (chord->key == key::kDigit0 && io.WantTextInput) continue;
    if (command.enabled && !command.enabled()) continue;
    command.run();
    return;
  }
}

}  // namespace sqlcast::gui
