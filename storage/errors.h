// Errors: what the database's error numbers mean to those who must decide what to do next, as questions. The only file
// that knows the numbers. Pure; nothing here blocks; any thread.
#pragma once

#include <cstddef>
#include <string>

#include "base/status.h"

namespace sqlcast::storage {

// Somebody's KILL QUERY: says nothing about the statement.
bool is_interrupted(const Status& status);

// The statement's max_statement_time was over.
bool is_out_of_time(const Status& status);

// The server, or the connector, takes no statement of this size.
bool is_too_large(const Status& status);

// DROP TABLE or DROP VIEW found that some are not there. Their names, with a comma between them, stand between quotes,
// in so many bytes at most, the last three of which are dots when there are more.
bool is_unknown_to_drop(const Status& status);
std::size_t longest_unknown_list(const Status& status);

bool is_disk_full(const Status& status);
// The server, or its machine, has no more descriptors or memory to open a file with, and says so. Of a table's own file
// it does not: there it says that the table is absent (storage/catalog.h, opens_files()).
bool is_out_of_files(const Status& status);

bool is_unknown_database(const Status& status);
// The database or the table that was named is not there.
bool is_absent(const Status& status);
// ROLLBACK TO found no savepoint of that name.
bool is_unknown_savepoint(const Status& status);
// KILL found no connection of that id.
bool is_unknown_connection(const Status& status);
// Nothing of the text has run.
bool is_parse_error(const Status& status);
// InnoDB has no room for the transaction's locks, and has rolled it back.
bool is_lock_table_full(const Status& status);
// The account has as many connections as it may have.
bool is_at_connection_limit(const Status& status);
// The server knows no such account, or not with this password or socket.
bool is_login_refused(const Status& status);

// Success or an error, of the server's own: not of this side, which has had no answer.
bool is_answer(const Status& status);
// There is nobody at the address.
bool is_nobody_there(const Status& status);
// A table cannot be used as it stands on this disk, or the server not be written to: whatever is in it.
bool is_damaged_table(const Status& status);
// The connection is gone, or in no known state.
bool loses_connection(const Status& status);

// TLS with the server did not come about, or broke.
bool loses_tls(const Status& status);

// What the server says of a DROP that a foreign key forbids.
Status row_is_referenced(std::string message);

// The account or its role is gone, or has lost rights that it was given.
bool lacks_rights(const Status& status);

// Nothing of the transaction is left.
bool ends_transaction(const Status& status);

// The database's state, or what others do with it, and not its data: a lock, a lack of room, a lost connection. The
// same again, later, can succeed.
bool passes_by_itself(const Status& status);

// A value that is not quite one of the column's type: a warning, which strict mode makes an error.
bool is_wrong_value(const Status& status);

// The server's "near '…'" shows what follows the error, up to its end: without what the executor has put behind the
// client's statement.
Status without_appended(Status status);

// Of a statement that the master has carried out: it met other data or definitions here, or another database.
bool means_other_data(const Status& status);

}  // namespace sqlcast::storage
