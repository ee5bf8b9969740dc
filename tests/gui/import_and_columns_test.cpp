// The panels without a window, as in panels_test.cpp: files that are imported, columns that are pinned and filtered,
// the log by shape, and what is asked or said about statements.
#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "client/gui/model/text.h"
#include "tests/gui/stage.h"
#include "tests/support/temporary_folder.h"

using namespace sqlcast;
using namespace sqlcast::gui;
using namespace sqlcast::gui::testing;

namespace {

constexpr const char* kConnected = "wait connected\nwait tables = 3\n";

}  // namespace

TEST_CASE("panels: a file of rows is looked at, its fields mapped, and the table that is made is shown first") {
  const support::TemporaryFolder folder;
  const std::string people = cat(folder.path().string(), "/people.csv");
  const std::string students = cat(folder.path().string(), "/students.csv");
  {
    std::ofstream out(people);
    out << "id;name;born;note\n";
    for (int i = 0; i < 80; ++i)
      out << i << ";Person " << i << ";2001-02-" << (10 + i % 9) << ";" << (i == 79 ? "" : "x") << "\n";
    std::ofstream(students) << "name;nickname;id\nAmina;Ami;\"7\"\n";
  }
  load::LoadOptions options;
  options.files = {people};
  options.table = load::TableTarget{};
  options.table->separator = 0;
  const auto look = ImportJob::look(options);
  while (!look->state().finished) std::this_thread::yield();
  CHECK(look->state().separator == ';');
  CHECK(look->state().records->size() == 1 + ImportJob::kPreviewRows);
  Stage stage;
  stage.play(kConnected);
  stage.play(cat("drop \"", people,
                 "\"\nwait dialog = import\nwait text \"school.people is not there\"\nwait text \"Person 3\"\n"
                 "wait text \"To be loaded: 80 rows into 1 table\" within 60\n"
                 "assert text \"`id` BIGINT NOT NULL\"\nassert text \"`born` DATE NOT NULL\"\n"
                 "assert text \"`note` VARCHAR(20) NULL\"\n"
                 // A marker of its own: the empty field is a text then.
                 "click \"NULL marker\"\ntype \"x\"\nwait text \"`note` VARCHAR(20) NULL\"\n"
                 "click \"Column of field 4\"\nkey Ctrl+A\nkey Delete\nwait text \"1 field is passed over\"\n"
                 "wait no text \"`note`\"\nclick \"Column of field 2\"\nkey Ctrl+A\ntype \"id\"\n"
                 "wait text \"Two columns are called id\"\nkey Escape\nwait dialog = \"\"\n"));
  // Into a table that is there: by name, what has no column is passed over.
  stage.play(cat(
      "right-click \"student\"\nclick \"Import rows…\"\nwait dialog = import\nclick \"File to import\"\nkey Ctrl+A\n"
      "type \"",
      students,
      "\"\nclick \"Look at it\"\nwait text \"into the table school.student that is there\"\n"
      "wait text \"1 field is passed over\"\nwait text \"To be loaded: 1 row into 1 table\"\n"
      "assert no text \"CREATE TABLE\"\nclick \"Column of field 2\"\nclick \"name\"\nwait text \"1 field is passed "
      "over\"\n"
      // Nobody is there to take it.
      "click \"Import\"\nwait text \"Closing this does not stop it\"\n"));
  while (stage.app.workspace().importing()) stage.window.frame(stage.app);
  stage.play(
      "wait text \"No node of the cluster answers\"\nwait toast contains \"The import has failed\"\n"
      "assert text \"Begin anew\"\nkey Escape\nwait dialog = \"\"\n");
}

TEST_CASE("panels: a dump is looked at, and what it would load, rewrite and leave out is told before it is sent") {
  const support::TemporaryFolder folder;
  const std::string dump = cat(folder.path().string(), "/dump.sql");
  std::ofstream(dump)
      << "SET NAMES utf8mb4;\nCREATE DATABASE shop;\nUSE shop;\nCREATE TABLE sale (id INT PRIMARY KEY) "
         "ENGINE=InnoDB;\nINSERT INTO sale VALUES (1),(2),(3);\nCREATE TABLE old (id INT) ENGINE=MyISAM;\n"
         "DELIMITER ;;\nCREATE TRIGGER t BEFORE INSERT ON sale FOR EACH ROW SET @a = 1;;\nDELIMITER ;\n";
  Stage stage;
  stage.play(kConnected);
  stage.play(cat("drop \"", dump,
                 "\"\nwait dialog = import\nwait text \"To be loaded: 3 rows into 1 table, 1 table to be made\"\n"
                 "assert text \"LEFT OUT\"\nassert text \"TRIGGER\"\nclick \"Other engines become InnoDB\"\n"
                 "wait text \"2 tables to be made\"\nclick \"Open in the editor\"\nwait dialog = \"\"\n"
                 "wait editor contains \"CREATE TRIGGER\"\n"));
}

