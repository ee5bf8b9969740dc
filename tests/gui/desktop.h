// Desktop: a Workspace on a FakeBackend, connected; no frame is drawn, and what is done in the background is done at
// once.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <memory>

#include "client/gui/model/workspace.h"
#include "tests/gui/fake_backend.h"

namespace sqlcast::gui::testing {

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

}  // namespace sqlcast::gui::testing
