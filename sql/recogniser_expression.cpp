// Recogniser: expressions. Not a grammar of operators: what matters is which functions are called, which queries
// hide in parentheses, and where the expression ends.
#include <algorithm>
#include <iterator>

#include "sql/recogniser.h"
#include "sql/system_names.h"

namespace sqlcast::sql {
namespace {

bool is_default_database(std::string_view function) {
  return same_word(function, "DATABASE") || same_word(function, "SCHEMA");
}

constexpr std::string_view kIntroducers[] = {"_UTF8MB4", "_UTF8MB3", "_UTF8", "_LATIN1", "_ASCII", "_BINARY"};
// Of a value that is written and compared with nothing: of one byte a character …
constexpr std::string_view kSingleByte[] = {"_ARMSCII8", "_CP1250",  "_CP1251",   "_CP1256",  "_CP1257", "_CP850",
                                            "_CP852",    "_CP866",   "_DEC8",     "_GEOSTD8", "_GREEK",  "_HEBREW",
                                            "_HP8",      "_KEYBCS2", "_KOI8R",    "_KOI8U",   "_LATIN2", "_LATIN5",
                                            "_LATIN7",   "_MACCE",   "_MACROMAN", "_SWE7",    "_TIS620"};
// … and of several, one of which may look like a backslash or a quote: in front of a number (x'5C') alone.
constexpr std::string_view kMultiByte[] = {"_BIG5", "_CP932", "_EUCJPMS", "_EUCKR", "_GB2312",  "_GBK",
                                           "_SJIS", "_UCS2",  "_UJIS",    "_UTF16", "_UTF16LE", "_UTF32"};

}  // namespace

bool Recogniser::expression(Commas commas) {
  const std::size_t first = at_;
  while (!at_end()) {
    const Item& item = tokens_[at_];
    if (item.symbol == ')') break;
    if (item.symbol == ',') {
      if (commas == Commas::stop) break;
      ++at_;
      continue;
    }
    const bool after_dot = at_ > first && symbol(at_ - 1, '.');
    if (item.keyword != Keyword::none && !after_dot && ends_clause(item.keyword)) {
      const bool function = (item.keyword == Keyword::LEFT_ || item.keyword == Keyword::RIGHT_) && symbol(at_ + 1, '(');
      if (!function) break;
    }
    if (!expression_token()) return false;
  }
  return at_ > first || unexpected();
}

bool Recogniser::expression_token() {
  const Item& item = tokens_[at_];
  switch (item.kind) {
    case TokenKind::word:
    case TokenKind::quoted_identifier: return word();
    case TokenKind::variable: return variable();
    case TokenKind::parameter:
      return refuse(Refusal::parameter_unbound, "the parameter " + shown(at_) + " has no value");
    case TokenKind::symbol:
      if (item.symbol == '(') return group();
      if (item.symbol == '{' || item.symbol == '}' || item.symbol == ':') return unexpected();
      if (item.symbol == '#' && tokens_.text(at_) == ":=")
        return refuse(Refusal::user_variable, "\":=\" assigns to a variable of the session");
      ++at_;
      return true;
    default: ++at_; return true;
  }
}

bool Recogniser::word() {
  const Item& item = tokens_[at_];
  const bool after_dot = at_ > 0 && symbol(at_ - 1, '.');
  const Item& next = tokens_[at_ + 1];
  if (next.symbol == '.' && !after_dot && is_system_schema(identifier_text(tokens_.text(at_))))
    return check_database(identifier_text(tokens_.text(at_)));
  if (next.symbol == '(') return call();
  if (after_dot || item.kind == TokenKind::quoted_identifier) {
    ++at_;
    return true;
  }
  if ((next.kind == TokenKind::string || next.kind == TokenKind::number) && !introducer_allowed(at_))
    return refuse(Refusal::charset_introducer, "the character set " + shown(at_) + " is not in the policy's list");
  switch (item.keyword) {
    case Keyword::none: break;
    case Keyword::SELECT_:
    case Keyword::INSERT_:
    case Keyword::REPLACE_:
    case Keyword::UPDATE_:
    case Keyword::DELETE_:
    case Keyword::CREATE_:
    case Keyword::ALTER_:
    case Keyword::DROP_:
    case Keyword::TABLE_:
    case Keyword::INTO_:
    case Keyword::PROCEDURE_: return unexpected();
    case Keyword::NEXT_:
    case Keyword::PREVIOUS_:
      if (keyword(at_ + 1) == Keyword::VALUE_ && keyword(at_ + 2) == Keyword::FOR_)
        return refuse(Refusal::sequence_object, "a sequence advances outside of transactions");
      break;
    case Keyword::WITHIN_:
      if (keyword(at_ + 1) == Keyword::GROUP_) ++at_;
      break;
    case Keyword::DEFAULT_: facts_.default_words.push_back(at_); break;
    case Keyword::CURRENT_DATE_:
    case Keyword::CURRENT_ROLE_:
    case Keyword::CURRENT_TIME_:
    case Keyword::CURRENT_TIMESTAMP_:
    case Keyword::CURRENT_USER_:
    case Keyword::LOCALTIME_:
    case Keyword::LOCALTIMESTAMP_:
    case Keyword::UTC_DATE_:
    case Keyword::UTC_TIME_:
    case Keyword::UTC_TIMESTAMP_: note_function(*find_function(tokens_.text(at_)), at_, at_ + 1); break;
    default: break;
  }
  ++at_;
  return true;
}

bool Recogniser::introducer_allowed(std::size_t at) const {
  const std::string_view text = tokens_.text(at);
  if (!text.starts_with('_')) return true;
  for (const std::string_view introducer : kIntroducers)
    if (same_word(text, introducer)) return true;
  const bool written = query_depth_ == 0 && (place_ == Place::values || place_ == Place::assignment);
  if (!written && facts_.verb != Verb::read) return false;
  const auto is_one_of = [&](const auto& names) {
    return std::any_of(std::begin(names), std::end(names),
                       [&](std::string_view introducer) { return same_word(text, introducer); });
  };
  return is_one_of(kSingleByte) || (tokens_[at + 1].kind == TokenKind::number && is_one_of(kMultiByte));
}

bool Recogniser::variable() {
  const std::string_view text = tokens_.text(at_);
  if (!text.starts_with("@@"))
    return refuse(Refusal::user_variable, "the variable " + shown(at_) + " is state of the session");
  if (facts_.verb != Verb::read)
    return refuse(Refusal::system_variable, "the system variable " + shown(at_) + " may differ on each node");
  if (!system_variable_allowed(text))
    return refuse(Refusal::system_variable, "the system variable " + shown(at_) + " is not one that clients may see");
  ++at_;
  return true;
}

bool Recogniser::group() {
  if (is_query(at_)) return query_in_parentheses();
  const std::size_t end = tokens_[at_].match;
  ++at_;
  while (at_ < end)
    if (!expression_token()) return false;
  ++at_;
  return true;
}

bool Recogniser::is_query(std::size_t at) const {
  switch (keyword(at + 1)) {
    case Keyword::SELECT_:
    case Keyword::WITH_: return true;
    default: break;
  }
  if (!symbol(at + 1, '(') || !is_query(at + 1)) return false;
  const std::size_t after = tokens_[at + 1].match + 1;
  if (symbol(after, ')')) return true;
  switch (keyword(after)) {
    case Keyword::UNION_:
    case Keyword::EXCEPT_:
    case Keyword::INTERSECT_:
    case Keyword::ORDER_:
    case Keyword::LIMIT_:
    case Keyword::OFFSET_:
    case Keyword::FETCH_: return true;
    default: return false;
  }
}

bool Recogniser::call() {
  const std::size_t name_at = at_;
  const Item& item = tokens_[name_at];
  const std::string_view name = tokens_.text(name_at);
  if (name_at > 0 && symbol(name_at - 1, '.'))
    return refuse(Refusal::unknown_function, "a function with a database in front is a stored function");
  if (item.kind == TokenKind::quoted_identifier)
    return refuse(Refusal::unknown_function, "a function with a quoted name is a stored function");
  const Function* function = find_function(name);
  const std::size_t open = name_at + 1;
  const std::size_t close = tokens_[open].match;
  at_ = open;
  if (function == nullptr) {
    if (is_type_word(name) || takes_group(item.keyword)) return group();
    return refuse(Refusal::unknown_function,
                  shown(name_at) + " is no built-in function that the policy knows: it may be a stored one");
  }
  if (function->function_class == FunctionClass::refused)
    return refuse(function->refusal, std::string(function->name) + "() is not for clients");
  if (function->tight && item.offset + item.size != tokens_[open].offset)
    return refuse(Refusal::unknown_function, "with a blank before its parenthesis, the server takes " +
                                                 std::string(function->name) + " for a stored function");
  if (function->function_class == FunctionClass::last_insert_id && close != open + 1)
    return refuse(Refusal::session_state, "LAST_INSERT_ID() with an argument changes the state of the session");
  const bool insert = facts_.verb == Verb::insert || facts_.verb == Verb::replace;
  if (function->function_class == FunctionClass::last_insert_id && insert && facts_.returning)
    return refuse(Refusal::session_state, "LAST_INSERT_ID() in RETURNING is of the statement before this one");
  if (is_default_database(name) && default_database_.empty())
    return refuse(Refusal::no_database, shown(name_at) + "() is NULL where the request has no default database");
  if (is_default_database(name) && place_ == Place::definition)
    return refuse(Refusal::unsafe_default, "a definition that calls " + shown(name_at) + "() means each session's own");
  if (item.keyword == Keyword::DEFAULT_) facts_.default_words.push_back(name_at);
  // A query may be a function's only argument, as in COALESCE((SELECT …)) or, for ANY and IN, without the inner pair.
  if (!group()) return false;
  note_function(*function, name_at, at_);
  return true;
}

void Recogniser::note_function(const Function& function, std::size_t token, std::size_t end) {
  const bool over = keyword(end) == Keyword::OVER_;
  switch (function.function_class) {
    case FunctionClass::safe:
      if (!function.aggregate) return;
      break;
    case FunctionClass::clock: verdict_.uses_clock = true; return;
    case FunctionClass::random: verdict_.uses_rand = true; break;
    case FunctionClass::last_insert_id: verdict_.uses_last_insert_id = true; return;
    default: break;
  }
  if (facts_.verb == Verb::read) return;
  facts_.functions.push_back({&function, token, end, place_, query_depth_, over});
}

}  // namespace sqlcast::sql
