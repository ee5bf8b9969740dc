#include "client/gui/model/workspace.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <utility>

#include "client/gui/model/text.h"
#include "sql/policy.h"

namespace sqlcast::gui {

namespace {
constexpr std::size_t kMaxTabs = 60;
constexpr std::size_t kMaxClosed = 30;
constexpr double kLookForChanges = 5;  // seconds
constexpr std::uint64_t kMaxSqlFile = 32U << 20U;
constexpr std::string_view kViewNames[] = {"query", "cluster", "diagram", "log", "compare"};

// Behind a letter of a word: it may be about to become another.
bool in_a_word(const EditorBuffer& buffer) {
  if (buffer.caret() == 0) return false;
  const auto before = static_cast<unsigned char>(buffer.text()[buffer.caret() - 1]);
  return std::isalnum(before) != 0 || before == '_' || before >= 0x80;
}

sql::Class class_of(std::string_view text, std::string_view database) {
  return sql::classify(text, database).statement_class;
}
}  // namespace

std::string_view view_name(View view) { return kViewNames[static_cast<std::size_t>(view)]; }

std::optional<View> view_from(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kViewNames); ++i) {
    if (kViewNames[i] == name) return static_cast<View>(i);
  }
  return std::nullopt;
}

Workspace::Workspace(Options options) : options_(std::move(options)) {
  if (!options_.folder.empty()) {
    // A script is no reason to lose what a person has there.
    if (!options_.scripted || !has_settings(options_.folder)) keeper_ = std::make_shared<Keeper>(options_.folder);
    LoadedSettings loaded = load_settings(options_.folder);
    settings = std::move(loaded.settings);
    if (!loaded.notice.empty()) say(ToastKind::warning, "Settings were reset", loaded.notice);
    std::error_code ignored;
    const std::string path = options_.folder + "/history";
    if (std::filesystem::exists(path, ignored)) {
      const auto text = read_file(path, kMaxSqlFile);
      if (text.ok()) history_.load(*text);
    }
  }
  view = view_from(settings.view).value_or(View::query);
  restore_tabs();
}

Workspace::~Workspace() {
  for (const auto& [id, stop] : arranging_) *stop = true;
}

void Workspace::tick(double now, std::uint64_t unix_us) {
  now_ = now;
  unix_us_ = unix_us;
  toasts.tick(now);
  if (connection_) {
    connection_->tick(now, unix_us);
    if (tab().database.empty() && !tab().no_database) {
      for (const SchemaDatabase& database : connection_->schema.databases()) {
        if (!database.system && tab().database.empty()) tab().database = database.name;
      }
    }
  }
  if (importing()) tell_import();
  save_changes();
}

void Workspace::say(ToastKind kind, std::string title, const std::string& text) {
  toasts.show(kind, std::move(title), text, now_);
}

void Workspace::in_background(std::function<void()> job, std::function<void()> then) {
  if (!options_.in_background(std::move(job), std::move(then)))
    say(ToastKind::warning, "Too much is waiting to be done", "Try again in a moment.");
}

// ---- what is kept
// ----------------------------------------------------------------------------------------------------

void Workspace::restore_tabs() {
  if (!options_.scripted) {
    for (const SavedTab& saved : settings.tabs) {
      QueryTab& restored = new_tab(saved.title, saved.text);
      restored.database = saved.database;
      restored.path = saved.path;
      if (!saved.path.empty() && !saved.text.empty()) restored.buffer.mark_modified();  // it is not what the file has
      if (!saved.path.empty() && saved.text.empty()) {
        const auto text = read_file(saved.path, kMaxSqlFile);
        if (text.ok()) restored.buffer.reset(to_utf8(*text));
      }
    }
  }
  if (tabs_.empty()) new_tab();
  active_tab_ = std::min<std::size_t>(static_cast<std::size_t>(std::max(settings.active_tab, 0)), tabs_.size() - 1);
}

Settings Workspace::remembered() const {
  Settings out = settings;
  out.view = view_name(view);
  out.tabs.clear();
  for (const auto& one : tabs_) {
    const bool in_file = !one->path.empty() && !one->buffer.modified();
    out.tabs.push_back({one->title, one->path, in_file ? std::string() : one->buffer.text(), one->database});
  }
  out.active_tab = static_cast<int>(active_tab_);
  if (connection_) out.last_connection = connection_->saved().name;
  return out;
}

