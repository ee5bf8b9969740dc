// Goal: whether the server reads by an index or by a scan, it finds the same rows for what the policy lets write.
// Method: random conditions over texts that are as bad as can be, under many collations, with FORCE INDEX and IGNORE
// INDEX; those that the policy accepts in a DELETE have to agree. Those that it refuses are counted: they do differ.
#include <cppconn/connection.h>
#include <cppconn/resultset.h>
#include <cppconn/statement.h>

#include <cstdlib>
#include <random>

#include "sql/policy.h"
#include "tests/support/private_server.h"

using sqlcast::support::PrivateServer;
using sqlcast::support::rows_of;

namespace {

class Texts {
 public:
  explicit Texts(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_); }

  std::string text(std::size_t most) {
    static constexpr const char* kParts[] = {"a",  "A",  "ä",  "ae", "o", "ö",  "oe",     "s",      "ß",      "ss", "c",
                                             "ch", "h",  "ll", "1",  " ", "\t", "\u0301", "\u200b", "\u0001", "é",  "æ",
                                             "z",  "dz", "i",  "ı",  "n", "ñ",  "%",      "ü",      "y"};
    std::string made;
    for (std::size_t left = below(most + 1); left > 0; --left) made += kParts[below(std::size(kParts))];
    return made;
  }
  std::string quoted(std::size_t most, const std::string& behind = {}) { return "'" + text(most) + behind + "'"; }

  std::string condition() {
    static constexpr const char* kCompare[] = {"=", "<", ">", "<=", ">="};
    switch (below(5)) {
      case 0: return "u LIKE " + quoted(3, "%");
      case 1: return "u LIKE " + quoted(2, "_" + text(2));
      case 2: return "u IN (" + quoted(4) + "," + quoted(4) + ")";
      case 3: return "u BETWEEN " + quoted(2) + " AND " + quoted(2);
      default: return std::string("u ") + kCompare[below(std::size(kCompare))] + " " + quoted(4);
    }
  }

 private:
  std::mt19937_64 random_;
};

void run(sql::Connection& connection, const std::string& text) {
  const std::unique_ptr<sql::Statement> statement(connection.createStatement());
  statement->execute(text);
}

sqlcast::sql::Schema schema_of(const std::string& collation, bool prefix) {
  sqlcast::sql::Schema schema;
  schema.databases = {"d"};
  sqlcast::sql::Table table;
  table.engine = "InnoDB";
  sqlcast::sql::Column id;
  id.name = "id";
  id.type = "int";
  id.nullable = false;
  sqlcast::sql::Column text;
  text.name = "u";
  text.type = "varchar";
  text.collation = collation;
  text.indexed = prefix ? sqlcast::sql::Indexed::prefix : sqlcast::sql::Indexed::whole;
  table.columns = {id, text};
  table.unique_keys = {{{"id"}, false}};
  schema.tables[{"d", "t"}] = table;
  return schema;
}

// Of numbers and times: columns, and literals that some of them can hold.
constexpr struct {
  const char* definition;
  const char* type;
  std::uint32_t scale;
} kColumns[] = {{"INT", "int", 0},
                {"TINYINT UNSIGNED", "tinyint", 0},
                {"BIGINT", "bigint", 0},
                {"DECIMAL(10,2)", "decimal", 2},
                {"DATETIME", "datetime", 0},
                {"DATETIME(3)", "datetime", 3},
                {"DATE", "date", 0},
                {"SMALLINT", "smallint", 0},
                {"BIGINT UNSIGNED", "bigint", 0},
                {"TIMESTAMP NULL", "timestamp", 0}};
constexpr const char* kNumbers[] = {"1",
                                    "2",
                                    "'2'",
                                    "1.5",
                                    "2.0",
                                    "'1.5'",
                                    "1.25",
                                    "2.50",
                                    "1.005",
                                    "15e-1",
                                    "0",
                                    "'02'",
                                    "'2 '",
                                    "-1",
                                    "'-1'",
                                    "127",
                                    "255",
                                    "300",
                                    "-300",
                                    "'300'",
                                    "'256'",
                                    "9007199254740992",
                                    "'9007199254740993'",
                                    "9007199254740993",
                                    "9223372036854775807",
                                    "18446744073709551616",
                                    "'99999999999999999999'"};
constexpr const char* kTimes[] = {"'2020-01-01'",
                                  "'2020-01-01 10:10:10'",
                                  "'2020-01-01 10:10:10.4'",
                                  "'2020-01-01 10:10:10.125'",
                                  "20200101",
                                  "TIMESTAMP'2020-01-01 10:10:10.6'",
                                  "DATE'2020-01-02'",
                                  "'2020-1-1'",
                                  "'2020-01-01 10:10'",
                                  "'2020-02-31'",
                                  "'2020-13-01 10:10:10'",
                                  "'2020-01-01 25:00:00'",
                                  "'0000-00-00'",
                                  "'2020-00-00'"};

}  // namespace

