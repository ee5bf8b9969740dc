#include "client/gui/ui/editor_view.h"

#include <algorithm>
#include <cmath>

#include <imgui_internal.h>

#include "client/gui/model/keys.h"
#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/desk.h"
#include "client/gui/ui/scrollbar.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

namespace {
constexpr double kBlinkFor = 20;  // seconds; a caret that blinks all day costs power

bool pressed(int code) { return ImGui::IsKeyPressed(code, true); }
}  // namespace

void EditorView::draw(Workspace& work, QueryTab& tab, ImVec2 size) {
  const Palette& p = colours();
  if (wants_focus_) ImGui::SetNextWindowFocus();
  ImGui::PushStyleColor(ImGuiCol_ChildBg, p.panel);
  constexpr ImGuiWindowFlags kFlags = ImGuiWindowFlags_NoNavInputs | ImGuiWindowFlags_NoScrollbar |
                                      ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_NoMove;
  ImGui::BeginChild("##editor", size, false, kFlags);
  ImGui::PopStyleColor();
  wants_focus_ = false;
  if (find_open_) draw_find(tab);
  focused_ = ImGui::IsWindowFocused() && !ImGui::GetIO().WantTextInput;

  ImFont* mono = look().fonts.mono;
  Metrics m;
  m.cell = mono->GetCharAdvance('0');
  m.line = std::floor(mono->FontSize * 1.36F);
  const std::size_t digits = std::max<std::size_t>(cat(tab.buffer.line_count()).size(), 3);
  m.gutter = m.cell * static_cast<float>(digits) + px(26);
  m.low = ImGui::GetCursorScreenPos();
  const ImVec2 window = ImGui::GetWindowPos();
  m.high = {window.x + size.x, window.y + size.y};
  m.origin = {m.low.x + m.gutter, m.low.y + px(4)};
  const double page = std::max(1.0, static_cast<double>((m.high.y - m.origin.y) / m.line));

  const float bar = px(11);
  ImGui::InvisibleButton("##text", {std::max(1.0F, m.high.x - m.low.x - bar), std::max(1.0F, m.high.y - m.low.y)});
  ui::note("SQL editor", m.low, m.high, true);
  if (ImGui::IsItemHovered()) ImGui::SetMouseCursor(ImGuiMouseCursor_TextInput);
  handle_mouse(tab, m);
  if (focused_) {
    handle_keys(work, tab, page);
  } else {
    completion_.reset();
  }
  tab.highlighter.update(tab.buffer);
  complete_late(work, tab);

  const std::size_t caret_line = tab.buffer.line_of(tab.buffer.caret());
  const auto columns = static_cast<double>((m.high.x - m.origin.x - bar) / m.cell);
  if (follow_caret_) {
    const auto line = static_cast<double>(caret_line);
    const auto column = static_cast<double>(tab.buffer.column_of(tab.buffer.caret()));
    if (line < top_) top_ = line;
    if (line > top_ + page - 2) top_ = line - page + 2;
    if (column < left_) left_ = std::max(0.0, column - 8);
    if (column > left_ + columns - 4) left_ = column - columns + 4;
    moved_at_ = work.now();
    follow_caret_ = false;
  }
  if (ImGui::IsWindowHovered()) {
    top_ -= static_cast<double>(ImGui::GetIO().MouseWheel) * 3;
    left_ -= static_cast<double>(ImGui::GetIO().MouseWheelH) * 4;
  }
  const auto lines = static_cast<double>(tab.buffer.line_count());
  top_ = std::clamp(top_, 0.0, std::max(0.0, lines - 1));
  left_ = std::clamp(left_, 0.0, std::max(0.0, static_cast<double>(longest_) + 8 - columns));
  draw_lines(work, tab, m);
  ui::scrollbar("##lines", true, {m.high.x - bar, m.low.y}, m.high, &top_, page, lines + page - 2);
  if (completion_) draw_completion(tab, m);
  ImGui::EndChild();
}

ImVec2 EditorView::place_of(const QueryTab& tab, const Metrics& m, std::size_t offset) const {
  const std::size_t line = tab.buffer.line_of(offset);
  return {m.origin.x + static_cast<float>((static_cast<double>(tab.buffer.column_of(offset)) - left_) *
                                          static_cast<double>(m.cell)),
          m.origin.y + static_cast<float>((static_cast<double>(line) - top_) * static_cast<double>(m.line))};
}

