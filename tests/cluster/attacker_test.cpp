// Goal: nobody gets beyond what docs/security.md says. Method: a stranger in the network, one with a reader's key, one
// with a reader's that is limited to a database, and one with a stolen watcher's key try what an attacker would, at
// every socket of a master and a slave. Each try and its outcome is printed; behind all of them the data is as it was,
// and the log has no entry that is not ours.
#include <iostream>
#include <utility>

#include "access/permissions.h"
#include "tests/cluster/eavesdropper.h"
#include "tests/cluster/keyed.h"
#include "tests/support/raw_socket.h"

using namespace sqlcast;
using namespace sqlcast::support;
using access::Act;
using access::Role;
using namespace std::chrono_literals;

namespace {

const std::string kSecret = "the-secret-4711";

// One line of the list.
void tried(const std::string& who, const std::string& what, const std::string& outcome, bool held) {
  std::cout << (held ? "held     " : "BROKEN   ") << who << ": " << what << ": " << outcome << "\n";
  INFO(who << ": " << what << ": " << outcome);
  CHECK(held);
}

// What is attacked: two databases, a victim who writes to one of them.
struct Target {
  Cluster cluster{with_keys(1)};
  access::KeyFile victim;
  std::string publisher;
  Sequence entries = 0;

  Target() {
    for (const char* sql :
         {"CREATE DATABASE mine", "CREATE DATABASE theirs", "CREATE TABLE mine.t(v INT PRIMARY KEY)",
          "CREATE TABLE theirs.t(v VARCHAR(40) PRIMARY KEY)", "INSERT INTO mine.t VALUES (1),(2),(3)"})
      cluster.must(sql);
    cluster.must("INSERT INTO theirs.t VALUES ('" + kSecret + "')");
    victim = let_in(cluster, "victim", Role::writer);
    publisher = cluster.master().status()->publisher;
    entries = cluster.wait_until_equal();
  }

  // Behind everything.
  void check_untouched() {
    CHECK(cluster.wait_until_equal() == entries);
    CHECK(cluster.must("SELECT GROUP_CONCAT(v ORDER BY v) FROM mine.t").text() == "1,2,3");
    CHECK(cluster.must("SELECT GROUP_CONCAT(v) FROM theirs.t").text() == kSecret);
    cluster.check_same_everywhere();
  }

