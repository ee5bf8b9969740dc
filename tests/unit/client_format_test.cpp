// Goal: results are shown as people and scripts expect them. Method: cells made by hand through each printer.
#include <algorithm>
#include <chrono>
#include <limits>

#include "client/text/cell_text.h"
#include "client/text/display_width.h"
#include "client/text/result_format.h"
#include "client/text/row_writer.h"

using namespace sqlcast;
using namespace sqlcast::text;
using proto::Cell;
using proto::ColumnInfo;
using proto::ValueKind;

namespace {

Cell null_cell() { return {}; }
Cell int_cell(std::int64_t value) {
  Cell cell;
  cell.kind = Cell::Kind::int64;
  cell.int64 = value;
  return cell;
}
Cell uint_cell(std::uint64_t value) {
  Cell cell;
  cell.kind = Cell::Kind::uint64;
  cell.uint64 = value;
  return cell;
}
Cell double_cell(double value) {
  Cell cell;
  cell.kind = Cell::Kind::float64;
  cell.float64 = value;
  return cell;
}
Cell text_cell(std::string_view value, Cell::Kind kind = Cell::Kind::text) {
  Cell cell;
  cell.kind = kind;
  cell.size = static_cast<std::uint32_t>(value.size());
  cell.data = value.data();
  return cell;
}
Cell bytes_cell(std::string_view value) { return text_cell(value, Cell::Kind::bytes); }

ColumnInfo column(std::string name, ValueKind kind) {
  ColumnInfo info;
  info.name = std::move(name);
  info.kind = kind;
  return info;
}

std::string print(FormatOptions options, const std::vector<ColumnInfo>& columns, const std::vector<Cells>& pages) {
  std::string out;
  const auto printer = make_printer(options);
  printer->begin(columns, out);
  for (const Cells& page : pages) printer->page(page, page.empty() ? 0 : page[0].size(), out);
  printer->end(out);
  return out;
}

const std::vector<ColumnInfo> kStudents = {column("id", ValueKind::int64), column("name", ValueKind::text)};

}  // namespace

TEST_CASE("display width: CJK and emoji take two columns, combining marks none") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("né") == 2);
  CHECK(display_width("ne\xCC\x81") == 2);
  CHECK(display_width("日本") == 4);
  CHECK(display_width("😀") == 2);
  CHECK(display_width("한글") == 4);
  CHECK(display_width("ﾊﾝ") == 2);
  CHECK(display_width("\xFF\xFE") == 2);
  CHECK(display_width("a\xE2\x80\x8B") == 1);
}

TEST_CASE("format: a table aligns numbers right, text left, and counts display columns") {
  const Cells cells = {{int_cell(1), int_cell(200), null_cell()}, {text_cell("Ann"), text_cell("日本"), null_cell()}};
  CHECK(print({Format::table, true}, kStudents, {cells}) ==
        "+------+------+\n"
        "| id   | name |\n"
        "+------+------+\n"
        "|    1 | Ann  |\n"
        "|  200 | 日本 |\n"
        "| NULL | NULL |\n"
        "+------+------+\n");
}

TEST_CASE("format: a table without a header keeps its frame; an empty one prints nothing") {
  CHECK(print({Format::table, false}, kStudents, {{{int_cell(1)}, {text_cell("A")}}}) ==
        "+---+---+\n| 1 | A |\n+---+---+\n");
  CHECK(print({Format::table, true}, kStudents, {{{}, {}}}).empty());
}

TEST_CASE("format: a later page that needs more room gets its frame anew") {
  const Cells narrow = {{int_cell(1)}, {text_cell("A")}};
  const Cells wide = {{int_cell(2)}, {text_cell("Barbara")}};
  CHECK(print({Format::table, true}, kStudents, {narrow, narrow, wide}) ==
        "+----+------+\n| id | name |\n+----+------+\n|  1 | A    |\n|  1 | A    |\n"
        "+----+---------+\n| id | name    |\n+----+---------+\n|  2 | Barbara |\n+----+---------+\n");
}

TEST_CASE("format: a table keeps lines of a cell apart and never lets control characters through") {
  const Cells cells = {{int_cell(1)}, {text_cell("a\nbc\x1b[2J\t")}};
  CHECK(print({Format::table, true}, kStudents, {cells}) ==
        "+----+-------------+\n"
        "| id | name        |\n"
        "+----+-------------+\n"
        "|  1 | a          +|\n"
        "|    | bc\\x1b[2J\\t |\n"
        "+----+-------------+\n");
}

