// Processes that outlive the command that started them: recorded by pid and start time, so that a number used
// again by another program is never mistaken for ours. One thread. Does not block but in
// wait_for_end().
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"

namespace sqlcast::local {

struct ProcessId {
  pid_t pid = 0;
  std::uint64_t started = 0;  // clock ticks since boot, from /proc
};

struct SpawnOptions {
  std::filesystem::path program;
  std::vector<std::string> arguments;  // without the program itself
  std::filesystem::path log;           // standard output and error, appended
  bool die_with_parent = false;        // SIGTERM to it when the thread that calls spawn() ends
};

// Cut off from the terminal (setsid), so that a Ctrl-C there does not reach it. io with the reason when the
// program cannot be run.
Result<ProcessId> spawn(const SpawnOptions& options);

// Is this very process alive? A zombie is not.
bool is_running(const ProcessId& process);

// False when it was not running any more.
bool send_signal(const ProcessId& process, int signal);

// Waits for its end; reaps it when it is a child of ours. False on time-out.
bool wait_for_end(const ProcessId& process, std::chrono::milliseconds timeout);

Status write_pid_file(const std::filesystem::path& path, const ProcessId& process);
// Nothing when there is none, or the process it names has ended.
std::optional<ProcessId> read_pid_file(const std::filesystem::path& path);

// Holds `path` locked (flock) while it lives; the lock ends with the process, however that ends.
class FileLock {
 public:
  // Nothing when another process holds it; io when it cannot be created. `mode`: who may take it, when it is made.
  static Result<std::optional<FileLock>> try_lock(const std::filesystem::path& path, unsigned mode = 0644);
  FileLock(FileLock&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  FileLock& operator=(FileLock&&) = delete;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace sqlcast::local
