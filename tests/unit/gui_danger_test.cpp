// Goal: what nothing brings back is asked about, and nothing else is.
#include <catch2/catch.hpp>

#include "client/gui/model/danger.h"

using namespace sqlcast::gui;

TEST_CASE("danger: what takes all rows, a table or a database is asked about, with how its rows are counted") {
  for (const char* sql : {"delete from student", "DELETE FROM school.student -- where?",
                          "update student set name = 'x'", "update student set a = (select max(b) from c where d = 1)",
                          "truncate table student", "drop table student", "alter table student drop column name"}) {
    INFO(sql);
    const auto danger = danger_of(sql, "school", false);
    REQUIRE(danger);
    CHECK(danger->count_sql == "SELECT COUNT(*) FROM `school`.`student`");
  }
  REQUIRE(danger_of("drop database school", "school", false));
  CHECK(danger_of("drop database school", "school", false)->count_sql.empty());
}

TEST_CASE("danger: what names its rows or can be made again is not asked about, but in production every write is") {
  for (const char* sql : {"delete from student where id = 1", "update student set name = 'x' where id = 1",
                          "insert into student values (1)", "create table t (id int primary key)",
                          "alter table student drop index i", "alter table student add column x int"}) {
    INFO(sql);
    CHECK_FALSE(danger_of(sql, "school", false));
    CHECK(danger_of(sql, "school", true));
  }
  for (const char* sql : {"select * from student", "drop", "delete from", "", "show tables", "drop user a"}) {
    INFO(sql);
    CHECK_FALSE(danger_of(sql, "school", true));
  }
}
