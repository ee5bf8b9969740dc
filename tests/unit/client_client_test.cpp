// Goal: the library's promises over real sockets: one callback a request, resends that carry the same key, BUSY
// retried, cancel, pages, pinned targets, session reads. Method: a node made of a Router and canned answers.
#include <atomic>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "client/client.h"
#include "proto/codec.h"
#include "proto/joined.h"
#include "tests/support/wait.h"
#include "tests/unit/node_router.h"

using namespace sqlcast;
using namespace sqlcast::client;
using namespace std::chrono_literals;
using support::wait_for;

namespace {

// Answers status by itself; everything else as `handler` says: nothing = drops it.
class FakeNode {
 public:
  using Handler = std::function<std::optional<proto::Message>(const proto::Message&)>;

  explicit FakeNode(std::string name, std::string role = "slave") : name_(std::move(name)), role_(std::move(role)) {
    router_ = net::test::open_router();
    endpoint_ = router_->endpoint();
    router_->start(
        [this](net::Envelope envelope, proto::Frames frames) { take(std::move(envelope), std::move(frames)); });
  }
  ~FakeNode() { router_->stop(); }
  FakeNode(const FakeNode&) = delete;
  FakeNode& operator=(const FakeNode&) = delete;

  void handle(Handler handler) {
    const std::lock_guard lock(mutex_);
    handler_ = std::move(handler);
  }
  void mute(bool muted) { muted_ = muted; }
  void know_frames_alone() { knows_frames_alone_ = true; }
  void peers(std::vector<proto::NodeStatus> peers) {
    const std::lock_guard lock(mutex_);
    peers_ = std::move(peers);
  }
  const std::string& endpoint() const { return endpoint_; }

  std::vector<proto::QueryRequest> queries() const {
    const std::lock_guard lock(mutex_);
    return queries_;
  }

  proto::NodeStatus self() const {
    proto::NodeStatus status;
    status.name = name_;
    status.role = role_;
    status.state = role_ == "master" ? "Serving" : "Live";
    status.endpoint = endpoint_;
    status.uptime_ms = 3'600'000;
    return status;
  }

 private:
  void take(net::Envelope envelope, proto::Frames frames) {
    const std::lock_guard lock(mutex_);
    if (muted_) return;
    const bool joined = proto::is_joined(frames);
    if (joined && knows_frames_alone_) return send(std::move(envelope), refusal_of(proto::glance_at_exchange(frames)));
    if (joined && !proto::split(frames).ok()) return;
    auto request = proto::decode(frames);
    if (!request.ok()) return;
    std::optional<proto::Message> reply;
    if (std::holds_alternative<proto::StatusRequest>(request->message)) {
      reply = proto::StatusReply{self(), peers_};
    } else {
      if (const auto* query = std::get_if<proto::QueryRequest>(&request->message)) queries_.push_back(*query);
      if (handler_) reply = handler_(request->message);
    }
    if (!reply) return;
    proto::Frames answer = proto::encode(*reply, request->header.exchange);
    if (joined) proto::join(answer);
    send(std::move(envelope), std::move(answer));
  }
  void send(net::Envelope envelope, proto::Frames frames) { router_->send(std::move(envelope), std::move(frames)); }
  static proto::Frames refusal_of(std::uint64_t exchange) {
    proto::ErrorReply error;
    error.status = Status::error(Code::bad_message, "expected a header and a body, got 1 frames");
    return proto::encode(error, exchange);
  }