void EditorView::draw_range(QueryTab& tab, const Metrics& m, std::size_t line, std::size_t begin, std::size_t end,
                            ImU32 colour, bool whole_line) {
  const std::size_t line_begin = tab.buffer.line_start(line);
  const std::size_t line_end = tab.buffer.line_end(line);
  if (end < line_begin || begin > line_end) return;
  const ImVec2 from = place_of(tab, m, std::max(begin, line_begin));
  ImVec2 to = place_of(tab, m, std::min(end, line_end));
  if (end > line_end) to.x += m.cell * 0.5F;
  const float left = whole_line ? m.low.x + m.gutter - px(8) : std::max(from.x, m.origin.x);
  const float right = whole_line ? m.high.x : to.x;
  if (right > left) ImGui::GetWindowDrawList()->AddRectFilled({left, from.y}, {right, from.y + m.line}, colour);
}

void EditorView::draw_lines(Workspace& work, QueryTab& tab, const Metrics& m) {
  const Palette& p = colours();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const EditorBuffer& buffer = tab.buffer;
  ImGui::PushClipRect(m.low, m.high, true);
  list->AddRectFilled(m.low, {m.low.x + m.gutter - px(10), m.high.y}, fade(p.raised, 0.35F));
  if (measured_ != buffer.version()) {
    longest_ = 0;
    for (std::size_t i = 0; i < buffer.line_count(); ++i) longest_ = std::max(longest_, buffer.line(i).size());
    measured_ = buffer.version();
  }
  const auto first = static_cast<std::size_t>(top_);
  const auto shown = static_cast<std::size_t>((m.high.y - m.origin.y) / m.line) + 2;
  const std::size_t last = std::min(buffer.line_count(), first + shown);
  const auto statement = tab.highlighter.statement_at(buffer, buffer.caret());
  const auto [select_begin, select_end] = buffer.selection();
  const std::size_t caret_line = buffer.line_of(buffer.caret());
  const auto brackets = focused_ ? tab.highlighter.brackets_at(buffer.text(), buffer.caret()) : std::nullopt;
  const bool several = tab.highlighter.statements().size() > 1;

  for (std::size_t line = first; line < last; ++line) {
    if (statement && several) {
      const std::size_t from = buffer.line_of(statement->begin);
      const std::size_t to = buffer.line_of(statement->end);
      if (line >= from && line <= to) {
        draw_range(tab, m, line, buffer.line_start(line), buffer.line_end(line), p.statement, true);
        const ImVec2 at = place_of(tab, m, buffer.line_start(line));
        const float x = m.low.x + m.gutter - px(10);
        list->AddRectFilled({x, at.y}, {x + px(2), at.y + m.line}, fade(p.accent, 0.8F));
      }
    }
    if (line == caret_line && !buffer.has_selection()) {
      draw_range(tab, m, line, buffer.line_start(line), buffer.line_end(line), p.current_line, true);
    }
    if (select_begin != select_end && select_end > buffer.line_start(line) && select_begin <= buffer.line_end(line)) {
      draw_range(tab, m, line, select_begin, select_end, p.selection, false);
    }
  }
  draw_marks(tab, m);
  for (std::size_t line = first; line < last; ++line) {
    const ImVec2 at = place_of(tab, m, buffer.line_start(line));
    const std::string number = cat(line + 1);
    const float width = m.cell * static_cast<float>(number.size());
    list->AddText(look().fonts.mono, look().fonts.mono->FontSize,
                  {m.low.x + m.gutter - px(18) - width, at.y + (m.line - look().fonts.mono->FontSize) / 2},
                  line == caret_line ? p.text : p.faint, number.c_str());
  }
  ImGui::PushClipRect({m.low.x + m.gutter - px(6), m.low.y}, m.high, true);
  for (std::size_t line = first; line < last; ++line) {
    draw_line(tab, m, line, place_of(tab, m, buffer.line_start(line)));
  }
  if (brackets) {
    for (const std::size_t at : {brackets->first, brackets->second}) {
      const ImVec2 corner = place_of(tab, m, at);
      list->AddRect({corner.x - 1, corner.y + 1}, {corner.x + m.cell + 1, corner.y + m.line - 1}, p.accent, px(2));
    }
  }
  const double still = work.now() - moved_at_;
  const bool blink = !work.options().scripted && still < kBlinkFor && std::fmod(still, 1.1) > 0.6;
  if (focused_ && !blink) {
    const ImVec2 at = place_of(tab, m, buffer.caret());
    list->AddRectFilled({at.x - px(1), at.y + px(2)}, {at.x + px(1), at.y + m.line - px(2)}, p.accent);
  }
  if (buffer.text().empty()) {
    ui::draw_text(list, look().fonts.mono, {m.origin.x, m.origin.y + px(3)}, p.faint, "Write SQL here.");
    ui::draw_text(list, look().fonts.mono, {m.origin.x, m.origin.y + m.line + px(3)}, p.faint,
                  "Ctrl+Enter runs the statement under the caret, F1 shows all keys.", m.high.x);
  }
  ImGui::PopClipRect();
  ImGui::PopClipRect();
}

