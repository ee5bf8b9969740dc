// The panels on Dear ImGui without a window, with synthetic input: what a person clicks and types, and what then is
// to be seen. The cluster is a FakeBackend, which also answers what no node should; cluster_panels_test.cpp does the
// same on real nodes, session.script in a real window.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "client/gui/model/text.h"
#include "tests/gui/stage.h"
#include "tests/support/temporary_folder.h"

using namespace sqlcast;
using namespace sqlcast::gui;
using namespace sqlcast::gui::testing;

namespace {

constexpr const char* kConnected = "wait connected\nwait tables = 3\n";

}  // namespace

TEST_CASE("panels: connected, the tree shows the tables and a statement gives rows") {
  Stage stage;
  stage.play(kConnected);
  stage.play(
      "wait text \"student_course\"\n"
      "click \"SQL editor\"\n"
      "type \"select * from student\"\n"
      "wait verdict = READ\n"
      "key Ctrl+Enter\n"
      "wait rows = 3\n"
      "assert text \"Amina Yusuf\"\n"
      "assert text \"NULL\"\n"
      "assert status = OK\n");
  REQUIRE(stage.state->ran.back() == "select * from student");
}

TEST_CASE("panels: DDL at a slave is held back, and one click runs it at the master") {
  Stage stage;
  stage.play(kConnected);
  stage.play("key Ctrl+Shift+N\nkey Ctrl+Shift+N\nassert target = slave-1\n");
  stage.play(
      "click \"SQL editor\"\n"
      "type \"create table t (id int primary key)\"\n"
      "wait verdict = \"MASTER ONLY\"\n"
      "key Ctrl+Enter\n"
      "wait held-back\n"
      "assert text \"it cannot change the schema\"\n");
  REQUIRE(stage.state->ran.empty());
  stage.play("click \"Run at the master\"\nwait results = 1\nassert status = OK\n");
  REQUIRE(stage.state->ran.back().starts_with("create table"));
}

TEST_CASE("panels: a running statement can be cancelled") {
  Stage stage;
  stage.play(kConnected);
  stage.state->holding = true;
  stage.play("click \"SQL editor\"\ntype \"select * from student\"\nkey F5\nwait running\nclick \"Cancel\" #2\n");
  REQUIRE(stage.state->cancelled.size() == 1);
  stage.state->holding = false;
  stage.play("wait running = no\n");
}

TEST_CASE("panels: an error is shown with its message and marked in the text") {
  Stage stage;
  stage.state->answers["frm"] = [](const client::Request&) {
    client::Reply reply;
    reply.status = Status::error(Code::sql_error, "You have an error in your SQL syntax near 'frm student' at line 1");
    reply.status.database_errno = 1064;
    return reply;
  };
  stage.play(kConnected);
  stage.play(
      "click \"SQL editor\"\ntype \"select 1; select * frm student\"\nkey Ctrl+Shift+Enter\nwait results = 2\n"
      "assert status = SQL_ERROR\nassert text \"error 1064\"\n");
  REQUIRE(stage.app.workspace().tab().mark);
  REQUIRE(stage.app.workspace().tab().mark->begin == 19);
}

TEST_CASE("panels: rows are edited, the SQL is shown, and goes out as one request that expects one row each") {
  Stage stage;
  std::vector<client::Statement> sent;
  stage.state->answers["UPDATE"] = [&sent](const client::Request& request) {
    sent = request.statements;
    client::Reply reply;
    reply.wrote = true;
    reply.sequence = 9;
    return reply;
  };
  stage.play(kConnected);
  stage.play(
      "click \"SQL editor\"\ntype \"select * from student\"\nkey Ctrl+Enter\nwait rows = 3\n"
      "double-click \"Amina Yusuf\"\n"
      "key Ctrl+A\ntype \"Ann\"\nkey Enter\n"
      "wait changes = 1\nassert text \"PENDING\"\n"
      "click \"Review and send\"\nwait dialog = review\n"
      "assert text \"UPDATE `school`.`student`\"\n"
      "click \"Send to the master\"\nwait dialog = \"\"\nwait changes = 0\n");
  REQUIRE(sent.size() == 1);
  REQUIRE(sent[0].expect == 1U);
  REQUIRE(sent[0].sql == "UPDATE `school`.`student` SET `name` = 'Ann' WHERE `id` = 1 AND `name` <=> 'Amina Yusuf'");
}

