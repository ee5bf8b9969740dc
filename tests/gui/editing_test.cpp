// Goal: what a person types into a grid is what is sent, of the row it was typed for, and nothing else is. Method: the
// panels without a window, on a FakeBackend; what would be sent is read in the review.
#include <catch2/catch.hpp>

#include "client/gui/model/text.h"
#include "tests/gui/stage.h"

using namespace sqlcast;
using namespace sqlcast::gui;
using namespace sqlcast::gui::testing;

namespace {

constexpr const char* kConnected = "wait connected\nwait tables = 3\n";

std::vector<proto::ColumnInfo> student() {
  return {column("id", "INT", "student", true), column("name", "VARCHAR", "student")};
}

// Students with the numbers [first, first + count).
client::Reply students(int first, int count, bool more) {
  Texts rows;
  for (int i = first; i < first + count; ++i) rows.push_back({cat(i), cat("student ", 10'000 + i)});
  client::Reply reply;
  reply.results.push_back(make_rows(student(), rows));
  if (more) reply.results[0].cursor = {7, "tcp://127.0.0.1:1"};
  return reply;
}

void answer(Stage& stage, const std::string& part, std::vector<proto::ColumnInfo> columns, const Texts& rows) {
  stage.state->answers[part] = [columns = std::move(columns), rows](const client::Request&) {
    client::Reply reply;
    reply.results.push_back(make_rows(columns, rows));
    return reply;
  };
}

// 3,000 students, 1,000 a page.
void answer_pages(Stage& stage) {
  stage.state->answers["from student"] = [](const client::Request&) { return students(1, 1'000, true); };
  stage.state->page = [next = 1'001]() mutable {
    next += 1'000;
    return students(next - 1'000, 1'000, next < 3'001);
  };
}

std::string run(const std::string& sql, int rows) {
  return cat("click \"SQL editor\"\ntype \"", sql, "\"\nkey Ctrl+Enter\nwait rows = ", rows, "\n");
}

}  // namespace

TEST_CASE("editing: rows that a write gave back are not edited, and the write is not run again for an export") {
  Stage stage;
  answer(stage, "returning", student(), {{"9", "Ann"}});
  stage.play(kConnected);
  stage.play(run("insert into student (name) values ('Ann') returning id, name", 1));
  stage.play(
      "double-click \"Ann\"\nwait dialog = value\nassert text \"Rows that a write gave back cannot be edited\"\n"
      "key Escape\nwait dialog = \"\"\nclick \"Ann\"\nkey Delete\nassert changes = 0\n"
      "key Ctrl+Shift+E\nwait dialog = export\nassert text \"a write is not run again\"\n"
      "assert no text \"Run again, all rows\"\n");
  CHECK(stage.state->ran.size() == 1);
}

TEST_CASE("editing: a column that is only called as the key is not taken for it") {
  Stage stage;
  std::vector<proto::ColumnInfo> columns = student();
  columns[0].primary_key = false;
  answer(stage, "as id", columns, {{"1", "leaf"}});
  answer(stage, "select id, name", columns, {{"1", "leaf"}});
  stage.play(kConnected);
  stage.play(run("select parent_id as id, name from student", 1));
  stage.play("click \"leaf\"\nkey Delete\nwait toast contains \"names columns as they are\"\nassert changes = 0\n");
  // Nor is one that its node knows as no key.
  stage.play("key Ctrl+T\n" + run("select id, name from student", 1));
  stage.play("click \"leaf\"\nkey Delete\nwait toast contains \"does not say that id is a key\"\nassert changes = 0\n");
}

TEST_CASE("editing: what the field cannot keep is left alone, or typed over") {
  Stage stage;
  answer(stage, "from student", student(), {{"1", "Moon \U0001F600"}, {"2", std::string("a\0b", 3)}});
  stage.play(kConnected);
  stage.play(run("select * from student", 2));
  stage.play(
      "click \"Moon\"\nkey F2\nwait toast contains \"characters that the field cannot keep\"\nkey Enter\n"
      "assert changes = 0\nkey Down\nkey Enter\nkey Enter\nassert changes = 0\n"
      "key Up\ntype \"Hello\"\nkey Enter\nwait changes = 1\nassert text \"Hello\"\n");
}

TEST_CASE("editing: NULL stays NULL until something else is typed, and the empty text can be typed") {
  Stage stage;
  stage.play(kConnected);
  stage.play(run("select * from student", 3));
  stage.play("click \"NULL\"\nkey Enter\nkey Enter\nassert changes = 0\nkey F2\nkey Enter\nassert changes = 0\n");
  stage.play("click \"Amina Yusuf\"\nkey F2\nkey Ctrl+0\nwait changes = 1\nkey F2\nkey Enter\n");
  stage.play(
      "click \"Björn\"\nkey Down\nkey F2\ntype \"x\"\nkey Backspace\nkey Enter\nwait changes = 2\n"
      "key Ctrl+Shift+R\nwait dialog = review\nassert text \"SET `name` = NULL WHERE `id` = 1\"\n"
      "assert text \"SET `name` = '' WHERE `id` = 3\"\n");
}

TEST_CASE("editing: a row that is being added stays the last when a page arrives") {
  Stage stage;
  answer_pages(stage);
  stage.play(kConnected);
  stage.state->holding_pages = true;
  stage.play(run("select * from student", 1'000));
  stage.play("click \"student 10001\"\nkey Ctrl+End\nkey Insert\nkey Home\ntype \"42\"\n");
  stage.state->holding_pages = false;
  stage.play(
      "wait rows = 2000\ntype \"17\"\nkey Enter\nwait changes = 1\nassert text \"row new\"\nkey Right\nkey F2\n"
      "type \"Zoe\"\nkey Enter\nassert changes = 1\nassert rows = 2000\nkey Ctrl+Shift+R\nwait dialog = review\n"
      "assert text \"VALUES (4217, 'Zoe')\"\nassert no text \"UPDATE\"\n");
}

TEST_CASE("editing: a filter looks at the rows that come later, too") {
  Stage stage;
  answer_pages(stage);
  stage.play(kConnected);
  stage.play(run("select * from student", 1'000));
  stage.play(
      "click \"Filter rows\"\ntype \"id:2500\"\nwait rows = 1\nwait held = 3000\nassert text \"student 12500\"\n");
}

TEST_CASE("editing: behind rows that were to be added and are discarded nothing is typed") {
  Stage stage;
  stage.play(kConnected);
  stage.play(run("select * from student", 3));
  stage.play(
      "click \"Amina Yusuf\"\nkey Insert\nwait changes = 1\nclick \"Discard changes\"\nwait changes = 0\n"
      "key Ctrl+R\ntype \"x\"\nkey F2\nkey Enter\npause 0.2\nassert changes = 0\nkey Escape\n");
  stage.play(
      "click \"Amina Yusuf\"\nkey Insert\nwait changes = 1\nkey Ctrl+Shift+P\nwait dialog = palette\n"
      "type \"Discard row\"\nkey Enter\nwait dialog = \"\"\nkey Ctrl+R\ntype \"x\"\nkey F2\nkey Enter\npause 0.2\n"
      "assert changes = 0\n");
  answer(stage, "from student", student(), {});
  stage.play("key Ctrl+T\n" + run("select * from student", 0));
  ImGui::SetClipboardText("7");
  stage.play(
      "wait text \"Insert adds one\"\nkey Ctrl+R\nkey Insert\nwait changes = 1\nclick \"Discard changes\"\n"
      "wait changes = 0\nkey Ctrl+R\nkey Ctrl+V\nwait changes = 1\n");
}

TEST_CASE("editing: rows of an earlier connection are not edited") {
  Stage stage;
  stage.play(kConnected);
  stage.play(run("select * from student", 3));
  stage.play("click \"Amina Yusuf\"\ntype \"Ann\"\nkey Enter\nwait changes = 1\n");
  Workspace& work = stage.app.workspace();
  REQUIRE(work.connect({"other", {"tcp://127.0.0.1:9"}, "blue"}));
  stage.play("wait toast contains \"1 row change was not sent\"\nassert changes = 0\n");
  stage.play(kConnected);
  stage.play(
      "click \"Amina Yusuf\"\nkey Delete\nwait toast contains \"of an earlier connection\"\nassert changes = 0\n");
}

TEST_CASE("editing: what is held back for a slave is shown in its own tab alone, and runs there") {
  Stage stage;
  stage.play(kConnected);
  stage.play("key Ctrl+Shift+N\nkey Ctrl+Shift+N\nassert target = slave-1\n");
  stage.play(
      "click \"SQL editor\"\ntype \"create table t (id int primary key)\"\nwait verdict = \"MASTER ONLY\"\n"
      "key Ctrl+Enter\nwait held-back\nassert text \"Run at the master\"\nkey Ctrl+T\nassert no text \"Run at the "
      "master\"\nkey Ctrl+PageUp\nclick \"Run at the master\"\nwait results = 1\n");
}
