// FilePreparer: the next file of the log, of full size, zeros, on disk, before it is needed: so that a full disk is
// noticed early, and a sync of the log writes no metadata. Made by a thread of its own; without one, when it is asked
// for. Any thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "base/status.h"
#include "log/file_system.h"

namespace sqlcast::log {

class FilePreparer {
 public:
  // `path`: the name under which the file is made. `retry`: how long the thread waits after a failure. `threaded`
  // false: take() does the work.
  FilePreparer(FileSystem& system, std::string path, std::uint64_t bytes, std::chrono::milliseconds retry,
               bool threaded);
  ~FilePreparer();  // waits until the thread has ended: for one piece of a file
  FilePreparer(const FilePreparer&) = delete;
  FilePreparer& operator=(const FilePreparer&) = delete;

  // The file taken before has another name now: the next one is made. Does not block.
  void prepare() SQLCAST_EXCLUDES(mutex_);
  // ok: there is a file, or one is being made. Else why there is none yet; it is tried again. Does not block.
  Status status() const SQLCAST_EXCLUDES(mutex_);
  // The prepared file. May block, until it is made. disk_full, io: there is none yet, and why.
  Result<std::unique_ptr<File>> take() SQLCAST_EXCLUDES(mutex_);

  const std::string& path() const { return path_; }

 private:
  void run() SQLCAST_EXCLUDES(mutex_);
  Result<std::unique_ptr<File>> make() SQLCAST_EXCLUDES(mutex_);
  bool stopping() const SQLCAST_EXCLUDES(mutex_);

  FileSystem& system_;
  const std::string path_;
  const std::uint64_t bytes_;
  const std::chrono::milliseconds retry_;
  const bool threaded_;

  mutable Mutex mutex_;
  ConditionVariable changed_;
  bool stopping_ SQLCAST_GUARDED_BY(mutex_) = false;
  bool wanted_ SQLCAST_GUARDED_BY(mutex_) = false;
  Status status_ SQLCAST_GUARDED_BY(mutex_);               // of the last attempt
  std::unique_ptr<File> file_ SQLCAST_GUARDED_BY(mutex_);  // made, not taken
  std::thread thread_;
};

}  // namespace sqlcast::log
