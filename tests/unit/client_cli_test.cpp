// Goal: what the command line program says and writes is right. Method: pure pieces with made-up values.
#include "client/cli/node_table.h"
#include "client/cli/parameters.h"
#include "client/cli/shell.h"
#include "client/command/run.h"
#include "client/local/find_nodes.h"
#include "client/local/local_cluster.h"
#include "client/text/text_table.h"

using namespace sqlcast;
using namespace sqlcast::cli;
using namespace sqlcast::command;
using namespace sqlcast::local;
using namespace sqlcast::text;

TEST_CASE("cli: durations are read with their unit, seconds without one") {
  CHECK(parse_duration_ms("500ms") == 500);
  CHECK(parse_duration_ms("2s") == 2'000);
  CHECK(parse_duration_ms("3") == 3'000);
  CHECK(parse_duration_ms("1m") == 60'000);
  for (const char* bad : {"", "s", "-1", "1h2", "1 s", "99999999999999", "1.5s"}) CHECK(parse_duration_ms(bad) < 0);
}

TEST_CASE("cli: a text table aligns by display width and leaves no trailing blanks") {
  TextTable table({{"NAME"}, {"N", true}, {"TEXT"}});
  table.add({"日本", "7", "x"});
  table.add({"a", "1234", ""});
  CHECK(table.text() == "NAME     N  TEXT\n日本     7  x\na     1234\n");
}

TEST_CASE("cli: status tells of the nodes' logs, and of those of an earlier release that they do not") {
  proto::NodeStatus master;
  master.name = master.role = "master";
  master.state = "Serving";
  master.epoch = 1;
  master.position = 181'204;
  master.endpoint = "tcp://127.0.0.1:1";
  master.log = {90'001, 3, 201'326'592, 1'500, 240, 4'100, 2, 90'000, 300'000, "slave-2", 90'001, 7'200'000};
  proto::NodeStatus old = master;
  old.name = "slave-1";
  old.role = "slave";
  old.state = "Live";
  old.log = {};
  CHECK(nodes_table({master, old}) ==
        "NAME     ROLE    STATE    EPOCH  POSITION  LAG  ENTRIES/S      LOG  SYNC P99  ADDRESS            MESSAGE\n"
        "master   master  Serving      1    181204    0        0.0  192 MiB    4.1 ms  tcp://127.0.0.1:1\n"
        "slave-1  slave   Live         1    181204    0        0.0        -         -  tcp://127.0.0.1:1\n"
        "\n"
        "The log of master is held back by slave-2 from entry 90001 on, for 2.0 h.\n");
  master.log.held_by = proto::kOwnDatabase;
  const std::string wide = nodes_table({master, old}, true);
  INFO(wide);
  CHECK(wide.ends_with(
      "\n"
      "LOG OF   FIRST  FILES     SIZE  SYNCS  SYNC P50  SYNC P99  REMOVED  UP TO      AGO  HELD BACK BY\n"
      "master   90001      3  192 MiB   1500    240 µs    4.1 ms        2  90000  5.0 min  own database\n"
      "slave-1      -      -        -      -         -         -        -      -        -  -\n"
      "\n"
      "The log of master is held back by its own database from entry 90001 on, for 2.0 h.\n"));
  const std::string json = nodes_json({master}, 0);
  CHECK(json.find(R"("sync_p99_us": 4100,)") != std::string::npos);
  CHECK(json.find(R"("held_by": "own database", "held_from": 90001)") != std::string::npos);
}

TEST_CASE("cli: a node's configuration keeps what was edited, and has the endpoints of now") {
  const ClusterNode master{"master", "master", "tcp://127.0.0.1:1", "tcp://127.0.0.1:2"};
  const ClusterNode slave{"slave-1", "slave", "tcp://127.0.0.1:3", ""};
  const std::string fresh = node_config("", slave, master, "/d/slave-1/data");
  CHECK(fresh.find("name: \"slave-1\"\n") != std::string::npos);
  CHECK(fresh.find("\nmaster: \"tcp://127.0.0.1:1\"\n") != std::string::npos);
  CHECK(node_config(fresh, slave, master, "/d/slave-1/data") == fresh);

  const std::string edited = "listen: \"tcp://127.0.0.1:9\"\nlog_level: debug\nlimits:\n  readers: 8\n";
  CHECK(node_config(edited, slave, master, "/d") ==
        "listen: \"tcp://127.0.0.1:3\"\nlog_level: debug\nlimits:\n  readers: 8\nmaster: \"tcp://127.0.0.1:1\"\n");
  CHECK(node_config("", master, master, "/d").find("publish: \"tcp://127.0.0.1:2\"\n") != std::string::npos);
}

TEST_CASE("cli: the line under a result says what happened, where and when") {
  client::StatementReply rows;
  rows.has_rows = true;
  client::Reply read;
  read.node = "slave-1";
  read.node_position = 1042;
  CHECK(summary(rows, read, 3, 0.0041) == "3 rows in set (0.004 s) — node slave-1 at 1042");
  CHECK(summary(rows, read, 0, 0.0) == "Empty set (0.000 s) — node slave-1 at 1042");
  client::StatementReply effect;
  effect.affected_rows = 1;
  effect.insert_id = 25;
  effect.warnings = {"1265 Data truncated"};
  client::Reply write;
  write.wrote = true;
  write.sequence = 1043;
  CHECK(summary(effect, write, 0, 0.002) ==
        "Query OK, 1 row affected, insert id 25, 1 warning (0.002 s) — sequence 1043");
}

TEST_CASE("cli: parameters are the protocol's JSON, each type as it is") {
  const auto list = parse_parameters(R"(["Ann", -5, 18446744073709551615, 1.0, null, {"base64": "AAH/"}])");
  REQUIRE(list.ok());
  CHECK(list->params == std::vector<Value>{std::string("Ann"), std::int64_t{-5},
                                           std::uint64_t{18'446'744'073'709'551'615U}, 1.0, std::monostate{},
                                           Bytes{std::string("\0\1\xff", 3)}});
  const auto names = parse_parameters(R"({"name": "A, \"b\": 1"})");
  REQUIRE(names.ok());
  CHECK(names->named_params == std::map<std::string, Value>{{"name", std::string("A, \"b\": 1")}});
  for (const char* wrong : {"", "Ann", "5", "[1", R"([1], "database": "x")", "[[1]]", R"({"a b": 1})",
                            "[99999999999999999999]", R"([{"base64": "?"}])"}) {
    INFO(wrong);
    CHECK(parse_parameters(wrong).status().code == Code::bad_request);
  }
}

TEST_CASE("cli: errors show code, database errno, SQLSTATE and line") {
  Status status = Status::error(Code::sql_error, "Duplicate entry");
  status.database_errno = 1062;
  status.sqlstate = "23000";
  CHECK(error_text(status, 3) == "ERROR SQL_ERROR 1062 (23000) at line 3: Duplicate entry");
  Status refused = Status::error(Code::refused, "no");
  refused.reason = "LIMIT_WITHOUT_ORDER";
  CHECK(error_text(refused) == "ERROR REFUSED LIMIT_WITHOUT_ORDER: no");
}

TEST_CASE("cli: host and port name one node; what is no endpoint is refused") {
  ConnectionOptions options;
  options.port = 5760;
  CHECK(find_nodes(options)->endpoints == std::vector<std::string>{"tcp://127.0.0.1:5760"});
  options = {};
  options.host = "::1";
  CHECK(find_nodes(options)->endpoints == std::vector<std::string>{"tcp://[::1]:5750"});
  options = {};
  options.endpoints = {"nonsense"};
  CHECK(find_nodes(options).status().code == Code::bad_request);
  options = {};
  options.dir = "/no/such/folder";
  CHECK(find_nodes(options).status().message.find("sqlcast cluster up") != std::string::npos);
}

TEST_CASE("cli: a table of nodes marks who is not there, and is JSON too") {
  proto::NodeStatus master;
  master.name = "master";
  master.role = "master";
  master.state = "Serving";
  master.epoch = 1;
  master.position = 1042;
  proto::NodeStatus slave;
  slave.name = "slave-1";
  slave.state = "Unreachable";
  slave.message = "two\nlines";
  CHECK(all_well({master}));
  CHECK_FALSE(all_well({master, slave}));
  const auto well = [&](const std::string& state) {
    slave.state = state;
    return all_well({master, slave});
  };
  for (const char* state : {"Starting", "Syncing", "CatchingUp", "Live", "Waiting", "Serving"}) CHECK(well(state));
  for (const char* state : {"Failed", "DatabaseDown", "DatabaseStalled", "DiskFull", "ReadOnly", "Unreachable", "Else"})
    CHECK_FALSE(well(state));
  slave.state = "Unreachable";
  const std::string table = nodes_table({master, slave});
  CHECK(table.find("1042") != std::string::npos);
  CHECK(table.find("two lines") != std::string::npos);
  CHECK(nodes_json({master}, 0).find("\"position\": 1042") != std::string::npos);
  // Where the log ends, when that is not where the position is.
  master.durable = Position{1, 1042, {}};
  CHECK(nodes_table({master}).find("(log") == std::string::npos);
  slave.state = "CatchingUp";
  slave.position = 7;
  slave.durable = Position{1, 1040, {}};
  CHECK(nodes_table({slave}).find("7 (log 1040)") != std::string::npos);
  CHECK(nodes_json({slave}, 0).find("\"durable\": 1040") != std::string::npos);
}
