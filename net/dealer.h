// Dealer: many requests at once to one node, replies in any order (the header's exchange id pairs them).
// Adds and takes off the empty delimiter. One object belongs to one thread; a Poller of that thread waits for it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "net/limits.h"
#include "proto/codec.h"

namespace sqlcast::net {

class Socket;

class Dealer {
 public:
  struct Options {
    std::string endpoint;
    std::uint64_t max_message_bytes = kDefaultMaxMessageBytes;
  };

  // Does not wait for the peer; reconnects by itself for ever. bad_request: the endpoint; io: sockets.
  static Result<std::unique_ptr<Dealer>> open(Options options);
  ~Dealer();
  Dealer(const Dealer&) = delete;
  Dealer& operator=(const Dealer&) = delete;

  // Never blocks. Before the peer is there messages wait in the socket; false when 1000 do: try again later, or
  // reset() when they are old.
  bool send(proto::Frames frames);

  // Never blocks. Replies without a delimiter, or over the limit, are dropped and counted.
  std::optional<proto::Frames> receive();

  // A new socket, to this endpoint when it is not empty: after a time-out, or when the peer was replaced. What was
  // waiting in the old one, both ways, is gone. On an error the old one stays.
  Status reset(std::string endpoint = {});

  // Why the node does not let this process in, or is not the one that is known here: not_allowed, a sentence for a
  // person; or timeout: reset(), and the next one of the node's keys is tried. Each time that it was found anew. A
  // Poller's wait ends with it. Never blocks.
  std::optional<Status> take_refusal();

  const std::string& endpoint() const;
  std::uint64_t dropped() const;

  Socket& socket() const;  // for Poller

 private:
  class Impl;
  explicit Dealer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sqlcast::net
