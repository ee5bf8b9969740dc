// Goal: what was found in keys once and mended stays so: a key that may only copy stops nobody, a cursor is whose query
// it was, and the commands neither let in again who was taken out nor make a broken table mean more than it says.
// Method: clusters with keys, messages of the keys concerned, the program `sqlcast keys` on tables of its own.
#include <filesystem>

#include "client/local/cluster_keys.h"
#include "client/local/local_cluster.h"
#include "tests/cluster/keyed.h"
#include "tests/support/run_program.h"

using namespace sqlcast;
using namespace sqlcast::support;
using access::Role;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

// Not with the key of this test.
Run sqlcast_as_nobody(const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {"/usr/bin/env", "-u", "SQLCAST_KEY", program("sqlcast")};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_program(command);
}

std::string line_of(const std::string& name, Role role, const access::KeyFile& key) {
  return access::format_grant({name, role, key.pair.public_key, false, {}}) + "\n";
}

std::string without_end(std::string line) {
  line.pop_back();
  return line;
}

std::string text_of(const fs::path& path) { return local::read_text_file(path).value(); }

std::uint64_t open_cursor(const Cluster& cluster, const access::KeyFile& key, const Node& node,
                          proto::Consistency consistency) {
  proto::QueryRequest request = keyed("c", 1, "SELECT v FROM k.t ORDER BY v");
  request.page_rows = 1;
  request.consistency = consistency;
  as(cluster, key, node);
  const Answer answer = node.run(request);
  as_admin(cluster, node);
  INFO(show(answer.status));
  REQUIRE(answer.ok());
  REQUIRE(answer.at(0).cursor != 0);
  return answer.at(0).cursor;
}

}  // namespace

TEST_CASE("keys: a key that may only copy the log says nothing of histories that a master believes", "[keys]") {
  Cluster cluster(with_keys(1));
  cluster.must("CREATE DATABASE k");
  cluster.must("CREATE TABLE k.t(v INT PRIMARY KEY)");
  const access::KeyFile copier = let_in(cluster, "copier", Role::backup);
  const access::KeyFile node = let_in(cluster, "slave-9", Role::node);
  cluster.wait_until_equal();
  // Much more of the same history than the master has: it would have to ask a person.
  proto::LogReadRequest ahead;
  ahead.cluster = cluster.master().status()->cluster;
  ahead.after = {1, 1'000'000, {}};
  ahead.after.hash.fill(7);  // zeros would be no hash
  proto::Report report;
  report.status = *cluster.slave(0).status();
  report.status.position = 1'000'000;
  report.status.durable = ahead.after;
  report.status.hash = std::string(report.status.hash.size(), 'a');
  int value = 0;
  const auto write = [&] { return cluster.master().run("INSERT INTO k.t VALUES (" + std::to_string(++value) + ")"); };
  for (const char* name : {"copier", "slave-1", "slave-9"}) {
    INFO(name);
    ahead.node = report.status.name = name;
    CHECK_FALSE(answer_to(cluster, copier, cluster.master(), ahead).ok());
    CHECK(answer_to(cluster, copier, cluster.master(), report).code == Code::not_allowed);
    CHECK(show(write().status) == "OK");
    CHECK(cluster.master().status()->state == "Serving");
  }
  // With another node's key it is believed of that node no more.
  ahead.node = report.status.name = "slave-1";
  CHECK_FALSE(answer_to(cluster, node, cluster.master(), ahead).ok());
  CHECK(answer_to(cluster, node, cluster.master(), report).code == Code::not_allowed);
  CHECK(show(write().status) == "OK");
  // Of itself a node may say so: this is what the others could not do.
  ahead.node = "slave-9";
  CHECK_FALSE(answer_to(cluster, node, cluster.master(), ahead).ok());
  wait_for("the master to ask for a person", [&] { return cluster.master().status()->state == "ReadOnly"; });
  CHECK(write().status.code == Code::read_only);
}

TEST_CASE("keys: a cursor is its own client's and key's, at either node", "[keys]") {
  Cluster cluster(with_keys(1));
  cluster.must("CREATE DATABASE k");
  cluster.must("CREATE TABLE k.t(v INT PRIMARY KEY)");
  cluster.must("INSERT INTO k.t VALUES (1),(2),(3),(4)");
  const access::KeyFile owner = let_in(cluster, "owner", Role::reader);
  const access::KeyFile other = let_in(cluster, "other", Role::admin);
  cluster.wait_until_equal();
  struct Place {
    const Node& node;
    proto::Consistency consistency;
  };
  // The last one is forwarded: the cursor is at the master, under the name that the slave sends on.
  for (const Place& place :
       {Place{cluster.master(), proto::Consistency::session}, Place{cluster.slave(0), proto::Consistency::session},
        Place{cluster.slave(0), proto::Consistency::master}}) {
    INFO(place.node.name() << " " << static_cast<int>(place.consistency));
    const std::uint64_t cursor = open_cursor(cluster, owner, place.node, place.consistency);
    const auto fetch = [&](const access::KeyFile& key, const std::string& client) {
      return answer_to(cluster, key, place.node, proto::FetchRequest{client, cursor, 1}).code;
    };
    CHECK(fetch(other, "c") == Code::cursor_not_found);
    CHECK(fetch(owner, "d") == Code::cursor_not_found);
    // Whether it was there is not told; it stays.
    CHECK(answer_to(cluster, other, place.node, proto::CloseRequest{"c", cursor}).ok());
    CHECK(answer_to(cluster, owner, place.node, proto::CloseRequest{"d", cursor}).ok());
    CHECK(fetch(owner, "c") == Code::ok);
    CHECK(answer_to(cluster, owner, place.node, proto::CloseRequest{"c", cursor}).ok());
    CHECK(fetch(owner, "c") == Code::cursor_not_found);
  }
}

