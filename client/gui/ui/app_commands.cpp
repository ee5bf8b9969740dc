// The commands of the window, their keys, and the facts that scripts ask for.
#include <algorithm>
#include <cmath>

#include "client/gui/model/cell_text.h"
#include "client/gui/model/keys.h"
#include "client/gui/model/text.h"
#include "client/gui/ui/app.h"
#include "client/gui/ui/cluster_panel.h"
#include "client/gui/ui/compare_panel.h"
#include "client/gui/ui/dialogs.h"
#include "client/gui/ui/edit_rows.h"
#include "client/gui/ui/log_panel.h"
#include "client/gui/ui/query_panel.h"
#include "client/gui/ui/schema_panel.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

void App::make_commands() {
  const auto add = [this](std::string group, std::string name, std::string chord, std::function<void()> run,
                          std::function<bool()> enabled = {}) {
    commands.push_back(
        {std::move(name), std::move(group), std::move(chord), std::move(run), std::move(enabled), false});
  };
  const auto listed = [this](std::string group, std::string name, std::string chord) {
    commands.push_back({std::move(name), std::move(group), std::move(chord), {}, {}, true});
  };
  const auto idle = [this] { return session != nullptr && !tab().running(); };
  const auto result = [this]() -> std::shared_ptr<ResultView> {
    if (tab().results.empty()) return nullptr;
    const auto shown = tab().results[std::min(tab().active_result, tab().results.size() - 1)];
    return shown->has_rows ? shown : nullptr;
  };
  const auto have_rows = [result] { return result() != nullptr; };

  add(
      "Run", "Run statement or selection", "Ctrl+Enter", [this] { run_statement(); }, idle);
  add(
      "Run", "Run statement", "F5", [this] { run_statement(); }, idle);
  add(
      "Run", "Run all", "Ctrl+Shift+Enter", [this] { run_all(); }, idle);
  add(
      "Run", "Run all, all or nothing", "Ctrl+Alt+Enter", [this] { run_all_atomically(); }, idle);
  add(
      "Run", "Cancel what runs", "Ctrl+.", [this] { tab().cancel(session->backend()); },
      [this] { return session != nullptr && tab().running().has_value(); });
  add(
      "Run", "Run held-back statement at the master", "", [this] { run_held_back_at_master(); },
      [this] { return held_back.has_value(); });
  add("Run", "Target: any node", "", [this] { target = {}; });
  add("Run", "Target: the master", "", [this] { target = {client::Target::Kind::master, {}}; });
  add("Run", "Next target node", "Ctrl+Shift+N", [this] {
    if (!session || session->cluster.nodes().empty()) return;
    const auto& nodes = session->cluster.nodes();
    std::size_t next = 0;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (nodes[i]->status.endpoint == target.endpoint) next = i + 1;
    }
    target =
        next >= nodes.size() ? TargetChoice{} : TargetChoice{client::Target::Kind::node, nodes[next]->status.endpoint};
  });

  add("Views", "Query", "Ctrl+1", [this] { view = View::query; });
  add("Views", "Cluster", "Ctrl+2", [this] { view = View::cluster; });
  add("Views", "Diagram", "Ctrl+3", [this] { view = View::diagram; });
  add("Views", "Log", "Ctrl+4", [this] { view = View::log; });
  add("Views", "Compare", "Ctrl+5", [this] { view = View::compare; });
  add("Views", "Cluster beside the editor", "Ctrl+B", [this] { settings.live_panel = !settings.live_panel; });
  add("Views", "To the editor", "Ctrl+E", [this] { view = View::query, query_panel_->focus_editor(); });
  add("Views", "To the result", "Ctrl+R", [this] { view = View::query, query_panel_->focus_grid(); });
  add("Views", "To the schema filter", "Ctrl+L", [this] { view = View::query, schema_panel_->focus_filter(); });

  for (const auto& [name, chord] :
       std::initializer_list<std::pair<const char*, const char*>>{{"Log: choose, open", "↑ ↓, Enter"},
                                                                  {"Diagram: move, zoom, fit", "arrows, = −, Home"},
                                                                  {"Compare: scroll", "arrows, PageUp/Down"}}) {
    listed("Views", name, chord);
  }

  add("Tabs and files", "New tab", "Ctrl+T", [this] { view = View::query, new_tab(); });
  add("Tabs and files", "Close tab", "Ctrl+W", [this] { close_tab(active_tab); });
  add("Tabs and files", "Next tab", "Ctrl+PageDown", [this] { select_tab((active_tab + 1) % tabs.size()); });
  add("Tabs and files", "Previous tab", "Ctrl+PageUp",
      [this] { select_tab((active_tab + tabs.size() - 1) % tabs.size()); });
  add("Tabs and files", "Open file", "Ctrl+O",
      [this] { dialogs_->choose_file(*this, false, {}, [this](const std::string& path) { open_file(path); }); });
  add("Tabs and files", "Save", "Ctrl+S", [this] {
    if (!tab().path.empty()) return save_file(tab(), tab().path);
    dialogs_->choose_file(*this, true, {}, [this](const std::string& path) { save_file(tab(), path); });
  });
  add("Tabs and files", "Save as", "Ctrl+Shift+S", [this] {
    dialogs_->choose_file(*this, true, tab().path, [this](const std::string& path) { save_file(tab(), path); });
  });
  add("Tabs and files", "History", "Ctrl+H", [this] { dialogs_->open_history(); });

  add("Editor", "Find", "Ctrl+F", [this] {
    if (view == View::log) return log_panel_->focus_filter();
    query_panel_->editor(tab()).open_find(tab(), false);
  });
  add("Editor", "Replace", "Ctrl+Shift+F", [this] { query_panel_->editor(tab()).open_find(tab(), true); });
  for (const auto& [name, chord] :
       std::initializer_list<std::pair<const char*, const char*>>{{"Complete the word", "Ctrl+Space"},
                                                                  {"Find next, previous", "F3, Shift+F3"},
                                                                  {"Undo, redo", "Ctrl+Z, Ctrl+Y"},
                                                                  {"Cut, copy, paste", "Ctrl+X, C, V"},
                                                                  {"Select all", "Ctrl+A"},
                                                                  {"Indent, unindent", "Tab, Shift+Tab"},
                                                                  {"Comment, uncomment", "Ctrl+/"},
                                                                  {"Duplicate lines", "Ctrl+D"},
                                                                  {"Delete lines", "Ctrl+Shift+Delete"},
                                                                  {"Word left, right", "Ctrl+←, Ctrl+→"}}) {
    listed("Editor", name, chord);
  }

  add(
      "Result", "Export", "Ctrl+Shift+E", [this, result] { dialogs_->open_export(*this, result()); }, have_rows);
  add(
      "Result", "Review and send row changes", "Ctrl+Shift+R",
      [this, result] { dialogs_->review_edits(tab(), result()); },
      [result] { return result() && result()->edits && !result()->edits->empty(); });
  add(
      "Result", "Discard row changes", "", [result] { result()->edits->discard(); },
      [result] { return result() && result()->edits; });
  add("Result", "Compare on all nodes", "Ctrl+Shift+C", [this] {
    view = View::compare;
    const auto statement = tab().highlighter.statement_at(tab().buffer, tab().buffer.caret());
    if (!statement) return;
    const std::string text = tab().buffer.text().substr(statement->begin, statement->end - statement->begin);
    if (sql::classify(text, tab().database).statement_class == sql::Class::read)
      compare_panel_->run(*this, text, tab().database);
  });
  for (const RowFormat format : kRowFormats) {
    add(
        "Result", cat("Copy result as ", format_name(format)), "",
        [this, result, format] { copy(GridView::rows_text(*result(), format, true), format_name(format)); }, have_rows);
  }
  for (const auto& [name, chord] :
       std::initializer_list<std::pair<const char*, const char*>>{{"Copy selection", "Ctrl+C"},
                                                                  {"View the value", "Space"},
                                                                  {"Edit the cell", "F2 or Enter"},
                                                                  {"Set to NULL while editing", "Ctrl+0"},
                                                                  {"Delete row, add row", "Delete, Insert"},
                                                                  {"Extend the selection", "Shift+arrows"}}) {
    listed("Result", name, chord);
  }

  add("Window", "Connect", "Ctrl+K", [this] { dialogs_->open_connect(*this); });
  add(
      "Window", "Disconnect", "", [this] { disconnect(); }, [this] { return session != nullptr; });
  add(
      "Window", "Load the schema again", "F6", [this] { session->refresh_schema(); },
      [this] { return session != nullptr; });
  add(
      "Window", "Pause or resume the log", "", [this] { session->log.pause(!session->log.paused()); },
      [this] { return session != nullptr; });
  add("Window", "Commands", "Ctrl+Shift+P", [this] { dialogs_->open_palette(); });
  add("Window", "Keys", "F1", [this] { dialogs_->open_keys(); });
  add("Window", "Settings", "Ctrl+,", [this] { dialogs_->open_settings(); });
  add("Window", "Dark or light", "Ctrl+Shift+L", [this] { set_dark(settings.theme != "dark"); });
  add("Window", "Larger", "Ctrl+=", [this] { set_scale(std::round(settings.scale * 10 + 1) / 10); });
  add("Window", "Smaller", "Ctrl+-", [this] { set_scale(std::round(settings.scale * 10 - 1) / 10); });
  add("Window", "Normal size", "Ctrl+0", [this] { set_scale(1); });
  add("Window", "Quit", "Ctrl+Q", [this] { quit(); });
}

