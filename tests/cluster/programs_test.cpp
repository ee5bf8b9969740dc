// Goal: what the README promises of the programs. Method: they are run as a person would run them.
#include <fstream>

#include "tests/cluster/cluster.h"

using namespace sqlcast;
using namespace sqlcast::cluster_test;

namespace {

std::string port_of(const Node& node) { return node.endpoint().substr(node.endpoint().rfind(':') + 1); }

Run shell(const Node& node, std::vector<std::string> arguments, const std::filesystem::path& input = {}) {
  std::vector<std::string> command{program("sqlcast"), "-h", "127.0.0.1", "-P", port_of(node)};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_program(command, input);
}

// A Python that has pyzmq; empty = none here.
std::string python() {
  for (const char* candidate : {"/usr/bin/python3", "python3"})
    if (run_program({candidate, "-c", "import zmq"}).exit_code == 0) return candidate;
  return {};
}

}  // namespace

TEST_CASE("programs: the quick start in Python inserts and selects, at master and slave", "[programs]") {
  Cluster& cluster = shared_cluster();
  const std::string source(SQLCAST_SOURCE_DIR);
  REQUIRE(shell(cluster.master(), {}, source + "/examples/school.sql").exit_code == 0);
  const std::string interpreter = python();
  if (interpreter.empty()) {
    WARN("no Python with pyzmq here (Debian: python3-zmq): the quick start was not run");
    return;
  }
  cluster.wait_until_equal();
  for (Node* node : {&cluster.master(), &cluster.slave(0)}) {
    const Run run = run_program({interpreter, source + "/examples/python/quickstart.py", node->endpoint()});
    INFO(run.output);
    CHECK(run.exit_code == 0);
    CHECK(run.output.find("Grace Hopper") != std::string::npos);
  }
  cluster.check_same_everywhere();
}

TEST_CASE("programs: the shell's exit status tells how it went", "[programs]") {
  Cluster& cluster = shared_cluster();
  CHECK(shell(cluster.master(), {"-e", "SELECT 1"}).exit_code == 0);
  const Run batch = shell(cluster.slave(0), {"-B", "-N", "-e", "SELECT 1, NULL, 'ä😀'"});
  CHECK(batch.output == "1\tNULL\tä😀\n");
  CHECK(shell(cluster.master(), {"-e", "SELECT nonsense FROM nowhere"}).exit_code == 1);
  CHECK(shell(cluster.slave(0), {"-e", "CREATE DATABASE at_a_slave"}).exit_code == 1);
  CHECK(shell(cluster.master(), {"--no-such-flag"}).exit_code == 2);
}

TEST_CASE("programs: a node refuses a wrong configuration and a second start on its data", "[programs]") {
  Cluster& cluster = shared_cluster();
  const std::filesystem::path file = cluster.folder() / "wrong.yaml";
  std::ofstream(file) << "name: x\nlisten: nonsense\nno_such_key: 1\n";
  const Run wrong = run_program({program("sqlcast-master"), "--config", file.string()});
  INFO(wrong.output);
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.output.find("no_such_key") != std::string::npos);
  CHECK(wrong.output.find("wrong.yaml:2") != std::string::npos);

  const Run second =
      run_program({program("sqlcast-master"), "--config", (cluster.master().folder() / "node.yaml").string()});
  INFO(second.output);
  CHECK(second.exit_code == 1);
  CHECK(cluster.master().run("SELECT 1").ok());
}

TEST_CASE("programs: two clusters live side by side on one machine", "[programs]") {
  Cluster& first = shared_cluster();
  Cluster second(1);
  for (Cluster* cluster : {&first, &second}) {
    cluster->must("CREATE DATABASE side");
    cluster->must("CREATE TABLE side.t (id INT PRIMARY KEY, v VARCHAR(20))");
    cluster->must(std::string("INSERT INTO side.t VALUES (1,'") + (cluster == &first ? "first" : "second") + "')");
  }
  for (Cluster* cluster : {&first, &second}) {
    cluster->check_same_everywhere();
    CHECK(cluster->slave(0).run("SELECT v FROM side.t").text() == (cluster == &first ? "first" : "second"));
  }
}
