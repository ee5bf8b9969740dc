// Goal: nobody does more than the role of the key that he connects with, whatever he sends and by whichever node; keys
// come, go and are replaced while all runs; strangers disturb nobody. Method: real clusters with keys, sessions with
// keys of every role, sockets that say half a greeting.
#include <sys/socket.h>
#include <sys/types.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>
#include <tuple>

#include <catch2/catch.hpp>
#include "access/permissions.h"
#include "client/client.h"
#include "client/local/cluster_keys.h"
#include "net/dealer.h"
#include "net/key_ring.h"
#include "net/poller.h"
#include "net/subscriber.h"
#include "tests/cluster/keyed.h"
#include "tests/support/run_program.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;
using access::Act;
using access::Grant;
using access::Role;
using Catch::Matchers::Contains;

namespace {

// A key of each role, let in everywhere.
std::vector<access::KeyFile> keys_of_all_roles(const Cluster& cluster) {
  std::vector<access::KeyFile> keys;
  for (std::size_t i = 0; i < access::kRoles; ++i) {
    const auto role = static_cast<Role>(i);
    keys.push_back(make_named_key("a-" + std::string(access::role_name(role))));
    cluster.allow({keys.back().name, role, keys.back().pair.public_key, false, {}});
  }
  return keys;
}

// The code that a message is answered with; ok for any answer that is no error.
Code ask(const Node& node, const proto::Message& message) { return answer_to(node, message).code; }

// What one may or may not do: the act, and messages that need it.
std::vector<std::pair<Act, proto::Message>> messages_of_all_acts() {
  proto::Report report;
  report.status.name = "a-node";
  report.status.role = "slave";
  return {{Act::read, query_of("SELECT COUNT(*) FROM r.t")},
          {Act::write, query_of("INSERT INTO r.t() VALUES ()")},
          {Act::ddl, query_of("CREATE TABLE r.u(id INT)")},
          {Act::page, proto::FetchRequest{"c", 99, 1}},
          {Act::page, proto::CloseRequest{"c", 99}},
          {Act::cancel, proto::CancelRequest{{"c", 1}}},
          {Act::explain, proto::ExplainRequest{"r", {"SELECT 1"}}},
          {Act::status, proto::StatusRequest{}},
          {Act::log_read, proto::LogReadRequest{}},
          {Act::report, report}};
}

// The subscribers' own way in is the handshake.
bool hears_the_stream(const Cluster& cluster, const std::string& publisher, const access::KeyFile& key) {
  go_as(key, publisher, key_of_node(cluster.folder(), "master"));
  const auto subscriber = std::move(net::Subscriber::open({publisher, {""}}).value());
  const auto received = subscriber->receive(60s);
  if (!received) REQUIRE(subscriber->take_refusal().has_value());
  return received.has_value();
}

}  // namespace

TEST_CASE("security: every role does what it may, at either node, and nothing else", "[security]") {
  Cluster cluster(with_keys(1));
  cluster.must("CREATE DATABASE r");
  cluster.must("CREATE TABLE r.t(id INT AUTO_INCREMENT PRIMARY KEY)");
  const std::string publisher = cluster.master().status()->publisher;
  const auto keys = keys_of_all_roles(cluster);
  for (const access::KeyFile& key : keys) wait_until_let_in(cluster, key);
  cluster.wait_until_equal();
  for (std::size_t i = 0; i < access::kRoles; ++i) {
    const Grant grant{keys[i].name, static_cast<Role>(i), keys[i].pair.public_key, false, {}};
    for (const Node* node : cluster.nodes()) {
      as(cluster, keys[i], *node);
      const bool slave = node != &cluster.master();
      for (const auto& [act, message] : messages_of_all_acts()) {
        const Code code = ask(*node, message);
        INFO(grant.name << " at " << node->name() << ": " << access::act_name(act) << " "
                        << proto::message_type_name(proto::type_of(message)) << ": " << code_name(code));
        CHECK((code != Code::not_allowed) == access::may(grant, act));
        if (act == Act::ddl && slave && access::may(grant, act)) CHECK(code == Code::master_only);
      }
      as_admin(cluster, *node);
    }
    INFO(grant.name);
    CHECK(hears_the_stream(cluster, publisher, keys[i]) == access::may(grant, Act::subscribe));
  }
  // Two may write, at two nodes each; nothing else was done.
  CHECK(cluster.must("SELECT COUNT(*) FROM r.t").text() == "4");
  go_as_admin(publisher, key_of_node(cluster.folder(), "master"));
  cluster.wait_until_equal();
}