void App::handle_keys() {
  if (dialogs_->any_open()) return;
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

std::vector<std::string_view> App::fact_names() {
  return {"connected", "connection",  "nodes",    "up",           "master",   "worst",      "view",    "tab",
          "tabs",      "rows",        "held",     "columns",      "affected", "status",     "message", "node",
          "results",   "running",     "verdict",  "verdict-text", "target",   "theme",      "editor",  "statement",
          "databases", "tables",      "log",      "log-mode",     "events",   "dialog",     "toast",   "changes",
          "held-back", "differences", "position", "cell",         "sequence", "completing", "mark",    "clipboard"};
}

std::optional<std::string> App::fact(std::string_view name) const {
  const QueryTab& current = tab();
  const ResultView* result = current.results.empty()
                                 ? nullptr
                                 : current.results[std::min(current.active_result, current.results.size() - 1)].get();
  const ClusterModel* cluster = session ? &session->cluster : nullptr;
  const auto yes_no = [](bool value) { return std::string(value ? "yes" : "no"); };
  if (name == "connected") return yes_no(session && session->state() == ConnectionState::connected);
  if (name == "connection") return session ? session->connection().name : std::string();
  if (name == "nodes") return cat(cluster ? cluster->nodes().size() : 0);
  if (name == "up") return cat(cluster ? cluster->reachable() : 0);
  if (name == "master") return cluster && cluster->master() ? cluster->master()->status.name : std::string();
  if (name == "worst") return cluster ? std::string(health_word(cluster->worst())) : std::string();
  if (name == "view") return std::string(view_name(view));
  if (name == "tab") return current.label();
  if (name == "tabs") return cat(tabs.size());
  if (name == "results") return cat(current.results.size());
  if (name == "running") return yes_no(current.running().has_value());
  if (name == "rows") return cat(result ? result->grid.shown() : 0);
  if (name == "held") return cat(result ? result->grid.rows().size() : 0);
  if (name == "columns") return cat(result ? result->grid.columns().size() : 0);
  if (name == "affected") return cat(result ? result->affected_rows : 0);
  if (name == "sequence") return cat(result ? result->sequence : 0);
  if (name == "status") return result ? std::string(code_name(result->status.code)) : std::string();
  if (name == "message") return result ? result->status.message : std::string();
  if (name == "node") return result ? result->node : std::string();
  if (name == "mark") {
    const auto& mark = current.mark;
    return mark && mark->version == current.buffer.version()
               ? current.buffer.text().substr(mark->begin, mark->end - mark->begin)
               : std::string();
  }
  if (name == "clipboard") {
    const char* text = ImGui::GetClipboardText();
    return std::string(text != nullptr ? text : "");
  }
  if (name == "verdict") return verdict.verdict().word;
  if (name == "verdict-text") return cat(verdict.verdict().text, " ", verdict.verdict().detail);
  if (name == "target") return target_label();
  if (name == "theme") return settings.theme;
  if (name == "editor") return current.buffer.text();
  if (name == "completing") return yes_no(query_panel_->editor(*tabs[active_tab]).completing());
  if (name == "statement") {
    const auto range = current.highlighter.statement_at(current.buffer, current.buffer.caret());
    return range ? current.buffer.text().substr(range->begin, range->end - range->begin) : std::string();
  }
  if (name == "databases") return cat(session ? session->schema.databases().size() : 0);
  if (name == "tables") {
    std::size_t tables = 0;
    if (session) {
      for (const SchemaDatabase& database : session->schema.databases())
        tables += database.system ? 0 : database.tables.size();
    }
    return cat(tables);
  }
  if (name == "log") return cat(session ? session->log.size() : 0);
  if (name == "log-mode")
    return session ? std::string(session->log.historical() ? "history"
                                 : session->log.paused()   ? "paused"
                                                           : "live")
                   : std::string();
  if (name == "events") {
    std::string words;
    if (cluster) {
      for (const ClusterEvent& event : cluster->events())
        words += cat(words.empty() ? "" : ", ", event.node, " ", event_word(event.kind));
    }
    return words;
  }
  if (name == "dialog") return std::string(dialogs_->open_name());
  if (name == "toast") return toasts.empty() ? std::string() : cat(toasts.back().title, " ", toasts.back().text);
  if (name == "changes") return cat(result && result->edits ? result->edits->count() : 0);
  if (name == "held-back") return yes_no(held_back.has_value());
  if (name == "differences")
    return compare_panel_->comparison() ? cat(compare_panel_->comparison()->differing) : std::string();
  if (name == "position") return cat(cluster ? cluster->head() : 0);
  if (name == "cell") {
    if (!result || !result->grid.focus || result->grid.focus->row >= result->grid.shown()) return std::string();
    return cell_text(result->grid.cell(result->grid.focus->row, result->grid.focus->column));
  }
  return std::nullopt;
}

}  // namespace sqlcast::gui
