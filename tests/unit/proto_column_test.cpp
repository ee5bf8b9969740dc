// Goal: a cell of any kind and size comes back exactly. Method: the borders of every MessagePack form.
#include "proto/column.h"

#include <cmath>
#include <limits>

using namespace sqlcast;
using namespace sqlcast::proto;

TEST_CASE("column: integers at every border keep their value") {
  std::vector<std::int64_t> values;
  for (const int bits : {5, 7, 8, 15, 16, 31, 32, 62})
    for (const std::int64_t near : {-1, 0, 1}) {
      values.push_back((std::int64_t{1} << bits) + near);
      values.push_back(-(std::int64_t{1} << bits) + near);
    }
  values.push_back(0);
  values.push_back(std::numeric_limits<std::int64_t>::max());
  values.push_back(std::numeric_limits<std::int64_t>::min());
  ColumnWriter writer;
  for (const std::int64_t value : values) writer.append_int(value);
  CHECK(writer.rows() == values.size());
  const std::string frame = writer.take();
  const auto cells = read_column(frame, values.size());
  REQUIRE(cells.ok());
  for (std::size_t i = 0; i < values.size(); ++i) {
    REQUIRE(cells->at(i).kind == Cell::Kind::int64);
    CHECK(cells->at(i).int64 == values[i]);
  }
}

TEST_CASE("column: unsigned integers over the signed range are told apart") {
  ColumnWriter writer;
  writer.append_uint(9'223'372'036'854'775'807U);
  writer.append_uint(9'223'372'036'854'775'808U);
  writer.append_uint(18'446'744'073'709'551'615U);
  const std::string frame = writer.take();
  const auto cells = read_column(frame, 3);
  REQUIRE(cells.ok());
  CHECK(cells->at(0).kind == Cell::Kind::int64);
  CHECK(cells->at(1).kind == Cell::Kind::uint64);
  CHECK(cells->at(1).uint64 == 9'223'372'036'854'775'808U);
  CHECK(cells->at(2).uint64 == 18'446'744'073'709'551'615U);
}

TEST_CASE("column: text and bytes of every length form stay apart and whole") {
  std::vector<std::string> values;
  for (const std::size_t size : {0U, 1U, 31U, 32U, 255U, 256U, 65'535U, 65'536U, 100'000U})
    values.emplace_back(size, '\xfe');
  ColumnWriter writer;
  for (const std::string& value : values) {
    writer.append_text(value);
    writer.append_bytes(value);
  }
  const std::string frame = writer.take();
  const auto cells = read_column(frame, values.size() * 2);
  REQUIRE(cells.ok());
  for (std::size_t i = 0; i < values.size(); ++i) {
    CHECK(cells->at(i * 2).kind == Cell::Kind::text);
    CHECK((cells->at(i * 2).view() == values[i]));
    CHECK(cells->at(i * 2 + 1).kind == Cell::Kind::bytes);
    CHECK((cells->at(i * 2 + 1).view() == values[i]));
  }
}

TEST_CASE("column: doubles keep every bit, NULL is not zero") {
  ColumnWriter writer;
  writer.append_double(-0.0);
  writer.append_double(std::numeric_limits<double>::denorm_min());
  writer.append_double(std::numeric_limits<double>::quiet_NaN());
  writer.append_null();
  const std::string frame = writer.take();
  const auto cells = read_column(frame, 4);
  REQUIRE(cells.ok());
  CHECK(std::signbit(cells->at(0).float64));
  CHECK(cells->at(1).float64 == std::numeric_limits<double>::denorm_min());
  CHECK(std::isnan(cells->at(2).float64));
  CHECK(cells->at(3).kind == Cell::Kind::null);
}

TEST_CASE("column: the writer is empty again after take") {
  ColumnWriter writer;
  writer.append_int(1);
  CHECK(writer.byte_size() == 6);
  CHECK_FALSE(writer.take().empty());
  CHECK(writer.rows() == 0);
  CHECK(to_hex(writer.take()) == "dd00000000");
  CHECK(sizeof(Cell) == 16);
}

TEST_CASE("column: other frames, other row counts and other values are refused") {
  ColumnWriter writer;
  writer.append_int(1);
  const std::string frame = writer.take();
  CHECK(read_column(frame, 1).ok());
  CHECK_FALSE(read_column(frame, 0).ok());
  CHECK_FALSE(read_column(frame, 2).ok());
  CHECK_FALSE(read_column(frame + "x", 1).ok());
  for (const char* bad :
       {"", "\x01", "\x91", "\x91\xc1", "\x91\xc3", "\x91\x90", "\x91\x80", "\x91\xd4\x01\x02", "\x81\x01\x01"})
    CHECK(read_column(bad, 1).status().code == Code::bad_message);
  CHECK(read_column(std::string("\x91\xca\x3f\x80\0\0", 6), 1)->at(0).float64 == 1.0);
}
