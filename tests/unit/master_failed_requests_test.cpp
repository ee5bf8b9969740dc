#include "master/failed_requests.h"

#include <catch2/catch.hpp>
#include <string>

using namespace sqlcast;
using namespace sqlcast::master;

namespace {

Failure failure_of(std::uint64_t digest, const std::string& message = "no") {
  return {digest, Status::error(Code::sql_error, message), 2};
}

Status of_database(int number) {
  Status status = Status::error(Code::sql_error, "no");
  status.database_errno = number;
  return status;
}

}  // namespace

TEST_CASE("failed requests: the first word on a request stays") {
  FailedRequests failed(1'600);
  CHECK_FALSE(failed.find({"c", 1}));
  failed.add({"c", 1}, failure_of(7));
  failed.add({"c", 1}, failure_of(8));
  REQUIRE(failed.find({"c", 1}));
  CHECK(failed.find({"c", 1})->digest == 7);
  CHECK(failed.find({"c", 1})->statement == 2U);
  CHECK_FALSE(failed.find({"c", 2}));
  CHECK_FALSE(failed.find({"d", 1}));
}

TEST_CASE("failed requests: who fails much forgets its own oldest, and pushes nobody else's out") {
  FailedRequests failed(1'600);
  failed.add({"quiet", 1}, failure_of(1));
  for (std::uint64_t id = 1; id <= 1'000; ++id) failed.add({"loud", id}, failure_of(id));
  CHECK(failed.find({"quiet", 1}));
  CHECK(failed.find({"loud", 1'000}));
  CHECK(failed.find({"loud", 901}));
  CHECK_FALSE(failed.find({"loud", 900}));
}

TEST_CASE("failed requests: all together are bounded, long messages too") {
  FailedRequests failed(1'600);
  failed.add({"first", 1}, failure_of(1));
  const std::string long_message(1'280, 'x');
  for (int client = 0; client < 200; ++client)
    failed.add({"c" + std::to_string(client), 1}, failure_of(1, long_message));  // each counts as eleven
  CHECK_FALSE(failed.find({"first", 1}));
  CHECK_FALSE(failed.find({"c0", 1}));
  CHECK(failed.find({"c199", 1}));
  int kept = 0;
  for (int client = 0; client < 200; ++client) kept += failed.find({"c" + std::to_string(client), 1}) ? 1 : 0;
  CHECK(kept == 1'600 / 11);
  // One that is larger than all the room is not kept.
  failed.add({"huge", 1}, failure_of(1, std::string(300'000, 'x')));
  CHECK_FALSE(failed.find({"huge", 1}));
}

TEST_CASE("failed requests: what passes by itself is not for good") {
  for (const Code code : {Code::expectation_failed, Code::refused, Code::too_large, Code::cancelled})
    CHECK(FailedRequests::is_final(Status::error(code, "no")));
  for (const Code code : {Code::busy, Code::timeout, Code::database_unavailable, Code::disk_full, Code::read_only,
                          Code::outcome_unknown, Code::shutting_down, Code::internal, Code::request_id_reused})
    CHECK_FALSE(FailedRequests::is_final(Status::error(code, "no")));
  for (const int number : {1062, 1146, 1051, 1451}) CHECK(FailedRequests::is_final(of_database(number)));
  // A lock, a deadlock, a KILL, the time, the disk, rights that are gone.
  for (const int number : {1205, 1213, 1317, 1969, 1021, 1142})
    CHECK_FALSE(FailedRequests::is_final(of_database(number)));
}
