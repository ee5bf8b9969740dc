// Goal: a request can be stopped until it cannot, however many copies of it there are. Method: pure calls.
#include "node/requests_under_way.h"

using namespace sqlcast;
using namespace sqlcast::node;

TEST_CASE("requests under way: a write can be stopped until its commit begins") {
  using Answer = RequestsUnderWay::Answer;
  RequestsUnderWay all;
  const auto never = [] { return false; };
  const RequestKey key{"c", 1};
  CHECK(all.cancel(key, never) == Answer::unknown);
  all.enter(key);
  CHECK(all.cancel(key, never) == Answer::stopping_queued);
  CHECK(all.cancelled(key));
  CHECK_FALSE(all.make_unstoppable(key));
  all.leave(key);
  CHECK(all.cancel(key, never) == Answer::unknown);

  all.enter(key);
  CHECK_FALSE(all.cancelled(key));
  all.begin_execution(key);
  CHECK(all.cancel(key, never) == Answer::stopping_running);
  CHECK_FALSE(all.make_unstoppable(key));
  all.leave(key);

  all.enter(key);
  all.begin_execution(key);
  CHECK(all.make_unstoppable(key));
  CHECK(all.cancel(key, never) == Answer::too_late);
  CHECK_FALSE(all.cancelled(key));
  all.leave(key);
}

TEST_CASE("requests under way: a request that is queued twice is known until both have gone") {
  RequestsUnderWay all;
  const auto never = [] { return false; };
  const RequestKey key{"c", 1};
  all.enter(key);
  all.enter(key);
  all.begin_execution(key);
  CHECK(all.make_unstoppable(key));
  all.leave(key);
  CHECK(all.cancel(key, never) == RequestsUnderWay::Answer::stopping_queued);
  all.leave(key);
  CHECK(all.cancel(key, never) == RequestsUnderWay::Answer::unknown);
}

TEST_CASE("requests under way: what has been carried out is past stopping, however many copies of it wait") {
  using Answer = RequestsUnderWay::Answer;
  RequestsUnderWay all;
  const RequestKey key{"c", 1};
  bool in_log = false;
  const auto executed = [&] { return in_log; };
  all.enter(key);
  all.enter(key);
  all.begin_execution(key);
  CHECK(all.make_unstoppable(key));
  all.enter(key);
  all.remove_copy(key);  // a third copy found the queue full, while the first commits
  CHECK(all.cancel(key, executed) == Answer::too_late);
  in_log = true;
  all.leave(key);
  CHECK(all.cancel(key, executed) == Answer::too_late);
  CHECK_FALSE(all.cancelled(key));
  all.leave(key);
  CHECK(all.cancel(key, executed) == Answer::too_late);  // nothing waits, and it is in the log
}

TEST_CASE("requests under way: a failure is the outcome of the copies that wait, and of no later one") {
  RequestsUnderWay all;
  const RequestKey key{"c", 1};
  all.enter(key);
  all.enter(key);
  CHECK_FALSE(all.failure(key));
  all.leave(key, Failure{7, Status::error(Code::sql_error, "no"), 2});
  REQUIRE(all.failure(key));
  CHECK(all.failure(key)->digest == 7);
  CHECK(all.failure(key)->status.message == "no");
  CHECK(all.failure(key)->statement == 2U);
  all.leave(key);
  all.enter(key);
  CHECK_FALSE(all.failure(key));
  all.leave(key);
}
