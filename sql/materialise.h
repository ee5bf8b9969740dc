// Materialise: from what the recogniser saw of a statement that is refused as undetermined, the plan by which its rows
// can be replicated instead. Pure; any thread.
// Why so: docs/decisions/0037-materialised.md.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

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

  const Table* table(const ObjectName& name) const { return schema == nullptr ? nullptr : schema->find(name); }
  std::string_view source(std::size_t first, std::size_t end) const { return tokens.text(first, end); }
  // Of the statement without RETURNING; and RETURNING.
  std::size_t end() const { return facts.returning ? facts.returning_at : tokens.size(); }
  std::string returning() const;
  // 0x41 and b'1' by themselves are numbers where a column is one, and 'x' bytes where it is of bytes; a SELECT gives
  // bytes and text. Empty: it is none of these.
  std::string literal_alone(Range item) const;
  // A text of so many rows is a write that is accepted as it is.
  bool accepts(const RowPlan& plan, std::size_t rows) const;
  // False: there is no text that is accepted and does nothing to the table.
  bool find_no_effect(const ObjectName& name, const Table& known, RowPlan& plan) const;
};

// Null: it stays refused; `why` then says what is missing, when that is something that can be added.
std::shared_ptr<RowPlan> plan_rows(const Materialising& statement, std::string& why);

}  // namespace sqlcast::sql
