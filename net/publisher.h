// Publisher: a PUB socket (XPUB, which sees its subscriptions) with a thread of its own. Publishing is only a hint: a
// subscriber that is slow or away misses messages and reads the log instead, so nothing here ever waits for one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "net/gate.h"
#include "net/limits.h"
#include "proto/codec.h"

namespace sqlcast::net {

class Publisher {
 public:
  struct Options {
    std::string endpoint;                  // where to listen; "tcp://127.0.0.1:*" lets the system choose the port
    std::shared_ptr<Gate> gate = nullptr;  // who is let in, by CURVE; nullptr: everybody, in clear
    std::chrono::milliseconds beacon_interval{200};
    // A message that comes after a pause goes out at once; of a stream, what comes within this time goes out together,
    // so that it wakes each subscriber once. 0 = everything at once.
    std::chrono::milliseconds burst_interval{0};
    std::size_t queue_items = 4'096;
    std::uint64_t queue_bytes = std::uint64_t{256} << 20U;
  };

  struct Counters {
    std::uint64_t published = 0;  // beacons included
    std::uint64_t dropped = 0;    // the queue was full
  };

  // Runs on the publisher's thread every beacon_interval: must be quick and must not throw. Frames go out under
  // proto::kBeaconTopic; nothing is sent when there are none.
  using Beacon = std::function<std::optional<proto::Frames>()>;

  // Listens when it returns. bad_request: the endpoint; io: it cannot be listened on, with what to do.
  static Result<std::unique_ptr<Publisher>> open(Options options);
  ~Publisher();  // stops
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // Starts the thread; what was published before goes first. Once. Throws std::system_error when there can be no
  // more threads.
  void start(Beacon beacon);

  enum class Urgency { may_wait, at_once };

  // Any thread; never blocks. Messages of one thread go out in its order. `at_once` goes out on the calling thread when
  // nothing is in front of it, and otherwise ends the wait of a burst, with all that is in it. False: the queue is
  // full, or stopped.
  bool publish(std::string_view topic, proto::Frames frames, Urgency urgency = Urgency::may_wait);

  // Every subscriber's connection ends, within a second or so, and is judged anew by the gate: one whose key was
  // revoked stays outside. The others miss what is published meanwhile. Any thread; does not block.
  void readmit();

  // Sends what is queued, then ends the thread. Not from the callback. Twice is once.
  void stop();

  const std::string& endpoint() const;  // with the port that was chosen
  Counters counters() const;            // any thread

 private:
  class Impl;
  explicit Publisher(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sqlcast::net
