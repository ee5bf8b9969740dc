// ZapRequest: what libzmq asks about a handshake (RFC 27), as frames, and what it is answered. What is not as it should
// be is answered with a refusal: libzmq then refuses the peer. Pure; any thread. Internal to net/.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "access/key.h"

namespace sqlcast::net {

// Version, request id, domain, address, identity, mechanism, and one credential: a CURVE key.
inline constexpr std::size_t kZapFrames = 7;

struct ZapRequest {
  std::string domain;  // of the socket that was connected to
  access::PublicKey key{};
};

// Nothing: it is another version's, or of another mechanism than CURVE.
std::optional<ZapRequest> parse_zap_request(const std::vector<std::string>& frames);

// `admitted`: the key that was let in, which the socket then tells with every message of the connection; else a
// refusal.
std::vector<std::string> zap_reply(const std::vector<std::string>& request,
                                   const std::optional<access::PublicKey>& admitted);

}  // namespace sqlcast::net