  const std::string name_;
  const std::string role_;
  mutable std::mutex mutex_;
  std::string endpoint_;
  Handler handler_;
  std::vector<proto::NodeStatus> peers_;
  std::vector<proto::QueryRequest> queries_;
  std::atomic<bool> muted_{false};
  std::atomic<bool> knows_frames_alone_{false};
  std::unique_ptr<net::Router> router_;  // last: its thread uses the rest
};

proto::Message written(Sequence sequence) {
  proto::QueryResult result;
  result.results.emplace_back().affected_rows = 1;
  result.wrote = true;
  result.epoch = 1;
  result.sequence = sequence;
  result.node = "fake";
  return result;
}

proto::Message refused(Code code, std::uint32_t retry_after_ms = 0) {
  proto::ErrorReply error;
  error.status = Status::error(code, "the fake node says no");
  error.status.retry_after_ms = retry_after_ms;
  error.node = "fake";
  return error;
}

proto::StatementResult one_column(std::int64_t from, std::uint64_t rows, std::uint64_t cursor) {
  proto::StatementResult result;
  result.has_rows = true;
  result.columns.emplace_back().name = "n";
  result.columns[0].kind = proto::ValueKind::int64;
  proto::ColumnWriter column;
  for (std::uint64_t row = 0; row < rows; ++row) column.append_int(from + static_cast<std::int64_t>(row));
  result.page.rows = rows;
  result.page.columns.push_back(column.take());
  result.cursor = cursor;
  return result;
}

std::unique_ptr<Client> open_client(std::vector<std::string> endpoints, std::chrono::milliseconds timeout = 5s) {
  Options options;
  options.endpoints = std::move(endpoints);
  options.timeout = timeout;
  options.resend_after = 100ms;
  auto client = Client::open(options);
  REQUIRE(client.ok());
  return std::move(*client);
}

}  // namespace

TEST_CASE("client: rows come back typed, and the reply says who answered") {
  FakeNode node("slave-7");
  node.handle([](const proto::Message&) {
    proto::QueryResult result;
    result.results.push_back(one_column(41, 2, 0));
    result.node = "slave-7";
    result.node_position = 1042;
    return result;
  });
  const auto client = open_client({node.endpoint()});
  const Reply reply = client->run("select n from t");
  REQUIRE(reply.status.ok());
  REQUIRE(reply.results.size() == 1);
  CHECK(reply.results[0].rows.row_count() == 2);
  CHECK(reply.results[0].rows.cell(1, 0).int64 == 42);
  CHECK(reply.node == "slave-7");
  CHECK(reply.endpoint == node.endpoint());
  CHECK_FALSE(reply.results[0].cursor);
}

TEST_CASE("client: a node that knows frames alone is written to in frames, and nobody notices") {
  FakeNode node("old", "master");
  node.know_frames_alone();
  node.handle([](const proto::Message&) { return written(9); });
  const auto client = open_client({node.endpoint()});
  for (int i = 0; i < 3; ++i) {
    const Reply reply = client->run("insert into t values (1)");
    INFO(reply.status.message);
    REQUIRE(reply.status.ok());
    CHECK(reply.sequence == 9);
  }
  CHECK(node.queries().size() == 3);
}

TEST_CASE("client: a reply that is lost is asked for again with the same key, and the callback runs once") {
  FakeNode node("master", "master");
  std::atomic<int> seen{0};
  node.handle([&seen](const proto::Message&) -> std::optional<proto::Message> {
    if (++seen < 3) return std::nullopt;
    return written(9);
  });
  const auto client = open_client({node.endpoint()});
  std::atomic<int> called{0};
  std::promise<Reply> answered;
  client->submit(Request::of("insert into t values (1)"), [&](Reply reply) {
    if (++called == 1) answered.set_value(std::move(reply));
  });
  const Reply reply = answered.get_future().get();
  CHECK(reply.status.ok());
  CHECK(reply.sequence == 9);
  const auto queries = node.queries();
  REQUIRE(queries.size() == 3);
  CHECK(queries[0].key == queries[1].key);
  CHECK(queries[0].key == queries[2].key);
  CHECK(queries[0].key.client_id == client->client_id());
  CHECK(called == 1);
}

TEST_CASE("client: a node that falls silent is left for another, and used again when it speaks") {
  FakeNode one("one");
  FakeNode two("two");
  const auto answer = [](const std::string& name) {
    return [name](const proto::Message&) {
      proto::QueryResult result;
      result.results.push_back(one_column(1, 1, 0));
      result.node = name;
      return result;
    };
  };
  one.handle(answer("one"));
  two.handle(answer("two"));
  const auto client = open_client({one.endpoint(), two.endpoint()});
  std::set<std::string> before;
  const auto met = std::chrono::steady_clock::now() + 30s;
  while (before.size() < 2 && std::chrono::steady_clock::now() < met) before.insert(client->run("select 1").node);
  CHECK(before == std::set<std::string>{"one", "two"});
  one.mute(true);
  for (int i = 0; i < 10; ++i) {
    const Reply reply = client->run("select 1");
    REQUIRE(reply.status.ok());
    CHECK(reply.node == "two");
  }
  one.mute(false);
  wait_for("the first node to be asked again", [&] { return client->run("select 1").node == "one"; });
}

