// Recogniser: what stands in the parentheses of CREATE TABLE and behind ALTER TABLE's ADD: columns, keys, checks.
#include "sql/recogniser.h"

namespace sqlcast::sql {

bool Recogniser::definitions() {
  const std::size_t close = tokens_[at_].match;
  ++at_;
  do {
    if (!definition()) return false;
  } while (take_symbol(','));
  if (at_ != close) return unexpected();
  ++at_;
  return true;
}

bool Recogniser::definition() {
  switch (here()) {
    case Keyword::PRIMARY_:
    case Keyword::UNIQUE_:
    case Keyword::KEY_:
    case Keyword::INDEX_:
    case Keyword::FULLTEXT_:
    case Keyword::SPATIAL_:
    case Keyword::CONSTRAINT_:
    case Keyword::FOREIGN_:
    case Keyword::CHECK_: return key_definition();
    case Keyword::PERIOD_:
      if (keyword(at_ + 1) == Keyword::FOR_)
        return refuse(Refusal::system_versioning, "PERIOD FOR makes a system-versioned or application-time table");
      break;
    default: break;
  }
  return column_definition();
}

bool Recogniser::column_definition() {
  if (!is_name(at_)) return unexpected();
  if (keyword(0) == Keyword::ALTER_) columns_.made.push_back(column_name(at_));
  ++at_;
  if (!column_type()) return false;
  for (bool known = true; known;)
    if (!column_attribute(known)) return false;
  return true;
}

bool Recogniser::column_type() {
  if (tokens_[at_].kind != TokenKind::word) return unexpected();
  // A generated column may leave its type out in MySQL only; here a type is required.
  if (!is_type_word(tokens_.text(at_)))
    return refuse(Refusal::unsupported_syntax, shown(at_) + " is no column type that the policy knows");
  if (word_is(at_, "SERIAL")) facts_.numbers_rows = true;
  ++at_;
  while (tokens_[at_].kind == TokenKind::word &&
         (word_is(at_, "PRECISION") || word_is(at_, "VARYING") || word_is(at_, "CHAR") || word_is(at_, "VARCHAR") ||
          word_is(at_, "VARBINARY") || (here() == Keyword::CHARACTER_ && keyword(at_ + 1) != Keyword::SET_)))
    ++at_;
  if (!symbol(at_, '(')) return true;
  const std::size_t close = tokens_[at_].match;
  for (++at_; at_ < close; ++at_) {
    const Item& item = tokens_[at_];
    const bool part = item.kind == TokenKind::number || item.kind == TokenKind::string || item.symbol == ',' ||
                      item.symbol == '-' || (item.kind == TokenKind::word && introducer_allowed(at_));
    if (!part) return unexpected();
  }
  ++at_;
  return true;
}

bool Recogniser::default_value() {
  if (symbol(at_, '(')) return group();
  if (tokens_[at_].symbol == '-' || tokens_[at_].symbol == '+') ++at_;
  const TokenKind kind = tokens_[at_].kind;
  if (kind == TokenKind::word || kind == TokenKind::quoted_identifier) {
    const bool introducer = kind == TokenKind::word && tokens_.text(at_).starts_with('_');
    const bool national = word_is(at_, "N");
    const bool temporal = word_is(at_, "DATE") || word_is(at_, "TIME") || word_is(at_, "TIMESTAMP");
    if (!expression_token()) return false;
    if (!introducer && !national && !temporal) return true;
    if (tokens_[at_].kind == TokenKind::string || tokens_[at_].kind == TokenKind::number) ++at_;
    return true;
  }
  if (kind != TokenKind::string && kind != TokenKind::number) return at_end() ? unexpected() : expression_token();
  while (tokens_[at_].kind == TokenKind::string || tokens_[at_].kind == TokenKind::number) ++at_;
  return true;
}

bool Recogniser::column_attribute(bool& known) {
  known = true;
  const Keyword attribute = here();
  if (attribute == Keyword::CHARACTER_ && keyword(at_ + 1) == Keyword::SET_) {
    at_ += 2;
    return plain_word();
  }
  switch (attribute) {
    case Keyword::UNSIGNED_:
    case Keyword::SIGNED_:
    case Keyword::ZEROFILL_:
    case Keyword::BINARY_:
    case Keyword::ASCII_:
    case Keyword::UNICODE_:
    case Keyword::BYTE_:
    case Keyword::NULL_:
    case Keyword::INVISIBLE_:
    case Keyword::VISIBLE_:
    case Keyword::VIRTUAL_:
    case Keyword::STORED_:
    case Keyword::PERSISTENT_:
    case Keyword::ENFORCED_: ++at_; return true;
    case Keyword::NOT_: ++at_; return take(Keyword::NULL_) || take(Keyword::ENFORCED_) || unexpected();
    case Keyword::CHARSET_:
    case Keyword::COLLATE_:
    case Keyword::COLUMN_FORMAT_: ++at_; return plain_word();
    case Keyword::COMMENT_: ++at_; return string_value();
    case Keyword::DEFAULT_: ++at_; return default_value();
    case Keyword::AUTO_INCREMENT_:
      facts_.numbers_rows = true;
      ++at_;
      return true;
    case Keyword::ON_:
      ++at_;
      if (!expect(Keyword::UPDATE_)) return false;
      if (tokens_[at_].kind != TokenKind::word) return unexpected();
      return expression_token();
    case Keyword::PRIMARY_: ++at_; return expect(Keyword::KEY_);
    case Keyword::UNIQUE_:
      ++at_;
      take(Keyword::KEY_);
      return true;
    case Keyword::KEY_: ++at_; return true;
    case Keyword::GENERATED_:
      ++at_;
      if (!expect(Keyword::ALWAYS_) || here() != Keyword::AS_) return unexpected();
      return true;
    case Keyword::AS_:
      if (keyword(at_ + 1) == Keyword::ROW_)
        return refuse(Refusal::system_versioning, "ROW START and ROW END make a system-versioned table");
      ++at_;
      return symbol(at_, '(') ? group() : unexpected();
    case Keyword::CONSTRAINT_:
      ++at_;
      if (here() != Keyword::CHECK_ && is_name(at_)) ++at_;
      return here() == Keyword::CHECK_ || unexpected();
    case Keyword::CHECK_: ++at_; return symbol(at_, '(') ? group() : unexpected();
    case Keyword::REFERENCES_: return references();
    case Keyword::SRID_:
    case Keyword::REF_SYSTEM_ID_:
      ++at_;
      take_symbol('=');
      if (tokens_[at_].kind != TokenKind::number) return unexpected();
      ++at_;
      return true;
    case Keyword::COMPRESSED_:
      ++at_;
      if (take_symbol('=')) return plain_word();
      return true;
    case Keyword::WITH_:
    case Keyword::WITHOUT_:
      if (keyword(at_ + 1) == Keyword::SYSTEM_)
        return refuse(Refusal::system_versioning, "SYSTEM VERSIONING keeps rows by each node's own transactions");
      break;
    default: break;
  }
  known = false;
  return true;
}

bool Recogniser::plain_word() {
  if (!is_name(at_) && tokens_[at_].kind != TokenKind::string && here() != Keyword::BINARY_) return unexpected();
  ++at_;
  return true;
}

bool Recogniser::string_value() {
  if (tokens_[at_].kind != TokenKind::string) return unexpected();
  ++at_;
  return true;
}

bool Recogniser::references() {
  ++at_;
  Name name;
  if (!read_name(name)) return false;
  // Without a database in front it is a table of the same database as this one.
  if (!name.qualified) name.object.database = verdict_.ddl_targets.front().database;
  if (!add_table(name, false, {})) return false;
  if (symbol(at_, '(') && !key_columns()) return false;
  for (;;) {
    if (take(Keyword::MATCH_)) {
      if (!take(Keyword::FULL_) && !take(Keyword::PARTIAL_) && !take(Keyword::SIMPLE_)) return unexpected();
    } else if (here() == Keyword::ON_ &&
               (keyword(at_ + 1) == Keyword::DELETE_ || keyword(at_ + 1) == Keyword::UPDATE_)) {
      at_ += 2;
      const bool action = take(Keyword::RESTRICT_) || take(Keyword::CASCADE_) || take(Keyword::NO_, Keyword::ACTION_) ||
                          take(Keyword::SET_, Keyword::NULL_) || take(Keyword::SET_, Keyword::DEFAULT_);
      if (!action) return unexpected();
    } else {
      return true;
    }
  }
}

bool Recogniser::key_definition() {
  if (take(Keyword::CONSTRAINT_) && here() != Keyword::PRIMARY_ && here() != Keyword::UNIQUE_ &&
      here() != Keyword::FOREIGN_ && here() != Keyword::CHECK_) {
    if (!is_name(at_)) return unexpected();
    ++at_;
  }
  switch (here()) {
    case Keyword::CHECK_: {
      ++at_;
      if (!symbol(at_, '(') || !group()) return unexpected();
      take(Keyword::NOT_);
      take(Keyword::ENFORCED_);
      return true;
    }
    case Keyword::FOREIGN_:
      ++at_;
      if (!expect(Keyword::KEY_) || !if_not_exists()) return false;
      if (!symbol(at_, '(') && !plain_word()) return false;
      return key_columns() && here() == Keyword::REFERENCES_ ? references() : unexpected();
    case Keyword::PRIMARY_:
      ++at_;
      if (!expect(Keyword::KEY_)) return false;
      break;
    case Keyword::UNIQUE_:
    case Keyword::FULLTEXT_:
    case Keyword::SPATIAL_:
      ++at_;
      if (!take(Keyword::KEY_)) take(Keyword::INDEX_);
      break;
    case Keyword::KEY_:
    case Keyword::INDEX_: ++at_; break;
    default: return unexpected();
  }
  if (!if_not_exists()) return false;
  if (!symbol(at_, '(') && here() != Keyword::USING_ && !plain_word()) return false;
  if (take(Keyword::USING_) && !index_type()) return false;
  return key_columns() && key_options();
}

bool Recogniser::index_type() {
  if (take(Keyword::BTREE_) || take(Keyword::HASH_) || take_word("RTREE")) return true;
  return unexpected();
}

// (a, b(10) DESC, (expression))
bool Recogniser::key_columns() {
  if (!symbol(at_, '(')) return unexpected();
  const std::size_t close = tokens_[at_].match;
  ++at_;
  do {
    if (symbol(at_, '(')) {
      if (!group()) return false;
    } else {
      if (tokens_[at_].kind != TokenKind::word && tokens_[at_].kind != TokenKind::quoted_identifier)
        return unexpected();
      ++at_;
      if (symbol(at_, '(')) {
        if (tokens_[at_ + 1].kind != TokenKind::number || !symbol(at_ + 2, ')')) return unexpected();
        at_ += 3;
      }
    }
    if (!take(Keyword::ASC_)) take(Keyword::DESC_);
  } while (take_symbol(','));
  if (at_ != close) return unexpected();
  ++at_;
  return true;
}

bool Recogniser::key_options() {
  for (;;) {
    if (take(Keyword::USING_)) {
      if (!index_type()) return false;
    } else if (take(Keyword::COMMENT_)) {
      if (!string_value()) return false;
    } else if (take(Keyword::KEY_BLOCK_SIZE_)) {
      if (!option_value()) return false;
    } else if (here() == Keyword::NOT_ && keyword(at_ + 1) == Keyword::IGNORED_) {
      at_ += 2;
    } else if (here() == Keyword::WITH_ && keyword(at_ + 1) == Keyword::PARSER_) {
      return refuse(Refusal::table_option, "a full-text parser is a plugin of each node");
    } else if (!take(Keyword::VISIBLE_) && !take(Keyword::INVISIBLE_) && !take(Keyword::IGNORED_)) {
      return true;
    }
  }
}

}  // namespace sqlcast::sql
