#include "client/gui/ui/compare_panel.h"

#include <algorithm>
#include <cmath>

#include "client/gui/model/cell_text.h"
#include "client/gui/model/collect.h"
#include "client/gui/model/keys.h"
#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/edit_rows.h"
#include "client/gui/ui/scrollbar.h"
#include "client/gui/ui/widgets.h"
#include "sql/policy.h"

namespace sqlcast::gui {

namespace {
constexpr std::uint64_t kMaxRows = 100'000;  // of each node
}

void ComparePanel::run(Workspace& work, const std::string& sql, const std::string& database) {
  if (!work.connection() || running()) return;
  sql_ = sql;
  database_ = database;
  comparison_.reset();
  shown_.clear();
  top_ = 0;
  answers_ = std::make_shared<std::vector<NodeAnswer>>();
  const std::uint64_t number = ++run_;
  std::vector<std::string> endpoints;
  for (const auto& node : work.connection()->cluster.nodes()) {
    if (left_out_.contains(node->key())) continue;
    NodeAnswer answer;
    answer.node = node->status.name;
    answer.status = Status::error(Code::internal, "waiting");
    answers_->push_back(std::move(answer));
    endpoints.push_back(node->status.endpoint);
  }
  waiting_ = endpoints.size();
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    client::Request request = client::Request::of(sql);
    if (!database.empty()) request.database = database;
    request.target = {client::Target::Kind::node, endpoints[i]};
    request.consistency = client::Consistency::any;  // what this node has, whatever it is
    request.page_rows = 10'000;
    collect(work.connection()->backend(), std::move(request), kMaxRows, [this, &work, i, number](Collected got) {
      if (number != run_) return;
      NodeAnswer& answer = (*answers_)[i];
      answer.status = got.status;
      answer.columns = std::move(got.columns);
      answer.rows = std::move(got.rows);
      answer.position = got.position;
      answer.truncated = got.truncated;
      if (--waiting_ == 0) finish(work);
    });
  }
}

// What was compared belongs to a cluster that is not there any more.
void ComparePanel::forget() {
  ++run_;  // answers that still come are not taken
  waiting_ = 0;
  left_out_.clear();
  comparison_.reset();
  shown_.clear();
}

void ComparePanel::finish(Workspace& work) {
  // Not every database says which columns are keys: the schema does.
  for (NodeAnswer& answer : *answers_) {
    for (const std::size_t i : edit_rows::key_of(work, sql_, database_, answer.columns)) {
      answer.columns[i].primary_key = true;
    }
  }
  auto result = std::make_shared<Comparison>();
  work.in_background([result, answers = answers_] { *result = compare(*answers); },
                     [this, result, number = run_] {
                       if (number != run_) return;
                       comparison_ = result;
                       widths_.clear();
                       for (const NodeAnswer& answer : *answers_) {
                         if (!answer.status.ok()) continue;
                         for (std::size_t i = 0; i < answer.columns.size(); ++i) {
                           float width = static_cast<float>(answer.columns[i].name.size()) + 2;
                           for (std::uint64_t row = 0; row < std::min<std::uint64_t>(answer.rows.size(), 100); ++row) {
                             width = std::max(width,
                                              static_cast<float>(cell_line(answer.rows.cell(row, i), 30).size()) + 2);
                           }
                           widths_.push_back(std::clamp(width, 7.0F, 34.0F));
                         }
                         break;
                       }
                     });
}

