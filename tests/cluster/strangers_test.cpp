// Goal: who is nobody is refused, counted, and told of once, however he comes; a role is the same role by way of a
// slave; nobody waits at the front door for a database, or behind all that another has sent; and who sends on
// although he is refused keeps nobody waiting for good. Method: greetings by hand,
// another user of this machine, a node's key that sends on for every role, a server that is stopped with reads under
// way.
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "access/permissions.h"
#include "client/local/cluster_file.h"
#include "tests/cluster/eavesdropper.h"
#include "tests/cluster/keyed.h"
#include "tests/support/process_memory.h"
#include "tests/support/raw_socket.h"
#include "tests/support/run_program.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;
using access::Act;
using access::Role;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

std::size_t lines_with(const Node& node, const std::string& words) {
  std::ifstream file(node.folder() / "node.log");
  std::size_t count = 0;
  for (std::string line; std::getline(file, line);)
    if (line.find(words) != std::string::npos) ++count;
  return count;
}

// Says this, and waits until the node has ended it.
void say(const std::string& endpoint, const std::string& bytes) {
  const int descriptor = connect_to(endpoint);
  (void)::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  std::array<char, 256> answer{};
  while (::recv(descriptor, answer.data(), answer.size(), 0) > 0) {
  }
  ::close(descriptor);
}

std::string greeting(char major, char minor, const std::string& mechanism) {
  std::string text("\xFF\0\0\0\0\0\0\0\1\x7F", 10);
  text += major;
  text += minor;
  text += mechanism;
  text.resize(64, '\0');
  return text;
}

}  // namespace

TEST_CASE("strangers: without CURVE, or by an earlier protocol, nobody gets in, and is told of once", "[strangers]") {
  Cluster cluster(with_keys(0));
  const Node& node = cluster.master();
  const std::string publisher = node.status()->publisher;
  const auto refused = [&] { return node.status()->counters.at("refused_keyless"); };
  for (int times = 0; times < 3; ++times) {
    for (const char* mechanism : {"NULL", "PLAIN", "NONE-SUCH"}) {
      for (const std::string& endpoint : {node.endpoint(), publisher}) {
        INFO(mechanism << " at " << endpoint);
        const std::uint64_t before = refused();
        say(endpoint, greeting('\3', '\1', mechanism));
        wait_for("it to be counted", [&] { return refused() > before; });
      }
    }
  }
  // Of these libzmq tells as of any connection that has ended; they get no further either.
  for (const std::string& earlier : {std::string("\1\0", 2), std::string("\xFF\0\0\0\0\0\0\0\1\x7F\1\5\0\0", 14),
                                     "GET / HTTP/1.1\r\nHost: node\r\n\r\n" + std::string(64, 'x')})
    for (const std::string& endpoint : {node.endpoint(), publisher}) say(endpoint, earlier);
  CHECK(lines_with(node, "connections for requests were refused: without a key") == 1);
  CHECK(lines_with(node, "connections for the stream were refused: without a key") == 1);
  CHECK(node.run("SELECT 1").ok());
}

TEST_CASE("strangers: a key that is not known is told of once, and counted each time", "[strangers]") {
  Cluster cluster(with_keys(0));
  const Node& node = cluster.master();
  const access::KeyFile unknown = make_named_key("unknown");
  for (int times = 0; times < 3; ++times) {
    const std::uint64_t before = node.status()->counters.at("refused_keys");
    CHECK(answer_to(cluster, unknown, node, proto::StatusRequest{}).code == Code::not_allowed);
    CHECK(node.status()->counters.at("refused_keys") > before);
  }
  CHECK(lines_with(node, "with the unknown key " + to_hex(unknown.pair.public_key)) == 1);
}

