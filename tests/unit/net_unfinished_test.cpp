// Goal: who sends without an end is cut before it is too much, and nobody else. Method: connections on the loopback,
// and bytes that are messages when the test says so.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include "net/unfinished.h"

using namespace sqlcast;
using net::Unfinished;

namespace {

// Both ends of a connection.
class Line {
 public:
  Line() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener, 1) == 0);
    REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    peer_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::connect(peer_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    own = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    ::close(listener);
    REQUIRE(own >= 0);
  }
  ~Line() {
    ::close(peer_);
    ::close(own);
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  void come(std::size_t bytes) const {
    std::string some(64U << 10U, 'x');
    while (bytes > 0) {
      some.resize(std::min(bytes, some.size()));
      REQUIRE(::send(peer_, some.data(), some.size(), 0) == static_cast<ssize_t>(some.size()));
      std::size_t left = some.size();
      while (left > 0) {
        const ssize_t got = ::recv(own, some.data(), left, 0);
        REQUIRE(got > 0);
        left -= static_cast<std::size_t>(got);
      }
      bytes -= some.size();
    }
  }

  int own = -1;

 private:
  int peer_ = -1;
};

constexpr std::size_t kMiB = 1U << 20U;

// The next look that is one.
std::vector<int> look(Unfinished& unfinished) {
  static std::chrono::steady_clock::time_point now;
  now += Unfinished::kLook;
  return unfinished.look(now);
}

}  // namespace

TEST_CASE("unfinished: a connection by which too much comes that is no message is cut, one with messages is not") {
  Unfinished unfinished({4 * kMiB, 100 * kMiB});
  const Line endless;
  const Line busy;
  for (const Line* line : {&endless, &busy}) unfinished.accepted(line->own);
  CHECK(look(unfinished).empty());
  CHECK_FALSE(unfinished.watches());
  for (const Line* line : {&endless, &busy}) line->come(10 * kMiB);
  CHECK(look(unfinished).empty());  // all of it may have been messages
  CHECK(unfinished.watches());
  std::vector<int> cut;
  for (int i = 0; i < 8; ++i) {
    CHECK(cut.empty());
    endless.come(kMiB);
    busy.come(10 * kMiB);
    unfinished.delivered(busy.own);
    cut = look(unfinished);
    if (!cut.empty()) break;
  }
  CHECK(cut == std::vector<int>{endless.own});
  // Nobody hears of it twice, and who has nothing unfinished is not watched.
  unfinished.delivered(busy.own);
  CHECK(look(unfinished).empty());
  CHECK_FALSE(unfinished.watches());
}

TEST_CASE("unfinished: of many that together have too much those are cut that have gone on for longest") {
  Unfinished unfinished({10 * kMiB, 4 * kMiB});
  std::vector<std::unique_ptr<Line>> lines;
  for (int i = 0; i < 6; ++i) {
    lines.push_back(std::make_unique<Line>());
    unfinished.accepted(lines.back()->own);
    lines.back()->come(kMiB);
    CHECK(look(unfinished).empty());  // suspected one after the other
  }
  for (const auto& line : lines) line->come(kMiB);
  CHECK(look(unfinished) == std::vector<int>{lines[0]->own, lines[1]->own});
  // One that has ended counts no more.
  unfinished.ended(lines[2]->own);
  lines[3]->come(kMiB);
  CHECK(look(unfinished).empty());
}
