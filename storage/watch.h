// Watch: sees to it that nobody waits for ever for a database connection, and tells those who want to know what theirs
// waits for. A statement may take as long as it likes; so the server is asked, on another connection, what it is doing.
// Where it is doing nothing, the answer is lost (somebody's KILL QUERY between two statements of one text; a network
// that has dropped it), and the connection is cut: its owner gets an error and finds out what has become of his work.
//
// Thread-safe. One thread, which may wait for the database, and then only itself.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "storage/connection.h"
#include "storage/line.h"

namespace sqlcast::storage {

class Watch {
 public:
  // `open`: a connection of its own that may see the others, with a time-out.
  explicit Watch(std::function<Result<std::unique_ptr<Connection>>()> open);
  ~Watch();  // stop()

  void start();
  void stop();

  // Does not block. The line is forgotten when its connection is gone.
  void add(const std::shared_ptr<Line>& line);

  // The node is stopping: a connection that still waits after `grace`, or then begins to, is cut. Does not block.
  void cut_all_after(std::chrono::milliseconds grace);
  // Every connection is cut, and so is each that is added or opened later. Does not block.
  void cut_all();

 private:
  using Clock = std::chrono::steady_clock;
  struct Watched {
    std::weak_ptr<Line> line;
    std::uint64_t steps = 0;  // when last looked at
    unsigned unanswered = 0;  // looks in a row at which the server was doing nothing for it
    bool told = false;        // that it waits
  };
  // Somebody who has been in one wait since the last look.
  struct Slow {
    std::shared_ptr<Line> line;
    Watched* watched;
  };
  void run();
  std::vector<Slow> find_slow();
  void look_at(std::vector<Slow>& slow);

  const std::function<Result<std::unique_ptr<Connection>>()> open_;
  Mutex mutex_;
  ConditionVariable wake_;
  bool stopping_ SQLCAST_GUARDED_BY(mutex_) = false;
  std::vector<std::shared_ptr<Line>> added_ SQLCAST_GUARDED_BY(mutex_);
  std::vector<std::weak_ptr<Line>> lines_ SQLCAST_GUARDED_BY(mutex_);  // all of them
  std::optional<Clock::time_point> cut_everything_ SQLCAST_GUARDED_BY(mutex_);

  // The thread's own.
  std::thread thread_;
  std::vector<Watched> watched_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace sqlcast::storage
