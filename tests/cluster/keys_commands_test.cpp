// Goal: what people do with keys by commands is whole, whoever does something else at that moment, and a cluster that
// is made on a machine has keys without a question. Method: the program `sqlcast`, many times at once.
#include <filesystem>
#include <functional>
#include <optional>
#include <thread>

#include <catch2/catch.hpp>
#include "access/allowed_keys.h"
#include "base/types.h"
#include "client/local/cluster_file.h"
#include "client/local/cluster_keys.h"
#include "tests/support/keys.h"
#include "tests/support/run_program.h"
#include "tests/support/temporary_folder.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

TEST_CASE("security: commands that change keys at the same moment undo nothing of one another", "[keys_commands]") {
  const TemporaryFolder folder;
  const std::string table = (folder.path() / "allowed").string();
  constexpr int kCommands = 24;
  std::vector<std::string> keys;
  for (int i = 0; i < kCommands; ++i) keys.push_back(to_hex(make_named_key("k").pair.public_key));
  const auto at_once = [&](const std::function<std::vector<std::string>(int)>& command) {
    std::vector<std::thread> threads;
    std::vector<Run> runs(kCommands);
    for (int i = 0; i < kCommands; ++i)
      threads.emplace_back([&, i] { runs[static_cast<std::size_t>(i)] = run_program(command(i)); });
    for (std::thread& thread : threads) thread.join();
    int failed = 0;
    for (const Run& run : runs) failed += run.exit_code == 0 ? 0 : 1;
    return failed;
  };
  const auto name = [](int i) { return "key-" + std::to_string(i); };
  CHECK(at_once([&](int i) {
          return std::vector<std::string>{
              program("sqlcast"), "keys", "allow", name(i), "reader", keys[static_cast<std::size_t>(i)],
              "--allowed",        table};
        }) == 0);
  CHECK(access::AllowedKeys::parse(local::read_text_file(table).value())->grants().size() == kCommands);
  CHECK(at_once([&](int i) {
          return std::vector<std::string>{program("sqlcast"), "keys", "revoke", name(i), "--allowed", table};
        }) == 0);
  CHECK(access::AllowedKeys::parse(local::read_text_file(table).value())->grants().empty());
  // Of one name there is one private key.
  const std::string file = (folder.path() / "one.key").string();
  CHECK(at_once([&](int) {
          return std::vector<std::string>{program("sqlcast"), "keys", "new", "one", "--role", "reader", "--out", file};
        }) == kCommands - 1);
}

TEST_CASE("security: a change of keys waits while somebody else is at them, a cluster that starts among them",
          "[keys_commands]") {
  const TemporaryFolder folder;
  const local::KeyPlaces places(folder.path());
  std::filesystem::create_directory(places.folder);
  std::optional<local::FileLock> held = std::move(local::lock_keys(places.folder).value());
  CHECK(local::lock_keys(places.folder, 0ms).status().code == Code::busy);
  CHECK(local::make_cluster_keys(folder.path(), {}, 0ms).code == Code::busy);
  CHECK_FALSE(std::filesystem::exists(places.allowed()));
  held.reset();
  CHECK(local::make_cluster_keys(folder.path(), {}).ok());
  CHECK(std::filesystem::exists(places.allowed()));
}

TEST_CASE("security: sqlcast cluster up makes keys, and who has none gets in nowhere", "[keys_commands]") {
  const TemporaryFolder folder;
  const std::string dir = (folder.path() / "c").string();
  const auto sqlcast = [&](std::vector<std::string> arguments) {
    // Not with the key of this test.
    std::vector<std::string> command = {"/usr/bin/env", "-u", "SQLCAST_KEY", program("sqlcast")};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run_program(command);
  };
  const Run up = sqlcast({"cluster", "up", "--dir", dir, "-n", "1", "--detach"});
  INFO(up.output);
  REQUIRE(up.exit_code == 0);
  const Run read = sqlcast({"--dir", dir, "-e", "CREATE DATABASE mine; SELECT 1"});
  INFO(read.output);
  CHECK(read.exit_code == 0);
  CHECK((std::filesystem::status(dir + "/keys").permissions() & std::filesystem::perms::all) ==
        std::filesystem::perms::owner_all);
  const auto endpoint = local::ClusterFile::load(dir)->master()->endpoint;
  const Run stranger = sqlcast({"--endpoint", endpoint, "--dir", "/nowhere", "-e", "SELECT 1"});
  CHECK(stranger.exit_code == 1);
  CHECK_THAT(stranger.output, Contains("NOT_ALLOWED") && Contains("lets in nobody without a key"));
  const Run made = sqlcast({"keys", "new", "web", "--role", "reader", "--dir", dir});
  CHECK(made.exit_code == 0);
  const Run unknown =
      sqlcast({"--key", dir + "/keys/web.key", "--endpoint", endpoint, "--dir", "/nowhere", "-e", "SELECT 1"});
  CHECK_THAT(unknown.output, Contains("does not know the key 'web'; on the node: sqlcast keys allow web"));
  const Run python = sqlcast({"keys", "export", "--python", "--dir", dir});
  CHECK_THAT(python.output, Contains("socket.curve_serverkey = bytes.fromhex(\""));
  CHECK(sqlcast({"cluster", "down", "--dir", dir}).exit_code == 0);
}
