#include "net/endpoint.h"

#include <algorithm>
#include <charconv>

namespace sqlcast::net {
namespace {

constexpr std::string_view kTcp = "tcp://";
constexpr std::string_view kIpc = "ipc://";
constexpr std::size_t kMaxPath = 107;  // sockaddr_un, its final NUL left out
constexpr std::size_t kMaxHost = 255;

Status refuse(std::string_view text, std::string_view why) {
  return Status::error(Code::bad_request, "endpoint \"" + std::string(text.substr(0, 200)) + "\": " + std::string(why) +
                                              "; expected tcp://HOST:PORT such as tcp://127.0.0.1:5750, or ipc://PATH");
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool is_ipv6_character(char c) {
  return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' || c == '.';
}

// False when the text is not a host; brackets are taken off.
bool parse_host(std::string_view text, std::string& host) {
  if (text == "*") {
    host = text;
    return true;
  }
  if (text.starts_with('[') && text.ends_with(']')) {
    host = text.substr(1, text.size() - 2);
    return host.find(':') != std::string::npos && std::all_of(host.begin(), host.end(), is_ipv6_character);
  }
  host = text;
  return !host.empty() && host.size() <= kMaxHost && std::all_of(host.begin(), host.end(), is_host_character);
}

bool parse_port(std::string_view text, std::uint16_t& port) {
  if (text == "*") {
    port = 0;
    return true;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

}  // namespace

std::string Endpoint::text() const {
  if (transport == Transport::ipc) return std::string(kIpc) + path;
  const std::string shown_host = is_ipv6() ? "[" + host + "]" : host;
  return std::string(kTcp) + shown_host + ":" + (port == 0 ? "*" : std::to_string(port));
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  Endpoint endpoint;
  if (text.starts_with(kIpc)) {
    endpoint.transport = Endpoint::Transport::ipc;
    endpoint.path = text.substr(kIpc.size());
    if (endpoint.path.empty()) return refuse(text, "the path is empty");
    if (endpoint.path.size() > kMaxPath) return refuse(text, "the path is longer than 107 bytes");
    if (endpoint.path.find('\0') != std::string::npos) return refuse(text, "the path has a NUL byte");
    return endpoint;
  }
  if (!text.starts_with(kTcp)) return refuse(text, "it does not begin with tcp:// or ipc://");
  const std::string_view rest = text.substr(kTcp.size());
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos || rest.ends_with(']')) return refuse(text, "the port is missing");
  if (!parse_host(rest.substr(0, colon), endpoint.host))
    return refuse(text, "the host is not a name or an address (an IPv6 address stands in [])");
  if (!parse_port(rest.substr(colon + 1), endpoint.port))
    return refuse(text, "the port is not a number from 1 to 65535");
  return endpoint;
}

Result<Endpoint> parse_peer_endpoint(std::string_view text) {
  Result<Endpoint> endpoint = parse_endpoint(text);
  if (!endpoint || endpoint->transport == Endpoint::Transport::ipc) return endpoint;
  if (endpoint->host == "*") return refuse(text, "* is for listening; to connect, name the host");
  if (endpoint->port == 0)
    return refuse(text, "port 0 is for listening; to connect, give the port that the node shows");
  return endpoint;
}

}  // namespace sqlcast::net