TEST_CASE("differential: an index and a scan find the same rows for conditions that the policy accepts") {
  constexpr std::size_t kConditions = 120;
  PrivateServer server;
  const auto connection = server.connect("");
  run(*connection, "CREATE DATABASE d");
  run(*connection, "SET NAMES utf8mb4 COLLATE utf8mb4_general_ci");
  const char* given = std::getenv("SQLCAST_DIFFERENTIAL_SEED");
  Texts texts(given == nullptr ? 20261127 : std::strtoull(given, nullptr, 10));
  std::size_t accepted = 0;
  std::size_t differing_refused = 0;
  for (const std::string collation :
       {"utf8mb4_general_ci", "utf8mb4_general_nopad_ci", "utf8mb4_unicode_ci", "utf8mb4_unicode_520_ci",
        "utf8mb4_german2_ci", "utf8mb4_czech_ci", "utf8mb4_spanish2_ci", "utf8mb4_turkish_ci", "utf8mb4_danish_ci",
        "utf8mb4_swedish_ci", "utf8mb4_unicode_nopad_ci", "utf8mb4_uca1400_ai_ci", "utf8mb4_bin", "utf8mb4_nopad_bin"})
    for (const bool prefix : {false, true}) {
      run(*connection, "CREATE OR REPLACE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY, u VARCHAR(40) COLLATE " +
                           collation + ", KEY k (u" + (prefix ? "(3)" : "") + "))");
      std::string insert = "INSERT INTO d.t (u) VALUES ";
      for (int row = 0; row < 300; ++row) insert += (row == 0 ? "(" : ",(") + texts.quoted(5) + ")";
      run(*connection, insert);
      const sqlcast::sql::Schema schema = schema_of(collation, prefix);
      sqlcast::sql::Judgement judgement;
      judgement.default_database = "d";
      judgement.schema = &schema;
      for (std::size_t k = 0; k < kConditions; ++k) {
        const std::string condition = texts.condition();
        const std::string found = "SELECT GROUP_CONCAT(id ORDER BY id) FROM d.t ";
        const auto by_index = rows_of(*connection, found + "FORCE INDEX (k) WHERE " + condition);
        const auto by_scan = rows_of(*connection, found + "IGNORE INDEX (k) WHERE " + condition);
        const auto verdict = sqlcast::sql::judge("DELETE FROM t WHERE " + condition, judgement);
        INFO(collation << (prefix ? ", first 3 characters: " : ": ") << condition);
        if (verdict.code.empty()) {
          ++accepted;
          CHECK(by_index == by_scan);
        } else {
          CHECK(verdict.code == "INDEX_DEPENDENT");
          if (by_index != by_scan) ++differing_refused;
        }
      }
    }
  CHECK(accepted > 1'000);
  CHECK(differing_refused > 0);
}

TEST_CASE("differential: an index and a scan find the same rows for numbers and times that a column can hold") {
  PrivateServer server;
  const auto connection = server.connect("");
  run(*connection, "CREATE DATABASE d");
  run(*connection, "SET NAMES utf8mb4 COLLATE utf8mb4_general_ci");
  std::mt19937_64 random(20261127);
  const auto below = [&random](std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(random);
  };
  std::size_t accepted = 0;
  std::size_t differing_refused = 0;
  for (const auto& column : kColumns) {
    const bool time = std::string_view(column.type).starts_with("date") || std::string_view(column.type) == "timestamp";
    run(*connection, std::string("CREATE OR REPLACE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY, u ") +
                         column.definition + ", KEY k (u))");
    for (int row = 0; row < 80; ++row)
      run(*connection, std::string("INSERT IGNORE INTO d.t (u) VALUES (") +
                           (time ? kTimes[below(std::size(kTimes))] : kNumbers[below(std::size(kNumbers))]) + ")");
    sqlcast::sql::Schema schema = schema_of("", false);
    sqlcast::sql::Column& known = schema.tables.begin()->second.columns.back();
    known.type = column.type;
    known.scale = column.scale;
    sqlcast::sql::Judgement judgement;
    judgement.default_database = "d";
    judgement.schema = &schema;
    for (int k = 0; k < 200; ++k) {
      const auto literal = [&] {
        return std::string(time ? kTimes[below(std::size(kTimes))] : kNumbers[below(std::size(kNumbers))]);
      };
      const std::size_t form = below(4);
      const std::string condition = form == 0   ? "u = " + literal()
                                    : form == 1 ? literal() + " = u"
                                    : form == 2 ? "u <=> " + literal()
                                                : "u IN (" + literal() + "," + literal() + ")";
      const std::string found = "SELECT GROUP_CONCAT(id ORDER BY id) FROM d.t ";
      const bool same = rows_of(*connection, found + "FORCE INDEX (k) WHERE " + condition) ==
                        rows_of(*connection, found + "IGNORE INDEX (k) WHERE " + condition);
      INFO(column.definition << ": " << condition);
      if (sqlcast::sql::judge("DELETE FROM t WHERE " + condition, judgement).code.empty()) {
        ++accepted;
        CHECK(same);
      } else if (!same) {
        ++differing_refused;
      }
    }
  }
  CHECK(accepted > 100);
  CHECK(differing_refused > 0);
}
