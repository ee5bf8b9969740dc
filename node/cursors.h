// Cursors: the results of this node's reads that have more pages. Each is kept with the database connection its rows
// come from; a client has a limited number of them, and one that is left alone, or grows too old, is given up.
//
// A cursor that is given up before its end still has its statement running, and to forget it is to read the rest of its
// rows: so it is retired first, and ended with its connection by who calls end_retired(). Thread-safe. Does not block,
// but for end_retired().
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "config/config.h"
#include "node/request_list.h"
#include "proto/message.h"
#include "storage/database.h"
#include "storage/page.h"

namespace sqlcast::node {

struct Cursor {
  // Whose it is: nobody else can fetch or close it.
  struct Owner {
    std::string client_id;
    std::string key;  // name of the key that the query came with; empty where nodes have none
    bool operator==(const Owner&) const = default;
  };
  std::uint64_t id = 0;                        // from keep()
  RequestKey key;                              // of the query
  std::shared_ptr<RequestList::Entry> listed;  // the query's; since keep() its own
  Who who;                                     // with which key it came
  std::string key_name;                        // as Owner::key
  std::unique_ptr<storage::Connection> connection;
  std::uint64_t server = 0;                     // which start of the database's server the connection is to
  std::unique_ptr<storage::RowStream> stream;   // of the connection
  std::unique_ptr<storage::PageReader> reader;  // of the stream
  std::vector<proto::ColumnInfo> columns;
  std::chrono::steady_clock::time_point opened;
  std::chrono::steady_clock::time_point last_used;
};

class Cursors {
 public:
  using Clock = std::chrono::steady_clock;

  Cursors(const config::Limits& limits, storage::Database& database);

  // Takes a new cursor; its id. too_many_cursors, and the cursor is untouched: its client, its key or the node has too
  // many.
  Result<std::uint64_t> keep(std::unique_ptr<Cursor>& cursor);
  // For a page: nobody else has it until give_back(), and its place is kept. cursor_not_found: that client has no such
  // cursor.
  Result<std::unique_ptr<Cursor>> take(const Cursor::Owner& owner, std::uint64_t id);
  // One that was taken, and has more pages. When it was closed meanwhile it is retired.
  void give_back(std::unique_ptr<Cursor> cursor);

  // One that was taken, or never kept, is given up before its end; or was read to its end.
  void retire(std::unique_ptr<Cursor> cursor);
  void finished(const Cursor& cursor);
  // What is kept is given up: one, if that client has it, also while a page of it is read; those of these keys; those
  // whose time is over; all.
  void close(const Cursor::Owner& owner, std::uint64_t id);
  void retire_of(const RevokedKeys& keys);
  void retire_aged();
  void retire_all();

  // Ends what is retired; waits for that up to `wait`, until stop(). May block, for the database.
  void end_retired(std::chrono::milliseconds wait);
  // Retires all.
  void stop();

 private:
  using Kept = std::map<std::uint64_t, std::unique_ptr<Cursor>>;
  using Places = std::map<std::string, std::uint32_t>;
  struct Taken {
    Cursor::Owner owner;
    bool closed = false;  // meanwhile
  };
  void give_up_place(const Cursor& cursor) SQLCAST_REQUIRES(mutex_);
  Kept::iterator retire(Kept::iterator at) SQLCAST_REQUIRES(mutex_);
  Kept::iterator find(const Cursor::Owner& owner, std::uint64_t id) SQLCAST_REQUIRES(mutex_);

  const config::Limits limits_;
  storage::Database& database_;
  Mutex mutex_;
  ConditionVariable retirement_;
  Kept kept_ SQLCAST_GUARDED_BY(mutex_);                             // absent while a page is read
  std::map<std::uint64_t, Taken> taken_ SQLCAST_GUARDED_BY(mutex_);  // by id: those of which one is
  Places places_ SQLCAST_GUARDED_BY(mutex_);                         // that clients have taken
  Places places_of_keys_ SQLCAST_GUARDED_BY(mutex_);                 // and keys
  std::vector<std::unique_ptr<Cursor>> retired_ SQLCAST_GUARDED_BY(mutex_);
  std::uint64_t next_id_ SQLCAST_GUARDED_BY(mutex_);
  bool stopping_ SQLCAST_GUARDED_BY(mutex_) = false;
};

}  // namespace sqlcast::node
