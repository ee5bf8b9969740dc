// Readers: what the router's own thread reads.
#include <algorithm>
#include <utility>

#include "node/readers_worker.h"

namespace sqlcast::node {
namespace {

// Where the processors are so few, whoever is woken for a read only takes the one that another needs.
constexpr unsigned kFewProcessors = 2;

// In one text: the more, the less a read costs; what would take longer than this altogether is better read by several.
constexpr std::size_t kMostHere = 64;
constexpr std::chrono::milliseconds kLongest{4};

}  // namespace

void Readers::learn(const ReadJob& job, const proto::StatementResult& result, std::chrono::nanoseconds took) {
  if (job.shape == 0) return;
  if (result.cursor != 0) return shapes_.forget(job.shape);
  shapes_.ran(job.shape, took, result.page.byte_size());
}

// Of what the router's thread has at hand: true when it is kept for after_burst().
bool Readers::hold(ReadJob& job) {
  if (router_thread_.load(std::memory_order_relaxed) != std::this_thread::get_id() || held_.size() >= most_here_ ||
      !shapes_.known_swift(job.shape))
    return false;
  held_.push_back(std::move(job));
  return true;
}

// Elsewhere others would wait meanwhile for what another processor could do for them.
bool Readers::reads_here(std::size_t jobs) const {
  return processors_ <= kFewProcessors || (jobs == 1 && at_work_ == 0 && queue_.size() == 0);
}

void Readers::after_burst(const net::Router::MayTakeLong& may_take_long) {
  router_thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  if (held_.empty()) return;
  std::vector<ReadJob> jobs = std::exchange(held_, {});
  if (reads_here(jobs.size()) && may_take_long()) return read_held(std::move(jobs));
  for (ReadJob& job : jobs) queue(std::move(job));
}

void Readers::read_held(std::vector<ReadJob> jobs) {
  const MutexLock lock(guest_mutex_);
  std::vector<ReadJob> together;
  for (ReadJob& job : jobs) {
    // Elsewhere, or late: a reader's.
    const bool fits = !stopping_ && (together.empty() || together.front().database == job.database);
    if (fits) {
      together.push_back(std::move(job));
    } else {
      queue(std::move(job));
    }
  }
  if (together.empty()) return;
  counters_.reads_at_door += together.size();
  if (!guest_) guest_ = std::make_unique<Worker>();
  const std::size_t count = together.size();
  const Clock::time_point begun = Clock::now();
  if (together.size() == 1) {
    answer(*guest_, together.front());
  } else {
    answer_batch(*guest_, std::move(together));
  }
  const auto took = Clock::now() - begun;
  const std::size_t most = most_here_;
  if (took > kLongest) {
    most_here_ = std::max<std::size_t>(1, std::min(most, count) / 2);
  } else if (count == most && 2 * took < kLongest) {
    most_here_ = std::min(2 * most, kMostHere);
  }
}

}  // namespace sqlcast::node
