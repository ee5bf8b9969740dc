// Goal: `sqlcast import` loads what mariadb-dump writes, whole and once, whoever is killed meanwhile. Method: a server
// of the test's own is dumped by the real mariadb-dump; the cluster's tables are compared with that server's.
#include <csignal>
#include <fstream>

#include "client/local/process.h"
#include "tests/support/cluster.h"
#include "tests/support/external_server.h"
#include "tests/support/run_program.h"
#include "tests/support/temporary_folder.h"

using namespace sqlcast;
using namespace sqlcast::support;

namespace {

const std::vector<std::string> kSchool = {
    "CREATE DATABASE school CHARACTER SET utf8mb4",
    "CREATE TABLE school.teacher (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(80), boss INT, room INT)",
    "CREATE TABLE school.class (id INT AUTO_INCREMENT PRIMARY KEY, title VARCHAR(80), teacher INT, "
    "CONSTRAINT c_t FOREIGN KEY (teacher) REFERENCES school.teacher (id) ON DELETE CASCADE)",
    "CREATE TABLE school.a_pupil (id INT PRIMARY KEY, class INT, first VARCHAR(20), last VARCHAR(20), "
    "full_name VARCHAR(41) AS (CONCAT(first, ' ', last)) STORED, letters INT AS (CHAR_LENGTH(last)) VIRTUAL, photo "
    "BLOB, "
    "seen TIMESTAMP NULL, born DATE, FOREIGN KEY (class) REFERENCES school.class (id))",
    "ALTER TABLE school.teacher ADD CONSTRAINT t_b FOREIGN KEY (boss) REFERENCES school.teacher (id), "
    "ADD CONSTRAINT t_r FOREIGN KEY (room) REFERENCES school.class (id)",
    "INSERT INTO school.teacher (name) VALUES ('Ann'), ('B''öb; --'), ('雪 🎓 \\\\ \\n')",
    "INSERT INTO school.class (title, teacher) VALUES ('1a', 1), ('2b', 2)",
    "UPDATE school.teacher SET boss = 4 - id, room = 2",
    "INSERT INTO school.a_pupil (id, class, first, last, photo, seen, born) SELECT seq, seq % 2 + 1, CONCAT('x', seq), "
    "'é', IF(seq % 3 = 0, NULL, UNHEX(MD5(seq))), '2020-01-01 00:00:00', '0000-00-00' FROM school.seq_1_to_500",
    "CREATE TABLE school.old (a INT, b DOUBLE, c DECIMAL(20,5), d BIT(9)) ENGINE=MyISAM",
    "INSERT INTO school.old VALUES (1, 1e100, 3.14159, b'101010101'), (NULL, -0.1, NULL, NULL)",
    "CREATE VIEW school.b AS SELECT title, name FROM school.class JOIN school.teacher ON class.teacher = teacher.id",
    "CREATE VIEW school.a_of_b AS SELECT title FROM school.b",
    "CREATE TRIGGER school.tr BEFORE INSERT ON school.class FOR EACH ROW SET NEW.title = CONCAT(NEW.title, ';')",
    "CREATE PROCEDURE school.p() BEGIN SELECT 1; END"};

void dump(const ExternalServer& server, const std::filesystem::path& to, std::vector<std::string> arguments = {}) {
  std::vector<std::string> command{"mariadb-dump", "--no-defaults",
                                   "-uroot",       "--socket=" + server.socket(),
                                   "--routines",   "--result-file=" + to.string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  command.insert(command.end(), {"--databases", "school"});
  const Run run = run_program(command);
  INFO(run.output);
  REQUIRE(run.exit_code == 0);
}

std::vector<std::string> import_command(const Cluster& cluster, const std::vector<std::string>& arguments) {
  std::vector<std::string> command{"env", "XDG_STATE_HOME=" + (cluster.folder() / "state").string(), program("sqlcast"),
                                   "import"};
  for (const Node* node : cluster.nodes()) command.insert(command.end(), {"--endpoint", node->endpoint()});
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

Run import_files(const Cluster& cluster, const std::vector<std::string>& arguments,
                 const std::filesystem::path& in = {}) {
  return run_program(import_command(cluster, arguments), in);
}

// Begun, and not waited for.
local::ProcessId start_import(const Cluster& cluster, const std::vector<std::string>& arguments,
                              const std::filesystem::path& log) {
  const std::vector<std::string> command = import_command(cluster, arguments);
  local::SpawnOptions spawn;
  spawn.program = "/usr/bin/env";
  spawn.arguments.assign(command.begin() + 1, command.end());
  spawn.log = log;
  spawn.die_with_parent = true;
  const auto process = local::spawn(spawn);
  REQUIRE(process.ok());
  return *process;
}

void check_equal(Cluster& cluster, const ExternalServer& server, const std::vector<std::string>& tables) {
  for (const std::string& table : tables) {
    INFO(table);
    const std::string there = server.ask("CHECKSUM TABLE " + table + " EXTENDED");
    CHECK(there == cluster.master().ask_database("CHECKSUM TABLE " + table + " EXTENDED"));
    CHECK(there.find("NULL") == std::string::npos);
  }
  (void)cluster.wait_until_equal();
  cluster.check_same_everywhere();
}

const std::vector<std::string> kTables = {"school.teacher", "school.class", "school.a_pupil"};

}  // namespace

TEST_CASE("import: a mariadb-dump with circular keys, views, computed columns and bytes arrives whole", "[import]") {
  ExternalServer server;
  const auto connection = server.open();
  for (const std::string& sql : kSchool) REQUIRE(connection->execute(sql).ok());
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "a \"dump\" of 雪.sql";
  dump(server, file);
  Cluster cluster(1);

  const Run before = import_files(cluster, {"--dry-run", file.string()});
  INFO(before.output);
  CHECK(before.exit_code == 3);
  CHECK(before.output.find("To be loaded: 505 rows into 3 tables") != std::string::npos);
  CHECK(cluster.master().ask_database("SHOW DATABASES LIKE 'school'").empty());

  // Twice: the second time there is what the first has made, with its keys.
  for (int time = 0; time < 2; ++time) {
    const Run run = import_files(cluster, {"--views", "invoker", "--engine", "innodb", file.string()});
    INFO(run.output);
    REQUIRE(run.exit_code == 0);
    CHECK(run.output.find("Loaded: 507 rows into 4 tables, 4 tables made, 2 views made") != std::string::npos);
    CHECK(run.output.find("CREATE TRIGGER tr") != std::string::npos);
    check_equal(cluster, server, kTables);
    const std::string old = "SELECT a, b, c, HEX(d) FROM school.old ORDER BY a";
    CHECK(server.ask(old) == cluster.master().ask_database(old));
    const std::string keys =
        "SELECT table_name, constraint_name, referenced_table_name, delete_rule FROM "
        "information_schema.referential_constraints WHERE constraint_schema = 'school' ORDER BY 1, 2";
    CHECK(server.ask(keys) == cluster.master().ask_database(keys));
    const std::string view = "SELECT * FROM school.a_of_b ORDER BY 1";
    CHECK(server.ask(view) == cluster.master().run(view).text());
  }
}

TEST_CASE("import: other forms of the same dump give the same rows", "[import]") {
  ExternalServer server;
  const auto connection = server.open();
  for (const std::string& sql : kSchool) REQUIRE(connection->execute(sql).ok());
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "dump.sql";
  Cluster cluster(0);
  const std::vector<std::vector<std::string>> forms{
      {"--skip-extended-insert"},
      {"--complete-insert", "--hex-blob", "--single-transaction"},
      {"--no-autocommit", "--skip-opt"},
      {"--insert-ignore", "--skip-comments", "--skip-add-drop-table", "--skip-add-locks"},
      {"--replace", "--tz-utc", "--skip-quote-names"}};
  for (const auto& form : forms) {
    INFO(form.front());
    dump(server, file, form);
    REQUIRE((cluster.master().run("DROP DATABASE IF EXISTS school").ok()));
    const Run run = import_files(cluster, {"--engine", "innodb", file.string()});
    INFO(run.output);
    REQUIRE(run.exit_code == 0);
    check_equal(cluster, server, kTables);
  }
  // By a pipe, which is read once.
  dump(server, file);
  REQUIRE((cluster.master().run("DROP DATABASE school").ok()));
  const Run run = import_files(cluster, {"--engine", "innodb", "-"}, file);
  INFO(run.output);
  REQUIRE(run.exit_code == 0);
  check_equal(cluster, server, kTables);
}

TEST_CASE("import: killed, and gone on with, it doubles no row and loses none", "[import]") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "rows.sql";
  constexpr int kRows = 120'000;
  {
    std::ofstream out(file);
    out << "CREATE DATABASE big;\nUSE big;\nCREATE TABLE t (id INT, words VARCHAR(200), KEY (id));\n";
    // No unique key: a doubled row would not be noticed by the database.
    for (int i = 0; i < kRows; ++i)
      out << (i % 500 == 0 ? "INSERT INTO t VALUES\n" : "") << "(" << i << ",'" << std::string(150, 'x') << "')"
          << (i % 500 == 499 ? ";\n" : ",\n");
  }
  Cluster cluster(1);
  const auto rows = [&] {
    const Answer answer = cluster.master().run("SELECT COUNT(*) FROM big.t");
    return answer.ok() ? std::stoi(answer.text()) : 0;
  };
  const std::filesystem::path log_file = folder.path() / "import.log";
  const auto importer = start_import(cluster, {file.string()}, log_file);
  wait_for("some rows", [&] { return rows() > 10'000; });
  (void)local::send_signal(importer, SIGKILL);
  REQUIRE(local::wait_for_end(importer, std::chrono::seconds(60)));
  const int then = rows();
  REQUIRE(then < kRows);

  // It is not begun anew by mistake.
  const Run refused = import_files(cluster, {file.string()});
  CHECK(refused.exit_code == 2);
  CHECK(refused.output.find("--resume") != std::string::npos);

  const auto again = start_import(cluster, {"--resume", file.string()}, log_file);
  wait_for("more rows", [&] { return rows() > then + 5'000 || !local::is_running(again); });
  cluster.master().kill_with_database();
  cluster.master().start();
  REQUIRE(local::wait_for_end(again, std::chrono::seconds(300)));
  std::ifstream log(log_file);
  INFO(std::string(std::istreambuf_iterator<char>(log), {}));
  CHECK(cluster.master().run("SELECT COUNT(*), COUNT(DISTINCT id), SUM(id) FROM big.t").text() ==
        std::to_string(kRows) + "|" + std::to_string(kRows) + "|" +
            std::to_string(static_cast<long long>(kRows) * (kRows - 1) / 2));
  (void)cluster.wait_until_equal();
  cluster.check_same_everywhere();
  // Whole: nothing is left to go on with.
  CHECK(import_files(cluster, {"--resume", file.string()}).exit_code == 2);
}

TEST_CASE("import: interrupted into a table that it makes, it is known again, and not gone on with by other options",
          "[import]") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "rows.csv";
  constexpr int kRows = 200'000;
  {
    std::ofstream out(file);
    out << "id,words\n";
    for (int i = 0; i < kRows; ++i) out << i << "," << std::string(100, 'x') << "\n";
  }
  Cluster cluster(1);
  REQUIRE(cluster.master().run("CREATE DATABASE made").ok());
  const auto rows = [&] {
    const Answer answer = cluster.master().run("SELECT COUNT(*) FROM made.t");
    return answer.ok() ? std::stoi(answer.text()) : 0;
  };
  const std::vector<std::string> into{"--table", "made.t"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), into.begin(), into.end());
    more.push_back(file.string());
    return more;
  };
  const auto importer = start_import(cluster, with({"--create"}), folder.path() / "import.log");
  wait_for("some rows", [&] { return rows() > 5'000; });
  (void)local::send_signal(importer, SIGKILL);
  REQUIRE(local::wait_for_end(importer, std::chrono::seconds(60)));
  REQUIRE(rows() < kRows);

  // The table is there now, so nobody says --create again.
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{}, {"--create"}, {"--null", "x"}, {"--resume", "--null", "x"}}) {
    const Run refused = import_files(cluster, with(more));
    INFO(refused.output);
    CHECK(refused.exit_code == 2);
    CHECK(refused.output.find("was interrupted") != std::string::npos);
  }
  const Run resumed = import_files(cluster, with({"--resume"}));
  INFO(resumed.output);
  CHECK(resumed.exit_code == 0);
  CHECK(cluster.master().run("SELECT COUNT(*), COUNT(DISTINCT id) FROM made.t").text() ==
        std::to_string(kRows) + "|" + std::to_string(kRows));
  (void)cluster.wait_until_equal();
}

TEST_CASE("import: a hand-written script keeps the order of its rows and its transactions", "[import]") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "script.sql";
  std::ofstream(file) << "CREATE DATABASE hand; USE hand;\n"
                         "CREATE TABLE parent (id INT AUTO_INCREMENT PRIMARY KEY, name TEXT);\n"
                         "CREATE TABLE child (parent INT, n INT, FOREIGN KEY (parent) REFERENCES parent (id));\n"
                         "INSERT INTO parent (name) VALUES ('one');\nINSERT INTO parent (name) VALUES ('two');\n"
                         "INSERT INTO child VALUES (1, 10), (2, 20);\n"
                         "START TRANSACTION;\nINSERT INTO parent (name) VALUES ('three');\n"
                         "INSERT INTO child VALUES (LAST_INSERT_ID(), 30);\nCOMMIT;\n"
                         "BEGIN; DELETE FROM child; ROLLBACK;\n"
                         "INSERT INTO parent VALUES (1, 'x') ON DUPLICATE KEY UPDATE name = 'uno';\n"
                         "UPDATE child SET n = n + 1 WHERE parent = 1;\n"
                         "INSERT IGNORE INTO parent VALUES (2, 'dos');\n"
                         "BEGIN;\nINSERT INTO child VALUES (1, 99);\nINSERT INTO child VALUES (77, 1);\nCOMMIT;\n";
  Cluster cluster(0);
  const Run run = import_files(cluster, {file.string()});
  INFO(run.output);
  CHECK(run.exit_code == 1);  // the last transaction names a parent that is not there
  CHECK(run.output.find("line 16") != std::string::npos);
  CHECK(run.output.find("Not finished") != std::string::npos);
  CHECK(cluster.master().run("SELECT id, name FROM hand.parent ORDER BY id").text() == "1|uno\n2|two\n3|three");
  CHECK(cluster.master().run("SELECT parent, n FROM hand.child ORDER BY parent").text() == "1|11\n2|20\n3|30");

  // What stood in the way is put right; it goes on at that transaction.
  REQUIRE(cluster.master().run({query_of("INSERT INTO hand.parent VALUES (77, 'here now')")}).ok());
  const Run again = import_files(cluster, {"--resume", file.string()});
  INFO(again.output);
  CHECK(again.exit_code == 0);
  CHECK(cluster.master().run("SELECT COUNT(*) FROM hand.child").text() == "5");
}

TEST_CASE("import: CSV and TSV arrive in a table, in its columns, and in one that is made for them", "[import]") {
  const TemporaryFolder folder;
  const std::filesystem::path csv = folder.path() / "people of 雪.csv";
  const std::filesystem::path tsv = folder.path() / "people.tsv";
  std::ofstream(csv) << "name,born,score,note\r\n\"Ann, \"\"A\"\"\",2001-02-03,1.5,\r\nBéa,2002-03-04,-20.25,\"\"\r\n";
  std::ofstream(tsv) << "Cy\\tril\t\\N\t0xff00\n";
  Cluster cluster(1);
  Node& master = cluster.master();
  REQUIRE(cluster.master().run("CREATE DATABASE c").ok());

  const Run shown = import_files(cluster, {"--dry-run", "--table", "c.people", "--create", csv.string()});
  INFO(shown.output);
  CHECK(shown.exit_code == 0);
  CHECK(shown.output.find("`score` DECIMAL(5,2) NOT NULL") != std::string::npos);
  const Run made = import_files(cluster, {"--table", "c.people", "--create", csv.string()});
  INFO(made.output);
  REQUIRE(made.exit_code == 0);
  CHECK(made.output.find("CREATE TABLE `c`.`people`") != std::string::npos);
  CHECK(master.run("SELECT name, born, score, note IS NULL, note = '' FROM c.people ORDER BY born").text() ==
        "Ann, \"A\"|2001-02-03|1.50|1|NULL\nBéa|2002-03-04|-20.25|0|1");

  REQUIRE(master.run("CREATE TABLE c.t (id INT AUTO_INCREMENT PRIMARY KEY, bytes VARBINARY(10), born DATE, name TEXT)")
              .ok());
  const Run mapped =
      import_files(cluster, {"--table", "c.t", "--no-header", "--columns", "name,born,bytes", tsv.string()});
  INFO(mapped.output);
  REQUIRE(mapped.exit_code == 0);
  CHECK(master.run("SELECT id, HEX(bytes), born, name FROM c.t").text() == "1|FF00|NULL|Cy\tril");

  const Run narrow = import_files(cluster, {"--table", "c.t", "--columns", "name,nothing,,", csv.string()});
  CHECK(narrow.exit_code == 2);
  CHECK(narrow.output.find("no column nothing") != std::string::npos);
  CHECK(import_files(cluster, {"--table", "c.none", csv.string()}).output.find("--create") != std::string::npos);
  (void)cluster.wait_until_equal();
  cluster.check_same_everywhere();
}

TEST_CASE("import: definitions end a transaction, views stand where they are written, a rollback takes back",
          "[import]") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "script.sql";
  std::ofstream(file) << "CREATE DATABASE o; USE o;\nCREATE TABLE t (a INT);\n"
                         "CREATE SQL SECURITY INVOKER VIEW v AS SELECT a FROM t;\nCREATE TABLE u (a INT);\n"
                         "BEGIN;\nINSERT INTO t VALUES (1);\nCREATE INDEX i ON t (a);\n"
                         "INSERT INTO t VALUES (2);\nROLLBACK;\n"
                         "BEGIN;\nINSERT INTO t VALUES (3);\nROLLBACK;\n"
                         "INSERT INTO u SELECT a + 10 FROM v ORDER BY a;\nDROP VIEW IF EXISTS v;\n";
  Cluster cluster(0);
  const Run run = import_files(cluster, {file.string()});
  INFO(run.output);
  CHECK(run.exit_code == 0);
  CHECK(cluster.master().run("SELECT a FROM o.t ORDER BY a").text() == "1\n2");
  CHECK(cluster.master().run("SELECT a FROM o.u ORDER BY a").text() == "11\n12");
  CHECK(cluster.master().ask_database("SHOW FULL TABLES IN o WHERE Table_type = 'VIEW'").empty());
}