TEST_CASE("security: who did it stands in the log of every node, also when a slave has sent it on", "[security]") {
  Cluster cluster(with_keys(1));
  cluster.must("CREATE DATABASE n");
  cluster.must("CREATE TABLE n.t(v INT PRIMARY KEY)");
  const access::KeyFile app = make_named_key("app");
  cluster.allow({"app", Role::writer, app.pair.public_key, false, {}});
  wait_until_let_in(cluster, app);
  as(cluster, app, cluster.slave(0));
  REQUIRE(cluster.slave(0).run("INSERT INTO n.t VALUES (1)").ok());
  as_admin(cluster, cluster.slave(0));
  cluster.must("INSERT INTO n.t VALUES (2)");
  cluster.wait_until_equal();
  for (const Node* node : cluster.nodes()) {
    Result<proto::Message> reply = Session(node->endpoint()).exchange(proto::LogReadRequest{}, 60s);
    REQUIRE(reply.ok());
    std::vector<std::string> names;
    for (const proto::Group& group : std::get<proto::LogBatch>(*reply).groups) {
      const auto entries = proto::decode_entries(group.body);
      REQUIRE(entries.ok());
      for (const proto::Entry& entry : *entries) names.push_back(entry.by);
    }
    CHECK(names == std::vector<std::string>{"test", "test", "app", "test"});
  }
  cluster.check_same_everywhere();
}

TEST_CASE("security: nobody but a node speaks in another's name, and a node only in an allowed one", "[security]") {
  Cluster cluster(with_keys(0));
  cluster.must("CREATE DATABASE f");
  cluster.must("CREATE TABLE f.t(v INT)");
  const access::KeyFile reader = make_named_key("reader");
  const access::KeyFile slave = make_named_key("slave-9");
  cluster.allow({"reader", Role::reader, reader.pair.public_key, false, {}});
  cluster.allow({"slave-9", Role::node, slave.pair.public_key, false, {}});
  wait_until_let_in(cluster, reader);
  wait_until_let_in(cluster, slave);
  proto::QueryRequest write = query_of("INSERT INTO f.t VALUES (1)");
  const auto in_name_of = [&](const access::KeyFile& key, const std::string& name, const std::string& original) {
    as(cluster, key, cluster.master());
    write.caller = name;
    write.caller_key = original;
    write.forwarded_by = "slave-9";
    const Answer answer = cluster.master().run(write);
    as_admin(cluster, cluster.master());
    return answer.status;
  };
  const auto text_of = [](const access::KeyFile& key) { return to_hex(key.pair.public_key); };
  const std::string admin = to_hex(key_of_admin());
  CHECK(in_name_of(reader, "test", admin).code == Code::not_allowed);
  CHECK(in_name_of(reader, "", admin).code == Code::not_allowed);
  CHECK(in_name_of(reader, "", "").code == Code::not_allowed);
  CHECK(in_name_of(slave, "", "").code == Code::not_allowed);
  // As slaves of before did.
  CHECK_THAT(in_name_of(slave, "test", "").message, Contains("It is of an older version"));
  const access::KeyFile nobody = make_named_key("test");
  CHECK_THAT(in_name_of(slave, "test", text_of(nobody)).message,
             Contains("master does not know the key 'test' that slave-9 forwards for") &&
                 Contains("sqlcast keys allow test ROLE " + text_of(nobody)));
  CHECK(in_name_of(slave, "test", "00").code == Code::bad_request);
  CHECK(in_name_of(slave, "test", text_of(reader)).code == Code::not_allowed);
  CHECK(in_name_of(slave, "test", text_of(slave)).code == Code::not_allowed);
  CHECK(cluster.must("SELECT COUNT(*) FROM f.t").text() == "0");
  CHECK(in_name_of(slave, "whatever", admin).ok());
  CHECK(cluster.must("SELECT COUNT(*) FROM f.t").text() == "1");
}

