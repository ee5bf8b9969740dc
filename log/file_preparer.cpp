#include "log/file_preparer.h"

#include <algorithm>
#include <utility>

#include "base/thread.h"

namespace sqlcast::log {
namespace {

// Synced piece by piece: a sync of the log beside it waits for one of them at most.
constexpr std::uint64_t kPieceBytes = 4U << 20U;

}  // namespace

FilePreparer::FilePreparer(FileSystem& system, std::string path, std::uint64_t bytes, std::chrono::milliseconds retry,
                           bool threaded)
    : system_(system), path_(std::move(path)), bytes_(bytes), retry_(retry), threaded_(threaded) {
  if (threaded_) thread_ = start_thread("log preparer", [this] { run(); });
}

FilePreparer::~FilePreparer() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void FilePreparer::prepare() {
  {
    const MutexLock lock(mutex_);
    wanted_ = true;
  }
  changed_.notify_all();
}

Status FilePreparer::status() const {
  const MutexLock lock(mutex_);
  return status_;
}

bool FilePreparer::stopping() const {
  const MutexLock lock(mutex_);
  return stopping_;
}

Result<std::unique_ptr<File>> FilePreparer::take() {
  if (!threaded_) return make();
  MutexLock lock(mutex_);
  changed_.wait(lock, [this]() SQLCAST_REQUIRES(mutex_) { return file_ != nullptr || !status_.ok(); });
  if (file_ == nullptr) return status_;
  return std::move(file_);
}

void FilePreparer::run() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    if (!wanted_) {
      changed_.wait(lock, [this]() SQLCAST_REQUIRES(mutex_) { return stopping_ || wanted_; });
      continue;
    }
    lock.unlock();
    Result<std::unique_ptr<File>> made = make();
    lock.lock();
    status_ = made.status();
    if (made.ok()) {
      file_ = std::move(*made);
      wanted_ = false;
    }
    changed_.notify_all();
    if (!made.ok()) changed_.wait_for(lock, retry_, [this]() SQLCAST_REQUIRES(mutex_) { return stopping_; });
  }
}

Result<std::unique_ptr<File>> FilePreparer::make() {
  Result<std::unique_ptr<File>> file = system_.create(path_);
  Status status = file.status();
  for (std::uint64_t at = 0; at < bytes_ && status.ok() && !stopping(); at += kPieceBytes) {
    status = write_zeros(**file, at, std::min(bytes_, at + kPieceBytes));
    if (status.ok()) status = (*file)->sync();
  }
  if (status.ok()) return file;
  // What it took is given back: others need the room more than half a file does.
  if (file.ok()) static_cast<void>(system_.remove(path_));
  if (status.code == Code::disk_full)
    status.message += "; the next file of the log needs " + std::to_string(bytes_) +
                      " bytes. Make room: writing goes on by itself then";
  return status;
}

}  // namespace sqlcast::log
