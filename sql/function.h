// Function: what the policy knows of every built-in function of MariaDB 10.11 and MySQL 8. A function that is not
// in the table may be a stored or loadable one, and is refused. Pure; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sql/refusal.h"

namespace sqlcast::sql {

enum class FunctionClass : std::uint8_t {
  safe,            // the same arguments give the same value on every node
  clock,           // safe with the imposed timestamp
  random,          // safe with the imposed seeds, where the order of evaluation is certain
  last_insert_id,  // safe inside a request
  frozen,          // differs a call or a node: a write carries a literal in its place
  ordered,         // aggregate whose value, or last digits, depend on the order of its rows
  ranking,         // window function that gives equal rows equal values
  window,          // window function whose value depends on the order of equal rows
  any_row,         // picks some row's value, or counts rows as they come
  fulltext,        // reads an index that only knows committed rows: depends on where transactions end
  node_state,      // reads what is each node's own: fine to read, never in what replicates
  refused,         // never; `refusal` says why
};

enum class FunctionSource : std::uint8_t { both, mariadb, mysql };  // whose manual lists it

struct Function {
  std::string_view name;  // upper case
  FunctionClass function_class = FunctionClass::safe;
  FunctionSource source = FunctionSource::both;
  Refusal refusal = Refusal::none;  // class refused only
  bool tight = false;               // with a blank before "(" the server looks for a stored function of this name
  bool aggregate = false;
};

// Null: not a built-in function.
const Function* find_function(std::string_view name);

std::span<const Function> functions();

// True for the words of column types, which may stand in front of a parenthesis.
bool is_type_word(std::string_view word);

}  // namespace sqlcast::sql