TEST_CASE("security: a name to which a slave gives another key, or more rights, gives it nothing at the master",
          "[security]") {
  Cluster cluster(with_keys(1));
  for (const char* sql : {"CREATE DATABASE o", "CREATE TABLE o.t(v INT PRIMARY KEY)"}) cluster.must(sql);
  const access::KeyFile of_master = make_named_key("app");
  const access::KeyFile of_slave = make_named_key("app");
  const access::KeyFile both = make_named_key("both");
  const access::KeyFile renamed = make_named_key("renamed");
  cluster.allow({"app", Role::writer, of_master.pair.public_key, false, {}});
  cluster.allow({"both", Role::reader, both.pair.public_key, false, {}});
  cluster.allow({"renamed", Role::writer, renamed.pair.public_key, false, {}});
  // The slave's own idea of all three.
  const std::string table = (cluster.folder() / "of-slave").string();
  std::string lines;
  for (const auto& [name, role, key] :
       {std::tuple{std::string("test"), Role::admin, key_of_admin()},
        std::tuple{std::string("master"), Role::node, key_of_node(cluster.folder(), "master")},
        std::tuple{std::string("app"), Role::writer, of_slave.pair.public_key},
        std::tuple{std::string("both"), Role::writer, both.pair.public_key},
        std::tuple{std::string("else"), Role::writer, renamed.pair.public_key}})
    lines += access::format_grant({name, role, key, false, {}}) + "\n";
  REQUIRE(local::write_table(table, lines).ok());
  Node& slave = cluster.slave(0);
  REQUIRE(slave.stop());
  slave.arguments = {"--security.allowed", table};
  slave.start();
  slave.wait_until_answering();
  cluster.wait_until_equal();
  const auto write_as = [&](const access::KeyFile& key, int value) {
    as(cluster, key, slave);
    const Answer answer = slave.run("INSERT INTO o.t VALUES (" + std::to_string(value) + ")");
    as_admin(cluster, slave);
    return answer.status;
  };
  const Status unknown = write_as(of_slave, 1);
  CHECK(unknown.code == Code::not_allowed);
  CHECK_THAT(unknown.message, Contains("master does not know the key 'app' that " + slave.name() + " forwards for"));
  CHECK(write_as(both, 2).code == Code::not_allowed);
  CHECK(show(write_as(renamed, 3)) == "OK");
  CHECK(cluster.must("SELECT GROUP_CONCAT(v) FROM o.t").text() == "3");
  // The log has the master's name for it.
  cluster.wait_until_equal();
  Result<proto::Message> reply = Session(slave.endpoint()).exchange(proto::LogReadRequest{}, 60s);
  REQUIRE(reply.ok());
  const proto::Group last = std::get<proto::LogBatch>(*reply).groups.back();
  CHECK(proto::decode_entries(last.body)->back().by == "renamed");
}

TEST_CASE("security: a watcher hears what comes and asks for nothing that was, a backup reads it all and hears nothing",
          "[security]") {
  Cluster cluster(with_keys(1));
  cluster.must("CREATE DATABASE w");
  cluster.must("CREATE TABLE w.t(v INT PRIMARY KEY)");
  const std::string publisher = cluster.master().status()->publisher;
  const access::PublicKey of_master = key_of_node(cluster.folder(), "master");
  const access::KeyFile watcher = make_named_key("watcher");
  const access::KeyFile backup = make_named_key("backup");
  cluster.allow({"watcher", Role::watcher, watcher.pair.public_key, false, {}});
  cluster.allow({"backup", Role::backup, backup.pair.public_key, false, {}});
  wait_until_let_in(cluster, watcher);
  wait_until_let_in(cluster, backup);
  const Sequence end = cluster.wait_until_equal();

  as(cluster, watcher, cluster.master());
  go_as(watcher, publisher, of_master);
  std::atomic<Sequence> first{0};
  std::atomic<bool> listens{false};
  client::Tail::Callbacks callbacks;
  callbacks.on_group = [&](const proto::Group& group, const std::vector<proto::Entry>&) {
    Sequence none = 0;
    first.compare_exchange_strong(none, group.first);
  };
  callbacks.on_beacon = [&](const proto::Beacon&) { listens = true; };
  const auto tail = std::move(client::Tail::open({cluster.master().endpoint()}, 0, callbacks).value());
  wait_for("a beacon", [&] { return listens.load(); });
  CHECK(ask(cluster.master(), proto::LogReadRequest{}) == Code::not_allowed);
  as_admin(cluster, cluster.master());
  cluster.must("INSERT INTO w.t VALUES (1)");
  wait_for("the watcher to hear it", [&] { return first != 0; });
  CHECK(first == end + 1);

  for (const Node* node : cluster.nodes()) {
    as(cluster, backup, *node);
    wait_for("the whole log at " + node->name(), [&] {
      Result<proto::Message> reply = Session(node->endpoint()).exchange(proto::LogReadRequest{}, 60s);
      REQUIRE(reply.ok());
      const auto& batch = std::get<proto::LogBatch>(*reply);
      CHECK(batch.groups.front().first == 1);
      return batch.groups.back().last == end + 1;
    });
    CHECK(node->run("SELECT v FROM w.t").status.code == Code::not_allowed);
    as_admin(cluster, *node);
  }
  CHECK_FALSE(hears_the_stream(cluster, publisher, backup));
  go_as_admin(publisher, of_master);
}

