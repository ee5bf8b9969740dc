#include "node/slow_lane.h"

#include "base/thread.h"

namespace sqlcast::node {

using namespace std::chrono_literals;

SlowLane::~SlowLane() { stop(); }

void SlowLane::start() {
  thread_ = start_thread("slow-lane", [this] { run(); });
}

void SlowLane::stop() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

bool SlowLane::submit(std::uint64_t bytes, Work& work) {
  const std::uint64_t before = bytes_.fetch_add(bytes);
  Job job{bytes, std::move(work)};
  if ((before == 0 || before + bytes <= capacity_bytes_) && queue_.try_push(std::move(job))) return true;
  bytes_ -= bytes;
  work = std::move(job.work);  // NOLINT(bugprone-use-after-move): a full queue takes nothing
  return false;
}

void SlowLane::run() {
  while (true) {
    std::optional<Job> job = queue_.pop(500ms);
    if (job) {
      job->work(!queue_.closed());
      const std::uint64_t bytes = job->bytes;
      job.reset();
      bytes_ -= bytes;
    } else if (queue_.closed()) {
      return;
    }
  }
}

}  // namespace sqlcast::node
