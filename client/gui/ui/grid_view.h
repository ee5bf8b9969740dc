// GridView: draws a GridModel on an ImDrawList, only what is seen, whatever the number of rows and columns; selects,
// sorts, edits in place. What it remembers of a result is in the ResultView. UI thread only.
#pragma once

#include <memory>
#include <string>

#include <imgui.h>

#include "client/gui/model/export_rows.h"
#include "client/gui/model/query_tab.h"

namespace sqlcast::gui {

class App;

class GridView {
 public:
  void draw(App& app, QueryTab& tab, const std::shared_ptr<ResultView>& result, ImVec2 size);

  // The selection as text; the whole result with `all`.
  static std::string rows_text(const ResultView& result, RowFormat format, bool all);
  // Begins editing of the focused cell, when the result's rows can be edited.
  void edit_focused(App& app, QueryTab& tab, const std::shared_ptr<ResultView>& result);

 private:
  struct Metrics {
    ImVec2 low, high;  // cells only
    float row = 0;
    float header = 0;
    float gutter = 0;
    std::uint64_t rows = 0;  // shown and added
    double fits = 0;         // rows
  };
  void measure(ResultView& result);
  void draw_header(App& app, const std::shared_ptr<ResultView>& result, const Metrics& m);
  void draw_cells(App& app, ResultView& result, const Metrics& m);
  void draw_cell(ResultView& result, const Metrics& m, std::uint64_t row, std::size_t column, ImVec2 at, float width);
  void handle_mouse(App& app, QueryTab& tab, const std::shared_ptr<ResultView>& result, const Metrics& m);
  void handle_keys(App& app, QueryTab& tab, const std::shared_ptr<ResultView>& result, const Metrics& m);
  void draw_menu(App& app, QueryTab& tab, const std::shared_ptr<ResultView>& result);
  void draw_editor(App& app, ResultView& result, const Metrics& m);
  void follow_focus(ResultView& result, const Metrics& m);

  std::size_t resizing_ = ~std::size_t{0};
  bool selecting_ = false;
  bool editor_opened_ = false;
};

}  // namespace sqlcast::gui
