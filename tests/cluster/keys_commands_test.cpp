// Goal: what people do with keys by commands is whole, whoever does something else at that moment, and a cluster that
// is made on a machine has keys without a question, and their keys are replaced while programs work with them.
// Method: the program `sqlcast`, many times at once.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include "access/allowed_keys.h"
#include "base/types.h"
#include "client/client.h"
#include "client/keys.h"
#include "client/local/cluster_file.h"
#include "client/local/cluster_keys.h"
#include "tests/support/keys.h"
#include "tests/support/run_program.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wait.h"

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

namespace {

// Not with the key of this test.
Run sqlcast_as_nobody(const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {"/usr/bin/env", "-u", "SQLCAST_KEY", program("sqlcast")};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_program(command);
}

std::string must(const std::vector<std::string>& arguments) {
  const Run run = sqlcast_as_nobody(arguments);
  INFO(run.output);
  REQUIRE(run.exit_code == 0);
  return run.output;
}

std::string key_in(const std::string& file) { return to_hex(client::read_key_file(file).value().pair.public_key); }

void make_cluster_with_table(const std::string& dir) {
  must({"cluster", "up", "--dir", dir, "-n", "1", "--detach"});
  must({"--dir", dir, "-e", "CREATE DATABASE k; CREATE TABLE k.t(id INT AUTO_INCREMENT PRIMARY KEY, v INT)"});
}

local::ClusterNode slave_of(const local::ClusterFile& file) {
  return *std::find_if(file.nodes.begin(), file.nodes.end(),
                       [](const local::ClusterNode& node) { return node.name == "slave-1"; });
}

// -1: it does not say.
long rows_at(const std::string& dir, const std::string& endpoint) {
  const std::string output =
      sqlcast_as_nobody({"--dir", dir, "--endpoint", endpoint, "-e", "SELECT CONCAT('#', COUNT(*)) AS n FROM k.t"})
          .output;
  const std::size_t at = output.find('#');
  return at == std::string::npos ? -1 : std::strtol(output.c_str() + at + 1, nullptr, 10);
}

}  // namespace

TEST_CASE("security: sqlcast cluster up makes keys, and who has none gets in nowhere", "[keys_commands]") {
  const TemporaryFolder folder;
  const std::string dir = (folder.path() / "c").string();
  const auto& sqlcast = sqlcast_as_nobody;
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

TEST_CASE("security: sqlcast keys rotate replaces a client's key and the master's own while programs write",
          "[keys_commands]") {
  const TemporaryFolder folder;
  const std::string dir = (folder.path() / "c").string();
  const local::KeyPlaces places(dir);
  make_cluster_with_table(dir);
  must({"keys", "new", "app", "--role", "writer", "--dir", dir});
  const std::string app_file = places.key_of("app").string();
  const std::string first = key_in(app_file);
  must({"keys", "allow", "app", "writer", first, "--dir", dir});
  const local::ClusterFile file = local::ClusterFile::load(dir).value();
  const std::string endpoint = file.master()->endpoint;
  const auto as_app = [&](const std::string& sql) {
    return sqlcast_as_nobody({"--key", app_file, "--endpoint", endpoint, "--dir", "/nowhere", "-e", sql});
  };
  wait_for("the app to be let in", [&] { return as_app("SELECT 1").exit_code == 0; });

  // A program that runs all the time, with the key that it was started with.
  client::Options options;
  options.endpoints = {endpoint};
  options.key_file = app_file;
  const auto client = std::move(client::Client::open(options).value());
  std::atomic<int> written{0};
  std::atomic<int> refused{0};
  std::jthread writer([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const client::Reply reply = client->run("INSERT INTO k.t(v) VALUES (1)");
      ++(reply.status.ok() ? written : refused);
    }
  });
  const auto goes_on = [&] {
    const int before = written;
    wait_for("more writes", [&] { return written > before + 20 || refused > 0; });
  };
  goes_on();

  // The master's own, first while the old one is let in, too.
  const std::string name = "master";
  const std::string own = places.key_of(name).string();
  const std::string old_key = key_in(own);
  CHECK_THAT(must({"keys", "rotate", name, "--dir", dir}), Contains("rotate " + name + " --finish"));
  CHECK(key_in(own) == old_key);
  const std::string new_key = key_in(own + ".next");
  CHECK_THAT(local::read_text_file(places.nodes()).value(), Contains(old_key) && Contains(new_key));
  goes_on();
  CHECK_THAT(must({"keys", "rotate", name, "--finish", "--dir", dir}), Contains("keys revoke " + name + " " + old_key));
  CHECK(key_in(own) == new_key);
  goes_on();
  const std::string known = local::read_text_file(places.nodes()).value();
  CHECK(known.find(new_key) < known.find(old_key));  // who asks for the node's key gets the one that it has now
  must({"keys", "revoke", name, old_key, "--dir", dir});
  goes_on();
  // Programs that begin now find the node by its new key alone.
  wait_for("a new program to get in", [&] {
    return sqlcast_as_nobody({"--dir", dir, "-e", "SELECT 1"}).exit_code == 0;
  });

  // The client's: the running program has the old one, and the next to start the new one.
  must({"keys", "rotate", "app", "--dir", dir});
  const std::string second = key_in(app_file);
  CHECK(second != first);
  wait_for("the new key to be let in", [&] { return as_app("INSERT INTO k.t(v) VALUES (2)").exit_code == 0; });
  goes_on();
  CHECK(refused == 0);
  must({"keys", "revoke", "app", first, "--dir", dir});
  wait_for("the old key to be refused", [&] { return refused > 0; });
  writer.request_stop();
  writer.join();
  CHECK(as_app("INSERT INTO k.t(v) VALUES (2)").exit_code == 0);

  // Every write is there once, at the slave as well, which follows by the new key.
  const std::string rows = std::to_string(written);
  const local::ClusterNode slave = slave_of(file);
  wait_for("the slave to have them", [&] {
    const Run read = sqlcast_as_nobody(
        {"--dir", dir, "--endpoint", slave.endpoint, "-e", "SELECT CONCAT('#', SUM(v = 1), '#') FROM k.t"});
    return read.output.find("#" + rows + "#") != std::string::npos;
  });
  must({"cluster", "down", "--dir", dir});
}