TEST_CASE("client: BUSY is retried within the timeout, then it is the answer") {
  FakeNode node("master", "master");
  std::atomic<int> seen{0};
  node.handle([&seen](const proto::Message&) { return ++seen < 3 ? refused(Code::busy, 10) : written(1); });
  const auto client = open_client({node.endpoint()});
  CHECK(client->run("insert into t values (1)").status.ok());
  CHECK(seen == 3);
  node.handle([](const proto::Message&) { return refused(Code::busy, 20); });
  Request request = Request::of("insert into t values (2)");
  request.timeout = 200ms;
  const Reply reply = client->run(std::move(request));
  CHECK(reply.status.code == Code::busy);
  CHECK(reply.round_trip < 1s);
}

TEST_CASE("client: with no node there at all every request still ends, in time") {
  const auto client = open_client({"tcp://127.0.0.1:9", "tcp://127.0.0.1:10"}, 400ms);
  CHECK(client->run("select 1").status.code == Code::timeout);
  // No write goes out before a node has said where the log stands: it has had no effect.
  CHECK(client->run("insert into t values (1)").status.code == Code::timeout);
  CHECK_FALSE(client->status({}, 300ms).ok());
  CHECK_FALSE(client->cluster_status(300ms).ok());
}

TEST_CASE("client: pages are fetched from the node that holds them, and never asked for twice") {
  FakeNode node("slave-1");
  std::atomic<int> fetches{0};
  std::atomic<bool> closed{false};
  node.handle([&](const proto::Message& message) -> std::optional<proto::Message> {
    proto::QueryResult result;
    if (std::holds_alternative<proto::QueryRequest>(message)) {
      result.results.push_back(one_column(0, 3, 77));
    } else if (const auto* fetch = std::get_if<proto::FetchRequest>(&message)) {
      if (fetch->cursor != 77) return refused(Code::cursor_not_found);
      if (++fetches == 3) return std::nullopt;
      result.results.push_back(one_column(3, 2, 77));
    } else {
      closed = std::holds_alternative<proto::CloseRequest>(message);
      return proto::ClosedReply{};
    }
    return result;
  });
  const auto client = open_client({node.endpoint()}, 500ms);
  const Reply first = client->run("select n from t");
  REQUIRE(first.status.ok());
  REQUIRE(first.results[0].cursor);
  const Reply second = client->fetch(first.results[0].cursor);
  REQUIRE(second.status.ok());
  CHECK(second.results[0].rows.cell(0, 0).int64 == 3);
  CHECK(client->fetch(second.results[0].cursor).status.ok());
  CHECK(client->fetch(second.results[0].cursor).status.code == Code::timeout);  // the third is dropped
  CHECK(fetches == 3);
  CHECK(client->fetch(Cursor{78, node.endpoint()}).status.code == Code::cursor_not_found);
  CHECK(client->fetch(Cursor{}).status.code == Code::cursor_not_found);
  client->close(second.results[0].cursor);
  wait_for("the cursor to be closed", [&] { return closed.load(); });
}

TEST_CASE("client: cancel reaches the node that has the request") {
  FakeNode node("slave-1");
  std::atomic<bool> cancelled{false};
  node.handle([&](const proto::Message& message) -> std::optional<proto::Message> {
    if (const auto* cancel = std::get_if<proto::CancelRequest>(&message)) {
      cancelled = true;
      return proto::CancelReply{cancel->key.request_id == 5};
    }
    return std::nullopt;  // a statement that takes for ever
  });
  const auto client = open_client({node.endpoint()});
  Request request = Request::of("select sleep(1000)");
  request.request_id = 5;
  auto reply = client->submit(std::move(request));
  wait_for("the request to arrive", [&] { return !node.queries().empty(); });
  const auto stopped = client->cancel(5);
  REQUIRE(stopped.ok());
  CHECK(*stopped);
  CHECK(cancelled);
  CHECK(reply.get().status.code == Code::cancelled);
  const auto again = client->cancel(5);
  REQUIRE(again.ok());
  CHECK_FALSE(*again);
}

