// Goal: what the policy calls one statement is one statement for the server, and what it calls a read changes nothing.
// Method: at least 100,000 generated texts. Each that is allowed is prepared, which the server does for exactly one
// statement; reads, and what does not parse, run in multi-statement mode as root, and the server's own count of
// statements must agree. The server's state is compared in batches. SQLCAST_DIFFERENTIAL_SEED and …_TEXTS change the
// run.
#include <cppconn/connection.h>
#include <cppconn/exception.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>
#include <cppconn/statement.h>

#include <chrono>
#include <cstdlib>
#include <iostream>

#include "sql/function.h"
#include "sql/policy.h"
#include "sql/splitter.h"
#include "tests/differential/generator.h"
#include "tests/support/private_server.h"
#include "tests/unit/sql_corpus.h"

namespace policy = sqlcast::sql;
using sqlcast::differential::Generator;
using sqlcast::support::PrivateServer;
using sqlcast::support::rows_of;
using sqlcast::support::server_state;

namespace {

constexpr int kSyntaxError = 1064;
constexpr int kOutOfSync = 2014;
constexpr std::size_t kChunk = 100;

const char* const kTables = R"(
CREATE DATABASE test; CREATE DATABASE other; USE test;
CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b INT, c INT, u VARCHAR(100));
CREATE TABLE s LIKE t; CREATE TABLE x LIKE t;
INSERT INTO t (a, b, c, u) VALUES (1, 2, 3, 'one'), (2, 3, 4, 'two'), (3, 4, 5, 'three');
INSERT INTO s SELECT * FROM t; INSERT INTO x SELECT * FROM t;
CREATE VIEW v AS SELECT a FROM t;
CREATE SEQUENCE q;
DELIMITER //
CREATE FUNCTION f_stored(n INT) RETURNS INT MODIFIES SQL DATA BEGIN INSERT INTO x (a) VALUES (n); RETURN n; END//
CREATE FUNCTION f() RETURNS INT MODIFIES SQL DATA BEGIN INSERT INTO x (a) VALUES (1); RETURN 1; END//
CREATE PROCEDURE p() INSERT INTO x (a) VALUES (1)//
)";

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string shown(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != '\\' && c != 0x7f) {
      out += c;
      continue;
    }
    char hex[5];
    std::snprintf(hex, sizeof hex, "\\x%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += hex;
  }
  return out;
}

// Runs a text in multi-statement mode and drains what it gives. False: the server refused its beginning.
bool run(sql::Connection& connection, const std::string& text, int& error) {
  constexpr int kMostResults = 16;
  error = 0;
  const std::unique_ptr<sql::Statement> statement(connection.createStatement());
  bool begun = false;
  try {
    bool rows = statement->execute(text);
    begun = true;
    // The library does not tell a result without rows from the end: ask more often than there can be results.
    for (int asked = 0; asked < kMostResults; ++asked) {
      if (rows) {
        const std::unique_ptr<sql::ResultSet> result(statement->getResultSet());
        while (result->next()) continue;
      }
      rows = statement->getMoreResults();
    }
  } catch (const sql::SQLException& exception) {
    error = exception.getErrorCode();
  }
  return begun;
}

// Where two states part: the lines there.
std::string first_difference(const std::string& before, const std::string& after) {
  std::size_t at = 0;
  while (at < before.size() && at < after.size() && before[at] == after[at]) ++at;
  const std::size_t line = at == 0 ? 0 : before.rfind('\n', at - 1) + 1;
  return "\"" + before.substr(line, before.find('\n', at) - line) + "\" became \"" +
         after.substr(line, after.find('\n', at) - line) + "\"";
}

// How many statements the server has seen on this connection, this question left out: the second and later ones
// of a request count too, and so does one that does not parse.
std::uint64_t statements_seen(sql::Connection& connection) {
  const std::string row = rows_of(connection, "SHOW SESSION STATUS LIKE 'Questions'").at(0);
  return std::stoull(row.substr(row.find('\t') + 1)) - 1;
}

int prepare_error(sql::Connection& connection, const std::string& text) {
  try {
    const std::unique_ptr<sql::PreparedStatement> prepared(connection.prepareStatement(text));
    return 0;
  } catch (const sql::SQLException& exception) {
    return exception.getErrorCode() == 0 ? -1 : exception.getErrorCode();
  }
}

void run_script(sql::Connection& connection, const std::string& script) {
  std::string delimiter = ";";
  for (const policy::Piece& piece : policy::split(script, delimiter)) {
    int error = 0;
    run(connection, script.substr(piece.offset, piece.end - piece.offset), error);
    REQUIRE(error == 0);
  }
}

}  // namespace

