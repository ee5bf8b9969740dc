#include <CLI/CLI.hpp>
#include <cstdio>
#include <deque>
#include <memory>
#include <thread>

#include "base/mutex.h"
#include "bench/commands.h"
#include "bench/lag_probe.h"
#include "client/command/interrupt.h"
#include "client/text/json.h"
#include "storage/connection.h"

namespace sqlcast::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
  std::string master_socket;
  std::string replica_socket;
  std::string user;
  std::string password;
  std::string table = "sbtest.lag_mark";
  double time = 10;
  unsigned interval_ms = 20;
  double drain_timeout = 120;
  bool json = false;
};

struct Mark {
  std::string gtid;
  Clock::time_point acknowledged;
};

// What LagProbe does for slaves, for MariaDB's replica: a row is committed at the master by the clock, and the replica
// is asked, for one mark after the other, to answer when it has it (MASTER_GTID_WAIT).
class NativeProbe {
 public:
  NativeProbe(std::unique_ptr<storage::Connection> master, std::unique_ptr<storage::Connection> replica)
      : master_(std::move(master)), replica_(std::move(replica)) {}

  Status run(const Arguments& arguments) {
    if (Status status = master_->execute("CREATE TABLE IF NOT EXISTS " + arguments.table +
                                         " (id INT PRIMARY KEY, n BIGINT NOT NULL)");
        !status.ok())
      return status;
    if (Status status = master_->execute("REPLACE INTO " + arguments.table + " VALUES (1, 0)"); !status.ok())
      return status;
    Status waited;
    std::thread waiter([&] { waited = wait_for_marks(arguments); });
    Status written = write_marks(arguments);
    {
      const MutexLock lock(mutex_);
      no_more_ = true;
    }
    changed_.notify_all();
    waiter.join();
    return written.ok() ? waited : written;
  }

  const std::vector<double>& lags() const { return lags_; }
  std::size_t unseen() {
    const MutexLock lock(mutex_);
    return marks_.size();
  }

 private:
  Status write_marks(const Arguments& arguments) {
    const auto interval = std::chrono::milliseconds(arguments.interval_ms);
    const Clock::time_point end =
        Clock::now() + std::chrono::milliseconds(static_cast<std::int64_t>(arguments.time * 1000));
    for (Clock::time_point next = Clock::now(); next < end && command::interrupts() == 0; next += interval) {
      std::this_thread::sleep_until(next);
      if (Status status = master_->execute("UPDATE " + arguments.table + " SET n = n + 1 WHERE id = 1"); !status.ok())
        return status;
      const Clock::time_point acknowledged = Clock::now();
      const auto gtid = master_->scalar("SELECT @@last_gtid");
      if (!gtid.ok()) return gtid.status();
      {
        const MutexLock lock(mutex_);
        marks_.push_back({gtid->value_or(""), acknowledged});
      }
      changed_.notify_all();
    }
    return ok_status();
  }

  Status wait_for_marks(const Arguments& arguments) {
    while (true) {
      Mark mark;
      {
        MutexLock lock(mutex_);
        changed_.wait(lock, [this]() SQLCAST_REQUIRES(mutex_) { return no_more_ || !marks_.empty(); });
        if (marks_.empty()) return ok_status();
        mark = marks_.front();
      }
      const auto answer = replica_->scalar("SELECT MASTER_GTID_WAIT('" + mark.gtid + "', " +
                                           std::to_string(arguments.drain_timeout) + ")");
      if (!answer.ok()) return answer.status();
      if (answer->value_or("-1") != "0") return ok_status();  // not in time: what is left is unseen
      lags_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - mark.acknowledged).count());
      const MutexLock lock(mutex_);
      marks_.pop_front();
    }
  }

  std::unique_ptr<storage::Connection> master_;   // the writing thread's
  std::unique_ptr<storage::Connection> replica_;  // the waiting thread's
  std::vector<double> lags_;                      // the waiting thread's
  Mutex mutex_;
  ConditionVariable changed_;
  std::deque<Mark> marks_ SQLCAST_GUARDED_BY(mutex_);
  bool no_more_ SQLCAST_GUARDED_BY(mutex_) = false;
};

Result<std::unique_ptr<storage::Connection>> connect(const std::string& socket, const Arguments& arguments) {
  storage::Address address;
  address.socket = socket;
  return storage::Connection::open(address, {arguments.user, arguments.password});
}

int run_native_lag(const Arguments& arguments) {
  auto master = connect(arguments.master_socket, arguments);
  if (!master.ok()) return command::fail(master.status());
  auto replica = connect(arguments.replica_socket, arguments);
  if (!replica.ok()) return command::fail(replica.status());
  command::count_interrupts();
  command::count_terminations();
  NativeProbe probe(std::move(*master), std::move(*replica));
  if (const Status status = probe.run(arguments); !status.ok()) return command::fail(status);
  const std::vector<double>& lags = probe.lags();
  if (arguments.json) {
    const text::json::Value value =
        text::json::Object{{"samples", std::uint64_t{lags.size()}}, {"unseen_marks", std::uint64_t{probe.unseen()}},
                           {"p50", percentile_of(lags, 50)},        {"p95", percentile_of(lags, 95)},
                           {"p99", percentile_of(lags, 99)},        {"max", percentile_of(lags, 100)}};
    std::printf("%s\n", value.write(2).c_str());
  } else {
    std::printf("replica lag (ms): p50 %.2f  p95 %.2f  p99 %.2f  max %.2f  (%zu samples, %zu not seen in time)\n",
                percentile_of(lags, 50), percentile_of(lags, 95), percentile_of(lags, 99), percentile_of(lags, 100),
                lags.size(), probe.unseen());
  }
  return command::kExitOk;
}

}  // namespace

void add_native_lag_command(CLI::App& app, Run& run) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* const command = app.add_subcommand(
      "native-lag", "The lag of a MariaDB replica (GTID), measured as `run` measures that of slaves");
  command->add_option("--master-socket", arguments->master_socket, "Socket of its master")
      ->type_name("FILE")
      ->required();
  command->add_option("--replica-socket", arguments->replica_socket, "Socket of the replica")
      ->type_name("FILE")
      ->required();
  command->add_option("--user", arguments->user, "Account on both")->type_name("NAME")->required();
  command->add_option("--password", arguments->password, "Its password")->type_name("TEXT");
  command->add_option("--table", arguments->table, "Table for the marks; made when there is none")
      ->type_name("NAME")
      ->capture_default_str();
  command->add_option("--time", arguments->time, "Seconds, or until Ctrl-C")
      ->type_name("SECONDS")
      ->capture_default_str();
  command->add_option("--lag-interval", arguments->interval_ms, "Milliseconds between samples")
      ->type_name("MS")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_option("--drain-timeout", arguments->drain_timeout, "How long a mark may take")
      ->type_name("SECONDS")
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "As one JSON object");
  command->callback([arguments, &run] { run = [arguments] { return run_native_lag(*arguments); }; });
}

}  // namespace sqlcast::bench