TEST_CASE("security: with a node's key nobody acknowledges for another node", "[security]") {
  Cluster cluster(with_keys(1));
  const access::KeyFile slave = make_named_key("slave-9");
  cluster.allow({"slave-9", Role::node, slave.pair.public_key, false, {}});
  wait_until_let_in(cluster, slave);
  proto::Report report;
  report.status = *cluster.slave(0).status();
  as(cluster, slave, cluster.master());
  CHECK(ask(cluster.master(), report) == Code::not_allowed);
  report.status.name = "slave-9";
  CHECK(ask(cluster.master(), report) != Code::not_allowed);
  // Nor does an admin, for whomever.
  as_admin(cluster, cluster.master());
  for (const char* name : {"slave-1", "slave-9", "test"}) {
    report.status.name = name;
    CHECK(ask(cluster.master(), report) == Code::not_allowed);
  }
}

TEST_CASE("security: a key that is limited to databases stays in them, through a slave, too", "[security]") {
  Cluster cluster(with_keys(1));
  for (const char* sql : {"CREATE DATABASE mine", "CREATE DATABASE theirs", "CREATE TABLE mine.t(v INT PRIMARY KEY)",
                          "CREATE TABLE theirs.t(v INT PRIMARY KEY)", "INSERT INTO theirs.t VALUES (42)"})
    cluster.must(sql);
  const access::KeyFile key = make_named_key("limited");
  cluster.allow({"limited", Role::writer, key.pair.public_key, false, {"mine"}});
  wait_until_let_in(cluster, key);
  cluster.wait_until_equal();
  int value = 0;
  for (const Node* node : cluster.nodes()) {
    as(cluster, key, *node);
    INFO(node->name());
    CHECK(node->run("INSERT INTO mine.t VALUES (" + std::to_string(++value) + ")").ok());
    CHECK(node->run("SELECT v FROM mine.t").ok());
    CHECK(node->run("SELECT 1").ok());
    for (const char* sql :
         {"SELECT v FROM theirs.t", "INSERT INTO mine.t SELECT v FROM theirs.t", "SELECT (SELECT v FROM theirs.t)",
          "DELETE FROM theirs.t", "SELECT a.v FROM mine.t a JOIN theirs.t b ON b.v = 42", "SHOW TABLES FROM theirs",
          "WITH x AS (SELECT v FROM theirs.t) SELECT v FROM x", "SHOW CREATE TABLE theirs.t", "DESCRIBE theirs.t",
          "EXPLAIN SELECT * FROM theirs.t", "SELECT table_name FROM information_schema.tables", "SHOW DATABASES",
          "UPDATE mine.t SET v = 7 WHERE v IN (SELECT v FROM theirs.t)", "/* x */ sHoW tables from theirs"}) {
      INFO(sql);
      CHECK(node->run(sql).status.code == Code::not_allowed);
    }
    as_admin(cluster, *node);
  }
  CHECK(cluster.must("SELECT GROUP_CONCAT(v) FROM mine.t").text() == "1,2");
}

TEST_CASE("security: a revoked key is refused at once where it is connected, and hears nothing more", "[security]") {
  Cluster cluster(with_keys(1));
  const access::KeyFile key = make_named_key("leaver");
  cluster.allow({"leaver", Role::admin, key.pair.public_key, false, {}});
  wait_until_let_in(cluster, key);
  const std::string publisher = cluster.master().status()->publisher;
  as(cluster, key, cluster.master());
  go_as(key, publisher, key_of_node(cluster.folder(), "master"));
  Session session(cluster.master().endpoint());
  REQUIRE(session.run("SELECT 1").ok());
  const auto stream = std::move(net::Subscriber::open({publisher, {""}}).value());
  REQUIRE(stream->receive(60s).has_value());
  as_admin(cluster, cluster.master());
  go_as_admin(publisher, key_of_node(cluster.folder(), "master"));

  cluster.revoke("leaver");
  wait_for("the revocation", [&] { return session.run("SELECT 1").status.code == Code::not_allowed; });
  CHECK(session.run("CREATE DATABASE mine").status.code == Code::not_allowed);
  wait_for("the stream to end", [&] {
    (void)stream->receive(20ms);
    return stream->take_refusal().has_value();
  });
  // The slave came back, and nothing is missing.
  cluster.must("CREATE DATABASE after_it");
  cluster.wait_until_equal();
  while (stream->receive(0ms)) {
  }
  cluster.must("CREATE DATABASE not_heard");
  CHECK_FALSE(stream->receive(300ms).has_value());
}

