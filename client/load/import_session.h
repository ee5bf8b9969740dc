// What every import has: how far it is and who is told, what is remembered of it, and where its files stand. One
// thread. May block, for the disk and the cluster.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "client/load/checkpoint.h"
#include "client/load/loader.h"
#include "client/load/reading.h"
#include "client/load/sender.h"

namespace sqlcast::load {

// Tells how far it is, no more often than anybody can see.
class Meter {
 public:
  Meter(const Watch& watch, std::uint64_t total) : watch_(watch) { now_.total = total; }

  bool stop() const { return watch_.stop && watch_.stop(); }
  void at(std::uint64_t bytes);
  void rows(std::uint64_t more);
  void waiting(const Status& why, double seconds);
  void tick();

 private:
  const Watch& watch_;
  Progress now_;
  std::chrono::steady_clock::time_point last_{};
};

struct Begun {
  CheckpointFile file;
  Checkpoint checkpoint;
  bool from_before = false;  // an earlier process has begun it
};

// bad_request when it was begun before and it is not said what is to become of that, or when it is to go on and was
// not.
Result<Begun> begin_import(const LoadOptions& options, const std::vector<Source>& sources);

std::uint64_t size_of(const std::vector<Source>& sources);  // 0: not known
bool only_once(const std::vector<Source>& sources);         // one of them is a pipe

// Of the cluster's log; waits until a node answers. 0 when that was given up.
Sequence known_position(client::Client& client, const Meter& meter);

// What stops and waits, for a Sender. The rest of the hooks is the caller's.
SenderHooks hooks_of(Meter& meter);

}  // namespace sqlcast::load