TEST_CASE("strangers: what a slave sends on for a key is what that key's role may do", "[strangers]") {
  Cluster cluster(with_keys(0));
  cluster.must("CREATE DATABASE r");
  cluster.must("CREATE TABLE r.t(id INT AUTO_INCREMENT PRIMARY KEY)");
  const Node& master = cluster.master();
  const access::KeyFile slave = let_in(cluster, "slave-9", Role::node);
  for (std::size_t i = 0; i < access::kRoles; ++i) {
    const auto role = static_cast<Role>(i);
    const access::KeyFile original = let_in(cluster, "a-" + std::string(access::role_name(role)), role);
    const auto for_it = [&](auto request) {
      request.caller = original.name;
      request.caller_key = to_hex(original.pair.public_key);
      return request;
    };
    std::vector<std::pair<Act, proto::Message>> all;
    for (const auto& [act, sql] : {std::pair{Act::read, "SELECT COUNT(*) FROM r.t"},
                                   {Act::write, "INSERT INTO r.t() VALUES ()"},
                                   {Act::ddl, "CREATE TABLE r.u(id INT)"}}) {
      proto::QueryRequest query = query_of(sql);
      query.forwarded_by = slave.name;
      all.emplace_back(act, for_it(query));
    }
    all.emplace_back(Act::page, for_it(proto::FetchRequest{"c", 99, 1}));
    all.emplace_back(Act::page, for_it(proto::CloseRequest{"c", 99}));
    all.emplace_back(Act::cancel, for_it(proto::CancelRequest{{"c", 1}}));
    for (const auto& [act, message] : all) {
      const Code code = answer_to(cluster, slave, master, message).code;
      INFO(original.name << ": " << access::act_name(act) << " " << proto::message_type_name(proto::type_of(message))
                         << ": " << code_name(code));
      const bool allowed = access::may({original.name, role, original.pair.public_key, false, {}}, act);
      CHECK((code != Code::not_allowed) == allowed);
    }
    // In its own name a node's key does none of it.
    CHECK(answer_to(cluster, slave, master, query_of("SELECT 1")).code == Code::not_allowed);
  }
  CHECK(cluster.must("SELECT COUNT(*) FROM r.t").text() == "2");  // an admin's, a writer's
  CHECK(cluster.must("SHOW TABLES FROM r").text() == "t\nu");
}

TEST_CASE("strangers: status is answered while the database is stopped with reads and writes under way",
          "[strangers]") {
  Cluster::Options options = with_keys(1);
  options.master_settings = options.slave_settings = "database:\n  stall_timeout: 1h\n";
  Cluster cluster(options);
  cluster.must("CREATE DATABASE d");
  cluster.must("CREATE TABLE d.t(id INT AUTO_INCREMENT PRIMARY KEY)");
  cluster.wait_until_equal();
  const access::KeyFile writer = let_in(cluster, "writer", Role::writer);
  for (const Node* node : cluster.nodes()) {
    INFO(node->name());
    const pid_t server = node->database().value();
    REQUIRE(::kill(server, SIGSTOP) == 0);
    RawSocket peer = connect_as(cluster, writer, *node);
    std::uint64_t exchange = 0;
    const auto send = [&](const proto::Message& message) { peer.send(framed(message, ++exchange)); };
    for (int i = 0; i < 500; ++i) {
      for (const char* sql : {"SELECT COUNT(*) FROM d.t", "INSERT INTO d.t VALUES (NULL)"}) {
        proto::QueryRequest query = query_of(sql);
        query.timeout_ms = 600'000;
        send(query);
      }
      send(proto::CancelRequest{{"c", exchange}});
      send(proto::ExplainRequest{"d", {"SELECT 1 FROM t"}});
    }
    wait_for("all of it to have come", [&] {
      const auto status = node->status();
      REQUIRE(status);
      return status->counters.at("requests") >= 500;
    });
    for (int i = 0; i < 50; ++i) CHECK(node->status());
    REQUIRE(::kill(server, SIGCONT) == 0);
  }
  cluster.wait_until_equal();
}

TEST_CASE("strangers: who has sent much waits for it, and nobody else does", "[strangers]") {
  constexpr int kMany = 600;
  Cluster::Options options = with_keys(0);
  options.master_settings = "database:\n  stall_timeout: 1h\nlimits:\n  group_entries: 50\n";
  Cluster cluster(options);
  Node& master = cluster.master();
  cluster.must("CREATE DATABASE d");
  cluster.must("CREATE TABLE d.t(id INT AUTO_INCREMENT PRIMARY KEY)");
  const Sequence before = master.status().value().position;
  RawSocket busy = connect_as(cluster, let_in(cluster, "busy", Role::writer), master);
  RawSocket modest = connect_as(cluster, let_in(cluster, "modest", Role::writer), master);
  // Writes that nobody answers while the database is stopped, and behind them a question that the door answers: then
  // the node has them all.
  const auto send_writes = [](RawSocket& peer, int count) {
    for (int i = 0; i < count; ++i) {
      proto::QueryRequest query = query_of("INSERT INTO d.t VALUES (NULL)");
      query.timeout_ms = 600'000;
      peer.send(framed(query, 1));
    }
    peer.send(framed(proto::StatusRequest{}, 2));
    CHECK(std::holds_alternative<proto::StatusReply>(proto::decode(peer.receive()).value().message));
  };
  const pid_t server = master.database().value();
  REQUIRE(::kill(server, SIGSTOP) == 0);
  send_writes(busy, kMany);
  send_writes(modest, 1);
  REQUIRE(::kill(server, SIGCONT) == 0);
  const auto result = std::get<proto::QueryResult>(proto::decode(modest.receive()).value().message);
  // Behind the group that the node had begun, and one of each name's turns.
  CHECK(result.sequence > before);
  CHECK(result.sequence < before + kMany / 2);
  wait_for("the others to be written, too", [&] { return master.status()->position >= before + kMany + 1; });
}