TEST_CASE("security: a table that cannot be read leaves what was, and SIGHUP reads it again", "[security]") {
  Cluster cluster(with_keys(0));
  const local::KeyPlaces places(cluster.folder());
  const std::string good = local::read_text_file(places.allowed()).value();
  REQUIRE(local::write_table(places.allowed(), good + "nonsense\n").ok());
  ::kill(cluster.master().process(), SIGHUP);
  wait_for("the log to say so", [&] {
    return cluster.master().log_end().find("line 5: expected NAME ROLE PUBLICKEY") != std::string::npos;
  });
  CHECK(cluster.master().run("SELECT 1").ok());
  const access::KeyFile key = make_named_key("late");
  REQUIRE(local::write_table(places.allowed(),
                             good + access::format_grant({"late", Role::reader, key.pair.public_key, false, {}}) + "\n")
              .ok());
  ::kill(cluster.master().process(), SIGHUP);
  wait_until_let_in(cluster, key);
  CHECK(cluster.master().running());
}

TEST_CASE("security: a node's key is replaced while clients write, and every write is there once", "[security]") {
  Cluster cluster(with_keys(1));
  cluster.must("CREATE DATABASE k");
  cluster.must("CREATE TABLE k.t(id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  const local::KeyPlaces places(cluster.folder());
  const access::KeyFile next = make_named_key("master");
  const std::string endpoint = cluster.master().endpoint();
  const std::string publisher = cluster.master().status()->publisher;
  const access::PublicKey old = key_of_node(cluster.folder(), "master");
  // Told to everybody first.
  cluster.allow({"master", Role::node, next.pair.public_key, false, {}});
  const std::string known = local::read_text_file(places.nodes()).value();
  const std::string added = to_hex(next.pair.public_key) + "\n";
  REQUIRE(local::write_table(places.nodes(), known + endpoint + " " + added + publisher + " " + added).ok());
  const auto own = std::make_shared<const access::KeyFile>(make_named_key("writer"));
  cluster.allow({"writer", Role::writer, own->pair.public_key, false, {}});
  wait_until_let_in(cluster, *own);
  net::key_ring().pin(own, {{endpoint, old}, {endpoint, next.pair.public_key}});

  client::Options options;
  options.endpoints = {endpoint};
  const auto client = std::move(client::Client::open(options).value());
  std::atomic<bool> stop{false};
  std::atomic<int> written{0};
  std::thread writer([&] {
    while (!stop) {
      const client::Reply reply = client->run("INSERT INTO k.t(v) VALUES (1)");
      CHECK(show(reply.status) == "OK");
      if (reply.status.ok()) ++written;
    }
  });
  wait_for("some writes", [&] { return written > 20; });
  REQUIRE(local::write_table(places.key_of("master"), access::format_key_file(next)).ok());
  wait_for("the new key",
           [&] { return cluster.master().log_end().find("this node has another key now") != std::string::npos; });
  const int before = written;
  wait_for("more writes", [&] { return written > before + 50; });
  stop = true;
  writer.join();
  go_as_admin(endpoint, next.pair.public_key);
  go_as_admin(publisher, next.pair.public_key);
  CHECK(cluster.must("SELECT COUNT(*) FROM k.t").text() == std::to_string(written));
  cluster.check_same_everywhere();
}

TEST_CASE("security: half-open handshakes and floods of connections keep no honest client out", "[security]") {
  Cluster cluster(with_keys(0));
  const std::string endpoint = cluster.master().endpoint();
  const auto port = static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // The beginnings of a greeting, of random bytes, and nothing at all.
  const std::vector<std::string> greetings = {std::string(), std::string("\xff\0\0\0\0\0\0\0\1\x7f\3", 11),
                                              std::string(64, 'x'), "GET / HTTP/1.1\r\n\r\n"};
  std::vector<int> open;
  for (int i = 0; i < 300; ++i) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) break;
    (void)::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const std::string& greeting = greetings[static_cast<std::size_t>(i) % greetings.size()];
    (void)::send(descriptor, greeting.data(), greeting.size(), MSG_NOSIGNAL);
    open.push_back(descriptor);
    if (i % 30 == 0) CHECK(cluster.master().run("SELECT 1").ok());
  }
  CHECK(cluster.master().run("CREATE DATABASE in_spite_of_it").ok());
  for (const int descriptor : open) ::close(descriptor);
  wait_for("the strangers to be counted",
           [&] { return cluster.master().status()->counters.at("refused_keyless") > 0; });
  CHECK(cluster.master().run("SELECT 1").ok());
}

