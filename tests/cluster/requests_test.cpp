// Goal: who is connected and what runs is to be seen at every node, and stopped there, by those who may. Method: tables
// that are locked past the node, so that requests stay where the test wants them; keys of several roles.
#include <future>

#include "access/allowed_keys.h"
#include "client/client.h"
#include "tests/support/cluster.h"
#include "tests/support/run_program.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

proto::RequestsReply requests(const Node& node) {
  Result<proto::Message> reply = Session(node.endpoint()).exchange(proto::RequestsRequest{}, 60s);
  if (!reply.ok()) throw std::runtime_error(show(reply.status()));
  const auto* list = std::get_if<proto::RequestsReply>(&*reply);
  if (list == nullptr) throw std::runtime_error("no requests_reply");
  return *list;
}

// The one whose text has `mark` in it.
std::optional<proto::RequestInfo> find(const Node& node, const std::string& mark) {
  for (const proto::RequestInfo& request : requests(node).requests)
    if (request.text.find(mark) != std::string::npos) return request;
  return std::nullopt;
}

proto::RequestInfo wait_for_request(const Node& node, const std::string& mark, proto::RequestState state) {
  std::optional<proto::RequestInfo> found;
  wait_for(mark + " to be listed at " + node.name(), [&] {
    found = find(node, mark);
    return found && found->state == state;
  });
  return *found;
}

// The code of an error, or whether it was stopped.
struct Cancelled {
  Code code = Code::ok;
  bool stopped = false;
};
Cancelled cancel(const Node& node, std::uint64_t number) {
  proto::CancelRequest request;
  request.number = number;
  Result<proto::Message> reply = Session(node.endpoint()).exchange(request, 60s);
  if (!reply.ok()) return {reply.status().code, false};
  if (const auto* error = std::get_if<proto::ErrorReply>(&*reply)) return {error->status.code, false};
  return {Code::ok, std::get<proto::CancelReply>(*reply).stopped};
}

const std::string kSlow =
    " FROM seen.t a, seen.t b, seen.t c, seen.t d, seen.t e, seen.t f, seen.t g, seen.t h, seen.t i, seen.t j, seen.t "
    "k "
    "WHERE a.v+b.v+c.v+d.v+e.v+f.v+g.v+h.v+i.v+j.v+k.v=3";

}  // namespace

TEST_CASE("requests: reads and writes without a client id are listed and stopped, at either node", "[requests]") {
  using State = proto::RequestState;
  Cluster cluster(1);
  Node& master = cluster.master();
  cluster.must("CREATE DATABASE seen");
  cluster.must("CREATE TABLE seen.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  cluster.must("INSERT INTO seen.t(v) VALUES (1),(2),(3),(4),(5),(6),(7),(8),(9),(10)");
  cluster.wait_until_equal();
  for (Node* node : cluster.nodes()) {
    INFO(node->name());
    auto answer = std::async(std::launch::async, [&] { return node->run("SELECT COUNT(*)" + kSlow); });
    const proto::RequestInfo read = wait_for_request(*node, "COUNT(*)", State::running);
    CHECK(read.kind == "read");
    CHECK(read.client_id.empty());
    const Cancelled stopped = cancel(*node, read.number);
    CHECK(stopped.code == Code::ok);
    CHECK(stopped.stopped);
    CHECK(answer.get().status.code == Code::cancelled);
    wait_for("it to have gone", [&] { return !find(*node, "COUNT(*)"); });
    CHECK(cancel(*node, read.number).code == Code::request_not_found);
  }
  // A write that waits for a lock, and one behind it, sent by way of the slave.
  const auto lock = master.open_database();
  REQUIRE(lock->execute("BEGIN").ok());
  REQUIRE(lock->execute("UPDATE seen.t SET v=1 WHERE id=1").ok());
  auto first = std::async(std::launch::async, [&] { return master.run("UPDATE seen.t SET v=101 WHERE id=1"); });
  const proto::RequestInfo running = wait_for_request(master, "v=101", State::running);
  CHECK(running.kind == "write");
  auto second =
      std::async(std::launch::async, [&] { return cluster.slave(0).run("UPDATE seen.t SET v=102 WHERE id=2"); });
  const proto::RequestInfo behind = wait_for_request(master, "v=102", State::queued);
  CHECK(behind.via == cluster.slave(0).name());
  const proto::RequestInfo forwarded = wait_for_request(cluster.slave(0), "v=102", State::forwarded);
  CHECK(cancel(cluster.slave(0), forwarded.number).stopped);
  CHECK(cancel(master, running.number).stopped);
  CHECK(first.get().status.code == Code::cancelled);
  CHECK(second.get().status.code == Code::cancelled);
  REQUIRE(lock->execute("ROLLBACK").ok());
  CHECK(master.run("SELECT COUNT(*) FROM seen.t WHERE v>100").text() == "0");
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
}

TEST_CASE("requests: a cursor is listed until it ends, and closed by its number", "[requests]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE paged");
  cluster.must("CREATE TABLE paged.t (id INT PRIMARY KEY)");
  cluster.must("INSERT INTO paged.t VALUES (1),(2),(3),(4),(5)");
  cluster.wait_until_equal();
  for (Node* node : cluster.nodes()) {
    proto::QueryRequest read = keyed("pager-" + node->name(), 1, "SELECT id FROM paged.t ORDER BY id");
    read.page_rows = 2;
    const Answer page = node->run(read);
    REQUIRE(page.ok());
    REQUIRE(page.at(0).cursor != 0);
    const proto::RequestInfo cursor = wait_for_request(*node, "paged.t ORDER BY id", proto::RequestState::open);
    CHECK(cursor.kind == "cursor");
    CHECK(cursor.client_id == read.key.client_id.substr(0, 8));
    CHECK(cancel(*node, cursor.number).stopped);
    Result<proto::Message> next =
        Session(node->endpoint()).exchange(proto::FetchRequest{read.key.client_id, page.at(0).cursor, 2}, 60s);
    REQUIRE(next.ok());
    REQUIRE(std::holds_alternative<proto::ErrorReply>(*next));
    CHECK(std::get<proto::ErrorReply>(*next).status.code == Code::cursor_not_found);
    wait_for("it to have gone", [&] { return !find(*node, "paged.t ORDER BY id"); });
  }
}