  // Handshakes that a node has refused, for whatever reason.
  static std::uint64_t refused(const Node& node) {
    const auto counters = node.status()->counters;
    return counters.at("refused_keys") + counters.at("refused_roles") + counters.at("refused_keyless");
  }
};

// Everything that there is to be sent, with the act that it needs; none: it is no request.
std::vector<std::pair<proto::Message, std::optional<Act>>> all_messages() {
  std::vector<std::pair<proto::Message, std::optional<Act>>> all;
  const auto add = [&](const proto::Message& message, Act act) { all.emplace_back(message, act); };
  add(query_of("SELECT v FROM mine.t"), Act::read);
  add(query_of("INSERT INTO mine.t VALUES (99)"), Act::write);
  add(query_of("DELETE FROM theirs.t"), Act::write);
  add(query_of("CREATE TABLE mine.u(id INT)"), Act::ddl);
  add(query_of("DROP DATABASE theirs"), Act::ddl);
  add(query_of_all({"SELECT 1", "DELETE FROM theirs.t"}), Act::write);
  add(proto::FetchRequest{"c", 99, 1}, Act::page);
  add(proto::CloseRequest{"c", 99}, Act::page);
  add(proto::CancelRequest{{"c", 1}}, Act::cancel);
  add(proto::ExplainRequest{"mine", {"SELECT 1"}}, Act::explain);
  add(proto::StatusRequest{}, Act::status);
  add(proto::LogReadRequest{}, Act::log_read);
  proto::Report report;
  report.status.name = "slave-1";
  report.status.role = "slave";
  add(report, Act::report);
  proto::QueryRequest forwarded = query_of("INSERT INTO mine.t VALUES (98)");
  forwarded.caller = "test";
  forwarded.forwarded_by = "slave-1";
  add(forwarded, Act::forward);
  proto::CancelRequest cancel{{"c", 1}};
  cancel.caller = "test";
  add(cancel, Act::forward);
  for (const proto::Message& reply :
       {proto::Message(proto::QueryResult{}), proto::Message(proto::ErrorReply{}), proto::Message(proto::ClosedReply{}),
        proto::Message(proto::LogBatch{}), proto::Message(proto::ReportReply{}), proto::Message(proto::GroupMessage{}),
        proto::Message(proto::Beacon{})})
    all.emplace_back(reply, std::nullopt);
  return all;
}

// Who has a key tries every message at both nodes, and the stream.
void try_all_messages(Target& target, const access::KeyFile& key, Role role) {
  for (const Node* node : target.cluster.nodes()) {
    for (const auto& [message, act] : all_messages()) {
      const Status status = answer_to(target.cluster, key, *node, message);
      const std::string what = std::string(proto::message_type_name(proto::type_of(message))) +
                               (act ? " (" + access::act_name(*act) + ")" : " (no request)") + " at " + node->name();
      const bool may = act && access::may(role, *act);
      const bool held = may ? status.code != Code::not_allowed : act ? status.code == Code::not_allowed : !status.ok();
      tried(key.name, what, std::string(code_name(status.code)), held);
    }
  }
}

std::optional<RawSocket::Keys> keys_for(const Target& target, const access::KeyPair& own, const std::string& node) {
  return RawSocket::Keys{own, key_of_node(target.cluster.folder(), node)};
}

// A handshake that has to fail: everything is sent, the node counts a refusal, and nothing has come back.
void try_requests(const std::string& who, const Node& node, const std::optional<RawSocket::Keys>& keys,
                  zmq::socket_type type = zmq::socket_type::dealer) {
  const std::uint64_t before = Target::refused(node);
  RawSocket socket(node.endpoint(), {type, keys, {}, {}});
  if (type == zmq::socket_type::dealer) {
    std::uint64_t exchange = 0;
    for (const auto& [message, act] : all_messages()) socket.send(framed(message, ++exchange));
    socket.send({"", R"({"sql": "delete from theirs.t"})"});
  }
  wait_for("the node to refuse it", [&] { return Target::refused(node) > before; });
  const bool silent = socket.receive(0ms).empty();
  tried(who, "every message at " + node.name(), silent ? "no handshake, no answer" : "ANSWERED", silent);
}

void try_stream(const Target& target, const std::string& who, const std::optional<RawSocket::Keys>& keys) {
  const Node& master = *target.cluster.nodes().front();
  const std::uint64_t before = Target::refused(master);
  RawSocket stranger(target.publisher, {zmq::socket_type::sub, keys, {}, {"", "g", "b"}});
  wait_for("the publisher to refuse it", [&] { return Target::refused(master) > before; });
  // Beacons come several times a second: to who is let in.
  RawSocket honest(target.publisher, {zmq::socket_type::sub, RawSocket::known_keys(target.publisher), {}, {""}});
  for (int i = 0; i < 3; ++i) REQUIRE_FALSE(honest.receive().empty());
  const bool silent = stranger.receive(0ms).empty();
  tried(who, "subscriptions to everything", silent ? "no handshake, nothing heard" : "HEARD", silent);
}

}  // namespace

TEST_CASE("attacker: a stranger without an allowed key gets through no handshake", "[attacker]") {
  Target target;
  const access::KeyPair made_up = make_named_key("made-up").pair;
  // Public keys are no secret: everybody may have the table.
  access::KeyPair half = made_up;
  half.public_key = target.victim.pair.public_key;
  for (const Node* node : target.cluster.nodes()) {
    try_requests("a stranger in clear", *node, std::nullopt);
    try_requests("a stranger with a key that he made", *node, keys_for(target, made_up, node->name()));
    try_requests("a stranger with the victim's public key alone", *node, keys_for(target, half, node->name()));
    RawSocket::Keys elsewhere{target.victim.pair, made_up.public_key};
    try_requests("a key that is allowed, for another node than this", *node, elsewhere);
  }
  try_stream(target, "a stranger in clear", std::nullopt);
  try_stream(target, "a stranger with a key that he made", keys_for(target, made_up, "master"));
  try_stream(target, "a stranger with the victim's public key alone", keys_for(target, half, "master"));
  target.check_untouched();
}

