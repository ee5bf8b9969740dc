// Recogniser: CREATE TABLE and ALTER TABLE around the definitions: options, partitions, actions.
#include <algorithm>

#include "sql/recogniser.h"
#include "sql/row_plan.h"

namespace sqlcast::sql {
namespace {

constexpr const char* kNotAside =
    "CREATE TABLE … SELECT is executed with a table that has no foreign keys, partitions, full-text or spatial indexes "
    "and no row format";

}  // namespace

bool Recogniser::create_table(bool replaces) {
  verdict_.ddl_kind = DdlKind::table;
  const bool conditional = here() == Keyword::IF_;
  if (!if_not_exists()) return false;
  Name name;
  if (!ddl_target(name)) return false;
  const bool like_inside = symbol(at_, '(') && keyword(at_ + 1) == Keyword::LIKE_;
  if (here() == Keyword::LIKE_ || like_inside) {
    at_ += like_inside ? 2 : 1;
    Name model;
    if (!read_name(model) || !add_table(model, false, {})) return false;
    if (like_inside && !expect_symbol(')')) return false;
    if (!replaces || conditional) return true;
    if (model.object.database == name.object.database && may_be_same_name(model.object.name, name.object.name))
      return refuse(Refusal::duplicate_target, "\"" + name.object.name + "\" is made like itself");
    replace_in_parts("TABLE", name.first, name.end);
    return true;
  }
  if (symbol(at_, '(') && !is_query(at_) && !definitions()) return false;
  facts_.numbers_rows = false;  // a new table has no rows to number
  if (!table_options()) return false;
  switch (here()) {
    case Keyword::AS_:
    case Keyword::SELECT_:
    case Keyword::WITH_:
    case Keyword::VALUES_:
    case Keyword::IGNORE_:
    case Keyword::REPLACE_: return create_select(name, replaces, conditional);
    default: break;
  }
  if (symbol(at_, '(')) return create_select(name, replaces, conditional);
  if (name.end == tokens_.size()) return unexpected();
  if (replaces && !conditional) replace_in_parts("TABLE", name.first, name.end);  // both: the server refuses
  return true;
}

// What a table of one session cannot have, and what such a table would not be the same without.
bool Recogniser::create_select(const Name& name, bool replaces, bool if_not_exists) {
  for (std::size_t at = name.end; at < at_; ++at)
    for (const std::string_view word :
         {"REFERENCES", "FOREIGN", "FULLTEXT", "SPATIAL", "PARTITION", "ROW_FORMAT", "KEY_BLOCK_SIZE"})
      if (tokens_[at].kind == TokenKind::word && word_is(at, word)) return refuse(Refusal::create_select, kNotAside);
  const bool ignores = take(Keyword::IGNORE_);
  if (!ignores) take(Keyword::REPLACE_);
  take(Keyword::AS_);
  // Executed once, and its rows replicated: as a read.
  place_ = Place::returning;
  Query rows;
  if (!query(rows)) return false;
  for (const TableUse& use : facts_.tables)
    if (!use.target && may_be_same_name(use.name.name, name.object.name) && use.name.database == name.object.database)
      return refuse(Refusal::create_select, "\"" + name.object.name + "\" is made of what it has itself");
  CreateSelect created{name.object, replaces, if_not_exists, ignores,
                       std::string(tokens_.text(name.end, tokens_.size()))};
  verdict_.created = std::make_shared<const CreateSelect>(std::move(created));
  return true;
}

// ---- options -------------------------------------------------------------------------------------------------

bool Recogniser::table_options() {
  for (bool known = true; known && !at_end();) {
    if (!table_option(known)) return false;
    if (known && symbol(at_, ',') && facts_.verb == Verb::ddl && keyword(0) == Keyword::CREATE_) ++at_;
  }
  return true;
}

bool Recogniser::option_value() {
  take_symbol('=');
  const TokenKind kind = tokens_[at_].kind;
  if (kind != TokenKind::number && kind != TokenKind::string && kind != TokenKind::quoted_identifier &&
      kind != TokenKind::word)
    return unexpected();
  ++at_;
  return true;
}

bool Recogniser::engine_name() {
  take_symbol('=');
  const TokenKind kind = tokens_[at_].kind;
  std::string name = identifier_text(tokens_.text(at_));
  if (kind == TokenKind::string) name = name.substr(1, name.size() - 2);
  if (kind != TokenKind::word && kind != TokenKind::quoted_identifier && kind != TokenKind::string) return unexpected();
  if (!same_word(name, "INNODB"))
    return refuse(Refusal::engine_not_innodb, "the engine " + name + " cannot commit together with the log");
  ++at_;
  return true;
}

bool Recogniser::table_option(bool& known) {
  known = true;
  switch (here()) {
    case Keyword::ENGINE_: ++at_; return engine_name();
    case Keyword::STORAGE_:
      if (keyword(at_ + 1) != Keyword::ENGINE_) break;
      at_ += 2;
      return engine_name();
    case Keyword::DEFAULT_:
      if (keyword(at_ + 1) != Keyword::CHARACTER_ && keyword(at_ + 1) != Keyword::CHARSET_ &&
          keyword(at_ + 1) != Keyword::COLLATE_)
        return unexpected();
      ++at_;
      return table_option(known);
    case Keyword::CHARACTER_: ++at_; return expect(Keyword::SET_) && option_value();
    case Keyword::CHARSET_:
    case Keyword::COLLATE_:
    case Keyword::COMMENT_:
    case Keyword::AUTO_INCREMENT_:
    case Keyword::ROW_FORMAT_:
    case Keyword::KEY_BLOCK_SIZE_:
    case Keyword::STATS_PERSISTENT_:
    case Keyword::STATS_AUTO_RECALC_:
    case Keyword::STATS_SAMPLE_PAGES_:
    case Keyword::MAX_ROWS_:
    case Keyword::MIN_ROWS_:
    case Keyword::AVG_ROW_LENGTH_:
    case Keyword::CHECKSUM_:
    case Keyword::PACK_KEYS_:
    case Keyword::DELAY_KEY_WRITE_: ++at_; return option_value();
    case Keyword::PARTITION_:
      if (keyword(at_ + 1) != Keyword::BY_) break;
      return partition_options();
    case Keyword::WITH_:
    case Keyword::WITHOUT_:
      if (keyword(at_ + 1) == Keyword::SYSTEM_)
        return refuse(Refusal::system_versioning, "SYSTEM VERSIONING keeps rows by each node's own transactions");
      break;
    default: break;
  }
  for (const std::string_view option : {"DATA",
                                        "INDEX",
                                        "UNION",
                                        "CONNECTION",
                                        "INSERT_METHOD",
                                        "PASSWORD",
                                        "ENCRYPTED",
                                        "ENCRYPTION",
                                        "ENCRYPTION_KEY_ID",
                                        "TABLESPACE",
                                        "TRANSACTIONAL",
                                        "SEQUENCE",
                                        "PAGE_COMPRESSED",
                                        "PAGE_COMPRESSION_LEVEL",
                                        "PAGE_CHECKSUM",
                                        "TABLE_CHECKSUM",
                                        "COMPRESSION",
                                        "SECONDARY_ENGINE",
                                        "IETF_QUOTES",
                                        "TYPE",
                                        "SERVER",
                                        "WRAPPER",
                                        "AUTOEXTEND_SIZE",
                                        "ENGINE_ATTRIBUTE"}) {
    if (!word_is(at_, option)) continue;
    if (facts_.verb == Verb::ddl && keyword(0) == Keyword::ALTER_ && same_word(option, "INDEX")) break;
    return refuse(Refusal::table_option, "the table option " + std::string(option) +
                                             " depends on files, keys, servers or engines of one node");
  }
  // NAME=value: an option of some engine.
  if (is_name(at_) && symbol(at_ + 1, '='))
    return refuse(Refusal::table_option, "the table option " + shown(at_) + " is not one that the policy knows");
  known = false;
  return true;
}

// PARTITION BY … to the end: the expressions are read for their functions, the options for what depends on a node.
bool Recogniser::partition_options() {
  while (!at_end()) {
    if (symbol(at_, ')') || symbol(at_, ';')) return unexpected();
    if (!partition_token()) return false;
  }
  return true;
}

bool Recogniser::partition_token() {
  switch (here()) {
    case Keyword::ENGINE_: ++at_; return engine_name();
    case Keyword::SYSTEM_TIME_:
      return refuse(Refusal::system_versioning, "PARTITION BY SYSTEM_TIME needs a system-versioned table");
    case Keyword::SELECT_:
      return keyword(0) == Keyword::CREATE_ ? refuse(Refusal::create_select, kNotAside) : unexpected();
    case Keyword::DATA_:
    case Keyword::INDEX_:
      if (keyword(at_ + 1) == Keyword::DIRECTORY_)
        return refuse(Refusal::table_option, "DIRECTORY names a folder of one node");
      break;
    case Keyword::TABLESPACE_: return refuse(Refusal::table_option, "TABLESPACE names a file of one node");
    default: break;
  }
  if (word_is(at_, "CONNECTION"))
    return refuse(Refusal::table_option, "CONNECTION links a partition to another server");
  if (symbol(at_, '(')) {
    const std::size_t close = tokens_[at_].match;
    for (++at_; at_ < close;)
      if (!partition_token()) return false;
    ++at_;
    return true;
  }
  if (symbol(at_ + 1, '(')) {
    for (const std::string_view keyword_name : {"HASH", "KEY", "RANGE", "LIST", "COLUMNS", "IN", "THAN", "BY"}) {
      if (!word_is(at_, keyword_name)) continue;
      ++at_;
      return true;
    }
    // PARTITION name ( SUBPARTITION … )
    if (at_ > 0 && keyword(at_ - 1) == Keyword::PARTITION_ && is_name(at_)) {
      ++at_;
      return true;
    }
    // VALUES IN (…) ( SUBPARTITION …), PARTITIONS 4 ( …
    if (tokens_[at_].kind == TokenKind::word || tokens_[at_].kind == TokenKind::quoted_identifier) return call();
  }
  if (tokens_[at_].kind == TokenKind::symbol && !symbol(at_, '{')) {
    ++at_;
    return true;
  }
  return expression_token();
}

bool Recogniser::algorithm_options() {
  for (;;) {
    if (here() == Keyword::ALGORITHM_ || here() == Keyword::LOCK_) {
      ++at_;
      if (!option_value()) return false;
      continue;
    }
    return true;
  }
}

// ---- ALTER TABLE ---------------------------------------------------------------------------------------------

bool Recogniser::alter_table() {
  verdict_.ddl_kind = DdlKind::table;
  if (!if_exists()) return false;
  Name name;
  if (!ddl_target(name) || !refuse_wait()) return false;
  if (at_end()) return unexpected();
  do {
    if (!alter_action()) return false;
  } while (take_symbol(','));
  return note_exchange();
}

void Recogniser::note_renamed(std::size_t from, std::size_t to) {
  columns_.gone.push_back(column_name(from));
  columns_.renamed.emplace_back(column_name(from), column_name(to));
}

// Where one takes the name of another, and its own is taken as well, a table can look afterwards as it did before.
bool Recogniser::note_exchange() {
  if (columns_.renamed.empty()) return true;
  if (columns_.gone.size() > kMostColumns || columns_.made.size() > kMostColumns)
    return too_many("columns", kMostColumns);
  constexpr std::size_t kMostSteps = 200'000'000;  // of comparisons; a fraction of a second
  std::size_t bytes = 0;
  for (const std::vector<ColumnName>* names : {&columns_.gone, &columns_.made})
    for (const ColumnName& name : *names) bytes += name.text.size();
  if (columns_.renamed.size() * bytes > kMostSteps)
    return refuse(Refusal::statement_too_large, "it renames more columns, with longer names, than are compared");
  const auto has_another = [](const std::vector<ColumnName>& names, std::size_t own, const ColumnName& name) {
    return std::any_of(names.begin(), names.end(), [&](const ColumnName& other) {
      return other.token != own && may_be_same_name(other.text, name.text);
    });
  };
  for (const auto& [from, to] : columns_.renamed) {
    if (!has_another(columns_.gone, from.token, to) || !has_another(columns_.made, to.token, from)) continue;
    facts_.exchange = ColumnRenaming{from.text, to.text};
    return true;
  }
  return true;
}

bool Recogniser::alter_action() {
  switch (here()) {
    case Keyword::ADD_: ++at_; return alter_add();
    case Keyword::DROP_: ++at_; return alter_drop();
    case Keyword::RENAME_: ++at_; return alter_rename();
    case Keyword::MODIFY_:
      ++at_;
      take(Keyword::COLUMN_);
      return if_exists() && column_definition() && skip_column_position();
    case Keyword::CHANGE_:
      ++at_;
      take(Keyword::COLUMN_);
      if (!if_exists() || !is_name(at_)) return unexpected();
      note_renamed(at_, at_ + 1);
      ++at_;
      return column_definition() && skip_column_position();
    case Keyword::ALTER_: ++at_; return alter_column();
    case Keyword::ENABLE_:
    case Keyword::DISABLE_: ++at_; return expect(Keyword::KEYS_);
    case Keyword::CONVERT_:
      ++at_;
      if (!take(Keyword::TO_)) return unexpected();
      if (!take(Keyword::CHARSET_) && !take(Keyword::CHARACTER_, Keyword::SET_)) return unexpected();
      if (!take(Keyword::DEFAULT_) && !plain_word()) return false;
      return !take(Keyword::COLLATE_) || plain_word();
    case Keyword::FORCE_: ++at_; return true;
    case Keyword::ALGORITHM_:
    case Keyword::LOCK_: return algorithm_options();
    case Keyword::ORDER_:
      return refuse(Refusal::unordered_rows, "ALTER TABLE … ORDER BY has no lasting effect on an InnoDB table");
    case Keyword::DISCARD_:
    case Keyword::IMPORT_: return refuse(Refusal::file_access, "tablespaces are files of each node");
    case Keyword::TRUNCATE_:
    case Keyword::REORGANIZE_:
    case Keyword::EXCHANGE_: return alter_partition();
    case Keyword::ANALYZE_:
    case Keyword::CHECK_:
      return refuse(Refusal::maintenance, "ALTER TABLE … " + shown(at_) + " PARTITION maintains one node");
    default: break;
  }
  if (word_is(at_, "OPTIMIZE") || word_is(at_, "REPAIR") || word_is(at_, "REBUILD"))
    return refuse(Refusal::maintenance, "ALTER TABLE … " + shown(at_) + " PARTITION maintains one node");
  if (word_is(at_, "COALESCE")) return alter_partition();
  if (word_is(at_, "REMOVE")) {
    ++at_;
    return expect(Keyword::PARTITIONING_);
  }
  const std::size_t before = at_;
  if (!table_options()) return false;
  return at_ > before || unexpected();
}

bool Recogniser::skip_column_position() {
  if (take(Keyword::FIRST_)) return true;
  return !take(Keyword::AFTER_) || plain_word();
}

bool Recogniser::alter_add() {
  if (here() == Keyword::SYSTEM_ && keyword(at_ + 1) == Keyword::VERSIONING_)
    return refuse(Refusal::system_versioning, "SYSTEM VERSIONING keeps rows by each node's own transactions");
  if (here() == Keyword::PARTITION_) {
    ++at_;
    return if_not_exists() && partition_options();
  }
  const bool column = take(Keyword::COLUMN_);
  if (!if_not_exists()) return false;
  if (symbol(at_, '(')) return definitions();
  if (column) return column_definition() && skip_column_position();
  return definition() && skip_column_position();
}

bool Recogniser::alter_drop() {
  bool column = true;
  switch (here()) {
    case Keyword::PRIMARY_: ++at_; return expect(Keyword::KEY_);
    case Keyword::SYSTEM_:
    case Keyword::PERIOD_:
      if (keyword(at_ + 1) == Keyword::VERSIONING_ || keyword(at_ + 1) == Keyword::FOR_)
        return refuse(Refusal::system_versioning, "system-versioned tables are not supported");
      break;
    case Keyword::PARTITION_: {
      ++at_;
      if (!if_exists()) return false;
      do {
        if (!plain_word()) return false;
      } while (take_symbol(','));
      return true;
    }
    case Keyword::FOREIGN_:
      ++at_;
      if (!expect(Keyword::KEY_)) return false;
      column = false;
      break;
    case Keyword::INDEX_:
    case Keyword::KEY_:
    case Keyword::CONSTRAINT_:
    case Keyword::CHECK_:
      ++at_;
      column = false;
      break;
    case Keyword::COLUMN_: ++at_; break;
    default: break;
  }
  if (!if_exists()) return false;
  if (column) columns_.gone.push_back(column_name(at_));
  if (!plain_word()) return false;
  if (!take(Keyword::RESTRICT_)) take(Keyword::CASCADE_);
  return true;
}

bool Recogniser::alter_rename() {
  if (here() == Keyword::COLUMN_ || here() == Keyword::INDEX_ || here() == Keyword::KEY_) {
    const bool column = here() == Keyword::COLUMN_;
    ++at_;
    if (!if_exists() || !plain_word() || !expect(Keyword::TO_) || !plain_word()) return false;
    if (!column) return true;
    note_renamed(at_ - 3, at_ - 1);
    columns_.made.push_back(column_name(at_ - 1));
    return true;
  }
  if (!take(Keyword::TO_) && !take(Keyword::AS_)) take_symbol('=');
  Name name;
  return ddl_target(name);
}

bool Recogniser::alter_column() {
  if (take(Keyword::INDEX_) || take(Keyword::KEY_)) {
    if (!if_exists() || !plain_word()) return false;
    take(Keyword::NOT_);
    return take(Keyword::VISIBLE_) || take(Keyword::INVISIBLE_) || take(Keyword::IGNORED_) || unexpected();
  }
  if (take(Keyword::CHECK_) || take(Keyword::CONSTRAINT_)) {
    if (!plain_word()) return false;
    take(Keyword::NOT_);
    return expect(Keyword::ENFORCED_);
  }
  take(Keyword::COLUMN_);
  if (!if_exists() || !plain_word()) return false;
  if (take(Keyword::DROP_, Keyword::DEFAULT_)) return true;
  if (take(Keyword::SET_, Keyword::DEFAULT_)) return default_value();
  if (take(Keyword::SET_)) return take(Keyword::VISIBLE_) || take(Keyword::INVISIBLE_) || unexpected();
  return unexpected();
}

// TRUNCATE, COALESCE, REORGANIZE, EXCHANGE PARTITION.
bool Recogniser::alter_partition() {
  const bool reorganize = here() == Keyword::REORGANIZE_;
  const bool exchange = here() == Keyword::EXCHANGE_;
  verdict_.empties = here() == Keyword::TRUNCATE_;
  ++at_;
  if (!expect(Keyword::PARTITION_)) return false;
  while (!at_end() && here() != Keyword::INTO_ && here() != Keyword::WITH_) {
    if (!is_name(at_) && tokens_[at_].kind != TokenKind::number && !symbol(at_, ',')) return unexpected();
    ++at_;
  }
  if (reorganize) return at_end() || (expect(Keyword::INTO_) && partition_options());
  if (!exchange) return true;
  if (!expect(Keyword::WITH_) || !expect(Keyword::TABLE_)) return false;
  Name name;
  if (!ddl_target(name)) return false;
  if (take(Keyword::WITH_) || take(Keyword::WITHOUT_)) return take_word("VALIDATION") || unexpected();
  return true;
}

}  // namespace sqlcast::sql
