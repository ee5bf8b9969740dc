#include "client/gui/ui/app.h"

#include <algorithm>
#include <filesystem>

#include "client/gui/model/keys.h"
#include "client/gui/model/text.h"
#include "client/gui/ui/cluster_panel.h"
#include "client/gui/ui/compare_panel.h"
#include "client/gui/ui/diagram_panel.h"
#include "client/gui/ui/dialogs.h"
#include "client/gui/ui/log_panel.h"
#include "client/gui/ui/query_panel.h"
#include "client/gui/ui/schema_panel.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

namespace {
constexpr std::size_t kMailbox = 4'096;
constexpr std::size_t kMaxToasts = 5;
constexpr std::size_t kMaxTabs = 60;
constexpr double kLookForChanges = 5;  // seconds
constexpr std::uint64_t kMaxSqlFile = 32U << 20U;
constexpr std::string_view kViewNames[] = {"query", "cluster", "diagram", "log", "compare"};

bool changes_schema(const ResultView& result) {
  return result.status.ok() && sql::classify(result.sql, result.database).statement_class == sql::Class::ddl;
}
}  // namespace

std::string_view view_name(View view) { return kViewNames[static_cast<std::size_t>(view)]; }

std::optional<View> view_from(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kViewNames); ++i) {
    if (kViewNames[i] == name) return static_cast<View>(i);
  }
  return std::nullopt;
}

App::App(Options options)
    : options_(std::move(options)),
      mailbox_(kMailbox, options_.wake),
      schema_panel_(std::make_unique<SchemaPanel>()),
      query_panel_(std::make_unique<QueryPanel>()),
      cluster_panel_(std::make_unique<ClusterPanel>()),
      log_panel_(std::make_unique<LogPanel>()),
      diagram_panel_(std::make_unique<DiagramPanel>()),
      compare_panel_(std::make_unique<ComparePanel>()),
      dialogs_(std::make_unique<Dialogs>()) {
  if (!options_.folder.empty()) {
    keeper_ = std::make_shared<Keeper>(options_.folder);
    LoadedSettings loaded = load_settings(options_.folder);
    settings = std::move(loaded.settings);
    if (!loaded.notice.empty()) toast(ToastKind::warning, "Settings were reset", loaded.notice);
    std::error_code ignored;
    const std::string path = options_.folder + "/history";
    if (std::filesystem::exists(path, ignored)) {
      const auto text = read_file(path, kMaxSqlFile);
      if (text.ok()) history.load(*text);
    }
  }
  view = view_from(settings.view).value_or(View::query);
  restore_tabs();
  make_commands();
  if (!look().notice.empty()) toast(ToastKind::info, "Fonts are missing", look().notice);
  if (!options_.endpoints.empty()) {
    connect({options_.endpoints_name, options_.endpoints, "blue"});
  } else {
    for (const SavedConnection& saved : settings.connections) {
      if (saved.name == settings.last_connection && !session) connect(saved);
    }
  }
  if (!session) dialogs_->open_connect(*this);
}

App::~App() {
  for (const auto& [id, stop] : arranging_) *stop = true;
}

void App::restore_tabs() {
  if (!options_.scripted) {
    for (const SavedTab& saved : settings.tabs) {
      QueryTab& restored = new_tab(saved.title, saved.text);
      restored.database = saved.database;
      restored.path = saved.path;
      if (!saved.path.empty() && saved.text.empty()) {
        const auto text = read_file(saved.path, kMaxSqlFile);
        if (text.ok()) restored.buffer.reset(to_utf8(*text));
      }
    }
  }
  if (tabs.empty()) new_tab();
  active_tab = std::min<std::size_t>(static_cast<std::size_t>(std::max(settings.active_tab, 0)), tabs.size() - 1);
}

Settings App::remembered() const {
  Settings out = settings;
  out.view = view_name(view);
  out.tabs.clear();
  for (const auto& one : tabs) {
    const bool in_file = !one->path.empty() && !one->buffer.modified();
    out.tabs.push_back({one->title, one->path, in_file ? std::string() : one->buffer.text(), one->database});
  }
  out.active_tab = static_cast<int>(active_tab);
  if (session) out.last_connection = session->connection().name;
  return out;
}