TEST_CASE("attacker: who listens in the network reads nothing, and what he sends again is done by nobody",
          "[attacker]") {
  Target target;
  target.cluster.must("CREATE TABLE mine.log(id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(40))");
  for (Node* node : target.cluster.nodes()) {
    const std::string before = target.cluster.must("SELECT COUNT(*) FROM mine.log").text();
    Eavesdropper relay(node->endpoint());
    {
      Session session(relay.endpoint());
      // Without a request key: executed as often as it comes.
      REQUIRE(session.run("INSERT INTO mine.log(v) VALUES ('" + kSecret + "')").ok());
      REQUIRE(session.run("SELECT v FROM theirs.t").text() == kSecret);
    }
    const auto [said, told] = relay.end();
    REQUIRE(said.size() > 300);
    const bool clear = said.find(kSecret) != std::string::npos || told.find(kSecret) != std::string::npos ||
                       said.find("INSERT") != std::string::npos;
    tried("who listens at " + node->name(), "statement and rows", clear ? "IN CLEAR" : "not there", !clear);
    const auto count = [&] { return std::stoi(target.cluster.must("SELECT COUNT(*) FROM mine.log").text()); };
    CHECK(count() == std::stoi(before) + 1);
    const std::string came = replay(node->endpoint(), said);
    const bool held = count() == std::stoi(before) + 1 && came.find(kSecret) == std::string::npos;
    tried("who has listened at " + node->name(), "the same bytes again", held ? "nothing was done" : "DONE", held);
  }
  target.cluster.must("DROP TABLE mine.log");
  target.entries = target.cluster.wait_until_equal();
  target.check_untouched();
}

TEST_CASE("attacker: a reader's key reads, and nothing else", "[attacker]") {
  Target target;
  const access::KeyFile reader = let_in(target.cluster, "reader", Role::reader);
  try_all_messages(target, reader, Role::reader);
  try_stream(target, "reader", keys_for(target, reader.pair, "master"));
  for (const Node* node : target.cluster.nodes()) {
    const auto attempt = [&](const std::string& what, const proto::Message& message) {
      const Status status = answer_to(target.cluster, reader, *node, message);
      tried("reader", what + " at " + node->name(), std::string(code_name(status.code)), !status.ok());
    };
    for (const char* sql :
         {"SELECT v FROM mine.t INTO OUTFILE '/tmp/sqlcast-attacker'", "SELECT LOAD_FILE('/etc/passwd') FROM theirs.t",
          "SELECT * FROM mysql.global_priv", "SET GLOBAL read_only = 0", "CALL mysql.AddGeometryColumn()",
          "GRANT ALL ON *.* TO reader", "SELECT v FROM mine.t FOR UPDATE", "/*!50000 DELETE FROM mine.t */",
          "SELECT 1; DELETE FROM mine.t", "WITH x AS (SELECT 1) DELETE FROM mine.t", "HANDLER mine.t OPEN",
          "EXECUTE IMMEDIATE 'DELETE FROM mine.t'", "KILL 1", "LOAD DATA INFILE '/etc/passwd' INTO TABLE mine.t",
          "SELECT * FROM sqlcast.log"})
      attempt(sql, query_of(sql));
    // Another's request, cursor and name.
    proto::QueryRequest write = keyed("victim-client", 1, "INSERT INTO mine.t VALUES (4)");
    if (node == &target.cluster.master()) {
      REQUIRE(answer_to(target.cluster, target.victim, *node, write).ok());
      REQUIRE(answer_to(target.cluster, target.victim, *node, query_of("DELETE FROM mine.t WHERE v = 4")).ok());
      target.entries = target.cluster.wait_until_equal();
    }
    attempt("another's write under his request id", write);
    proto::QueryRequest paged = keyed("victim-client", 2, "SELECT v FROM mine.t");
    paged.page_rows = 1;
    as(target.cluster, target.victim, *node);
    const Answer page = node->run(paged);
    as_admin(target.cluster, *node);
    REQUIRE(page.ok());
    attempt("another's cursor", proto::FetchRequest{"victim-client", page.at(0).cursor, 1});
    CHECK(answer_to(target.cluster, reader, *node, proto::CloseRequest{"victim-client", page.at(0).cursor}).ok());
    const Status still =
        answer_to(target.cluster, target.victim, *node, proto::FetchRequest{"victim-client", page.at(0).cursor, 1});
    tried("reader", "to close another's cursor at " + node->name(), still.ok() ? "it stays" : "CLOSED", still.ok());
  }
  target.check_untouched();
}

