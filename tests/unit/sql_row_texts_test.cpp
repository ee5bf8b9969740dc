// Goal: each value that a SELECT gives has the literal that becomes in a column what the value would have become there.
// Method: the pure functions, with what a plain MariaDB was seen to do (tests/cluster/materialise_plain_test.cpp).
#include "sql/literal.h"
#include "sql/row_texts.h"
#include "tests/unit/sql_corpus.h"

using namespace sqlcast::sql;

namespace {

Column column(const std::string& name, const std::string& type) {
  Column made;
  made.name = name;
  made.type = type;
  return made;
}

}  // namespace

TEST_CASE("materialise: a literal for every kind of value") {
  const Column whole = column("c", "int");
  const Column text = column("c", "varchar");
  const Column times = column("c", "datetime");
  CHECK(row_literal(RowValue::number, "-12.50", whole) == "-12.50");
  CHECK(row_literal(RowValue::zero_filled, "00012", whole) == "12");
  CHECK(row_literal(RowValue::zero_filled, "000", whole) == "000");
  CHECK(row_literal(RowValue::zero_filled, "00012", text) == "12");
  CHECK(row_literal(RowValue::zero_filled, "0004.50", text) == "4.50");
  CHECK(row_literal(RowValue::float64, "-0", whole) == "-0e0");
  CHECK(row_literal(RowValue::float64, "0.1", whole) == "0.1e0");
  CHECK(row_literal(RowValue::float64, "1e300", whole) == "1e300");
  CHECK(row_literal(RowValue::text, "it's \\ \n", text) == "'it''s \\\\ \\n'");
  CHECK(row_literal(RowValue::bytes, std::string("\0\xff'", 3), text) == "x'00FF27'");
  CHECK(row_literal(RowValue::bits, std::string("\x05", 1), whole) == "0x05");
  CHECK(row_literal(RowValue::year, "2026", whole) == "2026");
  CHECK(row_literal(RowValue::bits, std::string(8, '\xff'), column("c", "decimal")) == "18446744073709551615");
  CHECK(row_literal(RowValue::year, "0000", text) == "0000");
  CHECK(row_literal(RowValue::word, "a,b", text) == "'a,b'");
  CHECK(row_literal(RowValue::datetime, "2026-11-27 01:02:03.5", times) == "'2026-11-27 01:02:03.5'");
  CHECK(row_literal(RowValue::datetime, "2026-11-27 01:02:03.5", whole) == "TIMESTAMP'2026-11-27 01:02:03.5'");
  CHECK(row_literal(RowValue::date, "2026-11-27", times) == "DATE'2026-11-27'");
  CHECK(row_literal(RowValue::date, "0000-00-00", times) == "CAST('0000-00-00' AS DATE)");
  CHECK(row_literal(RowValue::datetime, "2026-00-00 00:00:00.00", whole) ==
        "CAST('2026-00-00 00:00:00.00' AS DATETIME(2))");
  CHECK(row_literal(RowValue::time, "-838:59:59.9", times) == "TIME'-838:59:59.9'");
  CHECK(unfit(RowValue::float32, whole) != nullptr);
  CHECK(unfit(RowValue::float32, column("c", "double")) == nullptr);
  CHECK(unfit(RowValue::text, column("c", "blob")) != nullptr);
  CHECK(unfit(RowValue::utf8_text, column("c", "blob")) == nullptr);
  CHECK(unfit(RowValue::word, whole) != nullptr);
  CHECK(unfit(RowValue::word, column("c", "enum")) == nullptr);
  CHECK(unfit(RowValue::bits, text) != nullptr);
  CHECK(unfit(RowValue::year, times) != nullptr);
  Column words = column("c", "enum");
  CHECK(unfit_value(RowValue::word, "", words) != nullptr);
  CHECK(unfit_value(RowValue::word, "a", words) == nullptr);
  CHECK(unfit_value(RowValue::text, "", words) == nullptr);
  CHECK(unfit_value(RowValue::word, "", column("c", "set")) == nullptr);
  words.empty_word = true;
  CHECK(unfit_value(RowValue::word, "", words) == nullptr);
}

TEST_CASE("materialise: a column's number goes into TEXT and BLOB as the text that it is shown by") {
  for (const RowValue kind :
       {RowValue::zero_filled, RowValue::float64, RowValue::float32, RowValue::rounded64, RowValue::year}) {
    for (const char* type :
         {"tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob"})
      CHECK(stored_as(kind, true, column("c", type)) == RowValue::utf8_text);
    for (const char* type : {"char", "varchar", "binary", "varbinary", "int", "double", "enum"})
      CHECK(stored_as(kind, true, column("c", type)) == kind);
    CHECK(stored_as(kind, false, column("c", "text")) == kind);  // what a function or a query makes
  }
  CHECK(stored_as(RowValue::bits, true, column("c", "blob")) == RowValue::bits);
  CHECK(stored_as(RowValue::text, true, column("c", "text")) == RowValue::text);
}

TEST_CASE("materialise: an ENUM's type shows whether the empty text is one of its words") {
  for (const char* with : {"enum('')", "enum('','a')", "enum('a','')", "enum('it''s','a,b','')", "enum('a\\\\','')"})
    CHECK(has_empty_word(with));
  for (const char* without : {"enum('a')", "enum('a','''b')", "enum('a,''b')", "enum('''')", "enum(''',''')",
                              "enum('a\\\\',' ')", "enum('a\\',''b')", "int(11)", "", "enum('", "enum('\\"})
    CHECK_FALSE(has_empty_word(without));
}

TEST_CASE("materialise: what becomes zero in the AUTO_INCREMENT column is a plain 0, which generates") {
  const auto literal = [](RowValue kind, std::string_view text) {
    return numbering_literal(kind, text).value_or("none");
  };
  CHECK(literal(RowValue::number, "0.00") == "0");
  CHECK(literal(RowValue::number, "-0.4") == "0");
  CHECK(literal(RowValue::number, "0.5") == "0.5");
  CHECK(literal(RowValue::number, "-12") == "-12");
  CHECK(literal(RowValue::float64, "0") == "0");
  CHECK(literal(RowValue::float64, "0.5") == "0");
  CHECK(literal(RowValue::float64, "1e-300") == "0");
  CHECK(literal(RowValue::float64, "1.5") == "1.5e0");
  CHECK(literal(RowValue::float64, "1e20") == "1e20");
  CHECK(literal(RowValue::utf8_text, "000") == "0");
  CHECK(literal(RowValue::text, "007") == "7");
  CHECK(literal(RowValue::text, "") == "none");
  CHECK(literal(RowValue::text, "0x") == "none");
  CHECK(literal(RowValue::zero_filled, "00012") == "12");
  CHECK(literal(RowValue::zero_filled, "00000") == "0");
  CHECK(literal(RowValue::bits, std::string_view("\0\0", 2)) == "0");
  CHECK(literal(RowValue::bits, std::string_view("\0\1", 2)) == "0x0001");
  CHECK(literal(RowValue::date, "0000-00-00") == "none");
}