TEST_CASE("security: a key has its part of a node, and another one is answered beside it", "[security][bounds]") {
  Cluster::Options options = with_keys(1);
  options.master_settings = options.slave_settings =
      "limits:\n  key_requests: 8\n  key_cursors: 3\n  readers: 1\ndatabase:\n  stall_timeout: 1h\n";
  Cluster cluster(options);
  cluster.must("CREATE DATABASE q");
  cluster.must("CREATE TABLE q.t(id INT PRIMARY KEY)");
  cluster.must("INSERT INTO q.t VALUES (1),(2),(3),(4)");
  cluster.wait_until_equal();
  const access::KeyFile app = make_named_key("app");
  cluster.allow({"app", Role::writer, app.pair.public_key, false, {}});
  wait_until_let_in(cluster, app);
  std::string endless = "SELECT COUNT(*) FROM q.t t0";
  for (int i = 1; i < 20; ++i) endless += ", q.t t" + std::to_string(i);
  endless += " WHERE t0.id+t1.id+t2.id+t3.id+t4.id+t5.id+t6.id+t7.id+t8.id+t9.id+t19.id=3";
  for (const Node* node : {&cluster.master(), &cluster.slave(0)}) {
    INFO(node->name());
    // Cursors: by as many clients as it likes.
    as(cluster, app, *node);
    Session session(node->endpoint());
    std::vector<std::uint64_t> cursors;
    for (int i = 0; i < 4; ++i) {
      proto::QueryRequest query = keyed("client-" + std::to_string(i), 1, "SELECT id FROM q.t");
      query.page_rows = 1;
      const Answer answer = session.run(query);
      CHECK(answer.status.code == (i < 3 ? Code::ok : Code::too_many_cursors));
      if (answer.ok()) cursors.push_back(answer.at(0).cursor);
    }
    as_admin(cluster, *node);
    proto::QueryRequest own = query_of("SELECT id FROM q.t");
    own.page_rows = 1;
    CHECK(show(node->run(own).status) == "OK");
    for (std::size_t i = 0; i < cursors.size(); ++i)
      CHECK(std::holds_alternative<proto::ClosedReply>(
          *session.exchange(proto::CloseRequest{"client-" + std::to_string(i), cursors[i]}, 60s)));

    // Requests under way: one read that has no end, and others behind it.
    as(cluster, app, *node);
    proto::QueryRequest wait = query_of(endless);
    wait.timeout_ms = 600'000;
    const auto dealer = std::move(net::Dealer::open({node->endpoint()}).value());
    for (std::uint64_t i = 0; i < 12; ++i) {
      wait.key = {"waiter", i + 1};
      REQUIRE(dealer->send(proto::encode(wait, i + 1)));
    }
    net::Poller poller;
    poller.add(*dealer);
    for (int busy = 0; busy < 4;) {
      poller.wait(60s);
      while (const auto reply = dealer->receive()) {
        const auto decoded = proto::decode(*reply);
        REQUIRE(decoded.ok());
        const auto* error = std::get_if<proto::ErrorReply>(&decoded->message);
        REQUIRE(error != nullptr);
        INFO(show(error->status));
        CHECK(error->status.code == Code::busy);
        CHECK_THAT(error->status.message, Contains("the key 'app'") && Contains("limits.key_requests"));
        ++busy;
      }
    }
    CHECK(Session(node->endpoint()).run("SELECT 1").status.code == Code::busy);
    as_admin(cluster, *node);
    CHECK(node->status().has_value());
    // A cancel is taken all the same, and makes room.
    as(cluster, app, *node);
    Session canceller(node->endpoint());
    for (std::uint64_t i = 1; i <= 12; ++i) (void)canceller.exchange(proto::CancelRequest{{"waiter", i}}, 60s);
    wait_for("room for the key", [&] { return Session(node->endpoint()).run("SELECT 1").ok(); });
    as_admin(cluster, *node);
  }
}
