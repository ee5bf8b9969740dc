#include "slave/relay.h"

#include "base/back_off.h"
#include "base/logging.h"
#include "base/thread.h"

namespace sqlcast::slave {
namespace {

using namespace std::chrono_literals;

constexpr const char* kCondition = "relay";
constexpr unsigned kTellAfter = 64;    // groups, while there are more
constexpr std::size_t kMostHere = 16;  // groups that the receiver's thread writes

}  // namespace

Relay::Relay(node::NodeLog& log, node::Conditions& conditions, Hooks hooks)
    : log_(log), conditions_(conditions), hooks_(std::move(hooks)), queue_(Replicator::kMaxQueuedGroups) {}

Relay::~Relay() { stop(); }

void Relay::start() {
  thread_ = start_thread("relay", [this] { run(); });
}

void Relay::stop() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

void Relay::submit(std::vector<proto::Group> groups, bool awaited) {
  if (awaited && may_write_here(groups)) {
    for (const proto::Group& group : groups)
      if (!failed_ && !stopped_) write(group, &group == &groups.back());
    return;
  }
  for (proto::Group& group : groups) {
    SQLCAST_CHECK(queue_.try_push(std::move(group)) || queue_.closed());
    ++queued_;
  }
}

// What has to be waited for otherwise, for room or a first file, the relay's thread waits for.
bool Relay::may_write_here(const std::vector<proto::Group>& groups) const {
  return groups.size() <= kMostHere && done_.load(std::memory_order_acquire) == queued_ && !queue_.closed() &&
         log_.begun() && log_.health().ok() && hooks_.no_room().empty();
}

void Relay::run() {
  while (true) {
    const std::optional<proto::Group> group = queue_.pop(500ms);
    if (queue_.closed()) return;
    if (!group) continue;
    if (!failed_) {
      if (!wait_for_room() || !begin_log(*group)) return;
      write(*group, queue_.size() == 0);
      if (stopped_) return;
    }
    done_.fetch_add(1, std::memory_order_release);
  }
}

// False when the node is stopping.
bool Relay::wait_for_room() {
  bool waited = false;
  for (std::string why; !(why = hooks_.no_room()).empty(); waited = true) {
    conditions_.post(kCondition, node::Trouble::disk_full, why);
    if (queue_.wait_until_closed(100ms)) return false;
  }
  if (waited) conditions_.clear(kCondition);
  return true;
}

// False when the node is stopping.
bool Relay::begin_log(const proto::Group& first) {
  BackOff back_off(100ms, 5000ms);
  while (!log_.begun()) {
    const Status status = log_.begin(first.previous_hash, {0, 0, first.previous_hash});
    if (status.ok()) {
      conditions_.clear(kCondition);
      break;
    }
    logging::warn("the log cannot be begun yet: {}", status.message);
    conditions_.post(kCondition, node::Trouble::disk_full, "the log cannot be begun: " + status.message);
    if (queue_.wait_until_closed(back_off.next())) return false;
  }
  return true;
}

// `last`: of what there is. It is synced here; of a stream that does not end, now and then, meanwhile, by the log's
// thread.
void Relay::write(const proto::Group& group, bool last) {
  using Sync = node::NodeLog::Sync;
  std::function<void()> tell;
  Sync sync = last ? Sync::at_once : Sync::with_next;
  if (last || ++untold_ >= kTellAfter) {
    if (!last) sync = Sync::behind;
    untold_ = 0;
    tell = [this, position = Position{group.epoch, group.last, group.hash}] { hooks_.logged(position); };
  }
  const Status status = log_.append(group, std::move(tell), sync);
  if (status.ok()) return;
  stopped_ = status.code == Code::shutting_down;
  if (stopped_) return;
  failed_ = true;
  logging::error("nothing more is taken, from entry {} on: {}", group.first, status.message);
  hooks_.failed("entry " + std::to_string(group.first) + " cannot be added to this node's log: " + status.message);
}

}  // namespace sqlcast::slave