TEST_CASE("keys: who was taken out of the table stays out when `cluster up` looks at the keys again", "[keys]") {
  const TemporaryFolder folder;
  const fs::path dir = folder.path() / "c";
  fs::create_directory(dir);
  REQUIRE(local::LocalCluster::open_or_make(dir, 1, false, true).ok());
  const local::KeyPlaces places(dir);
  const std::string before = text_of(places.allowed());
  for (const char* name : {"master", "slave-1"}) {
    CHECK_THAT(before, Contains(std::string(name) + " node "));
    const Run revoked = sqlcast_as_nobody({"keys", "revoke", name, "--dir", dir.string()});
    INFO(revoked.output);
    REQUIRE(revoked.exit_code == 0);
  }
  const std::string after = text_of(places.allowed());
  REQUIRE(local::LocalCluster::open_or_make(dir, 1, false, true).ok());
  CHECK(text_of(places.allowed()) == after);
  // A slave that is added is let in; who was revoked is not, for all that.
  REQUIRE(local::LocalCluster::open_or_make(dir, 2, false, true).ok());
  const std::string added = text_of(places.allowed());
  CHECK_THAT(added, Contains("slave-2 node ") && !Contains("slave-1 node ") && !Contains("master node "));
}

TEST_CASE("keys: a cluster with keys does not become one without by a word", "[keys]") {
  const TemporaryFolder folder;
  const fs::path dir = folder.path() / "c";
  fs::create_directory(dir);
  REQUIRE(local::LocalCluster::open_or_make(dir, 1, false, true).ok());
  const Run up = sqlcast_as_nobody({"cluster", "up", "--security", "none", "--detach", "--dir", dir.string()});
  INFO(up.output);
  CHECK(up.exit_code != 0);
  CHECK_THAT(up.output, Contains("CONFIG") && Contains("has keys. To do without"));
  CHECK_FALSE(fs::exists(dir / "master"));  // nothing was begun
  CHECK(local::has_keys(dir));
}

TEST_CASE("keys: nothing is added to a table that was cut off, which stays as it is", "[keys]") {
  const TemporaryFolder folder;
  const fs::path table = folder.path() / "allowed";
  const access::KeyFile key = make_named_key("limited");
  const std::string cut = without_end(line_of("limited", Role::reader, key));  // ` databases=…` was to follow
  REQUIRE(local::write_table(table, cut).ok());
  const Run allowed = sqlcast_as_nobody(
      {"keys", "allow", "late", "reader", to_hex(make_named_key("late").pair.public_key), "--allowed", table.string()});
  INFO(allowed.output);
  CHECK(allowed.exit_code != 0);
  CHECK_THAT(allowed.output, Contains("the last line has no end"));
  CHECK(text_of(table) == cut);
}

TEST_CASE("keys: a revocation that no node takes up says so, and fails", "[keys]") {
  Cluster cluster(with_keys(0));
  const access::KeyFile key = let_in(cluster, "leaver", Role::reader);
  const fs::path table = local::KeyPlaces(cluster.folder()).allowed();
  const std::string good = text_of(table);
  REQUIRE(local::write_table(table, good + "nonsense\n").ok());
  const auto revoke = [&] {
    return sqlcast_as_nobody({"keys", "revoke", "leaver", "--dir", cluster.folder().string()});
  };
  const Run broken = revoke();
  INFO(broken.output);
  CHECK(broken.exit_code != 0);
  CHECK_THAT(broken.output, Contains("no node takes it as it is, and the key is still let in") && Contains("line ") &&
                                Contains("expected NAME ROLE PUBLICKEY"));
  CHECK_THAT(text_of(table), !Contains("leaver") && Contains("nonsense"));
  CHECK(answer_to(cluster, key, cluster.master(), proto::StatusRequest{}).ok());
  // Once the table is one again, it counts.
  REQUIRE(local::write_table(table, good).ok());
  const Run done = revoke();
  INFO(done.output);
  CHECK(done.exit_code == 0);
  wait_for("the revocation",
           [&] { return answer_to(cluster, key, cluster.master(), proto::StatusRequest{}).code == Code::not_allowed; });
}
