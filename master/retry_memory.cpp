#include "master/retry_memory.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/logging.h"
#include "master/retry_snapshot.h"
#include "node/durable_file.h"

namespace sqlcast::master {
namespace {

using namespace std::chrono_literals;

// A copy is due when a start would have to read so much, and after a time, so that old files of the log may go.
constexpr Sequence kEntries = 20'000;
constexpr auto kLongest = 10min;
constexpr auto kShortest = 5s;  // between two
constexpr auto kFirst = 1s;     // there may be none yet

// Windows that a start reads at most: one that is further behind is of a folder that was another node's meanwhile.
constexpr Sequence kFarBehind = 4;

// Requests that are copied under the window's lock at a time: some 0.1 ms.
constexpr std::size_t kCopied = 64;

}  // namespace

Sequence RetryMemory::load(const Position& end) {
  kept_ = 0;
  bool missing = false;
  const Status status = try_load(end, missing);
  if (status.ok()) {
    kept_ = window_.position().sequence;
    logging::info("the retry memory is that of entry {}", kept_.load());
    return kept_;
  }
  Sequence after = end.sequence > entries_ ? end.sequence - entries_ : 0;
  after = std::max(after, log_.start().sequence);
  window_.begin_after(after);
  const std::string made = "made of the log's entries after " + std::to_string(after) + ": " + status.message;
  if (!missing) {
    logging::warn("the retry memory is {}", made);
  } else if (end.sequence != 0) {
    logging::info("the retry memory is {}", made);
  }
  return after;
}

Status RetryMemory::try_load(const Position& end, bool& missing) {
  const auto no = [this](const std::string& why) { return Status::error(Code::io, path() + " is not used: " + why); };
  const Result<std::optional<std::string>> bytes = node::read_durable(path());
  if (!bytes) return bytes.status();
  missing = !bytes->has_value();
  if (missing) return Status::error(Code::io, "there is no " + path());
  Result<RetrySnapshot> snapshot = read_retry_snapshot(**bytes);
  if (!snapshot) return no(snapshot.status().message);
  if (snapshot->cluster != log_.cluster()) return no("it is another cluster's");
  const Position& position = snapshot->place.position;
  if (position.sequence > end.sequence)
    return no("it is of entry " + std::to_string(position.sequence) + ", and the log ends at entry " +
              std::to_string(end.sequence));
  if (end.sequence - position.sequence > kFarBehind * entries_)
    return no("it is of entry " + std::to_string(position.sequence) + ", far behind the log's end");
  const Result<bool> has = log_.has(position);
  if (!has) return no(has.status().message);
  if (!*has) return no("the log has another entry " + std::to_string(position.sequence));
  window_.begin_after(0);
  if (!window_.restore(snapshot->place, std::move(snapshot->clients))) return no("it is no retry window's copy");
  return ok_status();
}

void RetryMemory::start() {
  started_ = true;
  keeper_.start();
}

void RetryMemory::tick(Clock::time_point now) {
  if (!begun_) {
    begun_ = true;
    tried_at_ = now - kShortest + kFirst;
  }
  if (now - tried_at_ < kShortest) return;
  const Sequence at = window_.position().sequence;
  const Sequence added = at > kept_ ? at - kept_ : 0;
  const bool due = added >= kEntries || (added > 0 && (kept_ == 0 || now - tried_at_ >= kLongest));
  if (!due) return;
  tried_at_ = now;
  keeper_.wake();
}

void RetryMemory::stop() {
  if (!std::exchange(started_, false)) return;
  keeper_.wake();
  keeper_.stop();
}

// What fails is tried again when the next copy is due: a start without it reads more, and no worse than that.
bool RetryMemory::keep() {
  const Result<bool> saved = save();
  if (!saved && !failing_) logging::warn("the retry memory could not be kept: {}", saved.status().message);
  failing_ = !saved.ok();
  return !saved.ok() || *saved;
}

// False: not now, but in a moment.
Result<bool> RetryMemory::save() {
  const Sequence sequence = window_.position().sequence;
  if (sequence == 0 || sequence == kept_) return true;
  const std::optional<RetryWindow::Place> place = window_.begin_copy();
  if (!place) return false;
  RetrySnapshotWriter writer(log_.cluster(), *place);
  std::vector<RetryWindow::ClientMemory> some;
  for (bool more = true; more;) {
    more = window_.copy_some(kCopied, some);
    for (const RetryWindow::ClientMemory& client : some) writer.add(client);
    some.clear();
  }
  // A power loss must not leave the copy with what the log has lost.
  if (log_.durable().sequence < place->position.sequence) {
    (void)log_.sync();  // ends early when the node stops, and then the copy at the end is the one that counts
    if (log_.durable().sequence < place->position.sequence) return false;
  }
  if (Status status = node::write_durably(path(), writer.take()); !status.ok()) return status;
  kept_ = place->position.sequence;
  return true;
}

}  // namespace sqlcast::master
