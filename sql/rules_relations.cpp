// Determinism of relations: where the order of rows decides what fails, or what becomes of other rows.
#include <algorithm>

#include "sql/references.h"
#include "sql/row_order.h"
#include "sql/rules.h"

namespace sqlcast::sql {

bool type_is_one_of(const Column& column, std::initializer_list<std::string_view> types) {
  return std::any_of(types.begin(), types.end(), [&](std::string_view type) { return same_word(column.type, type); });
}

std::string Rules::shown(Range range) const {
  constexpr std::size_t kLongest = 40;
  const std::string_view text = tokens_.text(range.first, range.end);
  if (text.size() <= kLongest) return "\"" + std::string(text) + "\"";
  std::size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return "\"" + std::string(text.substr(0, end)) + "…\"";
}

// By a chain of foreign keys.
bool Rules::refers_to(const ObjectName& from, const ObjectName& to) const {
  return schema_ != nullptr && refers(*schema_, from, to);
}

// Rows that go with others, or keep others from going: how many rows are deleted, and whether it fails, depends on
// which go first.
bool Rules::check_deleted_relations() {
  const TableUse* use = only_joined();
  if (use == nullptr || schema_ == nullptr || one_row_) return true;
  // Whether WHERE is asked before a row loses its reference, or when its turn comes, is the plan's.
  if (rows_in_order_)
    return !loses_reference(*schema_, use->name) ||
           refuse(Refusal::unordered_rows, "rows of \"" + use->name.name +
                                               "\" lose what they refer to as others are deleted: whether one is found "
                                               "depends on when it is looked at");
  if (refers_to(use->name, use->name))
    return refuse(Refusal::unordered_rows, "rows of \"" + use->name.name +
                                               "\" refer to the rows that are deleted: what happens depends on which "
                                               "go first");
  const std::string torn = reached_in_two_ways(*schema_, {use->name});
  return torn.empty() || refuse(Refusal::unordered_rows,
                                "\"" + torn +
                                    "\" refers to itself, or by several foreign keys that do not do the same, and "
                                    "what is deleted reaches it: what happens depends on which rows go first");
}

// SET id = id + 1: whether a row meets the one before it, which has not moved yet, depends on which is first; so does,
// of a column that foreign keys refer to, which rows of theirs a cascade takes along. Of rows that refer to each other
// also whether they can move at all, even to a constant.
bool Rules::check_moved_keys() {
  const TableUse* use = only_joined();
  const Table* known = use == nullptr ? nullptr : table(use->name);
  if (known == nullptr || one_row_ || rows_in_order_) return true;
  const bool among_themselves = !known->referred.empty() && refers_to(use->name, use->name);
  for (const Assignment& assignment : facts_.assignments) {
    ColumnRef column;
    if (!read_column(tokens_, assignment.column, column)) continue;
    // DEFAULT of an expression, which quotes the columns that it names.
    const bool as_default = assignment.value.end - assignment.value.first == 1 &&
                            tokens_[assignment.value.first].keyword == Keyword::DEFAULT_;
    const bool constant = column_refs(tokens_, assignment.value).empty() &&
                          !(as_default && any_column(column.name, [](const Column& set) {
                              return set.default_expression.find('`') != std::string::npos;
                            }));
    // A generated column may be computed from the one that is set, so that even a constant moves its values.
    const auto moves = [&](const std::string& name) {
      if (may_be_same_name(name, column.name)) return !constant;
      const Column* of_key = find_column(*known, name);
      return of_key != nullptr && of_key->generated;
    };
    if (std::any_of(known->referred.begin(), known->referred.end(), [&](const std::string& name) {
          return moves(name) || (among_themselves && may_be_same_name(name, column.name));
        }))
      return refuse(Refusal::unordered_rows, "foreign keys refer to \"" + column.name +
                                                 "\", or to what is generated from it: what becomes of the rows that "
                                                 "refer to those that move depends on the order in which these move");
    if (std::any_of(known->unique_keys.begin(), known->unique_keys.end(),
                    [&](const UniqueKey& key) { return std::any_of(key.columns.begin(), key.columns.end(), moves); }))
      return refuse(
          Refusal::unordered_rows,
          "\"" + column.name +
              "\" is part of a unique key, or of what one is generated from: whether rows that move collide depends on "
              "the order in which they are written");
  }
  return true;
}

}  // namespace sqlcast::sql
