// Goal: the shell does what it says, and says what was meant. Method: it is run as a person would run it.
#include <fstream>
#include <future>

#include "tests/support/cluster.h"
#include "tests/support/run_program.h"
#include "tests/support/temporary_folder.h"

using namespace sqlcast;
using namespace sqlcast::support;

namespace {

Run shell(const Node& node, std::vector<std::string> arguments, const std::filesystem::path& input = {}) {
  std::vector<std::string> command{program("sqlcast"), "--endpoint", node.endpoint()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_program(command, input);
}

}  // namespace

TEST_CASE("shell: a database that is not there is an error at once, and a mistyped command is guessed", "[shell]") {
  const Node& master = shared_cluster().master();
  const Run typed = shell(master, {"statsu"});
  CHECK(typed.exit_code == 1);
  CHECK(typed.output.find("Unknown database 'statsu'; did you mean the command `sqlcast status`?") !=
        std::string::npos);
  const Run other = shell(master, {"-D", "nothing_here", "-e", "SELECT 1"});
  CHECK(other.exit_code == 1);
  CHECK(other.output.find("did you mean") == std::string::npos);
}

TEST_CASE("shell: an error shows no text that sqlcast has put behind the statement", "[shell]") {
  const Run run = shell(shared_cluster().master(), {"-v", "-e", "SELECT 1 FROM dual WHERE exit"});
  INFO(run.output);
  CHECK(run.exit_code == 1);
  CHECK(run.output.find("SHOW WARNINGS") == std::string::npos);
  const Run write = shell(shared_cluster().master(), {"-v", "-D", "sys", "-e", "INSERT INTO a.t VALUES (1 exit"});
  INFO(write.output);
  CHECK(write.output.find("SHOW WARNINGS") == std::string::npos);
}

TEST_CASE("shell: JSON and CSV tell bytes from text", "[shell]") {
  const Node& master = shared_cluster().master();
  const std::string sql = "SELECT x'00ff' AS b, '0x00ff' AS t";
  CHECK(shell(master, {"--json", "-e", sql}).output == "{\"b\": {\"base64\": \"AP8=\"}, \"t\": \"0x00ff\"}\n");
  CHECK(shell(master, {"--csv", "-e", sql}).output == "b,t\r\n0x00ff,\"0x00ff\"\r\n");
}

TEST_CASE("shell: merged inserts do what they do one by one", "[shell]") {
  Cluster& cluster = shared_cluster();
  const TemporaryFolder folder;
  const std::filesystem::path script = folder.path() / "script.sql";
  for (const std::string name : {"one", "merged"}) {
    (void)cluster.must("CREATE DATABASE shell_" + name);
    {
      std::ofstream out(script);
      out << "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, UNIQUE (a));\n";
      for (int i = 0; i < 300; ++i) out << "INSERT INTO t (a) VALUES (" << i << ");\n";
      out << "INSERT INTO t VALUES (1000, 1000);\nUPDATE t SET a = -a WHERE id = 1000;\n";
      for (int i = 300; i < 320; ++i) out << "INSERT INTO t (a) VALUES (" << (i == 310 ? 5 : i) << ");\n";
    }
    std::vector<std::string> arguments{"-D", "shell_" + name};
    if (name == "merged") arguments.insert(arguments.end(), {"--merge-inserts", "100"});
    const Sequence before = cluster.master().status().value().position;
    const Run run = shell(cluster.master(), arguments, script);
    CHECK(run.exit_code == 1);
    const Sequence entries = cluster.master().status().value().position - before;
    CHECK((name == "merged" ? entries < 50 : entries > 300));
    // The line of the statement itself, and what stands before it is there.
    INFO(run.output);
    CHECK(run.output.find("at line 314: Duplicate entry '5'") != std::string::npos);
  }
  // What failed together has used up ids.
  const auto rows = [&](const std::string& name) {
    return cluster.master().run("SELECT IF(id < 1000, id, 0), a FROM shell_" + name + ".t ORDER BY id").text();
  };
  CHECK(rows("one") == rows("merged"));
  CHECK(cluster.master().run("SELECT COUNT(*) FROM shell_merged.t").text() == "311");
}

TEST_CASE("shell: what stands in front of quit in an atomic script is done", "[shell]") {
  Cluster& cluster = shared_cluster();
  (void)cluster.must("CREATE DATABASE shell_quit");
  (void)cluster.must("CREATE TABLE shell_quit.t (a INT)");
  const TemporaryFolder folder;
  const std::filesystem::path script = folder.path() / "script.sql";
  const std::filesystem::path outer = folder.path() / "outer.sql";
  std::ofstream(outer) << "SOURCE " << script.string() << "\nINSERT INTO shell_quit.t VALUES (100);\n";
  const auto rows = [&] { return cluster.master().run("SELECT COUNT(*), MAX(a) FROM shell_quit.t").text(); };
  int row = 0;
  for (const char* quit : {"quit", "exit", "\\q"}) {
    ++row;
    std::ofstream(script) << "INSERT INTO shell_quit.t VALUES (" << row << ");\n"
                          << quit << "\nINSERT INTO shell_quit.t VALUES (100);\n";
    const Run run = shell(cluster.master(), {"--atomic"}, script);
    INFO(quit << ": " << run.output);
    CHECK(run.exit_code == 0);
    CHECK(rows() == std::to_string(row) + "|" + std::to_string(row));
  }
  // As the one statement of --expect, and in a script that another takes in.
  CHECK(shell(cluster.master(), {"--expect", "1"}, script).exit_code == 0);
  CHECK(rows() == "4|3");
  CHECK(shell(cluster.master(), {"--expect", "2"}, script).exit_code == 1);
  CHECK(shell(cluster.master(), {"--atomic"}, outer).exit_code == 0);
  CHECK(rows() == "5|3");
}

TEST_CASE("shell: a write whose master is away is done once it is back, and nobody has to send it again", "[shell]") {
  Cluster cluster(1);
  (void)cluster.must("CREATE DATABASE d");
  (void)cluster.must("CREATE TABLE d.t (a INT)");
  (void)cluster.wait_until_equal();
  cluster.master().kill();
  // By way of the slave, which knows no master now.
  auto run = std::async(std::launch::async, [&] {
    return shell(cluster.slave(0), {"-e", "INSERT INTO d.t VALUES (1)"});
  });
  CHECK(run.wait_for(std::chrono::seconds(1)) == std::future_status::timeout);
  cluster.master().start();
  const Run done = run.get();
  INFO(done.output);
  CHECK(done.exit_code == 0);
  CHECK(done.output.find("again") == std::string::npos);
  CHECK(cluster.master().run("SELECT COUNT(*) FROM d.t").text() == "1");
}

TEST_CASE("shell: a slave that knows that its master is away says so before it has sent anything", "[shell]") {
  Cluster cluster(1);
  (void)cluster.must("CREATE DATABASE d");
  (void)cluster.must("CREATE TABLE d.t (a INT)");
  (void)cluster.wait_until_equal();
  cluster.master().kill();
  wait_for("the slave to know", [&] {
    const auto status = cluster.slave(0).status();
    return status && status->state != "Live";
  });
  const Answer answer = cluster.slave(0).run(keyed("a-client", 1, "INSERT INTO d.t VALUES (1)"));
  INFO(show(answer.status));
  CHECK(answer.status.code == Code::master_unavailable);
  CHECK(answer.status.message.find("nothing was done") != std::string::npos);
  cluster.master().start();
  cluster.master().wait_until_answering();
  CHECK(cluster.master().run("SELECT COUNT(*) FROM d.t").text() == "0");
}

TEST_CASE("shell: an error of a foreign key names the constraint", "[shell]") {
  Cluster& cluster = shared_cluster();
  (void)cluster.must("CREATE DATABASE shell_keys");
  (void)cluster.must("CREATE TABLE shell_keys.p (id INT PRIMARY KEY)");
  (void)cluster.must(
      "CREATE TABLE shell_keys.c (id INT PRIMARY KEY, p INT, CONSTRAINT c_of_p FOREIGN KEY (p) REFERENCES "
      "shell_keys.p (id))");
  (void)cluster.must("INSERT INTO shell_keys.p VALUES (1)");
  (void)cluster.must("INSERT INTO shell_keys.c VALUES (1, 1)");
  for (const Node* node : {&cluster.master(), &cluster.slave(0)}) {
    for (const char* sql : {"INSERT INTO shell_keys.c VALUES (2, 7)", "DELETE FROM shell_keys.p",
                            "UPDATE shell_keys.c SET p = 9 WHERE id = 1"}) {
      const Run run = shell(*node, {"-e", sql});
      INFO(run.output);
      CHECK(run.exit_code == 1);
      CHECK(run.output.find("CONSTRAINT `c_of_p` FOREIGN KEY (`p`)") != std::string::npos);
    }
  }
}
