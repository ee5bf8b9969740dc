// App: the window's parts put together: a Workspace, the panels that show it, the dialogs over them, the commands.
// It decides nothing that the Workspace could. frame() draws everything. UI thread only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/gui/mailbox.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/cluster_panel.h"
#include "client/gui/ui/commands.h"
#include "client/gui/ui/compare_panel.h"
#include "client/gui/ui/desk.h"
#include "client/gui/ui/diagram_panel.h"
#include "client/gui/ui/dialogs/dialog.h"
#include "client/gui/ui/log_panel.h"
#include "client/gui/ui/query_panel.h"
#include "client/gui/ui/schema_panel.h"
#include "client/gui/worker.h"

namespace sqlcast::gui {

class App final : private Desk {
 public:
  struct Options {
    std::string folder;                  // of the settings; empty = nothing is kept
    std::vector<std::string> endpoints;  // from the command line; empty = the last connection
    std::string endpoints_name;          // what to call them
    Workspace::BackendFactory make_backend;
    std::function<Result<SavedConnection>()> start_local;  // as of the Workspace
    LocalNodes local;                                      // the same
    std::function<void()> wake;                            // makes the window draw a frame soon; any thread
    bool scripted = false;  // no restoring of tabs, no animation that would blur a picture
  };

  explicit App(const Options& options);
  ~App() override = default;
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  Workspace& workspace() { return work_; }

  // Between ImGui::NewFrame() and ImGui::Render(). `now` is steady seconds.
  void frame(double now, std::uint64_t unix_us);
  bool animating() const;  // frames are wanted at once, not only on input
  bool done() const { return quit_; }
  void quit() override;
  void leave() override { quit_ = true; }
  void drop(std::vector<std::string> paths);  // files dropped on the window: imported one after the other

  // For scripts: a named fact of the present state (ui/facts.h); nothing = no such name.
  std::optional<std::string> fact(std::string_view name) const;

 private:
  void copy(std::string_view text, std::string_view what) override;
  void open(std::unique_ptr<Dialog> dialog) override { dialogs_.open(std::move(dialog)); }
  bool dialog_open() const override { return dialogs_.any_open(); }
  Workspace::Options workspace_options(const Options& options);
  bool in_background(Worker& worker, std::function<void()> job, std::function<void()> then);
  void begin_connection(const Options& options);
  void draw_body(float top, float height, float width);

  Mailbox mailbox_;
  Workspace work_;
  SchemaPanel schema_panel_;
  QueryPanel query_panel_;
  ClusterPanel cluster_panel_;
  LogPanel log_panel_;
  DiagramPanel diagram_panel_;
  ComparePanel compare_panel_;
  DialogHost dialogs_;
  std::vector<Command> commands_;
  bool quit_ = false;
  Worker patient_worker_;  // for what waits for other programs
  Worker worker_;          // last: its thread ends before what its jobs use
};

}  // namespace sqlcast::gui
