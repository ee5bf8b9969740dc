// Highlighter: the tokens of an editor text, kept in step with its changes, and what follows from them: the
// colour of each run, the statements, matching brackets. Shares the lexer of sql/. UI thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/gui/model/editor_buffer.h"
#include "sql/lexer.h"

namespace sqlcast::gui {

enum class Paint : std::uint8_t {
  plain,
  keyword,
  type,
  function,
  identifier,  // quoted
  string,
  number,
  variable,
  parameter,
  symbol,
  comment,
  error,
};

struct PaintedToken {
  std::size_t offset = 0;
  std::uint32_t size = 0;
  sql::TokenKind kind = sql::TokenKind::error;
  Paint paint = Paint::plain;
  const char* problem = nullptr;  // kind error only
};

// A statement in the text: [begin, end) without its delimiter.
struct StatementRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t line = 0;  // 0-based line of `begin`
};

class Highlighter {
 public:
  // Takes in the buffer's changes since the last call; nothing to do when there are none. What is read again is the
  // statements that changed, up to where the tokens are the old ones again; the others move.
  void update(EditorBuffer& buffer);

  const std::vector<PaintedToken>& tokens() const { return tokens_; }
  std::size_t first_token_at(std::size_t offset) const;  // index of the token that holds or follows offset

  const std::vector<StatementRange>& statements() const { return statements_; }

  // The statement under the caret, or the one that ends just before it on the same line.
  std::optional<StatementRange> statement_at(const EditorBuffer& buffer, std::size_t caret) const;

  // The bracket at (or just before) the caret and its partner; nothing when there is none.
  std::optional<std::pair<std::size_t, std::size_t>> brackets_at(std::string_view text, std::size_t caret) const;

 private:
  // Tokens [first, last) and what statements they make, appended.
  void find_statements(const EditorBuffer& buffer, std::size_t first, std::size_t last,
                       std::vector<StatementRange>& out);
  void split_again(const EditorBuffer& buffer);

  std::vector<PaintedToken> tokens_;
  std::vector<StatementRange> statements_;
  bool special_ = false;  // DELIMITER or \G: the splitter knows them, tokens alone do not
  std::uint64_t version_ = 0;
};

// Words of SQL, for colours and completion; upper case, sorted.
const std::vector<std::string_view>& sql_keywords();
const std::vector<std::string_view>& sql_functions();
bool is_keyword(std::string_view word);  // any case

}  // namespace sqlcast::gui
