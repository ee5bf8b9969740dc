#include "sql/row_texts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <initializer_list>

#include "sql/keyword.h"
#include "sql/literal.h"

namespace sqlcast::sql {
namespace {

constexpr std::size_t kMostKeys = 500;  // of one text: from 1,000 on the server makes a table of an IN list

bool is_one_of(const Column& column, std::initializer_list<std::string_view> types) {
  return std::any_of(types.begin(), types.end(), [&](std::string_view type) { return same_word(column.type, type); });
}

bool is_text(const Column& column) {
  return is_one_of(column, {"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "json"});
}
bool is_binary(const Column& column) {
  return is_one_of(column, {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"});
}
bool is_whole(const Column& column) { return is_one_of(column, {"tinyint", "smallint", "mediumint", "int", "bigint"}); }
bool is_of_any_length(const Column& column) {
  return is_one_of(
      column, {"tinytext", "text", "mediumtext", "longtext", "json", "tinyblob", "blob", "mediumblob", "longblob"});
}
bool is_time(const Column& column) { return is_one_of(column, {"date", "datetime", "timestamp", "time"}); }

std::string hex_of(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    text.push_back(kDigits[static_cast<unsigned char>(c) >> 4U]);
    text.push_back(kDigits[static_cast<unsigned char>(c) & 0xFU]);
  }
  return text;
}

std::string number_of_bits(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = (number << 8U) | static_cast<unsigned char>(byte);
  return std::to_string(number);
}

std::string without_zeros(std::string_view number) {
  const std::size_t digits = number.find_first_not_of('0');
  if (digits == std::string_view::npos || number[digits] == '.') return std::string(number);
  return std::string(number.substr(digits));
}

// A month or a day of zero: there is no such literal.
bool is_partial_date(std::string_view text) {
  return text.size() < 10 || text.substr(5, 2) == "00" || text.substr(8, 2) == "00" || text.starts_with("0000");
}

std::string time_literal(RowValue kind, std::string_view text, const Column& column) {
  const bool same_kind = (kind == RowValue::time && same_word(column.type, "time")) ||
                         (kind == RowValue::date && same_word(column.type, "date")) ||
                         (kind == RowValue::datetime && is_one_of(column, {"datetime", "timestamp"}));
  if (same_kind || is_text(column)) return quote_text(text);
  if (kind == RowValue::time) return "TIME" + quote_text(text);
  if (is_partial_date(text))
    return "CAST(" + quote_text(text) +
           (kind == RowValue::date ? " AS DATE)"
                                   : " AS DATETIME(" + std::to_string(text.size() > 20 ? text.size() - 20 : 0) + "))");
  return (kind == RowValue::date ? "DATE" : "TIMESTAMP") + quote_text(text);
}

}  // namespace

std::string select_text(const RowPlan& plan, const std::vector<bool>& cast) {
  std::string text = plan.select_head;
  for (std::size_t i = 0; i < plan.items.size(); ++i) {
    if (i > 0) text += ", ";
    text += i < cast.size() && cast[i] ? plan.items[i].cast : plan.items[i].text;
  }
  return text + plan.select_tail;
}

std::string CreateSelect::create() const {
  return std::string("CREATE TABLE ") + (if_not_exists ? "IF NOT EXISTS " : "") + quote_name(target.database) + "." +
         quote_name(target.name) + " ";
}

std::string CreateSelect::drop() const {
  return "DROP TABLE IF EXISTS " + quote_name(target.database) + "." + quote_name(target.name);
}

std::string CreateSelect::where_it_is_there() const { return create() + "(`it is there` INT)"; }

std::optional<std::string> numbering_literal(RowValue kind, std::string_view text) {
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  switch (kind) {
    case RowValue::text:
    case RowValue::utf8_text:
      if (!digits) return std::nullopt;
      break;
    case RowValue::bits:
      return text.find_first_not_of('\0') == std::string_view::npos ? std::string("0") : "0x" + hex_of(text);
    case RowValue::number:
    case RowValue::zero_filled:
    case RowValue::float64:
    case RowValue::float32:
    case RowValue::year: break;
    default: return std::nullopt;
  }
  if (digits) {
    const std::size_t first = text.find_first_not_of('0');
    return first == std::string_view::npos ? "0" : std::string(text.substr(first));
  }
  const bool exact = kind == RowValue::number || kind == RowValue::zero_filled;
  const double size = std::fabs(std::strtod(std::string(text).c_str(), nullptr));
  // DECIMAL is rounded away from zero, a DOUBLE to what is even.
  if (exact ? size < 0.5 : size <= 0.5) return "0";
  return std::string(text) + (exact || text.find('e') != std::string_view::npos ? "" : "e0");
}

RowValue stored_as(RowValue kind, bool of_column, const Column& column) {
  switch (kind) {
    case RowValue::zero_filled:
    case RowValue::float64:
    case RowValue::float32:
    case RowValue::rounded64:
    case RowValue::year: return of_column && is_of_any_length(column) ? RowValue::utf8_text : kind;
    default: return kind;
  }
}

const char* unfit(RowValue kind, const Column& column) {
  switch (kind) {
    case RowValue::float32:
      return is_one_of(column, {"float", "double"}) ? nullptr
                                                    : "a FLOAT into a column that is neither FLOAT nor DOUBLE";
    case RowValue::text:
      if (is_binary(column) || same_word(column.type, "bit"))
        return "text whose character set is not known into a column of bytes; CAST(… AS BINARY) makes bytes of it";
      return nullptr;
    case RowValue::bits:
      return is_whole(column) || is_one_of(column, {"bit", "decimal"}) ? nullptr
                                                                       : "a BIT into a column that is no whole number";
    case RowValue::year: return is_time(column) ? "a YEAR into a column of dates or times" : nullptr;
    case RowValue::word:
      return is_text(column) || is_one_of(column, {"enum", "set"})
                 ? nullptr
                 : "an ENUM or SET into a column that is neither one nor text";
    default: return nullptr;
  }
}

const char* unfit_value(RowValue kind, std::string_view text, const Column& column) {
  return kind == RowValue::word && text.empty() && same_word(column.type, "enum") && !column.empty_word
             ? "the empty error value of an ENUM, for which strict mode takes no literal"
             : nullptr;
}

std::string row_literal(RowValue kind, std::string_view text, const Column& column) {
  switch (kind) {
    case RowValue::number: return std::string(text);
    case RowValue::zero_filled:
    case RowValue::year: return without_zeros(text);
    case RowValue::rounded64:
    case RowValue::float64:
    case RowValue::float32: return std::string(text) + (text.find('e') == std::string_view::npos ? "e0" : "");
    case RowValue::text:
    case RowValue::utf8_text:
    case RowValue::word: return quote_text(text);
    case RowValue::bytes: return "x'" + hex_of(text) + "'";
    // Above what a signed number holds, the server takes no 0x… into a DECIMAL.
    case RowValue::bits: return same_word(column.type, "decimal") ? number_of_bits(text) : "0x" + hex_of(text);
    case RowValue::date:
    case RowValue::datetime:
    case RowValue::time: return time_literal(kind, text, column);
  }
  return quote_text(text);
}

// As text a time of more than a day, or a negative one, may be another by an index than by a scan.
std::string key_literal(RowValue kind, std::string_view text, const Column& column) {
  if (kind != RowValue::time) return row_literal(kind, text, column);
  return "CAST(" + quote_text(text) + " AS TIME(" + std::to_string(column.scale) + "))";
}

std::optional<std::string_view> key_sample(const Column& column) {
  struct Sample {
    std::string_view type;
    std::string_view literal;
  };
  constexpr std::array kSamples{Sample{"tinyint", "1"},
                                Sample{"smallint", "1"},
                                Sample{"mediumint", "1"},
                                Sample{"int", "1"},
                                Sample{"bigint", "1"},
                                Sample{"decimal", "1"},
                                Sample{"char", "'a'"},
                                Sample{"varchar", "'a'"},
                                Sample{"binary", "x'00'"},
                                Sample{"varbinary", "x'00'"},
                                Sample{"date", "'2026-01-01'"},
                                Sample{"datetime", "'2026-01-01 00:00:00'"},
                                Sample{"time", "CAST('-99:00:00' AS TIME(0))"},
                                Sample{"timestamp", "'2026-01-01 00:00:00'"}};
  for (const Sample& sample : kSamples)
    if (same_word(column.type, sample.type)) return sample.literal;
  return std::nullopt;
}

RowTexts::RowTexts(const RowPlan& plan, std::size_t max_bytes) : plan_(plan), max_bytes_(max_bytes) {
  for (const Column& key : plan.keys) order_by_ += (order_by_.empty() ? " ORDER BY " : ", ") + quote_name(key.name);
}

void RowTexts::put(std::string text) {
  texts_.push_back(texts_.empty() ? std::move(text) : std::string(kFurtherRows) + text);
}

void RowTexts::close(Chunk& chunk) {
  if (chunk.rows == 0) return;
  if (plan_.kind == RowPlan::Kind::insert) {
    if (plan_.ignore && chunk.rows == 1) chunk.text = as_select(chunk.text);
    chunk.text += plan_.tail;
  } else if (plan_.keys.size() == 1) {
    chunk.text += ')';
  }
  chunk.text += plan_.returning;
  put(std::move(chunk.text));
  chunk = {};
}

// A row that breaks a CHECK is left out of several VALUES, and of a SELECT; of a single VALUES it is an error.
std::string RowTexts::as_select(std::string_view text) const {
  constexpr std::string_view kValues = "VALUES ";
  const std::string_view tuple = text.substr(plan_.head.size());
  return plan_.head.substr(0, plan_.head.size() - kValues.size()) + "SELECT " +
         std::string(tuple.substr(1, tuple.size() - 2)) + " FROM DUAL";
}

void RowTexts::add(const std::vector<std::string>& literals) {
  ++rows_;
  if (plan_.kind == RowPlan::Kind::insert) {
    add_insert(literals);
  } else {
    add_by_key(literals);
  }
}

// What one statement generates and what it is given are not mixed: the server would count on from what it was given.
void RowTexts::add_insert(const std::vector<std::string>& literals) {
  std::string tuple = "(";
  for (std::size_t i = 0; i < literals.size(); ++i) {
    if (i > 0) tuple += plan_.row_width > 0 && i % plan_.row_width == 0 ? "),(" : ",";
    tuple += literals[i];
  }
  tuple += ')';
  const bool generates = plan_.numbered && *plan_.numbered < literals.size() &&
                         (literals[*plan_.numbered] == "NULL" || literals[*plan_.numbered] == "0");
  const std::size_t size = insert_.text.size() + tuple.size() + 1 + plan_.tail.size() + kFurtherRows.size();
  if (insert_.rows > 0 && (size > max_bytes_ || generates != generates_)) close(insert_);
  generates_ = generates;
  if (insert_.rows == 0) {
    insert_.text = plan_.head;
    bytes_ += plan_.head.size() + plan_.tail.size() + kFurtherRows.size();
  } else {
    insert_.text += ',';
  }
  insert_.text += tuple;
  ++insert_.rows;
  bytes_ += tuple.size() + 1;
}

// `id` IN ( is put in front of it by who opens a text.
std::string RowTexts::key_of(const std::vector<std::string>& literals) const {
  std::string key;
  for (std::size_t i = 0; i < plan_.keys.size(); ++i)
    key += (i == 0 ? "" : " AND ") + std::string(plan_.alike ? "BINARY " : "") + quote_name(plan_.keys[i].name) +
           (plan_.alike ? " <=> " : "=") + literals[i];
  return key;
}

std::string RowTexts::assignments_of(const std::vector<std::string>& literals) const {
  if (plan_.kind == RowPlan::Kind::delete_) return plan_.head;
  std::string text = plan_.head;
  for (std::size_t i = 0; i < plan_.values.size(); ++i)
    text += (i == 0 ? "" : ",") + quote_name(plan_.values[i].name) + "=" + literals[plan_.keys.size() + i];
  return text + " WHERE ";
}

void RowTexts::add_by_key(const std::vector<std::string>& literals) {
  std::string head = assignments_of(literals);
  if (plan_.alike) return add_alike(head + key_of(literals));
  if (plan_.one_row_each) {
    std::string text = head + key_of(literals) + order_by_ + plan_.returning;
    bytes_ += text.size() + kFurtherRows.size();
    if (plan_.moved.empty()) {
      put(std::move(text));
    } else {
      add_moving(literals, std::move(text));
    }
    return;
  }
  const bool one_column = plan_.keys.size() == 1;
  const std::string key = one_column ? literals.front() : "(" + key_of(literals) + ")";
  Chunk& chunk = by_assignments_[head];
  if (chunk.rows > 0 &&
      (chunk.rows >= kMostKeys || chunk.text.size() + key.size() + 8 + kFurtherRows.size() > max_bytes_))
    close(chunk);
  if (chunk.rows == 0) {
    bytes_ += head.size() + kFurtherRows.size();
    chunk.text = std::move(head);
    if (one_column) chunk.text += quote_name(plan_.keys.front().name) + " IN (";
  } else {
    chunk.text += one_column ? "," : " OR ";
  }
  chunk.text += key;
  bytes_ += key.size() + 4;
  ++chunk.rows;
}

void RowTexts::add_alike(std::string text) {
  const auto [at, fresh] = alike_at_.try_emplace(text, alike_.size());
  if (fresh) {
    bytes_ += text.size() + 16 + kFurtherRows.size();
    alike_.push_back({std::move(text), 0});
  }
  ++alike_[at->second].rows;
}

void RowTexts::add_moving(const std::vector<std::string>& literals, std::string text) {
  std::vector<std::string> key(literals.begin(), literals.begin() + static_cast<std::ptrdiff_t>(plan_.keys.size()));
  const auto joined = [&] {
    std::string all;
    for (const std::string& literal : key) all += literal + ",";
    return all;
  };
  moving_from_.emplace(joined(), moves_.size());
  for (const auto& [column, value] : plan_.moved) key[column] = literals[plan_.keys.size() + value];
  moves_.push_back({joined(), std::move(text)});
}

// Those that move into each other's place in a ring collide, in whatever order.
void RowTexts::put_moving() {
  std::vector<bool> seen(moves_.size());
  std::vector<std::size_t> chain;
  for (std::size_t first = 0; first < moves_.size(); ++first) {
    for (std::size_t at = first; !seen[at];) {
      seen[at] = true;
      chain.push_back(at);
      const auto next = moving_from_.find(moves_[at].to);
      if (next == moving_from_.end()) break;
      at = next->second;
    }
    for (; !chain.empty(); chain.pop_back()) put(std::move(moves_[chain.back()].text));
  }
  moves_.clear();
}

std::vector<std::string> RowTexts::finish() {
  close(insert_);
  put_moving();
  for (Chunk& chunk : alike_) put(std::move(chunk.text) + " LIMIT " + std::to_string(chunk.rows) + plan_.returning);
  // In an order of their own, so that the same rows make the same texts.
  std::vector<std::string> heads;
  heads.reserve(by_assignments_.size());
  for (const auto& [head, chunk] : by_assignments_) heads.push_back(head);
  std::sort(heads.begin(), heads.end());
  for (const std::string& head : heads) close(by_assignments_[head]);
  if (texts_.empty()) texts_.push_back(plan_.no_effect + plan_.returning);
  return std::move(texts_);
}

}  // namespace sqlcast::sql
