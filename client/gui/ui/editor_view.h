// EditorView: draws an EditorBuffer with line numbers, colours, caret and selection on an ImDrawList, and turns
// keys and mouse into edits. One for each tab: it keeps where the tab was scrolled to. UI thread only.
#pragma once

#include <optional>
#include <string>

#include <imgui.h>

#include "client/gui/model/completion.h"
#include "client/gui/model/query_tab.h"

namespace sqlcast::gui {

class Desk;
class Workspace;

class EditorView {
 public:
  void draw(Workspace& work, QueryTab& tab, ImVec2 size);
  void focus() { wants_focus_ = true; }
  void open_find(QueryTab& tab, bool replace);
  void show_caret() { follow_caret_ = true; }
  bool completing() const { return completion_.has_value(); }

 private:
  struct Metrics {
    ImVec2 origin;     // of the text's first cell when not scrolled
    ImVec2 low, high;  // the area of the text
    float cell = 0;
    float line = 0;
    float gutter = 0;
  };
  void handle_keys(Workspace& work, QueryTab& tab, double page_lines);
  bool handle_completion_keys(QueryTab& tab);
  void handle_mouse(QueryTab& tab, const Metrics& metrics);
  void draw_lines(Workspace& work, QueryTab& tab, const Metrics& metrics);
  void draw_line(QueryTab& tab, const Metrics& metrics, std::size_t line, ImVec2 at);
  void draw_range(QueryTab& tab, const Metrics& metrics, std::size_t line, std::size_t begin, std::size_t end,
                  ImU32 colour, bool whole_line);
  void draw_marks(QueryTab& tab, const Metrics& metrics);
  void draw_completion(QueryTab& tab, const Metrics& metrics);
  void draw_find(QueryTab& tab);
  void update_completion(Workspace& work, QueryTab& tab, bool automatic);
  void complete_late(Workspace& work, QueryTab& tab);
  void accept_completion(QueryTab& tab);
  void find_next(QueryTab& tab, bool backward);
  ImVec2 place_of(const QueryTab& tab, const Metrics& metrics, std::size_t offset) const;

  double top_ = 0;   // first line shown
  double left_ = 0;  // first cell shown
  bool wants_focus_ = false;
  bool focused_ = false;
  bool follow_caret_ = false;
  bool selecting_ = false;
  double moved_at_ = 0;  // the caret does not blink while it moves
  std::size_t longest_ = 0;
  std::uint64_t measured_ = 0;
  std::optional<Completion> completion_;
  std::optional<std::size_t> chosen_;  // nothing: Down has not led into the list yet
  struct Waiting {                     // for a database that is being opened
    std::uint64_t text = 0;
    std::size_t caret = 0;
    std::uint64_t schema = 0;
    bool automatic = true;
  };
  std::optional<Waiting> waiting_;
  bool find_open_ = false;
  bool find_focus_ = false;
  bool replace_open_ = false;
  bool match_case_ = false;
  std::string find_text_;
  std::string replace_text_;
  std::string find_outcome_;
};

}  // namespace sqlcast::gui