void EditorView::draw_line(QueryTab& tab, const Metrics& m, std::size_t line, ImVec2 at) {
  const std::string_view text = tab.buffer.text();
  const std::size_t begin = tab.buffer.line_start(line);
  const std::size_t end = tab.buffer.line_end(line);
  if (begin == end) return;
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImFont* mono = look().fonts.mono;
  const float y = std::floor(at.y + (m.line - mono->FontSize) / 2);
  const auto& tokens = tab.highlighter.tokens();
  const float right = m.high.x;
  std::size_t column = 0;
  for (std::size_t i = tab.highlighter.first_token_at(begin); i < tokens.size() && tokens[i].offset < end; ++i) {
    const std::size_t from = std::max(tokens[i].offset, begin);
    const std::size_t to = std::min(tokens[i].offset + tokens[i].size, end);
    const ImU32 colour = paint_colour(tokens[i].paint);
    const bool blank = tokens[i].kind == sql::TokenKind::blank;
    std::size_t run = from;
    while (run < to) {
      const float x = at.x + static_cast<float>(column) * m.cell;
      if (x > right) return;
      // Plain ASCII goes out in one piece; anything else a character at a time, each in its own cell.
      std::size_t ascii = run;
      while (ascii < to && text[ascii] >= 0x20 && text[ascii] < 0x7F && ascii - run < 400) ++ascii;
      if (ascii > run) {
        if (!blank) list->AddText(mono, mono->FontSize, {x, y}, colour, text.data() + run, text.data() + ascii);
        column += ascii - run;
        run = ascii;
        continue;
      }
      const std::size_t size = code_point_at(text, run).size;
      if (text[run] == '\t') {
        column += EditorBuffer::kTabWidth - column % EditorBuffer::kTabWidth;
      } else {
        want_glyphs(text.substr(run, size));
        list->AddText(mono, mono->FontSize, {x, y}, colour, text.data() + run, text.data() + run + size);
        ++column;
      }
      run += size;
    }
  }
}

void EditorView::draw_marks(QueryTab& tab, const Metrics& m) {
  if (!tab.mark || tab.mark->version != tab.buffer.version()) return;
  const Palette& p = colours();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const std::size_t begin = std::min(tab.mark->begin, tab.buffer.text().size());
  const std::size_t line = tab.buffer.line_of(begin);
  const ImVec2 from = place_of(tab, m, begin);
  const ImVec2 to = place_of(tab, m, std::clamp(tab.mark->end, begin, tab.buffer.line_end(line)));
  const float right = std::max(to.x, from.x + m.cell);
  list->AddRectFilled(from, {right, from.y + m.line}, fade(p.bad, 0.18F), px(2));
  const float base = from.y + m.line - px(3);
  for (float x = from.x; x < right; x += px(6)) {
    list->AddLine({x, base}, {std::min(x + px(3), right), base + px(2)}, p.bad, px(1.4F));
    list->AddLine({std::min(x + px(3), right), base + px(2)}, {std::min(x + px(6), right), base}, p.bad, px(1.4F));
  }
  const ImVec2 row = place_of(tab, m, tab.buffer.line_start(line));
  list->AddRectFilled({m.low.x, row.y}, {m.low.x + px(3), row.y + m.line}, p.bad);
  if (ImGui::IsMouseHoveringRect({m.low.x, row.y}, {m.high.x, row.y + m.line}) && ImGui::IsWindowHovered()) {
    ImGui::SetTooltip("%s", tab.mark->message.c_str());
  }
}

