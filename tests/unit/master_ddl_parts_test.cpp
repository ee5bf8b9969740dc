#include "master/ddl_parts.h"

#include <catch2/catch.hpp>

using namespace sqlcast;
using namespace sqlcast::master;

namespace {

Status refused(int number, const std::string& message) {
  Status status = Status::error(Code::sql_error, message);
  status.database_errno = number;
  return status;
}

Status unknown(const std::string& name) { return refused(1051, "Unknown table '" + name + "'"); }

}  // namespace

TEST_CASE("definitions in parts: those that are not there are told of in one list") {
  DdlParts parts;
  CHECK(parts.add(ok_status(), {}));
  CHECK(parts.status().ok());
  CHECK(parts.add(unknown("x.nope"), {}));
  CHECK(parts.add(ok_status(), {}));
  CHECK(parts.add(unknown("y.it's"), {}));
  CHECK(parts.status().code == Code::sql_error);
  CHECK(parts.status().database_errno == 1051);
  CHECK(parts.status().message == "Unknown table 'x.nope,y.it's'");
}

TEST_CASE("definitions in parts: what is refused for another reason comes before what is not there") {
  DdlParts parts;
  CHECK(parts.add(unknown("x.nope"), {}));
  CHECK(parts.add(refused(1451, "a parent row"), {}));
  CHECK(parts.add(refused(1965, "a view"), {}));
  CHECK(parts.add(ok_status(), {}));
  CHECK(parts.status().database_errno == 1451);
}

TEST_CASE("definitions in parts: what may pass ends them") {
  for (const Status& why : {refused(1205, "a lock"), refused(1317, "a KILL"), Status::error(Code::outcome_unknown, "?"),
                            Status::error(Code::database_unavailable, "down"), Status::error(Code::diverged, "half")}) {
    DdlParts parts;
    CHECK(parts.add(refused(1451, "a parent row"), {}));
    CHECK_FALSE(parts.add(why, {}));
    CHECK(parts.status().message == why.message);
  }
}

TEST_CASE("definitions in parts: a long list ends where the server's does") {
  DdlParts parts;
  for (int i = 0; i < 12; ++i)
    CHECK(parts.add(unknown("x.table_number_" + std::string(i < 10 ? "0" : "") + std::to_string(i)), {}));
  CHECK(parts.status().message ==
        "Unknown table "
        "'x.table_number_00,x.table_number_01,x.table_number_02,x.table_number_03,x.table_number_04,x.table...'");
  DdlParts umlauts;
  for (int i = 0; i < 20; ++i)
    CHECK(umlauts.add(unknown("x.ä" + std::string(i < 10 ? "0" : "") + std::to_string(i) + "xyz"), {}));
  CHECK(umlauts.status().message ==
        "Unknown table "
        "'x.ä00xyz,x.ä01xyz,x.ä02xyz,x.ä03xyz,x.ä04xyz,x.ä05xyz,x.ä06xyz,x.ä07xyz,x.ä08xyz,x.ä09x...'");
  DdlParts views;
  std::string all;
  for (int i = 0; i < 12; ++i) {
    const std::string name = "x.table_number_" + std::to_string(i);
    all += (i == 0 ? "" : ",") + name;
    CHECK(views.add(refused(4092, "Unknown VIEW: '" + name + "'"), {}));
  }
  CHECK(views.status().message == "Unknown VIEW: '" + all + "'");
}

TEST_CASE("definitions in parts: the notes on those that are not there are one") {
  DdlParts parts;
  CHECK(parts.add(ok_status(), {"1051 Unknown table 'x.a'"}));
  CHECK(parts.add(ok_status(), {"1965 'x.v' is a view"}));
  CHECK(parts.add(ok_status(), {}));
  CHECK(parts.add(ok_status(), {"1051 Unknown table 'x.b'"}));
  CHECK(parts.warnings() == std::vector<std::string>{"1965 'x.v' is a view", "1051 Unknown table 'x.a,x.b'"});
}