Status Workspace::save() { return keeper_ ? keeper_->save(++saves_, remembered(), history_.to_text()) : ok_status(); }

void Workspace::save_changes() {
  if (!keeper_ || now_ - looked_for_changes_ < kLookForChanges) return;
  looked_for_changes_ = now_;
  std::string state = cat(view_name(view), " ", active_tab_, " ", ran_, " ", settings.theme, " ",
                          fixed(static_cast<double>(settings.scale), 2), " ", settings.last_connection, " ",
                          settings.connections.size());
  for (const auto& one : tabs_) state += cat("\n", one->id(), " ", one->buffer.version(), " ", one->path);
  if (state == saved_state_) return;
  const bool first = saved_state_.empty();
  saved_state_ = std::move(state);
  if (first) return;  // as it was read
  auto status = std::make_shared<Status>();
  in_background([keeper = keeper_, number = ++saves_, what = remembered(), lines = history_.to_text(),
                 status] { *status = keeper->save(number, what, lines); },
                [this, status] {
                  if (status->ok() || said_unsaved_) return;
                  said_unsaved_ = true;
                  say(ToastKind::warning, "Tabs and settings cannot be kept", status->message);
                });
}

// ---- tabs
// ------------------------------------------------------------------------------------------------------------

QueryTab& Workspace::new_tab(std::string title, std::string_view text) {
  const std::uint64_t id = next_tab_++;
  auto fresh = std::make_shared<QueryTab>(id, title.empty() ? cat("query ", id) : std::move(title));
  fresh->buffer.reset(text);
  if (!tabs_.empty()) fresh->database = tab().database;
  tabs_.push_back(std::move(fresh));
  active_tab_ = tabs_.size() - 1;
  wishes.focus_editor = true;
  if (tabs_.size() > kMaxTabs) say(ToastKind::info, "Many tabs are open", "Ctrl+W closes the one in front.");
  return *tabs_.back();
}

void Workspace::close_tab(std::size_t index) {
  QueryTab& closing = *tabs_[index];
  if (closing.running() && connection_) closing.cancel(connection_->backend());
  if (!trim(closing.buffer.text()).empty()) {
    closed_.push_back({{closing.title, closing.path, closing.buffer.text(), closing.database},
                       closing.buffer.caret(),
                       closing.buffer.modified()});
    if (closed_.size() > kMaxClosed) closed_.erase(closed_.begin());
    toasts.confirm("Closed; Ctrl+Shift+T opens it again", now_);
  }
  if (held_back && held_back->tab == closing.id()) held_back.reset();
  tabs_.erase(tabs_.begin() + static_cast<std::ptrdiff_t>(index));
  if (tabs_.empty()) new_tab();
  if (active_tab_ >= tabs_.size() || (index < active_tab_ && active_tab_ > 0))
    active_tab_ = std::min(active_tab_, tabs_.size()) - 1;
}

bool Workspace::loses_a_file(std::size_t index) const {
  return !tabs_[index]->path.empty() && tabs_[index]->buffer.modified();
}

void Workspace::reopen_tab() {
  if (closed_.empty()) return say(ToastKind::info, "No closed tab is left to open again");
  const ClosedTab closed = std::move(closed_.back());
  closed_.pop_back();
  QueryTab& opened = new_tab(closed.saved.title, closed.saved.text);
  opened.path = closed.saved.path;
  opened.database = closed.saved.database;
  opened.buffer.set_caret(closed.caret);
  if (closed.modified) opened.buffer.mark_modified();
}

void Workspace::select_tab(std::size_t index) {
  active_tab_ = std::min(index, tabs_.size() - 1);
  wishes.focus_editor = true;
}

