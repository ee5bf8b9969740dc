// QueryTab: one editor tab: its text, what it runs, what came of it. No drawing.
//
// Tabs and results are shared_ptr because replies may come after a tab was closed: callbacks hold weak ones.
// UI thread only.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/gui/backend.h"
#include "client/gui/model/editor_buffer.h"
#include "client/gui/model/grid_model.h"
#include "client/gui/model/highlight.h"
#include "client/gui/model/row_edit.h"

namespace sqlcast::gui {

// How the grid of one result is being looked at. Positions are in rows and unscaled pixels.
struct GridLook {
  double top_row = 0;
  float left = 0;
  std::vector<float> widths;  // of columns; empty until measured
  bool measured = false;
  bool show_focus = false;  // scroll so that the focused cell is seen
  std::string filter;
  bool filter_row = false;          // shown under the columns' names
  std::vector<std::size_t> pinned;  // columns that stay at the left, in this order
  std::string edit_text;            // of the cell being edited in place
  std::string edit_before;          // what edit_text began with
};

struct ResultModel {
  std::string sql;
  std::string title;
  Status status;
  std::optional<std::uint32_t> failed_statement;
  bool has_rows = false;
  GridModel grid;
  client::Cursor cursor;
  bool fetching = false;
  bool fetch_all = false;
  std::uint64_t affected_rows = 0;
  std::uint64_t insert_id = 0;
  std::vector<std::string> warnings;
  std::vector<std::string> acked_by;
  std::string node;
  std::string endpoint;
  Sequence node_position = 0;
  Epoch epoch = 0;
  Sequence sequence = 0;
  bool wrote = false;
  bool stale = false;
  bool replayed = false;
  std::chrono::microseconds elapsed{0};  // of all pages fetched
  std::chrono::microseconds round_trip{0};
  std::size_t pages = 1;
  GridLook look;
  std::string database;           // default database it ran with
  std::optional<RowEdits> edits;  // when rows can be edited and the user has begun to
  bool sending = false;           // its edits are on their way
  bool of_earlier_connection = false;
  std::string why_not_editable;  // one sentence; empty = editable
  bool arrival_seen = false;     // has been drawn once

  void take(client::StatementReply reply);
};

struct RunOptions {
  client::Target target;
  std::string target_name;
  client::Consistency consistency = client::Consistency::session;
  std::chrono::milliseconds max_lag{0};
  std::uint32_t page_rows = 0;
  std::string database;  // the default one; empty = none
};

class QueryTab : public std::enable_shared_from_this<QueryTab> {
 public:
  QueryTab(std::uint64_t id, std::string name) : id_(id), title(std::move(name)) {}

  std::uint64_t id() const { return id_; }
  std::string label() const;  // title, or the file's name

 private:
  std::uint64_t id_;

 public:
  std::string title;
  std::string path;
  std::string database;
  bool no_database = false;  // the user wants none; otherwise the first one is taken when it is known
  EditorBuffer buffer;
  Highlighter highlighter;
  std::vector<std::shared_ptr<ResultModel>> results;
  std::size_t active_result = 0;

  // Position of an error in the text, from the last run: [begin, end), and its message.
  struct Mark {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::uint64_t version = 0;  // of the buffer: another text, no mark
    std::string message;
  };
  std::optional<Mark> mark;

  struct Running {
    std::uint64_t request_id = 0;
    std::string sql;
    std::string target;
    double since = 0;
    std::size_t number = 0;  // which of `of`
    std::size_t of = 1;
    bool cancelling = false;
  };
  const std::optional<Running>& running() const { return running_; }

  // What stood behind a statement that failed.
  struct NotRun {
    std::vector<std::string> statements;
    std::vector<std::size_t> offsets;
    RunOptions options;
  };
  std::optional<NotRun> not_run;
  void keep_results() { keep_results_ = true; }  // of the next run() they stand behind those that are there

  using Finished = std::function<void(const ResultModel&)>;  // after each statement: history, schema reload

  // Runs the statements one after the other, each a request of its own, a result each; stops at the first that
  // fails. `offsets`: where each stands in the text, for the error mark. Ignored while something runs.
  void run(Backend& backend, std::vector<std::string> statements, std::vector<std::size_t> offsets, RunOptions options,
           double now, Finished finished);
  // Runs a result's statement anew, in the database that it ran in; what comes takes its place. Ignored when it is not
  // here, or something runs.
  void run_again(Backend& backend, const std::shared_ptr<ResultModel>& result, RunOptions options, double now,
                 Finished finished);
  // All of them as one request: all or nothing.
  void run_atomic(Backend& backend, std::vector<client::Statement> statements, const RunOptions& options, double now,
                  std::function<void(const client::Reply&)> done, Finished finished);
  void cancel(Backend& backend);
  // The connection is gone: what ran will not be answered, and what was fetched is of a cluster that may not be the
  // next one: its rows are not edited any more. How many row changes were not sent and are gone.
  std::size_t connection_ended();

  using Arrived = std::function<void(const std::shared_ptr<ResultModel>&)>;  // after each page
  void fetch_more(Backend& backend, const std::shared_ptr<ResultModel>& result, std::uint32_t page_rows,
                  std::uint64_t max_rows, Arrived arrived);

 private:
  struct Queue {
    std::deque<std::pair<std::string, std::size_t>> statements;
    RunOptions options;
    Finished finished;
    std::weak_ptr<ResultModel> in_place_of;
    std::size_t done = 0;
    std::size_t of = 0;
  };
  void run_next(Backend& backend, const std::shared_ptr<Queue>& queue, double now);
  void take_reply(Backend& backend, const std::shared_ptr<Queue>& queue, const std::string& sql, std::size_t offset,
                  client::Reply reply, double now);
  void show(Backend& backend, const Queue& queue, std::shared_ptr<ResultModel> result);
  void close_cursors(Backend& backend);

  std::optional<Running> running_;
  bool keep_results_ = false;
};

// Where in a statement the database's message points ("near 'frm student' at line 2"): [begin, end) in it.
std::optional<std::pair<std::size_t, std::size_t>> error_place(std::string_view sql, const Status& status);

// "3 rows", "1 row affected", "SQL_ERROR: …".
std::string outcome_text(const ResultModel& result);

// A short name for a result tab: verb and table.
std::string short_title(std::string_view sql);

}  // namespace sqlcast::gui