void EditorView::handle_mouse(QueryTab& tab, const Metrics& m) {
  const ImGuiIO& io = ImGui::GetIO();
  const auto offset_under_mouse = [&] {
    const double line = std::floor(static_cast<double>((io.MousePos.y - m.origin.y) / m.line) + top_);
    const double column = static_cast<double>((io.MousePos.x - m.origin.x) / m.cell) + left_ + 0.5;
    const auto last = static_cast<double>(tab.buffer.line_count() - 1);
    return tab.buffer.offset_at(static_cast<std::size_t>(std::clamp(line, 0.0, last)),
                                static_cast<std::size_t>(std::max(0.0, column)));
  };
  if (ImGui::IsItemHovered() && ImGui::IsMouseClicked(0)) {
    focused_ = true;
    completion_.reset();
    const std::size_t offset = offset_under_mouse();
    const int clicks = io.MouseClickedCount[0];
    if (clicks == 2) {
      tab.buffer.select_word(offset);
    } else if (clicks >= 3 || io.MousePos.x < m.origin.x - px(10)) {
      tab.buffer.select_line(tab.buffer.line_of(offset));
    } else {
      tab.buffer.set_caret(offset, io.KeyShift);
      selecting_ = true;
    }
    moved_at_ = ImGui::GetTime();
  }
  if (selecting_ && ImGui::IsMouseDown(0) && ImGui::IsMouseDragging(0, px(3))) {
    tab.buffer.set_caret(offset_under_mouse(), true);
    if (io.MousePos.y < m.low.y || io.MousePos.y > m.high.y) follow_caret_ = true;
  }
  if (!ImGui::IsMouseDown(0)) selecting_ = false;
}

void EditorView::handle_keys(Workspace& work, QueryTab& tab, double page_lines) {
  ImGuiIO& io = ImGui::GetIO();
  EditorBuffer& buffer = tab.buffer;
  const std::uint64_t version = buffer.version();
  const std::size_t caret = buffer.caret();
  const bool shift = io.KeyShift;
  const bool ctrl = io.KeyCtrl;
  bool typed = false;
  bool jumped = false;

  const bool completion_took_it = completion_ && handle_completion_keys(tab);
  if (!completion_took_it) {
    const auto page = static_cast<std::ptrdiff_t>(page_lines) - 1;
    if (pressed(key::kLeft)) ctrl ? buffer.move_word_left(shift) : buffer.move_left(shift);
    if (pressed(key::kRight)) ctrl ? buffer.move_word_right(shift) : buffer.move_right(shift);
    if (pressed(key::kUp)) buffer.move_lines(-1, shift);
    if (pressed(key::kDown)) buffer.move_lines(1, shift);
    if (pressed(key::kPageUp) && !ctrl) buffer.move_lines(-page, shift);
    if (pressed(key::kPageDown) && !ctrl) buffer.move_lines(page, shift);
    if (pressed(key::kHome)) ctrl ? buffer.set_caret(0, shift) : buffer.move_home(shift);
    if (pressed(key::kEnd)) ctrl ? buffer.set_caret(buffer.text().size(), shift) : buffer.move_end(shift);
    if (pressed(key::kBackspace)) buffer.backspace(ctrl);
    if (pressed(key::kDelete)) ctrl&& shift ? buffer.delete_lines() : buffer.erase(ctrl);
    if ((pressed(key::kEnter) || pressed(key::kKeypadEnter)) && !ctrl && !io.KeyAlt) buffer.new_line();
    if (pressed(key::kTab) && !ctrl) shift ? buffer.unindent() : buffer.indent();
    if (pressed(key::kEscape)) {
      if (find_open_) {
        find_open_ = false;
      } else {
        buffer.set_caret(buffer.caret());
      }
    }
  }
  if (ctrl && !io.KeyAlt) {
    if (pressed(key::letter('A'))) buffer.select_all();
    if (pressed(key::letter('Z'))) jumped = shift ? buffer.redo() : buffer.undo();
    if (pressed(key::letter('Y'))) jumped = buffer.redo();
    if (pressed(key::letter('D'))) buffer.duplicate_lines();
    if (pressed(key::kSlash)) buffer.toggle_comment();
    if (pressed(key::letter('C')) && buffer.has_selection()) {
      ImGui::SetClipboardText(std::string(buffer.selected_text()).c_str());
    }
    if (pressed(key::letter('X'))) {
      if (!buffer.has_selection()) buffer.select_line(buffer.line_of(buffer.caret()));
      ImGui::SetClipboardText(std::string(buffer.selected_text()).c_str());
      buffer.insert({});
    }
    if (pressed(key::letter('V'))) {
      if (const char* clip = ImGui::GetClipboardText()) buffer.insert(to_utf8(clip));
    }
    if (pressed(key::kSpace)) update_completion(work, tab, false);
  }
  if (pressed(key::kF1 + 2)) find_next(tab, shift);
  if (!ctrl && !io.KeyAlt) {
    for (const ImWchar c : io.InputQueueCharacters) {
      if (c < 0x20 || c == 0x7F || c == 0xFFFD) continue;
      char utf8[5] = {};
      ImTextCharToUtf8(utf8, c);
      buffer.type(utf8);
      typed = true;
    }
  }
  if (buffer.version() != version || buffer.caret() != caret || jumped) follow_caret_ = true;
  if (buffer.version() == version) {
    if (buffer.caret() != caret && completion_) completion_.reset();
    return;
  }
  tab.highlighter.update(buffer);
  if (completion_ || (typed && work.settings.auto_complete)) update_completion(work, tab, true);
}

