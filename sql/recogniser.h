// Recogniser: reads one statement's tokens by the grammar that the policy allows, and notes what matters.
// Whatever it does not know, it refuses. Needs no schema. One object a statement; belongs to one thread.
//
// A parsing function returns false once the statement is refused; at_ then means nothing.
// Why so: docs/decisions/0025-own-recogniser.md.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/facts.h"
#include "sql/refusal.h"
#include "sql/token_list.h"
#include "sql/verdict.h"

namespace sqlcast::sql {

class Recogniser {
 public:
  Recogniser(const TokenList& tokens, std::string_view default_database, Verdict& verdict, Facts& facts)
      : tokens_(tokens), default_database_(default_database), verdict_(verdict), facts_(facts) {}

  // Fills class, tables, insert shape, DDL fields and the facts. False: refused; refusal() says why.
  bool run();

  Refusal refusal() const { return refusal_; }
  const std::string& reason() const { return reason_; }

 private:
  enum class Commas : bool { pass, stop };
  struct Name {
    ObjectName object;
    bool qualified = false;
    std::size_t first = 0;  // tokens
    std::size_t end = 0;
  };

  // -- tokens
  Keyword keyword(std::size_t at) const { return tokens_[at].keyword; }
  Keyword here() const { return tokens_[at_].keyword; }
  bool symbol(std::size_t at, char c) const { return tokens_[at].symbol == c; }
  bool at_end() const { return at_ >= tokens_.size(); }
  bool is_name(std::size_t at) const;
  bool word_is(std::size_t at, std::string_view word) const;
  bool take(Keyword keyword);
  bool take(Keyword first, Keyword second);
  bool take_symbol(char c);
  bool take_word(std::string_view word);
  bool expect(Keyword keyword);
  bool expect_symbol(char c);
  bool expect_end();
  bool refuse(Refusal refusal, std::string reason);
  bool unexpected();
  bool too_many(std::string_view what, std::size_t most);
  std::string shown(std::size_t at) const;

  // -- names (recogniser.cpp)
  bool read_name(Name& name);  // [database .] name, resolved
  bool check_database(std::string_view database);
  bool read_query();
  bool unknown_statement();
  bool add_table(const Name& name, bool target, std::string alias, Range partitions = {});
  bool is_cte(const Name& name) const;
  bool refuse_without_database(const Name& name);

  // -- expressions (recogniser_expression.cpp)
  bool expression(Commas commas = Commas::pass);  // up to the end of the clause, or to a comma
  bool expression_token();                        // one token, or a whole parenthesis
  bool word();
  bool group();  // at "(": a subquery or a list of expressions
  bool call();   // at a word in front of "("
  bool variable();
  bool is_query(std::size_t at) const;  // at "(": does a query stand in it
  bool introducer_allowed(std::size_t at) const;
  void note_function(const Function& function, std::size_t token, std::size_t end);

  // -- queries (recogniser_query.cpp)
  bool query(Query& query);  // WITH …, SELECT … [UNION …]
  bool query_in_parentheses();
  bool with_clause();
  bool query_part(Query& query);
  bool select(Query& query);
  bool select_tail(Block& block);  // ORDER BY, LIMIT, INTO, FOR UPDATE …
  bool order_and_limit(Range& order, std::optional<std::size_t>& limit);
  bool limit_value_refused();
  bool forbidden_tail();
  struct From {
    std::size_t factors = 0;  // tables, subqueries and table functions
    bool plain = true;        // nothing but named tables
  };
  bool table_references(From& from);
  bool table_factor(From& from);
  bool table_alias(std::string& alias);
  bool index_hints();
  bool skip_partition_list();

  // -- writes (recogniser_write.cpp)
  bool insert(bool replace);
  bool insert_rows(bool& plain);
  bool opens_values(std::size_t at) const;  // at "(": VALUES of literals stand in it, and nothing else
  bool values_in_parentheses();
  bool value_tuples();
  bool is_literal_part(std::size_t at) const;
  bool duplicate_update();
  bool update();
  bool delete_rows();
  bool assignment_list(std::vector<Assignment>& list, Place place);
  bool returning();
  bool where_clause();
  bool mark_update_targets();
  bool target_list(std::vector<Name>& targets);
  bool delete_targets(const std::vector<Name>& targets);
  void finish_tables();

  // -- reads that are no SELECT (recogniser_show.cpp)
  bool show();
  bool show_create();
  bool show_from_database();
  bool show_filter();
  bool explain();
  bool describe_table();

  // -- DDL of databases, views, indexes (recogniser_ddl.cpp)
  bool ddl_statement();
  bool refused_ddl(std::size_t second);
  bool ddl_target(Name& name);
  bool refuse_wait();
  bool if_exists();
  bool if_not_exists();
  bool create();
  bool create_database(bool replaces);
  void replace_in_parts(std::string_view what, std::size_t name, std::size_t behind);
  bool database_target();
  bool database_options();
  bool create_index();
  bool view(bool alter);
  bool alter();
  bool drop();
  bool drop_list(std::string_view what);
  bool rename_tables();
  bool truncate();

  // -- columns and keys (recogniser_column.cpp)
  bool definitions();  // at "("
  bool definition();   // a column or a key
  bool column_definition();
  bool column_type();
  bool column_attribute(bool& known);
  bool default_value();
  bool plain_word();
  bool string_value();
  bool references();
  bool key_definition();
  bool index_type();
  bool key_columns();
  bool key_options();

  // -- CREATE TABLE, ALTER TABLE (recogniser_table.cpp)
  bool create_table(bool replaces);
  bool create_select(const Name& name, bool replaces, bool if_not_exists);
  bool table_options();
  bool table_option(bool& known);
  bool option_value();
  bool engine_name();
  bool partition_options();
  bool partition_token();
  bool algorithm_options();
  bool alter_table();
  bool alter_action();
  bool skip_column_position();
  bool alter_add();
  bool alter_drop();
  bool alter_rename();
  bool alter_column();
  bool alter_partition();
  bool note_exchange();

  // Of an ALTER TABLE: the names of its columns, each with its token.
  struct ColumnName {
    std::size_t token = 0;
    std::string text;
  };
  struct ColumnNames {
    std::vector<ColumnName> gone;  // dropped, or renamed
    std::vector<ColumnName> made;  // given to a column, new or not
    std::vector<std::pair<ColumnName, ColumnName>> renamed;
  };
  ColumnName column_name(std::size_t at) const { return {at, identifier_text(tokens_.text(at))}; }
  void note_renamed(std::size_t from, std::size_t to);

  const TokenList& tokens_;
  const std::string_view default_database_;
  Verdict& verdict_;
  Facts& facts_;
  std::size_t at_ = 0;
  Place place_ = Place::query;
  std::size_t query_depth_ = 0;
  std::vector<std::string> ctes_;
  ColumnNames columns_;
  Refusal refusal_ = Refusal::none;
  std::string reason_;
};

}  // namespace sqlcast::sql
