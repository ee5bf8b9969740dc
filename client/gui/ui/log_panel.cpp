#include "client/gui/ui/log_panel.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "client/gui/model/keys.h"
#include "client/gui/model/sql_words.h"
#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/desk.h"
#include "client/gui/ui/scrollbar.h"
#include "client/gui/ui/widgets.h"
#include "sql/lexer.h"

namespace sqlcast::gui {

namespace {

// One line of SQL with its colours.
void draw_sql(ImDrawList* list, ImVec2 at, std::string_view sql, float right) {
  ImFont* mono = look().fonts.mono;
  const float cell = mono->GetCharAdvance('0');
  const std::string line = one_line(sql, static_cast<std::size_t>(std::max(4.0F, (right - at.x) / cell - 1)));
  sql::Lexer lexer(line);
  sql::Token token;
  float x = at.x;
  want_glyphs(line);
  while (lexer.next(token)) {
    Paint paint = Paint::plain;
    if (token.kind == sql::TokenKind::word) {
      const std::size_t after = token.offset + token.size;
      paint = paint_of_word(token.text, after < line.size() && line[after] == '(');
    } else if (token.kind == sql::TokenKind::string) {
      paint = Paint::string;
    } else if (token.kind == sql::TokenKind::number) {
      paint = Paint::number;
    } else if (token.kind == sql::TokenKind::comment) {
      paint = Paint::comment;
    } else if (token.kind == sql::TokenKind::symbol) {
      paint = Paint::symbol;
    }
    if (token.kind != sql::TokenKind::blank) {
      list->AddText(mono, mono->FontSize, {x, at.y}, paint_colour(paint), token.text.data(),
                    token.text.data() + token.text.size());
    }
    x += ui::text_width(mono, token.text);
  }
  ui::note(line, at, {x, at.y + mono->FontSize}, false);
}

}  // namespace

void LogPanel::draw(Workspace& work, Desk& desk, ImVec2 low, ImVec2 size) {
  ImGui::SetCursorScreenPos(low);
  ImGui::BeginChild("##log", size, false, ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  if (!work.connection()) {
    ImGui::SetCursorPos({px(16), px(16)});
    ui::text("Connect to a cluster to see its log.", colours().faint);
    ImGui::EndChild();
    return;
  }
  draw_tools(work);
  if (what_ == 1) {
    draw_shapes(work, ImGui::GetContentRegionAvail());
    ImGui::EndChild();
    return;
  }
  const float detail = picked_ ? std::min(px(170), size.y * 0.35F) : 0;
  draw_rows(work, {size.x, ImGui::GetContentRegionAvail().y - detail});
  if (picked_) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::GetWindowDrawList()->AddLine(at, {at.x + size.x, at.y}, colours().border);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {px(14), px(8)});
    ImGui::BeginChild("##picked", {size.x, detail}, false, ImGuiWindowFlags_AlwaysUseWindowPadding);
    ImGui::PopStyleVar();
    const LogRow& row = *picked_;
    ui::heading(cat("Sequence ", with_separators(row.sequence)));
    ImGui::SameLine();
    const std::string facts = cat("epoch ", row.epoch, "   ", clock_time(row.time_us), "   database ",
                                  row.database.empty() ? "none" : row.database,
                                  row.parts > 1 ? cat("   statement ", row.part + 1, " of ", row.parts) : std::string(),
                                  row.insert_id > 0 ? cat("   insert id ", row.insert_id) : std::string(),
                                  row.client.empty() ? std::string() : cat("   client ", row.client));
    ImGui::PushTextWrapPos(0);
    ui::dim(facts);
    ImGui::PopTextWrapPos();
    if (ui::button("Open in the editor")) work.open_in_editor(cat("seq ", row.sequence), row.sql, false);
    ImGui::SameLine();
    if (ui::button("Copy SQL")) desk.copy(row.sql, "SQL");
    ImGui::SameLine();
    if (ui::button("Close##detail", ui::Style::ghost)) selected_ = ~std::size_t{0};
    ImGui::PushFont(look().fonts.mono);
    ui::wrapped(row.sql.size() > 20'000 ? cat(std::string_view(row.sql).substr(0, 20'000), "…") : row.sql);
    ImGui::PopFont();
    ImGui::EndChild();
    if (selected_ == ~std::size_t{0}) picked_.reset();
  }
  ImGui::EndChild();
}

