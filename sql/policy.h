// The SQL policy: what a statement is, whether it may run, and whether it will do the same on every node.
//
// Allow-list: what is not known to be allowed is refused. A lexer and a small recogniser, never a prefix match.
// Pure: no database, clock or randomness of its own; the schema and the frozen values come in. Any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/limits.h"
#include "sql/schema.h"
#include "sql/verdict.h"

namespace sqlcast::sql {

// Supplies literal SQL text for a function whose value is frozen into the statement: the function's name in
// upper case ("UUID", "SYSDATE", "USER" …; frozen_functions() lists them) and its argument text (SYSDATE(6) → "6";
// a number or nothing) in, "'2f0c…'" out. An empty answer refuses the statement.
using Freeze = std::function<std::string(std::string_view function, std::string_view arguments)>;

struct Judgement {
  std::string_view default_database;  // empty = none
  const Schema* schema = nullptr;     // null: nothing is known of tables; what needs it is refused as unsafe
  Limits limits;
  Freeze freeze;  // null: the rewritten text keeps a placeholder literal (enough to explain)
};

// The names with which Freeze may be called.
std::vector<std::string_view> frozen_functions();

// The verdict on exactly one statement. Never throws for any bytes.
// A slave routes by statement_class alone (schema may be null there); the master decides determinism.
Verdict judge(std::string_view text, const Judgement& judgement);

// The class alone, without determinism and without a schema: what a slave needs for routing. Cheaper.
// Everything refused here is refused by judge() too.
Verdict classify(std::string_view text, std::string_view default_database, const Limits& limits = {});

}  // namespace sqlcast::sql