TEST_CASE("requests: a cursor that is closed while a page of it is read is gone after that", "[requests]") {
  Cluster::Options options;
  options.slaves = 0;
  options.master_settings = "limits:\n  max_cursors_per_client: 1\n";
  Cluster cluster(options);
  Node& node = cluster.master();
  cluster.must("CREATE DATABASE d");
  // Its third row comes after a while.
  proto::QueryRequest read = keyed("pager", 1,
                                   "SELECT seq,REPEAT('x',100000) FROM d.seq_1_to_1000000000 WHERE seq+0<3 OR "
                                   "seq+0>100000000");
  read.page_rows = 1;
  const std::uint64_t cursor = cluster.must(read).at(0).cursor;
  REQUIRE(cursor != 0);
  const auto fetch = [&] { return Session(node.endpoint()).exchange(proto::FetchRequest{"pager", cursor, 1}, 60s); };
  auto page = std::async(std::launch::async, fetch);
  wait_for("the page to be read", [&] {
    const proto::RequestsReply list = requests(node);
    return std::any_of(list.requests.begin(), list.requests.end(), [](const proto::RequestInfo& request) {
      return request.kind == "fetch" && request.state == proto::RequestState::running;
    });
  });
  REQUIRE(Session(node.endpoint()).exchange(proto::CloseRequest{"pager", cursor}, 60s).ok());
  const Result<proto::Message> given = page.get();
  REQUIRE(given.ok());
  // It was closed by who asked for the page, or by another: the page says as before whether it is the last.
  REQUIRE(std::holds_alternative<proto::QueryResult>(*given));
  CHECK(std::get<proto::QueryResult>(*given).results.at(0).cursor == cursor);
  const Result<proto::Message> next = fetch();
  REQUIRE(next.ok());
  REQUIRE(std::holds_alternative<proto::ErrorReply>(*next));
  CHECK(std::get<proto::ErrorReply>(*next).status.code == Code::cursor_not_found);
  // And its place is another's.
  proto::QueryRequest other = keyed("pager", 2, "SELECT seq FROM d.seq_1_to_10");
  other.page_rows = 1;
  CHECK(cluster.must(other).at(0).cursor != 0);
}

TEST_CASE("requests: a write that waits for its acks says so, and is past stopping", "[requests]") {
  Cluster::Options options;
  options.slaves = 1;
  Cluster cluster(options);
  cluster.must("CREATE DATABASE waits");
  cluster.must("CREATE TABLE waits.t (id INT PRIMARY KEY)");
  cluster.wait_until_equal();
  cluster.slave(0).kill();
  proto::QueryRequest write = keyed("patient", 1, "INSERT INTO waits.t VALUES (1)");
  write.ack = proto::Ack::all;
  auto answer = std::async(std::launch::async, [&] { return cluster.master().run(write); });
  const proto::RequestInfo waits = wait_for_request(cluster.master(), "INSERT INTO waits.t", proto::RequestState::acks);
  CHECK_FALSE(cancel(cluster.master(), waits.number).stopped);
  CHECK(answer.get().status.code == Code::committed_not_acked);
}

