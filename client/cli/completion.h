// Completion: what the word at the cursor of a typed line may become: commands, keywords, functions, databases, tables,
// columns. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sqlcast::cli {

// What there is in the databases.
struct Names {
  struct Table {
    std::string database;
    std::string name;
    std::vector<std::string> columns;
  };
  std::vector<std::string> databases;
  std::vector<Table> tables;
};

struct Completion {
  std::size_t replaced = 0;        // bytes in front of the cursor, which the word is put for
  std::vector<std::string> words;  // sorted; a name in backquotes where it needs them; none inside a string or comment
};

// `before` and `after` the cursor: the statement, with its earlier lines. `database` is the default one.
Completion complete(std::string_view before, std::string_view after, const Names& names, std::string_view database);

}  // namespace sqlcast::cli
