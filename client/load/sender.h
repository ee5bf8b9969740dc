// Sender: requests of an import on their way, several at a time, confirmed in order, each under a request id that its
// position gives. What passes by itself (no master, a restart, a full queue) is waited for and sent again under the
// same id, so that it is executed once. Writes the checkpoint behind each confirmed request. One thread. May block,
// for the cluster and the disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "client/client.h"
#include "client/load/checkpoint.h"

namespace sqlcast::load {

// A statement within one that is put together of several.
struct Piece {
  std::uint64_t statement = 0;  // its position
  std::uint64_t position = 0;   // of its first row here
  std::size_t begin = 0;        // of its rows in the text
  std::uint64_t rows = 0;
  std::size_t line = 0;
};

struct Job {
  std::uint64_t pass = 0;
  std::uint64_t position = 0;  // of what it begins with
  std::uint64_t end = 0;       // everything of this pass in front of that is in the cluster once it is confirmed
  std::uint64_t part = 0;      // of several at one position, below 8
  std::vector<std::string> statements;
  std::string database;
  std::string table;  // for the summary
  std::uint64_t rows = 0;
  std::size_t head = 0;       // bytes in front of the rows of the one statement that has pieces
  std::vector<Piece> pieces;  // in their order
  bool definition = false;    // it may take long
  std::string file;
  std::size_t line = 0;
};

struct SenderHooks {
  std::function<bool()> stop;  // asked often; true: end as soon as nothing is under way
  std::function<void(const Status& why, double seconds)> waiting;  // for a cluster that does not take it now
  std::function<void()> tick;                                      // several times a second while it waits
  std::function<void(const Job&, const client::Reply&)> confirmed;
  // Whether the import goes on without what failed so: then its pieces are sent one by one before failed() is asked.
  std::function<bool(const Status&)> goes_on;
  // Not executed, for good. Not ok: the import ends with that.
  std::function<Status(const Job&, const Status&)> failed;
};

class Sender {
 public:
  // `checkpoint`: as loaded, or a new one. `from_before`: it is an earlier process's, and what comes next may have been
  // sent by that. `known`: a position of the log that was known before.
  Sender(client::Client& client, CheckpointFile file, Checkpoint checkpoint, bool from_before, Sequence known,
         SenderHooks hooks);

  // Waits while too much is under way. Not ok: the import ends.
  Status send(Job job);
  Status wait_for_all();
  // Alone, and with its outcome: failed() is not asked.
  client::Reply run(Job job);
  // What is left out in front of `end`: it is in the checkpoint as soon as that stands behind it. A run that goes on
  // from in front of it comes to it again.
  void remember(std::uint64_t pass, std::uint64_t end, const LeftOut& left_out);

  // At the end, whole: the checkpoint goes.
  void finish() const { file_.remove(); }
  const Checkpoint& checkpoint() const { return checkpoint_; }
  bool nothing_in_doubt() const { return open_.empty(); }

 private:
  struct Open {
    Job job;
    Sequence sent_since = 0;
    std::uint64_t request_id = 0;
    std::future<client::Reply> reply;
    std::size_t bytes = 0;
    int timeouts = 0;
  };
  void submit(Open& open);
  Status begin(Job job);
  Result<client::Reply> answer(Open& open);
  Status take_oldest();
  Status take_whole(Open& open);
  bool is_taken_apart(const Job& job) const;
  Status confirm(const Open& open);
  Status failed(const Open& open, const Status& status);
  Status one_by_one(const Open& open);
  void count_attempt(const Job& job, const Status& status);

  client::Client& client_;
  const CheckpointFile file_;
  Checkpoint checkpoint_;
  const SenderHooks hooks_;
  std::deque<Open> open_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, LeftOut> left_out_;  // by pass and end, until these are confirmed
  std::size_t bytes_ = 0;
  Sequence known_;
  const Sequence known_before_;     // for what an earlier process may have sent
  std::size_t may_have_been_sent_;  // so many requests
};

}  // namespace sqlcast::load