TEST_CASE("client: a pinned request goes to its node and to no other") {
  FakeNode one("one");
  FakeNode two("two");
  for (FakeNode* node : {&one, &two}) node->handle([](const proto::Message&) { return written(1); });
  const auto client = open_client({one.endpoint()});
  for (int i = 0; i < 5; ++i) {
    Request request = Request::of("select 1");
    request.target = {Target::Kind::node, two.endpoint()};
    CHECK(client->run(std::move(request)).endpoint == two.endpoint());
  }
  CHECK(one.queries().empty());
  Request request = Request::of("select 1");
  request.target = {Target::Kind::node, "nonsense"};
  CHECK(client->run(std::move(request)).status.code == Code::bad_request);
}

TEST_CASE("client: a read asks for what its session wrote, unless told otherwise") {
  FakeNode node("master", "master");
  std::atomic<Sequence> next{41};
  node.handle([&next](const proto::Message&) { return written(++next); });
  const auto client = open_client({node.endpoint()});
  CHECK(client->session_position() == 0);
  CHECK(client->run("insert into t values (1)").sequence == 42);
  CHECK(client->session_position() == 42);
  (void)client->run("select 1");
  Request any = Request::of("select 1");
  any.consistency = Consistency::any;
  (void)client->run(std::move(any));
  Request after = Request::of("select 1");
  after.after = 7;
  (void)client->run(std::move(after));
  Request master = Request::of("select 1");
  master.target.kind = Target::Kind::master;
  (void)client->run(std::move(master));
  const auto queries = node.queries();
  REQUIRE(queries.size() == 5);
  CHECK(queries[1].after == 42);
  CHECK(queries[1].consistency == Consistency::session);
  CHECK(queries[2].after == 0);
  CHECK(queries[2].consistency == Consistency::any);
  CHECK(queries[3].after == 7);
  CHECK(queries[4].consistency == Consistency::master);
}

TEST_CASE("client: a thousand requests at once each get their own answer") {
  FakeNode node("master", "master");
  node.handle([](const proto::Message& message) {
    proto::QueryResult result;
    const auto& query = std::get<proto::QueryRequest>(message);
    result.results.push_back(one_column(static_cast<std::int64_t>(query.key.request_id), 1, 0));
    return result;
  });
  const auto client = open_client({node.endpoint()});
  std::vector<std::future<Reply>> replies;
  for (int i = 0; i < 1'000; ++i) replies.push_back(client->submit(Request::of("select 1")));
  for (auto& future : replies) {
    const Reply reply = future.get();
    REQUIRE(reply.status.ok());
    REQUIRE(reply.results[0].rows.cell(0, 0).int64 == static_cast<std::int64_t>(reply.request_id));
  }
}

TEST_CASE("client: threads that wait and callbacks share one client, and each gets its own answer") {
  FakeNode node("master", "master");
  node.handle([](const proto::Message& message) {
    proto::QueryResult result;
    const auto& query = std::get<proto::QueryRequest>(message);
    result.results.push_back(one_column(static_cast<std::int64_t>(query.key.request_id), 1, 0));
    return result;
  });
  const auto client = open_client({node.endpoint()}, 60s);
  std::atomic<int> wrong{0};
  const auto check = [&wrong](const Reply& reply) {
    const bool right =
        reply.status.ok() && reply.results[0].rows.cell(0, 0).int64 == static_cast<std::int64_t>(reply.request_id);
    if (!right) ++wrong;
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 200; ++n) check(client->run("select 1"));
    });
  std::atomic<int> called{0};
  std::set<std::thread::id> callers;
  std::mutex mutex;
  for (int n = 0; n < 400; ++n) {
    client->submit(Request::of("select 1"), [&](const Reply& reply) {
      check(reply);
      const std::lock_guard lock(mutex);
      callers.insert(std::this_thread::get_id());
      ++called;
    });
    check(client->run("select 1"));
  }
  for (std::thread& thread : threads) thread.join();
  wait_for("the callbacks", [&] { return called == 400; });
  CHECK(wrong == 0);
  const std::lock_guard lock(mutex);
  CHECK(callers.size() == 1);  // the client's own, whoever has received the reply
  CHECK(!callers.contains(std::this_thread::get_id()));
}

