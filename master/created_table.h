// CREATE TABLE … SELECT, executed into a table that only this session sees; and what is replicated of it: a plain
// definition, as the server shows it, and plain inserts of its rows. Belongs to the thread that owns the connection.
// Why so: docs/decisions/0037-materialised.md.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "master/row_reader.h"
#include "sql/row_plan.h"
#include "sql/schema.h"
#include "storage/connection.h"

namespace sqlcast::master {

struct CreatedTable {
  std::string definition;  // CREATE TABLE `d`.`t` (…) …
  std::vector<std::string> texts;
  std::vector<std::string> warnings;  // "1265 Data truncated for column 'a' at row 1"
  std::shared_ptr<const sql::RowPlan> plan;
};

// `database` is the request's; `impose`: a statement that is run in front of it. Outside of a transaction. Nothing of
// it is left when it returns. Errors: as read_rows(). May block, as long as the statement does.
Result<CreatedTable> create_aside(storage::Connection& connection, std::string_view database, const std::string& impose,
                                  const sql::CreateSelect& statement, const RowLimits& limits);

}  // namespace sqlcast::master
