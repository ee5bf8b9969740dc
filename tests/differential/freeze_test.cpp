// Goal: a frozen value means to the server what the call meant. Method: the server makes columns of both, and of what
// is calculated with both, and says which types they have.
#include "master/freeze.h"

#include <cppconn/connection.h>
#include <cppconn/statement.h>

#include "sql/policy.h"
#include "tests/support/private_server.h"

using sqlcast::support::PrivateServer;
using sqlcast::support::rows_of;

namespace {

void run(sql::Connection& connection, const std::string& text) {
  const std::unique_ptr<sql::Statement> statement(connection.createStatement());
  statement->execute(text);
}

std::string type_of(sql::Connection& connection, const std::string& expression) {
  run(connection, "CREATE OR REPLACE TABLE test.made AS SELECT " + expression + " AS x");
  return rows_of(connection,
                 "SELECT CONCAT(DATA_TYPE, IF(COLUMN_TYPE LIKE '%unsigned%', ' unsigned', ''), ' ', "
                 "IFNULL(DATETIME_PRECISION, '')) FROM information_schema.COLUMNS "
                 "WHERE TABLE_SCHEMA = 'test' AND TABLE_NAME = 'made'")
      .at(0);
}

// The length is the value's, which makes another word of the same type.
std::string kind(std::string type) {
  if (type.starts_with("int unsigned")) return "big" + type;
  for (const char* text : {"char ", "varchar ", "varbinary ", "binary "})
    if (type.starts_with(text)) return std::string(text).find("binary") == std::string::npos ? "text" : "bytes";
  return type;
}

}  // namespace

TEST_CASE("differential: what is frozen has the type of its function, and so has what is calculated with it") {
  PrivateServer server;
  const auto connection = server.connect("");
  run(*connection, "CREATE DATABASE test");
  run(*connection, "SET sql_mode = ''");  // text that is no number is added up all the same
  const std::string version = rows_of(*connection, "SELECT VERSION()").at(0);
  const std::string_view version_text = std::string_view(version).substr(0, version.find('\t'));
  for (const std::string_view function : sqlcast::sql::frozen_functions()) {
    for (const std::string arguments : {"", "3"}) {
      const bool takes = function == "RANDOM_BYTES" || (function == "SYSDATE" && !arguments.empty());
      if (takes != !arguments.empty() && !(function == "SYSDATE" && arguments.empty())) continue;
      const std::string call = std::string(function) + "(" + arguments + ")";
      const std::string value = sqlcast::master::freeze_value(function, arguments, version_text);
      INFO(call << " as " << value);
      CHECK(kind(type_of(*connection, value)) == kind(type_of(*connection, call)));
      CHECK(kind(type_of(*connection, "CONCAT(" + value + ", 'x')")) ==
            kind(type_of(*connection, "CONCAT(" + call + ", 'x')")));
      if (function == "UUID") continue;  // the server has no numbers of it
      CHECK(kind(type_of(*connection, value + " + 0")) == kind(type_of(*connection, call + " + 0")));
    }
  }
  CHECK(rows_of(*connection,
                "SELECT " + sqlcast::master::freeze_value("SYSDATE", "", version_text) + " + 0 > 20000101000000")
            .at(0)
            .starts_with("1"));
}