Status App::save() { return keeper_ ? keeper_->save(++saves_, remembered(), history.to_text()) : ok_status(); }

void App::save_changes() {
  if (!keeper_ || now - looked_for_changes_ < kLookForChanges) return;
  looked_for_changes_ = now;
  std::string state = cat(view_name(view), " ", active_tab, " ", ran_, " ", settings.theme, " ",
                          fixed(static_cast<double>(settings.scale), 2), " ", settings.last_connection, " ",
                          settings.connections.size());
  for (const auto& one : tabs) state += cat("\n", one->id(), " ", one->buffer.version(), " ", one->path);
  if (state == saved_state_) return;
  const bool first = saved_state_.empty();
  saved_state_ = std::move(state);
  if (first) return;  // as it was read
  auto status = std::make_shared<Status>();
  in_background([keeper = keeper_, number = ++saves_, what = remembered(), lines = history.to_text(),
                 status] { *status = keeper->save(number, what, lines); },
                [this, status] {
                  if (status->ok() || said_unsaved_) return;
                  said_unsaved_ = true;
                  toast(ToastKind::warning, "Tabs and settings cannot be kept", status->message);
                });
}

QueryTab& App::new_tab(std::string title, std::string_view text) {
  const std::uint64_t id = next_tab_++;
  auto fresh = std::make_shared<QueryTab>(id, title.empty() ? cat("query ", id) : std::move(title));
  fresh->buffer.reset(text);
  if (!tabs.empty()) fresh->database = tab().database;
  tabs.push_back(std::move(fresh));
  active_tab = tabs.size() - 1;
  query_panel_->focus_editor();
  if (tabs.size() > kMaxTabs) toast(ToastKind::info, "Many tabs are open", "Ctrl+W closes the one in front.");
  return *tabs.back();
}

void App::close_tab(std::size_t index) {
  if (tabs[index]->running() && session) tabs[index]->cancel(session->backend());
  tabs.erase(tabs.begin() + static_cast<std::ptrdiff_t>(index));
  if (tabs.empty()) new_tab();
  if (active_tab >= tabs.size() || (index < active_tab && active_tab > 0))
    active_tab = std::min(active_tab, tabs.size()) - 1;
}

void App::select_tab(std::size_t index) {
  active_tab = std::min(index, tabs.size() - 1);
  query_panel_->focus_editor();
}

void App::open_in_editor(std::string_view title, std::string_view text, bool run) {
  view = View::query;
  const bool reuse = tab().buffer.text().empty() && !tab().running();
  if (reuse) {
    tab().title = title;
    tab().buffer.insert(text);
  } else {
    new_tab(std::string(title), text);
    tab().buffer.set_caret(tab().buffer.text().size());
  }
  tab().highlighter.update(tab().buffer);
  if (run) run_texts({std::string(text)}, {0});
}

void App::connect(const SavedConnection& connection) {
  disconnect();
  if (target.kind == client::Target::Kind::node) target = {};  // it may not be of that cluster
  auto backend = options_.make_backend(connection);
  if (!backend.ok()) {
    toast(ToastKind::error, cat("Cannot connect to ", connection.name), backend.status().message);
    dialogs_->open_connect(*this);
    return;
  }
  settings.last_connection = connection.name;
  session = std::make_unique<Session>(connection, std::move(*backend));
}

void App::disconnect() {
  for (const auto& one : tabs) one->session_ended();
  held_back.reset();
  verdict = {};
  compare_panel_ = std::make_unique<ComparePanel>();
  if (!session) return;
  // Ending a connection may wait for a node that does not answer: not here.
  std::shared_ptr<Backend> ended = session->release_backend();
  session.reset();
  static_cast<void>(worker_.run([ended = std::move(ended)]() mutable { ended.reset(); }));
}

// ---- running -------------------------------------------------------------------------------------------------------

client::Consistency App::consistency() const {
  if (settings.consistency == "any") return client::Consistency::any;
  if (settings.consistency == "max_lag") return client::Consistency::max_lag;
  if (settings.consistency == "master") return client::Consistency::master;
  return client::Consistency::session;
}

const NodeView* App::target_node() const {
  if (!session || target.kind == client::Target::Kind::any) return nullptr;
  if (target.kind == client::Target::Kind::master) return session->cluster.master();
  return session->cluster.find(target.endpoint);
}