void EditorView::update_completion(Workspace& work, QueryTab& tab, bool automatic) {
  completion_.reset();
  chosen_.reset();
  waiting_.reset();
  Connection* const connection = work.connection();
  if (connection == nullptr) return;
  Completion found = complete(tab.buffer, tab.highlighter, connection->schema, tab.database, automatic);
  for (const std::string& database : found.unopened) connection->load_database(database);
  if (!found.unopened.empty())
    waiting_ = Waiting{tab.buffer.version(), tab.buffer.caret(), connection->schema.version(), automatic};
  if (!found.proposals.empty()) completion_ = std::move(found);
}

// What was asked for when a database had not been opened is asked for again when it has been.
void EditorView::complete_late(Workspace& work, QueryTab& tab) {
  if (!waiting_) return;
  if (!focused_ || work.connection() == nullptr || waiting_->text != tab.buffer.version() ||
      waiting_->caret != tab.buffer.caret())
    return waiting_.reset();
  const std::uint64_t schema = work.connection()->schema.version();
  if (schema == waiting_->schema || chosen_) return;
  const Waiting asked = *waiting_;
  update_completion(work, tab, asked.automatic);
  if (!waiting_) waiting_ = Waiting{asked.text, asked.caret, schema, asked.automatic};
}

// Enter belongs to the text, unless Down has led into the list; Tab takes what stands first.
bool EditorView::handle_completion_keys(QueryTab& tab) {
  const ImGuiIO& io = ImGui::GetIO();
  if (io.KeyCtrl || io.KeyAlt || io.KeyShift) return false;
  const std::size_t count = completion_->proposals.size();
  if (pressed(key::kDown)) {
    chosen_ = chosen_ ? (*chosen_ + 1) % count : 0;
    return true;
  }
  if (chosen_ && pressed(key::kUp)) {
    if (*chosen_ == 0) {
      chosen_.reset();
    } else {
      --*chosen_;
    }
    return true;
  }
  if (pressed(key::kEscape)) {
    completion_.reset();
    return true;
  }
  const bool enter = pressed(key::kEnter) || pressed(key::kKeypadEnter);
  if (pressed(key::kTab) || (enter && chosen_)) {
    accept_completion(tab);
    return true;
  }
  if (enter) completion_.reset();
  return false;
}

void EditorView::accept_completion(QueryTab& tab) {
  const std::string text = completion_->proposals[chosen_.value_or(0)].text;
  tab.buffer.replace(completion_->begin, tab.buffer.caret(), text);
  completion_.reset();
  follow_caret_ = true;
}