void LogPanel::draw_tools(Workspace& work) {
  const Palette& p = colours();
  LogModel& log = work.connection()->log;
  ImGui::SetCursorPos({px(12), px(8)});
  ImGui::AlignTextToFramePadding();
  ui::heading("Log");
  ImGui::SameLine(0, px(14));
  ui::segments("what", {"Statements", "By shape"}, &what_);
  if (what_ == 1) {
    ui::same_line_if_fits(px(300), px(20));
    ui::segments("order", {"Most often", "Most rows", "Longest text"}, &order_);
    ui::gap(2);
    return;
  }
  ImGui::SameLine(0, px(14));
  if (log.historical()) {
    if (ui::button("▶ Back to live", ui::Style::primary)) log.live();
  } else if (ui::button(log.paused() ? "▶ Resume" : "❚❚ Pause")) {
    log.pause(!log.paused());
  }
  ImGui::SameLine();
  if (std::exchange(work.wishes.focus_log_filter, false)) ImGui::SetKeyboardFocusHere();
  const float filter = std::clamp(ImGui::GetContentRegionAvail().x - px(190), px(90), px(220));
  if (ui::input("Filter log", filter_, filter < px(190) ? "Filter" : "Filter: text, client, database", filter))
    log.set_filter(filter_);
  ImGui::SameLine();
  const bool entered = ui::input("Jump to sequence", jump_, "Sequence", px(110),
                                 ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_CharsDecimal);
  ImGui::SameLine();
  if (ui::button(work.connection()->log_loading() ? "Loading…" : "Jump") || entered) {
    Sequence sequence = 0;
    const auto parsed = std::from_chars(jump_.data(), jump_.data() + jump_.size(), sequence);
    if (parsed.ec == std::errc() && sequence > 0) {
      work.connection()->jump_log(sequence);
      top_ = 0;
    }
  }
  ui::same_line_if_fits(px(220), px(14));
  if (ImGui::GetCursorPosX() < px(20)) ImGui::SetCursorPosX(px(12));
  if (!work.connection()->log_problem().empty()) {
    ui::text(cat("✕ ", one_line(work.connection()->log_problem(), 120)), p.bad);
  } else if (log.historical()) {
    ui::badge("FROM THE LOG", p.busy);
    ImGui::SameLine();
    ui::dim(cat(plural(log.size(), "statement", "statements"), " from sequence ", with_separators(log.history_from())));
  } else if (log.paused()) {
    ui::badge("PAUSED", p.warn);
    ImGui::SameLine();
    ui::dim(cat(plural(log.waiting(), "entry", "entries"), " waiting"));
  } else {
    ui::badge("LIVE", p.good);
    ImGui::SameLine();
    ui::dim(plural(log.size(), "statement", "statements"));
  }
  if (log.missed() > 0) {
    ImGui::SameLine();
    ui::text(
        cat("▲ ", plural(log.missed(), "entry was", "entries were"), " not shown: too many at once. Jump reads them."),
        p.warn);
  }
  ui::gap(2);
}

