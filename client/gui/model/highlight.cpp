#include "client/gui/model/highlight.h"

#include <algorithm>

#include "client/gui/model/sql_words.h"
#include "client/gui/model/text.h"
#include "sql/splitter.h"

namespace sqlcast::gui {

namespace {

Paint paint_of(const sql::Token& token, std::string_view text) {
  switch (token.kind) {
    case sql::TokenKind::word: {
      const std::size_t after = token.offset + token.size;
      return paint_of_word(token.text, after < text.size() && text[after] == '(');
    }
    case sql::TokenKind::quoted_identifier: return Paint::identifier;
    case sql::TokenKind::string: return Paint::string;
    case sql::TokenKind::number: return Paint::number;
    case sql::TokenKind::variable: return Paint::variable;
    case sql::TokenKind::parameter: return Paint::parameter;
    case sql::TokenKind::symbol: return Paint::symbol;
    case sql::TokenKind::comment: return Paint::comment;
    case sql::TokenKind::executable_comment: return Paint::error;
    case sql::TokenKind::blank: return Paint::plain;
    case sql::TokenKind::error: return Paint::error;
  }
  return Paint::plain;
}

// Several changes as one: [begin, old_end) became [begin, new_end).
struct Region {
  std::size_t begin = 0;
  std::size_t old_end = 0;
  std::size_t new_end = 0;
};

Region region_of(const std::vector<TextChange>& changes) {
  Region all{changes[0].offset, changes[0].offset + changes[0].removed, changes[0].offset + changes[0].inserted};
  for (std::size_t i = 1; i < changes.size(); ++i) {
    const TextChange& change = changes[i];
    const std::size_t end = std::max(all.new_end, change.offset + change.removed);
    all.old_end += end - all.new_end;
    all.new_end = end - change.removed + change.inserted;
    all.begin = std::min(all.begin, change.offset);
  }
  return all;
}

bool is_end(const PaintedToken& token, std::string_view text) {
  return token.kind == sql::TokenKind::symbol && text[token.offset] == ';';
}

}  // namespace

void Highlighter::update(EditorBuffer& buffer) {
  const std::vector<TextChange> changes = buffer.take_changes();
  if (changes.empty() && version_ == buffer.version()) return;
  version_ = buffer.version();
  const std::string_view text = buffer.text();
  Region region{0, tokens_.empty() ? 0 : tokens_.back().offset + tokens_.back().size, text.size()};
  if (!changes.empty()) region = region_of(changes);

  // After a `;` the lexer is as at the beginning: it starts there, and is done where the old text, behind the
  // changes, has one too.
  std::size_t first = first_token_at(region.begin);
  while (first > 0 &&
         (first > tokens_.size() || tokens_[first - 1].offset >= region.begin || !is_end(tokens_[first - 1], text))) {
    --first;
  }
  const std::size_t from = first == 0 ? 0 : tokens_[first - 1].offset + 1;
  std::vector<PaintedToken> fresh;
  std::size_t last = tokens_.size();  // of the old tokens that are read again
  sql::Lexer lexer(text.substr(from));
  for (sql::Token token; lexer.next(token);) {
    token.offset += from;
    fresh.push_back(
        {token.offset, static_cast<std::uint32_t>(token.size), token.kind, paint_of(token, text), token.problem});
    if (token.offset < region.new_end || !is_end(fresh.back(), text)) continue;
    const std::size_t before = token.offset - region.new_end + region.old_end;
    const auto old = std::lower_bound(tokens_.begin(), tokens_.end(), before,
                                      [](const PaintedToken& one, std::size_t offset) { return one.offset < offset; });
    if (old == tokens_.end() || old->offset != before || old->kind != sql::TokenKind::symbol) continue;
    last = static_cast<std::size_t>(old - tokens_.begin()) + 1;
    break;
  }
  const std::size_t old_end = last < tokens_.size() ? tokens_[last].offset : ~std::size_t{0};
  const std::size_t count = fresh.size();
  const auto at = [this](std::size_t index) { return tokens_.begin() + static_cast<std::ptrdiff_t>(index); };
  const std::size_t kept = std::min(count, last - first);
  std::copy(fresh.begin(), fresh.begin() + static_cast<std::ptrdiff_t>(kept), at(first));
  if (count < last - first) tokens_.erase(at(first + count), at(last));
  tokens_.insert(at(first + kept), fresh.begin() + static_cast<std::ptrdiff_t>(kept), fresh.end());
  for (std::size_t i = first + count; i < tokens_.size(); ++i) tokens_[i].offset += region.new_end - region.old_end;

  const auto begins_before = [](const StatementRange& range, std::size_t offset) { return range.begin < offset; };
  const auto changed = std::lower_bound(statements_.begin(), statements_.end(), from, begins_before);
  const auto behind = std::lower_bound(changed, statements_.end(), old_end, begins_before);
  std::vector<StatementRange> moved(behind, statements_.end());
  const bool was_special = std::exchange(special_, false);
  statements_.erase(changed, statements_.end());
  find_statements(buffer, first, first + count, statements_);
  if (was_special || special_) return split_again(buffer);
  if (moved.empty()) return;
  const std::size_t shift = region.new_end - region.old_end;  // as numbers that wrap: it may be negative
  const std::size_t lines = buffer.line_of(moved.front().begin + shift) - moved.front().line;
  for (const StatementRange& range : moved) {
    statements_.push_back({range.begin + shift, range.end + shift, range.line + lines});
  }
}

std::size_t Highlighter::first_token_at(std::size_t offset) const {
  const auto it = std::upper_bound(tokens_.begin(), tokens_.end(), offset,
                                   [](std::size_t at, const PaintedToken& token) { return at < token.offset; });
  return it == tokens_.begin() ? 0 : static_cast<std::size_t>(it - tokens_.begin()) - 1;
}

void Highlighter::find_statements(const EditorBuffer& buffer, std::size_t first, std::size_t last,
                                  std::vector<StatementRange>& out) {
  const std::string_view text = buffer.text();
  constexpr std::size_t kNone = ~std::size_t{0};
  std::size_t begin = kNone;
  std::size_t end = 0;
  const auto finish = [&] {
    if (begin != kNone) out.push_back({begin, end, buffer.line_of(begin)});
    begin = kNone;
  };
  for (std::size_t i = first; i < last; ++i) {
    const PaintedToken& token = tokens_[i];
    if (token.kind == sql::TokenKind::blank || token.kind == sql::TokenKind::comment) continue;
    if (is_end(token, text)) {
      finish();
      continue;
    }
    if (token.kind == sql::TokenKind::error && text[token.offset] == '\\') special_ = true;
    if (begin == kNone) {
      begin = token.offset;
      special_ = special_ || equal_ignoring_case(text.substr(token.offset, token.size), "delimiter");
    }
    end = token.offset + token.size;
  }
  finish();
}

// All of it: with the splitter where it is needed, and then back to tokens.
void Highlighter::split_again(const EditorBuffer& buffer) {
  statements_.clear();
  special_ = false;
  find_statements(buffer, 0, tokens_.size(), statements_);
  if (!special_) return;
  statements_.clear();
  std::string delimiter = ";";
  for (const sql::Piece& piece : sql::split(buffer.text(), delimiter)) {
    statements_.push_back({piece.offset, piece.end, buffer.line_of(piece.offset)});
  }
}

std::optional<StatementRange> Highlighter::statement_at(const EditorBuffer& buffer, std::size_t caret) const {
  const auto after = std::upper_bound(statements_.begin(), statements_.end(), caret,
                                      [](std::size_t at, const StatementRange& range) { return at < range.begin; });
  if (after != statements_.begin()) {
    const StatementRange& before = *(after - 1);
    const std::size_t caret_line = buffer.line_of(caret);
    if (caret <= before.end || buffer.line_of(before.end) == caret_line) return before;
  }
  if (after != statements_.end() && after->line == buffer.line_of(caret)) return *after;
  if (statements_.size() == 1) return statements_.front();
  // On blank or comment lines between two statements: the next one, as a reader would say.
  if (after != statements_.end()) return *after;
  return statements_.empty() ? std::nullopt : std::optional(statements_.back());
}

std::optional<std::pair<std::size_t, std::size_t>> Highlighter::brackets_at(std::string_view text,
                                                                            std::size_t caret) const {
  const auto bracket = [&](std::size_t index) {
    if (index >= tokens_.size() || tokens_[index].kind != sql::TokenKind::symbol || tokens_[index].size != 1) return 0;
    const char c = text[tokens_[index].offset];
    return c == '(' ? 1 : c == ')' ? -1 : 0;
  };
  constexpr std::size_t kFarthest = 20'000;  // tokens: a frame must not walk a huge text
  for (const std::size_t at : {caret, caret - 1}) {
    if (at >= text.size()) continue;
    const std::size_t index = first_token_at(at);
    if (index >= tokens_.size() || tokens_[index].offset != at) continue;
    const int direction = bracket(index);
    if (direction == 0) continue;
    int depth = 0;
    std::size_t i = index;
    for (std::size_t steps = 0; steps < kFarthest; ++steps) {
      depth += bracket(i);
      if (depth == 0) return std::pair(tokens_[index].offset, tokens_[i].offset);
      if (direction < 0 && i == 0) break;
      i = direction > 0 ? i + 1 : i - 1;
      if (i >= tokens_.size()) break;
    }
  }
  return std::nullopt;
}

}  // namespace sqlcast::gui