TEST_CASE("attacker: another's routing id gives neither his rights nor his replies", "[attacker]") {
  Target target;
  const access::KeyFile reader = let_in(target.cluster, "reader", Role::reader);
  for (Node* node : target.cluster.nodes()) {
    const std::string id = "the-victims-own-id";
    RawSocket victim(node->endpoint(),
                     {zmq::socket_type::dealer, keys_for(target, target.victim.pair, node->name()), id, {}});
    victim.send(framed(query_of("SELECT 'first'"), 1));
    REQUIRE_FALSE(victim.receive().empty());
    RawSocket thief(node->endpoint(), {zmq::socket_type::dealer, keys_for(target, reader.pair, node->name()), id, {}});
    thief.send(framed(query_of("INSERT INTO mine.t VALUES (97)"), 2));
    thief.send(framed(query_of("SELECT 'mine'"), 3));
    for (std::uint64_t exchange = 10; exchange < 60; ++exchange) {
      victim.send(framed(query_of("SELECT '" + kSecret + "'"), exchange));
      const auto reply = proto::decode(victim.receive());
      REQUIRE(reply.ok());
      CHECK(reply->header.exchange == exchange);
    }
    // A node that has the id already may give the thief no answer at all.
    bool held = true;
    for (proto::Frames frames = thief.receive(0ms); !frames.empty(); frames = thief.receive(0ms)) {
      const auto reply = proto::decode(frames);
      held = held && reply.ok() && (reply->header.exchange == 2 || reply->header.exchange == 3);
      if (reply.ok() && reply->header.exchange == 2)
        held = held && std::holds_alternative<proto::ErrorReply>(reply->message);
    }
    tried("reader", "another's routing id at " + node->name(), held ? "his own rights at most" : "REPLIES OF ANOTHER",
          held);
  }
  target.check_untouched();
}

