// ComparePanel: one SELECT on several nodes, their rows side by side, the differences marked. UI thread only.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <imgui.h>

#include "client/gui/model/compare_model.h"

namespace sqlcast::gui {

class Desk;
class Workspace;

class ComparePanel {
 public:
  void draw(Workspace& work, Desk& desk, ImVec2 low, ImVec2 size);
  bool running() const { return waiting_ > 0; }
  const Comparison* comparison() const { return comparison_ ? comparison_.get() : nullptr; }

 private:
  void run(Workspace& work, const std::string& sql, const std::string& database);
  void forget();
  void draw_tools(Workspace& work);
  void draw_rows(ImVec2 size);
  void draw_row(const ComparedRow& row, std::uint64_t number, ImVec2 at, float right, float row_height);
  void finish(Workspace& work);

  std::string sql_;
  std::string database_;
  std::set<std::string> left_out_;  // endpoints not to ask
  std::shared_ptr<std::vector<NodeAnswer>> answers_;
  std::shared_ptr<Comparison> comparison_;
  std::uint64_t connection_ = 0;  // that everything here is about
  std::uint64_t run_ = 0;
  std::size_t waiting_ = 0;
  bool only_differences_ = false;
  std::vector<std::size_t> shown_;
  int drawn_ = -2;  // frame
  double top_ = 0;
  float left_ = 0;
  std::vector<float> widths_;
};

}  // namespace sqlcast::gui
