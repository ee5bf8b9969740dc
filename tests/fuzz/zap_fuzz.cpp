// Fuzz target: what libzmq asks at a handshake, in any frames, is parsed, judged by a table and answered. Stops where
// anybody but a key of the table is let in.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "access/allowed_keys.h"
#include "base/status.h"
#include "base/types.h"
#include "net/zap_request.h"
#include "tests/fuzz/input.h"

using namespace sqlcast;

namespace {

const access::AllowedKeys& table() {
  static const access::AllowedKeys one = [] {
    access::Grant grant;
    grant.name = "allowed";
    grant.key.fill('k');
    return access::AllowedKeys({grant});
  }();
  return one;
}

std::vector<std::string> frames_of(Input& in) {
  std::vector<std::string> frames;
  while (!in.empty() && frames.size() <= net::kZapFrames) frames.emplace_back(in.take(in.byte()));
  return frames;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in({reinterpret_cast<const char*>(data), size});
  const std::vector<std::string> frames = frames_of(in);
  const auto request = net::parse_zap_request(frames);
  const bool admitted = request && table().find(request->key) != nullptr;
  const auto reply = net::zap_reply(frames, admitted ? std::optional(request->key) : std::nullopt);
  SQLCAST_CHECK(reply.size() == 6 && reply[0] == "1.0");
  SQLCAST_CHECK(frames.size() < 2 ? reply[1].empty() : reply[1] == frames[1]);
  // By the frames themselves.
  const bool may = frames.size() == net::kZapFrames && frames[0] == "1.0" && frames[5] == "CURVE" &&
                   frames[6] == std::string(access::PublicKey{}.size(), 'k');
  SQLCAST_CHECK((reply[2] == "200") == may && (reply[2] == "400") == !may);
  SQLCAST_CHECK(reply[4] == (may ? to_hex(table().grants().front().key) : std::string()));
  return 0;
}