bool App::target_is_slave() const {
  const NodeView* node = target_node();
  return node != nullptr && !node->master;
}

std::string App::target_label() const {
  if (target.kind == client::Target::Kind::any) return "any node";
  if (target.kind == client::Target::Kind::master) return "the master";
  const NodeView* node = target_node();
  return node != nullptr && !node->status.name.empty() ? node->status.name : target.endpoint;
}

RunOptions App::run_options() const {
  RunOptions options;
  options.target.kind = target.kind;
  options.target.endpoint = target.endpoint;
  options.target_name = target_label();
  options.consistency = consistency();
  if (options.consistency == client::Consistency::max_lag)
    options.max_lag = std::chrono::milliseconds(settings.max_lag_ms);
  options.page_rows = static_cast<std::uint32_t>(settings.page_rows);
  return options;
}

void App::run_statement() {
  QueryTab& current = tab();
  current.highlighter.update(current.buffer);
  if (current.buffer.has_selection()) {
    const auto [begin, end] = current.buffer.selection();
    std::vector<std::string> texts;
    std::vector<std::size_t> offsets;
    for (const StatementRange& range : current.highlighter.statements()) {
      const std::size_t from = std::max(range.begin, begin);
      const std::size_t to = std::min(range.end, end);
      if (from >= to) continue;
      texts.push_back(current.buffer.text().substr(from, to - from));
      offsets.push_back(from);
    }
    return run_texts(std::move(texts), std::move(offsets));
  }
  const auto statement = current.highlighter.statement_at(current.buffer, current.buffer.caret());
  if (!statement) return;
  run_texts({current.buffer.text().substr(statement->begin, statement->end - statement->begin)}, {statement->begin});
}

void App::run_all() {
  QueryTab& current = tab();
  current.highlighter.update(current.buffer);
  std::vector<std::string> texts;
  std::vector<std::size_t> offsets;
  for (const StatementRange& range : current.highlighter.statements()) {
    texts.push_back(current.buffer.text().substr(range.begin, range.end - range.begin));
    offsets.push_back(range.begin);
  }
  run_texts(std::move(texts), std::move(offsets));
}

void App::run_all_atomically() {
  QueryTab& current = tab();
  current.highlighter.update(current.buffer);
  if (!session || current.running()) return;
  std::vector<client::Statement> statements;
  for (const StatementRange& range : current.highlighter.statements()) {
    client::Statement statement;
    statement.sql = current.buffer.text().substr(range.begin, range.end - range.begin);
    statements.push_back(std::move(statement));
  }
  current.run_atomic(
      session->backend(), std::move(statements), run_options(), now,
      [this](const client::Reply& reply) {
        if (reply.status.ok()) {
          toast(ToastKind::good, cat("All of it done, sequence ", with_separators(reply.sequence)));
        } else {
          toast(ToastKind::error, "Nothing was done", reply.status.message);
        }
      },
      record());
}

void App::run_texts(std::vector<std::string> statements, std::vector<std::size_t> offsets) {
  if (!session || statements.empty() || tab().running()) return;
  held_back.reset();
  if (target_is_slave()) {
    for (const std::string& statement : statements) {
      if (sql::classify(statement, tab().database).statement_class != sql::Class::ddl) continue;
      const NodeView* master = session->cluster.master();
      held_back = HeldBack{std::move(statements), std::move(offsets), target_label(),
                           master != nullptr ? master->status.name : std::string()};
      return;
    }
  }
  tab().run(session->backend(), std::move(statements), std::move(offsets), run_options(), now, record());
}

void App::run_held_back_at_master() {
  if (!session || !held_back) return;
  RunOptions options = run_options();
  options.target = {client::Target::Kind::master, {}};
  options.target_name = "the master";
  HeldBack held = std::move(*held_back);
  held_back.reset();
  tab().run(session->backend(), std::move(held.statements), std::move(held.offsets), options, now, record());
}

