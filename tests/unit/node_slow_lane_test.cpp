// Goal: a request that takes long to read and judge keeps nobody else waiting, what is said of one that is cancelled
// there is the node's word, and neither number nor bytes of those that wait can grow without end. Method: a front door
// with a handler that holds a large request until a small one behind it has been answered.
#include "node/slow_lane.h"

#include <future>

#include "net/requester.h"
#include "node/front.h"
#include "tests/support/session.h"
#include "tests/support/wait.h"

using namespace sqlcast;
using namespace sqlcast::node;
using namespace std::chrono_literals;
using support::kPatience;
using support::query_of;

namespace {

constexpr std::uint64_t kMessageBytes = 32U << 20U;

std::unique_ptr<net::Requester> requester_to(const std::string& endpoint) {
  net::Requester::Options options;
  options.endpoint = endpoint;
  options.max_message_bytes = kMessageBytes;
  auto requester = net::Requester::open(std::move(options));
  REQUIRE(requester.ok());
  return std::move(*requester);
}

Result<proto::Message> ask(net::Requester& requester, const proto::Message& message) {
  Result<proto::Frames> frames = requester.request(proto::encode(message, 7), kPatience);
  if (!frames) return frames.status();
  Result<proto::Decoded> decoded = proto::decode(std::move(*frames));
  if (!decoded) return decoded.status();
  if (decoded->header.exchange != 7) return Status::error(Code::bad_message, "the reply of another exchange");
  return std::move(decoded->message);
}

// A front door whose handler keeps every query waiting until it is let go.
struct Door {
  Counters counters;
  Front front{"node", counters, config::Limits()};
  std::promise<void> begun;
  std::promise<void> release;

  Door() {
    REQUIRE(front.open("tcp://127.0.0.1:*", kMessageBytes).ok());
    front.start([this](Caller caller, proto::Message message) {
      if (std::holds_alternative<proto::StatusRequest>(message)) {
        front.reply(caller, proto::StatusReply{});
        return;
      }
      begun.set_value();
      release.get_future().wait_for(kPatience);
      front.reply(caller, proto::QueryResult{});
    });
  }
  ~Door() { front.stop(); }
};

void check_status_overtakes(const proto::QueryRequest& large) {
  Door door;
  const std::unique_ptr<net::Requester> requester = requester_to(door.front.endpoint());
  std::future<Result<proto::Message>> answer = std::async(std::launch::async, [&] { return ask(*requester, large); });
  REQUIRE(door.begun.get_future().wait_for(kPatience) == std::future_status::ready);
  const Result<proto::Message> status = ask(*requester_to(door.front.endpoint()), proto::StatusRequest{});
  REQUIRE(status.ok());
  CHECK(std::holds_alternative<proto::StatusReply>(*status));
  CHECK(answer.wait_for(0s) == std::future_status::timeout);
  door.release.set_value();
  const Result<proto::Message> result = answer.get();
  REQUIRE(result.ok());
  CHECK(std::holds_alternative<proto::QueryResult>(*result));
}

}  // namespace

TEST_CASE("slow lane: status is answered while a large request is judged") {
  check_status_overtakes(query_of("SELECT '" + std::string(1U << 20U, 'x') + "'"));
}

