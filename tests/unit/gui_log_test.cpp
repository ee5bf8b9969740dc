// The log's models: what is shown of it, what a filter finds, its statements by shape.
#include "client/gui/model/log_model.h"

#include <catch2/catch.hpp>

using namespace sqlcast;
using namespace sqlcast::gui;

namespace {

LogEntry log_entry(Sequence sequence, std::string sql) {
  LogEntry entry;
  entry.entry.sequence = sequence;
  entry.entry.statements.emplace_back();
  entry.entry.statements[0].sql = std::move(sql);
  return entry;
}

}  // namespace

TEST_CASE("log: pausing keeps what comes, a filter shows what matches, jumps do not stop the live rows") {
  LogModel log;
  log.add_live({log_entry(1, "insert a"), log_entry(2, "insert b")});
  log.pause(true);
  log.add_live({log_entry(3, "insert a again")});
  REQUIRE(log.size() == 2);
  REQUIRE(log.waiting() == 1);
  log.pause(false);
  REQUIRE(log.size() == 3);
  log.set_filter("INSERT A");
  REQUIRE(log.size() == 2);
  log.add_live({log_entry(4, "insert a")});
  REQUIRE(log.size() == 3);
  log.show_history({log_entry(1, "insert a")}, 1);
  REQUIRE(log.historical());
  REQUIRE(log.size() == 1);
  log.live();
  REQUIRE(log.size() == 3);
}

TEST_CASE("log shapes: texts that differ in literals alone are one, counted over the last minutes") {
  CHECK(statement_shape("insert into t values (1, 'a'), (2,'b'),  (-3, 'c')") == "insert into t values (?,?),(-?,?)");
  CHECK(statement_shape("insert into t values (1,'a'),(2,'b'),(3,'c')") == "insert into t values (?,?) …");
  CHECK(statement_shape("update  t set a = 1 -- why\n where b in (1, 2,3)") == "update t set a = ? where b in (?,?,?)");
  CHECK(statement_shape("select '" + std::string(10'000, 'x')) == "select");
  LogShapes shapes;
  const auto add = [&shapes](std::uint64_t second, const std::string& sql, std::uint64_t rows) {
    LogRow row;
    row.time_us = second * 1'000'000;
    row.sql = sql;
    row.affected = rows;
    shapes.add(row);
  };
  add(1'000, "delete from old", 900);
  for (std::uint64_t i = 0; i < 10; ++i) add(1'100 + i, "insert into t values (" + std::to_string(i) + ")", 1);
  add(1'200, "update t set a = 'xxxxxxxxxxxxxxxxxxxxxxxx' where b = 2", 40);
  const auto often = shapes.first(LogShapes::Order::times, 5, 1'200'000'000);
  REQUIRE(often.size() == 3);
  CHECK(often[0].text == "insert into t values (?)");
  CHECK(often[0].times == 10);
  CHECK(often[0].rows == 10);
  CHECK(often[0].last_us == 1'109'000'000);
  CHECK(shapes.first(LogShapes::Order::rows, 1, 1'200'000'000).at(0).text == "delete from old");
  CHECK(shapes.first(LogShapes::Order::longest, 1, 1'200'000'000).at(0).text == "update t set a = ? where b = ?");
  CHECK(shapes.first(LogShapes::Order::times, 5, 1'350'000'000).size() == 2);  // the oldest is past
  add(9'000, "delete from old", 1);
  CHECK(shapes.first(LogShapes::Order::times, 5, 9'000'000'000).size() == 1);
}

TEST_CASE("log shapes: however many statements come, all of the minutes are counted; too many shapes are said") {
  LogShapes shapes;
  LogRow row;
  row.affected = 2;
  for (std::uint64_t i = 0; i < 300'000; ++i) {  // five minutes at 1,000 a second
    row.time_us = 3'000'000'000 + i * 1'000;
    row.sql = i % 3 == 0 ? "delete from t where id = 7" : "insert into t values (1)";
    shapes.add(row);
  }
  const auto often = shapes.first(LogShapes::Order::times, 5, 3'300'000'000);
  REQUIRE(often.size() == 2);
  CHECK(often[0].times == 200'000);
  CHECK(often[0].rows == 400'000);
  CHECK(often[1].times == 100'000);
  CHECK(shapes.begins_us() == 0);
  // What was there before the window looked comes later, and finds its place.
  LogShapes late;
  row.time_us = 3'000'000'000;
  late.add(row);
  row.time_us = 2'900'000'000;
  late.add(row);
  CHECK(late.first(LogShapes::Order::times, 5, 3'000'000'000).at(0).times == 2);
  CHECK(late.first(LogShapes::Order::times, 5, 3'250'000'000).at(0).times == 1);

  LogShapes many;
  std::uint64_t made = 0;
  for (std::uint64_t second = 1; second <= 200; ++second) {
    for (int i = 0; i < 300; ++i, ++made) {
      row.time_us = second * 1'000'000;
      row.sql = "select a" + std::to_string(made);
      many.add(row);
    }
  }
  CHECK(many.begins_us() > 0);
  std::uint64_t counted = 0;
  bool others = false;
  for (const auto& shape : many.first(LogShapes::Order::times, made, 200'000'000)) {
    counted += shape.times;
    others |= shape.text == LogShapes::kOthers;
  }
  CHECK(others);
  // Nothing is lost of the time that is said.
  CHECK(counted == made - (many.begins_us() / 1'000'000 - 1) * 300);
}

TEST_CASE("log: rows are bounded, and the filter still points at the right ones") {
  LogModel log;
  log.set_filter("x");
  std::vector<LogEntry> entries;
  for (Sequence i = 1; i <= LogModel::kMaxRows + 100; ++i) entries.push_back(log_entry(i, i % 2 == 0 ? "x" : "y"));
  log.add_live(entries);
  REQUIRE(log.size() == LogModel::kMaxRows / 2);
  REQUIRE(log.at(0).sequence == 102);
  REQUIRE(log.at(log.size() - 1).sequence == LogModel::kMaxRows + 100);
}

TEST_CASE("log: what was read of its end stands in front of what came live, each entry once") {
  LogModel log;
  log.add_live({log_entry(10, "live 10"), log_entry(11, "live 11")});
  log.add_earlier({log_entry(8, "old 8"), log_entry(9, "old 9"), log_entry(10, "old 10")});
  REQUIRE(log.size() == 4);
  CHECK(log.at(0).sql == "old 8");
  CHECK(log.at(2).sql == "live 10");
  log.set_filter("9");
  REQUIRE(log.size() == 1);
  CHECK(log.at(0).sql == "old 9");
  log.set_filter("");
  LogModel first;  // in the other order
  first.add_earlier({log_entry(1, "a")});
  first.add_earlier({log_entry(2, "b")});
  first.add_live({log_entry(3, "c")});
  REQUIRE(first.size() == 3);
  CHECK(first.at(1).sql == "b");
}
