// Goal: whatever one peer sends, or does not fetch, a node's memory stays within its limits, it answers others, and it
// stops when told to. Method: the worst of each limit, at a node of its own with raw sockets, and its peak memory.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <limits>

#include "proto/codec.h"
#include "tests/support/cluster.h"
#include "tests/support/process_memory.h"
#include "tests/support/raw_socket.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

Cluster::Options alone() {
  Cluster::Options options;
  options.slaves = 0;
  return options;
}

// The code of the error that comes next; ok when it is something else.
Code next(RawSocket& peer) {
  const proto::Frames frames = peer.receive();
  if (frames.empty()) return Code::timeout;
  const auto decoded = proto::decode(frames);
  if (!decoded) return decoded.status().code;
  const auto* const error = std::get_if<proto::ErrorReply>(&decoded->message);
  return error == nullptr ? Code::ok : error->status.code;
}

// Of "tcp://127.0.0.1:PORT"; blocks until something comes, or the end.
int connect_to(const std::string& endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoul(endpoint.substr(endpoint.rfind(':') + 1))));
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  REQUIRE(connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  return descriptor;
}

// As much as the other side takes.
void say(int descriptor, const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t now = send(descriptor, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (now <= 0) return;
    sent += static_cast<std::size_t>(now);
  }
}

// "c0 INT,c1 INT"
std::string list_of_columns(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += (i == 0 ? "c" : ",c") + std::to_string(i) + " INT";
  return text;
}

void check_alive(Cluster& cluster) {
  REQUIRE(cluster.master().status());
  CHECK(cluster.master().run("SELECT 1").text() == "1");
}

}  // namespace

TEST_CASE("bounds: a row that is too long, and many large pages in one reply, are refused", "[bounds]") {
  Cluster cluster(alone());
  Node& node = cluster.master();
  CHECK(node.run("SELECT REPEAT('x', 300000000)").status.code == Code::too_large);
  std::vector<std::string> many(100, "SELECT REPEAT('x', 6000000)");
  const Answer several = node.run(query_of_all(many));
  CHECK(several.status.code == Code::too_large);
  CHECK(several.failed_statement == 2U);  // the second one ends the page
  cluster.must("CREATE DATABASE d");
  cluster.must("CREATE TABLE d.t (id INT PRIMARY KEY)");
  many.front() = "INSERT INTO d.t VALUES (1)";
  CHECK(node.run(query_of_all(many)).status.code == Code::too_large);
  CHECK(node.run("SELECT COUNT(*) FROM d.t").text() == "0");
  CHECK(peak_mib(node.process()) < 900);  // the connector has a row whole, and gives a copy
  check_alive(cluster);
}

