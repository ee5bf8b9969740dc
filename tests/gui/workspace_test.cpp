// Goal: what the window works on behaves without a window. Method: a Workspace on a fake backend, no frame drawn.
#include <catch2/catch.hpp>

#include "tests/gui/desktop.h"
#include "tests/support/temporary_folder.h"

using namespace sqlcast;
using namespace sqlcast::gui;
using namespace sqlcast::gui::testing;

TEST_CASE("workspace: there is always a tab, and closing one in front of the active tab keeps that one active") {
  Desktop desktop;
  Workspace& work = desktop.work;
  REQUIRE(work.tabs().size() == 1);
  work.new_tab("b");
  work.new_tab("c");
  work.close_tab(0);
  CHECK(work.tab().title == "c");
  work.close_tab(1);
  CHECK(work.tab().title == "b");
  work.close_tab(0);
  REQUIRE(work.tabs().size() == 1);
  CHECK(work.tab().title != "b");
}

TEST_CASE("workspace: a definition for a slave is held back, and is gone with the connection") {
  Desktop desktop;
  Workspace& work = desktop.work;
  desktop.choose_slave();
  work.run_texts({"create table school.t (id int)"}, {0});
  REQUIRE(work.held_back);
  CHECK(work.held_back->node == work.target_label());
  CHECK_FALSE(work.running());
  const std::uint64_t before = work.connections();
  work.disconnect();
  CHECK_FALSE(work.held_back);
  CHECK(work.connections() != before);
  CHECK(work.target_node() == nullptr);
}

TEST_CASE("workspace: what has been run stands in the history with its outcome") {
  Desktop desktop;
  Workspace& work = desktop.work;
  desktop.until([&] { return work.connected(); });
  work.tab().buffer.reset("select 1; select * from student");
  work.run_all();
  desktop.until([&] { return !work.running(); });
  REQUIRE(work.history().items().size() == work.tab().results.size());
  CHECK(work.history().items().back().sql == work.tab().results.back()->sql);
}

TEST_CASE("workspace: all rows are fetched page by page, and the time is that of all of them") {
  Desktop desktop;
  Workspace& work = desktop.work;
  desktop.until([&] { return work.connected(); });
  int pages = 0;
  const auto page = [&pages] {
    client::Reply reply;
    reply.results.push_back(make_rows({column("two\nlines", "INT")}, {{"1"}, {"2"}}));
    if (++pages < 4) reply.results[0].cursor = {7, "tcp://127.0.0.1:1"};
    reply.elapsed = std::chrono::milliseconds(10 * pages);
    reply.round_trip = std::chrono::milliseconds(100 * pages);
    return reply;
  };
  desktop.state->page = page;
  desktop.state->answers["FROM big"] = [&page](const client::Request&) { return page(); };
  work.tab().buffer.reset("SELECT * FROM big");
  work.run_all();
  desktop.until([&] { return !work.running(); });
  const std::shared_ptr<ResultModel> result = work.tab().results.back();
  REQUIRE(result->grid.rows().size() == 2);
  CHECK(result->elapsed == std::chrono::milliseconds(10));
  result->fetch_all = true;
  work.fetch_more(result, 2);
  desktop.until([&] { return !result->cursor; });
  CHECK(result->pages == 4);
  CHECK(result->grid.rows().size() == 8);
  CHECK(result->elapsed == std::chrono::milliseconds(10 + 20 + 30 + 40));
  CHECK(result->round_trip == std::chrono::milliseconds(100 + 200 + 300 + 400));
  CHECK(result->warnings.empty());
}

TEST_CASE("workspace: work that finds no room in the background is said, not lost in silence") {
  Desktop desktop;
  desktop.has_room = false;
  desktop.work.open_file("/nowhere");
  REQUIRE(desktop.work.toasts.shown().size() == 1);
  CHECK(desktop.work.toasts.shown().front().title == "Too much is waiting to be done");
  desktop.has_room = true;
  desktop.work.open_file("/nowhere");
  CHECK(desktop.work.toasts.shown().back().title == "The file was not opened");
}