TEST_CASE("differential: one statement for the policy is one for the server, and a read changes nothing") {
  const std::uint64_t seed = setting("SQLCAST_DIFFERENTIAL_SEED", 20240229);
  const std::uint64_t texts = setting("SQLCAST_DIFFERENTIAL_TEXTS", 150'000);
  std::cout << "differential: seed " << seed << " (SQLCAST_DIFFERENTIAL_SEED), " << texts << " texts\n";

  PrivateServer server;
  run_script(*server.connect(""), kTables);
  const auto connection = server.connect("test");
  const auto preparer = server.connect("test");

  std::vector<std::string> statements;
  for (const auto& row : policy::test::read_corpus("verdicts.tsv")) statements.push_back(row.fields[1]);
  for (const auto& row : policy::test::read_corpus("determinism.tsv")) statements.push_back(row.fields[1]);
  Generator generator(statements, seed);

  std::string before = server_state(*connection, server.folder());
  std::vector<std::string> batch;
  std::uint64_t allowed = 0;
  std::uint64_t reads = 0;
  std::uint64_t prepared = 0;
  std::uint64_t syntax_errors = 0;
  const auto start = std::chrono::steady_clock::now();

  const auto seen_by = [&](const std::string& text) {
    const std::uint64_t seen = statements_seen(*connection);
    int error = 0;
    run(*connection, text, error);
    return statements_seen(*connection) - seen - 1;
  };

  // A batch is right as a whole, or its culprit is found by running it again, one by one.
  std::uint64_t seen_before = statements_seen(*connection);
  const auto check_batch = [&] {
    const std::uint64_t seen = statements_seen(*connection) - seen_before - 1;
    if (seen != batch.size()) {
      for (const std::string& text : batch)
        if (seen_by(text) != 1) FAIL("seed " << seed << ": the server saw several statements in: " << shown(text));
      FAIL("seed " << seed << ": the server saw " << seen << " statements in " << batch.size() << " texts");
    }
    const std::string after = server_state(*connection, server.folder());
    if (after != before) {
      const std::string difference = first_difference(before, after);
      // Again, in small chunks, and the guilty chunk one by one.
      std::string now = after;
      for (std::size_t at = 0; at < batch.size(); at += kChunk) {
        const std::size_t end = std::min(at + kChunk, batch.size());
        int error = 0;
        for (std::size_t k = at; k < end; ++k) run(*connection, batch[k], error);
        const std::string then = server_state(*connection, server.folder());
        if (then == now) continue;
        now = then;
        for (std::size_t k = at; k < end; ++k) {
          run(*connection, batch[k], error);
          if (server_state(*connection, server.folder()) != now)
            FAIL("seed " << seed << ": a read changed the server (" << difference << "): " << shown(batch[k]));
        }
      }
      FAIL("seed " << seed << ": some read changed the server, but not when run again: " << difference);
    }
    batch.clear();
    seen_before = statements_seen(*connection);
  };

  const auto judge_text = [&](const std::string& text) {
    const policy::Verdict verdict = policy::classify(text, "test");
    if (verdict.statement_class == policy::Class::refused) return;
    ++allowed;
    const bool read = verdict.statement_class == policy::Class::read;
    int error = prepare_error(*preparer, text);
    prepared += error == 0 ? 1U : 0U;
    const bool malformed = error == kSyntaxError;
    syntax_errors += malformed ? 1U : 0U;
    reads += read ? 1U : 0U;
    // A write that prepares is one statement, and need not run. One that does not parse must not run in part.
    if (!read && !malformed) return;
    const bool begun = run(*connection, text, error);
    INFO("seed " << seed << ": " << shown(text));
    if (!read) REQUIRE_FALSE(begun);
    REQUIRE(error != kOutOfSync);
    batch.push_back(text);
    if (batch.size() >= 2000) check_batch();
  };

  for (const std::string& text : statements) judge_text(text);
  for (std::uint64_t round = 0; round < texts; ++round) judge_text(generator.next());
  check_batch();

  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::cout << "differential: " << allowed << " allowed, " << reads << " of them reads that ran, " << prepared
            << " prepared, " << syntax_errors << " with an error of syntax, " << took.count() << " s\n";
  CHECK(allowed * 10 > texts);
  CHECK(prepared * 20 > texts);
}

TEST_CASE("differential: the measuring itself sees a second statement, and a change") {
  PrivateServer server;
  run_script(*server.connect(""), kTables);
  const auto connection = server.connect("test");
  const auto seen = [&](const std::string& text) {
    const std::uint64_t before = statements_seen(*connection);
    int error = 0;
    run(*connection, text, error);
    return statements_seen(*connection) - before - 1;
  };
  CHECK(seen("SELECT 1") == 1);
  CHECK(seen("SELECT 1; \n") == 1);
  CHECK(seen("SELECT 1; SELECT 2") == 2);
  CHECK(seen("SELECT 1; DO 1; -- x") == 3);
  CHECK(seen("SELECT 1; -- x") == 2);
  CHECK(seen("SELEKT 1; SELECT 2") == 1);
  for (const char* change :
       {"SELECT f()", "SELECT NEXT VALUE FOR q", "SELECT 1 INTO @x", "SET GLOBAL max_connections=19",
        "SET SESSION sort_buffer_size=99999", "CREATE USER u", "CREATE DATABASE made", "ANALYZE DELETE FROM s",
        "ALTER TABLE t ALTER a SET DEFAULT 5", "SELECT a FROM t INTO OUTFILE 'made.txt'"}) {
    INFO(change);
    std::string text = change;
    const std::size_t file = text.find("made.txt");
    if (file != std::string::npos) text.replace(file, 8, server.folder() + "/files/made.txt");
    const std::string before = server_state(*connection, server.folder());
    int error = 0;
    run(*connection, text, error);
    CHECK(error == 0);
    CHECK(server_state(*connection, server.folder()) != before);
  }
  const std::string before = server_state(*connection, server.folder());
  int error = 0;
  run(*connection, "SELECT * FROM t, s ORDER BY t.u", error);
  CHECK(server_state(*connection, server.folder()) == before);
}

TEST_CASE("differential: every function that the server lists is in the table") {
  PrivateServer server;
  const auto connection = server.connect("");
  for (const std::string& row : rows_of(*connection, "SELECT function FROM information_schema.sql_functions")) {
    const std::string name = row.substr(0, row.size() - 1);
    INFO(name);
    CHECK(policy::find_function(name) != nullptr);
  }
}
