#include "sql/token_list.h"

namespace sqlcast::sql {

bool TokenList::refuse(Refusal refusal, std::string reason) {
  refusal_ = refusal;
  reason_ = std::move(reason);
  return false;
}

std::string_view TokenList::text(std::size_t first, std::size_t end) const {
  if (first >= end) return {};
  const Item& last = (*this)[end - 1];
  return text_.substr((*this)[first].offset, last.offset + last.size - (*this)[first].offset);
}

bool TokenList::read(std::string_view text, const Limits& limits) {
  text_ = text;
  items_.clear();
  open_.clear();
  ended_ = false;
  if (text.size() > limits.max_statement_bytes || text.size() >= (std::size_t{1} << 31U)) {
    items_.emplace_back();
    return refuse(Refusal::statement_too_large, "the statement has " + std::to_string(text.size()) +
                                                    " bytes; the limit, limits.max_statement_bytes, is " +
                                                    std::to_string(limits.max_statement_bytes));
  }
  items_.reserve(text.size() / 4 + 8);
  Lexer lexer(text);
  for (Token token; lexer.next(token);) {
    if (!add(token, limits)) {
      items_.emplace_back();
      return false;
    }
  }
  items_.emplace_back();
  if (!open_.empty()) return refuse(Refusal::unsupported_syntax, "a parenthesis is not closed");
  if (size() == 0) return refuse(Refusal::empty_statement, "there is no statement in the text");
  // No statement ends so, and where it is cut out of what surrounds it, two minuses at its end are a comment.
  if (items_[size() - 1].symbol == '-') return refuse(Refusal::unsupported_syntax, "the statement ends in a minus");
  return true;
}

bool TokenList::add(const Token& token, const Limits& limits) {
  const auto where = [&] { return " at byte " + std::to_string(token.offset); };
  Item item;
  switch (token.kind) {
    case TokenKind::blank: return true;
    case TokenKind::comment:
      if (token.text.starts_with("/*+"))
        return refuse(Refusal::optimizer_hint, "an optimizer hint can change how the server runs the statement");
      if (ended_)
        return refuse(Refusal::multiple_statements,
                      "a comment behind the \";\" is a second, empty statement to the server");
      return true;
    case TokenKind::executable_comment:
      return refuse(Refusal::executable_comment, "the comment" + where() + " is executed by the server");
    case TokenKind::error: {
      const std::string_view problem = token.problem;
      if (token.text == "\\" && items_.empty())
        return refuse(Refusal::client_command, "a line that starts with a backslash is no SQL");
      return refuse(problem.starts_with("unterminated") ? Refusal::unterminated : Refusal::bad_text,
                    std::string(problem) + where());
    }
    case TokenKind::symbol:
      item.symbol = token.size == 1 ? token.text[0] : '#';
      if (item.symbol == ';') {
        if (ended_) return refuse(Refusal::multiple_statements, "there is more than one statement in the text");
        if (items_.empty()) return refuse(Refusal::empty_statement, "there is no statement in front of the \";\"");
        ended_ = true;
        return true;
      }
      break;
    case TokenKind::word: item.keyword = find_keyword(token.text); break;
    default: break;
  }
  if (ended_) return refuse(Refusal::multiple_statements, "there is more than one statement in the text");
  item.kind = token.kind;
  item.offset = static_cast<std::uint32_t>(token.offset);
  item.size = static_cast<std::uint32_t>(token.size);
  const auto index = static_cast<std::uint32_t>(items_.size());
  if (item.symbol == '(') {
    if (open_.size() >= limits.max_nesting_depth)
      return refuse(Refusal::nested_too_deep, "parentheses are nested deeper than limits.max_nesting_depth, " +
                                                  std::to_string(limits.max_nesting_depth) + where());
    open_.push_back(index);
  } else if (item.symbol == ')') {
    if (open_.empty()) return refuse(Refusal::unsupported_syntax, "a parenthesis is closed that is not open" + where());
    items_[open_.back()].match = index;
    open_.pop_back();
  }
  items_.push_back(item);
  return true;
}

}  // namespace sqlcast::sql
