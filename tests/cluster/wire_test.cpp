// Goal: whatever bytes come to a node's door, it answers where it can, counts, and lives. Method: raw sockets, at the
// ROUTER of a master and of a slave.
#include <random>

#include "proto/codec.h"
#include "proto/joined.h"
#include "tests/support/cluster.h"
#include "tests/support/raw_socket.h"

using namespace sqlcast;
using namespace sqlcast::support;

namespace {

// The code of the error that a message is answered with; ok when it is answered with something else.
Code error_of(const std::string& endpoint, const std::vector<std::string>& frames) {
  RawSocket socket(endpoint);
  socket.send(frames);
  proto::Frames reply = socket.receive();
  if (reply.empty()) return Code::timeout;
  if (proto::is_joined(reply) && !proto::split(reply).ok()) return Code::internal;
  if (proto::is_json(reply)) {
    for (const Code code : {Code::bad_message, Code::bad_request, Code::too_large, Code::unsupported_version})
      if (reply[0].find("\"" + std::string(code_name(code)) + "\"") != std::string::npos) return code;
    return Code::ok;
  }
  const auto decoded = proto::decode(reply);
  if (!decoded) return Code::internal;
  const auto* error = std::get_if<proto::ErrorReply>(&decoded->message);
  return error == nullptr ? Code::ok : error->status.code;
}

proto::Frames joined(proto::Frames frames) {
  proto::join(frames);
  return frames;
}

std::string header(std::uint8_t version, std::uint8_t type) {
  proto::Header header;
  header.version = version;
  header.type = static_cast<proto::MessageType>(type);
  header.exchange = 77;
  return proto::encode_header(header);
}

// A message that is well formed but no request is a failed request, not a bad message.
std::uint64_t bad_messages(const Node& node) {
  const auto counters = node.status()->counters;
  return counters.at("bad_messages") + counters.at("failed");
}

}  // namespace

