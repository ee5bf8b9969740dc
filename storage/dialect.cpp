#include "storage/dialect.h"

#include "storage/connection.h"

namespace sqlcast::storage {
namespace {

// Schemas that neither clients nor readers may touch. A grant on one of these names takes the place of the grant
// on all names (`%`), because the server takes the most specific one; SHOW VIEW alone opens nothing.
constexpr std::string_view kShadowed[] = {"sqlcast", "mysql", "performance\\_schema", "sys"};

std::string account(std::string_view user, std::string_view host) { return quote_text(user) + "@" + quote_text(host); }

}  // namespace

std::string pin_session_sql() {
  return "SET NAMES utf8mb4 COLLATE utf8mb4_general_ci,"
         "sql_mode='STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION',"
         "time_zone='+00:00',foreign_key_checks=1,unique_checks=1,auto_increment_increment=1,"
         "auto_increment_offset=1,sql_auto_is_null=0,group_concat_max_len=1048576,div_precision_increment=4,"
         "default_week_format=0,lc_time_names='en_US',innodb_lock_wait_timeout=50,wait_timeout=2147483,"
         "net_write_timeout=600,net_read_timeout=600";
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
      "CREATE TABLE IF NOT EXISTS sqlcast.meta ("
      " name VARCHAR(64) NOT NULL PRIMARY KEY, value VARCHAR(255) NOT NULL) ENGINE=InnoDB CHARACTER SET utf8mb4",
  };
}

std::vector<std::string> account_sql(std::string_view host, std::string_view writer_password,
                                     std::string_view reader_password, std::uint32_t reader_sessions) {
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
          std::to_string(reader_sessions),
      "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE VIEW, SHOW VIEW ON `%`.* "
      "TO " +
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

std::string activity_sql(const std::vector<std::uint64_t>& sessions) {
  std::string ids;
  for (const std::uint64_t id : sessions) ids += (ids.empty() ? "" : ",") + std::to_string(id);
  // A KILL QUERY that found nothing to stop is shown until the next statement. A row's lock is InnoDB's, and no state
  // of the session.
  return "SELECT p.ID,p.COMMAND='Sleep' OR (p.COMMAND='Killed' AND p.INFO IS NULL),CASE WHEN t.TRX_STATE='LOCK WAIT' "
         "THEN 'Waiting for a lock on a row' "
         "WHEN p.STATE LIKE 'Waiting for %lock' OR p.STATE LIKE 'Waiting for %flush' THEN p.STATE END "
         "FROM information_schema.PROCESSLIST p LEFT JOIN information_schema.INNODB_TRX t "
         "ON t.TRX_MYSQL_THREAD_ID=p.ID WHERE p.ID IN (" +
         ids + ")";
}

std::string in_transaction_sql() { return "SELECT @@in_transaction"; }

std::string read_only_sql(bool read_only) { return std::string("SET GLOBAL read_only=") + (read_only ? "1" : "0"); }

}  // namespace sqlcast::storage
