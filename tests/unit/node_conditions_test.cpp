// Goal: a status names the gravest condition. Method: pure calls, times by hand.
#include "node/conditions.h"

using namespace sqlcast;
using namespace sqlcast::node;
using namespace std::chrono_literals;

TEST_CASE("conditions: the status names the gravest, says for how long, and is itself again when all have passed") {
  Conditions conditions;
  const auto now = Conditions::Clock::now();
  const auto told = [&](std::string state, Conditions::Clock::time_point at) {
    proto::NodeStatus status;
    status.state = std::move(state);
    conditions.tell(status, at);
    return status.state + ": " + status.message;
  };
  CHECK(told("Live", now) == "Live: ");
  conditions.post("applier", Trouble::waiting, "table t is locked", now);
  CHECK(told("Live", now) == "Waiting: table t is locked");
  conditions.post("disk", Trouble::disk_full, "no room", now + 1s);
  CHECK(told("Live", now + 4s) == "DiskFull: no room (for 3 s); Waiting: table t is locked (for 4 s)");
  CHECK(told("Failed", now + 4s) == "Failed: ");  // for good
  conditions.post("database", Trouble::database_down, "restarting", now + 5s);
  conditions.clear("disk");
  conditions.clear("applier");
  CHECK(told("Live", now + 5s) == "DatabaseDown: restarting");
  conditions.post("database", Trouble::database_down, "second try", now + 7s);
  CHECK(told("Live", now + 8s) == "DatabaseDown: second try (for 3 s)");  // since the first word of it
  conditions.post("database", Trouble::database_stalled, "no answer", now + 9s);
  CHECK(told("Live", now + 10s) == "DatabaseStalled: no answer (for 1 s)");
  conditions.clear("database");
  conditions.clear("database");
  CHECK(told("Live", now + 21s) == "Live: ");
}

TEST_CASE("conditions: of equally grave ones the oldest is told") {
  Conditions conditions;
  const auto now = Conditions::Clock::now();
  conditions.post("a", Trouble::waiting, "later", now + 1s);
  conditions.post("b", Trouble::waiting, "earlier", now);
  REQUIRE(conditions.gravest());
  CHECK(conditions.gravest()->message == "earlier");
}
