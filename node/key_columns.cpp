#include "node/key_columns.h"

#include "base/logging.h"
#include "base/mutex.h"

namespace sqlcast::node {

void KeyColumns::mark(const std::vector<storage::Origin>& origins, std::vector<proto::ColumnInfo>& columns) {
  const MutexLock lock(mutex_);
  // Taken first: a change while the database is asked makes the answer old.
  if (const std::uint64_t now = counters_.definitions; now != as_of_) {
    keys_.clear();
    as_of_ = now;
  }
  const std::set<std::string>* keys = nullptr;  // of the column before: columns of one table mostly stand together
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const storage::Origin& origin = origins[i];
    if (origin.schema.empty() || origin.table.empty()) continue;
    const bool same = keys != nullptr && origin.table == origins[i - 1].table && origin.schema == origins[i - 1].schema;
    if (!same) keys = keys_of({origin.schema, origin.table});
    if (keys == nullptr) return;
    columns[i].primary_key = keys->contains(origin.column);
  }
}

// Null when the database cannot be asked.
const std::set<std::string>* KeyColumns::keys_of(const Table& table) {
  constexpr std::size_t kMaxTables = 10'000;
  if (const auto known = keys_.find(table); known != keys_.end()) return &known->second;
  if (!connection_ || connection_->lost()) {
    Result<std::unique_ptr<storage::Connection>> connection = database_.open_reader();
    if (!connection) return nullptr;
    connection_ = std::move(*connection);
  }
  const Result<std::vector<storage::Row>> rows =
      connection_->rows("SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE COLUMN_KEY='PRI' AND TABLE_SCHEMA=" +
                        storage::quote_text(table.first) + " AND TABLE_NAME=" + storage::quote_text(table.second));
  if (!rows) {
    logging::debug("the keys of {}.{} are not known: {}", table.first, table.second, rows.status().message);
    return nullptr;
  }
  if (keys_.size() >= kMaxTables) keys_.clear();
  std::set<std::string>& keys = keys_[table];
  for (const storage::Row& row : *rows) keys.insert(row.at(0).value_or(""));
  return &keys;
}

}  // namespace sqlcast::node
