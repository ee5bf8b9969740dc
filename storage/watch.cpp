#include "storage/watch.h"

#include <map>
#include <string>

#include "base/logging.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "storage/dialect.h"

namespace sqlcast::storage {
namespace {

using namespace std::chrono_literals;

constexpr auto kInterval = 500ms;  // between looks
// At so many looks in a row nothing may be going on: an answer may be on its way at one of them.
constexpr unsigned kUnansweredLooks = 2;

struct Activity {
  bool idle = false;  // the server waits for the next statement
  std::string waits_for;
};

}  // namespace

Watch::Watch(std::function<Result<std::unique_ptr<Connection>>()> open) : open_(std::move(open)) {}

Watch::~Watch() { stop(); }

void Watch::start() {
  thread_ = start_thread("db-watch", [this] { run(); });
}

void Watch::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Watch::add(const std::shared_ptr<Line>& line) {
  const MutexLock lock(mutex_);
  added_.push_back(line);
  lines_.push_back(line);
  if (cut_everything_ && Clock::now() >= *cut_everything_) line->cut();
}

void Watch::cut_all_after(std::chrono::milliseconds grace) {
  const MutexLock lock(mutex_);
  const Clock::time_point then = Clock::now() + grace;
  if (!cut_everything_ || then < *cut_everything_) cut_everything_ = then;
}

// By whoever asks for it: the watch's own thread may be waiting for the database.
void Watch::cut_all() {
  {
    const MutexLock lock(mutex_);
    cut_everything_ = Clock::now();
    for (const std::weak_ptr<Line>& each : lines_)
      if (const std::shared_ptr<Line> line = each.lock()) line->cut();
  }
  Opening::end();
}

void Watch::run() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    wake_.wait_for(lock, kInterval, [this]() SQLCAST_REQUIRES(mutex_) { return stopping_; });
    for (const std::shared_ptr<Line>& line : added_) watched_.push_back({line, line->steps()});
    added_.clear();
    std::erase_if(lines_, [](const std::weak_ptr<Line>& line) { return line.expired(); });
    const bool cut_everything = cut_everything_ && Clock::now() >= *cut_everything_;
    lock.unlock();
    cut_everything ? Opening::end() : Opening::end_stuck();
    std::vector<Slow> slow = find_slow();
    if (cut_everything) {
      for (const Slow& one : slow) one.line->cut();
    } else if (!slow.empty()) {
      look_at(slow);
    }
    slow.clear();
    lock.lock();
  }
}

std::vector<Watch::Slow> Watch::find_slow() {
  std::erase_if(watched_, [](const Watched& watched) { return watched.line.expired(); });
  std::vector<Slow> slow;
  for (Watched& watched : watched_) {
    const std::shared_ptr<Line> line = watched.line.lock();
    if (!line || line->was_cut()) continue;
    const std::uint64_t steps = line->steps();
    const bool waits_still = steps % 2 == 1 && steps == watched.steps;
    watched.steps = steps;
    if (waits_still) {
      slow.push_back({line, &watched});
      continue;
    }
    watched.unanswered = 0;
    if (std::exchange(watched.told, false)) line->tell_waiting({});
  }
  return slow;
}

void Watch::look_at(std::vector<Slow>& slow) {
  if (!connection_ || connection_->lost()) {
    Result<std::unique_ptr<Connection>> connection = open_();
    if (!connection) return;  // who waits will see for himself that it is down
    connection_ = std::move(*connection);
  }
  std::vector<std::uint64_t> ids;
  ids.reserve(slow.size());
  for (const Slow& one : slow) ids.push_back(one.line->id());
  const Result<std::vector<Row>> rows = connection_->rows(activity_sql(ids));
  if (!rows) {
    logging::debug("the database does not say what its connections do: {}", rows.status().message);
    return;
  }
  std::map<std::string, Activity> activities;
  for (const Row& row : *rows) activities[row[0].value_or("")] = {row[1] == "1", row[2].value_or("")};
  for (const Slow& one : slow) {
    const auto found = activities.find(std::to_string(one.line->id()));
    const bool idle = found == activities.end() || found->second.idle;
    one.watched->unanswered = idle && one.line->quiet() ? one.watched->unanswered + 1 : 0;
    if (one.watched->unanswered >= kUnansweredLooks) {
      logging::warn("the answer to a statement is lost; connection {} is given up", one.line->id());
      one.line->cut();
      continue;
    }
    const std::string what = idle ? std::string() : found->second.waits_for;
    if (!what.empty() || one.watched->told) one.line->tell_waiting(what);
    one.watched->told = !what.empty();
  }
}

}  // namespace sqlcast::storage
