// TableGuess: the columns of a new table, from the values that are to go into it. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/load/record_reader.h"
#include "client/load/statement.h"

namespace sqlcast::load {

// What a literal looks like.
bool is_integer(std::string_view text);  // that a BIGINT holds, without zeros in front
bool is_decimal(std::string_view text);  // 1.50, -0.5
bool is_float(std::string_view text);    // 1e5, and whatever is a number
// Digits that a DOUBLE gives back, and no sign or exponent that a name or telephone number may have: not +1, 12e5.
bool is_double(std::string_view text);
bool is_date(std::string_view text);      // 2026-11-27
bool is_datetime(std::string_view text);  // 2026-11-27 12:00:00, with T and digits of the second too

class TableGuess {
 public:
  explicit TableGuess(std::vector<std::string> names) : names_(std::move(names)), columns_(names_.size()) {}
  void add(const Record& record);
  // CREATE TABLE …, of which each value that was added fits its column. Where the first column counts, each value a
  // whole number above the one before, it is the primary key.
  std::string definition(const TableName& table) const;

 private:
  struct Seen {
    bool any = false;
    bool null = false;
    bool integer = true;
    bool decimal = true;
    bool number = true;
    bool date = true;
    bool datetime = true;
    std::size_t longest = 0;  // characters
    std::size_t bytes = 0;
    std::size_t whole = 1;  // digits in front of the point
    std::size_t fraction = 0;
    bool rising = true;  // whole numbers, each above the one before
    bool rose = false;   // there were two
    std::int64_t last = 0;
  };
  static std::string type(const Seen& seen);

  std::vector<std::string> names_;
  std::vector<Seen> columns_;
};

}  // namespace sqlcast::load
