// Goal: a read is cancelled whatever it is at, and then not run once more. Method: calls in the order in which a reader
// makes them; the database is never asked.
#include "node/reads_under_way.h"

#include "tests/support/wait.h"

using namespace sqlcast;
using namespace sqlcast::node;
using namespace std::chrono_literals;

namespace {

using Stopped = ReadsUnderWay::Stopped;

constexpr std::uint64_t kConnection = 7;

struct OneRead {
  storage::Database database{storage::Database::Options{}};  // not started
  ReadsUnderWay reads{database};
  ReadJob job;

  OneRead() {
    job.key = {"c", 1};
    job.deadline = ReadsUnderWay::Clock::now() + support::kPatience;
    REQUIRE(reads.enter(job));
  }
  bool begin() { return reads.begin_running(kConnection, job.key, job); }
};

}  // namespace

TEST_CASE("reads under way: one between two attempts is cancelled, and not begun anew") {
  OneRead read;
  REQUIRE(read.begin());
  CHECK(read.reads.end_running(kConnection) == Stopped::no);  // its connection was lost, say
  const ReadsUnderWay::Cancelled cancelled = read.reads.cancel(read.job.key);
  CHECK(cancelled.waiting.size() == 1);
  CHECK_FALSE(cancelled.running);
  CHECK_FALSE(read.begin());
  CHECK(read.reads.leave(read.job).empty());
}

TEST_CASE("reads under way: one that gives way is cancelled, and not run once more") {
  OneRead read;
  REQUIRE(read.begin());
  const auto since = ReadsUnderWay::Clock::now();
  support::wait_for("it to have run for long", [&] { return ReadsUnderWay::Clock::now() - since > 3s; });
  read.reads.make_way();
  const ReadsUnderWay::Cancelled cancelled = read.reads.cancel(read.job.key);
  CHECK(cancelled.running);
  CHECK(cancelled.waiting.empty());
  CHECK(read.reads.end_running(kConnection) == Stopped::cancelled);
  CHECK(read.reads.leave(read.job).size() == 1);  // who is told so by its reader
}

TEST_CASE("reads under way: a cancel of another request touches none") {
  OneRead read;
  REQUIRE(read.begin());
  const ReadsUnderWay::Cancelled cancelled = read.reads.cancel({"c", 2});
  CHECK_FALSE(cancelled.running);
  CHECK(cancelled.waiting.empty());
  CHECK(read.reads.end_running(kConnection) == Stopped::no);
  CHECK(read.reads.leave(read.job).size() == 1);
}
