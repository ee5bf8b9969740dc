// Goal: people see what is under way, each what is theirs, and for as long as it is. Method: pure calls.
#include "node/request_list.h"

#include <catch2/catch.hpp>

using namespace sqlcast;
using namespace sqlcast::node;

namespace {

using Clock = RequestList::Clock;
using namespace std::chrono_literals;

Who who(const std::string& name, access::Role role) {
  return std::make_shared<const access::Grant>(access::Grant{name, role, {}, false, {}});
}

proto::QueryRequest query(const std::string& client, std::uint64_t id, const std::string& sql) {
  proto::QueryRequest request;
  request.key = {client, id};
  request.statements.push_back({sql, {}, {}, {}});
  return request;
}

}  // namespace

TEST_CASE("request list: a request is on it until the last who holds it lets go") {
  RequestList list;
  const Clock::time_point now = Clock::now();
  auto entry = list.enter(nullptr, query("client-0123456789", 7, "select 1"), now - 300ms);
  auto copy = entry;
  proto::RequestsReply reply = list.list(nullptr, now);
  REQUIRE(reply.requests.size() == 1);
  CHECK(reply.requests[0].kind == "query");
  CHECK(reply.requests[0].state == proto::RequestState::queued);
  CHECK(reply.requests[0].client_id == "client-0");
  CHECK(reply.requests[0].text == "select 1");
  CHECK(reply.requests[0].since_ms == 300);
  entry->set(proto::RequestState::acks);
  entry->set_kind("write");
  entry.reset();
  reply = list.list(nullptr, now);
  REQUIRE(reply.requests.size() == 1);
  CHECK(reply.requests[0].state == proto::RequestState::acks);
  CHECK(reply.requests[0].kind == "write");
  REQUIRE(reply.clients.size() == 1);
  CHECK(reply.clients[0].under_way == 1);
  const std::uint64_t number = reply.requests[0].number;
  CHECK(list.find(nullptr, number)->stop_key == RequestKey{"client-0123456789", 7});
  copy.reset();
  reply = list.list(nullptr, now);
  CHECK(reply.requests.empty());
  CHECK_FALSE(list.find(nullptr, number));
  REQUIRE(reply.clients.size() == 1);  // of late
  CHECK(reply.clients[0].requests == 1);
  CHECK(reply.clients[0].under_way == 0);
  CHECK(list.list(nullptr, now + 11min).clients.empty());
}

TEST_CASE("request list: an admin sees everything, everybody else what is in his key's name") {
  RequestList list;
  const Clock::time_point now = Clock::now();
  const Who ann = who("ann", access::Role::writer);
  const Who bob = who("bob", access::Role::reader);
  const auto of_ann = list.enter(ann, query("a", 1, "insert into t values (1)"), now);
  const auto of_bob = list.enter(bob, query("", 0, "select 2"), now);
  CHECK(list.list(who("chief", access::Role::admin), now).requests.size() == 2);
  CHECK(list.list(nullptr, now).requests.size() == 2);
  const proto::RequestsReply seen = list.list(bob, now);
  REQUIRE(seen.requests.size() == 1);
  CHECK(seen.requests[0].key == "bob");
  CHECK(seen.clients.size() == 1);
  CHECK(list.list(who("watch", access::Role::watcher), now).clients.empty());
  const std::uint64_t number = list.list(ann, now).requests.at(0).number;
  CHECK(list.find(ann, number));
  CHECK(list.find(who("chief", access::Role::admin), number));
  CHECK_FALSE(list.find(bob, number));
}

TEST_CASE("request list: what has no key of its own is stopped under one that no client can send") {
  RequestList list;
  const auto one = list.enter(nullptr, query("", 0, "select 1"), Clock::now());
  const auto other = list.enter(nullptr, query("", 0, "select 1"), Clock::now());
  CHECK(one->stop_key().client_id.empty());
  CHECK(one->stop_key().request_id != 0);
  CHECK_FALSE(one->stop_key() == other->stop_key());
  one->set_stop_key({"via-1", 3});
  const std::uint64_t number = list.list(nullptr, Clock::now()).requests.at(0).number;
  CHECK(list.find(nullptr, number)->stop_key == RequestKey{"via-1", 3});
}

TEST_CASE("request list: a cursor stays when its query has gone") {
  RequestList list;
  auto query_entry = list.enter(nullptr, query("c", 4, "select * from t"), Clock::now());
  const auto cursor = query_entry->make_cursor(77);
  query_entry.reset();
  const proto::RequestsReply reply = list.list(nullptr, Clock::now());
  REQUIRE(reply.requests.size() == 1);
  CHECK(reply.requests[0].kind == "cursor");
  CHECK(reply.requests[0].state == proto::RequestState::open);
  CHECK(reply.clients.at(0).cursors == 1);
  CHECK(list.find(nullptr, reply.requests[0].number)->cursor == 77);
}

TEST_CASE("request list: texts, requests and clients are bounded") {
  RequestList list;
  const Clock::time_point now = Clock::now();
  std::vector<std::shared_ptr<RequestList::Entry>> held;
  std::string text = "select '";
  for (int i = 0; i < 1'000; ++i) text += "ä";
  for (int i = 0; i < 3'000; ++i) held.push_back(list.enter(nullptr, query("c" + std::to_string(i), 1, text), now));
  const proto::RequestsReply reply = list.list(nullptr, now);
  CHECK(reply.requests.size() == 200);
  CHECK(reply.more_requests == 2'800);
  CHECK(reply.clients.size() == 200);
  CHECK(reply.clients.size() + reply.more_clients <= 1'024);
  for (const proto::RequestInfo& request : reply.requests) CHECK(request.text.size() <= 200);
  CHECK_FALSE(list.enter(nullptr, proto::StatusRequest{}, now));
}
