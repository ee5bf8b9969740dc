// The process's one libzmq context, shared by its sockets. Internal to net/: includes zmq.hpp.
//
// It lives as long as the last socket, so that a process leaves without hanging: it ends when its sockets have,
// after at most LINGER. Any thread.
#pragma once

#include <memory>
#include <zmq.hpp>

namespace sqlcast::net {

inline constexpr int kIoThreads = 1;
inline constexpr int kMaxSockets = 16'384;  // a socket and the monitor of its handshakes are three

// Throws zmq::error_t when the process has no file descriptor left.
std::shared_ptr<zmq::context_t> acquire_context();

}  // namespace sqlcast::net