void Workspace::open_in_editor(std::string_view title, std::string_view text, bool run) {
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

std::string Workspace::text_of(const StatementRange& range) const {
  return tab().buffer.text().substr(range.begin, range.end - range.begin);
}

std::string Workspace::statement_at_caret() const {
  const auto range = tab().highlighter.statement_at(tab().buffer, tab().buffer.caret());
  return range ? text_of(*range) : std::string();
}

std::shared_ptr<ResultModel> Workspace::result() const {
  if (tab().results.empty()) return nullptr;
  const auto shown = tab().results[std::min(tab().active_result, tab().results.size() - 1)];
  return shown->has_rows ? shown : nullptr;
}

VerdictText Workspace::verdict() const {
  VerdictText out = verdict_.verdict();
  const auto lost = connection_ ? connection_->cluster.lost_master() : std::nullopt;
  if (!lost || out.kind == VerdictKind::none || out.kind == VerdictKind::refused) return out;
  const bool elsewhere = target.kind != client::Target::Kind::master && settings.consistency != "master";
  if (out.kind == VerdictKind::read && elsewhere) return out;
  const std::string since =
      lost->since_unix == 0 ? std::string() : cat(" since ", clock_time(lost->since_unix).substr(0, 8));
  // A definition is not waited with everywhere: a slave that gets it refuses it.
  const bool definition = out.kind == VerdictKind::ddl || out.kind == VerdictKind::ddl_elsewhere;
  out.text = definition ? cat("needs the ", lost->called(), ", which does not answer", since)
                        : cat("waits: the ", lost->called(), " does not answer", since);
  out.detail.clear();
  return out;
}

void Workspace::update_verdict() {
  const NodeModel* node = target_node();
  verdict_.update(statement_at_caret(), tab().database, node != nullptr ? node->status.endpoint : std::string(),
                  target_is_slave(), connected() ? &connection_->backend() : nullptr, now_, in_a_word(tab().buffer));
}

// ---- connection
// ------------------------------------------------------------------------------------------------------

bool Workspace::connect(const SavedConnection& connection) {
  disconnect();
  if (target.kind == client::Target::Kind::node) target = {};  // it may not be of that cluster
  auto backend = options_.make_backend(connection);
  if (!backend.ok()) {
    say(ToastKind::error, cat("Cannot connect to ", connection.name), backend.status().message);
    return false;
  }
  settings.last_connection = connection.name;
  connection_ = std::make_unique<Connection>(connection, std::move(*backend));
  ++connections_;
  look_for_local_nodes();
  return true;
}

void Workspace::disconnect() {
  std::size_t unsent = 0;
  for (const auto& one : tabs_) unsent += one->connection_ended();
  if (unsent > 0) {
    say(ToastKind::warning, cat(plural(unsent, "row change was", "row changes were"), " not sent"),
        "They were of the connection that has ended, and are gone with it.");
  }
  if (export_job && export_job->connection_ended())
    say(ToastKind::warning, "The export was stopped", std::string(ExportJob::kConnectionClosed));
  held_back.reset();
  question.reset();
  verdict_ = {};
  ++connections_;
  if (!connection_) return;
  // Ending a connection may wait for a node that does not answer: not here.
  std::shared_ptr<Backend> ended = connection_->release_backend();
  connection_.reset();
  static_cast<void>(options_.in_background([ended = std::move(ended)]() mutable { ended.reset(); }, [] {}));
}

const NodeModel* Workspace::target_node() const {
  if (!connection_ || target.kind == client::Target::Kind::any) return nullptr;
  if (target.kind == client::Target::Kind::master) return connection_->cluster.master();
  return connection_->cluster.find(target.endpoint);
}

bool Workspace::target_is_slave() const {
  const NodeModel* node = target_node();
  return node != nullptr && !node->master;
}

std::string Workspace::target_label() const {
  if (target.kind == client::Target::Kind::any) return "any node";
  if (target.kind == client::Target::Kind::master) return "the master";
  const NodeModel* node = target_node();
  return node != nullptr && !node->status.name.empty() ? node->status.name : target.endpoint;
}

client::Consistency Workspace::consistency() const {
  if (settings.consistency == "any") return client::Consistency::any;
  if (settings.consistency == "max_lag") return client::Consistency::max_lag;
  if (settings.consistency == "master") return client::Consistency::master;
  return client::Consistency::session;
}

// ---- running
// ---------------------------------------------------------------------------------------------------------

RunOptions Workspace::run_options() const {
  RunOptions options;
  options.target.kind = target.kind;
  options.target.endpoint = target.endpoint;
  options.target_name = target_label();
  options.consistency = consistency();
  if (options.consistency == client::Consistency::max_lag)
    options.max_lag = std::chrono::milliseconds(settings.max_lag_ms);
  options.page_rows = static_cast<std::uint32_t>(settings.page_rows);
  options.database = tab().database;
  return options;
}

bool Workspace::running() const {
  return std::any_of(tabs_.begin(), tabs_.end(), [](const auto& one) { return one->running().has_value(); });
}

void Workspace::run_statement() {
  QueryTab& current = tab();
  current.highlighter.update(current.buffer);
  std::vector<std::string> texts;
  std::vector<std::size_t> offsets;
  const auto add = [&](const StatementRange& range) {
    texts.push_back(text_of(range));
    offsets.push_back(range.begin);
  };
  if (current.buffer.has_selection()) {
    const auto [begin, end] = current.buffer.selection();
    for (StatementRange range : current.highlighter.statements()) {
      range.begin = std::max(range.begin, begin);
      range.end = std::min(range.end, end);
      if (range.begin < range.end) add(range);
    }
  } else if (const auto range = current.highlighter.statement_at(current.buffer, current.buffer.caret())) {
    add(*range);
  }
  run_texts(std::move(texts), std::move(offsets));
}

void Workspace::run_all() {
  QueryTab& current = tab();
  current.highlighter.update(current.buffer);
  std::vector<std::string> texts;
  std::vector<std::size_t> offsets;
  for (const StatementRange& range : current.highlighter.statements()) {
    texts.push_back(text_of(range));
    offsets.push_back(range.begin);
  }
  run_texts(std::move(texts), std::move(offsets));
}

void Workspace::run_all_atomically() {
  QueryTab& current = tab();
  current.highlighter.update(current.buffer);
  Run run;
  run.options = run_options();
  run.atomic = true;
  for (const StatementRange& range : current.highlighter.statements()) run.statements.push_back(text_of(range));
  begin(std::move(run));
}

void Workspace::run_texts(std::vector<std::string> statements, std::vector<std::size_t> offsets) {
  if (!connection_ || statements.empty() || tab().running()) return;
  held_back.reset();
  question.reset();
  const bool changes_a_slave =
      target_is_slave() && std::any_of(statements.begin(), statements.end(), [this](const std::string& statement) {
        return class_of(statement, tab().database) == sql::Class::ddl;
      });
  if (changes_a_slave) {
    held_back = HeldBack{std::move(statements), std::move(offsets), target_label(), tab().id(), tab().database};
    return;
  }
  begin({std::move(statements), std::move(offsets), run_options(), false, false});
}

void Workspace::run_held_back_at_master() {
  if (!connection_ || !held_back || !to_front(held_back->tab) || tab().running()) return;
  HeldBack held = std::move(*held_back);
  held_back.reset();
  Run run{std::move(held.statements), std::move(held.offsets), run_options(), false, false};
  run.options.target = {client::Target::Kind::master, {}};
  run.options.target_name = "the master";
  run.options.database = held.database;
  begin(std::move(run));
}

bool Workspace::to_front(std::uint64_t tab_id) {
  const auto found =
      std::find_if(tabs_.begin(), tabs_.end(), [tab_id](const auto& one) { return one->id() == tab_id; });
  if (found == tabs_.end()) return false;
  active_tab_ = static_cast<std::size_t>(found - tabs_.begin());
  return true;
}

// ---- what is asked before it is sent
// ---------------------------------------------------------------------------------

void Workspace::begin(Run run) {
  if (!connection_ || run.statements.empty() || tab().running()) return;
  auto asked = std::make_shared<Question>();
  const bool production = connection_->saved().colour == kProductionColour;
  for (const std::string& statement : run.statements) {
    if (auto danger = danger_of(statement, run.options.database, production))
      asked->items.push_back({std::move(*danger), {}});
  }
  question.reset();
  if (asked->items.empty()) return launch(std::move(run));
  asked->run = std::move(run);
  asked->tab = tab().id();
  const auto& nodes = connection_->cluster.nodes();
  for (const auto& node : nodes) asked->nodes += cat(asked->nodes.empty() ? "" : ", ", node->name());
  asked->nodes = cat(plural(nodes.size(), "node", "nodes"), ": ", asked->nodes);
  question = asked;
  count_rows(asked);
}

void Workspace::count_rows(const std::shared_ptr<Question>& asked) {
  for (std::size_t i = 0; i < asked->items.size(); ++i) {
    Question::Item& item = asked->items[i];
    if (item.danger.count_sql.empty()) continue;
    item.counting = true;
    client::Request request;
    request.statements.emplace_back();
    request.statements.back().sql = item.danger.count_sql;
    request.consistency = client::Consistency::any;
    if (const std::string& database = asked->run.options.database; !database.empty()) request.database = database;
    connection_->backend().submit(std::move(request), [weak = std::weak_ptr(asked), i](const client::Reply& reply) {
      const auto waiting = weak.lock();
      if (!waiting) return;
      waiting->items[i].counting = false;
      if (!reply.status.ok() || reply.results.empty() || reply.results[0].rows.row_count() == 0) return;
      const proto::Cell& cell = reply.results[0].rows.cell(0, 0);
      if (cell.kind == proto::Cell::Kind::int64) waiting->items[i].rows = static_cast<std::uint64_t>(cell.int64);
      if (cell.kind == proto::Cell::Kind::uint64) waiting->items[i].rows = cell.uint64;
    });
  }
}

void Workspace::answer_question(bool yes) {
  const auto asked = std::exchange(question, nullptr);
  if (!asked || !connection_ || !to_front(asked->tab)) return;
  if (yes) return launch(std::move(asked->run));
  // It can still be gone on with.
  if (asked->run.going_on)
    tab().not_run = QueryTab::NotRun{asked->run.statements, asked->run.offsets, asked->run.options};
}

void Workspace::launch(Run run) {
  if (run.going_on) tab().keep_results();
  if (!run.atomic)
    return tab().run(connection_->backend(), std::move(run.statements), std::move(run.offsets), run.options, now_,
                     record());
  std::vector<client::Statement> statements;
  for (std::string& text : run.statements) {
    statements.emplace_back();
    statements.back().sql = std::move(text);
  }
  tab().run_atomic(
      connection_->backend(), std::move(statements), run.options, now_,
      [this](const client::Reply& reply) {
        if (reply.status.ok()) {
          say(ToastKind::good, cat("All of it done, sequence ", with_separators(reply.sequence)));
        } else if (reply.status.code == Code::outcome_unknown) {
          say(ToastKind::warning, "It is not known whether it was done", reply.status.message);
        } else {
          say(ToastKind::error, "Nothing was done", reply.status.message);
        }
      },
      record());
}

void Workspace::cancel() {
  if (connection_) tab().cancel(connection_->backend());
}

void Workspace::go_on() {
  if (!connection_ || tab().running() || !tab().not_run) return;
  QueryTab::NotRun rest = std::move(*tab().not_run);
  tab().not_run.reset();
  begin({std::move(rest.statements), std::move(rest.offsets), std::move(rest.options), false, true});
}

std::string Workspace::why_nothing() const {
  return connection_ ? connection_->why_nothing() : std::string("Not connected. Ctrl+K connects.");
}

QueryTab::Finished Workspace::record() {
  return [this](const ResultModel& result) {
    HistoryItem item;
    item.time_us = unix_us_;
    item.node = result.node;
    item.ok = result.status.ok();
    item.outcome = outcome_text(result);
    item.elapsed_us = static_cast<std::uint64_t>(std::max<std::int64_t>(0, result.round_trip.count()));
    item.sql = result.sql;
    history_.add(std::move(item));
    ++ran_;
    if (!result.status.ok() && result.status.code != Code::cancelled && view != View::query) {
      say(ToastKind::error, std::string(code_name(result.status.code)), result.status.message);
    }
    if (connection_ && result.status.ok() && class_of(result.sql, result.database) == sql::Class::ddl)
      connection_->schema_changed(result.sql, result.database, 0);
  };
}

// ---- files
// -----------------------------------------------------------------------------------------------------------

void Workspace::open_file(const std::string& path) {
  auto text = std::make_shared<Result<std::string>>(ok_status());
  in_background([text, path] { *text = read_file(path, kMaxSqlFile); },
                [this, text, path] {
                  if (!text->ok()) return say(ToastKind::error, "The file was not opened", text->status().message);
                  if (!is_utf8(**text))
                    say(ToastKind::warning, "The file is not UTF-8", cat(path, ": bytes that are not were replaced."));
                  QueryTab& opened = new_tab(path.substr(path.rfind('/') + 1), to_utf8(**text));
                  opened.path = path;
                });
}

void Workspace::save_file(QueryTab& saved, const std::string& path) {
  const Status status = write_file(path, saved.buffer.text());
  if (!status.ok()) return say(ToastKind::error, "The file was not saved", status.message);
  saved.path = path;
  saved.buffer.mark_saved();
  say(ToastKind::good, cat("Saved ", path));
}

}  // namespace sqlcast::gui
