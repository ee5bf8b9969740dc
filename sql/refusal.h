// Refusal: the stable codes with which the policy says no, and what to do about each. docs/sql-policy.md lists
// the same codes; a test compares the two. Plain values; any thread.
#pragma once

#include <span>
#include <string_view>

namespace sqlcast::sql {

// clang-format off
#define SQLCAST_REFUSALS(X) \
  X(none, "", "") \
  /* the text itself */ \
  X(empty_statement, "EMPTY_STATEMENT", "send one SQL statement") \
  X(bad_text, "BAD_TEXT", "send well-formed UTF-8 without NUL bytes; give binary values as parameters or as x'…'") \
  X(unterminated, "UNTERMINATED", "close the string, the quoted name or the comment") \
  X(executable_comment, "EXECUTABLE_COMMENT", "write the SQL outside the comment, or leave it out: servers of different versions read such comments differently") \
  X(optimizer_hint, "OPTIMIZER_HINT", "leave the hint out") \
  X(charset_introducer, "CHARSET_INTRODUCER", "use _utf8mb4, _utf8mb3, _utf8, _latin1, _ascii or _binary, or convert the value in the client") \
  X(multiple_statements, "MULTIPLE_STATEMENTS", "send each statement in a slot of its own: a request may have several, and is atomic") \
  X(statement_too_large, "STATEMENT_TOO_LARGE", "split the statement, or raise limits.max_statement_bytes") \
  X(nested_too_deep, "NESTED_TOO_DEEP", "nest less, or raise limits.max_nesting_depth") \
  X(parameter_unbound, "PARAMETER_UNBOUND", "send a value for each ? or :name in the request's params") \
  X(unknown_statement, "UNKNOWN_STATEMENT", "see docs/sql-policy.md for the statements that are known") \
  X(unsupported_syntax, "UNSUPPORTED_SYNTAX", "check the spelling, or write it in the plain form that docs/sql-policy.md describes") \
  X(client_command, "CLIENT_COMMAND", "this is a command of the shell; send SQL alone") \
  /* kinds of statement */ \
  X(accounts, "ACCOUNTS", "accounts belong to each node: manage them with the database's own tools") \
  X(server_administration, "SERVER_ADMINISTRATION", "administer each node's server with the database's own tools") \
  X(session_state, "SESSION_STATE", "keep the state in the client; connections are shared, and what a session holds does not replicate") \
  X(transaction_control, "TRANSACTION_CONTROL", "send the statements as one request: it is atomic") \
  X(locking, "LOCKING", "send the statements as one request: writes are executed one after the other on the master") \
  X(file_access, "FILE_ACCESS", "read or write the file in the client, and send rows as INSERT statements") \
  X(stored_code, "STORED_CODE", "keep the logic in the client, and send its statements as one request: it is atomic") \
  X(dynamic_sql, "DYNAMIC_SQL", "send the statement itself, with params") \
  X(compound_statement, "COMPOUND_STATEMENT", "keep the logic in the client, and send the statements as one request: it is atomic") \
  X(maintenance, "MAINTENANCE", "maintain each node's tables with the database's own tools") \
  X(temporary_table, "TEMPORARY_TABLE", "create an ordinary table, or use a common table expression") \
  X(sequence_object, "SEQUENCE_OBJECT", "use an AUTO_INCREMENT column") \
  X(default_database, "DEFAULT_DATABASE", "set the default database in the request (in the shell: its USE command)") \
  X(no_database, "NO_DATABASE", "write db.table, or set the default database in the request (in the shell: its USE command)") \
  X(explain_write, "EXPLAIN_WRITE", "explain the SELECT with the same conditions; sqlcast explain shows the verdict on a write") \
  X(write_in_cte, "WRITE_IN_CTE", "write the common table expression as a subquery of the statement") \
  X(duplicate_target, "DUPLICATE_TARGET", "name each table once") \
  /* objects and functions */ \
  X(system_schema, "SYSTEM_SCHEMA", "leave the schema alone: it is each node's own") \
  X(private_information, "PRIVATE_INFORMATION", "use sqlcast status, or look at the node's server with an account of its own") \
  X(unknown_function, "UNKNOWN_FUNCTION", "use a built-in function that docs/sql-policy.md lists; stored functions cannot be used") \
  X(forbidden_function, "FORBIDDEN_FUNCTION", "compute the value in the client") \
  X(user_variable, "USER_VARIABLE", "give the value as a parameter, or use a subquery") \
  X(system_variable, "SYSTEM_VARIABLE", "give the value as a parameter; docs/sql-policy.md lists the variables a SELECT may show") \
  X(engine_not_innodb, "ENGINE_NOT_INNODB", "use ENGINE=InnoDB, or leave the engine out") \
  X(table_option, "TABLE_OPTION", "leave the option out: it depends on the node or on an engine other than InnoDB") \
  X(system_versioning, "SYSTEM_VERSIONING", "keep the history in a table of your own") \
  X(create_select, "CREATE_SELECT", "send CREATE TABLE, then INSERT … SELECT") \
  X(view_security, "VIEW_SECURITY", "write CREATE SQL SECURITY INVOKER VIEW …, without DEFINER") \
  X(view_in_write, "VIEW_IN_WRITE", "name the tables behind the view") \
  /* determinism */ \
  X(limit_without_order, "LIMIT_WITHOUT_ORDER", "add ORDER BY over all columns of the primary key or of another NOT NULL unique key of the one table") \
  X(unordered_rows, "UNORDERED_ROWS", "add ORDER BY over all columns of the primary key or of another NOT NULL unique key of the one table that is read or changed, or send rows as VALUES") \
  X(partitioned_table, "PARTITIONED_TABLE", "read the keys with SELECT, and write each row by its whole primary or unique key, in one request") \
  X(index_dependent, "INDEX_DEPENDENT", "compare BINARY column, which no index serves; or read the keys with SELECT, and write each row by its whole key") \
  X(several_unique_keys, "SEVERAL_UNIQUE_KEYS", "send an UPDATE and, if it affected no row, an INSERT; for REPLACE a DELETE and an INSERT in one request; or keep one unique key on the table") \
  X(unsafe_function, "UNSAFE_FUNCTION", "compute the value in the client and send it as a parameter, or write one row per VALUES tuple") \
  X(unsafe_default, "UNSAFE_DEFAULT", "give that column a value in the statement (INSERT … VALUES (UUID()) is frozen for every node)") \
  X(random_per_row, "RANDOM_PER_ROW", "compute the values in the client, or use RAND() in VALUES") \
  X(fulltext_search, "FULLTEXT_SEARCH", "find the keys with SELECT, and write by key") \
  X(plan_dependent, "PLAN_DEPENDENT", "give each table that is changed a primary key; or read the rows with SELECT, and write each by its whole key") \
  X(node_state, "NODE_STATE", "read the value with SELECT, and send it as a parameter") \
  X(unordered_numbering, "UNORDERED_NUMBERING", "add a primary key first, or create a new table and INSERT … SELECT … ORDER BY into it") \
  X(column_exchange, "COLUMN_EXCHANGE", "send several statements: in the first give one of the columns a name that no other has, or drop what is to be dropped; add columns under old names in the last")
// clang-format on

enum class Refusal : unsigned char {
#define SQLCAST_REFUSAL_NAME(name, code, advice) name,
  SQLCAST_REFUSALS(SQLCAST_REFUSAL_NAME)
#undef SQLCAST_REFUSAL_NAME
};

struct RefusalText {
  std::string_view code;    // stable, upper case
  std::string_view advice;  // what to do instead
};

const RefusalText& refusal_text(Refusal refusal);

// All of them, `none` left out.
std::span<const RefusalText> refusal_texts();

}  // namespace sqlcast::sql