void EditorView::draw_completion(QueryTab& tab, const Metrics& m) {
  const Palette& p = colours();
  const ImVec2 at = place_of(tab, m, std::min(completion_->begin, tab.buffer.text().size()));
  const std::size_t shown = std::min<std::size_t>(completion_->proposals.size(), 10);
  const float row = m.line + px(2);
  const ImVec2 size = {px(380), row * static_cast<float>(shown) + px(8)};
  ImVec2 corner = {at.x - px(8), at.y + m.line + px(2)};
  const ImVec2 display = ImGui::GetIO().DisplaySize;
  if (corner.y + size.y > display.y) corner.y = at.y - size.y - px(2);
  if (corner.x + size.x > display.x) corner.x = display.x - size.x;
  const std::size_t chosen = chosen_.value_or(0);
  const std::size_t first = chosen >= shown ? chosen - shown + 1 : 0;
  ImGui::SetNextWindowPos(corner);
  ImGui::SetNextWindowSize(size);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {px(4), px(4)});
  ImGui::Begin("##completion", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoFocusOnAppearing | ImGuiWindowFlags_NoNav |
                   ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_Tooltip);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const ImVec2 low = ImGui::GetCursorScreenPos();
  for (std::size_t i = 0; i < shown; ++i) {
    const Proposal& proposal = completion_->proposals[first + i];
    const ImVec2 line = {low.x, low.y + row * static_cast<float>(i)};
    const ImVec2 end = {low.x + size.x - px(8), line.y + row};
    // Filled once Down has led here; before, a frame around what Tab would take.
    if (first + i == chosen && chosen_) list->AddRectFilled(line, end, p.accent_soft, px(4));
    if (first + i == chosen && !chosen_) list->AddRect(line, end, p.border, px(4));
    const float y = line.y + (row - look().fonts.mono->FontSize) / 2;
    const float detail = std::min(
        ui::text_width(look().fonts.small, proposal.detail.empty() ? proposal_word(proposal.kind) : proposal.detail),
        px(190));
    ui::draw_text(list, look().fonts.mono, {line.x + px(6), y}, p.text, proposal.text, end.x - detail - px(14));
    ui::draw_text(list, look().fonts.small, {end.x - detail - px(6), line.y + (row - look().fonts.small->FontSize) / 2},
                  p.dim, proposal.detail.empty() ? proposal_word(proposal.kind) : std::string_view(proposal.detail),
                  end.x);
  }
  ImGui::End();
  ImGui::PopStyleVar();
}

void EditorView::open_find(QueryTab& tab, bool replace) {
  find_open_ = true;
  find_focus_ = true;
  replace_open_ = replace;
  const std::string_view selected = tab.buffer.selected_text();
  if (!selected.empty() && selected.find('\n') == std::string_view::npos) find_text_ = selected;
}

void EditorView::find_next(QueryTab& tab, bool backward) {
  const std::size_t from = backward ? tab.buffer.selection().first : tab.buffer.selection().second;
  const auto found = tab.buffer.find(find_text_, from, backward, match_case_);
  find_outcome_ = found ? "" : "not found";
  if (!found) return;
  tab.buffer.select(*found, *found + find_text_.size());
  follow_caret_ = true;
}

void EditorView::draw_find(QueryTab& tab) {
  ImGui::SetCursorPos({px(8), px(4)});
  if (find_focus_) ImGui::SetKeyboardFocusHere();
  find_focus_ = false;
  const bool entered = ui::input("Find", find_text_, "Find", px(200), ImGuiInputTextFlags_EnterReturnsTrue);
  if (entered) {
    find_next(tab, ImGui::GetIO().KeyShift);
    find_focus_ = true;
  }
  if (ImGui::IsKeyPressed(key::kEscape, false)) {
    find_open_ = false;
    wants_focus_ = true;
  }
  ui::same_line_if_fits(ui::button_width("Next"));
  if (ui::button("Next")) find_next(tab, false);
  ui::same_line_if_fits(ui::button_width("Previous"));
  if (ui::button("Previous")) find_next(tab, true);
  ui::same_line_if_fits(ui::button_width("Match case") + px(20));
  ui::checkbox("Match case", &match_case_);
  if (replace_open_) {
    ui::same_line_if_fits(px(160));
    ui::input("Replace", replace_text_, "Replace with", px(160));
    ui::same_line_if_fits(ui::button_width("Replace one"));
    if (ui::button("Replace one")) {
      if (equal_ignoring_case(tab.buffer.selected_text(), find_text_) && tab.buffer.has_selection()) {
        tab.buffer.insert(replace_text_);
      }
      find_next(tab, false);
    }
    ui::same_line_if_fits(ui::button_width("Replace all"));
    if (ui::button("Replace all")) {
      find_outcome_ = plural(tab.buffer.replace_all(find_text_, replace_text_, match_case_), "change", "changes");
    }
  }
  ImGui::SameLine();
  ui::dim(find_outcome_);
}

}  // namespace sqlcast::gui
