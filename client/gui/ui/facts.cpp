#include "client/gui/ui/facts.h"

#include <algorithm>

#include <imgui.h>

#include "client/gui/model/cell_text.h"
#include "client/gui/model/compare_model.h"
#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"

namespace sqlcast::gui {

namespace {

std::string yes_no(bool value) { return value ? "yes" : "no"; }

// What most facts are about, once.
struct Place {
  explicit Place(const WindowState& state)
      : window(state),
        work(state.work),
        tab(state.work.tab()),
        connection(state.work.connection()),
        cluster(connection != nullptr ? &connection->cluster : nullptr),
        result(tab.results.empty() ? nullptr : tab.results[std::min(tab.active_result, tab.results.size() - 1)].get()) {
  }
  const WindowState& window;
  const Workspace& work;
  const QueryTab& tab;
  const Connection* connection;
  const ClusterModel* cluster;
  const ResultModel* result;
};

std::string mark(const Place& at) {
  const auto& mark = at.tab.mark;
  if (!mark || mark->version != at.tab.buffer.version()) return {};
  return at.tab.buffer.text().substr(mark->begin, mark->end - mark->begin);
}

std::string tables(const Place& at) {
  std::size_t count = 0;
  if (at.connection != nullptr) {
    for (const SchemaDatabase& database : at.connection->schema.databases())
      count += database.system ? 0 : database.tables.size();
  }
  return cat(count);
}

std::string log_mode(const Place& at) {
  if (at.connection == nullptr) return {};
  const LogModel& log = at.connection->log;
  return log.historical() ? "history" : log.paused() ? "paused" : "live";
}

std::string events(const Place& at) {
  std::string words;
  if (at.cluster != nullptr) {
    for (const ClusterEvent& event : at.cluster->events())
      words += cat(words.empty() ? "" : ", ", event.node, " ", event_word(event.kind));
  }
  return words;
}

std::string cell(const Place& at) {
  if (at.result == nullptr || !at.result->grid.focus) return {};
  const CellAt focus = *at.result->grid.focus;
  return focus.row < at.result->grid.shown() ? cell_text(at.result->grid.cell(focus.row, focus.column)) : std::string();
}

std::string clipboard(const Place&) {
  const char* text = ImGui::GetClipboardText();
  return text != nullptr ? text : "";
}

struct Fact {
  std::string_view name;
  std::string (*of)(const Place& at);
};

constexpr Fact kFacts[] = {
    {"connected", [](const Place& at) { return yes_no(at.work.connected()); }},
    {"connection", [](const Place& at) { return at.connection ? at.connection->saved().name : std::string(); }},
    {"nodes", [](const Place& at) { return cat(at.cluster ? at.cluster->nodes().size() : 0); }},
    {"up", [](const Place& at) { return cat(at.cluster ? at.cluster->reachable() : 0); }},
    {"master",
     [](const Place& at) {
       return at.cluster && at.cluster->master() ? at.cluster->master()->status.name : std::string();
     }},
    {"worst",
     [](const Place& at) { return at.cluster ? std::string(health_word(at.cluster->worst())) : std::string(); }},
    {"position", [](const Place& at) { return cat(at.cluster ? at.cluster->head() : 0); }},
    {"events", events},
    {"view", [](const Place& at) { return std::string(view_name(at.work.view)); }},
    {"theme", [](const Place& at) { return at.work.settings.theme; }},
    {"dialog", [](const Place& at) { return std::string(at.window.dialog); }},
    {"toast",
     [](const Place& at) {
       const auto& shown = at.work.toasts.shown();
       return shown.empty() ? std::string() : cat(shown.back().title, " ", shown.back().text);
     }},
    {"clipboard", clipboard},
    {"target", [](const Place& at) { return at.work.target_label(); }},
    {"verdict", [](const Place& at) { return at.work.verdict().word; }},
    {"verdict-text", [](const Place& at) { return cat(at.work.verdict().text, " ", at.work.verdict().detail); }},
    {"held-back", [](const Place& at) { return yes_no(at.work.held_back.has_value()); }},
    {"asking", [](const Place& at) { return yes_no(at.work.question != nullptr); }},
    {"tab", [](const Place& at) { return at.tab.label(); }},
    {"tabs", [](const Place& at) { return cat(at.work.tabs().size()); }},
    {"editor", [](const Place& at) { return at.tab.buffer.text(); }},
    {"statement", [](const Place& at) { return at.work.statement_at_caret(); }},
    {"completing", [](const Place& at) { return yes_no(at.window.completing); }},
    {"mark", mark},
    {"running", [](const Place& at) { return yes_no(at.tab.running().has_value()); }},
    {"results", [](const Place& at) { return cat(at.tab.results.size()); }},
    {"rows", [](const Place& at) { return cat(at.result ? at.result->grid.shown() : 0); }},
    {"held", [](const Place& at) { return cat(at.result ? at.result->grid.rows().size() : 0); }},
    {"columns", [](const Place& at) { return cat(at.result ? at.result->grid.columns().size() : 0); }},
    {"affected", [](const Place& at) { return cat(at.result ? at.result->affected_rows : 0); }},
    {"sequence", [](const Place& at) { return cat(at.result ? at.result->sequence : 0); }},
    {"status",
     [](const Place& at) { return at.result ? std::string(code_name(at.result->status.code)) : std::string(); }},
    {"message", [](const Place& at) { return at.result ? at.result->status.message : std::string(); }},
    {"node", [](const Place& at) { return at.result ? at.result->node : std::string(); }},
    {"cell", cell},
    {"changes", [](const Place& at) { return cat(at.result && at.result->edits ? at.result->edits->count() : 0); }},
    {"databases", [](const Place& at) { return cat(at.connection ? at.connection->schema.databases().size() : 0); }},
    {"tables", tables},
    {"log", [](const Place& at) { return cat(at.connection ? at.connection->log.size() : 0); }},
    {"log-mode", log_mode},
    {"differences",
     [](const Place& at) { return at.window.comparison ? cat(at.window.comparison->differing) : std::string(); }},
};

}  // namespace

std::optional<std::string> fact(std::string_view name, const WindowState& state) {
  for (const Fact& fact : kFacts) {
    if (fact.name == name) return fact.of(Place(state));
  }
  return std::nullopt;
}

}  // namespace sqlcast::gui
