// The panels on Dear ImGui without a window, with synthetic input: what a person clicks and types, and what then is
// to be seen. The cluster is a FakeBackend; tests/gui/session.script does the same on real windows and nodes.
#include <catch2/catch.hpp>

#include "tests/gui/fake_backend.h"
#include "tests/gui/null_window.h"

using namespace sqlcast;
using namespace sqlcast::gui;
using namespace sqlcast::gui::testing;

namespace {

struct Stage {
  explicit Stage(float width = 1280, float height = 720) : window(width, height), app(options()) {}

  App::Options options() {
    state->nodes = {node_status("master", "master", 1), node_status("slave-1", "slave", 2),
                    node_status("slave-2", "slave", 3)};
    App::Options out;
    out.endpoints = {"tcp://127.0.0.1:1"};
    out.endpoints_name = "test";
    out.make_backend = [this](const SavedConnection&) -> Result<std::unique_ptr<Backend>> {
      return std::unique_ptr<Backend>(std::make_unique<FakeBackend>(state));
    };
    out.scripted = true;
    return out;
  }
  void play(std::string_view script) {
    const std::string failure = window.perform(app, script);
    INFO(failure);
    REQUIRE(failure.empty());
  }

  std::shared_ptr<FakeBackend::State> state = std::make_shared<FakeBackend::State>();
  NullWindow window;
  App app;
};

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
  REQUIRE(stage.app.tab().mark);
  REQUIRE(stage.app.tab().mark->begin == 19);
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

TEST_CASE("panels: a cell of a million characters and 500 columns of bad UTF-8 do no harm") {
  Stage stage;
  stage.state->answers["wide"] = [](const client::Request&) {
    std::vector<proto::ColumnInfo> columns;
    Texts rows(2);
    for (int i = 0; i < 500; ++i) {
      columns.push_back(column("c" + std::to_string(i), "TEXT"));
      for (auto& row : rows) row.emplace_back("v");
    }
    rows[0][0] = std::string(1'000'000, 'x');
    rows[1][0] = "{\"a\": [1, 2, {\"b\": null}]}";
    client::Reply reply;
    reply.results.push_back(make_rows(columns, rows));
    return reply;
  };
  stage.play(kConnected);
  stage.play(
      "click \"SQL editor\"\ntype \"select wide\"\nkey Ctrl+Enter\nwait columns = 500\n"
      "key Ctrl+R\nkey End\nkey Home\nkey Space\nwait dialog = value\nclick \"JSON\"\nclick \"Hex\"\nkey Escape\n");
}
