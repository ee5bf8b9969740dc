// Workload: which statements a load consists of: sysbench's tables (sbtest1 …), statements and value patterns.
//
// Each logical client has a Generator of its own; one thread at a time. Values are uniform. No I/O.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "client/client.h"

namespace sqlcast::bench {

enum class Kind {
  insert,
  update_index,
  update_non_index,
  delete_insert,
  point_select,
  range_select,  // one column of range_rows rows that stand together
  read_write,    // four writes in one atomic request
  batch,         // batch_size inserts in one atomic request
  forwarded,     // insert, sent to a slave
  grouped,       // INSERT … SELECT of picked_rows rows with GROUP BY over text, into tables grouped1 …
  limited,       // DELETE … LIMIT picked_rows by a condition that no key serves
  narrow,        // inserts of one number into one table of two columns: as many entries as can be, with little else
  wide,          // prepare and cleanup only: one table of 8 columns, for large reads
};

std::optional<Kind> kind_of(std::string_view name);
std::string_view kind_name(Kind kind);
const std::vector<std::string>& kind_names();

struct Shape {
  Kind kind = Kind::insert;
  std::string database = "sbtest";
  unsigned tables = 1;
  std::uint64_t table_size = 10'000;
  unsigned batch_size = 100;
  unsigned range_rows = 100;
  unsigned picked_rows = 1'000;
};

bool reads_only(Kind kind);

// Statements in one request of this shape.
std::size_t statements_per_request(const Shape& shape);

// Rows that one request adds to the tables, or takes away from them.
std::int64_t rows_added_per_request(const Shape& shape);

class Generator {
 public:
  Generator(const Shape& shape, std::uint64_t seed) : shape_(shape), random_(seed) {}

  // The next request, without target or consistency.
  client::Request next();

  // "(id, k, 'c', 'pad')"; id 0 = the database chooses it.
  std::string tuple(std::uint64_t row);

 private:
  std::uint64_t id() { return 1 + random_() % shape_.table_size; }
  std::string table() { return "sbtest" + std::to_string(1 + random_() % shape_.tables); }
  std::string digits(unsigned groups);
  std::uint64_t first_of(std::uint64_t rows);
  std::string insert();
  std::string insert_grouped();

  const Shape shape_;
  std::mt19937_64 random_;
  std::uint64_t digits_left_ = 0;
  unsigned digits_count_ = 0;
};

// The statements that make and fill the tables, in order, one call each; the database is made by the first. Rows come
// many to a statement. Stops when `take` gives false; false then.
bool prepare_statements(const Shape& shape, const std::function<bool(std::string)>& take);

// Those that take the tables away again.
std::vector<std::string> cleanup_statements(const Shape& shape);

// SELECT COUNT(*) of all of the shape's tables together: one row, one column.
std::string count_statement(const Shape& shape);

}  // namespace sqlcast::bench
