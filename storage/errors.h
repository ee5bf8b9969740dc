// Errors: what the database's error numbers mean to those who must decide whether to try again, as questions. Pure.
#pragma once

#include <cstddef>

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

// The account or its role is gone, or has lost rights that it was given.
bool lacks_rights(const Status& status);

// Nothing of the transaction is left.
bool ends_transaction(const Status& status);

// The database's state, or what others do with it, and not its data: a lock, a lack of room, a lost session. The same
// again, later, can succeed.
bool passes_by_itself(const Status& status);

// Of a statement that the master has carried out: it met other data or definitions here, or another database.
bool means_other_data(const Status& status);

}  // namespace sqlcast::storage
