// App: the state of the window and what its parts share. frame() draws everything; panels are files of their own.
// UI thread only.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/gui/backend.h"
#include "client/gui/mailbox.h"
#include "client/gui/model/history.h"
#include "client/gui/model/query_tab.h"
#include "client/gui/model/script.h"
#include "client/gui/model/session.h"
#include "client/gui/model/settings.h"
#include "client/gui/model/verdict_line.h"
#include "client/gui/worker.h"

namespace sqlcast::gui {

enum class View : std::uint8_t { query, cluster, diagram, log, compare };
std::string_view view_name(View view);
std::optional<View> view_from(std::string_view name);

enum class ToastKind : std::uint8_t { info, good, warning, error };
struct Toast {
  std::uint64_t id = 0;
  ToastKind kind = ToastKind::info;
  std::string title;
  std::string text;  // in full
  double since = 0;
  bool open = false;  // shows the full text and stays
};

struct Command {
  std::string name;
  std::string group;
  std::string chord;  // "Ctrl+Enter"; empty = from the palette only
  std::function<void()> run;
  std::function<bool()> enabled;  // empty = always
  bool editor_only = false;       // listed here, handled by the editor
};

// Where statements go.
struct TargetChoice {
  client::Target::Kind kind = client::Target::Kind::any;
  std::string endpoint;
  bool operator==(const TargetChoice&) const = default;
};

class SchemaPanel;
class QueryPanel;
class ClusterPanel;
class LogPanel;
class DiagramPanel;
class ComparePanel;
class Dialogs;

class App {
 public:
  using BackendFactory = std::function<Result<std::unique_ptr<Backend>>(const SavedConnection&)>;
  struct Options {
    std::string folder;                  // of the settings; empty = nothing is kept
    std::vector<std::string> endpoints;  // from the command line; empty = the last connection
    std::string endpoints_name;          // what to call them
    BackendFactory make_backend;
    std::function<void()> wake;  // makes the window draw a frame soon; any thread
    bool scripted = false;       // no restoring of tabs, no animation that would blur a picture
  };

  explicit App(Options options);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // Between ImGui::NewFrame() and ImGui::Render(). `now` is steady seconds.
  void frame(double now, std::uint64_t unix_us);
  bool animating() const;  // frames are wanted at once, not only on input
  bool done() const { return quit_; }
  void quit() { quit_ = true; }
  Status save();  // settings, tabs and history; blocking, at the end

  // For scripts: a named fact of the present state ("connected", "rows", "view" …); nothing = no such name.
  std::optional<std::string> fact(std::string_view name) const;
  static std::vector<std::string_view> fact_names();

  // ---- shared by the panels ----------------------------------------------------------------------------------
  Settings settings;
  History history;
  std::unique_ptr<Session> session;  // null: not connected to anything, nor trying
  std::vector<std::shared_ptr<QueryTab>> tabs;
  std::size_t active_tab = 0;
  View view = View::query;
  TargetChoice target;
  VerdictLine verdict;
  std::deque<Toast> toasts;
  std::vector<Command> commands;
  double now = 0;
  std::uint64_t unix_us = 0;
  bool theme_changed = false;  // colours or scale: the window rebuilds fonts between frames
  std::map<std::string, float> view_sizes;

  QueryTab& tab() { return *tabs[active_tab]; }
  const QueryTab& tab() const { return *tabs[active_tab]; }
  QueryTab& new_tab(std::string title = {}, std::string_view text = {});
  void close_tab(std::size_t index);
  void select_tab(std::size_t index);
  void open_in_editor(std::string_view title, std::string_view text, bool run);

  void connect(const SavedConnection& connection);
  void disconnect();

  // Runs statements of the active tab at the chosen target, having explained DDL on a slave first.
  void run_statement();
  void run_all();
  void run_all_atomically();
  void run_texts(std::vector<std::string> statements, std::vector<std::size_t> offsets);
  struct HeldBack {  // DDL on a slave, waiting for one click
    std::vector<std::string> statements;
    std::vector<std::size_t> offsets;
    std::string node;
    std::string master;
  };
  std::optional<HeldBack> held_back;
  void run_held_back_at_master();

  RunOptions run_options() const;
  const NodeView* target_node() const;  // null: any, or unknown
  bool target_is_slave() const;
  std::string target_label() const;
  client::Consistency consistency() const;
  QueryTab::Finished record();  // history, schema reload, toasts

  void toast(ToastKind kind, std::string title, std::string text = {});
  void copy(std::string_view text, std::string_view what);

  // A job for the worker, whose `then` runs on the UI thread afterwards.
  void in_background(std::function<void()> job, std::function<void()> then);
  Mailbox& mailbox() { return mailbox_; }

  void open_file(const std::string& path);
  void save_file(QueryTab& tab, const std::string& path);
  void set_dark(bool dark);
  void set_scale(float scale);
  void arrange_result(const std::shared_ptr<ResultView>& result, Arrangement arrangement);

  SchemaPanel& schema_panel() { return *schema_panel_; }
  QueryPanel& query_panel() { return *query_panel_; }
  ClusterPanel& cluster_panel() { return *cluster_panel_; }
  LogPanel& log_panel() { return *log_panel_; }
  DiagramPanel& diagram_panel() { return *diagram_panel_; }
  ComparePanel& compare_panel() { return *compare_panel_; }
  Dialogs& dialogs() { return *dialogs_; }
  const Options& options() const { return options_; }

 private:
  void make_commands();
  void handle_keys();
  Settings remembered() const;  // the settings with tabs and view as they are
  void save_changes();          // in the background, now and then: a crash costs seconds of typing
  void restore_tabs();
  void draw_top_bar(float width);
  void draw_target_chooser();
  void draw_status_bar(float width);
  void draw_body(float top, float height, float width);
  void draw_welcome(float width, float height);

  Options options_;
  Mailbox mailbox_;
  std::unique_ptr<SchemaPanel> schema_panel_;
  std::unique_ptr<QueryPanel> query_panel_;
  std::unique_ptr<ClusterPanel> cluster_panel_;
  std::unique_ptr<LogPanel> log_panel_;
  std::unique_ptr<DiagramPanel> diagram_panel_;
  std::unique_ptr<ComparePanel> compare_panel_;
  std::unique_ptr<Dialogs> dialogs_;
  std::uint64_t next_tab_ = 1;
  std::uint64_t next_toast_ = 1;
  std::shared_ptr<Keeper> keeper_;  // null: nothing is kept
  std::uint64_t saves_ = 0;
  std::string saved_state_;  // what save_changes() saw last
  double looked_for_changes_ = 0;
  bool said_unsaved_ = false;
  std::uint64_t ran_ = 0;                                                  // statements recorded in the history
  std::map<std::uint64_t, std::shared_ptr<std::atomic<bool>>> arranging_;  // stop flags by result
  bool quit_ = false;
  Worker worker_;  // last: its thread ends before what its jobs use
};

}  // namespace sqlcast::gui
