// Stage: the whole window without a window, on a FakeBackend, played by scripts.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "tests/gui/fake_backend.h"
#include "tests/gui/null_window.h"

namespace sqlcast::gui::testing {

struct Stage {
  explicit Stage(float width = 1280, float height = 720, std::string folder = {}, bool scripted = true)
      : window(width, height), app(options(std::move(folder), scripted)) {}

  App::Options options(std::string folder, bool scripted) {
    state->nodes = {node_status("master", "master", 1), node_status("slave-1", "slave", 2),
                    node_status("slave-2", "slave", 3)};
    App::Options out;
    out.endpoints = {"tcp://127.0.0.1:1"};
    out.endpoints_name = "test";
    out.make_backend = [this](const SavedConnection&) -> Result<std::unique_ptr<Backend>> {
      return std::unique_ptr<Backend>(std::make_unique<FakeBackend>(state));
    };
    out.folder = std::move(folder);
    out.scripted = scripted;
    return out;
  }
  void play(std::string_view script) {
    const std::string failure = window.perform(app, script);
    INFO(failure);
    REQUIRE(failure.empty());
  }

  // Last of all: the threads of imports outlive their windows.
  struct Threads {
    ~Threads() { ImportJob::wait_for_ended(std::chrono::minutes(1)); }
  };
  Threads threads;
  std::shared_ptr<FakeBackend::State> state = std::make_shared<FakeBackend::State>();
  NullWindow window;
  App app;
};

}  // namespace sqlcast::gui::testing
