// RowTexts: the rows that the SELECT of a row plan gave, as statements of literals. Pure; one object belongs to one
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sql/row_plan.h"

namespace sqlcast::sql {

// What a result column holds, as far as its literals differ.
enum class RowValue : std::uint8_t {
  number,       // integers, DECIMAL: their text is their literal
  zero_filled,  // a number with zeros in front, which its literal has not
  float64,
  float32,    // its text has six digits alone
  rounded64,  // a DOUBLE whose text is cut behind the point
  text,
  utf8_text,  // of a column that is known to be in UTF-8
  bytes,
  bits,  // BIT, as bytes
  date,
  datetime,
  time,
  year,
  word,  // ENUM, SET
};

// What a value of that kind is to the column: a number of a column of its own goes into TEXT and BLOB as the text that
// it is shown by, zeros in front and digits behind the point included, and into all else as a number.
RowValue stored_as(RowValue kind, bool of_column, const Column& column);

// Why a value of that kind cannot go into the column as a literal and become what it would have become; null: it can.
const char* unfit(RowValue kind, const Column& column);

// The same of one value.
const char* unfit_value(RowValue kind, std::string_view text, const Column& column);

// The literal that becomes in the column what the value would have become. `text`: as the server gives it.
std::string row_literal(RowValue kind, std::string_view text, const Column& column);

// The literal for the AUTO_INCREMENT column: what would be a zero there is 0, which generates. Nothing: there is none.
std::optional<std::string> numbering_literal(RowValue kind, std::string_view text);

// The literal that a key's column is compared with, to find the row that has the value.
std::string key_literal(RowValue kind, std::string_view text, const Column& column);

// What a key's column may be: a literal of it; nothing: it may not.
std::optional<std::string_view> key_sample(const Column& column);

class RowTexts {
 public:
  // No text has more than `max_bytes`, unless one row alone has.
  RowTexts(const RowPlan& plan, std::size_t max_bytes);

  // A literal for each of the SELECT's columns: keys, then values.
  void add(const std::vector<std::string>& literals);
  // Of what has been added, about: what the texts will have together.
  std::size_t bytes() const { return bytes_; }
  std::uint64_t rows() const { return rows_; }
  // At least one text. Called once.
  std::vector<std::string> finish();

 private:
  struct Chunk {  // a text in the making
    std::string text;
    std::size_t rows = 0;
  };
  void add_insert(const std::vector<std::string>& literals);
  void add_by_key(const std::vector<std::string>& literals);
  void add_alike(std::string text);
  std::string key_of(const std::vector<std::string>& literals) const;
  std::string assignments_of(const std::vector<std::string>& literals) const;
  std::string as_select(std::string_view text) const;
  void close(Chunk& chunk);
  void add_moving(const std::vector<std::string>& literals, std::string text);
  void put_moving();
  void put(std::string text);

  const RowPlan& plan_;
  const std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::uint64_t rows_ = 0;
  bool generates_ = false;  // the insert's rows in hand get their id from the table
  Chunk insert_;
  std::unordered_map<std::string, Chunk> by_assignments_;  // rows that get the same values
  std::vector<Chunk> alike_;                               // but their LIMIT; in order of their first rows
  std::unordered_map<std::string, std::size_t> alike_at_;  // by their text
  std::string order_by_;                                   // one_row_each
  struct Move {
    std::string to;  // the key
    std::string text;
  };
  std::vector<Move> moves_;
  std::unordered_map<std::string, std::size_t> moving_from_;  // the keys that they had
  std::vector<std::string> texts_;
};

}  // namespace sqlcast::sql