TEST_CASE("strangers: another user of the same machine does not get in", "[strangers]") {
  if (::geteuid() != 0) {
    WARN("only root can be two users: not tried");
    return;
  }
  const TemporaryFolder folder;
  fs::permissions(folder.path(), fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
  const std::string dir = (folder.path() / "c").string();
  const std::vector<std::string> up = {
      "/usr/bin/env", "-u", "SQLCAST_KEY", program("sqlcast"), "cluster", "up", "--dir", dir, "-n", "1", "--detach"};
  const Run started = run_program(up);
  INFO(started.output);
  REQUIRE(started.exit_code == 0);
  const local::ClusterFile file = local::ClusterFile::load(dir).value();
  const auto as_other = [&](std::vector<std::string> command) {
    // By name, and from where anybody may be.
    std::vector<std::string> whole = {"/usr/bin/env",
                                      "-C",
                                      "/",
                                      "-u",
                                      "SQLCAST_KEY",
                                      "HOME=/nonexistent",
                                      "/usr/bin/setpriv",
                                      "--reuid=65534",
                                      "--regid=65534",
                                      "--clear-groups"};
    whole.insert(whole.end(), command.begin(), command.end());
    return run_program(whole);
  };
  // His own copy: where this was built need not be his to look into.
  const fs::path own = folder.path() / "sqlcast";
  fs::copy_file(program("sqlcast"), own);
  REQUIRE(as_other({own.string(), "--version"}).exit_code == 0);
  for (const local::ClusterNode& node : file.nodes) {
    INFO(node.name);
    const Run by_port =
        as_other({own.string(), "--endpoint", node.endpoint, "--dir", "/nowhere", "-e", "SELECT 4711 + 1"});
    INFO(by_port.output);
    CHECK(by_port.exit_code == 1);
    CHECK_THAT(by_port.output, Contains("ERROR") && !Contains("4712"));
    const fs::path data = fs::path(dir) / node.name;
    for (const char* place : {"", "data", "data/log", "data/mariadb/mariadb.sock", "data/mariadb/data/ibdata1"}) {
      const fs::path path = data / place;
      INFO(path);
      CHECK(as_other({"/usr/bin/head", "-c", "1", path.string()}).exit_code != 0);
    }
  }
  const Run by_folder = as_other({own.string(), "--dir", dir, "-e", "SELECT 1"});
  INFO(by_folder.output);
  CHECK(by_folder.exit_code != 0);
  for (const char* name : {"admin.key", "master.key", "allowed", "nodes"})
    CHECK(as_other({"/usr/bin/head", "-c", "1", (fs::path(dir) / "keys" / name).string()}).exit_code != 0);
  const Run down =
      run_program({"/usr/bin/env", "-u", "SQLCAST_KEY", program("sqlcast"), "cluster", "down", "--dir", dir});
  INFO(down.output);
  CHECK(down.exit_code == 0);
}

TEST_CASE("strangers: who is refused and sends on at full speed is answered as fast, and others are, too",
          "[strangers]") {
  Cluster::Options options = with_keys(0);
  options.master_settings = "limits:\n  key_rate: 100\n  key_burst: 100\n";
  Cluster cluster(options);
  const Node& node = cluster.master();
  const access::KeyFile flooder = let_in(cluster, "flooder", Role::reader);
  const access::KeyFile watcher = let_in(cluster, "watcher", Role::watcher);
  const auto counted = [&](const std::string& name) { return node.status()->counters[name]; };
  const std::uint64_t busy = counted("busy");
  const std::uint64_t refused = counted("refused");
  const std::uint64_t before = peak_mib(node.process());
  std::vector<std::jthread> threads;
  // By two connections each, which take one answer of 200.
  for (const access::KeyFile& key : {flooder, watcher})
    for (int i = 0; i < 2; ++i)
      threads.emplace_back([&, key](const std::stop_token& stop) {
        RawSocket peer = connect_as(cluster, key, node);
        while (!stop.stop_requested()) {
          for (std::uint64_t exchange = 1; exchange <= 200; ++exchange)
            peer.send(framed(query_of("SELECT 1"), exchange));
          (void)peer.receive();
        }
      });
  do {
    REQUIRE(node.run("SELECT 1").ok());
  } while (counted("busy") < busy + 20'000 || counted("refused") < refused + 20'000);
  threads.clear();  // they stop
  CHECK(peak_mib(node.process()) < before + 300);
  CHECK(answer_to(cluster, watcher, node, proto::StatusRequest{}).ok());
}
