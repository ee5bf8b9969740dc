// GridView: draws a GridModel on an ImDrawList, only what is seen, whatever the number of rows and columns; selects,
// sorts, edits in place. What it remembers of a result is in the ResultModel. UI thread only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <imgui.h>

#include "client/gui/model/export_rows.h"
#include "client/gui/model/query_tab.h"
#include "client/gui/ui/edit_rows.h"

namespace sqlcast::gui {

class Desk;
class Workspace;

class GridView {
 public:
  // The result is of the tab in front.
  void draw(Workspace& work, Desk& desk, const std::shared_ptr<ResultModel>& result, ImVec2 size);

 private:
  // Begins editing of the focused cell, when the result's rows can be edited.
  void edit_focused(Workspace& work, const std::shared_ptr<ResultModel>& result);
  bool open_editor(Workspace& work, const std::shared_ptr<ResultModel>& result);  // false: they cannot
  void type_over(Workspace& work, const std::shared_ptr<ResultModel>& result);
  struct Placed {
    std::size_t column = 0;
    float x = 0;  // on the screen
    float width = 0;
    bool pinned = false;
  };
  struct Metrics {
    ImVec2 low, high;  // cells only
    float row = 0;
    float header = 0;
    float filters = 0;  // the row under the header; 0: it is not shown
    float gutter = 0;
    std::uint64_t rows = 0;       // shown and added
    double fits = 0;              // rows
    std::vector<Placed> columns;  // as they stand: the pinned ones first, then those that scroll; none that is hidden
    float pinned_right = 0;       // where the pinned ones end on the screen
    float width = 0;              // of those that scroll
    const Placed* at(float x) const;             // null: behind the last
    const Placed* of(std::size_t column) const;  // null: hidden
  };
  static void place_columns(const ResultModel& result, Metrics& m);
  void measure(ResultModel& result);
  void draw_header(const std::shared_ptr<ResultModel>& result, const Metrics& m);
  void draw_filters(Workspace& work, const std::shared_ptr<ResultModel>& result, const Metrics& m);
  void draw_column_menu(Workspace& work, Desk& desk, const std::shared_ptr<ResultModel>& result);
  void draw_cells(ResultModel& result, const Metrics& m);
  void draw_cell(ResultModel& result, const Metrics& m, std::uint64_t row, std::size_t column, ImVec2 at, float width);
  void handle_mouse(Workspace& work, Desk& desk, const std::shared_ptr<ResultModel>& result, const Metrics& m);
  void handle_keys(Workspace& work, Desk& desk, const std::shared_ptr<ResultModel>& result, const Metrics& m);
  static void column_items(ResultModel& result, std::size_t column);
  void draw_menu(Workspace& work, Desk& desk, const std::shared_ptr<ResultModel>& result);
  static void widen(GridLook& l, std::size_t column, std::string_view text);
  void copy(Desk& desk, const ResultModel& result);
  void paste(Workspace& work, ResultModel& result);
  void draw_editor(ResultModel& result, const Metrics& m);
  void follow_focus(ResultModel& result, const Metrics& m);

  std::optional<edit_rows::CopiedCell> copied_cell_;  // the last copy, when it was of one cell
  std::size_t menu_column_ = 0;                       // whose name was clicked with the right button
  std::size_t resizing_ = ~std::size_t{0};
  bool selecting_ = false;
  bool editor_opened_ = false;
  bool typed_over_ = false;  // editing began by typing: the caret stands behind what was typed
};

}  // namespace sqlcast::gui