TEST_CASE("toasts: the oldest gives way, each has its time, and a look at it begins the time anew") {
  Toasts toasts;
  for (int i = 0; i < 7; ++i) toasts.show(ToastKind::info, "toast " + std::to_string(i), {}, 0);
  REQUIRE(toasts.shown().size() == Toasts::kMost);
  CHECK(toasts.shown().front().title == "toast 2");
  toasts.tick(100);  // the first frame: they begin to be read
  REQUIRE(toasts.shown().size() == Toasts::kMost);
  const std::uint64_t kept = toasts.shown().front().id;
  toasts.keep(kept, 105);
  toasts.show(ToastKind::error, "an error", "\xFF", 105);
  toasts.confirm("Copied", 105);
  toasts.tick(100 + Toasts::kLife + 1);
  REQUIRE(toasts.shown().size() == 2);
  CHECK(toasts.shown().back().title == "Copied");
  CHECK(toasts.shown().front().text == "\uFFFD");
  toasts.tick(105 + Toasts::kShortLife + 0.1);
  REQUIRE(toasts.shown().size() == 1);
  toasts.dismiss(toasts.shown().front().id);
  CHECK(toasts.shown().empty());
}

TEST_CASE("workspace: a closed tab comes back with its text and its caret, the newest first") {
  Desktop desktop;
  Workspace& work = desktop.work;
  work.tab().buffer.insert("select 1");
  work.new_tab("b").buffer.insert("select 2");
  work.tab().buffer.set_caret(3);
  work.close_tab(1);
  work.close_tab(0);
  work.reopen_tab();
  CHECK(work.tab().buffer.text() == "select 1");
  work.reopen_tab();
  CHECK(work.tab().buffer.text() == "select 2");
  CHECK(work.tab().buffer.caret() == 3);
  CHECK(work.tab().title == "b");
  work.reopen_tab();
  CHECK(work.toasts.shown().back().title == "No closed tab is left to open again");
}

TEST_CASE("workspace: changes of a file that were never saved are there at the second start, too") {
  const support::TemporaryFolder folder;
  REQUIRE(write_file(folder.path().string() + "/a.sql", "select 1").ok());
  const auto options = [&] {
    Workspace::Options out;
    out.folder = folder.path().string() + "/settings";
    out.in_background = [](auto job, auto then) {
      job();
      then();
      return true;
    };
    return out;
  };
  {
    Workspace work(options());
    work.open_file(folder.path().string() + "/a.sql");
    work.tab().buffer.set_caret(8);
    work.tab().buffer.insert(" + 1");
    REQUIRE(work.save().ok());
  }
  for (int start = 0; start < 2; ++start) {
    Workspace work(options());
    CHECK(work.tab().buffer.text() == "select 1 + 1");
    CHECK(work.loses_a_file(work.active_tab()));
    REQUIRE(work.save().ok());
  }
}

TEST_CASE("workspace: a script leaves alone what a person has in the folder of the settings") {
  const support::TemporaryFolder folder;
  Settings mine;
  mine.tabs = {{"mine", "", "select 'mine'", ""}};
  REQUIRE(save_settings(folder.path().string(), mine).ok());
  Workspace::Options options;
  options.folder = folder.path().string();
  options.scripted = true;
  options.in_background = [](auto job, auto then) {
    job();
    then();
    return true;
  };
  {
    Workspace work(options);
    work.tab().buffer.insert("select 'script'");
    for (int i = 0; i < 100; ++i) work.tick(i, 0);
    REQUIRE(work.save().ok());
  }
  CHECK(load_settings(folder.path().string()).settings == mine);
}

