// Conditions whose rows depend on whether the server reads them by an index or by a scan. MariaDB 10.11, found by
// comparing FORCE INDEX with IGNORE INDEX over texts of all kinds:
//  - an index over a column's first characters compares as many characters of the value that is looked for; where 'ß'
//    equals 'ss', the cut falls elsewhere in equal values, and the index misses rows;
//  - LIKE 'a%' under a _bin collation that pads: its range begins behind texts that go on with a control character;
//  - BETWEEN two texts that are equal in the literals' own collation becomes =, in an index range only.
#include <algorithm>

#include "sql/row_order.h"
#include "sql/rules.h"

namespace sqlcast::sql {
namespace {

constexpr std::size_t kMostLookUps = 100'000;

// A character weighs by itself.
bool weighs_each_character(std::string_view collation) {
  return collation.empty() || collation == "binary" || collation.ends_with("_bin") ||
         collation.find("_general_") != std::string_view::npos || collation.starts_with("latin1_swedish_");
}

bool pads_bytes(std::string_view collation) {
  return collation.ends_with("_bin") && !collation.ends_with("_nopad_bin");
}

// What literals have in the nodes' sessions.
bool is_collation_of_literals(std::string_view collation) {
  return collation == "utf8mb4_general_ci" || collation == "utf8mb3_general_ci";
}

bool has_loose_prefix(const Column& column) {
  return column.indexed == Indexed::prefix && !weighs_each_character(column.collation);
}

}  // namespace

template <typename Test>
bool Rules::any_column(std::string_view name, Test test) const {
  return std::any_of(facts_.tables.begin(), facts_.tables.end(), [&](const TableUse& use) {
    const Table* known = table(use.name);
    return known != nullptr && std::any_of(known->columns.begin(), known->columns.end(), [&](const Column& column) {
             return test(column) && may_be_same_name(column.name, name);
           });
  });
}

// The column in front of an operator: u LIKE, (u) NOT LIKE. Empty when there is none; BINARY u is read by no index.
std::string Rules::column_before(std::size_t at) const {
  while (at > 0 && (tokens_[at - 1].keyword == Keyword::NOT_ || tokens_[at - 1].symbol == ')')) --at;
  if (at == 0) return {};
  ColumnRef column;
  if (!read_column(tokens_, {at - 1, at}, column)) return {};
  std::size_t first = at - 1;
  while (first >= 2 && tokens_[first - 1].symbol == '.') first -= 2;
  return first > 0 && tokens_[first - 1].keyword == Keyword::BINARY_ ? std::string() : column.name;
}

bool Rules::check_like(std::size_t at) {
  const std::string name = column_before(at);
  const auto indexed = [](const Column& column) {
    return column.indexed != Indexed::no && pads_bytes(column.collation);
  };
  return name.empty() || !any_column(name, indexed) ||
         refuse(Refusal::index_dependent, "LIKE finds other rows of \"" + name +
                                              "\" by its index than without, under a _bin collation that pads");
}

bool Rules::check_between(std::size_t at) {
  const std::string name = column_before(at);
  if (name.empty()) return true;
  const auto plain_text = [this](std::size_t bound) {
    return tokens_[bound].kind == TokenKind::string && tokens_.text(bound).starts_with('\'');
  };
  const bool plain = plain_text(at + 1) && tokens_[at + 2].keyword == Keyword::AND_ && plain_text(at + 3);
  const auto indexed = [plain](const Column& column) {
    return column.indexed != Indexed::no && !column.collation.empty() &&
           !(plain && is_collation_of_literals(column.collation));
  };
  return !any_column(name, indexed) ||
         refuse(Refusal::index_dependent,
                "BETWEEN finds other rows of \"" + name +
                    "\" by its index than without, where the two texts are equal in another collation");
}

// What may be a condition: those of the statement itself, and everything around a query inside it.
std::vector<Range> Rules::condition_ranges() const {
  if (facts_.blocks.empty()) {
    std::vector<Range> ranges = facts_.on;
    ranges.push_back(facts_.where);
    return ranges;
  }
  std::vector<Range> skipped;
  for (const Assignment& assignment : facts_.assignments) skipped.push_back(assignment.column);
  if (facts_.insert_columns) skipped.push_back(*facts_.insert_columns);
  if (facts_.source && !facts_.derived_tables && facts_.cte_names.empty())
    for (const std::size_t block : facts_.source->blocks) skipped.push_back(facts_.blocks[block].select_list);
  std::sort(skipped.begin(), skipped.end(), [](const Range& a, const Range& b) { return a.first < b.first; });
  std::vector<Range> ranges;
  std::size_t first = 0;
  for (const Range& skip : skipped) {
    ranges.push_back({first, std::max(first, skip.first)});
    first = std::max(first, skip.end);
  }
  ranges.push_back({first, tokens_.size()});
  return ranges;
}

// Rows by one whole unique key are found by that key, whatever else is asked of them.
bool Rules::check_conditions() {
  const bool values_alone = (facts_.verb == Verb::insert || facts_.verb == Verb::replace) && facts_.blocks.empty();
  if (values_alone || (one_row_ && facts_.blocks.empty())) return true;
  std::vector<std::string> loose;
  for (const TableUse& use : facts_.tables)
    if (const Table* known = table(use.name); known != nullptr)
      for (const Column& column : known->columns)
        if (has_loose_prefix(column)) loose.push_back(column.name);
  std::size_t looked_up = 0;
  for (const Range& range : condition_ranges()) {
    for (std::size_t at = range.first; at < range.end; ++at) {
      if (tokens_[at].keyword == Keyword::LIKE_ && !check_like(at)) return false;
      if (tokens_[at].keyword == Keyword::BETWEEN_ && !check_between(at)) return false;
    }
    if (loose.empty()) continue;
    for (const ColumnRef& column : column_refs(tokens_, range)) {
      looked_up += loose.size();
      const bool named = looked_up > kMostLookUps || std::any_of(loose.begin(), loose.end(), [&](const auto& name) {
                           return may_be_same_name(name, column.name);
                         });
      if (named && !column_before(column.token + 1).empty())
        return refuse(Refusal::index_dependent,
                      "an index over the first characters of \"" + column.name +
                          "\" misses rows under its collation, where one character may equal several");
    }
  }
  return true;
}

}  // namespace sqlcast::sql