TEST_CASE("format: a cell of many lines is gone through once, and not once a line") {
  std::string value;
  for (int i = 0; i < 20'000; ++i) value += std::string(50, 'x') + "\n";
  const auto begun = std::chrono::steady_clock::now();
  const std::string out = print({Format::table, true}, kStudents, {{{int_cell(1)}, {text_cell(value)}}});
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
  CHECK(std::count(out.begin(), out.end(), '\n') == 20'001 + 4);
  CHECK(out.find("|  1 | " + std::string(50, 'x') + "+|\n|    | xxx") != std::string::npos);
}

TEST_CASE("format: tabs escape as mariadb -B does, and an empty result is nothing at all") {
  const Cells cells = {{int_cell(-1), null_cell()},
                       {text_cell(std::string_view("a\tb\nc\\d\0e", 9)), bytes_cell(std::string_view("\0\xff", 2))}};
  CHECK(print({Format::tabs, true}, kStudents, {cells}) == "id\tname\n-1\ta\\tb\\nc\\\\d\\0e\nNULL\t0x00ff\n");
  CHECK(print({Format::tabs, false}, kStudents, {cells}) == "-1\ta\\tb\\nc\\\\d\\0e\nNULL\t0x00ff\n");
  CHECK(print({Format::tabs, true}, kStudents, {}).empty());
}

TEST_CASE("format: CSV quotes what needs it and tells NULL from the empty text") {
  const Cells cells = {{null_cell(), int_cell(2), int_cell(3)},
                       {text_cell("a,\"b\""), text_cell(""), text_cell("x\ny")}};
  CHECK(print({Format::csv, true}, kStudents, {cells}) == "id,name\r\n,\"a,\"\"b\"\"\"\r\n2,\"\"\r\n3,\"x\ny\"\r\n");
}

TEST_CASE("format: JSON keeps every integer exact and every name apart") {
  const std::vector<ColumnInfo> columns = {column("n", ValueKind::uint64), column("n", ValueKind::float64),
                                           column("n", ValueKind::text), column("b\"", ValueKind::bytes)};
  const Cells cells = {{uint_cell(std::numeric_limits<std::uint64_t>::max())},
                       {double_cell(0.1)},
                       {text_cell("é\n\"\xFF")},
                       {bytes_cell("\x01\x02")}};
  CHECK(print({Format::json, true}, columns, {cells}) ==
        "{\"n\": 18446744073709551615, \"n_2\": 0.1, \"n_3\": \"é\\n\\\"\xEF\xBF\xBD\", \"b\\\"\": {\"base64\": "
        "\"AQI=\"}}\n");
}

TEST_CASE("format: vertical aligns the names and numbers the rows over pages") {
  const Cells cells = {{int_cell(1)}, {text_cell("two\nlines")}};
  const std::string stars(27, '*');
  CHECK(print({Format::vertical, true}, kStudents, {cells, cells}) ==
        stars + " 1. row " + stars + "\n  id: 1\nname: two\nlines\n" + stars + " 2. row " + stars +
            "\n  id: 1\nname: two\nlines\n");
}

TEST_CASE("format: integers are written in full") {
  std::string buffer;
  CHECK(cell_text(int_cell(std::numeric_limits<std::int64_t>::min()), buffer) == "-9223372036854775808");
}

TEST_CASE("format: doubles are written as MariaDB's own client shows them") {
  // Each text was given by mariadb 10.11 for the number in a DOUBLE column, -0 by SELECT -0.0e0.
  const std::vector<std::pair<double, std::string>> shown = {
      {1e15, "1e15"},
      {-1e15, "-1e15"},
      {1e16, "1e16"},
      {1e100, "1e100"},
      {0.1, "0.1"},
      {0.0, "0"},
      {-0.0, "-0"},
      {-2.5, "-2.5"},
      {1e-5, "0.00001"},
      {1e-15, "0.000000000000001"},
      {1.1e-15, "0.0000000000000011"},
      {9.99e-16, "9.99e-16"},
      {5e-324, "5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e308"},
      {100000, "100000"},
      {1000000, "1000000"},
      {999999999999999, "999999999999999"},
      {1000000000000000.1, "1000000000000000.1"},
      {4503599627370495.5, "4503599627370495.5"},
      {9007199254740992, "9.007199254740992e15"},
      {12345678901234567890.0, "1.2345678901234567e19"},
      {0.30000000000000004, "0.30000000000000004"},
  };
  for (const auto& [value, text] : shown) {
    std::string out;
    append_double(out, value);
    CHECK(out == text);
  }
}

TEST_CASE("format: what the window writes to a file has the values as the shell writes them") {
  const std::vector<ColumnInfo> columns = {column("d", ValueKind::float64), column("t", ValueKind::text)};
  const Cells cells = {{double_cell(100000), double_cell(1e15)}, {text_cell("a,\"b\""), null_cell()}};
  const auto written = [&](RowFormat format) {
    RowWriter writer(format, columns, "`t`");
    std::string out;
    writer.header(out);
    for (const std::size_t row : {0U, 1U})
      writer.row(out, [&](std::size_t at) -> const Cell& { return cells[at][row]; });
    writer.footer(out);
    return out;
  };
  CHECK(written(RowFormat::csv) == print({Format::csv, true}, columns, {cells}));
  CHECK(written(RowFormat::csv) == "d,t\r\n100000,\"a,\"\"b\"\"\"\r\n1e15,\r\n");
  CHECK(written(RowFormat::json) == "[\n  {\"d\": 1e+05, \"t\": \"a,\\\"b\\\"\"},\n  {\"d\": 1e+15, \"t\": null}\n]\n");
  CHECK(written(RowFormat::insert).find("VALUES (100000e0, 'a,\"b\"')") != std::string::npos);
}
