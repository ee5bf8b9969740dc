#include "client/load/table_guess.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/utf8.h"

namespace sqlcast::load {
namespace {

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t count = 0;
  while (at + count < text.size() && text[at + count] >= '0' && text[at + count] <= '9') ++count;
  return count;
}

// Text in which 0 stands for any digit.
bool has_form(std::string_view text, std::string_view form) {
  return text.size() == form.size() && std::equal(text.begin(), text.end(), form.begin(), [](char c, char f) {
           return f == '0' ? c >= '0' && c <= '9' : c == f || (f == 'T' && c == ' ');
         });
}

std::size_t number_at(std::string_view text, std::size_t at, std::size_t size) {
  std::size_t value = 0;
  for (const char c : text.substr(at, size)) value = value * 10 + static_cast<std::size_t>(c - '0');
  return value;
}

// The digits of a number, without point and sign and without zeros at either end.
std::string significant(std::string_view text) {
  std::string digits;
  for (const char c : text)
    if (c >= '0' && c <= '9' && (c != '0' || !digits.empty())) digits += c;
  while (digits.ends_with('0')) digits.pop_back();
  return digits;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

bool is_integer(std::string_view text) {
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  const std::size_t digits = digits_at(text, sign);
  if (digits == 0 || sign + digits != text.size() || digits > 18) return false;
  return digits == 1 || text[sign] != '0';  // 007 is a name, not a number
}

bool is_decimal(std::string_view text) {
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = digits_at(text, sign);
  if (whole == 0 || whole > 30 || (whole > 1 && text[sign] == '0')) return false;
  if (sign + whole == text.size()) return true;
  if (text[sign + whole] != '.') return false;
  const std::size_t fraction = digits_at(text, sign + whole + 1);
  return fraction > 0 && fraction <= 20 && sign + whole + 1 + fraction == text.size();
}

bool is_float(std::string_view text) {
  std::size_t at = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  const std::size_t whole = digits_at(text, at);
  if (whole > 1 && text[at] == '0') return false;
  at += whole;
  std::size_t fraction = 0;
  if (at < text.size() && text[at] == '.') {
    fraction = digits_at(text, at + 1);
    at += 1 + fraction;
  }
  if (whole + fraction == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const std::size_t exponent = digits_at(text, at);
    if (exponent == 0 || exponent > 3) return false;
    at += exponent;
  }
  return at == text.size();
}

bool is_double(std::string_view text) {
  if (!is_float(text) || text.starts_with('+')) return false;
  const std::size_t exponent = std::min(text.find_first_of("eE"), text.size());
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  if (exponent < text.size() && digits_at(text, sign) != 1) return false;
  double value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc()) return false;
  std::array<char, 40> shortest{};
  const auto end =
      std::to_chars(shortest.data(), shortest.data() + shortest.size(), value, std::chars_format::scientific);
  const std::string_view back(shortest.data(), static_cast<std::size_t>(end.ptr - shortest.data()));
  return significant(text.substr(0, exponent)) == significant(back.substr(0, back.find('e')));
}

// Zeros are what MariaDB takes for "not known".
bool is_date(std::string_view text) {
  if (!has_form(text, "0000-00-00")) return false;
  const std::size_t year = number_at(text, 0, 4);
  const std::size_t month = number_at(text, 5, 2);
  constexpr std::array<std::size_t, 13> kDays = {31, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month < kDays.size() && number_at(text, 8, 2) <= kDays.at(month) - (month == 2 && !leap ? 1 : 0);
}

bool is_datetime(std::string_view text) {
  if (text.size() < 19 || !has_form(text.substr(0, 19), "0000-00-00T00:00:00")) return false;
  if (!is_date(text.substr(0, 10)) || number_at(text, 11, 2) > 23 || number_at(text, 14, 2) > 59 ||
      number_at(text, 17, 2) > 59)
    return false;
  if (text.size() == 19) return true;
  return text[19] == '.' && text.size() <= 26 && digits_at(text, 20) == text.size() - 20 && text.size() > 20;
}

void TableGuess::add(const Record& record) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    Seen& seen = columns_[i];
    if (i >= record.fields.size() || record.fields[i].null) {
      seen.null = true;
      continue;
    }
    const std::string& text = record.fields[i].text;
    seen.integer = seen.integer && is_integer(text);
    if (i == 0 && seen.integer && seen.rising) {
      std::int64_t value = 0;
      std::from_chars(text.data(), text.data() + text.size(), value);
      seen.rising = !seen.any || value > seen.last;
      seen.rose = seen.any;
      seen.last = value;
    }
    seen.any = true;
    seen.decimal = seen.decimal && is_decimal(text);
    seen.number = seen.number && is_double(text);
    seen.date = seen.date && is_date(text);
    seen.datetime = seen.datetime && is_datetime(text);
    seen.longest = std::max(seen.longest, characters(text));
    seen.bytes = std::max(seen.bytes, text.size());
    const std::size_t point = std::min(text.find('.'), text.size());
    seen.whole = std::max(seen.whole, point);
    seen.fraction = std::max(seen.fraction, text.size() - std::min(point + 1, text.size()));
  }
}

std::string TableGuess::type(const Seen& seen) {
  if (!seen.any) return "VARCHAR(255)";
  if (seen.integer) return "BIGINT";
  if (seen.decimal)
    return "DECIMAL(" + std::to_string(seen.whole + seen.fraction) + "," + std::to_string(seen.fraction) + ")";
  if (seen.number) return "DOUBLE";
  if (seen.date) return "DATE";
  if (seen.datetime) return "DATETIME(" + std::to_string(std::min<std::size_t>(seen.fraction, 6)) + ")";
  for (const std::size_t room : {20U, 50U, 100U, 255U, 1000U})
    if (seen.longest <= room / 2 + room / 4) return "VARCHAR(" + std::to_string(room) + ")";
  return seen.bytes <= 65'535 ? "TEXT" : "LONGTEXT";
}

std::string TableGuess::definition(const TableName& table) const {
  std::string text = "CREATE TABLE " + backquoted(table) + " (";
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (names_[i].empty()) continue;  // a field that is passed over
    text += std::string(text.back() == '(' ? "\n  " : ",\n  ") + backquoted(names_[i]) + " " + type(columns_[i]) +
            (columns_[i].null || !columns_[i].any ? " NULL" : " NOT NULL");
  }
  const Seen& first = columns_.front();
  if (!names_.front().empty() && first.integer && first.rising && first.rose && !first.null)
    text += ",\n  PRIMARY KEY (" + backquoted(names_.front()) + ")";
  return text + "\n) DEFAULT CHARSET=utf8mb4";
}

}  // namespace sqlcast::load
