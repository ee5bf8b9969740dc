// Router: a node's front door. A ROUTER socket and two threads, of which one at a time has it; requests come to a
// callback on that thread, replies are sent from any thread. That thread may also do what the requests want itself:
// should it take more than a moment, the other one goes on with the socket.
//
// Promises: one malformed peer never disturbs another; a reply to a peer that has gone, or that does not read, is
// dropped and counted; the queue of replies is bounded in number and bytes. Peers are told apart by their envelope.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/key.h"
#include "base/status.h"
#include "net/gate.h"
#include "net/limits.h"
#include "proto/codec.h"

namespace sqlcast::net {

// The way back: every frame up to and including the first empty one (identity, REQ's correlation id, delimiter).
struct Envelope {
  proto::Frames frames;
  // With which key the peer's connection was let in; nothing without a gate. Who asks is this, never an identity or a
  // name, which anybody can send.
  std::optional<access::PublicKey> key = std::nullopt;
};

struct Outgoing {
  Envelope envelope;
  proto::Frames frames;
  std::uint64_t byte_size() const;
};

class Router {
 public:
  struct Options {
    std::string endpoint;                  // where to listen; "tcp://127.0.0.1:*" lets the system choose the port
    std::shared_ptr<Gate> gate = nullptr;  // who is let in, by CURVE; nullptr: everybody, in clear
    std::uint64_t max_message_bytes = kDefaultMaxMessageBytes;
    std::size_t queue_items = 65'536;  // replies waiting for the thread
    std::uint64_t queue_bytes = std::uint64_t{256} << 20U;
  };

  struct Counters {
    std::uint64_t received = 0;   // requests handed to the callback
    std::uint64_t sent = 0;       // replies handed to libzmq
    std::uint64_t malformed = 0;  // no empty delimiter: answered with BAD_MESSAGE, not handed on
    std::uint64_t too_large = 0;  // over max_message_bytes or 64 frames: answered with TOO_LARGE, not handed on
    std::uint64_t dropped = 0;    // replies: peer gone, peer not reading, queue full, or after stop()
  };

  // Runs on the router's thread: must be quick, must not throw, may call send(). The frames are what follows the
  // delimiter, not looked into; there may be none.
  using OnMessage = std::function<void(Envelope, proto::Frames)>;

  // Runs on the router's thread when what had come has been handed to the callback above: must be quick and must not
  // throw, unless it has asked, once, whether it may take long, and was told true: then it may block. Replies that are
  // sent by it from then on go together when it has returned, or when it has taken long.
  using MayTakeLong = std::function<bool()>;
  using AfterBurst = std::function<void(const MayTakeLong&)>;

  // Listens when it returns; requests wait in the socket until start(), so that whoever replies can hold the Router
  // by then. bad_request: the endpoint; io: it cannot be listened on, with what to do.
  static Result<std::unique_ptr<Router>> open(Options options);
  ~Router();  // stops
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // Starts the threads. Once. Throws std::system_error when there can be no more threads.
  void start(OnMessage on_message, AfterBurst after_burst = nullptr);

  // Any thread; never blocks. False: the queue is full or the router has stopped; the reply is dropped and counted.
  bool send(Envelope envelope, proto::Frames frames);

  // The same for many, at the price of one; returns how many were taken, from the first.
  std::size_t send_batch(std::vector<Outgoing>&& batch);

  // Takes no more requests and replies, hands what is queued to libzmq, which has one second to get rid of it.
  // Returns when the threads have ended. Not from the callback. Twice is once.
  void stop();

  // The gate's own key was replaced: listens anew, with it. Connections end, and their peers come again. Any thread;
  // may block, for a moment.
  Status renew();

  const std::string& endpoint() const;  // with the port that was chosen
  Counters counters() const;            // any thread

 private:
  class Impl;
  explicit Router(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sqlcast::net
