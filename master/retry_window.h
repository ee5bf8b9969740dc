// RetryWindow: the outcomes of the most recent entries by request key, so that a request that is sent again gets
// the outcome it had and executes nothing. Rebuilt from the log at start. Belongs to the sequencer's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/types.h"
#include "proto/entry.h"

namespace sqlcast::master {

class RetryWindow {
 public:
  struct Outcome {
    Epoch epoch = 0;
    Sequence sequence = 0;
    std::uint64_t digest = 0;
    std::vector<proto::Effect> effects;
  };

  // Keeps the outcomes of the last `entries` entries.
  explicit RetryWindow(std::uint64_t entries) : capacity_(entries) {}

  // Entries in order of sequence.
  void add(const proto::Entry& entry, Epoch epoch);

  const Outcome* find(const RequestKey& key) const;

  // The window holds every entry after this sequence.
  Sequence reaches_back_to() const { return reaches_back_to_; }

  // When the log is longer than what is added first.
  void begin_after(Sequence sequence) { reaches_back_to_ = sequence; }

 private:
  struct Kept {
    Sequence sequence;
    RequestKey key;
  };
  const std::uint64_t capacity_;
  Sequence reaches_back_to_ = 0;
  std::deque<Kept> order_;  // only entries with a key
  std::unordered_map<RequestKey, Outcome, RequestKeyHash> outcomes_;
};

}  // namespace sqlcast::master