TEST_CASE("import: small rows do not overtake the large ones that they refer to", "[import]") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "order.sql";
  {
    std::ofstream out(file);
    out << "CREATE DATABASE k; USE k;\nCREATE TABLE p (id INT PRIMARY KEY, t LONGTEXT);\n"
           "CREATE TABLE c (p INT, FOREIGN KEY (p) REFERENCES p (id));\n"
           "CREATE TABLE s (id INT PRIMARY KEY, up INT, t LONGTEXT, FOREIGN KEY (up) REFERENCES s (id));\n";
    for (int i = 1; i < 12; ++i) {
      out << "INSERT INTO p VALUES (" << i << ",'" << std::string(900'000, 'x') << "');\n"
          << "INSERT INTO c VALUES (" << i << ");\n"
          << "INSERT INTO s VALUES (" << 2 * i << ",NULL,'" << std::string(1'100'000, 'x') << "');\n"
          << "INSERT INTO s VALUES (" << 2 * i + 1 << "," << 2 * i << ",'');\n";
    }
  }
  Cluster cluster(1);
  const Run run = import_files(cluster, {file.string()});
  INFO(run.output);
  CHECK(run.exit_code == 0);
  CHECK(cluster.master().run("SELECT COUNT(*) FROM k.c").text() == "11");
  CHECK(cluster.master().run("SELECT COUNT(*) FROM k.s").text() == "22");
}