QueryTab::Finished App::record() {
  return [this](const ResultView& result) {
    HistoryItem item;
    item.time_us = unix_us;
    item.node = result.node;
    item.ok = result.status.ok();
    item.outcome = outcome_text(result);
    item.elapsed_us = static_cast<std::uint64_t>(std::max<std::int64_t>(0, result.round_trip.count()));
    item.sql = result.sql;
    history.add(std::move(item));
    ++ran_;
    if (!result.status.ok() && result.status.code != Code::cancelled && view != View::query) {
      toast(ToastKind::error, std::string(code_name(result.status.code)), result.status.message);
    }
    if (session && changes_schema(result)) session->refresh_schema();
  };
}

// ---- small services ------------------------------------------------------------------------------------------------

void App::toast(ToastKind kind, std::string title, std::string text) {
  toasts.push_back({next_toast_++, kind, std::move(title), to_utf8(text), now, false});
  while (toasts.size() > kMaxToasts) toasts.pop_front();
}

void App::copy(std::string_view text, std::string_view what) {
  ImGui::SetClipboardText(to_utf8(text).c_str());
  toast(ToastKind::info, cat("Copied: ", what), {});
  toasts.back().since = now - 4;  // a short word is enough
}

void App::in_background(std::function<void()> job, std::function<void()> then) {
  const bool taken = worker_.run([this, job = std::move(job), then = std::move(then)] {
    job();
    // The mailbox is far larger than the worker's queue: it has room.
    while (!mailbox_.post(then)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });
  if (!taken) toast(ToastKind::warning, "Too much is waiting to be done", "Try again in a moment.");
}

void App::arrange_result(const std::shared_ptr<ResultView>& result, Arrangement arrangement) {
  const auto id = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(result.get()));
  if (const auto it = arranging_.find(id); it != arranging_.end()) {
    *it->second = true;
    arranging_.erase(it);
  }
  if (!result->grid.set_arrangement(std::move(arrangement))) return;
  auto stop = std::make_shared<std::atomic<bool>>(false);
  arranging_[id] = stop;
  auto order = std::make_shared<std::optional<std::vector<std::uint32_t>>>();
  const std::weak_ptr<ResultView> weak = result;
  in_background([rows = result->grid.rows(), columns = result->grid.columns(), wanted = result->grid.arrangement(),
                 stop, order] { *order = arrange(rows, columns, wanted, *stop); },
                [this, weak, order, id, stop, version = result->grid.arrangement_version()] {
                  if (const auto it = arranging_.find(id); it != arranging_.end() && it->second == stop)
                    arranging_.erase(it);
                  const auto view_of = weak.lock();
                  if (view_of && *order) view_of->grid.take_order(version, std::move(**order));
                });
}

void App::open_file(const std::string& path) {
  auto text = std::make_shared<Result<std::string>>(ok_status());
  in_background([text, path] { *text = read_file(path, kMaxSqlFile); },
                [this, text, path] {
                  if (!text->ok()) return toast(ToastKind::error, "The file was not opened", text->status().message);
                  if (!is_utf8(**text))
                    toast(ToastKind::warning, "The file is not UTF-8",
                          cat(path, ": bytes that are not were replaced."));
                  QueryTab& opened = new_tab(path.substr(path.rfind('/') + 1), to_utf8(**text));
                  opened.path = path;
                });
}

void App::save_file(QueryTab& saved, const std::string& path) {
  const Status status = write_file(path, saved.buffer.text());
  if (!status.ok()) return toast(ToastKind::error, "The file was not saved", status.message);
  saved.path = path;
  saved.buffer.mark_saved();
  toast(ToastKind::good, cat("Saved ", path));
}

void App::set_dark(bool dark) {
  settings.theme = dark ? "dark" : "light";
  set_theme(dark);
}

void App::set_scale(float scale) {
  settings.scale = std::clamp(scale, 0.75F, 3.0F);
  theme_changed = true;
}

bool App::animating() const {
  if (dialogs_->exporting() || compare_panel_->running()) return true;
  for (const auto& one : tabs) {
    if (one->running()) return true;
  }
  if (!session || options_.scripted) return false;
  const bool flow_seen = view == View::cluster || (view == View::query && settings.live_panel);
  if (!flow_seen) return false;
  for (const auto& node : session->cluster.nodes()) {
    if (!node->master && node->measured_rate > 0.05) return true;
  }
  return false;
}

}  // namespace sqlcast::gui
