// Workspace: what the window works on: the connection, the tabs, where statements go, what runs, the history, the
// verdict on the statement under the caret, and what is kept of all that from one start to the next. No drawing.
// Does not block but at the start, in save() and save_file(), for the disk. UI thread only.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/gui/backend.h"
#include "client/gui/model/connection.h"
#include "client/gui/model/danger.h"
#include "client/gui/model/export_job.h"
#include "client/gui/model/history.h"
#include "client/gui/model/import_job.h"
#include "client/gui/model/local_nodes.h"
#include "client/gui/model/query_tab.h"
#include "client/gui/model/settings.h"
#include "client/gui/model/toasts.h"
#include "client/gui/model/verdict_line.h"

namespace sqlcast::gui {

enum class View : std::uint8_t { query, cluster, diagram, log, compare };
std::string_view view_name(View view);
std::optional<View> view_from(std::string_view name);

// Where statements go.
struct TargetChoice {
  client::Target::Kind kind = client::Target::Kind::any;
  std::string endpoint;
  bool operator==(const TargetChoice&) const = default;
};

// DDL that was not sent to a slave, waiting for one click.
struct HeldBack {
  std::vector<std::string> statements;
  std::vector<std::size_t> offsets;
  std::string node;  // the slave
  std::uint64_t tab = 0;
  std::string database;  // the default one
};

// Statements on their way, and where to.
struct Run {
  std::vector<std::string> statements;
  std::vector<std::size_t> offsets;  // in the text, for the mark of an error
  RunOptions options;
  bool atomic = false;
  bool going_on = false;  // what was not run after an error: its results stand behind those that are there
};

// What is asked once before it is sent: it takes away what nothing brings back, or is a write to a cluster in
// production.
struct Question {
  Run run;
  std::uint64_t tab = 0;
  struct Item {
    Danger danger;
    std::optional<std::uint64_t> rows;  // counted meanwhile
    bool counting = false;
  };
  std::vector<Item> items;
  std::string nodes;  // "3 nodes: master, slave-1, slave-2"
};

// A tab that was closed and can be had back.
struct ClosedTab {
  SavedTab saved;
  std::size_t caret = 0;
  bool modified = false;
};

// What somebody elsewhere wants of a part of the window; that part takes it when it is drawn next.
struct Wishes {
  bool grid_has_keys = false;  // said by the grid in each frame: what is searched is the rows
  bool focus_editor = true;
  bool focus_grid = false;
  bool focus_schema_filter = false;
  bool focus_log_filter = false;
  bool focus_row_filter = false;
  bool show_caret = false;                                     // scroll the editor there
  std::optional<bool> find;                                    // open the editor's find bar; true: with replace
  std::string diagram;                                         // show this database's
  std::optional<std::pair<std::string, std::string>> compare;  // this SELECT, in this database, on all nodes
};

class Workspace {
 public:
  using BackendFactory = std::function<Result<std::unique_ptr<Backend>>(const SavedConnection&)>;
  struct Options {
    std::string folder;     // of settings, tabs and history; empty = nothing is kept
    bool scripted = false;  // tabs are not restored
    BackendFactory make_backend;
    // Starts a cluster on this machine and says how to connect to it. May block for a minute: in the background alone.
    std::function<Result<SavedConnection>()> start_local;
    LocalNodes local;
    // The same as `in_background`, for what waits for other programs and must not hold up the rest.
    std::function<bool(std::function<void()> job, std::function<void()> then)> patiently;
    // Runs a job on another thread, and `then` on the UI thread afterwards. False: too much is waiting, nothing is run.
    std::function<bool(std::function<void()> job, std::function<void()> then)> in_background;
  };

  explicit Workspace(Options options);
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  // Once a frame: what has arrived is taken, what is due is done. `now` is steady seconds.
  void tick(double now, std::uint64_t unix_us);
  double now() const { return now_; }
  std::uint64_t unix_us() const { return unix_us_; }
  const Options& options() const { return options_; }

  // ---- choices of the person, changed in place ------------------------------------------------------------------
  Settings settings;
  View view = View::query;
  TargetChoice target;
  Wishes wishes;
  Toasts toasts;
  std::optional<HeldBack> held_back;
  std::shared_ptr<Question> question;  // null: nothing is being asked
  std::string export_path;
  int export_format = 1;                  // index into kRowFormats
  std::shared_ptr<ExportJob> export_job;  // the last one; null: none yet
  std::shared_ptr<ImportJob> import_job;  // the same

