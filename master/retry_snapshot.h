// RetrySnapshot: a copy of the retry window as bytes, for the file that stands beside the log's. Pure; any thread.
//
//   sqlcast retry memory ‖ version (1 byte: 1) ‖ cluster (32) ‖ epoch, sequence, hash (32) of where the log stood ‖
//   floor ‖ clients ‖ digest of all before it (8 bytes, big-endian) clients  = number, each: length and bytes of its id
//   ‖ floor ‖ number, each: request request  = id ‖ first entry ‖ last entry − first ‖ epoch ‖ digest (8) ‖ entries ‖
//   number of effects, each: affected
//              rows, insert id ‖ number of definitions, each: 8
//
// A number without a size is a varint: seven bits a byte, the lowest first, the eighth says that more follow.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/types.h"
#include "master/retry_window.h"

namespace sqlcast::master {

struct RetrySnapshot {
  Hash cluster{};  // what the log's chain begins with
  RetryWindow::Place place;
  std::vector<RetryWindow::ClientMemory> clients;  // a client may be there in parts
};

// Clients are given one after the other: all of them need not be there at the same time.
class RetrySnapshotWriter {
 public:
  RetrySnapshotWriter(const Hash& cluster, const RetryWindow::Place& place);
  void add(const RetryWindow::ClientMemory& client);
  std::string take();  // the whole file

 private:
  std::string head_;
  std::string clients_;
  std::uint64_t count_ = 0;
};

// io: it is none, of another version, or damaged; the message says which.
Result<RetrySnapshot> read_retry_snapshot(std::string_view bytes);

}  // namespace sqlcast::master
