// QueryPanel: editor tabs above, results below, the verdict line between. UI thread only.
#pragma once

#include <map>
#include <memory>
#include <string>

#include <imgui.h>

#include "client/gui/model/query_tab.h"
#include "client/gui/ui/editor_view.h"
#include "client/gui/ui/grid_view.h"

namespace sqlcast::gui {

class App;

class QueryPanel {
 public:
  void draw(App& app, ImVec2 low, ImVec2 size);
  void focus_editor() { focus_editor_ = true; }
  void focus_grid() { focus_grid_ = true; }
  EditorView& editor(QueryTab& tab);
  bool editor_focused() const { return editor_focused_; }
  GridView& grid() { return grid_; }

 private:
  void draw_tabs(App& app);
  void draw_tab(App& app, std::size_t index, std::size_t& close);
  void draw_tools(App& app);
  void draw_verdict(App& app, float width);
  void draw_results(App& app, ImVec2 size);
  void draw_result_tabs(App& app, QueryTab& tab);
  void draw_running(App& app, QueryTab& tab);
  void draw_held_back(App& app);
  void draw_result(App& app, QueryTab& tab, const std::shared_ptr<ResultView>& result);
  void draw_result_line(App& app, QueryTab& tab, const std::shared_ptr<ResultView>& result);
  void draw_effect(App& app, const ResultView& result);
  void draw_error(App& app, QueryTab& tab, const ResultView& result);

  std::map<std::uint64_t, EditorView> editors_;  // by tab
  GridView grid_;
  bool focus_editor_ = true;
  bool focus_grid_ = false;
  bool editor_focused_ = false;
  std::uint64_t shown_tab_ = 0;  // was in front in the last frame
  float shown_in_ = 0;           // the room that all tabs had
};

}  // namespace sqlcast::gui