TEST_CASE("import: with --force one bad row takes no other with it", "[import]") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "bad.sql";
  const std::filesystem::path csv = folder.path() / "bad.csv";
  {
    std::ofstream out(file);
    out << "CREATE DATABASE f; USE f;\nCREATE TABLE t (id INT PRIMARY KEY);\nCREATE TABLE u (id INT PRIMARY KEY);\n";
    for (int i = 1; i <= 50; ++i) out << "INSERT INTO t VALUES (" << (i == 20 ? 19 : i) << ");\n";
    out << "INSERT INTO t VALUES (77,@nothing);\n";
    std::ofstream rows(csv);
    rows << "id\n";
    for (int i = 1; i <= 30; ++i) rows << (i == 20 ? 19 : i) << "\n";
  }
  Cluster cluster(0);
  const Run run = import_files(cluster, {"--force", file.string()});
  INFO(run.output);
  CHECK(run.exit_code == 3);
  CHECK(run.output.find("line 23") != std::string::npos);
  CHECK(cluster.master().run("SELECT COUNT(*) FROM f.t").text() == "49");
  const Run table = import_files(cluster, {"--force", "--table", "f.u", csv.string()});
  INFO(table.output);
  CHECK(table.exit_code == 3);
  CHECK(cluster.master().run("SELECT COUNT(*) FROM f.u").text() == "29");
}

