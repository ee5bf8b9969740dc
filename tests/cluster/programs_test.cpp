// Goal: what the README promises of the programs. Method: they are run as a person would run them.
#include <atomic>
#include <fstream>
#include <future>
#include <sstream>
#include <thread>

#include "log/writer.h"
#include "tests/support/cluster.h"
#include "tests/support/cuttable_wire.h"
#include "tests/support/run_program.h"
#include "tests/support/temporary_folder.h"

using namespace sqlcast;
using namespace sqlcast::support;

namespace {

Run shell(const Node& node, std::vector<std::string> arguments, const std::filesystem::path& input = {}) {
  std::vector<std::string> command{program("sqlcast"), "-h", "127.0.0.1", "-P", node.port()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_program(command, input);
}

// A Python that has what the examples need.
std::string python() {
  for (const char* candidate : {"/usr/bin/python3", "python3"})
    if (run_program({candidate, "-c", "import zmq, msgpack"}).exit_code == 0) return candidate;
  throw std::runtime_error("no Python with pyzmq and msgpack here: install third_party/packages.txt");
}

Run example(const std::string& name, std::vector<std::string> arguments) {
  std::vector<std::string> command{python(), std::string(SQLCAST_SOURCE_DIR) + "/examples/python/" + name};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_program(command);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("programs: the quick start in Python inserts and selects, at master and slave", "[programs]") {
  Cluster& cluster = shared_cluster();
  REQUIRE(shell(cluster.master(), {}, std::string(SQLCAST_SOURCE_DIR) + "/examples/school.sql").exit_code == 0);
  cluster.wait_until_equal();
  for (Node* node : {&cluster.master(), &cluster.slave(0)}) {
    const Run run = example("quickstart.py", {node->endpoint()});
    INFO(run.output);
    CHECK(run.exit_code == 0);
    CHECK(run.output.find("Grace Hopper") != std::string::npos);
  }
  cluster.check_same_everywhere();
}

TEST_CASE("programs: query.py takes parameters, reads every page, and says what was refused", "[programs]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE query_py");
  cluster.must("CREATE TABLE query_py.t (id INT PRIMARY KEY, v VARCHAR(40), raw BLOB)");
  const Run written = example(
      "query.py",
      {cluster.slave(0).endpoint(), "INSERT INTO query_py.t(id,v) VALUES (?,?),(2,?)", "1", "it's \\ \"ä😀\"", "b"});
  INFO(written.output);
  REQUIRE(written.exit_code == 0);
  CHECK(written.output.starts_with("2 rows affected; entry "));
  const Run one =
      example("query.py", {cluster.master().endpoint(), "SELECT id, v, raw FROM query_py.t WHERE v LIKE ?", "it's%"});
  CHECK(one.output == "id\tv\traw\n1\tit's \\ \"ä😀\"\tNULL\n");
  std::string sql = "INSERT INTO query_py.t(id) VALUES (3)";
  for (int i = 4; i <= 60; ++i) sql += ",(" + std::to_string(i) + ")";
  cluster.must(sql);
  cluster.wait_until_equal();
  const Run all =
      example("query.py", {cluster.slave(1).endpoint(), "SELECT a.id, b.id FROM query_py.t a, query_py.t b"});
  CHECK(all.exit_code == 0);
  CHECK(lines_of(all.output).size() == 1 + 60 * 60);
  const Run refused = example("query.py", {cluster.slave(0).endpoint(), "DROP TABLE query_py.t"});
  CHECK(refused.exit_code == 1);
  CHECK(refused.output.starts_with("MASTER_ONLY: "));
  CHECK(example("query.py", {}).exit_code == 1);
}

TEST_CASE("programs: write.py executes each write once, while the master is killed and its connection cut",
          "[programs]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE write_py");
  cluster.must("CREATE TABLE write_py.t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(20))");
  cluster.wait_until_equal();
  CuttableWire wire(cluster.master().endpoint());
  const auto written = [&] { return std::stoi(cluster.slave(0).ask_database("SELECT COUNT(*) FROM write_py.t")); };
  auto run = std::async(std::launch::async, [&wire] {
    return example("write.py", {wire.endpoint(), "--times", "400", "INSERT INTO write_py.t(v) VALUES (?)", "x"});
  });
  wait_for("the first writes", [&] { return written() >= 50; });
  cluster.master().kill();
  cluster.master().start();
  for (int more = 100; more <= 300; more += 100) {
    wait_for("more writes", [&] { return written() >= more; });
    wire.cut();
  }
  const Run result = run.get();
  INFO(result.output);
  CHECK(result.exit_code == 0);
  CHECK(lines_of(result.output).size() == 401);
  CHECK(result.output.find("400 writes, sent again 0 times") == std::string::npos);
  cluster.master().wait_until_answering();
  cluster.check_same_everywhere();
  CHECK(written() == 400);
}

TEST_CASE("programs: subscribe.py prints the log from its beginning and goes on live, without holes", "[programs]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE subscribe_py");
  cluster.must("CREATE TABLE subscribe_py.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  const Sequence before = cluster.wait_until_equal();
  constexpr int kMore = 60;
  std::atomic<bool> writing{true};
  const auto follow = [&](std::vector<std::string> arguments) {
    return std::async(std::launch::async, [arguments] { return example("subscribe.py", arguments); });
  };
  auto from_start = follow({cluster.slave(0).endpoint(), "--from", "1", "--count", std::to_string(before + kMore)});
  auto from_now = follow({cluster.master().endpoint(), "--count", std::to_string(kMore)});
  auto from_middle = follow({cluster.slave(1).endpoint(), "--from", std::to_string(before), "--count", "10"});
  std::thread writer([&] {
    for (int i = 1; writing; ++i) cluster.must("INSERT INTO subscribe_py.t(v) VALUES (" + std::to_string(i) + ")");
  });
  const Run whole = from_start.get();
  const Run live = from_now.get();
  const Run middle = from_middle.get();
  writing = false;
  writer.join();
  const auto end_of = [](const Run& run) {
    return run.output.substr(run.output.size() - std::min<std::size_t>(run.output.size(), 500));
  };
  INFO(end_of(whole) << "\n…\n" << end_of(live) << "\n…\n" << end_of(middle));
  CHECK(whole.exit_code == 0);
  CHECK(live.exit_code == 0);
  CHECK(middle.exit_code == 0);
  const auto check_numbers = [](const Run& run, Sequence first, std::size_t count) {
    Sequence expected = first;
    const auto lines = lines_of(run.output);
    for (const std::string& line : lines) {
      const Sequence number = std::stoull(line);
      if (number != expected && number + 1 != expected) FAIL("entry " << expected << " is missing: " << line);
      expected = number + 1;
    }
    CHECK(expected == first + count);
    return lines;
  };
  const auto lines = check_numbers(whole, 1, before + kMore);
  CHECK(lines.back().find("\t-\t1 rows\tINSERT INTO subscribe_py.t(v) VALUES (" + std::to_string(kMore) + ")") !=
        std::string::npos);
  check_numbers(live, std::stoull(live.output), kMore);
  CHECK(std::stoull(live.output) > before);
  check_numbers(middle, before, 10);
}

TEST_CASE("programs: load.py keeps a node busy and counts what it did", "[programs]") {
  Cluster& cluster = shared_cluster();
  const Run writes = example("load.py", {cluster.master().endpoint(), "--seconds", "2"});
  INFO(writes.output);
  CHECK(writes.exit_code == 0);
  REQUIRE(lines_of(writes.output).size() >= 2);
  CHECK(writes.output.find("1 s\t") == 0);
  const std::string last = lines_of(writes.output).back();
  CHECK(last.starts_with("all\t"));
  CHECK(last.find(" requests/s\tp50 ") != std::string::npos);
  CHECK(last.find("\t0 under way\t0 errors") != std::string::npos);
  cluster.check_same_everywhere();
  CHECK(std::stoi(cluster.slave(0).run("SELECT COUNT(*) FROM sqlcast_load.written").text()) > 100);
  // Each answered once, though the ids are the program's own.
  CHECK(cluster.slave(0).run("SELECT COUNT(*)-COUNT(DISTINCT n) FROM sqlcast_load.written").text() == "0");
  const Run wrong = example("load.py", {cluster.slave(0).endpoint(), "--seconds", "1", "--sql", "SELECT nothing"});
  CHECK(wrong.exit_code == 1);
  CHECK(wrong.output.find("times SQL_ERROR: ") != std::string::npos);
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

TEST_CASE("programs: the shell takes parameters, expectations, atomic scripts, levels and time-outs", "[programs]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE said");
  cluster.must("CREATE TABLE said.t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(40), raw BLOB)");
  Sequence before = cluster.wait_until_equal();
  const auto ok = [&](const Node& node, std::vector<std::string> arguments) {
    const Run run = shell(node, std::move(arguments));
    INFO(run.output);
    CHECK(run.exit_code == 0);
    return run.output;
  };
  const auto refused = [&](std::vector<std::string> arguments, int exit_code, const std::string& words) {
    const Run run = shell(cluster.master(), std::move(arguments));
    INFO(run.output);
    CHECK(run.exit_code == exit_code);
    CHECK(run.output.find(words) != std::string::npos);
  };
  const std::string insert = "INSERT INTO said.t(v,raw) VALUES (?,?)";
  ok(cluster.slave(0), {"-e", insert, "--params", R"(["it's ; -- \"x\"", {"base64": "AP8="}])", "--expect", "1"});
  CHECK(ok(cluster.master(), {"-N", "-e", "SELECT v, HEX(raw) FROM said.t WHERE v LIKE :v", "--params",
                              R"({"v": "it%"})"}) == "it's ; -- \"x\"\t00FF\n");
  refused({"-e", "DELETE FROM said.t", "--expect", "5"}, 1, "EXPECTATION_FAILED");
  refused({"-e", insert, "--params", "nonsense"}, 2, "JSON array");
  refused({"-e", insert, "--params", "[1]"}, 1, "BAD_REQUEST");
  refused({"-e", "DELETE FROM said.t; DELETE FROM said.t", "--expect", "1"}, 1, "one statement");
  refused({"-e", "SELECT 1", "--expect", "many"}, 2, "number of rows");
  // A script is all or nothing, and its error has the line of its statement.
  const std::filesystem::path script = cluster.folder() / "atomic.sql";
  std::ofstream(script) << "USE said;\nINSERT INTO t(v) VALUES ('a');\nINSERT INTO t(v) VALUES ('b');\n"
                           "INSERT INTO t(nothing) VALUES (1);\n";
  refused({"--atomic", "--file", script.string()}, 1, "at line 4");
  CHECK(cluster.wait_until_equal() == before + 1);
  ok(cluster.slave(1),
     {"--atomic", "-D", "said", "-e", "INSERT INTO t(v) VALUES ('a')", "-e", "INSERT INTO t(v) VALUES ('b')"});
  CHECK(cluster.wait_until_equal() == before + 2);
  CHECK(ok(cluster.master(), {"--atomic", "-N", "-e", "SELECT COUNT(*) FROM said.t; SELECT 'two'"}) == "3\ntwo\n");
  // What it did is said, with who has it and what the database warned of.
  const std::string acked = ok(cluster.master(), {"-v", "--ack", "all", "-e", "UPDATE said.t SET v='c' WHERE v='a'"});
  CHECK(acked.find("acknowledged by slave-1, slave-2") != std::string::npos);
  CHECK(ok(cluster.slave(0), {"-v", "-e", "SELECT CAST('1x' AS SIGNED)"}).find("Warning 1292 ") != std::string::npos);
  for (const char* level : {"any", "session", "master", "max_lag=10s"})
    CHECK(ok(cluster.slave(0), {"-N", "--consistency", level, "-e", "SELECT 7"}) == "7\n");
  refused({"--consistency", "nearly", "-e", "SELECT 1"}, 2, "max_lag=TIME");
  refused({"--ack", "some", "-e", "SELECT 1"}, 2, "majority");
  refused(
      {"--timeout", "300ms", "-e",
       "SELECT COUNT(*) FROM information_schema.COLUMNS a, information_schema.COLUMNS b, information_schema.COLUMNS c"},
      1, "TIMEOUT");
}

TEST_CASE("programs: `sqlcast log` reads a log while it is written, and its exit status says whether it is whole",
          "[programs]") {
  const TemporaryFolder data;
  log::LogSettings settings;
  settings.folder = (data.path() / "log").string();
  settings.file_bytes = 64U << 10U;
  log::SparseIndex index;
  auto opened = log::open_log(log::real_file_system(), settings, Position{}, index);
  REQUIRE(opened.ok());
  log::GroupBegin begin;
  begin.complete = true;
  begin.epoch = begin.first = begin.last = 1;
  begin.bytes = "bytes of a group";
  REQUIRE(opened->writer->append(begin).ok());
  opened->writer->settle();
  REQUIRE(opened->writer->close().ok());
  const auto run = [&](std::vector<std::string> arguments, const std::string& folder) {
    arguments.insert(arguments.begin(), {program("sqlcast"), "log"});
    arguments.insert(arguments.end(), {"--data", folder});
    return run_program(arguments);
  };
  const auto check = [&](const std::vector<std::string>& arguments, int exit_code, const std::string& words) {
    const Run ended = run(arguments, data.path());
    INFO(ended.output);
    CHECK(ended.exit_code == exit_code);
    CHECK(ended.output.find(words) != std::string::npos);
  };
  check({"status"}, 0, "\nlast        1, epoch 1");
  check({"status", "--json"}, 0, "\"tail\": null");
  check({"verify"}, 0, "The log is whole.");
  check({"show", "1"}, 0, "state     done");
  check({"show", "2"}, 2, "ERROR BAD_REQUEST: the log ends at sequence 1");
  check({"trim", "--to", "1", "--dry-run"}, 0, "Would be removed: 0 files");
  check({"trim", "--to", "1"}, 2, "a node trims its log itself, by its settings log.keep_for and log.keep_bytes");
  for (const std::vector<std::string>& wrong : std::vector<std::vector<std::string>>{
           {}, {"show"}, {"show", "one"}, {"show", "-1"}, {"show", "3", "1"}, {"status", "--node", "x"}, {"repair"}})
    check(wrong, 2, "");
  CHECK(run({"verify"}, "/no/such/folder").exit_code == 1);

  std::fstream file(settings.folder + "/" + log::file_name(1), std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(log::kHeaderBytes + 8);
  file.put('x');
  file.close();
  check({"verify"}, 1, "(offset 4096): the log is damaged: ");
  check({"status"}, 1, "ERROR IO: the log is damaged in 1 place");
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

TEST_CASE("programs: what stands in front of a command is refused by name, and nothing is done", "[programs]") {
  const std::vector<std::vector<std::string>> wrong = {
      {"--dir", "/nowhere", "cluster", "down"}, {"-h", "127.0.0.1", "-P", "1", "status"}, {"school", "tail"}};
  for (const std::vector<std::string>& arguments : wrong) {
    std::vector<std::string> command{program("sqlcast")};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const Run run = run_program(command);
    INFO(arguments[0] << ": " << run.output);
    CHECK(run.exit_code == 2);
    CHECK(run.output.find("stands in front of the command") != std::string::npos);
  }
}
