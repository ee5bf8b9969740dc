#include "net/zap_request.h"

#include <algorithm>
#include <cstdint>

#include "base/types.h"

namespace sqlcast::net {
namespace {

constexpr const char* kVersion = "1.0";

}  // namespace

std::optional<ZapRequest> parse_zap_request(const std::vector<std::string>& frames) {
  ZapRequest request;
  if (frames.size() != kZapFrames || frames[0] != kVersion || frames[5] != "CURVE" ||
      frames[6].size() != request.key.size())
    return std::nullopt;
  request.domain = frames[2];
  std::transform(frames[6].begin(), frames[6].end(), request.key.begin(),
                 [](char byte) { return static_cast<std::uint8_t>(byte); });
  return request;
}

std::vector<std::string> zap_reply(const std::vector<std::string>& request,
                                   const std::optional<access::PublicKey>& admitted) {
  const std::string id = request.size() > 1 ? request[1] : std::string();
  if (!admitted) return {kVersion, id, "400", "not allowed", "", ""};
  return {kVersion, id, "200", "OK", to_hex(*admitted), ""};
}

}  // namespace sqlcast::net