  // ---- connection -----------------------------------------------------------------------------------------------
  Connection* connection() const { return connection_.get(); }  // null: not connected to anything, nor trying
  bool connected() const { return connection_ && connection_->state() == ConnectionState::connected; }
  // A toast says why when it cannot be begun; false then.
  bool connect(const SavedConnection& connection);
  void disconnect();
  void start_local_cluster();  // in the background, then connects; toasts tell how it went
  bool starting_local() const { return starting_local_; }
  // Of the nodes on this machine, as last looked for; null: it is none of them.
  const LocalNode* local_node(std::string_view endpoint) const;
  void look_for_local_nodes();                                // in the background
  void order_node(const std::string& name, NodeOrder order);  // in the background; a toast tells how it went
  void read_node_log(const std::string& name, std::function<void(std::string text)> then);
  void show_folder(const std::string& folder);
  std::string why_nothing() const;  // why there is nothing to see, a sentence; empty: there is a connection
  std::uint64_t connections() const { return connections_; }  // begun so far: another number, another cluster

  const NodeModel* target_node() const;  // null: any, or unknown
  bool target_is_slave() const;
  std::string target_label() const;

  // ---- tabs -----------------------------------------------------------------------------------------------------
  const std::vector<std::shared_ptr<QueryTab>>& tabs() const { return tabs_; }
  std::size_t active_tab() const { return active_tab_; }
  QueryTab& tab() { return *tabs_[active_tab_]; }
  const QueryTab& tab() const { return *tabs_[active_tab_]; }
  QueryTab& new_tab(std::string title = {}, std::string_view text = {});
  void close_tab(std::size_t index);
  bool loses_a_file(std::size_t index) const;  // closing it would leave changes of a file unwritten
  void reopen_tab();                           // the one closed last; a toast when there is none
  void select_tab(std::size_t index);
  void open_in_editor(std::string_view title, std::string_view text, bool run);
  // The statement under the caret of the active tab; empty = none.
  std::string statement_at_caret() const;
  // The result in front of the active tab, when it has rows.
  std::shared_ptr<ResultModel> result() const;
  void update_verdict();
  VerdictText verdict() const;  // and whether it has to wait for the master

  // ---- running statements of the active tab at the target; DDL for a slave is held back ---------------------------
  void run_statement();
  void run_all();
  void run_all_atomically();
  void run_texts(std::vector<std::string> statements, std::vector<std::size_t> offsets);
  void run_held_back_at_master();
  void answer_question(bool yes);
  void go_on();   // with what was not run after an error
  void cancel();  // what runs in the active tab
  // Row changes of a result, as one atomic request to the master; what is there then is read again in its place. They
  // are gone when they were made, or may have been.
  void send_changes(QueryTab& tab, const std::shared_ptr<ResultModel>& result,
                    std::vector<client::Statement> statements);
  void fetch_more(const std::shared_ptr<ResultModel>& result, std::uint32_t page_rows);
  void arrange(const std::shared_ptr<ResultModel>& result, Arrangement arrangement);
  RunOptions run_options() const;
  const History& history() const { return history_; }
  bool running() const;  // in any tab
  bool exporting() const { return export_job && !export_job->finished(); }

  // Into the cluster connected to, one at a time; a toast tells how it went.
  void import_file(load::LoadOptions options);
  bool importing() const { return import_job && !import_told_; }

  // ---- files, and what is kept ------------------------------------------------------------------------------------
  void open_file(const std::string& path);
  void save_file(QueryTab& tab, const std::string& path);
  Status save();  // settings, tabs and history; at the end

  // A toast says so when too much is waiting.
  void in_background(std::function<void()> job, std::function<void()> then);
  void say(ToastKind kind, std::string title, const std::string& text = {});

 private:
  void restore_tabs();
  void patiently(std::function<void()> job, std::function<void()> then);
  void begin(Run run);  // asks first where that is due
  void launch(Run run);
  bool to_front(std::uint64_t tab_id);  // false: that tab has been closed
  void tell_changes(const client::Reply& reply);
  void count_rows(const std::shared_ptr<Question>& asked);
  Settings remembered() const;  // the settings with tabs and view as they are
  void save_changes();          // in the background, now and then: a crash costs seconds of typing
  client::Consistency consistency() const;
  QueryTab::Finished record();  // history, schema reload, toasts
  std::string text_of(const StatementRange& range) const;
  void tell_import();

  Options options_;
  double now_ = 0;
  std::uint64_t unix_us_ = 0;
  std::unique_ptr<Connection> connection_;
  std::uint64_t connections_ = 0;
  bool starting_local_ = false;
  std::vector<LocalNode> local_nodes_;
  bool import_told_ = false;  // how import_job went has been said
  std::vector<std::shared_ptr<QueryTab>> tabs_;
  std::size_t active_tab_ = 0;
  std::vector<ClosedTab> closed_;  // the newest last
  std::uint64_t next_tab_ = 1;
  History history_;
  VerdictLine verdict_;
  std::map<std::uint64_t, std::shared_ptr<std::atomic<bool>>> arranging_;  // stop flags by result

  std::shared_ptr<Keeper> keeper_;  // null: nothing is kept
  std::uint64_t saves_ = 0;
  std::string saved_state_;  // what save_changes() saw last
  double looked_for_changes_ = 0;
  bool said_unsaved_ = false;
  std::uint64_t ran_ = 0;  // statements recorded in the history
};

}  // namespace sqlcast::gui
