// RawSocket: a peer that says what it likes, and reads when it likes: frames past every check of ours, with the keys
// that the process has for the endpoint, with others, or with none. One object belongs to one thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "access/key.h"
#include "proto/codec.h"
#include "proto/message.h"

namespace sqlcast::support {

class RawSocket {
 public:
  struct Keys {
    access::KeyPair own;
    access::PublicKey node{};
  };
  struct Options {
    zmq::socket_type type = zmq::socket_type::dealer;
    std::optional<Keys> keys;  // nothing: in clear
    std::string routing_id;    // empty: libzmq's choice
    std::vector<std::string> topics;
  };

  // Those of the process's key ring; nothing: the endpoint has none.
  static std::optional<Keys> known_keys(const std::string& endpoint);

  // A DEALER with these.
  explicit RawSocket(const std::string& endpoint);
  RawSocket(const std::string& endpoint, const Options& options);

  void send(const std::vector<std::string>& frames);
  // What is behind the delimiter; empty when nothing came in time.
  proto::Frames receive(std::chrono::milliseconds wait = std::chrono::seconds(60));

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
};

// As a DEALER sends it.
std::vector<std::string> framed(const proto::Message& message, std::uint64_t exchange = 1);

}  // namespace sqlcast::support
