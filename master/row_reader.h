// Reads what the SELECT of a row plan gives, as the statements that are executed and replicated instead.
// Belongs to the thread that owns the connection.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "sql/row_plan.h"
#include "sql/schema.h"
#include "storage/connection.h"

namespace sqlcast::master {

inline constexpr std::uint64_t kRowTextBytes = 256U << 10U;

struct RowLimits {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;       // of all texts
  std::uint64_t text_bytes = 0;  // of one, unless it is one row's
};

struct MaterialisedRows {
  std::vector<std::string> texts;
  std::vector<std::string> warnings;  // the SELECT's, not notes: "1365 Division by 0"; 64 at most
};

// `prelude`: a statement that is run in front of it. too_large: over the limits; refused: a value that no literal
// stands for; otherwise what the database says. May block, as long as the SELECT does.
Result<MaterialisedRows> read_rows(storage::Connection& connection, const std::string& prelude,
                                   const sql::RowPlan& plan, const sql::Schema& schema, const RowLimits& limits);

// The refusal that the statement would have had without a plan, and why the plan is of no use.
Status refused_after_all(const sql::RowPlan& plan, const std::string& why);

}  // namespace sqlcast::master