TEST_CASE("panels: what was not run after an error can still be gone on with when its question is answered no") {
  Stage stage;
  stage.state->answers["frm"] = [](const client::Request&) {
    client::Reply reply;
    reply.status = Status::error(Code::sql_error, "near 'frm'");
    return reply;
  };
  stage.play(kConnected);
  stage.play(
      "click \"SQL editor\"\ntype \"select frm; drop table student\"\nkey Ctrl+Shift+Enter\nwait asking\nclick \"Run "
      "it\"\n"
      "wait text \"1 statement after it was not run\"\nclick \"Go on after it\"\nwait asking\nclick \"Do not run\"\n"
      "wait asking = no\nassert text \"1 statement after it was not run\"\nclick \"Go on after it\"\nwait asking\n"
      "click \"Run it\"\nwait results = 2\n");
  CHECK(stage.state->ran.back() == "drop table student");
}

TEST_CASE("panels: a statement that is replicated by its rows says so in the verdict, also at a slave") {
  Stage stage;
  stage.state->explain_class = "write";
  stage.state->explain_determinism = "materialised";
  stage.play(kConnected);
  stage.play(
      "click \"SQL editor\"\ntype \"delete from student where id > 5 limit 3\"\nwait verdict = \"BY ROWS\"\n"
      "assert verdict-text contains \"the changed rows are replicated\"\nassert text \"BY ROWS\"\n"
      "key Ctrl+Shift+N\nkey Ctrl+Shift+N\nassert target = slave-1\nwait verdict = \"FORWARDED, BY ROWS\"\n");
}

TEST_CASE("panels: columns are hidden, pinned and filtered by a row of fields under their names") {
  Stage stage;
  stage.play(kConnected);
  stage.play(
      "click \"SQL editor\"\ntype \"select * from student\"\nkey Ctrl+Enter\nwait rows = 3\n"
      // Pinned, it stands first, and the arrows follow what is seen.
      "right-click \"name\"\nclick \"Pin this column\"\nclick \"Amina Yusuf\"\nkey Left\nassert cell = \"Amina "
      "Yusuf\"\n"
      "key Right\nassert cell = 1\nkey Home\nassert cell = \"Amina Yusuf\"\nright-click \"Amina Yusuf\"\n"
      "click \"Unpin this column\"\nclick \"Amina Yusuf\"\nkey Left\nassert cell = 1\n"
      "key Ctrl+Shift+G\nclick \"Filter of id\"\ntype \"> 1\"\nwait rows = 2\nassert no text \"Amina Yusuf\"\n"
      "assert changes = 0\nclick \"Filter of name\"\ntype \"null\"\nwait rows = 1\n"
      "key Ctrl+A\nkey Delete\nwait rows = 2\nkey Ctrl+Shift+G\nwait no text \"Filter of id\"\nassert rows = 2\n"
      "right-click \"Björn Þórsson\"\nclick \"Hide this column\"\nwait no text \"Björn Þórsson\"\n"
      "right-click \"id\"\nclick \"Show all columns\"\nwait text \"Björn Þórsson\"\n");
}

TEST_CASE("panels: the log's last minutes are told by shape, the most frequent statement first") {
  Stage stage;
  stage.play(kConnected);
  for (Sequence i = 1; i <= 12; ++i) {
    LogEntry entry;
    entry.epoch = 1;
    entry.commit_time_us = static_cast<std::uint64_t>(stage.window.now * 1e6);
    entry.entry.sequence = i;
    entry.entry.statements.emplace_back();
    entry.entry.statements[0].sql =
        i % 4 == 0 ? "delete from course where id = 9" : cat("insert into student values (", i, ")");
    stage.state->tail.push_back(std::move(entry));
  }
  stage.play(
      "set view log\nwait log = 12\nclick \"By shape\"\nwait text \"insert into student values (?)\"\nassert text "
      "\"9\"\n"
      "assert text \"delete from course where id = ?\"\nassert no text \"where id = 9\"\nclick \"Longest text\"\n"
      "click \"Statements\"\nwait text \"where id = 9\"\n");
}
