// Goal: what is sent for the rows of a result goes where they came from, and is said to be what it is. Method: a
// Workspace on a fake backend, no frame drawn.
#include <catch2/catch.hpp>

#include "tests/gui/desktop.h"

using namespace sqlcast;
using namespace sqlcast::gui;
using namespace sqlcast::gui::testing;

namespace {

constexpr const char* kSelect = "SELECT id, name FROM student";

// Runs statements in the tab in front, in a database, to their end.
void run(Desktop& desktop, const std::string& database, std::vector<std::string> statements) {
  desktop.work.tab().database = database;
  desktop.work.run_texts(std::move(statements), {});
  desktop.until([&] { return !desktop.work.running(); });
}

// Ada takes the place of the first name of the first result in front; the statements of it.
std::vector<client::Statement> edit(Workspace& work) {
  ResultModel& result = *work.tab().results.front();
  result.edits.emplace("school", "student", std::vector<std::size_t>{0});
  result.edits->change(result.grid, 0, 1, "Ada");
  return *result.edits->statements(result.grid);
}

// What a statement is answered with, and the databases that it was asked in.
struct Asked {
  Asked(Desktop& desktop, const std::string& part, Status status = {}) {
    desktop.state->answers[part] = [this, status](const client::Request& request) {
      databases.push_back(request.database.value_or(""));
      client::Reply reply;
      reply.status = status;
      if (status.ok())
        reply.results.push_back(
            make_rows({column("id", "INT", "student", true), column("name", "VARCHAR", "student")}, {{"1", "Amina"}}));
      return reply;
    };
  }
  std::vector<std::string> databases;
};

Status unknown() { return Status::error(Code::outcome_unknown, "it may or may not have been committed"); }

}  // namespace

TEST_CASE("row changes: what is there afterwards is read in the tab and the database they are of, others stay") {
  Desktop desktop;
  Workspace& work = desktop.work;
  desktop.until([&] { return work.connected(); });
  Asked asked(desktop, kSelect);
  run(desktop, "school", {kSelect, "SELECT 2"});
  const auto tab = work.tabs()[0];
  const auto result = tab->results[0];
  const auto beside = tab->results[1];
  desktop.state->holding = true;
  work.send_changes(*tab, result, edit(work));
  CHECK(result->sending);
  work.new_tab("b").database = "shop";
  desktop.state->holding = false;
  run(desktop, "shop", {"SELECT 3"});
  const auto other = work.tab().results.back();
  desktop.until([&] { return !work.running() && tab->results[0] != result; });
  CHECK(asked.databases == std::vector<std::string>{"school", "school"});
  CHECK(tab->results[0]->database == "school");
  CHECK(tab->results[1] == beside);
  CHECK(work.tab().results == std::vector{other});
  CHECK_FALSE(result->edits);
  CHECK_FALSE(result->sending);
}

TEST_CASE("row changes: when nobody knows whether they were made, that is said, and they are not sent a second time") {
  Desktop desktop;
  Workspace& work = desktop.work;
  desktop.until([&] { return work.connected(); });
  Asked updated(desktop, "UPDATE", unknown());
  Asked asked(desktop, kSelect);
  run(desktop, "school", {kSelect});
  const auto result = work.tab().results[0];
  work.send_changes(work.tab(), result, edit(work));
  desktop.until([&] { return asked.databases.size() == 2 && !work.running(); });
  CHECK(work.toasts.shown().back().title == "It is not known whether the changes were made");
  CHECK_FALSE(result->edits);
  CHECK(updated.databases.size() == 1);

  work.tab().buffer.reset("UPDATE student SET name = 'x' WHERE id = 1");
  work.run_all_atomically();
  desktop.until([&] { return !work.running(); });
  CHECK(work.toasts.shown().back().title == "It is not known whether it was done");
}

TEST_CASE("row changes: those that were refused stay, to be sent again") {
  Desktop desktop;
  Workspace& work = desktop.work;
  desktop.until([&] { return work.connected(); });
  Asked updated(desktop, "UPDATE", Status::error(Code::expectation_failed, "0 rows instead of 1"));
  Asked asked(desktop, kSelect);
  run(desktop, "school", {kSelect});
  const auto result = work.tab().results[0];
  work.send_changes(work.tab(), result, edit(work));
  desktop.until([&] { return !work.running(); });
  CHECK(work.toasts.shown().back().title == "A row was changed by somebody else: nothing was sent");
  REQUIRE(result->edits);
  CHECK(result->edits->count() == 1);
  CHECK_FALSE(result->sending);
  CHECK(work.tab().results[0] == result);
}

TEST_CASE("row changes: they do not outlive their connection, and neither does what was not run") {
  Desktop desktop;
  Workspace& work = desktop.work;
  desktop.until([&] { return work.connected(); });
  Asked wrong(desktop, "wrong", Status::error(Code::sql_error, "no"));
  run(desktop, "school", {kSelect, "SELECT wrong", "SELECT 3"});
  REQUIRE(work.tab().not_run);
  const auto result = work.tab().results[0];
  CHECK_FALSE(edit(work).empty());
  work.disconnect();
  CHECK_FALSE(result->edits);
  CHECK(result->of_earlier_connection);
  CHECK_FALSE(work.tab().not_run);
  CHECK(work.toasts.shown().back().title == "1 row change was not sent");
}

TEST_CASE("databases: another one that is chosen meanwhile is not that of what was begun before") {
  Desktop desktop;
  Workspace& work = desktop.work;
  desktop.until([&] { return work.connected(); });
  Asked first(desktop, "SELECT 1");
  Asked second(desktop, "SELECT 2");
  Asked wrong(desktop, "wrong", Status::error(Code::sql_error, "no"));
  Asked last(desktop, "SELECT 4");
  desktop.state->holding = true;
  work.tab().database = "school";
  work.run_texts({"SELECT 1", "SELECT 2", "SELECT wrong", "SELECT 4"}, {});
  work.tab().database = "shop";
  desktop.state->holding = false;
  desktop.until([&] { return !work.running(); });
  CHECK(first.databases == std::vector<std::string>{"school"});
  CHECK(second.databases == std::vector<std::string>{"school"});
  CHECK(work.tab().results[1]->database == "school");
  work.go_on();
  desktop.until([&] { return !work.running(); });
  CHECK(last.databases == std::vector<std::string>{"school"});
}

TEST_CASE("databases: a definition that was held back runs in its own tab, in the database it was written for") {
  Desktop desktop;
  Workspace& work = desktop.work;
  desktop.choose_slave();
  Asked asked(desktop, "create table");
  work.tab().database = "school";
  work.run_texts({"create table t (id int)"}, {0});
  REQUIRE(work.held_back);
  work.new_tab("b").database = "shop";
  work.run_held_back_at_master();
  CHECK(work.active_tab() == 0);
  desktop.until([&] { return !work.running(); });
  CHECK(asked.databases == std::vector<std::string>{"school"});
  CHECK(work.tabs()[1]->results.empty());
  work.run_texts({"create table t (id int)"}, {0});
  REQUIRE(work.held_back);
  work.close_tab(0);
  CHECK_FALSE(work.held_back);
}
