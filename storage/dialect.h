// Dialect: the SQL that MariaDB has and MySQL writes differently, behind named functions. Pure. Does not block.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sql/schema.h"

namespace sqlcast::storage {

inline constexpr std::string_view kLogSchema = "sqlcast";
// The default database of a connection that is to have none, which none can have again once it had one: clients have no
// rights there. The policy leaves nothing that would depend on it.
inline constexpr std::string_view kNoDatabase = kLogSchema;
inline constexpr std::string_view kClientRole = "sqlcast_client";  // client SQL on the write connection
inline constexpr std::string_view kLogRole = "sqlcast_log";        // the log itself
inline constexpr std::string_view kWriterUser = "sqlcast_writer";
inline constexpr std::string_view kReaderUser = "sqlcast_reader";

// The session variables that every connection pins, so that one text means one thing on every node.
std::string pin_session_sql();
std::string pin_reader_sql();  // the reader's: read-only transactions on top

// The log's schema and tables; safe to run again.
std::vector<std::string> schema_sql();

// Roles and accounts with just what they need; safe to run again. `host` as in an account's name. The server itself
// sees to it that readers have no more than `reader_connections`.
std::vector<std::string> account_sql(std::string_view host, std::string_view writer_password,
                                     std::string_view reader_password, std::uint32_t reader_connections);

// Nothing when there is none: the log's table; an entry in it. And the databases that are neither the server's nor
// ours.
std::string has_log_sql();
std::string any_entry_sql();
std::string other_databases_sql();

// Statements, each but the last ended by `;`, as a single one that stops at the first that fails. No USE in it.
std::string as_one_statement(std::string_view statements);

// Names and ids of a table's parts as InnoDB has them (several when it is partitioned), in order of name. An id goes
// with the rows: another one means other rows. Needs the privilege PROCESS.
std::string table_ids_sql(const sql::ObjectName& table);

// For each of the connections that exists: its id, 1 when it has no statement under way, and what its statement waits
// for ("Waiting for table metadata lock"), empty when it runs. Needs the privilege PROCESS.
std::string activity_sql(const std::vector<std::uint64_t>& connections);

// What SHOW CREATE TABLE has shown, without the option that tells the next AUTO_INCREMENT value.
std::string without_auto_increment(std::string definition);

std::string in_transaction_sql();  // 1 while the connection has a transaction open, otherwise 0

std::string read_only_sql(bool read_only);  // clients of the server cannot write; the applier's account can

}  // namespace sqlcast::storage
