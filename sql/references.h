// References: which tables refer to which by foreign keys, as far as the schema knows. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "sql/facts.h"
#include "sql/schema.h"

namespace sqlcast::sql {

// Also by way of other tables.
bool refers(const Schema& schema, const ObjectName& one, const ObjectName& other);

// The tables in an order in which none that goes first changes, by a cascade, what one behind it looks for: those that
// refer to others before these. Empty: there is none, or a table is there twice.
std::vector<const TableUse*> in_order(const Schema& schema, std::vector<const TableUse*> uses);

// Deleting a row of the table may set a column of another of its rows to NULL.
bool loses_reference(const Schema& schema, const ObjectName& name);

// Deleting rows of these tables may reach a row of another in several ways, of which one takes it along and another
// keeps what it refers to; or a table whose own rows refer to each other, as deep as a cascade goes: whether that fails
// depends on which row goes first. That table; empty: there is none.
std::string reached_in_two_ways(const Schema& schema, const std::vector<ObjectName>& deleted);

}  // namespace sqlcast::sql
