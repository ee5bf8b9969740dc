// The server's own names: which schemas, information_schema tables, variables and statements clients may touch.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "sql/refusal.h"

namespace sqlcast::sql {

// True when the word, as the first of a statement, is known and refused; fills why.
bool refused_verb(std::string_view first, std::string_view second, Refusal& refusal, std::string& reason);

// Schemas that belong to the server or to sqlcast.
bool is_system_schema(std::string_view name);  // mysql, performance_schema, sys, sqlcast: any case
bool is_information_schema(std::string_view name);
bool information_schema_table_allowed(std::string_view name);
bool system_variable_allowed(std::string_view token_text);

}  // namespace sqlcast::sql
