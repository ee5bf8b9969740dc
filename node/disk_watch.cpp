#include "node/disk_watch.h"

#include <sys/statvfs.h>

#include <utility>

#include "base/logging.h"

namespace sqlcast::node {
namespace {

using namespace std::chrono_literals;

constexpr const char* kSource = "disk";
constexpr auto kInterval = 200ms;
constexpr auto kMemory = 10s;  // of what the database has refused

std::string in_mebibytes(std::uint64_t bytes) { return std::to_string(bytes >> 20U) + " MiB"; }

}  // namespace

std::optional<std::uint64_t> free_bytes(const std::string& folder) {
  struct statvfs about {};
  if (statvfs(folder.c_str(), &about) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(about.f_bavail) * about.f_frsize;
}

DiskWatch::DiskWatch(Conditions& conditions, std::string folder, std::uint64_t reserve,
                     std::function<std::optional<std::uint64_t>()> room)
    : conditions_(conditions), folder_(std::move(folder)), reserve_(reserve), room_(std::move(room)) {}

void DiskWatch::tick(Clock::time_point now) {
  if (looked_at_ != Clock::time_point::min() && now - looked_at_ < kInterval) return;
  looked_at_ = now;
  const std::optional<std::uint64_t> room = room_ ? room_() : std::nullopt;
  const bool full = room && *room < reserve_;
  if (full != full_.exchange(full)) {
    if (full) {
      logging::error("{}", why().message);
    } else {
      logging::info("there is room again on the disk of {}", folder_);
    }
  }
  if (full) {
    conditions_.post(kSource, Trouble::disk_full, why().message, now);
    return;
  }
  const Clock::time_point refused_at = refused_at_;
  if (refused_at == Clock::time_point::min() || now - refused_at >= kMemory) conditions_.clear(kSource);
}

void DiskWatch::refused(const std::string& why, Clock::time_point now) {
  refused_at_ = now;
  conditions_.post(kSource, Trouble::disk_full, "the database has no room: " + why, now);
}

Status DiskWatch::why() const {
  Status status =
      Status::error(Code::disk_full, "less than " + in_mebibytes(reserve_) + " are free on the disk of " + folder_ +
                                         "; nothing is written until there is room, and then by itself");
  status.retry_after_ms = 1'000;
  return status;
}

}  // namespace sqlcast::node
