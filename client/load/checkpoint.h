// Checkpoint: how far an import has come, in a file of its own that outlives the process. What it says is confirmed is
// in the cluster; of what comes just behind it a part may be, under the request ids that the positions give.
// One thread. May block, for the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/types.h"
#include "client/load/summary.h"

namespace sqlcast::load {

struct Checkpoint {
  std::string client_id;
  std::string subject;   // the files, their sizes and times, and how they were to be loaded
  std::string taken_in;  // of the subject, too: the files that its scripts take in
  std::uint64_t pass = 0;
  std::uint64_t position = 0;  // everything before it in this pass is confirmed
  Sequence sent_since = 0;     // a position of the log that was known before anything behind it was first sent
  std::uint64_t rows = 0;
  // What failed for good there has been tried so often: the next attempt is a request of its own.
  std::uint64_t failed_position = 0;
  std::uint64_t attempts = 0;
  // Of what was put together there the statements are sent one by one: some of them may be in the cluster, and it must
  // not be sent as one again.
  std::optional<std::uint64_t> taken_apart;
  LeftOut left_out;  // of what is in front of `position`
};

class CheckpointFile {
 public:
  // `folder` is made when it is not there. `subject` tells one import from another.
  CheckpointFile(std::filesystem::path folder, const std::string& subject);

  // Nothing when there is none; io when there is one that cannot be read. What one of an earlier release does not say
  // is empty.
  Result<std::optional<Checkpoint>> load() const;
  Status save(const Checkpoint& checkpoint) const;
  void remove() const;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace sqlcast::load
