// What every socket of ours is told before it binds or connects: the one place. Internal to net/: includes zmq.hpp.
// Called by the thread that owns the socket. docs/protocol.md, "Sockets", gives the same table.
//
// No ZMTP heartbeats: on a connecting socket that stalls at its high-water mark they can abort the process; our
// beacons and time-outs find dead peers, TCP keep-alive cleans up after them.
#pragma once

#include <cstdint>
#include <zmq.hpp>

#include "net/endpoint.h"
#include "net/limits.h"

namespace sqlcast::net {

inline constexpr int kLingerMs = 1'000;     // what is still unsent when a socket closes
inline constexpr int kHandshakeMs = 5'000;  // a peer that connects and says nothing is cut off
inline constexpr int kReconnectMs = 50;     // first attempt; doubles up to kReconnectMaxMs
inline constexpr int kReconnectMaxMs = 2'000;
inline constexpr int kConnectMs = 5'000;  // TCP connect
inline constexpr int kKeepAliveIdleS = 30;
inline constexpr int kKeepAliveIntervalS = 10;
inline constexpr int kKeepAliveCount = 3;
inline constexpr int kBacklog = 256;

// Messages; of one peer where a socket has several.
inline constexpr int kRouterReceiveHwm = 1'000;
inline constexpr int kRouterSendHwm = 10'000;  // replies to a client that pipelines; more are dropped and counted
// Of large frames, which are most of it. What was handed to libzmq and has not gone yet; whoever has nothing there gets
// a reply, whatever its size.
inline constexpr std::uint64_t kMaxUnsentOfPeer = 128U << 20U;
inline constexpr std::uint64_t kMaxUnsent = 1U << 30U;
inline constexpr int kPubSendHwm = 1'000;  // then the subscriber misses messages, and catches up
inline constexpr int kSubReceiveHwm = 1'000;
inline constexpr int kDealerHwm = 1'000;  // both ways; send() is then false
inline constexpr int kRequesterHwm = 10;

// A frame over the limit but under twice the limit can still be answered with TOO_LARGE; beyond that libzmq cuts
// the connection.
inline std::int64_t transport_limit(std::uint64_t max_message_bytes) {
  return static_cast<std::int64_t>(max_message_bytes) * 2;
}

struct SocketOptions {
  int send_hwm = 0;
  int receive_hwm = 0;
  std::uint64_t max_message_bytes = kDefaultMaxMessageBytes;
};

inline void apply(zmq::socket_t& socket, const SocketOptions& options, const Endpoint& endpoint) {
  namespace opt = zmq::sockopt;
  socket.set(opt::linger, kLingerMs);
  socket.set(opt::handshake_ivl, kHandshakeMs);
  socket.set(opt::maxmsgsize, transport_limit(options.max_message_bytes));
  socket.set(opt::sndhwm, options.send_hwm);
  socket.set(opt::rcvhwm, options.receive_hwm);
  socket.set(opt::reconnect_ivl, kReconnectMs);
  socket.set(opt::reconnect_ivl_max, kReconnectMaxMs);
  socket.set(opt::connect_timeout, kConnectMs);
  socket.set(opt::backlog, kBacklog);
  socket.set(opt::tcp_keepalive, 1);
  socket.set(opt::tcp_keepalive_idle, kKeepAliveIdleS);
  socket.set(opt::tcp_keepalive_intvl, kKeepAliveIntervalS);
  socket.set(opt::tcp_keepalive_cnt, kKeepAliveCount);
  // Only for literal IPv6 addresses: libzmq tries one address of a name, and with IPV6 on "localhost" may become
  // ::1 where nobody listens.
  socket.set(opt::ipv6, endpoint.is_ipv6() ? 1 : 0);
}

}  // namespace sqlcast::net