TEST_CASE("security: sqlcast keys rotate replaces a slave's own key while it follows and forwards", "[keys_commands]") {
  const TemporaryFolder folder;
  const std::string dir = (folder.path() / "c").string();
  const local::KeyPlaces places(dir);
  make_cluster_with_table(dir);
  const local::ClusterFile file = local::ClusterFile::load(dir).value();
  client::Options options;
  options.endpoints = {file.master()->endpoint};
  options.key_file = places.admin().string();
  const auto client = std::move(client::Client::open(options).value());

  const local::ClusterNode slave = slave_of(file);
  // By the slave, which forwards it with its own key, and at the master.
  std::atomic<int> written{0};
  // Who is connected to the slave itself finds its new key when the old one fails, and is told so of the request
  // that was under way. Nothing else may be said.
  std::atomic<int> unsure{0};
  std::vector<std::string> complaints;
  std::jthread writer([&](const std::stop_token& stop) {
    for (bool forwarded = true; !stop.stop_requested(); forwarded = !forwarded) {
      client::Request request = client::Request::of("INSERT INTO k.t(v) VALUES (1)");
      request.target = {client::Target::Kind::node, forwarded ? slave.endpoint : file.master()->endpoint};
      const client::Reply reply = client->run(std::move(request));
      if (reply.status.ok())
        ++written;
      else if (reply.status.message.find("has another key than the one that is known") != std::string::npos)
        ++unsure;
      else
        complaints.push_back(reply.status.message);
    }
  });
  const auto goes_on = [&] {
    const int before = written;
    wait_for("more writes", [&] { return written > before + 20; });
    wait_for("the slave to have them", [&] { return rows_at(dir, slave.endpoint) > before; });
  };
  std::string old_key = key_in(places.key_of("slave-1").string());
  for (int round = 0; round < 2; ++round) {
    goes_on();
    must({"keys", "rotate", "slave-1", "--dir", dir});
    goes_on();
    must({"keys", "rotate", "slave-1", "--finish", "--dir", dir});
    CHECK(key_in(places.key_of("slave-1").string()) != old_key);
    must({"keys", "revoke", "slave-1", old_key, "--dir", dir});
    old_key = key_in(places.key_of("slave-1").string());
    goes_on();
  }
  writer.request_stop();
  writer.join();
  CHECK(complaints == std::vector<std::string>());
  // What was written is at both nodes, and once.
  const long rows = rows_at(dir, file.master()->endpoint);
  CHECK(rows >= written);
  CHECK(rows <= written + unsure);
  wait_for("the slave to have as many", [&] { return rows_at(dir, slave.endpoint) == rows; });
  must({"cluster", "down", "--dir", dir});
}
