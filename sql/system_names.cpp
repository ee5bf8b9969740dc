#include "sql/system_names.h"

#include "sql/keyword.h"

namespace sqlcast::sql {
namespace {

template <std::size_t kCount>
bool listed(std::string_view word, const std::string_view (&words)[kCount]) {
  for (const std::string_view candidate : words)
    if (same_word(word, candidate)) return true;
  return false;
}

constexpr std::string_view kSchemaTables[] = {
    "CHARACTER_SETS",
    "CHECK_CONSTRAINTS",
    "COLLATIONS",
    "COLLATION_CHARACTER_SET_APPLICABILITY",
    "COLUMNS",
    "ENGINES",
    "EVENTS",
    "KEYWORDS",
    "KEY_COLUMN_USAGE",
    "PARAMETERS",
    "PARTITIONS",
    "REFERENTIAL_CONSTRAINTS",
    "ROUTINES",
    "SCHEMATA",
    "SQL_FUNCTIONS",
    "STATISTICS",
    "TABLES",
    "TABLE_CONSTRAINTS",
    "TRIGGERS",
    "VIEWS",
    "INNODB_SYS_TABLESTATS",
};

// Facts about the server that say nothing about people, files or keys.
constexpr std::string_view kVariables[] = {
    "VERSION",
    "VERSION_COMMENT",
    "VERSION_COMPILE_MACHINE",
    "VERSION_COMPILE_OS",
    "INNODB_VERSION",
    "PROTOCOL_VERSION",
    "LICENSE",
    "SQL_MODE",
    "TIME_ZONE",
    "SYSTEM_TIME_ZONE",
    "CHARACTER_SET_CLIENT",
    "CHARACTER_SET_CONNECTION",
    "CHARACTER_SET_DATABASE",
    "CHARACTER_SET_RESULTS",
    "CHARACTER_SET_SERVER",
    "COLLATION_CONNECTION",
    "COLLATION_DATABASE",
    "COLLATION_SERVER",
    "MAX_ALLOWED_PACKET",
    "LOWER_CASE_TABLE_NAMES",
    "AUTOCOMMIT",
    "TX_ISOLATION",
    "TRANSACTION_ISOLATION",
    "TX_READ_ONLY",
    "TRANSACTION_READ_ONLY",
    "READ_ONLY",
    "DEFAULT_STORAGE_ENGINE",
    "STORAGE_ENGINE",
    "WAIT_TIMEOUT",
    "INTERACTIVE_TIMEOUT",
    "NET_WRITE_TIMEOUT",
    "NET_READ_TIMEOUT",
    "AUTO_INCREMENT_INCREMENT",
    "AUTO_INCREMENT_OFFSET",
    "FOREIGN_KEY_CHECKS",
    "UNIQUE_CHECKS",
    "GROUP_CONCAT_MAX_LEN",
    "SQL_SELECT_LIMIT",
    "LC_TIME_NAMES",
    "DIV_PRECISION_INCREMENT",
};

struct RefusedVerb {
  std::string_view words;  // one word, or two
  Refusal refusal;
  std::string_view what;
};

// Every other statement verb of MariaDB 10.11 and MySQL 8. Two words stand before one: the first match counts.
constexpr RefusedVerb kVerbs[] = {
    {"DELIMITER", Refusal::client_command, "DELIMITER is a command of the shell"},
    {"SOURCE", Refusal::client_command, "SOURCE is a command of the shell"},
    {"SET ROLE", Refusal::accounts, "SET ROLE changes privileges"},
    {"SET PASSWORD", Refusal::accounts, "SET PASSWORD changes an account"},
    {"SET DEFAULT", Refusal::accounts, "SET DEFAULT ROLE changes an account"},
    {"SET TRANSACTION", Refusal::transaction_control, "SET TRANSACTION controls a transaction"},
    {"SET GLOBAL", Refusal::server_administration, "SET GLOBAL changes the server"},
    {"SET PERSIST", Refusal::server_administration, "SET PERSIST changes the server"},
    {"SET PERSIST_ONLY", Refusal::server_administration, "SET PERSIST_ONLY changes the server"},
    {"SET RESOURCE", Refusal::server_administration, "SET RESOURCE GROUP changes the server"},
    {"SET STATEMENT", Refusal::session_state, "SET STATEMENT changes variables around another statement"},
    {"SET", Refusal::session_state, "SET changes the state of a session"},
    {"USE", Refusal::default_database, "USE changes the default database of a shared connection"},
    {"BEGIN NOT", Refusal::compound_statement, "BEGIN NOT ATOMIC is a compound statement"},
    {"BEGIN", Refusal::transaction_control, "BEGIN controls a transaction"},
    {"START TRANSACTION", Refusal::transaction_control, "START TRANSACTION controls a transaction"},
    {"START", Refusal::server_administration, "START controls the server's own replication"},
    {"STOP", Refusal::server_administration, "STOP controls the server's own replication"},
    {"COMMIT", Refusal::transaction_control, "COMMIT controls a transaction"},
    {"ROLLBACK", Refusal::transaction_control, "ROLLBACK controls a transaction"},
    {"SAVEPOINT", Refusal::transaction_control, "SAVEPOINT controls a transaction"},
    {"RELEASE", Refusal::transaction_control, "RELEASE SAVEPOINT controls a transaction"},
    {"XA", Refusal::transaction_control, "XA controls a distributed transaction"},
    {"LOCK INSTANCE", Refusal::server_administration, "LOCK INSTANCE locks the server"},
    {"UNLOCK INSTANCE", Refusal::server_administration, "UNLOCK INSTANCE unlocks the server"},
    {"LOCK", Refusal::locking, "LOCK TABLES locks tables"},
    {"UNLOCK", Refusal::locking, "UNLOCK TABLES releases locks"},
    {"HANDLER", Refusal::session_state, "HANDLER keeps a cursor in the session"},
    {"LOAD INDEX", Refusal::server_administration, "LOAD INDEX fills a cache of the server"},
    {"LOAD", Refusal::file_access, "LOAD reads a file"},
    {"IMPORT", Refusal::file_access, "IMPORT TABLE reads files"},
    {"CALL", Refusal::stored_code, "CALL runs a stored procedure, whose statements cannot be judged"},
    {"DO", Refusal::session_state, "DO evaluates an expression for its side effects"},
    {"PREPARE", Refusal::dynamic_sql, "PREPARE hides a statement in a string"},
    {"EXECUTE", Refusal::dynamic_sql, "EXECUTE runs a statement hidden in a string"},
    {"DEALLOCATE", Refusal::dynamic_sql, "DEALLOCATE PREPARE is part of dynamic SQL"},
    {"IF", Refusal::compound_statement, "IF is a compound statement"},
    {"CASE", Refusal::compound_statement, "CASE is a compound statement"},
    {"LOOP", Refusal::compound_statement, "LOOP is a compound statement"},
    {"WHILE", Refusal::compound_statement, "WHILE is a compound statement"},
    {"REPEAT", Refusal::compound_statement, "REPEAT is a compound statement"},
    {"FOR", Refusal::compound_statement, "FOR is a compound statement"},
    {"DECLARE", Refusal::compound_statement, "DECLARE is part of a compound statement"},
    {"LEAVE", Refusal::compound_statement, "LEAVE is part of a compound statement"},
    {"ITERATE", Refusal::compound_statement, "ITERATE is part of a compound statement"},
    {"RETURN", Refusal::compound_statement, "RETURN is part of a stored function"},
    {"OPEN", Refusal::compound_statement, "OPEN is part of a compound statement"},
    {"CLOSE", Refusal::compound_statement, "CLOSE is part of a compound statement"},
    {"FETCH", Refusal::compound_statement, "FETCH is part of a compound statement"},
    {"SIGNAL", Refusal::compound_statement, "SIGNAL is part of a compound statement"},
    {"RESIGNAL", Refusal::compound_statement, "RESIGNAL is part of a compound statement"},
    {"GET", Refusal::session_state, "GET DIAGNOSTICS reads the state of a session"},
    {"GRANT", Refusal::accounts, "GRANT changes privileges"},
    {"REVOKE", Refusal::accounts, "REVOKE changes privileges"},
    {"CREATE USER", Refusal::accounts, "CREATE USER makes an account"},
    {"CREATE ROLE", Refusal::accounts, "CREATE ROLE makes a role"},
    {"ALTER USER", Refusal::accounts, "ALTER USER changes an account"},
    {"ALTER ROLE", Refusal::accounts, "ALTER ROLE changes a role"},
    {"DROP USER", Refusal::accounts, "DROP USER removes an account"},
    {"DROP ROLE", Refusal::accounts, "DROP ROLE removes a role"},
    {"RENAME USER", Refusal::accounts, "RENAME USER changes an account"},
    {"CREATE EVENT", Refusal::stored_code, "an event would run on every node by itself"},
    {"CREATE TRIGGER", Refusal::stored_code, "a trigger hides statements from the policy"},
    {"CREATE FUNCTION", Refusal::stored_code, "a stored function hides statements from the policy"},
    {"CREATE AGGREGATE", Refusal::stored_code, "a stored function hides statements from the policy"},
    {"CREATE PROCEDURE", Refusal::stored_code, "a procedure hides statements from the policy"},
    {"CREATE PACKAGE", Refusal::stored_code, "a package hides statements from the policy"},
    {"CREATE LIBRARY", Refusal::stored_code, "a library hides code from the policy"},
    {"ALTER EVENT", Refusal::stored_code, "an event would run on every node by itself"},
    {"ALTER FUNCTION", Refusal::stored_code, "a stored function hides statements from the policy"},
    {"ALTER PROCEDURE", Refusal::stored_code, "a procedure hides statements from the policy"},
    {"DROP EVENT", Refusal::stored_code, "events are not part of what replicates"},
    {"DROP TRIGGER", Refusal::stored_code, "triggers are not part of what replicates"},
    {"DROP FUNCTION", Refusal::stored_code, "stored functions are not part of what replicates"},
    {"DROP PROCEDURE", Refusal::stored_code, "procedures are not part of what replicates"},
    {"DROP PACKAGE", Refusal::stored_code, "packages are not part of what replicates"},
    {"CREATE SEQUENCE", Refusal::sequence_object, "a sequence advances outside of transactions"},
    {"ALTER SEQUENCE", Refusal::sequence_object, "a sequence advances outside of transactions"},
    {"DROP SEQUENCE", Refusal::sequence_object, "sequences are not part of what replicates"},
    {"CREATE TEMPORARY", Refusal::temporary_table, "a temporary table lives in one session"},
    {"DROP TEMPORARY", Refusal::temporary_table, "a temporary table lives in one session"},
    {"CREATE SERVER", Refusal::server_administration, "CREATE SERVER links the server to another"},
    {"ALTER SERVER", Refusal::server_administration, "ALTER SERVER links the server to another"},
    {"DROP SERVER", Refusal::server_administration, "DROP SERVER links the server to another"},
    {"ALTER INSTANCE", Refusal::server_administration, "ALTER INSTANCE changes the server"},
    {"CREATE TABLESPACE", Refusal::server_administration, "tablespaces are files of each node"},
    {"ALTER TABLESPACE", Refusal::server_administration, "tablespaces are files of each node"},
    {"DROP TABLESPACE", Refusal::server_administration, "tablespaces are files of each node"},
    {"CREATE LOGFILE", Refusal::server_administration, "log file groups are files of each node"},
    {"ALTER LOGFILE", Refusal::server_administration, "log file groups are files of each node"},
    {"DROP LOGFILE", Refusal::server_administration, "log file groups are files of each node"},
    {"CREATE UNDO", Refusal::server_administration, "tablespaces are files of each node"},
    {"ALTER UNDO", Refusal::server_administration, "tablespaces are files of each node"},
    {"DROP UNDO", Refusal::server_administration, "tablespaces are files of each node"},
    {"CREATE RESOURCE", Refusal::server_administration, "resource groups are each node's own"},
    {"ALTER RESOURCE", Refusal::server_administration, "resource groups are each node's own"},
    {"DROP RESOURCE", Refusal::server_administration, "resource groups are each node's own"},
    {"DROP SPATIAL", Refusal::server_administration, "spatial reference systems are each node's own"},
    {"DROP PREPARE", Refusal::dynamic_sql, "DROP PREPARE is part of dynamic SQL"},
    {"INSTALL", Refusal::server_administration, "INSTALL loads a plugin"},
    {"UNINSTALL", Refusal::server_administration, "UNINSTALL unloads a plugin"},
    {"KILL", Refusal::server_administration, "KILL stops other people's statements"},
    {"SHUTDOWN", Refusal::server_administration, "SHUTDOWN stops the server"},
    {"RESTART", Refusal::server_administration, "RESTART restarts the server"},
    {"RESET", Refusal::server_administration, "RESET changes the server"},
    {"FLUSH", Refusal::server_administration, "FLUSH changes the server"},
    {"PURGE", Refusal::server_administration, "PURGE removes the server's logs"},
    {"CHANGE", Refusal::server_administration, "CHANGE controls the server's own replication"},
    {"BINLOG", Refusal::server_administration, "BINLOG applies raw log events"},
    {"CLONE", Refusal::server_administration, "CLONE copies a server's files"},
    {"BACKUP", Refusal::server_administration, "BACKUP controls the server"},
    {"OPTIMIZE", Refusal::maintenance, "OPTIMIZE maintains a table of one node"},
    {"REPAIR", Refusal::maintenance, "REPAIR maintains a table of one node"},
    {"CHECK", Refusal::maintenance, "CHECK TABLE maintains a table of one node"},
    {"CHECKSUM", Refusal::maintenance, "CHECKSUM TABLE reads a whole table; sqlcast status compares nodes"},
    {"CACHE", Refusal::server_administration, "CACHE INDEX changes a cache of the server"},
    {"HELP", Refusal::private_information, "HELP reads the server's own tables"},
    {"TABLE", Refusal::unsupported_syntax, "TABLE t is not known to MariaDB; write SELECT * FROM t"},
};

}  // namespace

bool is_system_schema(std::string_view name) {
  return same_word(name, "MYSQL") || same_word(name, "SQLCAST") || same_word(name, "PERFORMANCE_SCHEMA") ||
         same_word(name, "SYS");
}

bool is_information_schema(std::string_view name) { return same_word(name, "INFORMATION_SCHEMA"); }

bool information_schema_table_allowed(std::string_view name) { return listed(name, kSchemaTables); }

bool system_variable_allowed(std::string_view token_text) {
  if (!token_text.starts_with("@@")) return false;
  std::string_view name = token_text.substr(2);
  for (const std::string_view scope : {"GLOBAL.", "SESSION.", "LOCAL."}) {
    if (name.size() > scope.size() && same_word(name.substr(0, scope.size()), scope)) {
      name.remove_prefix(scope.size());
      break;
    }
  }
  return listed(name, kVariables);
}

bool refused_verb(std::string_view first, std::string_view second, Refusal& refusal, std::string& reason) {
  for (const RefusedVerb& verb : kVerbs) {
    const std::size_t blank = verb.words.find(' ');
    if (!same_word(first, verb.words.substr(0, blank))) continue;
    if (blank != std::string_view::npos && !same_word(second, verb.words.substr(blank + 1))) continue;
    refusal = verb.refusal;
    reason = std::string(verb.what);
    return true;
  }
  return false;
}

}  // namespace sqlcast::sql