TEST_CASE("import: a definition that failed is tried again by --resume, not after a corrected SOURCE", "[import]") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "main.sql";
  const std::filesystem::path inner = folder.path() / "inner.sql";
  std::ofstream(file) << "CREATE DATABASE r; USE r;\nSOURCE inner.sql;\nALTER TABLE later ADD COLUMN b INT;\n";
  std::ofstream(inner) << "CREATE TABLE t (a INT);\nINSERT INTO t VALUES (1);\n";
  Cluster cluster(0);
  const Run first = import_files(cluster, {file.string()});
  INFO(first.output);
  REQUIRE(first.exit_code == 1);
  const auto written = std::filesystem::last_write_time(inner);
  std::ofstream(inner) << "CREATE TABLE t (a INT);\nINSERT INTO t VALUES (1);\nINSERT INTO t VALUES (2);\n";
  const Run changed = import_files(cluster, {"--resume", file.string()});
  CHECK(changed.exit_code != 0);
  CHECK(changed.output.find("SOURCE") != std::string::npos);
  std::ofstream(inner) << "CREATE TABLE t (a INT);\nINSERT INTO t VALUES (1);\n";
  std::filesystem::last_write_time(inner, written);
  REQUIRE(cluster.master().run("CREATE TABLE r.later (a INT)").ok());
  const Run again = import_files(cluster, {"--resume", file.string()});
  INFO(again.output);
  CHECK(again.exit_code == 0);
  CHECK(cluster.master().run("SELECT COUNT(*) FROM r.t").text() == "1");
}

