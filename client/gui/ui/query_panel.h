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

class Desk;
class Workspace;

class QueryPanel {
 public:
  void draw(Workspace& work, Desk& desk, ImVec2 low, ImVec2 size);
  bool completing(const Workspace& work) const;  // in the tab in front

 private:
  EditorView& editor(const QueryTab& tab);
  void draw_tabs(Workspace& work, Desk& desk);
  void draw_tab(Workspace& work, std::size_t index, std::size_t& close);
  void draw_tools(Workspace& work, Desk& desk);
  void draw_verdict(Workspace& work, Desk& desk, float width);
  void draw_results(Workspace& work, Desk& desk, ImVec2 size);
  void draw_result_tabs(QueryTab& tab);
  void draw_running(Workspace& work, QueryTab& tab);
  void draw_question(Workspace& work);
  void draw_held_back(Workspace& work);
  void draw_result(Workspace& work, Desk& desk, QueryTab& tab, const std::shared_ptr<ResultModel>& result);
  static void draw_facts(const ResultModel& result, float room);
  void draw_result_line(Workspace& work, Desk& desk, const std::shared_ptr<ResultModel>& result);
  void draw_effect(const ResultModel& result);
  void draw_error(Workspace& work, Desk& desk, QueryTab& tab, const ResultModel& result);

  std::map<std::uint64_t, EditorView> editors_;  // by tab
  GridView grid_;
  std::uint64_t shown_tab_ = 0;  // was in front in the last frame
  float shown_in_ = 0;           // the room that all tabs had
};

}  // namespace sqlcast::gui