TEST_CASE("bounds: the results of a request have no more columns than a reply can have", "[bounds]") {
  Cluster cluster(alone());
  Node& node = cluster.master();
  cluster.must("CREATE DATABASE d");
  cluster.must("CREATE TABLE d.t (id INT PRIMARY KEY)");
  cluster.must("INSERT INTO d.t VALUES (1)");
  const auto list = [](const std::string& item, int columns) {
    std::string text = item;
    for (int i = 1; i < columns; ++i) text += "," + item;
    return text;
  };
  const auto refused = [&](std::vector<std::string> statements, std::uint32_t at) {
    const Answer answer = node.run(query_of_all(statements));
    INFO(statements.front().substr(0, 50) << ": " << show(answer.status));
    CHECK(answer.status.code == Code::too_large);
    CHECK(answer.failed_statement == at);
  };
  const std::string narrow = "SELECT " + list("1", 101);
  CHECK(node.run(query_of_all(std::vector<std::string>(648, narrow))).ok());
  refused(std::vector<std::string>(1'000, narrow), 648);
  const std::string insert = "INSERT INTO d.t VALUES (2)";
  const std::string by_rows = "INSERT INTO d.t SELECT id + 2 FROM d.t LIMIT 1";
  for (const std::string& write : {insert, by_rows}) {
    std::vector<std::string> statements(1'000, narrow);
    statements.front() = write;
    refused(statements, 649);
  }
  refused(std::vector<std::string>(1'000, "DELETE FROM d.t WHERE id<0 RETURNING " + list("id", 101)), 648);
  // Also of one statement.
  cluster.must("CREATE TABLE d.wide (" + list_of_columns(1'000) + ")");
  refused({"SELECT " + list("w.*", 70) + " FROM d.wide w"}, 0);
  // Without a row, a page has room for any number of them.
  const std::uint64_t before = peak_mib(node.process());
  std::vector<std::string> wide(1'500, "SELECT " + list("1", 4'000) + " LIMIT 0");
  refused(wide, 16);
  wide.front() = insert;
  refused(wide, 17);
  CHECK(peak_mib(node.process()) < before + 250);
  CHECK(node.run("SELECT COUNT(*) FROM d.t").text() == "1");
  check_alive(cluster);
}

TEST_CASE("bounds: requests that wait hold what they may, however few bytes they were sent as", "[bounds]") {
  Cluster::Options options = alone();
  options.master_settings = "limits:\n  request_memory: 64MiB\ndatabase:\n  stall_timeout: 1h\n";
  Cluster cluster(options);
  Node& node = cluster.master();
  proto::QueryRequest query;
  proto::RequestStatement statement;
  statement.sql = "SELECT :a";
  for (int i = 0; i < 500; ++i) statement.sql += ",:a";
  statement.named_params = {{"a", Value(std::string(16'000, 'v'))}};
  query.statements = {statement};
  query.timeout_ms = 600'000;
  kill(*node.database(), SIGSTOP);
  RawSocket peer(node.endpoint());
  constexpr int kRequests = 100;
  for (int i = 0; i < kRequests; ++i) peer.send(framed(query, static_cast<std::uint64_t>(i)));
  int busy = 0;
  for (; busy < kRequests - 12; ++busy) REQUIRE(next(peer) == Code::busy);  // 8 MiB each: a few wait
  REQUIRE(node.status());
  kill(*node.database(), SIGCONT);
  for (; busy < kRequests; ++busy) {
    const Code code = next(peer);
    CHECK((code == Code::ok || code == Code::busy));
  }
  CHECK(peak_mib(node.process()) < 500);
  check_alive(cluster);
}

TEST_CASE("bounds: replies that nobody reads are dropped beyond what a peer may have, and others get theirs",
          "[bounds]") {
  Cluster cluster(alone());
  Node& node = cluster.master();
  RawSocket peer(node.endpoint());
  for (int i = 0; i < 150; ++i)
    peer.send(framed(query_of("SELECT REPEAT('x', 8000000)"), static_cast<std::uint64_t>(i)));
  wait_for("replies to be dropped", [&] {
    const auto status = node.status();
    const auto dropped =
        status ? status->counters.find("replies_dropped") : std::map<std::string, std::uint64_t>::iterator{};
    return status && dropped != status->counters.end() && dropped->second > 50;
  });
  CHECK(peak_mib(node.process()) < 700);
  check_alive(cluster);
}

TEST_CASE("bounds: a write whose reply nobody has read is of unknown outcome, and done once when it comes again",
          "[bounds]") {
  Cluster cluster(alone());
  Node& node = cluster.master();
  cluster.must("CREATE DATABASE d");
  cluster.must("CREATE TABLE d.t (id BIGINT PRIMARY KEY)");
  const auto key = [](int i) { return RequestKey{"unread", static_cast<std::uint64_t>(i) + 1}; };
  const auto write = [&](int i) {
    proto::QueryRequest request = query_of("INSERT INTO d.t VALUES (" + std::to_string(i) + ")");
    request.key = key(i);
    return framed(request, static_cast<std::uint64_t>(i) + 1);
  };
  constexpr int kWrites = 20;
  RawSocket peer(node.endpoint());
  constexpr int kLarge = 60;
  for (int i = 0; i < kLarge; ++i)
    peer.send(framed(query_of("SELECT REPEAT('x', 8000000)"), static_cast<std::uint64_t>(kWrites + i) + 1));
  wait_for("replies to be dropped", [&] { return node.status()->counters["replies_dropped"] > 10; });
  for (int i = 0; i < kWrites; ++i) peer.send(write(i));
  wait_for("the writes", [&] { return cluster.must("SELECT COUNT(*) FROM d.t").text() == std::to_string(kWrites); });
  int unknown = 0;
  for (int i = 0; i < kLarge + kWrites; ++i) {
    const Code code = next(peer);
    CHECK((code == Code::ok || code == Code::outcome_unknown));
    unknown += code == Code::outcome_unknown ? 1 : 0;
  }
  CHECK(unknown > kWrites);
  for (int i = 0; i < kWrites; ++i) {
    peer.send(write(i));
    CHECK(next(peer) == Code::ok);
  }
  CHECK(cluster.must("SELECT COUNT(*) FROM d.t").text() == std::to_string(kWrites));
}

TEST_CASE("bounds: the way back is small, and so is what a slave reports", "[bounds]") {
  Cluster cluster(alone());
  Node& node = cluster.master();
  RawSocket peer(node.endpoint());
  std::vector<std::string> wide = framed(query_of("SELECT 1"));
  wide.insert(wide.begin(), std::string(1U << 20U, 'e'));
  peer.send(wide);
  CHECK(next(peer) == Code::bad_message);
  proto::Report report;
  report.status.name = "x";
  report.status.state = "Live";
  report.status.message = std::string(64U << 10U, 'm');
  peer.send(framed(report));
  const Code code = next(peer);
  CHECK((code == Code::bad_message || code == Code::bad_request));
  // Whichever text it is.
  for (std::string proto::NodeStatus::*text :
       {&proto::NodeStatus::node_id, &proto::NodeStatus::role, &proto::NodeStatus::state, &proto::NodeStatus::message,
        &proto::NodeStatus::version, &proto::NodeStatus::hash, &proto::NodeStatus::cluster,
        &proto::NodeStatus::endpoint, &proto::NodeStatus::publisher, &proto::NodeStatus::master,
        &proto::NodeStatus::database_version, &proto::NodeStatus::security, &proto::NodeStatus::key,
        &proto::NodeStatus::master_key}) {
    proto::Report large;
    large.status.name = "x";
    large.status.*text = std::string(64U << 10U, 'm');
    peer.send(framed(large));
    CHECK(next(peer) == Code::bad_request);
  }
  check_alive(cluster);
}

TEST_CASE("bounds: a subscription to a huge topic ends its connection, and the beacons go on", "[bounds]") {
  Cluster::Options options = alone();
  options.keys = false;  // the topic is said by hand, in clear; with keys a watcher could say it
  Cluster cluster(options);
  Node& node = cluster.master();
  const std::string publisher = node.status()->publisher;
  const std::uint64_t before = peak_mib(node.process());
  // By hand: libzmq's own subscriber does not survive such a topic.
  const int hostile = connect_to(publisher);
  const std::string topic = std::string(1, '\x01') + std::string(8U << 20U, 't');
  // Greeting, READY as a SUB, and the beginning of a frame of 8 MiB.
  say(hostile, std::string("\xFF\0\0\0\0\0\0\0\0\x7F\x03\0NULL", 16) + std::string(48, '\0') +
                   std::string("\x04\x19\x05READY\x0BSocket-Type\0\0\0\x03SUB", 27) +
                   std::string("\x02\0\0\0\0\0\x80\0\x01", 9) + topic);
  char byte = 0;
  while (recv(hostile, &byte, 1, 0) > 0) {
  }
  close(hostile);  // which the node has ended
  RawSocket honest(publisher, {zmq::socket_type::sub, std::nullopt, {}, {""}});
  for (int i = 0; i < 20; ++i) REQUIRE_FALSE(honest.receive().empty());
  CHECK(peak_mib(node.process()) < before + 100);
  CHECK(node.stop());
}

TEST_CASE("bounds: a page has no more rows and bytes than it may, whatever is asked for", "[bounds]") {
  Cluster cluster(alone());
  Node& node = cluster.master();
  cluster.must("CREATE DATABASE d");
  cluster.must("CREATE TABLE d.t (id INT PRIMARY KEY)");
  std::string rows = "INSERT INTO d.t VALUES (0)";
  for (int i = 1; i < 400; ++i) rows += ",(" + std::to_string(i) + ")";
  cluster.must(rows);
  const auto page_of = [&](const std::string& sql) {
    proto::QueryRequest request = query_of(sql);
    request.page_rows = std::numeric_limits<std::uint32_t>::max();
    Answer answer = node.run(request);
    INFO(show(answer.status));
    REQUIRE(answer.ok());
    return answer;
  };
  const std::uint64_t before = peak_mib(node.process());
  // The defaults of limits.max_page_rows and limits.max_page_bytes.
  const Answer many = page_of("SELECT a.id FROM d.t a, d.t b");
  CHECK(many.rows.at(0).size() == 65'536);
  CHECK(many.at(0).cursor != 0);
  const Answer wide = page_of("SELECT REPEAT('x', 1000000) FROM d.t");
  CHECK(wide.rows.at(0).size() < 10);
  CHECK(wide.at(0).cursor != 0);
  CHECK(peak_mib(node.process()) < before + 100);
  check_alive(cluster);
}

TEST_CASE("bounds: what is committed fits into a message to the slaves, however short its statements are", "[bounds]") {
  Cluster::Options options;
  options.slaves = 1;
  options.slave_settings =
      "limits:\n  max_message_bytes: 256KiB\n  max_statement_bytes: 64KiB\n  max_page_bytes: 64KiB\n"
      "  group_bytes: 128KiB\n  log_batch_bytes: 64KiB\n";
  options.master_settings = options.slave_settings + "database:\n  stall_timeout: 1h\n";
  Cluster cluster(options);
  cluster.must("CREATE DATABASE d");
  // The larger the ids, the more the log has of each statement.
  cluster.must("CREATE TABLE d.t (id BIGINT AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT=1000000000000000");
  const Sequence before = cluster.wait_until_equal();
  proto::QueryRequest many = query_of("INSERT t VALUES()");
  many.database = "d";
  many.statements.resize(7'500, many.statements.front());
  CHECK(cluster.master().run(many).status.code == Code::too_large);
  CHECK(cluster.slave(0).run(many).status.code == Code::too_large);
  many.statements.resize(2'000);
  cluster.must(many);
  CHECK(cluster.wait_until_equal() == before + 1);
  CHECK(cluster.must("SELECT COUNT(*) FROM d.t").text() == "2000");
  // Those that wait together, too.
  many.statements.resize(200);
  many.timeout_ms = 600'000;
  RawSocket peer(cluster.master().endpoint());
  constexpr std::uint64_t kRequests = 100;
  kill(*cluster.master().database(), SIGSTOP);
  for (std::uint64_t id = 1; id <= kRequests; ++id) peer.send(framed(many, id));
  wait_for("them to wait", [&] { return cluster.master().status()->counters.at("requests") >= kRequests; });
  kill(*cluster.master().database(), SIGCONT);
  for (std::uint64_t id = 1; id <= kRequests; ++id) REQUIRE(next(peer) == Code::ok);
  CHECK(cluster.wait_until_equal() == before + 1 + kRequests);
  cluster.check_same_everywhere();
}

TEST_CASE("bounds: neither a group nor a piece of the log is larger than it may be", "[bounds]") {
  constexpr std::size_t kLimit = 1U << 20U;
  constexpr std::size_t kOverhead = 64U << 10U;  // of entries, beside their statements
  Cluster::Options options = alone();
  options.master_settings = "limits:\n  group_bytes: 1MiB\n  log_batch_bytes: 1MiB\ndatabase:\n  stall_timeout: 1h\n";
  Cluster cluster(options);
  Node& node = cluster.master();
  cluster.must("CREATE DATABASE d");
  cluster.must("CREATE TABLE d.t (id INT PRIMARY KEY, v LONGTEXT)");
  const Position before{1, node.status()->position, {}};
  RawSocket stream(node.status()->publisher,
                   {zmq::socket_type::sub, RawSocket::known_keys(node.status()->publisher), {}, {""}});
  REQUIRE_FALSE(stream.receive().empty());  // it hears
  // 100 writes of 200 kB that wait together, and one that is larger than any group may be.
  RawSocket peer(node.endpoint());
  const auto send = [&](int id, std::size_t bytes) {
    proto::QueryRequest query =
        query_of("INSERT INTO d.t VALUES (" + std::to_string(id) + ",'" + std::string(bytes, 'v') + "')");
    query.timeout_ms = 600'000;
    peer.send(framed(query, static_cast<std::uint64_t>(id)));
  };
  constexpr int kWrites = 100;
  kill(*node.database(), SIGSTOP);
  for (int id = 1; id < kWrites; ++id) send(id, 200'000);
  send(kWrites, 3 * kLimit);
  wait_for("them to wait", [&] { return node.status()->counters.at("requests") >= kWrites; });
  kill(*node.database(), SIGCONT);
  for (int i = 0; i < kWrites; ++i) REQUIRE(next(peer) == Code::ok);
  Sequence heard = before.sequence;
  const auto look_at = [&](const proto::Group& group) {
    if (group.first != group.last) CHECK(group.body.size() < kLimit + kOverhead);
    heard = group.last;
  };
  while (heard < before.sequence + kWrites) {
    proto::Frames frames = stream.receive();
    REQUIRE_FALSE(frames.empty());
    frames.erase(frames.begin());  // the topic
    const auto decoded = proto::decode(std::move(frames));
    REQUIRE(decoded.ok());
    if (const auto* message = std::get_if<proto::GroupMessage>(&decoded->message)) look_at(message->group);
  }
  // In pieces, however much of it is asked for; each has one group at least.
  proto::LogReadRequest read;
  read.after = before;
  read.max_bytes = std::numeric_limits<std::uint64_t>::max();
  for (heard = before.sequence; heard < before.sequence + kWrites;) {
    read.after.sequence = heard;
    const Result<proto::Message> reply = Session(node.endpoint()).exchange(read, 60s);
    REQUIRE(reply.ok());
    const auto* const batch = std::get_if<proto::LogBatch>(&*reply);
    REQUIRE(batch != nullptr);
    REQUIRE_FALSE(batch->groups.empty());
    std::size_t bytes = 0;
    for (const proto::Group& group : batch->groups) {
      bytes += group.body.size();
      look_at(group);
    }
    if (batch->groups.size() > 1) CHECK(bytes < kLimit + kOverhead);
  }
  CHECK(peak_mib(node.process()) < 400);
  check_alive(cluster);
}
