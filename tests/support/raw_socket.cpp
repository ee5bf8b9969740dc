#include "tests/support/raw_socket.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "net/key_ring.h"

namespace sqlcast::support {

std::optional<RawSocket::Keys> RawSocket::known_keys(const std::string& endpoint) {
  const auto pin = net::key_ring().key_for(endpoint);
  if (!pin) throw std::runtime_error(pin.status().message);
  if (!*pin) return std::nullopt;
  return Keys{(*pin)->own->pair, (*pin)->node};
}

RawSocket::RawSocket(const std::string& endpoint)
    : RawSocket(endpoint, Options{zmq::socket_type::dealer, known_keys(endpoint), {}, {}}) {}

RawSocket::RawSocket(const std::string& endpoint, const Options& options) : socket_(context_, options.type) {
  const auto bytes = [](const auto& key) {
    return std::string_view(reinterpret_cast<const char*>(key.data()), key.size());
  };
  socket_.set(zmq::sockopt::linger, 2'000);
  socket_.set(zmq::sockopt::sndhwm, 0);
  socket_.set(zmq::sockopt::rcvhwm, 1);
  if (options.keys) {
    socket_.set(zmq::sockopt::curve_secretkey, bytes(options.keys->own.secret_key));
    socket_.set(zmq::sockopt::curve_publickey, bytes(options.keys->own.public_key));
    socket_.set(zmq::sockopt::curve_serverkey, bytes(options.keys->node));
  }
  if (!options.routing_id.empty()) socket_.set(zmq::sockopt::routing_id, options.routing_id);
  for (const std::string& topic : options.topics) socket_.set(zmq::sockopt::subscribe, topic);
  socket_.connect(endpoint);
}

void RawSocket::send(const std::vector<std::string>& frames) {
  for (std::size_t i = 0; i < frames.size(); ++i)
    socket_.send(zmq::buffer(frames[i]), i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
}

proto::Frames RawSocket::receive(std::chrono::milliseconds wait) {
  socket_.set(zmq::sockopt::rcvtimeo, static_cast<int>(wait.count()));
  proto::Frames frames;
  zmq::message_t part;
  while (socket_.recv(part)) {
    frames.push_back(part.to_string());
    if (!part.more()) break;
  }
  const auto delimiter = std::find(frames.begin(), frames.end(), "");
  if (delimiter != frames.end()) frames.erase(frames.begin(), delimiter + 1);
  return frames;
}

std::vector<std::string> framed(const proto::Message& message, std::uint64_t exchange) {
  std::vector<std::string> frames = proto::encode(message, exchange);
  frames.insert(frames.begin(), "");
  return frames;
}

}  // namespace sqlcast::support
