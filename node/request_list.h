// RequestList: what is under way at this node and who has asked of late, for people to see, and to stop. A request is
// on it from its reading until the last who holds its Entry has let go: so nobody has to say that it has ended.
//
// Any thread. Does not block.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/types.h"
#include "node/security.h"
#include "proto/message.h"

namespace sqlcast::node {

class RequestList {
  struct Table;

 public:
  using Clock = std::chrono::steady_clock;

  class Entry {
   public:
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    void set(proto::RequestState state) { state_.store(state, std::memory_order_relaxed); }
    void set_kind(const char* kind) { kind_.store(kind, std::memory_order_relaxed); }  // a literal
    // What it is stopped under where it has no key of its own: one that no client can send.
    RequestKey stop_key() const;
    // It has another one now: it goes on under that.
    void set_stop_key(const RequestKey& key);
    // The cursor that this query has left: an entry of its own.
    std::shared_ptr<Entry> make_cursor(std::uint64_t cursor) const;

   private:
    friend class RequestList;
    friend struct Table;
    Entry(std::shared_ptr<Table> table, std::uint64_t number) : table_(std::move(table)), number_(number) {}

    const std::shared_ptr<Table> table_;
    const std::uint64_t number_;
    Clock::time_point since_;
    std::string key_name_;
    std::string client_id_;
    std::string via_;
    std::string text_;
    std::uint64_t cursor_ = 0;
    RequestKey stop_key_;  // guarded by the table's mutex
    std::atomic<const char*> kind_{""};
    std::atomic<proto::RequestState> state_{proto::RequestState::queued};
  };

  RequestList();

  // nullptr for what is answered at once.
  std::shared_ptr<Entry> enter(const Who& who, const proto::Message& message, Clock::time_point arrived);

  // What `asker` may see: an admin, and everybody where nodes have no keys, all; others what is in their key's name.
  // Bounded; `node` is left out.
  proto::RequestsReply list(const Who& asker, Clock::time_point now) const;

  struct Found {
    bool stoppable = true;  // false: it runs to its end, which is near
    RequestKey stop_key;
    std::uint64_t cursor = 0;  // nonzero: that is all there is of it
    std::string client_id;     // the cursor's owner
    std::string key_name;
  };
  // Nothing: there is none, or it is not for `asker`.
  std::optional<Found> find(const Who& asker, std::uint64_t number) const;

 private:
  std::shared_ptr<Table> table_;
};

}  // namespace sqlcast::node
