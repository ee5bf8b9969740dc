#include "node/disk_watch.h"

#include <sys/statvfs.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/logging.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "node/durable_file.h"

namespace sqlcast::node {
namespace {

using namespace std::chrono_literals;

constexpr const char* kRoom = "disk";
constexpr const char* kSilent = "disk that does not answer";
constexpr auto kInterval = 200ms;
constexpr auto kProbeInterval = 5s;
constexpr auto kSilence = 10s;  // of a disk that hangs; a busy one takes longer than one thinks
constexpr auto kMemory = 10s;   // of what the database has refused

std::string in_mebibytes(std::uint64_t bytes) { return std::to_string(bytes >> 20U) + " MiB"; }

}  // namespace

// What the watch and its thread share; the thread may outlive the watch.
struct DiskWatch::Looks {
  Mutex mutex;
  ConditionVariable asked;
  bool wanted SQLCAST_GUARDED_BY(mutex) = false;                          // a look is to be begun, or under way
  bool over SQLCAST_GUARDED_BY(mutex) = false;                            // the watch is gone
  std::optional<Result<std::uint64_t>> answer SQLCAST_GUARDED_BY(mutex);  // not yet taken
};

LookAtDisk look_at_disk(std::string folder) {
  return
      [folder = std::move(folder), probed_at = DiskWatch::Clock::time_point::min()]() mutable -> Result<std::uint64_t> {
        struct statvfs about {};
        if (statvfs(folder.c_str(), &about) != 0)
          return Status::error(Code::io, "cannot ask for the room in " + folder + ": " + std::strerror(errno));
        const std::uint64_t room = static_cast<std::uint64_t>(about.f_bavail) * about.f_frsize;
        const auto now = DiskWatch::Clock::now();
        // A file system knows its room without its disk. What it does not know without is whether the disk writes.
        if (room > 0 && (probed_at == DiskWatch::Clock::time_point::min() || now - probed_at >= kProbeInterval)) {
          probed_at = now;
          if (Status status = probe_disk(folder); !status.ok()) return status;
        }
        return room;
      };
}

DiskWatch::DiskWatch(Conditions& conditions, std::string folder, std::uint64_t reserve, LookAtDisk look)
    : conditions_(conditions),
      folder_(std::move(folder)),
      reserve_(reserve),
      look_(std::move(look)),
      looks_(std::make_shared<Looks>()) {
  // It owns what it uses, so that it can be left behind.
  if (look_) start_thread("disk-watch", [looks = looks_, look = look_] { look_when_asked(looks, look); }).detach();
}

DiskWatch::~DiskWatch() {
  const MutexLock lock(looks_->mutex);
  looks_->over = true;
  looks_->asked.notify_all();
}

void DiskWatch::look_when_asked(const std::shared_ptr<Looks>& looks, const LookAtDisk& look) {
  MutexLock lock(looks->mutex);
  while (true) {
    looks->asked.wait(lock, [&]() SQLCAST_REQUIRES(looks->mutex) { return looks->wanted || looks->over; });
    if (looks->over) return;
    lock.unlock();
    Result<std::uint64_t> room = look();
    lock.lock();
    looks->answer = std::move(room);
    looks->wanted = false;
  }
}

bool DiskWatch::looking() const {
  const MutexLock lock(looks_->mutex);
  return looks_->wanted;
}

void DiskWatch::tick(Clock::time_point now) {
  std::optional<Result<std::uint64_t>> answer;
  bool under_way = false;
  if (look_) {
    const MutexLock lock(looks_->mutex);
    answer = std::exchange(looks_->answer, std::nullopt);
    under_way = looks_->wanted;
    if (!under_way && (looked_at_ == Clock::time_point::min() || now - looked_at_ >= kInterval)) {
      looks_->wanted = true;
      looks_->asked.notify_all();
      looked_at_ = now;
    }
  }
  if (answer) {
    found(*answer, now);
  } else if (under_way && now - looked_at_ >= kSilence) {
    say_silence("it does not answer", now);
  }
  const Clock::time_point refused_at = refused_at_;
  if (!full_ && (refused_at == Clock::time_point::min() || now - refused_at >= kMemory)) conditions_.clear(kRoom);
}

void DiskWatch::found(const Result<std::uint64_t>& room, Clock::time_point now) {
  if (!room) {
    say_silence(room.status().message, now);
    full_ = low_ = false;  // not known: what the database refuses will tell
    return;
  }
  if (std::exchange(silent_, false)) {
    logging::info("the disk of {} works again", folder_);
    conditions_.clear(kSilent);
  }
  const bool full = *room < reserve_;
  low_ = *room / 2 < reserve_;
  if (full != full_.exchange(full)) {
    if (full) {
      logging::error("{}", why().message);
    } else {
      logging::info("there is room again on the disk of {}", folder_);
    }
  }
  if (full) conditions_.post(kRoom, Trouble::disk_full, why().message, now);
}

void DiskWatch::say_silence(const std::string& why, Clock::time_point now) {
  const std::string message = "the disk of " + folder_ + " does not work: " + why;
  if (!std::exchange(silent_, true)) logging::error("{}", message);
  conditions_.post(kSilent, Trouble::database_stalled, message, now);
}

void DiskWatch::refused(const std::string& why, Clock::time_point now) {
  refused_at_ = now;
  conditions_.post(kRoom, Trouble::disk_full, "the database has no room: " + why, now);
}

Status DiskWatch::why() const {
  Status status =
      Status::error(Code::disk_full, "less than " + in_mebibytes(reserve_) + " are free on the disk of " + folder_ +
                                         "; nothing is written until there is room, and then by itself");
  status.retry_after_ms = 1'000;
  return status;
}

}  // namespace sqlcast::node
