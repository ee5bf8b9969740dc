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
}  // namespace

void Highlighter::update(EditorBuffer& buffer) {
  const std::vector<TextChange> changes = buffer.take_changes();
  if (changes.empty() && version_ == buffer.version()) return;
  // The whole text each time: what a token is can depend on tokens far before and behind it.
  const std::string_view text = buffer.text();
  tokens_.clear();
  sql::Lexer lexer(text);
  for (sql::Token token; lexer.next(token);)
    tokens_.push_back(
        {token.offset, static_cast<std::uint32_t>(token.size), token.kind, paint_of(token, text), token.problem});
  version_ = buffer.version();
  find_statements(buffer);
}

std::size_t Highlighter::first_token_at(std::size_t offset) const {
  const auto it = std::upper_bound(tokens_.begin(), tokens_.end(), offset,
                                   [](std::size_t at, const PaintedToken& token) { return at < token.offset; });
  return it == tokens_.begin() ? 0 : static_cast<std::size_t>(it - tokens_.begin()) - 1;
}

void Highlighter::find_statements(const EditorBuffer& buffer) {
  const std::string_view text = buffer.text();
  statements_.clear();
  bool special = false;  // DELIMITER or \G: the splitter knows them, tokens alone do not
  constexpr std::size_t kNone = ~std::size_t{0};
  std::size_t begin = kNone;
  std::size_t end = 0;
  const auto finish = [&] {
    if (begin != kNone) statements_.push_back({begin, end, buffer.line_of(begin)});
    begin = kNone;
  };
  for (const PaintedToken& token : tokens_) {
    if (token.kind == sql::TokenKind::blank || token.kind == sql::TokenKind::comment) continue;
    if (token.kind == sql::TokenKind::symbol && text[token.offset] == ';') {
      finish();
      continue;
    }
    if (token.kind == sql::TokenKind::error && text[token.offset] == '\\') special = true;
    if (begin == kNone) {
      begin = token.offset;
      special = special || equal_ignoring_case(text.substr(token.offset, token.size), "delimiter");
    }
    end = token.offset + token.size;
  }
  finish();
  if (!special) return;
  statements_.clear();
  std::string delimiter = ";";
  for (const sql::Piece& piece : sql::split(text, delimiter)) {
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
