// FailedRequests: writes that were told to have failed for good, by client id and request id, with what they were told:
// so that a copy that comes late gets the same word, and is not executed after all. In memory alone, and bounded: the
// oldest are forgotten, of a client that has a sixteenth of all its own. What is forgotten, as by a restart, is
// executed when a copy comes then: by that it cannot be told from a request that is sent again because its first copy
// was lost. Thread-safe. Does not block.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/mutex.h"
#include "base/status.h"
#include "base/types.h"
#include "node/requests_under_way.h"

namespace sqlcast::master {

using node::Failure;

class FailedRequests {
 public:
  // Whether a request that was told this must never be executed: its statements, or its client, are the reason. What is
  // due to the node's state, or to others, may be sent again.
  static bool is_final(const Status& status);

  // Keeps so many, those with a long message counting more.
  explicit FailedRequests(std::uint64_t failures) : capacity_(failures), share_(failures / 16) {}

  // The first word on a request stays.
  void add(const RequestKey& key, Failure failure);

  std::optional<Failure> find(const RequestKey& key) const;

 private:
  struct Kept {
    Failure failure;
    std::uint64_t number;  // in the order of their coming
  };
  struct Client {
    std::map<std::uint64_t, Kept> failures;        // by request id
    std::map<std::uint64_t, std::uint64_t> order;  // request ids, by number
    std::uint64_t weight = 0;
  };
  void forget_oldest_of(std::string client_id) SQLCAST_REQUIRES(mutex_);

  const std::uint64_t capacity_;
  const std::uint64_t share_;
  mutable Mutex mutex_;
  std::unordered_map<std::string, Client> clients_ SQLCAST_GUARDED_BY(mutex_);  // each with a failure at least
  std::map<std::uint64_t, std::string> order_ SQLCAST_GUARDED_BY(mutex_);       // clients, by number
  std::uint64_t weight_ SQLCAST_GUARDED_BY(mutex_) = 0;
  std::uint64_t next_number_ SQLCAST_GUARDED_BY(mutex_) = 1;
};

}  // namespace sqlcast::master
