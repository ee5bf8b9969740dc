// Endpoint: where a socket listens or connects, checked before libzmq sees it so that errors are readable.
// Plain value; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sqlcast::net {

struct Endpoint {
  enum class Transport { tcp, ipc };
  Transport transport = Transport::tcp;
  std::string host;        // tcp: name, IPv4 address, IPv6 address without brackets, or "*" (listening only)
  std::uint16_t port = 0;  // tcp; 0 = chosen by the operating system (listening only)
  std::string path;        // ipc

  bool operator==(const Endpoint&) const = default;
  bool is_ipv6() const { return host.find(':') != std::string::npos; }
  std::string text() const;  // "tcp://127.0.0.1:5750", "tcp://[::1]:*", "ipc:///run/sqlcast"
};

// "tcp://HOST:PORT", PORT 1 to 65535, or 0 or * for one that the operating system chooses; "ipc://PATH".
// bad_request says what is wrong with the text and shows what is accepted.
Result<Endpoint> parse_endpoint(std::string_view text);

// The same, for connecting: a definite host and port. bad_request otherwise.
Result<Endpoint> parse_peer_endpoint(std::string_view text);

}  // namespace sqlcast::net