TEST_CASE("attacker: a reader's key that is limited to a database sees nothing beyond", "[attacker]") {
  Target target;
  target.cluster.must("CREATE SQL SECURITY INVOKER VIEW theirs.w AS SELECT v FROM theirs.t");
  const access::KeyFile limited = let_in(target.cluster, "limited", Role::reader, {"mine"});
  target.entries = target.cluster.wait_until_equal();
  for (const Node* node : target.cluster.nodes()) {
    const auto attempt = [&](const std::string& sql, const std::string& database) {
      proto::QueryRequest request = query_of(sql);
      request.database = database;
      as(target.cluster, limited, *node);
      const Answer answer = node->run(request);
      as_admin(target.cluster, *node);
      // What may be said of what stands behind it is that it is not for him.
      const bool held = !answer.ok() && show(answer.status).find(kSecret) == std::string::npos;
      tried("limited reader", sql + (database.empty() ? "" : " in " + database) + " at " + node->name(),
            std::string(code_name(answer.status.code)), held);
    };
    for (const char* sql : {"SELECT v FROM theirs.t",
                            "SELECT v FROM theirs.w",
                            "SELECT v FROM `theirs`.`t`",
                            "SELECT v FROM THEIRS.t",
                            "SELECT a.v FROM mine.t a, theirs.t b",
                            "SELECT (SELECT MAX(v) FROM theirs.t)",
                            "SELECT v FROM mine.t WHERE EXISTS (SELECT 1 FROM theirs.t WHERE v LIKE 'the%')",
                            "SELECT v FROM mine.t UNION SELECT v FROM theirs.t",
                            "SELECT v FROM mine.t ORDER BY (SELECT v FROM theirs.t)",
                            "WITH x AS (SELECT v FROM theirs.t) SELECT * FROM x",
                            "SELECT * FROM (SELECT v FROM theirs.t) x",
                            "SELECT /*! v FROM theirs.t */",
                            "SELECT COUNT(*) FROM mine.t GROUP BY (SELECT v FROM theirs.t)",
                            "SHOW DATABASES",
                            "SHOW TABLES FROM theirs",
                            "SHOW TABLE STATUS FROM theirs",
                            "SHOW CREATE TABLE theirs.t",
                            "SHOW COLUMNS FROM theirs.t",
                            "SHOW INDEX FROM theirs.t",
                            "SHOW CREATE VIEW theirs.w",
                            "SHOW PROCESSLIST",
                            "SHOW GRANTS",
                            "SHOW VARIABLES",
                            "SHOW STATUS",
                            "SHOW TABLES FROM mine WHERE EXISTS (SELECT 1 FROM theirs.t)",
                            "DESCRIBE theirs.t",
                            "EXPLAIN SELECT v FROM theirs.t",
                            "TABLE theirs.t",
                            "SELECT table_name FROM information_schema.tables",
                            "SELECT * FROM information_schema.processlist",
                            "SELECT schema_name FROM INFORMATION_SCHEMA.SCHEMATA",
                            "SELECT * FROM performance_schema.threads",
                            "SELECT * FROM mysql.db",
                            "SELECT * FROM sqlcast.log",
                            "SELECT * FROM sys.version"})
      attempt(sql, "");
    attempt("SELECT v FROM t", "theirs");
    attempt("SHOW TABLES", "theirs");
    attempt("DESCRIBE t", "theirs");
    attempt("SELECT COUNT(*) FROM tables", "information_schema");
  }
  target.check_untouched();
}

TEST_CASE("attacker: a watcher's stolen key hears the log, and does nothing", "[attacker]") {
  Target target;
  const access::KeyFile watcher = let_in(target.cluster, "watcher", Role::watcher);
  try_all_messages(target, watcher, Role::watcher);
  // The way from a subscriber to the publisher is for subscriptions; whatever else comes is nothing.
  const auto keys = keys_for(target, watcher.pair, "master");
  {
    RawSocket talker(target.publisher, {zmq::socket_type::xsub, keys, {}, {}});
    talker.send({std::string(1, '\1')});
    for (const auto& [message, act] : all_messages()) talker.send(framed(message));
    talker.send({"g", "forged", "group"});
    talker.send({"b", "forged", "beacon"});
    REQUIRE_FALSE(talker.receive().empty());
  }
  RawSocket other(target.publisher, {zmq::socket_type::sub, keys, {}, {""}});
  bool forged = false;
  for (int i = 0; i < 5; ++i) {
    const proto::Frames heard = other.receive();
    REQUIRE_FALSE(heard.empty());
    forged = forged || (heard.size() > 1 && heard[1] == "forged");
  }
  tried("watcher", "to publish", forged ? "HEARD BY OTHERS" : "heard by nobody", !forged);
  // Its key opens the slave for no more, and no socket that is not the stream's.
  for (const Node* node : target.cluster.nodes()) {
    RawSocket listener(node->endpoint(),
                       {zmq::socket_type::sub, keys_for(target, watcher.pair, node->name()), {}, {""}});
    CHECK(node->run("SELECT 1").ok());
    const bool silent = listener.receive(0ms).empty();
    tried("watcher", "a SUB socket at the requests of " + node->name(), silent ? "hears nothing" : "HEARD", silent);
  }
  target.check_untouched();
}
