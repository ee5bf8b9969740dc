#include "sql/splitter.h"

#include "sql/lexer.h"

namespace sqlcast::sql {
namespace {

bool equals_ignoring_case(std::string_view a, std::string_view upper) {
  if (a.size() != upper.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if ((a[i] >= 'a' && a[i] <= 'z' ? static_cast<char>(a[i] - 32) : a[i]) != upper[i]) return false;
  return true;
}

// Bytes of these kinds belong together whatever the delimiter is.
bool opaque(const Token& token) {
  switch (token.kind) {
    case TokenKind::string:
    case TokenKind::quoted_identifier:
    case TokenKind::comment:
    case TokenKind::executable_comment: return true;
    case TokenKind::variable: return token.text.find_first_of("'\"`") != std::string_view::npos;
    case TokenKind::error: return token.size > 1;
    default: return false;
  }
}

class Splitter {
 public:
  Splitter(std::string_view text, std::string& delimiter) : text_(text), delimiter_(delimiter) {
    if (delimiter_.empty()) delimiter_ = ";";
  }

  std::vector<Piece> run() {
    while (at_ < text_.size()) read_from_here();
    if (open_) finish(false, false);
    return std::move(pieces_);
  }

 private:
  // Lexes until a delimiter cuts a token; then starts again behind it.
  void read_from_here() {
    Lexer lexer(text_.substr(at_));
    const std::size_t base = at_;
    for (Token token; lexer.next(token);) {
      token.offset += base;
      if (starts_with_delimiter(token.offset)) return cut(token.offset, delimiter_.size(), false);
      if (token.kind == TokenKind::error && token.text == "\\") {
        const char command = token.offset + 1 < text_.size() ? text_[token.offset + 1] : '\0';
        if (command == 'G' || command == 'g') return cut(token.offset, 2, command == 'G');
      }
      if (!open_ && token.kind == TokenKind::word && equals_ignoring_case(token.text, "DELIMITER") &&
          delimiter_command(token.offset + token.size))
        return;
      if (!opaque(token)) {
        for (std::size_t k = 1; k < token.size; ++k) {
          if (!starts_with_delimiter(token.offset + k)) continue;
          take(token, k);
          return cut(token.offset + k, delimiter_.size(), false);
        }
      }
      take(token, token.size);
      at_ = token.offset + token.size;
    }
    at_ = text_.size();
  }

  bool starts_with_delimiter(std::size_t at) const { return text_.compare(at, delimiter_.size(), delimiter_) == 0; }

  void take(const Token& token, std::size_t size) {
    if (token.kind == TokenKind::blank || token.kind == TokenKind::comment) return;
    if (!open_) {
      while (counted_ < token.offset) line_ += text_[counted_++] == '\n' ? 1U : 0U;
      piece_ = Piece{};
      piece_.offset = token.offset;
      piece_.line = line_;
      open_ = true;
    }
    piece_.end = token.offset + size;
  }

  void cut(std::size_t at, std::size_t size, bool vertical) {
    if (open_) finish(true, vertical);
    at_ = at + size;
  }

  void finish(bool complete, bool vertical) {
    piece_.complete = complete;
    piece_.vertical = vertical;
    pieces_.push_back(piece_);
    open_ = false;
  }

  bool delimiter_command(std::size_t at) {
    const std::size_t line_end = std::min(text_.find('\n', at), text_.size());
    const std::string_view rest = text_.substr(at, line_end - at);
    const std::size_t first = rest.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || first == 0) return false;
    const std::size_t last = std::min(rest.find_first_of(" \t\r", first), rest.size());
    delimiter_ = std::string(rest.substr(first, last - first));
    at_ = line_end;
    return true;
  }

  std::string_view text_;
  std::string& delimiter_;
  std::vector<Piece> pieces_;
  std::size_t at_ = 0;
  std::size_t counted_ = 0;
  std::size_t line_ = 1;
  Piece piece_;
  bool open_ = false;
};

}  // namespace

std::vector<Piece> split(std::string_view text, std::string& delimiter) { return Splitter(text, delimiter).run(); }

}  // namespace sqlcast::sql