// Counted anew every second: a look at the last minutes needs no more.
void LogPanel::draw_shapes(Workspace& work, ImVec2 size) {
  const Palette& p = colours();
  const LogModel& log = work.connection()->log;
  if (work.now() - counted_ > 1 || work.now() < counted_ || order_ != counted_order_) {
    counted_ = work.now();
    counted_order_ = order_;
    shapes_ = log.shapes().first(static_cast<LogShapes::Order>(order_), 200, work.unix_us());
  }
  ImGui::SetCursorPosX(px(12));
  const std::uint64_t begins = log.shapes().begins_us();
  const bool whole = begins + LogShapes::kMinutes * 60'000'000 <= work.unix_us();
  ui::wrapped(cat("What was replicated ",
                  whole ? cat("in the last ", LogShapes::kMinutes, " minutes")
                        : cat("since ", clock_time(begins).substr(0, 8),
                              ", for there were too many shapes to count for longer"),
                  ", as far as this window has seen it, by text without literals."),
              p.dim);
  if (shapes_.empty()) {
    ImGui::SetCursorPosX(px(12));
    ui::text("Nothing was written in that time.", p.faint);
    return;
  }
  constexpr ImGuiTableFlags kFlags =
      ImGuiTableFlags_ScrollY | ImGuiTableFlags_RowBg | ImGuiTableFlags_BordersInnerV | ImGuiTableFlags_NoSavedSettings;
  ImGui::SetCursorPosX(px(12));
  if (!ImGui::BeginTable("##shapes", 5, kFlags, {size.x - px(18), ImGui::GetContentRegionAvail().y - px(6)})) return;
  ImGui::TableSetupScrollFreeze(0, 1);
  ImGui::TableSetupColumn("times", ImGuiTableColumnFlags_WidthFixed, px(80));
  ImGui::TableSetupColumn("rows", ImGuiTableColumnFlags_WidthFixed, px(80));
  ImGui::TableSetupColumn("longest text", ImGuiTableColumnFlags_WidthFixed, px(92));
  ImGui::TableSetupColumn("last", ImGuiTableColumnFlags_WidthFixed, px(80));
  ImGui::TableSetupColumn("statement", ImGuiTableColumnFlags_WidthStretch);
  ImGui::TableHeadersRow();
  for (const LogShapes::Shape& shape : shapes_) {
    ImGui::TableNextRow();
    ImGui::TableNextColumn();
    ui::text(with_separators(shape.times));
    ImGui::TableNextColumn();
    ui::text(with_separators(shape.rows), p.dim);
    ImGui::TableNextColumn();
    ui::text(human_bytes(shape.longest), p.dim);
    ImGui::TableNextColumn();
    ui::text(clock_time(shape.last_us).substr(0, 8), p.dim);
    ImGui::TableNextColumn();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float right = at.x + ImGui::GetContentRegionAvail().x;
    if (ImGui::Selectable(cat("##", shape.text).c_str(), false, ImGuiSelectableFlags_SpanAllColumns))
      work.open_in_editor("shape", shape.text, false);
    draw_sql(ImGui::GetWindowDrawList(), at, shape.text, right);
  }
  ImGui::EndTable();
}

void LogPanel::handle_keys(Workspace& work, const LogModel& log, double fits) {
  const ImGuiIO& io = ImGui::GetIO();
  if (io.KeyCtrl || io.KeyAlt) return;
  const auto hit = [](int code) { return ImGui::IsKeyPressed(code, true); };
  const std::size_t last = log.size() - 1;
  const auto page = static_cast<std::size_t>(fits);
  std::size_t at = picked_ ? std::min(selected_, last) : last;
  const std::size_t before = at;
  if (hit(key::kDown)) at = std::min(at + 1, last);
  if (hit(key::kUp) && picked_) at -= std::min<std::size_t>(at, 1);
  if (hit(key::kPageDown)) at = std::min(at + page, last);
  if (hit(key::kPageUp)) at -= std::min(at, page);
  if (hit(key::kHome)) at = 0;
  if (hit(key::kEnd)) at = last;
  if (at != before || (!picked_ && (hit(key::kUp) || hit(key::kDown)))) {
    selected_ = at;
    picked_ = log.at(at);
    follow_ = at == last;
    top_ = std::clamp(top_, static_cast<double>(at) - fits + 1, static_cast<double>(at));
  }
  if (!picked_) return;
  if (hit(key::kEnter)) work.open_in_editor(cat("seq ", picked_->sequence), picked_->sql, false);
  if (hit(key::kEscape)) picked_.reset();
}

