// The panels without a window, as in panels_test.cpp: who is connected and what runs, files that wait, leaving while an
// import is under way, what a hidden column leaves behind.
#include <fstream>

#include "client/gui/model/text.h"
#include "tests/gui/stage.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wait.h"

using namespace sqlcast;
using namespace sqlcast::gui;
using namespace sqlcast::gui::testing;

namespace {

constexpr std::string_view kConnected = "wait connected\nwait nodes = 3\nwait databases > 0\n";

proto::RequestsReply what_runs() {
  proto::RequestsReply reply;
  reply.node = "master";
  reply.requests = {
      {4'711, "write", proto::RequestState::acks, "laptop", "c-7f3a", "slave-1", "insert into t values (1)", 2'400},
      {4'712, "explain", proto::RequestState::queued, "laptop", "", "", "select nothing", 10}};
  reply.clients = {{"laptop", "c-7f3a", 12, 1, 0, 2'400}};
  reply.more_requests = 3;
  return reply;
}

}  // namespace

TEST_CASE("requests: the window lists what is under way at every node, and stops what is chosen") {
  Stage stage;
  stage.state->requests["tcp://127.0.0.1:1"] = what_runs();
  stage.state->requests["tcp://127.0.0.1:2"] = {};
  stage.play(kConnected);
  stage.play(
      "key Ctrl+Shift+U\nwait dialog = requests\nwait text \"insert into t values (1)\"\nassert text \"acks\"\n"
      "assert text \"c-7f3a\"\nassert text \"2 requests under way\"\nassert text \"3 more are not shown\"\n"
      // One that does not answer is named, with why.
      "assert text \"slave-2: It does not answer.\"\nclick \"Stop\"\nwait text \"Stopped at master\"\n"
      "key Escape\nwait dialog = \"\"\n");
  REQUIRE(stage.state->cancelled_at.size() == 1);
  CHECK(stage.state->cancelled_at[0] == std::pair<std::string, std::uint64_t>{"tcp://127.0.0.1:1", 4'711});
}

TEST_CASE("panels: of several files that are dropped each has its turn") {
  const support::TemporaryFolder folder;
  std::string script = "drop";
  for (const char* name : {"one", "two", "three"}) {
    const std::string path = cat(folder.path().string(), "/", name, ".csv");
    std::ofstream(path) << "id\n1\n";
    script += cat(" \"", path, "\"");
  }
  Stage stage;
  stage.play(kConnected);
  stage.play(
      cat(script,
          "\nwait dialog = import\nwait text \"school.one is not there\"\nassert text \"2 more files come\"\n"
          "click \"Pass this one over\"\nwait text \"school.two is not there\"\nassert text \"1 more file comes\"\n"
          "click \"Pass this one over\"\nwait text \"school.three is not there\"\n"
          "assert no text \"Pass this one over\"\nkey Escape\nwait dialog = \"\"\n"));
}

TEST_CASE("panels: leaving while an import is under way asks first, and production is named wherever it goes on") {
  const support::TemporaryFolder folder;
  const std::string path = cat(folder.path().string(), "/student.csv");
  std::ofstream(path) << "id,name\n1,Ann\n";
  Stage stage;
  stage.play(kConnected);
  CHECK(stage.app.workspace().connect({"prod", {"tcp://127.0.0.1:1"}, std::string(kProductionColour)}));
  stage.play(kConnected);
  // Nobody is there to take it.
  stage.play(cat("drop \"", path,
                 "\"\nwait dialog = import\nwait text \"school.student that is there\"\nwait text \"To be "
                 "loaded\"\nclick \"Import into production\"\n"
                 "wait text \"Closing this does not stop it\"\n"));
  Workspace& work = stage.app.workspace();
  while (work.importing()) stage.window.frame(stage.app);
  stage.play(
      "wait text \"Go on in production\"\nassert text \"Begin anew in production\"\nkey Escape\nwait dialog = \"\"\n");
  work.import_file(load::LoadOptions(work.import_job->options()));
  stage.app.quit();
  for (int i = 0; i < 2; ++i) stage.window.frame(stage.app);
  CHECK(stage.app.fact("dialog") == "quit");
  CHECK_FALSE(stage.app.done());
  stage.play("click \"Stay\"\nwait dialog = \"\"\n");
  while (work.importing()) stage.window.frame(stage.app);
  CHECK_FALSE(stage.app.done());
  stage.app.quit();
  CHECK(stage.app.done());
}

TEST_CASE("panels: a column that is hidden does not keep the keys") {
  Stage stage;
  stage.play(kConnected);
  stage.play(
      "click \"SQL editor\"\nkey Ctrl+A\ntype \"select * from school.student\"\nkey Ctrl+Enter\nwait rows = 3\n"
      "click \"Amina Yusuf\"\nwait cell contains \"Amina\"\nright-click \"Amina Yusuf\"\nclick \"Hide this column\"\n"
      "wait no text \"Amina Yusuf\"\nwait cell = \"1\"\n");
  const auto& grid = stage.app.workspace().tab().results.at(0)->grid;
  REQUIRE(grid.focus);
  CHECK(grid.focus->column == 0);
  CHECK(grid.anchor == grid.focus);
}

TEST_CASE("panels: a table without rows gets its first ones in the grid") {
  Stage stage;
  stage.state->answers["FROM student"] = [](const client::Request&) {
    client::Reply reply;
    reply.results.push_back(
        make_rows({column("id", "INT", "student", true), column("name", "VARCHAR", "student")}, {}));
    return reply;
  };
  stage.play(kConnected);
  stage.play(
      "click \"SQL editor\"\nkey Ctrl+A\ntype \"SELECT * FROM student\"\nkey Ctrl+Enter\nwait text \"Insert adds "
      "one\"\n"
      "key Ctrl+R\nkey Insert\nwait changes = 1\n");
}

TEST_CASE("panels: the numbers of filtered rows are to be seen whole") {
  Stage stage;
  stage.state->answers["FROM student"] = [](const client::Request&) {
    Texts rows;
    for (int i = 1; i <= 12'000; ++i) rows.push_back({std::to_string(i), i == 12'000 ? "last" : "other"});
    client::Reply reply;
    reply.results.push_back(
        make_rows({column("id", "INT", "student", true), column("name", "VARCHAR", "student")}, rows));
    return reply;
  };
  stage.play(kConnected);
  stage.play(
      "click \"SQL editor\"\nkey Ctrl+A\ntype \"SELECT * FROM student\"\nkey Ctrl+Enter\nwait rows = 12000\n"
      "click \"Filter rows\"\ntype \"name:last\"\n");
  support::wait_for("the rows to be filtered", [&] {
    stage.window.frame(stage.app);
    return stage.app.fact("rows") == "1";
  });
  stage.play("wait text \"row 12 000\"\n");
  const ui::Seen* const number = ui::trace().find("row 12 000", 0);
  REQUIRE(number != nullptr);
  CHECK(number->high.x - number->low.x >= ui::text_width(look().fonts.small, "12 000") - 1);
}

TEST_CASE("panels: the past shows nothing where this window did not look") {
  Stage stage;
  stage.play(kConnected);
  stage.play("key Ctrl+2\nwait view = cluster\nwait text \"MASTER\"\n");
  // It was hidden for five minutes.
  for (int i = 0; i < 4; ++i) stage.window.frame(stage.app);
  stage.window.now += 300;
  for (int i = 0; i < 4; ++i) stage.window.frame(stage.app);
  stage.play("drag \"Back in time\" -40 0\nwait text \"AS IT WAS\"\nwait text \"This window was not looking then\"\n");
}
