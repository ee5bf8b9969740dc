// Goal: who has never seen the window gets on without its documentation: an empty cluster leads to a database, a table
// is designed from the keyboard, rows are looked at and pasted as any other program would do it. Method: the whole
// window on a FakeBackend, with what a person clicks, types and has in the clipboard.
#include <catch2/catch.hpp>

#include "client/gui/model/text.h"
#include "tests/gui/stage.h"

using namespace sqlcast;
using namespace sqlcast::gui;
using namespace sqlcast::gui::testing;

namespace {

// The tree stands still when all of it has been loaded.
constexpr const char* kConnected = "wait connected\nwait tables = 3\nwait no text \"Loading\"\npause 0.5\n";
constexpr const char* kRows = "click \"SQL editor\"\ntype \"select * from student\"\nkey Ctrl+Enter\nwait rows = 3\n";

}  // namespace

TEST_CASE("new user: a cluster without databases of one's own says so, and a click writes what makes one") {
  Stage stage;
  stage.state->answers["SCHEMATA"] = [](const client::Request&) {
    client::Reply reply;
    reply.results.push_back(make_rows({column("SCHEMA_NAME", "VARCHAR")}, {{"information_schema"}, {"mysql"}}));
    return reply;
  };
  stage.play(
      "wait connected\nwait text \"There is no database yet\"\nclick \"New database\"\n"
      "wait editor = \"CREATE DATABASE my_database\"\ntype \"shop\"\nwait editor = \"CREATE DATABASE shop\"\n"
      "wait verdict = \"SCHEMA CHANGE\"\n");
  CHECK(stage.state->ran.empty());
}

TEST_CASE("new user: a double click on a table shows its rows, once more the same tab anew; its arrow opens columns") {
  Stage stage;
  stage.play(kConnected);
  stage.play("double-click \"student\"\nwait rows = 3\nassert tab = student\nassert no text \"int unsigned\"\n");
  const std::string tabs = *stage.app.fact("tabs");
  const std::size_t ran = stage.state->ran.size();
  CHECK(stage.state->ran.back() == "SELECT * FROM `school`.`student` ORDER BY `id` LIMIT 1000");
  stage.play("key Ctrl+T\ndouble-click \"~20 rows\"\nwait tab = student\nwait rows = 3\n");
  CHECK(stage.state->ran.size() == ran + 1);
  CHECK(*stage.app.fact("tabs") == cat(std::stoi(tabs) + 1));  // the one of Ctrl+T
  stage.play("click \"columns of student\"\nwait text \"int unsigned\"\nassert text \"varchar(100)\"\n");
  stage.play("click \"columns of student\"\nwait no text \"int unsigned\"\n");
  CHECK(stage.state->ran.size() == ran + 1);
}

TEST_CASE("new user: a table is designed from the keyboard, from its name on to the last column") {
  Stage stage;
  stage.play(kConnected);
  stage.play(
      "click \"New\"\nclick \"New table in school\"\nwait dialog = table\ntype \"teacher\"\n"
      "key Tab\nkey Ctrl+A\ntype \"no\"\nwait text \"`no` INT UNSIGNED\"\n"
      "click \"Add a column\"\npause 0.1\ntype \"subject\"\nwait text \"`subject` VARCHAR(100)\"\n"
      "assert text \"auto number\"\nclick \"Run it\"\nwait results = 1\n");
  CHECK(stage.state->ran.back() ==
        "CREATE TABLE `school`.`teacher` (\n  `no` INT UNSIGNED NOT NULL AUTO_INCREMENT,\n  `name` VARCHAR(100),\n"
        "  `subject` VARCHAR(100),\n  PRIMARY KEY (`no`)\n)");
}

TEST_CASE("new user: what a spreadsheet has quoted is pasted without its quotes, and is to be seen whole") {
  Stage stage;
  stage.play(kConnected);
  stage.play(kRows);
  stage.play("click \"Amina Yusuf\"\n");
  ImGui::SetClipboardText("name\tid\n\"O'Neil, \"\"the one from the other school\"\"\"\t9\n\"two\nlines\"\t10\n");
  stage.play(
      "key Ctrl+V\nwait changes = 2\nassert text \"O'Neil, \\\"the one from the other school\\\"\"\n"
      "key Ctrl+Shift+R\nwait dialog = review\n"
      "assert text \"VALUES (9, 'O''Neil, \\\"the one from the other school\\\"')\"\n");
}

TEST_CASE("new user: a filter that nothing fits says so") {
  Stage stage;
  stage.play(kConnected);
  stage.play(kRows);
  stage.play("click \"Filter rows\"\ntype \"name:zzz\"\nwait rows = 0\nwait text \"No row fits the filter\"\n");
}
