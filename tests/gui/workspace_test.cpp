// Goal: what the window works on behaves without a window. Method: a Workspace on a fake backend, no frame drawn.
#include <catch2/catch.hpp>

#include "client/gui/model/workspace.h"
#include "tests/gui/fake_backend.h"

using namespace sqlcast;
using namespace sqlcast::gui;
using namespace sqlcast::gui::testing;

namespace {

struct Desktop {
  Desktop() : work(options()) { REQUIRE(work.connect({"test", {"tcp://127.0.0.1:1"}, "blue"})); }

  Workspace::Options options() {
    state->nodes = {node_status("master", "master", 1), node_status("slave-1", "slave", 2)};
    Workspace::Options out;
    out.make_backend = [this](const SavedConnection&) -> Result<std::unique_ptr<Backend>> {
      return std::unique_ptr<Backend>(std::make_unique<FakeBackend>(state));
    };
    out.in_background = [this](std::function<void()> job, std::function<void()> then) {
      if (!has_room) return false;
      job();
      then();
      return true;
    };
    return out;
  }
  void tick() {
    now += 0.1;
    work.tick(now, static_cast<std::uint64_t>(now * 1e6));
  }
  void until(const std::function<bool()>& done) {
    for (int i = 0; i < 10'000 && !done(); ++i) tick();
    REQUIRE(done());
  }
  void choose_slave() {
    until([this] { return work.connected(); });
    work.target = {client::Target::Kind::node, work.connection()->cluster.nodes().back()->status.endpoint};
    REQUIRE(work.target_is_slave());
  }

  std::shared_ptr<FakeBackend::State> state = std::make_shared<FakeBackend::State>();
  bool has_room = true;
  double now = 1;
  Workspace work;
};

}  // namespace

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