TEST_CASE("workspace: DELETE without WHERE is asked about once, with rows and nodes, and is not sent before") {
  Desktop desktop;
  Workspace& work = desktop.work;
  desktop.state->answers["COUNT(*)"] = [](const client::Request&) {
    client::Reply reply;
    reply.results.push_back(make_rows({column("n", "BIGINT")}, {{"1234"}}));
    return reply;
  };
  desktop.until([&] { return work.connected(); });
  work.tab().database = "school";
  work.run_texts({"delete from student", "select 1"}, {0, 20});
  REQUIRE(work.question);
  CHECK(work.question->items.size() == 1);
  CHECK(work.question->nodes == "2 nodes: master, slave-1");
  desktop.until([&] { return work.question->items[0].rows.has_value(); });
  CHECK(*work.question->items[0].rows == 1'234);
  CHECK_FALSE(work.running());
  work.answer_question(false);
  CHECK_FALSE(work.question);
  CHECK_FALSE(work.running());
  work.run_texts({"delete from student"}, {0});
  work.answer_question(true);
  desktop.until([&] { return !work.running() && !work.tab().results.empty(); });
  CHECK(desktop.state->ran.back() == "delete from student");
  work.run_texts({"insert into student values (1)"}, {0});
  CHECK_FALSE(work.question);
}

TEST_CASE("workspace: a connection in production is asked about every write, and about no read") {
  Desktop desktop;
  Workspace& work = desktop.work;
  REQUIRE(work.connect({"live", {"tcp://127.0.0.1:1"}, "red"}));
  desktop.until([&] { return work.connected(); });
  work.tab().database = "school";
  work.run_texts({"select 1"}, {0});
  CHECK_FALSE(work.question);
  desktop.until([&] { return !work.running(); });
  work.run_texts({"insert into student values (1)"}, {0});
  CHECK(work.question);
  work.answer_question(false);
  work.tab().buffer.insert("insert into student values (1)");
  work.run_all_atomically();
  CHECK(work.question);
}

TEST_CASE("workspace: the verdict says that a write waits for a master that is lost, and since when") {
  Desktop desktop;
  Workspace& work = desktop.work;
  desktop.until([&] { return work.connected(); });
  const auto judged = [&](const char* text) {
    work.tab().buffer.reset(text);
    work.tab().highlighter.update(work.tab().buffer);
    work.update_verdict();
    return work.verdict().text;
  };
  CHECK(judged("insert into school.student values (1)").find("waits") == std::string::npos);
  desktop.state->nodes[0].state = "Unreachable";
  desktop.until([&] { return work.connection()->cluster.lost_master().has_value(); });
  CHECK(judged("insert into school.student values (1)").starts_with("waits: the master does not answer since"));
  CHECK(judged("select 1").find("waits") == std::string::npos);
}

TEST_CASE("workspace: a local cluster is started at a click, and connected to; when it fails that is said") {
  Desktop desktop;
  Workspace::Options options = desktop.options();
  bool works = false;
  options.start_local = [&works]() -> Result<SavedConnection> {
    if (!works) return Status::error(Code::io, "there is no sqlcast");
    return SavedConnection{"Local cluster", {"tcp://127.0.0.1:1"}, "blue"};
  };
  Workspace work(options);
  work.start_local_cluster();
  CHECK(work.connection() == nullptr);
  CHECK(work.toasts.shown().back().text == "there is no sqlcast");
  works = true;
  work.start_local_cluster();
  REQUIRE(work.connection() != nullptr);
  CHECK(work.connection()->saved().name == "Local cluster");
}

TEST_CASE("workspace: a node on this machine is known by its endpoint, and a toast tells what became of an order") {
  Desktop desktop;
  Workspace::Options options = desktop.options();
  std::vector<std::pair<std::string, NodeOrder>> orders;
  options.local.list = [&orders] {
    return std::vector<LocalNode>{{"slave-1", "tcp://127.0.0.1:2", "/there/slave-1", orders.empty()}};
  };
  options.local.order = [&orders](const std::string& name, NodeOrder order) -> Status {
    orders.emplace_back(name, order);
    return order == NodeOrder::start ? Status::error(Code::io, "its port is taken") : ok_status();
  };
  options.local.log = [](const std::string& name) -> Result<std::string> { return "the log of " + name; };
  Workspace work(options);
  REQUIRE(work.connect({"test", {"tcp://127.0.0.1:1"}, "blue"}));
  REQUIRE(work.local_node("tcp://127.0.0.1:2") != nullptr);
  CHECK(work.local_node("tcp://127.0.0.1:2")->running);
  CHECK(work.local_node("tcp://127.0.0.1:1") == nullptr);
  work.order_node("slave-1", NodeOrder::kill);
  CHECK(orders.back() == std::pair(std::string("slave-1"), NodeOrder::kill));
  CHECK(work.toasts.shown().back().title == "slave-1 was killed");
  CHECK_FALSE(work.local_node("tcp://127.0.0.1:2")->running);
  work.order_node("slave-1", NodeOrder::start);
  CHECK(work.toasts.shown().back().title == "slave-1 was not started");
  CHECK(work.toasts.shown().back().text == "its port is taken");
  std::string log;
  work.read_node_log("slave-1", [&log](std::string text) { log = std::move(text); });
  CHECK(log == "the log of slave-1");
}
