// AutoIncrementTracker: the next AUTO_INCREMENT value of each table, as the one writer knows it. Values are
// imposed (SET insert_id) on master and slaves alike, so that INSERT IGNORE, ON DUPLICATE KEY UPDATE, REPLACE and
// mixed inserts give the same ids everywhere. What the tracker does not know is looked up by the executor.
// Belongs to the sequencer's thread. Does not block.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "sql/schema.h"

namespace sqlcast::storage {

class AutoIncrementTracker {
 public:
  std::optional<std::uint64_t> next(const sql::ObjectName& table) const {
    const auto it = next_.find(table);
    return it == next_.end() ? std::nullopt : std::optional(it->second);
  }
  void set(const sql::ObjectName& table, std::uint64_t next) { next_[table] = next; }
  void forget(const sql::ObjectName& table) { next_.erase(table); }
  void clear() { next_.clear(); }  // after a rollback or DDL

 private:
  std::map<sql::ObjectName, std::uint64_t> next_;
};

}  // namespace sqlcast::storage
