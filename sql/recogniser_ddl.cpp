// Recogniser: CREATE, ALTER, DROP, RENAME, TRUNCATE of databases, tables, indexes and views.
#include <algorithm>

#include "sql/recogniser.h"
#include "sql/system_names.h"

namespace sqlcast::sql {

bool Recogniser::ddl_statement() {
  facts_.verb = Verb::ddl;
  verdict_.statement_class = Class::ddl;
  place_ = Place::definition;
  switch (here()) {
    case Keyword::CREATE_: ++at_; return create();
    case Keyword::ALTER_: ++at_; return alter();
    case Keyword::DROP_: ++at_; return drop();
    case Keyword::RENAME_: ++at_; return rename_tables();
    default: ++at_; return truncate();
  }
}

// A verb that is refused by its second word, such as CREATE EVENT, or one that the policy does not know.
bool Recogniser::refused_ddl(std::size_t second) {
  Refusal refusal = Refusal::none;
  std::string reason;
  if (refused_verb(tokens_.text(0), tokens_.text(second), refusal, reason)) return refuse(refusal, std::move(reason));
  return unexpected();
}

bool Recogniser::ddl_target(Name& name) {
  if (!read_name(name) || !refuse_without_database(name) || !check_database(name.object.database)) return false;
  if (verdict_.ddl_targets.size() >= kMostTables) return too_many("tables", kMostTables);
  verdict_.ddl_targets.push_back(name.object);
  facts_.tables.push_back({name.object, name.object.name, true, true});
  return true;
}

bool Recogniser::refuse_wait() {
  if (here() == Keyword::WAIT_ || here() == Keyword::NOWAIT_)
    return refuse(Refusal::unsupported_syntax, "how long to wait for a lock differs on each node");
  return true;
}

bool Recogniser::if_exists() {
  if (here() != Keyword::IF_) return true;
  ++at_;
  return expect(Keyword::EXISTS_);
}

bool Recogniser::if_not_exists() {
  if (here() != Keyword::IF_) return true;
  ++at_;
  return expect(Keyword::NOT_) && expect(Keyword::EXISTS_);
}

// ---- CREATE --------------------------------------------------------------------------------------------------

bool Recogniser::create() {
  const bool replaces = take(Keyword::OR_, Keyword::REPLACE_);
  switch (here()) {
    case Keyword::TABLE_: ++at_; return create_table(replaces);
    case Keyword::DATABASE_:
    case Keyword::SCHEMA_: ++at_; return create_database(replaces);
    case Keyword::ONLINE_:
    case Keyword::UNIQUE_:
    case Keyword::FULLTEXT_:
    case Keyword::INDEX_: return create_index();
    case Keyword::SPATIAL_:
      if (keyword(at_ + 1) == Keyword::INDEX_) return create_index();
      return refuse(Refusal::server_administration, "spatial reference systems are each node's own");
    case Keyword::ALGORITHM_:
    case Keyword::SQL_:
    case Keyword::DEFINER_:
    case Keyword::VIEW_: return view(false);
    default: return refused_ddl(at_);
  }
}

// OR REPLACE of a table or a database: the server drops what is there and then makes the new one, and what is to be
// dropped stays dropped when that fails, or when it dies in between. An entry each, so that it is so on every node.
void Recogniser::replace_in_parts(std::string_view what, std::size_t name, std::size_t behind) {
  const std::string object(tokens_.text(name, behind));
  verdict_.replaces = true;
  verdict_.parts = {
      "DROP " + std::string(what) + " IF EXISTS " + object,
      "CREATE " + std::string(what) + " " + object + " " + std::string(tokens_.text(behind, tokens_.size()))};
}

bool Recogniser::create_database(bool replaces) {
  const bool conditional = here() == Keyword::IF_;
  if (!if_not_exists() || !is_name(at_)) return unexpected();
  const std::size_t name = at_;
  if (!database_target() || !database_options()) return false;
  if (replaces && !conditional) replace_in_parts("DATABASE", name, name + 1);  // both: the server refuses
  return true;
}

bool Recogniser::database_target() {
  const std::string name = identifier_text(tokens_.text(at_++));
  if (!check_database(name)) return false;
  verdict_.ddl_kind = DdlKind::database;
  verdict_.ddl_targets.push_back({name, {}});
  verdict_.tables.push_back({name, {}});
  return true;
}

bool Recogniser::database_options() {
  while (!at_end()) {
    take(Keyword::DEFAULT_);
    if (take(Keyword::CHARACTER_, Keyword::SET_) || take(Keyword::CHARSET_) || take(Keyword::COLLATE_) ||
        take(Keyword::COMMENT_)) {
      if (!option_value()) return false;
      continue;
    }
    return refuse(Refusal::table_option, "the option " + shown(at_) + " of a database depends on the node");
  }
  return true;
}

bool Recogniser::create_index() {
  take(Keyword::ONLINE_);
  if (!take(Keyword::UNIQUE_) && !take(Keyword::FULLTEXT_)) take(Keyword::SPATIAL_);
  if (!expect(Keyword::INDEX_) || !if_not_exists() || !is_name(at_)) return unexpected();
  ++at_;
  if (take(Keyword::USING_) && !index_type()) return false;
  if (!expect(Keyword::ON_)) return false;
  verdict_.ddl_kind = DdlKind::table;
  Name name;
  return ddl_target(name) && refuse_wait() && key_columns() && key_options() && algorithm_options();
}

// CREATE … VIEW and ALTER … VIEW. Under INVOKER the view shows a reader no more than the reader may see; a definer
// is an account of one node.
bool Recogniser::view(bool alter) {
  bool invoker = false;
  if (take(Keyword::ALGORITHM_)) {
    if (!expect_symbol('=') || !is_name(at_)) return unexpected();
    ++at_;
  }
  if (here() == Keyword::DEFINER_) return refuse(Refusal::view_security, "a view's DEFINER is an account of one node");
  if (take(Keyword::SQL_, Keyword::SECURITY_)) {
    invoker = take_word("INVOKER");
    if (!invoker && !take_word("DEFINER")) return unexpected();
  }
  if (here() != Keyword::VIEW_) return alter ? unexpected() : refused_ddl(at_);
  ++at_;
  if (!invoker)
    return refuse(Refusal::view_security,
                  "without SQL SECURITY INVOKER a view reads with the rights of the account "
                  "that made it, which is another one on each node");
  if (!(alter ? if_exists() : if_not_exists())) return false;
  Name name;
  if (!ddl_target(name)) return false;
  if (symbol(at_, '(')) at_ = tokens_[at_].match + 1;
  if (!expect(Keyword::AS_)) return false;
  verdict_.ddl_kind = DdlKind::table;
  // The body runs when it is read: as a read, wherever that is.
  place_ = Place::returning;
  Query body;
  if (!query(body)) return false;
  if (take(Keyword::WITH_)) {
    if (!take(Keyword::CASCADED_)) take(Keyword::LOCAL_);
    return expect(Keyword::CHECK_) && (take_word("OPTION") || unexpected());
  }
  return true;
}

// ---- ALTER ---------------------------------------------------------------------------------------------------

bool Recogniser::alter() {
  take(Keyword::ONLINE_);
  switch (here()) {
    case Keyword::IGNORE_:
      return refuse(Refusal::unordered_rows, "ALTER IGNORE drops rows in an order that is not determined");
    case Keyword::TABLE_: ++at_; return alter_table();
    case Keyword::DATABASE_:
    case Keyword::SCHEMA_:
      ++at_;
      // Without a name it means the default database.
      if (is_name(at_) && here() != Keyword::CHARACTER_ && here() != Keyword::CHARSET_ && here() != Keyword::COLLATE_ &&
          here() != Keyword::DEFAULT_ && here() != Keyword::COMMENT_)
        return database_target() && database_options();
      return refuse(Refusal::unsupported_syntax, "ALTER DATABASE needs the database's name");
    case Keyword::ALGORITHM_:
    case Keyword::SQL_:
    case Keyword::DEFINER_:
    case Keyword::VIEW_: return view(true);
    default: return refused_ddl(at_);
  }
}

// ---- DROP, RENAME, TRUNCATE ----------------------------------------------------------------------------------

bool Recogniser::drop() {
  switch (here()) {
    case Keyword::DATABASE_:
    case Keyword::SCHEMA_:
      ++at_;
      if (!if_exists() || !is_name(at_)) return unexpected();
      return database_target();
    case Keyword::TABLE_:
    case Keyword::TABLES_: ++at_; return drop_list("DROP TABLE");
    case Keyword::VIEW_: ++at_; return drop_list("DROP VIEW");
    case Keyword::INDEX_: {
      ++at_;
      if (!if_exists() || !is_name(at_)) return unexpected();
      ++at_;
      if (!expect(Keyword::ON_)) return false;
      verdict_.ddl_kind = DdlKind::table;
      Name name;
      return ddl_target(name) && refuse_wait() && algorithm_options();
    }
    default: return refused_ddl(at_);
  }
}

bool Recogniser::drop_list(std::string_view what) {
  const bool exists = here() == Keyword::IF_;
  if (!if_exists()) return false;
  verdict_.ddl_kind = DdlKind::table;
  std::vector<std::string> parts;
  do {
    Name name;
    if (!ddl_target(name)) return false;
    const auto& targets = verdict_.ddl_targets;
    if (std::find(targets.begin(), targets.end() - 1, name.object) != targets.end() - 1)
      return refuse(Refusal::duplicate_target, "\"" + name.object.name + "\" is named twice");
    parts.push_back(std::string(what) + (exists ? " IF EXISTS " : " ") +
                    std::string(tokens_.text(name.first, name.end)));
  } while (take_symbol(','));
  if (!refuse_wait()) return false;
  if (here() == Keyword::RESTRICT_ || here() == Keyword::CASCADE_) {
    for (std::string& part : parts) part += " " + std::string(tokens_.text(at_));
    ++at_;
  }
  if (parts.size() > 1) verdict_.parts = std::move(parts);
  return true;
}

// One statement and one entry, however many pairs: a swap of two tables is only right as a whole.
bool Recogniser::rename_tables() {
  if (!take(Keyword::TABLE_) && !take(Keyword::TABLES_)) return refused_ddl(at_);
  if (!if_exists()) return false;
  verdict_.ddl_kind = DdlKind::table;
  do {
    Name from;
    Name to;
    if (!ddl_target(from) || !refuse_wait() || !expect(Keyword::TO_) || !ddl_target(to)) return false;
  } while (take_symbol(','));
  auto& targets = verdict_.ddl_targets;
  std::vector<ObjectName> once;
  for (const ObjectName& target : targets)
    if (std::find(once.begin(), once.end(), target) == once.end()) once.push_back(target);
  targets = std::move(once);
  return true;
}

bool Recogniser::truncate() {
  take(Keyword::TABLE_);
  verdict_.ddl_kind = DdlKind::table;
  verdict_.empties = true;
  Name name;
  return ddl_target(name) && refuse_wait();
}

}  // namespace sqlcast::sql