TEST_CASE("panels: the cluster view tells the log's size, its sync times, what was removed and who holds it back") {
  Stage stage;
  stage.state->nodes[0].log = {90'001, 3,      201'326'592, 1'500,     240,    4'100,
                               2,      90'000, 300'000,     "slave-2", 90'001, 7'200'000};
  stage.state->nodes[1].log.held_by = proto::kOwnDatabase;
  stage.state->nodes[1].durable = Position{1, 90'123, {}};
  stage.play(kConnected);
  stage.play(
      "set view cluster\nwait text \"192 MiB in 3 files, from 90 001\"\nassert text \"p99 4.1 ms, p50 240 µs\"\n"
      "assert text \"up to 90 000, 2 files, 5 min ago\"\nassert text \"slave-2, from 90 001 on, for 2 h\"\n"
      "click \"node slave-1\"\nwait text \"its own database, from 0\"\nassert text \"90 123, the end of its log\"\n"
      "click \"node slave-2\"\nwait no text \"log held back by\"\nassert no text \"log sync\"\n");
}

TEST_CASE("panels: a node that goes away is seen in words, and comes back") {
  Stage stage;
  stage.play(kConnected);
  stage.state->nodes[2].state = "Unreachable";
  stage.play("set view cluster\nwait worst = unreachable\nwait text \"slave-2 unreachable\"\nassert up = 2\n");
  stage.state->nodes[2].state = "Live";
  stage.play("wait worst = live\nassert events contains \"slave-2 back\"\n");
  stage.state->answering = false;
  stage.play("wait connected = no\nassert text \"Connection lost\"\n");
}

TEST_CASE("panels: every view draws with no node, many nodes, and in a small window") {
  Stage stage(800, 480);
  for (const char* view : {"query", "cluster", "diagram", "log", "compare"}) {
    stage.play(std::string("set view ") + view + "\npause 0.1\n");
  }
  stage.play(kConnected);
  for (std::uint16_t i = 0; i < 30; ++i) {
    stage.state->nodes.push_back(
        node_status("slave-" + std::to_string(i + 3), "slave", static_cast<std::uint16_t>(i + 10)));
  }
  stage.play("wait nodes = 33\n");
  for (const char* view : {"query", "cluster", "diagram", "log", "compare"}) {
    stage.play(std::string("set view ") + view +
               "\npause 0.2\nresize 2560 1440\npause 0.1\nresize 640 400\npause 0.1\n");
  }
}

TEST_CASE("panels: the diagram says which table joins many to many") {
  Stage stage;
  stage.play(kConnected);
  stage.play(
      "key Ctrl+3\nwait text \"many to many: \"\nassert text \"student_course\"\ndrag \"table student\" 40 30\n");
}

TEST_CASE("panels: the log shows statements as they come, pauses, filters, opens one in the editor") {
  Stage stage;
  stage.play(kConnected);
  const auto entry = [](Sequence sequence, std::string sql) {
    LogEntry out;
    out.epoch = 1;
    out.entry.sequence = sequence;
    out.entry.statements.emplace_back();
    out.entry.statements[0].sql = std::move(sql);
    return out;
  };
  stage.state->tail = {entry(1, "insert into student values (1)"), entry(2, "delete from course")};
  stage.play("set view log\nwait log = 2\nassert text \"delete from course\"\nclick \"Pause\"\n");
  stage.state->tail = {entry(3, "insert into student values (2)")};
  stage.play(
      "wait text \"1 entry waiting\"\nclick \"Resume\"\nwait log = 3\n"
      "click \"Filter log\"\ntype \"course\"\nwait log = 1\n"
      "click \"delete from course\"\nclick \"Open in the editor\"\nwait view = query\n"
      "assert editor contains \"delete from course\"\n");
}

TEST_CASE("panels: nodes are compared and agree") {
  Stage stage;
  stage.play(kConnected);
  stage.play(
      "click \"SQL editor\"\ntype \"select * from student\"\nset view compare\nclick \"Compare nodes\"\n"
      "wait differences = 0\nassert text \"The nodes agree\"\n");
}

TEST_CASE("panels: dialogs open by key and close by Escape") {
  Stage stage;
  stage.play(kConnected);
  stage.play(
      "key F1\nwait dialog = keys\nassert text \"Run statement or selection\"\nkey Escape\nwait dialog = \"\"\n"
      "key Ctrl+Shift+P\nwait dialog = palette\ntype \"dark\"\nkey Enter\nwait theme = light\n"
      "key Ctrl+,\nwait dialog = settings\nclick \"Dark\"\nwait theme = dark\nkey Escape\nwait dialog = \"\"\n"
      "key Ctrl+K\nwait dialog = connect\nkey Escape\n");
}

TEST_CASE("panels: a cell of a million characters, 500 columns and bytes that are no text do no harm") {
  Stage stage;
  stage.state->answers["wide"] = [](const client::Request&) {
    std::vector<proto::ColumnInfo> columns;
    Texts rows(3);
    for (int i = 0; i < 500; ++i) {
      columns.push_back(column("c" + std::to_string(i), "TEXT"));
      for (auto& row : rows) row.emplace_back("v");
    }
    columns[1].name = "bad \xC3 name";
    rows[0][0] = std::string(1'000'000, 'x');
    rows[1][0] = "{\"a\": [1, 2, {\"b\": null}]}";
    rows[2][0] = "abc\xFF\xFE\x80 \xE2\x28\xA1 end";
    client::Reply reply;
    reply.results.push_back(make_rows(columns, rows));
    return reply;
  };
  stage.play(kConnected);
  stage.play(
      "click \"SQL editor\"\ntype \"select wide\"\nkey Ctrl+Enter\nwait columns = 500\n"
      "key Ctrl+R\nkey End\nkey Home\nkey Space\nwait dialog = value\nwait text \"977 KiB\"\nkey Escape\n"
      "key Down\nkey Space\nwait dialog = value\nclick \"JSON\"\nwait text \"\\\"b\\\": null\"\nkey Escape\n"
      "key Down\nkey Space\nwait dialog = value\nassert text \"not valid UTF-8\"\nclick \"Text\"\n"
      "wait text \"abc\"\nclick \"Hex\"\nwait text \"ff fe 80\"\nkey Escape\n"
      "key Ctrl+A\nkey Ctrl+C\nassert clipboard contains \"abc\"\n");
  REQUIRE(is_utf8(*stage.app.fact("clipboard")));
}

TEST_CASE("panels: while a node is slow everything else goes on") {
  Stage stage;
  stage.play(kConnected);
  stage.state->holding = true;
  stage.play(
      "click \"SQL editor\"\ntype \"select * from student\"\nkey F5\nwait running\nassert text \"Cancel\"\n"
      "key Ctrl+T\nassert running = no\nclick \"SQL editor\"\ntype \"select 2\"\nassert editor = \"select 2\"\n"
      "set view cluster\nassert up = 3\nkey F1\nwait dialog = keys\nkey Escape\nset view query\n"
      "key Ctrl+PageUp\nassert running\n");
  stage.state->holding = false;
  stage.play("wait running = no\nassert rows = 3\n");
}

TEST_CASE("panels: answers that make no sense are shown as what they are, and change nothing") {
  Stage stage;
  // Fewer results than statements, none at all, and a word for a state that nobody knows.
  stage.state->answers["nothing"] = [](const client::Request&) { return client::Reply(); };
  stage.state->answers["future"] = [](const client::Request&) {
    client::Reply reply;
    reply.status =
        Status::error(Code::unsupported_version, "protocol version 9 is not spoken here; this node speaks version 1");
    return reply;
  };
  stage.play(kConnected);
  stage.state->nodes[1].state = "Dreaming";
  stage.state->nodes[1].version = "99.0\xFF";
  stage.state->nodes[1].message = std::string(5'000, 'm');
  stage.state->nodes[2].name = "";
  stage.state->nodes[2].endpoint = "nowhere";
  for (const char* view : {"query", "cluster", "diagram", "log", "compare"}) {
    stage.play(std::string("set view ") + view + "\npause 0.6\n");
  }
  stage.play(
      "set view query\nclick \"SQL editor\"\ntype \"select nothing\"\nkey F5\nwait results = 1\nwait running = no\n"
      "key Ctrl+T\nclick \"SQL editor\"\ntype \"select future\"\nkey F5\nwait status = UNSUPPORTED_VERSION\n"
      "assert text \"protocol version 9 is not spoken here\"\n");
}

TEST_CASE("panels: settings that cannot be understood are kept aside, defaults are used, and it is said") {
  const support::TemporaryFolder temporary;
  const std::string folder = temporary.path();
  std::ofstream(folder + "/desktop.settings") << "[general]\ntheme = mauve\n\x01\xFF";
  {
    Stage stage(1280, 720, folder, false);
    stage.play(
        "wait toast contains \"Settings were reset\"\nassert toast contains \"desktop.settings.bad\"\nassert theme = "
        "dark\n");
    REQUIRE(std::filesystem::exists(folder + "/desktop.settings.bad"));
    stage.play(kConnected);
    // Typed text is kept without anybody closing the window: in the background, by and by.
    stage.play("click \"SQL editor\"\ntype \"select 'kept'\"\n");
    const auto kept = [&] {
      const auto text = read_file(folder + "/desktop.settings", 1U << 20U);
      return text.ok() && text->find("select 'kept'") != std::string::npos;
    };
    for (int i = 0; i < 100'000 && !kept(); ++i) stage.window.frame(stage.app);
    REQUIRE(kept());
  }
}

TEST_CASE("panels: a master that is lost is said over every view, and stays known by name") {
  Stage stage;
  stage.play(kConnected);
  proto::NodeStatus silent;
  silent.state = "Unreachable";
  silent.endpoint = stage.state->nodes[0].endpoint;
  const proto::NodeStatus master = std::exchange(stage.state->nodes[0], silent);
  stage.play("wait text \"The master does not answer\"\n");
  for (const char* view : {"query", "cluster", "diagram", "log", "compare"}) {
    stage.play(std::string("set view ") + view + "\nwait text \"writes wait for it\"\nassert master = master\n");
  }
  stage.play(
      "set view query\nclick \"SQL editor\"\ntype \"insert into student values (9)\"\n"
      "wait verdict-text contains \"waits: the master does\"\nset view cluster\nassert text \"1 unreachable, 2 "
      "live\"\n");
  stage.state->nodes[0] = master;
  stage.play("wait no text \"The master does not answer\"\nassert events contains \"master back\"\n");
}

TEST_CASE("panels: a tab whose file would lose changes asks, others come back by Ctrl+Shift+T") {
  const support::TemporaryFolder folder;
  const std::string path = folder.path().string() + "/a.sql";
  REQUIRE(write_file(path, "select 1").ok());
  Stage stage;
  stage.play(kConnected);
  stage.play(
      "key Ctrl+T\nclick \"SQL editor\"\ntype \"select 'precious'\"\nkey Ctrl+W\nkey Ctrl+Shift+T\n"
      "wait editor = \"select 'precious'\"\n");
  stage.app.workspace().open_file(path);
  stage.play(
      "wait tab = a.sql\nclick \"SQL editor\"\ntype \"x\"\nkey Ctrl+W\nwait dialog = close\n"
      "click \"Keep it open\"\nwait dialog = \"\"\nassert tab = a.sql\nkey Ctrl+W\nclick \"Save and close\"\n"
      "wait tab != a.sql\n");
  CHECK(read_file(path, 100).value() == "select 1x");
}

TEST_CASE("panels: DROP asks with rows and nodes, and a click sends it") {
  Stage stage;
  stage.state->answers["COUNT(*)"] = [](const client::Request&) {
    client::Reply reply;
    reply.results.push_back(make_rows({column("n", "BIGINT")}, {{"20"}}));
    return reply;
  };
  stage.play(kConnected);
  stage.play(
      "click \"SQL editor\"\ntype \"drop table school.student\"\nkey Ctrl+Enter\nwait asking\n"
      "wait text \"20 rows\"\nassert text \"3 nodes: master, slave-1, slave-2\"\nclick \"Do not run\"\n"
      "wait asking = no\nassert results = 0\nkey Ctrl+Enter\nwait asking\nclick \"Run it\"\nwait results = 1\n");
  CHECK(stage.state->ran.back() == "drop table school.student");
}

namespace {

LogEntry definition(Sequence sequence, std::string database, std::string sql) {
  LogEntry out;
  out.epoch = 1;
  out.ddl = true;
  out.entry.sequence = sequence;
  out.entry.database = std::move(database);
  out.entry.statements.emplace_back();
  out.entry.statements[0].sql = std::move(sql);
  return out;
}

std::size_t times(const std::vector<std::string>& list, const std::string& what) {
  return static_cast<std::size_t>(std::count(list.begin(), list.end(), what));
}

constexpr const char* kRows = "click \"SQL editor\"\ntype \"select * from student\"\nkey Ctrl+Enter\nwait rows = 3\n";

}  // namespace

TEST_CASE("panels: the tree follows what any client defines, and opens no other database for it") {
  Stage stage;
  stage.state->answers["SCHEMATA"] = [](const client::Request&) {
    client::Reply reply;
    reply.results.push_back(make_rows({column("SCHEMA_NAME", "VARCHAR")}, {{"school"}, {"shop"}, {"stock"}}));
    return reply;
  };
  stage.play(kConnected);
  stage.play("pause 1\n");
  stage.state->asked.clear();
  stage.state->tail = {definition(5, "school", "create table teacher (id int primary key)"),
                       definition(6, "shop", "create table sale (id int primary key)")};
  stage.play("pause 3\n");
  CHECK(times(stage.state->asked, "school") == 4);  // its tables, columns, indexes and keys, once
  CHECK(times(stage.state->asked, "shop") == 0);
  CHECK(times(stage.state->asked, "databases") == 0);
  stage.state->tail = {definition(7, "", "create database other")};
  stage.play("pause 3\n");
  CHECK(times(stage.state->asked, "databases") == 1);
  CHECK(times(stage.state->asked, "stock") == 0);
}

TEST_CASE("panels: the log begins with its end, and an empty place says what is true") {
  Stage stage;
  for (Sequence i = 1; i <= 120; ++i) stage.state->log.push_back(definition(i, "school", cat("insert ", i)));
  stage.state->answering = false;
  stage.play(
      "set view log\nwait text \"No node has answered yet\"\nset view query\nassert text \"Start a local cluster\"\n");
  stage.state->answering = true;
  stage.play(kConnected);
  stage.play("set view log\nwait log = 120\nassert text \"insert 120\"\n");
}

TEST_CASE("panels: all cells and Enter change nothing, a character begins to edit in place of what was there") {
  Stage stage;
  stage.play(kConnected);
  stage.play(kRows);
  stage.play("key Ctrl+R\nkey Down\nkey Ctrl+A\nkey Enter\ntype \"x\"\npause 0.2\nassert changes = 0\nkey Escape\n");
  stage.play("click \"Amina Yusuf\"\ntype \"Zoe Ü 1\"\nkey Enter\nwait changes = 1\nassert text \"Zoe Ü 1\"\n");
}

TEST_CASE("panels: rows from the clipboard are added, by place or by name, and wait for the review") {
  Stage stage;
  stage.play(kConnected);
  stage.play(kRows);
  stage.play("click \"Amina Yusuf\"\nkey Ctrl+R\n");
  ImGui::SetClipboardText("7\tSeven\n8\tNULL\n");
  stage.play("key Ctrl+V\nwait changes = 2\n");
  ImGui::SetClipboardText("name\tid\r\nNine\t9\r\n");
  stage.play(
      "key Ctrl+V\nwait changes = 3\nkey Ctrl+Shift+R\nwait dialog = review\n"
      "assert text \"VALUES (7, 'Seven')\"\nassert text \"VALUES (8, NULL)\"\nassert text \"VALUES (9, 'Nine')\"\n");
  CHECK(stage.state->ran.size() == 1);
}

TEST_CASE("panels: rows that cannot be edited say why where it is tried") {
  Stage stage;
  stage.state->answers["count"] = [](const client::Request&) {
    client::Reply reply;
    reply.results.push_back(make_rows({column("n", "BIGINT")}, {{"12345"}}));
    return reply;
  };
  stage.play(kConnected);
  stage.play(
      "click \"SQL editor\"\ntype \"select count(*) n from student\"\nkey Ctrl+Enter\nwait rows = 1\n"
      "click \"12345\"\ntype \"7\"\nwait toast contains \"every column comes from one table\"\n"
      "double-click \"12345\"\nwait dialog = value\nassert text \"every column comes from one table\"\n");
}

TEST_CASE("panels: run all says what was not run after an error, and goes on with it") {
  Stage stage;
  stage.state->answers["wrong"] = [](const client::Request&) {
    client::Reply reply;
    reply.status = Status::error(Code::sql_error, "Unknown column 'wrong' in 'field list'");
    return reply;
  };
  stage.play(kConnected);
  stage.play(
      "click \"SQL editor\"\ntype \"select 1;\\nselect wrong;\\nselect * from student;\\nselect 4\"\nkey "
      "Ctrl+Shift+Enter\n"
      "wait status = SQL_ERROR\nassert text \"2 statements after it were not run\"\nassert text \"line 2, column 8\"\n"
      "assert mark = wrong\nclick \"Go on after it\"\nwait results = 4\n");
  CHECK(stage.state->ran.back() == "select 4");
}

TEST_CASE("panels: Ctrl+F searches the rows when the grid has the keys, the text when the editor has them") {
  Stage stage;
  stage.play(kConnected);
  stage.play(kRows);
  stage.play("click \"Amina Yusuf\"\nkey Ctrl+F\npause 0.1\ntype \"Bj\"\nwait rows = 1\n");
  stage.play("click \"SQL editor\"\nkey Ctrl+F\nwait text \"Match case\"\n");
}

TEST_CASE("panels: a refusal is quiet while a word is being written, and its code is explained in the window") {
  Stage stage;
  stage.play(kConnected);
  stage.play(
      "click \"SQL editor\"\ntype \"selec\"\nassert verdict = \"\"\nwait verdict = REFUSED\n"
      "key Ctrl+A\nkey Delete\ntype \"select sleep(1)\"\nwait verdict = REFUSED\n"
      "assert text \"FORBIDDEN_FUNCTION\"\nclick \"verdict\"\nwait dialog = policy\n"
      "assert text \"compute the value in the client\"\nkey Escape\n");
}

TEST_CASE("panels: a table is designed in a form that shows its SQL, and a key leads to the row behind it") {
  Stage stage;
  stage.state->answers["from student_course"] = [](const client::Request&) {
    client::Reply reply;
    reply.results.push_back(make_rows(
        {column("student_id", "INT", "student_course", true), column("course_id", "INT", "student_course", true)},
        {{"1", "77"}}));
    return reply;
  };
  stage.play(kConnected);
  stage.play(
      "right-click \"school\"\nclick \"New table\"\nwait dialog = table\nassert text \"CREATE TABLE `school`\"\n"
      "click \"Table name\"\ntype \"teacher\"\nwait text \"`school`.`teacher`\"\nclick \"Run it\"\nwait results = 1\n");
  CHECK(stage.state->ran.back().starts_with("CREATE TABLE `school`.`teacher` ("));
  stage.play(
      "key Ctrl+T\nclick \"SQL editor\"\ntype \"select * from student_course\"\nkey Ctrl+Enter\nwait rows = 1\n"
      "right-click \"77\"\nclick \"Open the row of course\"\nwait tab = course\n");
  CHECK(stage.state->ran.back() == "SELECT * FROM `school`.`course` WHERE `id` = 77");
  stage.play(
      "right-click \"student_course\" #1\nclick \"Drop…\"\n"
      "wait editor contains \"DROP TABLE `school`.`student_course`\"\nassert running = no\n");
}

TEST_CASE("panels: the cluster is looked at as it was, and then as it is again") {
  Stage stage;
  stage.play(kConnected);
  stage.play("set view cluster\npause 5\n");
  stage.state->nodes[2].state = "Unreachable";
  stage.play(
      "wait worst = unreachable\npause 3\nassert text \"1 unreachable, 2 live\"\nassert no text \"AS IT WAS\"\n");
  stage.play(
      "assert text \"SLAVE · unreachable\"\ndrag \"Back in time\" -40 0\nwait text \"AS IT WAS\"\n"
      "wait no text \"SLAVE · unreachable\"\nassert no text \"does not answer\"\nassert text \"3 nodes, all "
      "live\"\n"
      "click \"node slave-2\"\nwait text \"LIVE\"\nassert no text \"UNREACHABLE\"\n");
  stage.play(
      "click \"Now\"\nwait no text \"AS IT WAS\"\nassert text \"SLAVE · unreachable\"\nassert text \"UNREACHABLE\"\n");
}