TEST_CASE("import: what was left out before --resume is told, and counts for the exit status", "[import]") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "script.sql";
  std::ofstream(file) << "CREATE DATABASE l; USE l; SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO';\n"
                         "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY);\nINSERT INTO t VALUES (0),(1);\n"
                         "ALTER TABLE later ADD COLUMN b INT;\n";
  Cluster cluster(0);
  const Run first = import_files(cluster, {file.string()});
  INFO(first.output);
  REQUIRE(first.exit_code == 1);
  REQUIRE(cluster.master().run("CREATE TABLE l.later (a INT)").ok());
  const Run again = import_files(cluster, {"--resume", file.string()});
  INFO(again.output);
  CHECK(again.exit_code == 3);
  CHECK(again.output.find("LEFT OUT before the interruption:\n  a row of l.t, 1 row: its id is 0") !=
        std::string::npos);
  CHECK(cluster.master().run("SELECT id FROM l.t").text() == "1");
}

TEST_CASE("import: BIT and GEOMETRY come back from what the shell writes as CSV", "[import]") {
  const TemporaryFolder folder;
  const std::filesystem::path csv = folder.path() / "g.csv";
  Cluster cluster(0);
  Node& master = cluster.master();
  REQUIRE(master.run("CREATE DATABASE g").ok());
  for (const char* name : {"a", "b"})
    REQUIRE(master.run("CREATE TABLE g." + std::string(name) + " (id INT PRIMARY KEY, d BIT(9), p POINT, s GEOMETRY)")
                .ok());
  REQUIRE(master
              .run("INSERT INTO g.a VALUES (1, b'101010101', ST_GeomFromText('POINT(1 2)', 4326), "
                   "ST_GeomFromText('LINESTRING(0 0,1 1)')), (2, NULL, NULL, NULL)")
              .ok());
  const Run shown = run_program(
      {program("sqlcast"), "--endpoint", master.endpoint(), "--csv", "-e", "SELECT * FROM g.a ORDER BY id"});
  INFO(shown.output);
  REQUIRE(shown.exit_code == 0);
  std::ofstream(csv) << shown.output;
  const Run run = import_files(cluster, {"--table", "g.b", csv.string()});
  INFO(run.output);
  CHECK(run.exit_code == 0);
  const std::string values = "SELECT id, HEX(d), ST_AsText(p), ST_SRID(p), ST_AsText(s) FROM g.";
  CHECK(master.ask_database(values + "b ORDER BY id") == master.ask_database(values + "a ORDER BY id"));
}

