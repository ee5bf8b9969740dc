// Materialise: from what the recogniser saw of a statement that is refused as undetermined, the plan by which its rows
// can be replicated instead. Pure; any thread.
// Why so: docs/decisions/0037-materialised.md.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sql/facts.h"
#include "sql/refusal.h"
#include "sql/row_plan.h"
#include "sql/token_list.h"

namespace sqlcast::sql {

// Who asks, and what the node is, is nothing that rows should depend on.
bool names_identity(const Facts& facts);

// A refusal for what the text does not determine, which executing it in one place would.
bool is_undetermined(Refusal refusal);

struct Materialising {
  const TokenList& tokens;
  const Facts& facts;
  const Schema* schema;
  // Of a text: it is a write that is accepted as it is; it is a read.
  std::function<bool(const std::string&)> is_safe_write;
  std::function<bool(const std::string&)> is_read;
};

// Null: it stays refused; `why` then says what is missing, when that is something that can be added.
std::shared_ptr<RowPlan> plan_rows(const Materialising& statement, std::string& why);

}  // namespace sqlcast::sql
