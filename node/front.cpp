#include "node/front.h"

namespace sqlcast::node {

void Front::receive(net::Envelope envelope, proto::Frames frames) {
  Caller caller;
  caller.envelope = std::move(envelope);
  caller.json = proto::is_json(frames);
  if (!frames.empty()) caller.exchange = proto::peek_exchange(frames.front());
  Result<proto::Decoded> decoded =
      caller.json ? proto::decode_json_request(frames.front()) : proto::decode(std::move(frames));
  if (!decoded) {
    ++counters_.bad_messages;
    fail(caller, decoded.status());
    return;
  }
  handler_(std::move(caller), std::move(decoded->message));
}

Status Front::open(const std::string& endpoint, std::uint64_t max_message_bytes) {
  net::Router::Options options;
  options.endpoint = endpoint;
  options.max_message_bytes = max_message_bytes;
  Result<std::unique_ptr<net::Router>> router = net::Router::open(std::move(options));
  if (!router) return router.status();
  router_ = std::move(*router);
  return ok_status();
}

void Front::start(Handler handler) {
  handler_ = std::move(handler);
  router_->start(
      [this](net::Envelope envelope, proto::Frames frames) { receive(std::move(envelope), std::move(frames)); });
}

void Front::stop() {
  if (router_) router_->stop();
}

const std::string& Front::endpoint() const { return router_->endpoint(); }

net::Outgoing Front::encode(const Caller& caller, proto::Message&& message) {
  net::Outgoing outgoing;
  outgoing.envelope = caller.envelope;
  if (caller.json) {
    outgoing.frames.push_back(proto::encode_json_reply(message, caller.exchange));
  } else {
    outgoing.frames = proto::encode(std::move(message), caller.exchange);
  }
  return outgoing;
}

void Front::reply(const Caller& caller, proto::Message&& message) {
  if (!caller.take()) return;
  send(caller, std::move(message));
}

void Front::send(const Caller& caller, proto::Message&& message) {
  net::Outgoing outgoing = encode(caller, std::move(message));
  router_->send(std::move(outgoing.envelope), std::move(outgoing.frames));
}

void Front::reply(std::vector<net::Outgoing>&& replies) { router_->send_batch(std::move(replies)); }

void Front::fail(const Caller& caller, Status status, std::optional<std::uint32_t> statement) {
  proto::ErrorReply error;
  error.status = std::move(status);
  error.statement = statement;
  fail(caller, std::move(error));
}

void Front::fail(const Caller& caller, proto::ErrorReply error) {
  if (!caller.take()) return;
  switch (error.status.code) {
    case Code::busy: ++counters_.busy; break;
    case Code::refused:
    case Code::master_only: ++counters_.refused; break;
    default: ++counters_.failed;
  }
  error.node = node_name_;
  send(caller, std::move(error));
}

}  // namespace sqlcast::node
