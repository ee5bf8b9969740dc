// ValueShape: what kind of values an expression has, as far as its text and the columns show it, and whether a column
// holds such values as they are. What cannot be seen is `unknown`, which no number and no time holds. Pure; one object
// a statement, on one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "sql/facts.h"
#include "sql/row_order.h"
#include "sql/schema.h"
#include "sql/token_list.h"

namespace sqlcast::sql {

enum class ValueKind : std::uint8_t {
  unknown,
  null,
  integer,
  bit,
  year,
  decimal,
  approximate,  // FLOAT, DOUBLE
  date,
  datetime,  // and TIMESTAMP
  time,
  text,
  made_text,  // by a function: a row's own text is not in it
  other,      // ENUM, UUID, bytes …
};

struct ValueShape {
  ValueKind kind = ValueKind::unknown;
  std::uint32_t scale = 0;  // digits behind the point; of a text column, its length in characters
};

enum class Comparing : std::uint8_t { equal, order };

ValueShape shape_of(const Column& column);

// Of a value that is one of the two, as COALESCE gives it.
ValueShape either(ValueShape a, ValueShape b);

// An index over the column finds the rows that a scan finds when it is compared with such values (measured:
// tests/differential/shapes_test.cpp).
bool holds(ValueShape column, ValueShape value, Comparing comparing);

bool is_number(ValueKind kind);
bool is_time(ValueKind kind);

class ShapeReader {
 public:
  using ColumnShape = std::function<ValueShape(const ColumnRef&)>;
  ShapeReader(const TokenList& tokens, ColumnShape column) : tokens_(tokens), column_(std::move(column)) {}

  ValueShape of(Range range) const;  // of what is nested too deep, and through names, unknown

  // Without the parentheses around the whole.
  Range bare(Range range) const;
  // From `first` to what ends an operand of a comparison.
  std::size_t operand_end(std::size_t first, std::size_t end) const;
  // A comparison, AND, a comma, the next clause: no operand goes on over it.
  bool ends_operand(std::size_t at) const;

 private:
  ValueShape value_of(Range range) const;
  ValueShape sum(Range range) const;
  ValueShape product(Range range) const;
  ValueShape factor(Range range) const;
  ValueShape literal(std::size_t at) const;
  ValueShape call(Range range) const;
  ValueShape cast(Range arguments) const;
  ValueShape type_at(std::size_t at) const;
  ValueShape shifted(ValueShape from, Range interval) const;
  ValueShape choice(Range range) const;
  ValueShape any_of(const std::vector<Range>& values, std::size_t first) const;
  bool is_truth(Range range) const;

  const TokenList& tokens_;
  const ColumnShape column_;
  mutable std::size_t depth_ = 0;
};

}  // namespace sqlcast::sql