void ComparePanel::draw(Workspace& work, Desk&, ImVec2 low, ImVec2 size) {
  if (std::exchange(connection_, work.connections()) != work.connections()) forget();
  if (const auto wish = std::exchange(work.wishes.compare, std::nullopt)) run(work, wish->first, wish->second);
  ImGui::SetCursorScreenPos(low);
  ImGui::BeginChild("##compare", size, false, ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  draw_tools(work);
  if (comparison_ && comparison_->problem.empty()) draw_rows(ImGui::GetContentRegionAvail());
  ImGui::EndChild();
}

void ComparePanel::draw_tools(Workspace& work) {
  const Palette& p = colours();
  ImGui::SetCursorPos({px(12), px(8)});
  ImGui::BeginGroup();
  ui::heading("Compare");
  ui::same_line_if_fits(px(430), px(10));
  ui::wrapped("the statement under the caret, asked of each node, row beside row", p.dim);
  QueryTab& tab = work.tab();
  const auto statement = tab.highlighter.statement_at(tab.buffer, tab.buffer.caret());
  const std::string sql =
      statement ? tab.buffer.text().substr(statement->begin, statement->end - statement->begin) : std::string();
  ImGui::PushFont(look().fonts.mono);
  ui::text(sql.empty() ? "(the editor is empty)" : one_line(sql, 110), p.dim);
  ImGui::PopFont();
  const bool read = !sql.empty() && sql::classify(sql, tab.database).statement_class == sql::Class::read;
  if (ui::button(running() ? "Asking…" : "Compare nodes", ui::Style::primary, read && work.connection() && !running()))
    run(work, sql, tab.database);
  if (!sql.empty() && !read) {
    ImGui::SameLine();
    ui::text("Only a SELECT can be compared.", p.warn);
  }
  if (work.connection()) {
    for (const auto& node : work.connection()->cluster.nodes()) {
      ui::same_line_if_fits(ui::button_width(node->name().c_str()) + px(20), px(14));
      bool asked = !left_out_.contains(node->key());
      if (ui::checkbox(cat(node->name(), "##ask").c_str(), &asked)) {
        if (asked) {
          left_out_.erase(node->key());
        } else {
          left_out_.insert(node->key());
        }
      }
    }
  }
  if (comparison_) {
    ImGui::AlignTextToFramePadding();
    if (!comparison_->problem.empty()) {
      ui::wrapped(cat("✕ ", comparison_->problem), p.bad);
    } else if (comparison_->differing == 0) {
      ui::text(cat("● The nodes agree: ", plural(comparison_->rows.size(), "row", "rows"), " each."), p.good);
    } else {
      ui::text(cat("▲ ", plural(comparison_->differing, "row differs", "rows differ"), " of ",
                   with_separators(comparison_->rows.size()), ", matched by ",
                   comparison_->key.empty() ? "place" : "key", "."),
               p.warn);
    }
    ImGui::SameLine(0, px(16));
    ui::checkbox("Only differences", &only_differences_);
    for (const NodeAnswer& answer : *answers_) {
      if (!answer.status.ok()) ui::text(cat("✕ ", answer.node, ": ", one_line(answer.status.message, 140)), p.bad);
      if (answer.truncated)
        ui::text(cat("▲ ", answer.node, ": only the first ", with_separators(kMaxRows), " rows"), p.warn);
    }
  }
  ImGui::EndGroup();
  ui::gap(2);
}

void ComparePanel::draw_rows(ImVec2 size) {
  const Palette& p = colours();
  ui::focus_when_new(drawn_);
  ImGui::BeginChild("##comparerows", size, false,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_NoNavInputs);
  const ImVec2 low = ImGui::GetCursorScreenPos();
  const ImVec2 high = {low.x + size.x, low.y + size.y};
  ImDrawList* list = ImGui::GetWindowDrawList();
  shown_.clear();
  for (std::size_t i = 0; i < comparison_->rows.size(); ++i) {
    if (!only_differences_ || !comparison_->rows[i].same) shown_.push_back(i);
  }
  const float cell = look().fonts.mono->GetCharAdvance('0');
  const float row_height = std::floor(look().fonts.mono->FontSize * 1.42F);
  const float header = look().fonts.bold->FontSize + look().fonts.small->FontSize + px(12);
  const float gutter = px(56);
  float block = px(10);
  for (const float width : widths_) block += width * cell;
  std::size_t answering = 0;
  for (const NodeAnswer& answer : *answers_) answering += answer.status.ok() ? 1U : 0U;
  const float total_width = block * static_cast<float>(answering);
  const float body = low.y + header;
  const float bar = px(11);
  const double fits = std::max(1.0, std::floor(static_cast<double>((high.y - bar - body) / row_height)));
  if (ImGui::IsWindowHovered()) {
    top_ -= static_cast<double>(ImGui::GetIO().MouseWheel) * 3;
    left_ -= ImGui::GetIO().MouseWheelH * px(60);
  }
  if (ImGui::IsWindowFocused()) {
    const auto hit = [](int code) { return ImGui::IsKeyPressed(code, true) ? 1.0 : 0.0; };
    top_ += hit(key::kDown) - hit(key::kUp) + fits * (hit(key::kPageDown) - hit(key::kPageUp));
    left_ += static_cast<float>(hit(key::kRight) - hit(key::kLeft)) * px(60);
    if (hit(key::kHome) > 0) top_ = 0;
    if (hit(key::kEnd) > 0) top_ = static_cast<double>(shown_.size());
  }
  const auto total = static_cast<double>(shown_.size());
  ui::scrollbar("##comparebar", true, {high.x - bar, body}, {high.x, high.y - bar}, &top_, fits, total);
  double left = static_cast<double>(left_);
  ui::scrollbar("##compareside", false, {low.x + gutter, high.y - bar}, {high.x - bar, high.y}, &left,
                static_cast<double>(high.x - bar - low.x - gutter), static_cast<double>(total_width));
  left_ = static_cast<float>(left);
  top_ = std::clamp(top_, 0.0, std::max(0.0, total - fits));
  list->AddRectFilled(low, {high.x, body}, p.raised);
  ImGui::PushClipRect({low.x + gutter, low.y}, {high.x - bar, high.y}, true);
  float x = low.x + gutter - left_;
  for (const NodeAnswer& answer : *answers_) {
    if (!answer.status.ok()) continue;
    ui::draw_text(list, look().fonts.bold, {x + px(6), low.y + px(4)}, p.accent, answer.node);
    const float name = ui::text_width(look().fonts.bold, answer.node);
    ui::draw_text(list, look().fonts.small, {x + px(14) + name, low.y + px(6)}, p.dim,
                  cat("position ", with_separators(answer.position)), x + block - px(4));
    float cell_x = x;
    for (std::size_t i = 0; i < answer.columns.size() && i < widths_.size(); ++i) {
      float name_x = cell_x + px(6);
      if (is_number(answer.columns[i].kind)) {
        name_x = std::max(
            name_x, cell_x + widths_[i] * cell - px(10) - ui::text_width(look().fonts.small, answer.columns[i].name));
      }
      ui::draw_text(list, look().fonts.small, {name_x, low.y + look().fonts.bold->FontSize + px(7)}, p.dim,
                    answer.columns[i].name, cell_x + widths_[i] * cell);
      cell_x += widths_[i] * cell;
    }
    x += block;
    list->AddLine({x - px(5), low.y}, {x - px(5), high.y - bar}, p.border, px(1.5F));
  }
  const auto first = static_cast<std::size_t>(top_);
  const std::size_t last = std::min(shown_.size(), first + static_cast<std::size_t>(fits) + 1);
  for (std::size_t i = first; i < last; ++i) {
    const float y = body + static_cast<float>(i - first) * row_height;
    draw_row(comparison_->rows[shown_[i]], i, {low.x + gutter - left_, y}, block, row_height);
  }
  ImGui::PopClipRect();
  for (std::size_t i = first; i < last; ++i) {
    const float y = body + static_cast<float>(i - first) * row_height;
    const bool same = comparison_->rows[shown_[i]].same;
    ui::draw_text(list, look().fonts.small, {low.x + px(8), y + px(3)}, same ? p.faint : p.warn,
                  same ? cat("=  ", shown_[i] + 1) : cat("≠  ", shown_[i] + 1));
  }
  ImGui::EndChild();
}

void ComparePanel::draw_row(const ComparedRow& row, std::uint64_t, ImVec2 at, float block, float row_height) {
  const Palette& p = colours();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float cell = look().fonts.mono->GetCharAdvance('0');
  float x = at.x;
  for (std::size_t node = 0; node < answers_->size(); ++node) {
    const NodeAnswer& answer = (*answers_)[node];
    if (!answer.status.ok()) continue;
    if (row.rows[node] == Comparison::kMissing) {
      list->AddRectFilled({x, at.y}, {x + block - px(6), at.y + row_height - 1}, fade(p.bad, 0.14F));
      ui::draw_text(list, look().fonts.small, {x + px(6), at.y + px(3)}, p.bad, "row missing here");
      x += block;
      continue;
    }
    float cell_x = x;
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      const float width = widths_[i] * cell;
      const proto::Cell& value = answer.rows.cell(row.rows[node], i);
      if (i < row.differing_columns.size() && row.differing_columns[i]) {
        list->AddRectFilled({cell_x, at.y}, {cell_x + width - 1, at.y + row_height - 1}, fade(p.warn, 0.2F));
        list->AddRect({cell_x, at.y}, {cell_x + width - 1, at.y + row_height - 1}, fade(p.warn, 0.7F));
      }
      const bool null = value.kind == proto::Cell::Kind::null;
      const std::string text = null ? std::string("NULL") : cell_line(value, static_cast<std::size_t>(widths_[i]) - 1);
      ImFont* font = null ? look().fonts.small : look().fonts.mono;
      float text_x = cell_x + px(6);
      if (is_number(answer.columns[i].kind))
        text_x = std::max(text_x, cell_x + width - px(10) - ui::text_width(font, text));
      ui::draw_text(list, font, {text_x, at.y + (row_height - font->FontSize) / 2}, null ? p.null_text : p.text, text,
                    cell_x + width);
      cell_x += width;
    }
    x += block;
  }
}

}  // namespace sqlcast::gui
