// Goal: endpoints are checked before libzmq sees them, with readable errors. Method: pure calls.
#include "net/endpoint.h"

#include <string>

using namespace sqlcast;
using namespace sqlcast::net;

TEST_CASE("endpoint: what is accepted is written back the same") {
  for (const char* text : {"tcp://127.0.0.1:5750", "tcp://localhost:1", "tcp://*:65535", "tcp://[::1]:5750",
                           "tcp://127.0.0.1:*", "tcp://[fe80::1]:*", "ipc:///tmp/x"}) {
    INFO(text);
    const Result<Endpoint> endpoint = parse_endpoint(text);
    REQUIRE(endpoint.ok());
    CHECK(endpoint->text() == text);
  }
  CHECK(parse_endpoint("tcp://h:0")->text() == "tcp://h:*");
}

TEST_CASE("endpoint: what is wrong is named") {
  for (const char* text : {"", "127.0.0.1:5750", "tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:", "tcp://:5750",
                           "tcp://h:65536", "tcp://h:-1", "tcp://h:12x", "tcp://a b:1", "tcp://::1:5750", "tcp://[::1]",
                           "tcp://[x]:1", "ipc://", "udp://h:1", "TCP://h:1"}) {
    INFO(text);
    const Result<Endpoint> endpoint = parse_endpoint(text);
    REQUIRE_FALSE(endpoint.ok());
    CHECK(endpoint.status().code == Code::bad_request);
    CHECK(endpoint.status().message.find(std::string("\"") + text + "\"") != std::string::npos);
  }
  CHECK(parse_endpoint("ipc://" + std::string(107, 'x')).ok());
  CHECK_FALSE(parse_endpoint("ipc://" + std::string(108, 'x')).ok());
  CHECK_FALSE(parse_peer_endpoint("tcp://*:5750").ok());
  CHECK_FALSE(parse_peer_endpoint("tcp://127.0.0.1:0").ok());
}