TEST_CASE("import: a rollback of a transaction that was too large for a request is an error, not kept rows",
          "[import]") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "large.sql";
  {
    std::ofstream out(file);
    out << "CREATE DATABASE z; USE z;\nCREATE TABLE a (i INT);\nCREATE TABLE b (i INT);\nBEGIN;\n";
    for (int i = 0; i < 1'100; ++i) out << "INSERT INTO a VALUES (1);\nINSERT INTO b VALUES (1);\n";
    out << "ROLLBACK;\n";
  }
  Cluster cluster(0);
  const Run run = import_files(cluster, {file.string()});
  INFO(run.output);
  CHECK(run.exit_code == 1);
  CHECK(run.output.find("first parts are committed") != std::string::npos);
}

TEST_CASE("import: the forms of the sample database sakila arrive, and the summary says what did not", "[import]") {
  Cluster cluster(1);
  const std::string file = std::string(SQLCAST_SOURCE_DIR) + "/tests/import/sakila_forms.sql";
  const Run run = import_files(cluster, {file});
  INFO(run.output);
  CHECK(run.exit_code == 3);  // what the trigger would have written is not there
  const auto said = [&](const std::string& words) { return run.output.find(words) != std::string::npos; };
  CHECK(said("Loaded: 20 rows into 9 tables, 9 tables made, 1 view made, 3 foreign keys added behind the rows"));
  CHECK(said("SET (23 times): a cluster pins the settings of its sessions"));
  CHECK(said("CREATE VIEW actor_info: no definer, whose rights it does not use [line 145]"));
  const std::string left_out = run.output.substr(run.output.find("LEFT OUT:"));
  for (const char* what : {"CREATE FUNCTION get_customer_balance", "CREATE PROCEDURE film_in_stock",
                           "CREATE TRIGGER del_film", "CREATE TRIGGER ins_film", "CREATE VIEW film_list"})
    CHECK(left_out.find(what) != std::string::npos);
  CHECK(left_out.find("[line 153]") != std::string::npos);
  CHECK(left_out.find("what CREATE TRIGGER ins_film does when rows of film come behind it") != std::string::npos);

  const auto rows = [&](const std::string& sql) { return cluster.master().run(sql).text(); };
  CHECK(rows("SELECT film_id, release_year, rating, special_features FROM sakila_forms.film ORDER BY 1") ==
        "1|2006|PG|Deleted Scenes,Behind the Scenes\n2|2006|NC-17|Trailers");
  CHECK(rows("SELECT HEX(picture) FROM sakila_forms.staff WHERE staff_id = 1") == "89504E470D0A1A0A00");
  CHECK(rows("SELECT place_id, ST_AsText(location) FROM sakila_forms.place WHERE place_id = 2") == "2|POINT(1 2)");
  CHECK(rows("SELECT film_id FROM sakila_forms.film_text WHERE MATCH (title, description) AGAINST ('astounding')") ==
        "2");
  CHECK(rows("SELECT last_name, films FROM sakila_forms.actor_info ORDER BY 1") == "DAVIS; --|0\nGUINESS|2\nO'NEILL|1");
  CHECK(rows("SELECT COUNT(*) FROM information_schema.referential_constraints "
             "WHERE constraint_schema = 'sakila_forms'") == "7");
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
}