TEST_CASE("wire: malformed messages are answered clearly and counted, at every node", "[wire]") {
  Cluster& cluster = shared_cluster();
  const proto::Frames good = proto::encode(query_of("SELECT 1"), 5);
  const std::string body = good.at(1);
  struct Case {
    const char* what;
    std::vector<std::string> frames;
    Code code;
  };
  const std::vector<Case> cases = {
      {"garbage", {"", "garbage"}, Code::bad_message},
      {"nothing after the delimiter", {""}, Code::bad_message},
      {"only empty frames", {"", "", ""}, Code::bad_message},
      {"no delimiter", {"garbage without an empty frame"}, Code::bad_message},
      {"no delimiter, good message", {good[0], good[1]}, Code::bad_message},
      {"truncated header", {"", good[0].substr(0, 7), body}, Code::bad_message},
      {"header alone", {"", good[0]}, Code::bad_message},
      {"unknown version", {"", header(9, 1), body}, Code::unsupported_version},
      {"unknown type", {"", header(1, 200), body}, Code::bad_message},
      {"a reply", {"", header(1, 2), body}, Code::bad_request},
      {"truncated body", {"", good[0], body.substr(0, body.size() / 2)}, Code::bad_message},
      {"garbage body", {"", good[0], std::string(100, '\xc1')}, Code::bad_message},
      {"huge lengths", {"", good[0], std::string("\x81\xaasta\xdd\xff\xff\xff\xff", 10)}, Code::bad_message},
      {"one frame, truncated", {"", joined(good)[0].substr(0, 40)}, Code::bad_message},
      {"one frame, header alone", {"", joined(good)[0].substr(0, 16)}, Code::bad_message},
      {"one frame, garbage body", {"", joined({good[0], std::string(100, '\xc1')})[0]}, Code::bad_message},
      {"one frame, more behind it", {"", joined(good)[0] + std::string(100, '\x01')}, Code::bad_message},
      {"one frame, too long", {"", joined(good)[0] + std::string(proto::kMostJoined, '\x01')}, Code::bad_message},
      {"one frame and another", {"", joined(good)[0], body}, Code::bad_message},
      {"too many frames", std::vector<std::string>(500, ""), Code::too_large},
      {"JSON cut off", {"", "{\"sql\": \"select 1"}, Code::bad_message},
      {"JSON unknown field", {"", "{\"sql\": \"select 1\", \"sqll\": 1}"}, Code::bad_request},
      {"JSON of nothing", {"", "{}"}, Code::bad_request},
      {"JSON nested deep", {"", "{\"sql\":" + std::string(10'000, '[')}, Code::bad_message},
  };
  for (Node* node : {&cluster.master(), &cluster.slave(0)}) {
    for (const Case& each : cases) {
      INFO(node->name() << ": " << each.what);
      const std::uint64_t before = bad_messages(*node);
      const Code code = error_of(node->endpoint(), each.frames);
      INFO("answered " << code_name(code) << ", expected " << code_name(each.code));
      // What exactly is wrong with bytes may be seen either way; that they are refused may not.
      const bool either = each.code == Code::bad_message || each.code == Code::bad_request;
      CHECK((code == each.code ||
             (either && (code == Code::bad_message || code == Code::bad_request || code == Code::too_large))));
      CHECK(bad_messages(*node) > before);
    }
    CHECK(node->run("SELECT 1").text() == "1");
  }
}

TEST_CASE("wire: random bytes in any number of frames do not disturb a node", "[wire]") {
  Cluster& cluster = shared_cluster();
  std::mt19937 random(20240607);  // the same bytes each time
  const proto::Frames good = proto::encode(query_of("SELECT 1"), 5);
  for (Node* node : {&cluster.master(), &cluster.slave(0)}) {
    RawSocket socket(node->endpoint());
    for (int i = 0; i < 2'000; ++i) {
      std::vector<std::string> frames;
      if (random() % 4 != 0) frames.push_back("");
      if (random() % 2 == 0) frames.push_back(good[0]);
      for (std::size_t k = random() % 4; k > 0; --k) {
        std::string bytes = random() % 3 == 0 ? good[1] : std::string(random() % 64, '\0');
        for (char& byte : bytes)
          if (random() % 8 == 0) byte = static_cast<char>(random());
        frames.push_back(bytes);
      }
      if (!frames.empty()) socket.send(frames);
    }
    CHECK(node->run("SELECT 1").text() == "1");
    CHECK(node->running());
  }
  cluster.check_same_everywhere();
}

TEST_CASE("wire: a small request in one frame gets a small reply so, a large one in frames", "[wire]") {
  Cluster& cluster = shared_cluster();
  for (Node* node : {&cluster.master(), &cluster.slave(0)}) {
    const auto ask = [node](const std::string& sql, bool in_one) {
      RawSocket socket(node->endpoint());
      std::vector<std::string> frames = {""};
      const proto::Frames request = proto::encode(query_of(sql), 5);
      for (const std::string& frame : in_one ? joined(request) : request) frames.push_back(frame);
      socket.send(frames);
      return socket.receive();
    };
    const std::string small = "SELECT 7 AS a, 'text' AS b, NULL AS c";
    const proto::Frames in_frames = ask(small, false);
    CHECK(in_frames.size() == 5);
    proto::Frames in_one = ask(small, true);
    REQUIRE(proto::is_joined(in_one));
    REQUIRE(proto::split(in_one).ok());
    REQUIRE(in_one.size() == 5);
    for (const std::size_t i : {0U, 2U, 3U, 4U}) CHECK(in_one[i] == in_frames[i]);  // the body has its time in it
    CHECK(proto::decode(in_one).ok());
    const proto::Frames large = ask("SELECT REPEAT('x', " + std::to_string(proto::kMostJoined) + ")", true);
    CHECK(large.size() == 3);
    CHECK(proto::decode(large).ok());
  }
}

TEST_CASE("wire: a message over the limit does not reach memory, and others go on", "[wire]") {
  Cluster& cluster = shared_cluster();
  const proto::Frames good = proto::encode(query_of("SELECT 1"), 5);
  for (Node* node : {&cluster.master(), &cluster.slave(0)}) {
    {
      // libzmq ends the connection of who sends so much; there is nobody to answer.
      RawSocket socket(node->endpoint());
      socket.send({"", good[0], std::string(std::size_t{100} << 20U, 'x')});
      CHECK(node->run("SELECT 1").text() == "1");
    }
    // Under the wire's limit, over the statement's: answered.
    const Answer answer = node->run("SELECT '" + std::string(std::size_t{17} << 20U, 'x') + "'");
    INFO(show(answer.status).substr(0, 300));
    CHECK((answer.status.code == Code::too_large || answer.status.code == Code::refused));
    CHECK(node->run("SELECT 1").text() == "1");
  }
}

TEST_CASE("wire: JSON in, JSON out, from a plain socket", "[wire]") {
  Cluster& cluster = shared_cluster();
  for (Node* node : {&cluster.master(), &cluster.slave(0)}) {
    RawSocket socket(node->endpoint());
    socket.send(
        {"",
         R"({"id": 9, "sql": "select ? + 1 as n, cast(18446744073709551615 as unsigned) as big", "params": [41]})"});
    const proto::Frames reply = socket.receive();
    REQUIRE(reply.size() == 1);
    INFO(reply[0]);
    CHECK(reply[0].find("\"ok\":true,\"id\":9") != std::string::npos);
    CHECK(reply[0].find("[[42,18446744073709551615]]") != std::string::npos);
  }
}
