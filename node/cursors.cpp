#include "node/cursors.h"

#include <random>
#include <utility>

#include "base/logging.h"

namespace sqlcast::node {

Cursors::Cursors(const config::Limits& limits, storage::Database& database)
    : limits_(limits), database_(database), next_id_(std::random_device()() + (std::uint64_t{1} << 32U)) {}

Result<std::uint64_t> Cursors::keep(std::unique_ptr<Cursor>& cursor) {
  cursor->last_used = Clock::now();
  const MutexLock lock(mutex_);
  const auto open = [](const Places& places, const std::string& whose) {
    const auto held = places.find(whose);
    return held == places.end() ? 0 : held->second;
  };
  if (!cursor->key_name.empty() && open(places_of_keys_, cursor->key_name) >= limits_.key_cursors)
    return Status::error(Code::too_many_cursors,
                         "the key '" + cursor->key_name + "' has " + std::to_string(limits_.key_cursors) +
                             " results with more pages open at this node, and may have no more (limits.key_cursors); "
                             "fetch or close some, or ask for fewer rows");
  if (open(places_, cursor->key.client_id) >= limits_.max_cursors_per_client || kept_.size() >= limits_.max_cursors)
    return Status::error(Code::too_many_cursors, "too many results with more pages are open (" +
                                                     std::to_string(limits_.max_cursors_per_client) + " a client, " +
                                                     std::to_string(limits_.max_cursors) +
                                                     " a node); fetch or close some, or ask for fewer rows");
  ++places_[cursor->key.client_id];
  ++places_of_keys_[cursor->key_name];
  const std::uint64_t id = next_id_++;
  cursor->id = id;
  if (cursor->listed) cursor->listed = cursor->listed->make_cursor(id);
  kept_[id] = std::move(cursor);
  return id;
}

Cursors::Kept::iterator Cursors::find(const Cursor::Owner& owner, std::uint64_t id) {
  const auto it = kept_.find(id);
  if (it == kept_.end()) return it;
  return Cursor::Owner{it->second->key.client_id, it->second->key_name} == owner ? it : kept_.end();
}

Result<std::unique_ptr<Cursor>> Cursors::take(const Cursor::Owner& owner, std::uint64_t id) {
  const MutexLock lock(mutex_);
  const auto it = find(owner, id);
  if (it == kept_.end())
    return Status::error(Code::cursor_not_found,
                         "this node has no such cursor of yours: it was closed, read to its end, left alone for too "
                         "long, open for too long, or in the way of a change of its table; send the SELECT again");
  taken_.emplace(id, Taken{owner, false});
  return std::move(kept_.extract(it).mapped());
}

void Cursors::give_back(std::unique_ptr<Cursor> cursor) {
  cursor->last_used = Clock::now();
  const MutexLock lock(mutex_);
  const std::uint64_t id = cursor->id;
  const bool closed = taken_.at(id).closed;
  taken_.erase(id);
  const auto at = kept_.insert_or_assign(id, std::move(cursor)).first;
  if (closed) retire(at);
}

void Cursors::give_up_place(const Cursor& cursor) {
  for (auto& [places, whose] : {std::pair<Places&, const std::string&>{places_, cursor.key.client_id},
                                std::pair<Places&, const std::string&>{places_of_keys_, cursor.key_name}}) {
    const auto held = places.find(whose);
    if (--held->second == 0) places.erase(held);
  }
}

void Cursors::retire(std::unique_ptr<Cursor> cursor) {
  {
    const MutexLock lock(mutex_);
    if (cursor->id != 0) give_up_place(*cursor);
    taken_.erase(cursor->id);
    retired_.push_back(std::move(cursor));
  }
  retirement_.notify_one();
}

Cursors::Kept::iterator Cursors::retire(Kept::iterator at) {
  give_up_place(*at->second);
  retired_.push_back(std::move(at->second));
  retirement_.notify_one();
  return kept_.erase(at);
}

void Cursors::finished(const Cursor& cursor) {
  const MutexLock lock(mutex_);
  taken_.erase(cursor.id);
  give_up_place(cursor);
}

void Cursors::close(const Cursor::Owner& owner, std::uint64_t id) {
  const MutexLock lock(mutex_);
  if (const auto it = find(owner, id); it != kept_.end()) retire(it);
  if (const auto it = taken_.find(id); it != taken_.end() && it->second.owner == owner) it->second.closed = true;
}

void Cursors::retire_of(const RevokedKeys& keys) {
  const MutexLock lock(mutex_);
  for (auto it = kept_.begin(); it != kept_.end();) it = is_of(it->second->who, keys) ? retire(it) : std::next(it);
}

void Cursors::retire_aged() {
  const MutexLock lock(mutex_);
  const Clock::time_point now = Clock::now();
  for (auto it = kept_.begin(); it != kept_.end();) {
    const Cursor& cursor = *it->second;
    const bool aged =
        now - cursor.last_used >= limits_.cursor_timeout || now - cursor.opened >= limits_.cursor_lifetime;
    it = aged ? retire(it) : std::next(it);
  }
}

void Cursors::retire_all() {
  const MutexLock lock(mutex_);
  while (!kept_.empty()) retire(kept_.begin());
}

void Cursors::stop() {
  retire_all();
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  retirement_.notify_one();
}

void Cursors::end_retired(std::chrono::milliseconds wait) {
  std::vector<std::unique_ptr<Cursor>> ending;
  {
    MutexLock lock(mutex_);
    retirement_.wait_for(lock, wait, [this]() SQLCAST_REQUIRES(mutex_) { return !retired_.empty() || stopping_; });
    ending.swap(retired_);
  }
  for (const std::unique_ptr<Cursor>& cursor : ending) {
    // Connection ids begin anew with the server: it would be somebody else's.
    if (cursor->server == database_.restarts())
      if (const Status status = database_.end_connection(cursor->connection->id()); !status.ok())
        logging::warn("the database connection of a cursor could not be ended: {}", status.message);
    // Whatever was said to that: else the rest of the rows would be read here.
    cursor->connection->line()->cut();
  }
}

}  // namespace sqlcast::node