TEST_CASE("requests: the shell shows them and stops one by its ID", "[requests]") {
  Cluster& cluster = shared_cluster();
  Node& master = cluster.master();
  cluster.must("CREATE DATABASE seen");
  cluster.must("CREATE TABLE seen.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  cluster.must("INSERT INTO seen.t(v) VALUES (1),(2),(3),(4),(5),(6),(7),(8),(9),(10)");
  auto answer = std::async(std::launch::async, [&] { return master.run(keyed("by-shell", 1, "SELECT 7" + kSlow)); });
  const proto::RequestInfo read = wait_for_request(master, "SELECT 7", proto::RequestState::running);
  const std::string id = master.name() + "/" + std::to_string(read.number);
  const auto shell = [&](std::vector<std::string> words) {
    words.insert(words.begin(), program("sqlcast"));
    words.insert(words.end(), {"--endpoint", master.endpoint()});
    return run_program(words);
  };
  const auto table = shell({"requests"});
  INFO(table.output);
  CHECK(table.exit_code == 0);
  CHECK_THAT(table.output, Catch::Contains(id) && Catch::Contains("SELECT 7") && Catch::Contains("by-shell"));
  const auto json = shell({"requests", "--json"});
  CHECK_THAT(json.output, Catch::Contains("\"id\": \"" + id + "\"") && Catch::Contains("\"state\": \"running\""));
  CHECK(shell({"cancel", "7"}).exit_code == 2);
  CHECK(shell({"cancel", "nobody/7"}).exit_code == 2);
  CHECK(shell({"cancel", master.name() + "/7"}).exit_code == 1);
  const auto stopped = shell({"cancel", id});
  INFO(stopped.output);
  CHECK(stopped.exit_code == 0);
  CHECK_THAT(stopped.output, Catch::Contains("stopped"));
  CHECK(answer.get().status.code == Code::cancelled);
}

// The last: what it lets this process know, programs would go by from then on.
TEST_CASE("requests: with keys, an admin sees and stops everybody's, others what is theirs", "[requests][security]") {
  Cluster::Options options;
  options.slaves = 0;
  options.keys = true;
  Cluster cluster(options);
  Node& master = cluster.master();
  cluster.must("CREATE DATABASE seen");
  cluster.must("CREATE TABLE seen.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  cluster.must("INSERT INTO seen.t(v) VALUES (1),(2),(3),(4),(5),(6),(7),(8),(9),(10)");
  const access::KeyFile ann = make_named_key("ann");
  const access::KeyFile bob = make_named_key("bob");
  cluster.allow({"ann", access::Role::writer, ann.pair.public_key, false, {}});
  cluster.allow({"bob", access::Role::reader, bob.pair.public_key, false, {}});
  const auto as = [&](const access::KeyFile& key) {
    go_as(key, master.endpoint(), key_of_node(cluster.folder(), master.name()));
  };
  const auto as_admin = [&] { go_as_admin(master.endpoint(), key_of_node(cluster.folder(), master.name())); };
  for (const access::KeyFile& key : {ann, bob}) {
    as(key);
    wait_for("the node to let in " + key.name, [&] { return master.run("SELECT 1").ok(); });
  }
  as(ann);
  Session of_ann(master.endpoint());
  proto::QueryRequest slow = keyed("client-of-ann", 1, "SELECT COUNT(*)" + kSlow);
  slow.forwarded_by = "slave-1";  // which it was not
  auto answer = std::async(std::launch::async, [&] { return of_ann.run(slow); });
  as_admin();
  const proto::RequestInfo read = wait_for_request(master, "COUNT(*)", proto::RequestState::running);
  CHECK(read.key == "ann");
  CHECK(read.via == "ann");
  CHECK(read.client_id == "client-o");
  as(bob);
  CHECK_FALSE(find(master, "COUNT(*)"));
  for (const proto::ClientInfo& client : requests(master).clients) CHECK(client.key == "bob");
  CHECK(cancel(master, read.number).code == Code::request_not_found);
  as(ann);
  CHECK(find(master, "COUNT(*)"));
  CHECK(cancel(master, read.number).stopped);
  CHECK(answer.get().status.code == Code::cancelled);
  as_admin();
}
