// Goal: Tab in the shell completes what can stand at the cursor, and nothing else. Pure calls.
#include <algorithm>

#include "client/cli/completion.h"

using namespace sqlcast::cli;
using Words = std::vector<std::string>;

namespace {

Names school() {
  Names names;
  names.databases = {"information_schema", "school", "shop"};
  names.tables = {{"school", "course", {"id", "name", "room no"}},
                  {"school", "student", {"id", "name", "born"}},
                  {"shop", "order", {"id", "sum"}}};
  return names;
}

// What `line` may become where it has a |.
Words at(const std::string& line, const std::string& database = "school") {
  const std::size_t cursor = line.find('|');
  return complete(line.substr(0, cursor), line.substr(cursor + 1), school(), database).words;
}

bool has(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

TEST_CASE("completion: tables and databases where a table is named") {
  CHECK(at("SELECT * FROM s|") == Words{"school.", "shop.", "student"});
  CHECK(at("SELECT * FROM |") == Words{"course", "information_schema.", "school.", "shop.", "student"});
  CHECK(at("select * from student s, c|") == Words{"course"});
  CHECK(at("INSERT INTO stu|") == Words{"student"});
  CHECK(at("SELECT * FROM school.st|", "") == Words{"student"});
  CHECK(at("UPDATE shop.|") == Words{"`order`"});
  CHECK(at("USE s|") == Words{"school", "shop"});
  CHECK(at("SELECT 1; USE sh|") == Words{"shop"});
}

TEST_CASE("completion: columns of the tables that the statement names, by alias too, and where it names them later") {
  CHECK(has(at("SELECT * FROM student WHERE bo|"), "born"));
  CHECK_FALSE(has(at("SELECT * FROM student WHERE roo|"), "`room no`"));
  CHECK(has(at("SELECT bo| FROM student"), "born"));
  CHECK(at("SELECT * FROM student AS x WHERE x.|") == Words{"born", "id", "name"});
  CHECK(at("SELECT * FROM student JOIN course c ON c.n|") == Words{"name"});
  CHECK(at("SELECT `ro| FROM course") == Words{"`room no`"});
  CHECK(has(at("SELECT roo| FROM course"), "`room no`"));
  CHECK(at("SELECT shop.order.s|", "") == Words{"sum"});
  CHECK(has(at("SELECT\n  bor|\nFROM student"), "born"));
}

TEST_CASE("completion: keywords and functions, in the letters that were typed") {
  CHECK(has(at("sel|"), "select"));
  CHECK(has(at("SEL|"), "SELECT"));
  CHECK(has(at("SELECT * FROM student WHE|"), "WHERE"));
  CHECK(has(at("SELECT group_con|"), "group_concat("));
  CHECK(has(at("nop|"), "nopager"));
  CHECK(has(at("SELECT 1; upd|"), "update"));
}

TEST_CASE("completion: nothing inside strings, comments and numbers, and of nothing known") {
  CHECK(at("SELECT 's|").empty());
  CHECK(at("SELECT \"from s|").empty());
  CHECK(at("-- s|").empty());
  CHECK(at("SELECT 12|").empty());
  CHECK(at("SELECT nothing_begins_so|").empty());
  CHECK(complete("SELECT * FROM s", "", {}, "school").words.empty());
  CHECK(complete("", "", {}, "").replaced == 0);
}

TEST_CASE("completion: what is replaced is the word, with its quote") {
  CHECK(complete("SELECT * FROM stu", "", school(), "school").replaced == 3);
  CHECK(complete("SELECT * FROM `stu", "", school(), "school").replaced == 4);
  CHECK(complete("SELECT * FROM ", "", school(), "school").replaced == 0);
}
