// Catalog: the schema as the policy needs it, read from information_schema; and the fingerprints that tell whether a
// DDL statement has been carried out. The caller owns the connection (the administrator's), and calls on its thread:
// the sequencer, the applier, and for explain the errands. Each function may block, for the database; its error is the
// database's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "sql/schema.h"
#include "storage/connection.h"

namespace sqlcast::storage {

// Everything but the system schemas and sqlcast's own. May block.
Result<sql::Schema> load_schema(Connection& connection, std::uint64_t version);

// A digest of the definitions of `targets` as they are now (SHOW CREATE, or absent; of a database its tables' names
// too), independent of AUTO_INCREMENT's present value. May block.
Result<std::string> fingerprint(Connection& connection, const std::vector<sql::ObjectName>& targets);

// Whether the server can open files at all now; else why not. MariaDB says of a table whose file it cannot open for
// want of descriptors that it is absent. May block.
Status opens_files(Connection& connection);

// Foreign keys in other databases that would stop DROP DATABASE half-way: "other.child (fk_name)". Empty =
// none. May block.
Result<std::vector<std::string>> outside_references(Connection& connection, const std::string& database);

// The names of a database's tables, to see whether a failed DROP DATABASE has dropped some. May block.
Result<std::vector<std::string>> table_names(Connection& connection, const std::string& database);

}  // namespace sqlcast::storage
