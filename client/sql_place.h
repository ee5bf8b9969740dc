// SqlPlace: what the caret stands behind in a statement that is being written: its words, the tables it names and what
// it calls them, and whether a table or a new name comes next. For whoever completes words: the shell and the window.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sqlcast::client {

struct SqlWord {
  std::string text;  // a name without its quotes
  bool name = false;
  std::size_t offset = 0;
};

// A keyword that is no usual name, unlike NAME and DATE.
bool is_reserved(std::string_view word);

// Names and symbols of the statement, blanks and comments left out, the first `most` of them.
std::vector<SqlWord> sql_words(std::string_view statement, std::size_t most = 2'000);

// A table that the statement names.
struct TableMention {
  std::string database;
  std::string table;
  std::string alias;  // empty: it has none
};

// `database` is the one of tables without.
std::vector<TableMention> table_mentions(const std::vector<SqlWord>& words, std::string_view database);

enum class SqlPlace : std::uint8_t { anywhere, table, new_name };

// What is to be written behind words [0, end): a table behind FROM and behind a comma of its list, a name that is made
// up behind AS and behind a table.
SqlPlace place_behind(const std::vector<SqlWord>& words, std::size_t end);

}  // namespace sqlcast::client