TEST_CASE("slow lane: status is answered while a small request is judged whose values make it large") {
  proto::QueryRequest request = query_of("SELECT 1");
  for (int i = 0; i < 1000; ++i) request.statements[0].sql += ",:v";
  request.statements[0].named_params = {{"v", std::string(10'000, 'x')}};
  check_status_overtakes(request);
}

TEST_CASE("slow lane: a large request that cannot be read is answered as a small one is, in its form") {
  Door door;
  const auto requester = requester_to(door.front.endpoint());
  const std::string json = R"({"x": ")" + std::string(1U << 20U, 'x') + R"(", "id": 9})";
  const Result<proto::Frames> reply = requester->request({json}, kPatience);
  REQUIRE(reply.ok());
  CHECK(reply->front().starts_with(R"({"ok":false,"id":9,)"));
  proto::Frames frames = proto::encode(query_of(std::string(1U << 20U, 'x')), 7);
  frames[1].resize(frames[1].size() - 1);
  Result<proto::Frames> refused = requester->request(std::move(frames), kPatience);
  REQUIRE(refused.ok());
  const Result<proto::Decoded> decoded = proto::decode(std::move(*refused));
  REQUIRE(decoded.ok());
  CHECK(std::get<proto::ErrorReply>(decoded->message).status.code == Code::bad_message);
  CHECK(decoded->header.exchange == 7);
}

TEST_CASE("slow lane: a cancel is handed on behind its request, right behind one that waits there") {
  Counters counters;
  Front front{"node", counters, config::Limits()};
  std::promise<void> begun;
  std::promise<void> release;
  std::vector<std::string> handled;  // the lane's
  REQUIRE(front.open("tcp://127.0.0.1:*", kMessageBytes).ok());
  front.start([&](Caller caller, proto::Message message) {
    if (std::holds_alternative<proto::StatusRequest>(message)) return front.reply(caller, proto::StatusReply{});
    // The node alone knows of copies, one of which may have been carried out: what it says is what is told.
    if (const auto* cancel = std::get_if<proto::CancelRequest>(&message)) {
      handled.push_back("cancel " + cancel->key.client_id);
      return front.reply(caller, proto::CancelReply{false});
    }
    const std::string client = std::get<proto::QueryRequest>(message).key.client_id;
    handled.push_back(client);
    if (client == "first") {
      begun.set_value();
      release.get_future().wait_for(kPatience);
    }
    front.reply(caller, proto::QueryResult{});
  });
  const auto send = [&](const std::string& client, bool cancels) {
    return std::async(std::launch::async, [&front, client, cancels] {
      proto::QueryRequest large = query_of("SELECT '" + std::string(1U << 20U, 'x') + "'");
      large.key = {client, 1};
      return ask(*requester_to(front.endpoint()),
                 cancels ? proto::Message(proto::CancelRequest{large.key}) : proto::Message(large));
    });
  };
  auto first = send("first", false);
  REQUIRE(begun.get_future().wait_for(kPatience) == std::future_status::ready);
  const auto queued = [&](std::size_t count) {
    // What the door has taken from its socket is in the lane.
    while (front.waiting_in_lane() < count) REQUIRE(ask(*requester_to(front.endpoint()), proto::StatusRequest{}).ok());
  };
  auto second = send("second", false);
  queued(1);
  auto copy = send("second", false);
  queued(2);
  auto third = send("third", false);
  queued(3);
  auto cancel_second = send("second", true);
  queued(4);
  auto cancel_first = send("first", true);
  queued(5);
  release.set_value();
  const auto reply = [](std::future<Result<proto::Message>>& future) {
    Result<proto::Message> message = future.get();
    REQUIRE(message.ok());
    return std::move(*message);
  };
  for (auto* cancel : {&cancel_second, &cancel_first})
    CHECK_FALSE(std::get<proto::CancelReply>(reply(*cancel)).stopped);
  for (auto* query : {&first, &second, &copy, &third}) CHECK(std::holds_alternative<proto::QueryResult>(reply(*query)));
  CHECK(handled == std::vector<std::string>{"first", "third", "second", "second", "cancel second", "cancel first"});
  // And once it is empty, at once; a request of that name that comes later is another one.
  auto again = send("second", true);
  CHECK_FALSE(std::get<proto::CancelReply>(reply(again)).stopped);
  second = send("second", false);
  CHECK(std::holds_alternative<proto::QueryResult>(reply(second)));
  front.stop();
  CHECK(handled.size() == 8);
}

TEST_CASE("slow lane: work is done in order, and all of it hears of the end") {
  SlowLane lane(10'000'000, 1000);
  std::vector<int> order;
  std::promise<void> begun;
  std::promise<void> release;
  lane.start();
  SlowLane::Work first = [&](bool runs) {
    CHECK(runs);
    begun.set_value();
    release.get_future().wait();
    order.push_back(0);
  };
  REQUIRE(lane.submit(1, first));
  begun.get_future().wait();
  for (int i = 1; i <= 3; ++i) {
    SlowLane::Work work = [&order, i](bool runs) { order.push_back(runs ? i : -i); };
    REQUIRE(lane.submit(1, work));
  }
  std::thread stopper([&] { lane.stop(); });
  SlowLane::Work late = [&order](bool) { order.push_back(99); };
  support::wait_for("stop() to begin", [&] {
    if (!lane.submit(0, late)) return true;
    late = [](bool) {};
    return false;
  });
  release.set_value();
  stopper.join();
  REQUIRE(order.size() >= 4);
  CHECK(std::vector<int>(order.begin(), order.begin() + 4) == std::vector<int>{0, -1, -2, -3});
}

TEST_CASE("slow lane: full in number or in bytes, it takes no more, but one alone always") {
  SlowLane lane(3, 1000);  // not started: what is taken stays
  const auto taken = [&lane](std::uint64_t bytes) {
    SlowLane::Work work = [](bool) {};
    const bool was_taken = lane.submit(bytes, work);
    CHECK((was_taken || work));
    return was_taken;
  };
  CHECK(taken(900));
  CHECK_FALSE(taken(101));
  CHECK(taken(50));
  CHECK(taken(50));
  CHECK_FALSE(taken(0));
  SlowLane other(3, 1000);
  SlowLane::Work work = [](bool) {};
  CHECK(other.submit(1'000'000, work));
  work = [](bool) {};
  CHECK_FALSE(other.submit(1, work));
  CHECK(work);
}
