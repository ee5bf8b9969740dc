// Goal: statements that others wrote do in a cluster what they do in a plain MariaDB. Method: the files of MariaDB's
// own test suite where they are installed (ORACLE_FILES names the folder; no file is part of this tree), each in a
// database of its own, by one client; ORACLE_SECONDS says for how long. ORACLE_FILES may be several folders with ":"
// between them. [refusals] runs them at a cluster alone and counts what is refused; ORACLE_REFUSED names a file that
// each refused write is put into.
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "base/utf8.h"
#include "tests/oracle/bench.h"
#include "tests/oracle/clients.h"
#include "tests/oracle/mysqltest_reader.h"

using namespace sqlcast;
using namespace sqlcast::oracle;
namespace fs = std::filesystem;

namespace {

bool begins_with(const std::string& text, const char* words) {
  return std::regex_search(text, std::regex(std::string("^(") + words + ")\\b", std::regex::icase));
}

// Writes and definitions: what reads give is each node's own server's, unchanged. `USE` says in which database.
std::vector<Request> requests_of(const std::string& text, std::string database) {
  static const std::regex use("^use\\s+`?([A-Za-z0-9_$]+)`?\\s*$", std::regex::icase);
  static const std::regex frozen(
      "\\b(uuid|uuid_short|sysdate|user|session_user|system_user|current_user|current_role|version|connection_id|"
      "random_bytes|sys_guid)\\b",
      std::regex::icase);
  std::vector<Request> requests;
  for (const std::string& sql : read_mysqltest(text)) {
    if (!is_utf8(sql)) continue;  // a text on the wire is UTF-8
    std::smatch match;
    if (std::regex_match(sql, match, use)) {
      database = match[1];
      continue;
    }
    Request request;
    if (begins_with(sql, "create|alter|drop|rename|truncate"))
      request.kind = Request::Kind::definition;
    else if (!begins_with(sql, "insert|replace|update|delete"))
      continue;
    request.database = database;
    request.warnings = true;
    Statement& statement = request.statements.emplace_back();
    statement.plain = statement.wire.sql = sql;
    statement.frozen = std::regex_search(sql, frozen);
    requests.push_back(std::move(request));
  }
  return requests;
}

void drop_everything(support::Cluster& cluster) {
  for (const storage::Row& row : ask(*cluster.master().open_database(),
                                     "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN "
                                     "('mysql','sys','information_schema','performance_schema','sqlcast')"))
    cluster.must("DROP DATABASE " + storage::quote_name(*row[0]));
}

void drop_everything(Bench& bench) {
  drop_everything(bench.cluster);
  for (const storage::Row& row :
       ask(bench.plain.administrator(),
           "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN "
           "('mysql','sys','information_schema','performance_schema','sqlcast','oracle_own')"))
    must(bench.plain.administrator(), "DROP DATABASE " + storage::quote_name(*row[0]));
  read_log(bench.cluster.master(), bench.end);
  bench.cluster.wait_until_equal();
}

std::vector<fs::path> test_files() {
  const char* folders = std::getenv("ORACLE_FILES");
  REQUIRE(folders != nullptr);
  std::vector<fs::path> files;
  std::istringstream list(folders);
  for (std::string folder; std::getline(list, folder, ':');)
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      if (entry.path().extension() == ".test") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  REQUIRE_FALSE(files.empty());
  return files;
}

std::chrono::steady_clock::time_point end_of_time() {
  const char* seconds = std::getenv("ORACLE_SECONDS");
  return std::chrono::steady_clock::now() + std::chrono::seconds(seconds == nullptr ? 3'600 : std::atoi(seconds));
}

// With the file's database in front.
std::vector<Request> requests_in(const fs::path& path, const std::string& name) {
  std::ifstream file(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  std::vector<Request> requests = requests_of(text, name);
  Request make;
  make.kind = Request::Kind::definition;
  make.statements.resize(1);
  make.statements.front().plain = make.statements.front().wire.sql = "CREATE DATABASE " + name;
  requests.insert(requests.begin(), std::move(make));
  return requests;
}

void run_file(Bench& bench, const fs::path& path, std::size_t number) {
  const std::string name = "file" + std::to_string(number);
  const std::vector<Request> requests = requests_in(path, name);
  bench.settle(run_in_order(bench.cluster, requests, name));
}

}  // namespace

TEST_CASE("oracle: MariaDB's own test files", "[.][files]") {
  const std::vector<fs::path> files = test_files();
  const auto until = end_of_time();
  auto bench = std::make_unique<Bench>();
  std::size_t ran = 0;
  std::size_t differences = 0;
  for (const fs::path& path : files) {
    if (std::chrono::steady_clock::now() > until) break;
    ++ran;
    try {
      run_file(*bench, path, ran);
      drop_everything(*bench);
    } catch (const std::exception& problem) {
      ++differences;
      std::cout << path.string() << ": " << problem.what() << std::endl;
      bench.reset();
      bench = std::make_unique<Bench>();
    }
  }
  std::cout << "oracle: " << ran << " of " << files.size() << " files, " << differences
            << " with a difference; since the last: " << bench->judge.summary() << std::endl;
  CHECK(differences == 0);
}

TEST_CASE("oracle: how many writes of MariaDB's own test files are refused", "[.][refusals]") {
  const std::vector<fs::path> files = test_files();
  const auto until = end_of_time();
  const char* list = std::getenv("ORACLE_REFUSED");
  std::ofstream refused_writes(list == nullptr ? "/dev/null" : list);
  auto cluster = std::make_unique<support::Cluster>(0);
  std::map<std::string, std::size_t> refused;
  std::size_t writes = 0;
  std::size_t failed = 0;
  std::size_t ran = 0;
  std::size_t all_refused = 0;
  // Stored code, state of the session, the server's own tables and locks: what stays refused (docs/sql-policy.md).
  const std::set<std::string> staying{"SYSTEM_SCHEMA", "USER_VARIABLE",    "SYSTEM_VARIABLE",
                                      "SESSION_STATE", "UNKNOWN_FUNCTION", "LOCKING"};
  const auto count = [&](const Deed& deed, const fs::path& path) {
    const Status& status = deed.answer.status;
    // The table is not there: its definition was refused, or the file wants that.
    static const std::regex no_table("(it is|are) not known|a table \"[^\"]*\" of \"[^\"]*\" is not known");
    const bool there = status.code != Code::refused || !std::regex_search(status.message, no_table);
    if (deed.request.kind != Request::Kind::data || !there) return;
    ++writes;
    if (!status.ok() && status.code != Code::refused) ++failed;
    if (status.code != Code::refused) return;
    ++all_refused;
    ++refused[status.reason];
    refused_writes << status.reason << '\t' << path.filename().string() << '\t' << deed.request.statements[0].plain
                   << "\n    " << status.message << '\n';
  };
  for (const fs::path& path : files) {
    if (std::chrono::steady_clock::now() > until) break;
    const std::string name = "file" + std::to_string(++ran);
    try {
      for (const Deed& deed : run_in_order(*cluster, requests_in(path, name), name)) count(deed, path);
      drop_everything(*cluster);
    } catch (const std::exception& problem) {  // one that takes too long
      std::cout << path.string() << " is left out: " << problem.what() << std::endl;
      cluster = std::make_unique<support::Cluster>(0);
    }
  }
  std::size_t others = all_refused;
  for (const auto& [reason, times] : refused) others -= staying.contains(reason) ? times : 0;
  const auto percent = [&](std::size_t part, std::size_t of) {
    return static_cast<double>(part) * 100 / static_cast<double>(std::max<std::size_t>(of, 1));
  };
  // In databases of their own: the server's schemas are none.
  const std::size_t elsewhere = refused["SYSTEM_SCHEMA"];
  const double own = percent(all_refused - elsewhere, writes - elsewhere);
  std::cout << "oracle: " << ran << " of " << files.size() << " files, " << writes << " writes, " << all_refused
            << " refused (" << percent(all_refused, writes) << " %; " << own
            << " % of those to databases of their own), " << others << " without what stays refused ("
            << percent(others, writes) << " %), " << failed << " failed;";
  for (const auto& [reason, times] : refused) std::cout << ' ' << reason << ' ' << times;
  std::cout << std::endl;
  CHECK(others * 100 < writes * 3);
}

TEST_CASE("oracle: statements are read out of a mysqltest file", "[reader]") {
  const auto statements = read_mysqltest(
      "# comment;\n--echo not; this\nlet $x = 1;\n--error ER_DUP_ENTRY\ninsert into t values\n# inside;\n (1,';');\n"
      "if ($x)\n{\n  drop table a;\n  while (1) { drop table b; }\n}\ndelimiter |;\ncreate table c (a int)|\n"
      "delimiter ;|\n--write_file x\ndrop table d;\nEOF\neval drop table $e;\nupdate t set a='it\\'s;';\n");
  REQUIRE(statements.size() == 3);
  CHECK(statements[0] == "insert into t values\n (1,';')");
  CHECK(statements[1] == "create table c (a int)");
  CHECK(statements[2] == "update t set a='it\\'s;'");
}