void LogPanel::draw_rows(Workspace& work, ImVec2 size) {
  const Palette& p = colours();
  const LogModel& log = work.connection()->log;
  ui::focus_when_new(drawn_);
  ImGui::BeginChild("##logrows", size, false,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_NoNavInputs);
  const ImVec2 low = ImGui::GetCursorScreenPos();
  const ImVec2 high = {low.x + size.x, low.y + size.y};
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImFont* font = look().fonts.small;
  const float row_height = std::floor(look().fonts.mono->FontSize * 1.5F);
  const float header = font->FontSize + px(10);
  const bool wide = size.x > px(900);
  // sequence, epoch, time, client, effect, statement
  const float effect = px(wide ? 456 : 262);
  const float columns[] = {px(12), px(112), px(160), px(262), effect, effect + px(106)};
  list->AddRectFilled(low, {high.x, low.y + header}, p.raised);
  static constexpr const char* kNames[] = {"sequence", "epoch", "time", "client", "effect", "statement"};
  for (std::size_t i = 0; i < 6; ++i) {
    if (i == 3 && !wide) continue;
    ui::draw_text(list, font, {low.x + columns[i], low.y + px(5)}, p.dim, kNames[i]);
  }
  const float body = low.y + header;
  const double fits = std::max(1.0, std::floor(static_cast<double>((high.y - body) / row_height)));
  const auto total = static_cast<double>(log.size());
  ImGui::SetCursorScreenPos({low.x, body});
  ImGui::InvisibleButton("##rows", {std::max(1.0F, size.x - px(12)), std::max(1.0F, high.y - body)});
  const bool hovered = ImGui::IsItemHovered();
  if (ImGui::IsWindowHovered() && ImGui::GetIO().MouseWheel != 0) {
    top_ -= static_cast<double>(ImGui::GetIO().MouseWheel) * 3;
    follow_ = false;
  }
  if (ImGui::IsWindowFocused() && log.size() > 0) handle_keys(work, log, fits);
  if (follow_ && !log.historical()) top_ = total - fits;
  top_ = std::clamp(top_, 0.0, std::max(0.0, total - fits));
  if (ui::scrollbar("##logbar", true, {high.x - px(11), body}, high, &top_, fits, total)) follow_ = false;
  if (top_ + fits >= total - 0.5) follow_ = true;
  if (log.size() == 0) {
    ui::draw_text(list, look().fonts.ui, {low.x + px(14), body + px(14)}, p.faint,
                  !log.filter().empty() ? std::string("No statement matches the filter.")
                  : !work.connected()   ? work.why_nothing()
                  : work.connection()->cluster.head() == 0
                      ? std::string("Nothing has been written to this cluster yet.")
                      : std::string("Statements appear here as they are "
                                    "replicated. Jump reads earlier ones."));
  }
  const auto first = static_cast<std::size_t>(top_);
  const std::size_t last = std::min(log.size(), first + static_cast<std::size_t>(fits) + 1);
  const float mouse_y = ImGui::GetIO().MousePos.y;
  ImGui::PushClipRect({low.x, body}, high, true);
  for (std::size_t i = first; i < last; ++i) {
    const LogRow& row = log.at(i);
    const float y = body + static_cast<float>(i - first) * row_height;
    const bool under = hovered && mouse_y >= y && mouse_y < y + row_height;
    const bool chosen = picked_ && picked_->sequence == row.sequence && picked_->part == row.part;
    if (chosen || under)
      list->AddRectFilled({low.x, y}, {high.x - px(11), y + row_height}, chosen ? p.accent_soft : p.hover);
    if (under && ImGui::IsMouseClicked(0)) {
      selected_ = i;
      picked_ = row;
    }
    if (under && ImGui::IsMouseDoubleClicked(0)) work.open_in_editor(cat("seq ", row.sequence), row.sql, false);
    const float text_y = y + (row_height - font->FontSize) / 2;
    const auto put = [&](std::size_t column, std::string_view value, ImU32 colour) {
      ui::draw_text(list, font, {low.x + columns[column], text_y}, colour, value, low.x + columns[column + 1] - px(8));
    };
    put(0, row.parts > 1 && row.part > 0 ? std::string("  └") : with_separators(row.sequence), p.text);
    put(1, cat(row.epoch), p.dim);
    put(2, clock_time(row.time_us), p.dim);
    if (wide) put(3, row.client.empty() ? std::string_view("–") : std::string_view(row.client), p.dim);
    put(4, row.ddl ? std::string("schema") : plural(row.affected, "row", "rows"), row.ddl ? p.ddl : p.dim);
    draw_sql(list, {low.x + columns[5], y + (row_height - look().fonts.mono->FontSize) / 2}, row.sql, high.x - px(16));
  }
  ImGui::PopClipRect();
  ImGui::EndChild();
}

}  // namespace sqlcast::gui
