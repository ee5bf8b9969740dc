// Rules: will a statement that the recogniser allowed do the same on every node? Answers from the facts and
// the schema, by MariaDB's and MySQL's own lists of statements that are unsafe to replicate as text, and by what
// those lists leave out (docs/sql-policy.md). One object a statement; belongs to one thread.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sql/facts.h"
#include "sql/refusal.h"
#include "sql/row_order.h"
#include "sql/token_list.h"
#include "sql/value_shape.h"
#include "sql/verdict.h"

namespace sqlcast::sql {

class Rules {
 public:
  Rules(const TokenList& tokens, const Facts& facts, const Schema* schema)
      : tokens_(tokens),
        facts_(facts),
        schema_(schema),
        shapes_(tokens, [this](const ColumnRef& column) { return column_named(column).shape; }) {}
  Rules(const Rules&) = delete;
  Rules& operator=(const Rules&) = delete;

  // False: unsafe; refusal() and reason() say why.
  bool check();

  // Calls whose values must be frozen, in order of the text.
  const std::vector<const FunctionUse*>& frozen() const { return frozen_; }
  // The insert shape with what the schema adds.
  InsertShape insert_shape() const;
  bool moves_ids() const;  // an UPDATE that may set a column that is AUTO_INCREMENT

  Refusal refusal() const { return refusal_; }
  const std::string& reason() const { return reason_; }

 private:
  bool refuse(Refusal refusal, std::string reason);
  const Table* table(const ObjectName& name) const { return schema_ == nullptr ? nullptr : schema_->find(name); }

  bool check_tables();
  bool check_functions();
  bool check_function(const FunctionUse& use);
  bool check_returned(const FunctionUse& use);
  bool check_definition(const FunctionUse& use);
  bool check_frozen(const FunctionUse& use);
  bool check_random(const FunctionUse& use);
  bool compares_with_query() const;
  std::string left_to_the_plan() const;  // what of the statement a plan may decide; empty: nothing
  std::string left_to_the_plan(const Block& block) const;
  bool check_plan();
  bool check_default_words();
  bool check_insert();
  bool check_defaults(const Table& target);
  bool may_conflict(const Table& target, const UniqueKey& key) const;
  std::ptrdiff_t conflicting_keys(const Table& target) const;
  bool clustered_first(const Table& target) const;
  bool check_replace(const Table& target);
  bool check_duplicate_update(const Table* target);
  bool check_source();
  bool check_partitions();
  bool check_update();
  bool check_moved_keys();
  bool check_deleted_relations();
  bool check_ddl();
  // -- conditions (rules_conditions.cpp)
  bool check_conditions();
  bool check_condition_range(Range range);
  bool check_operator(std::size_t at, Range left, std::size_t end);
  bool check_like(std::size_t at);
  bool check_between(std::size_t at, Range left, bool negated, std::size_t end);
  bool check_in(std::size_t at, Range left);
  bool check_pair(Range left, Range right, Comparing comparing);
  bool check_side(Range column, Range operand, Comparing comparing);
  bool check_literal(const ColumnRef& column, std::size_t literal, Comparing comparing);
  bool check_shape(const ColumnRef& column, Range operand, Comparing comparing);
  bool check_text_length(const ColumnRef& column, Range operand, Comparing comparing);
  bool check_null_safe(Range left, Range right);
  struct NamedColumn {  // what a name may be
    std::vector<ValueShape> indexed;
    std::vector<ValueShape> others;
    std::vector<const Column*> loose;  // indexed texts that an index may compare otherwise
    ValueShape shape{ValueKind::null};
    bool has_text() const;
  };
  const NamedColumn& column_named(const ColumnRef& column) const;
  std::string column_before(std::size_t at) const;
  std::vector<Range> condition_ranges() const;
  bool closes_call(std::size_t at) const;
  const std::vector<const Column*>& columns_called(const std::string& name) const;
  bool any_column(const std::string& name, bool (*test)(const Column&)) const;

  // -- conditions that fail (rules_failing.cpp)
  bool check_failing_conditions();
  bool check_failing_call(std::size_t at);
  bool check_calculation(Range part);
  bool calculates(std::size_t at, std::size_t first) const;
  bool stays_in_range(Range part, std::size_t at) const;
  bool names_known_column(Range range) const;
  bool names_times(Range range) const;
  bool check_truth(Range part, Range all);
  std::vector<Range> failing_ranges() const;

  bool evaluated_once(const FunctionUse& use, bool per_tuple) const;
  void set_auto_increment(const Table& target, InsertShape& shape) const;
  bool refers_to(const ObjectName& from, const ObjectName& to) const;
  std::string shown(Range range) const;
  std::size_t tuple_value(Range tuple, std::size_t position, Range& value) const;
  enum class Given { no, maybe, yes };
  Given names_column(std::size_t at, std::string_view column) const;
  Given column_given(std::string_view column) const;  // in the list of an INSERT
  bool source_in_order() const;
  void read_row_order();  // one_row_ and rows_in_order_
  OnlyTable only_table_of(const Block& block) const;
  const TableUse* only_joined() const;

  const TokenList& tokens_;
  const Facts& facts_;
  const Schema* const schema_;
  std::vector<const FunctionUse*> frozen_;
  bool one_row_ = false;                                              // the UPDATE or DELETE has at most one row
  bool found_by_key_ = false;                                         // … and the server looks for it by its key
  bool rows_in_order_ = false;                                        // … or works in a total order
  mutable std::map<std::string, std::vector<const Column*>> called_;  // by name: looked up once
  mutable std::size_t looked_at_ = 0;                                 // columns, for that
  const ShapeReader shapes_;
  mutable std::map<std::pair<std::string, std::string>, NamedColumn> named_;  // by qualifier and name
  bool columns_equated_ = false;                                              // some column is compared with another
  std::string inexact_;  // why a literal would be refused if its column had an index
  Refusal refusal_ = Refusal::none;
  std::string reason_;
};

bool type_is_one_of(const Column& column, std::initializer_list<std::string_view> types);

// A column default (as information_schema gives it) that may differ on each node.
bool is_unsafe_default(std::string_view expression);

}  // namespace sqlcast::sql
