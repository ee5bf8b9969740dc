// KeyColumns: which columns of a result are part of their table's primary key. The connector does not say, so it is
// looked up once a table, and again after each change of definitions. Thread-safe. May block, for the database.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "node/counters.h"
#include "proto/message.h"
#include "storage/database.h"

namespace sqlcast::node {

class KeyColumns {
 public:
  KeyColumns(storage::Database& database, const Counters& counters) : database_(database), counters_(counters) {}

  // Sets primary_key where it is so. Leaves it out when the database cannot be asked now.
  void mark(const std::vector<storage::Origin>& origins, std::vector<proto::ColumnInfo>& columns);

 private:
  using Table = std::pair<std::string, std::string>;  // schema, table
  const std::set<std::string>* keys_of(const Table& table) SQLCAST_REQUIRES(mutex_);

  storage::Database& database_;
  const Counters& counters_;
  Mutex mutex_;
  std::unique_ptr<storage::Connection> connection_ SQLCAST_GUARDED_BY(mutex_);  // and so are the next
  std::map<Table, std::set<std::string>> keys_ SQLCAST_GUARDED_BY(mutex_);
  std::uint64_t as_of_ SQLCAST_GUARDED_BY(mutex_) = 0;  // changes of definitions that keys_ knows of
};

}  // namespace sqlcast::node