TEST_CASE(
    "client: a caller that waits alone sends again what a silent node has lost, and is told when its time is over") {
  FakeNode node("master", "master");
  std::atomic<int> seen{0};
  node.handle([&seen](const proto::Message&) -> std::optional<proto::Message> {
    if (++seen < 3) return std::nullopt;
    return written(9);
  });
  const auto client = open_client({node.endpoint()});
  const Reply reply = client->run("insert into t values (1)");
  CHECK(reply.status.ok());
  CHECK(client->session_position() == 9);
  node.mute(true);
  Request request = Request::of("select 1");
  request.timeout = 300ms;
  CHECK(client->run(request).status.code == Code::timeout);
}

TEST_CASE("client: closing it ends what is open, before the destructor returns") {
  FakeNode node("slave-1");
  int called = 0;
  {
    const auto client = open_client({node.endpoint()});
    for (int i = 0; i < 5; ++i)
      client->submit(Request::of("select 1"), [&called](Reply reply) {
        ++called;
        CHECK(reply.status.code == Code::cancelled);
      });
  }
  CHECK(called == 5);
}

TEST_CASE("client: closing it waits for threads that are inside a call") {
  FakeNode node("master", "master");
  for (int i = 0; i < 30; ++i) {
    auto client = open_client({node.endpoint()});
    Client* const shared = client.get();
    std::vector<std::jthread> threads;
    std::atomic<int> wrong{0};
    threads.emplace_back([shared, &wrong] {
      if (shared->run("select 1").status.code != Code::cancelled) ++wrong;
    });
    threads.emplace_back([shared, &wrong] {
      if (shared->run("insert into t values (1)").status.code != Code::outcome_unknown) ++wrong;
    });
    // A slow machine's node gets copies, also of the clients before.
    wait_for("both requests", [&] {
      std::set<std::uint64_t> requests;
      for (const proto::QueryRequest& query : node.queries())
        if (query.key.client_id == shared->client_id()) requests.insert(query.key.request_id);
      return requests.size() == 2;
    });
    client.reset();
    for (std::jthread& thread : threads) thread.join();
    CHECK(wrong == 0);
  }
}

TEST_CASE("client: cluster status asks every node that the first one leads to, and marks who is silent") {
  FakeNode master("master", "master");
  FakeNode slave("slave-1");
  FakeNode silent("slave-2");
  silent.mute(true);
  master.peers({slave.self(), silent.self()});
  const auto client = open_client({master.endpoint()});
  const auto nodes = client->cluster_status(500ms);
  REQUIRE(nodes.ok());
  REQUIRE(nodes->size() == 3);
  CHECK((*nodes)[0].name == "master");
  CHECK((*nodes)[1].name == "slave-1");
  CHECK((*nodes)[1].state == "Live");
  CHECK((*nodes)[2].name == "slave-2");
  CHECK((*nodes)[2].state == "Unreachable");
}

TEST_CASE("client: a message that cannot be understood ends its request with a clear error") {
  FakeNode node("slave-1");
  node.handle([](const proto::Message&) { return proto::ClosedReply{}; });
  const auto client = open_client({node.endpoint()});
  CHECK(client->run("select 1").status.code == Code::bad_message);
  node.handle([](const proto::Message&) {
    proto::QueryResult result;
    result.results.push_back(one_column(1, 2, 0));
    result.results[0].page.columns[0] = "\x93garbage";
    return result;
  });
  CHECK_FALSE(client->run("select 1").status.ok());
}

TEST_CASE("client: endpoints that make no sense are refused at once") {
  CHECK(Client::open({}).status().code == Code::bad_request);
  for (const char* bad : {"", "localhost", "tcp://127.0.0.1", "tcp://127.0.0.1:*", "http://127.0.0.1:1"}) {
    Options options;
    options.endpoints = {bad};
    CHECK(Client::open(options).status().code == Code::bad_request);
  }
  Options options;
  options.endpoints = {"tcp://127.0.0.1:1"};
  options.client_id = std::string(65, 'x');
  CHECK(Client::open(options).status().code == Code::bad_request);
}
