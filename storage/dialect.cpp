#include "storage/dialect.h"

#include "storage/connection.h"

namespace sqlcast::storage {
namespace {

// Schemas that neither clients nor readers may touch. A grant on one of these names takes the place of the grant
// on all names (`%`), because the server takes the most specific one; SHOW VIEW alone opens nothing.
constexpr std::string_view kShadowed[] = {"sqlcast", "mysql", "performance\\_schema", "sys"};

std::string account(std::string_view user, std::string_view host) { return quote_text(user) + "@" + quote_text(host); }

}  // namespace

// Every variable of MariaDB 10.11 that a session can set and that can change what a statement gives, does or whether it
// succeeds, whatever the server's own configuration says. Those that only choose a plan, a buffer or a log are left
// out, since the policy lets no text be replicated whose result depends on plans (docs/sql-policy.md). Those of them
// that change a result which SQL determines are in: statistics, a cache of subqueries and a condition that moves from
// HAVING into WHERE, which take texts that are equal for the same, and how much of a text is sorted by.
std::string pin_session_sql() {
  return "SET NAMES utf8mb4 COLLATE utf8mb4_general_ci,"
         "character_set_server='utf8mb4',collation_server='utf8mb4_general_ci',character_set_filesystem='binary',"
         "sql_mode='STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION',"
         "old_mode='UTF8_IS_UTF8MB3',time_zone='+00:00',lc_time_names='en_US',lc_messages='en_US',"
         // values
         "explicit_defaults_for_timestamp=1,auto_increment_increment=1,auto_increment_offset=1,sql_auto_is_null=0,"
         "group_concat_max_len=1048576,div_precision_increment=4,default_week_format=0,old_passwords=0,"
         "default_regex_flags='',max_recursive_iterations=1000,standard_compliant_cte=1,sql_quote_show_create=1,"
         "sql_select_limit=18446744073709551615,"
         // Statistics that one node alone has must not decide: from those of a column the server concludes that a
         // WHERE is impossible which is not (an ENUM BETWEEN two texts).
         "use_stat_tables='never',optimizer_use_condition_selectivity=1,"
         // The cache answers a subquery about 'A' with what it kept of 'a', where these are equal.
         "optimizer_switch='subquery_cache=off,condition_pushdown_from_having=off',"
         // Texts are sorted by so many of their bytes; behind them the plan decides. The buffer must have room for 15
         // rows of all that is sorted by (1038), which is 1 MB a long text: for 16 of them. It is used as far as rows
         // fill it.
         "max_sort_length=65536,sort_buffer_size=16777216,"
         // what is checked, and what stands in the way
         "foreign_key_checks=1,unique_checks=1,check_constraint_checks=1,innodb_strict_mode=1,sql_safe_updates=0,"
         "max_join_size=18446744073709551615,sql_big_selects=1,max_session_mem_used=9223372036854775807,"
         "tmp_disk_table_size=18446744073709551615,max_statement_time=0,updatable_views_with_limit=1,sql_if_exists=0,"
         "system_versioning_alter_history='ERROR',system_versioning_insert_history=0,"
         // definitions
         "default_storage_engine='InnoDB',alter_algorithm='DEFAULT',innodb_compression_default=0,"
         "innodb_ft_enable_stopword=1,innodb_ft_user_stopword_table=NULL,"
         // warnings
         "sql_notes=1,sql_warnings=0,max_error_count=64,"
         // transactions and connections
         "autocommit=1,completion_type=0,tx_isolation='REPEATABLE-READ',tx_read_only=0,innodb_lock_wait_timeout=50,"
         "innodb_table_locks=1,idle_transaction_timeout=0,idle_readonly_transaction_timeout=0,"
         "idle_write_transaction_timeout=0,wait_timeout=2147483,net_write_timeout=600,net_read_timeout=600"
         "/*M!101108 ,innodb_snapshot_isolation=0 */";
}

std::string pin_reader_sql() { return "SET SESSION TRANSACTION READ ONLY"; }

std::vector<std::string> schema_sql() {
  return {
      "CREATE DATABASE IF NOT EXISTS sqlcast CHARACTER SET utf8mb4",
      "CREATE TABLE IF NOT EXISTS sqlcast.log ("
      " first BIGINT UNSIGNED NOT NULL COMMENT 'sequence of the first entry',"
      " last BIGINT UNSIGNED NOT NULL COMMENT 'sequence of the last entry',"
      " epoch BIGINT UNSIGNED NOT NULL,"
      " state TINYINT UNSIGNED NOT NULL COMMENT '0 committed, 1 ddl_pending, 2 ddl_done',"
      " previous_hash BINARY(32) NOT NULL,"
      " hash BINARY(32) NOT NULL,"
      " commit_time_us BIGINT UNSIGNED NOT NULL COMMENT 'microseconds since 1970, of the master',"
      " bytes INT UNSIGNED NOT NULL COMMENT 'size of body',"
      " fingerprint VARBINARY(32) NOT NULL COMMENT 'DDL: of its targets, on this node',"
      " body LONGBLOB NOT NULL COMMENT 'MessagePack of the entries',"
      " PRIMARY KEY (last)) ENGINE=InnoDB CHARACTER SET utf8mb4",
  };
}

std::vector<std::string> account_sql(std::string_view host, std::string_view writer_password,
                                     std::string_view reader_password, std::uint32_t reader_connections) {
  const std::string client_role(kClientRole);
  const std::string log_role(kLogRole);
  const std::string writer = account(kWriterUser, host);
  const std::string reader = account(kReaderUser, host);
  std::vector<std::string> sql{
      "CREATE ROLE IF NOT EXISTS " + client_role,
      "CREATE ROLE IF NOT EXISTS " + log_role,
      "CREATE USER IF NOT EXISTS " + writer,
      "CREATE USER IF NOT EXISTS " + reader,
      "ALTER USER " + writer + " IDENTIFIED BY " + quote_text(writer_password),
      "ALTER USER " + reader + " IDENTIFIED BY " + quote_text(reader_password) + " WITH MAX_USER_CONNECTIONS " +
          std::to_string(reader_connections),
      "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, CREATE "
      "VIEW, SHOW "
      "VIEW ON `%`.* TO " +
          client_role,
      "GRANT SELECT, SHOW VIEW ON `%`.* TO " + reader,
      "GRANT SELECT, INSERT, UPDATE, DELETE ON sqlcast.* TO " + log_role,
      "GRANT READ_ONLY ADMIN ON *.* TO " + writer,
      "GRANT " + client_role + " TO " + writer,
      "GRANT " + log_role + " TO " + writer,
  };
  for (const std::string_view schema : kShadowed) {
    sql.push_back("GRANT SHOW VIEW ON `" + std::string(schema) + "`.* TO " + client_role);
    sql.push_back("GRANT SHOW VIEW ON `" + std::string(schema) + "`.* TO " + reader);
  }
  return sql;
}

std::string has_log_sql() {
  return "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA='sqlcast' AND TABLE_NAME='log'";
}

std::string any_entry_sql() { return "SELECT last FROM sqlcast.log LIMIT 1"; }

std::string other_databases_sql() {
  return "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN "
         "('information_schema','mysql','performance_schema','sys','sqlcast') ORDER BY 1";
}

std::string as_one_statement(std::string_view statements) {
  return "BEGIN NOT ATOMIC " + std::string(statements) + ";END";
}

std::string table_ids_sql(const sql::ObjectName& table) {
  // InnoDB names tables by their files.
  const auto file_name = [](const std::string& name) {
    return "CAST(CONVERT(" + quote_text(name) + " USING filename) AS BINARY)";
  };
  return "SELECT NAME, TABLE_ID FROM information_schema.INNODB_SYS_TABLES WHERE "
         "CAST(SUBSTRING_INDEX(REPLACE(NAME,'#p#','#P#'),'#P#',1) AS BINARY)=CONCAT(" +
         file_name(table.database) + ",'/'," + file_name(table.name) + ") ORDER BY NAME";
}

std::string activity_sql(const std::vector<std::uint64_t>& connections) {
  std::string ids;
  for (const std::uint64_t id : connections) ids += (ids.empty() ? "" : ",") + std::to_string(id);
  // A KILL QUERY that found nothing to stop is shown until the next statement. A row's lock is InnoDB's, and no state
  // of the connection.
  return "SELECT p.ID,p.COMMAND='Sleep' OR (p.COMMAND='Killed' AND p.INFO IS NULL),CASE WHEN t.TRX_STATE='LOCK WAIT' "
         "THEN 'Waiting for a lock on a row' "
         "WHEN p.STATE LIKE 'Waiting for %lock' OR p.STATE LIKE 'Waiting for %flush' THEN p.STATE END "
         "FROM information_schema.PROCESSLIST p LEFT JOIN information_schema.INNODB_TRX t "
         "ON t.TRX_MYSQL_THREAD_ID=p.ID WHERE p.ID IN (" +
         ids + ")";
}

std::string without_auto_increment(std::string definition) {
  constexpr std::string_view kOption = " AUTO_INCREMENT=";
  char quote = 0;  // that a name or a text, such as a comment, is in
  for (std::size_t at = 0; at < definition.size(); ++at) {
    const char c = definition[at];
    if (quote != 0) {
      if (c == '\\' && quote == '\'') ++at;
      if (c == quote) quote = 0;  // one that is doubled begins anew
    } else if (c == '\'' || c == '`') {
      quote = c;
    } else if (definition.compare(at, kOption.size(), kOption) == 0) {
      return definition.erase(at, definition.find_first_not_of("0123456789", at + kOption.size()) - at);
    }
  }
  return definition;
}

std::string in_transaction_sql() { return "SELECT @@in_transaction"; }

std::string read_only_sql(bool read_only) { return std::string("SET GLOBAL read_only=") + (read_only ? "1" : "0"); }

}  // namespace sqlcast::storage
