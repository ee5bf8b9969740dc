// Goal: nothing unusable is accepted, and each refusal says where, what and what would be right.
// Method: YAML texts that are wrong in one way each.
#include <catch2/catch.hpp>
#include "config/config.h"
#include "tests/unit/config_helpers.h"

using namespace sqlcast;
using namespace sqlcast::config;
using namespace sqlcast::config::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {
constexpr std::string_view kCurve = "security:\n  mode: curve\n  key: keys/node.key\n  allowed: keys/allowed\n";
}

TEST_CASE("config: an unknown key is refused with its line and the nearest setting") {
  CHECK(refusal("name: m\nlimts:\n  page_rows: 5\n") ==
        "node.yaml:3: limts.page_rows: no setting has this name; did you mean 'limits.page_rows'?");
  CHECK(refusal("lisen: tcp://127.0.0.1:1\n") ==
        "node.yaml:1: lisen: no setting has this name; did you mean 'listen'?");
  CHECK_THAT(refusal("\n\npage_rows: 5\n"), StartsWith("node.yaml:3: page_rows: ") && Contains("'limits.page_rows'"));
  CHECK(refusal("zebra: 5\n") ==
        "node.yaml:1: zebra: no setting has this name; docs/configuration.md lists the settings");
}

TEST_CASE("config: every problem is told, not only the first") {
  const std::string message = refusal("lisen: 1\nlog_level: loud\nlimits:\n  readers: 0\n");
  CHECK_THAT(message, Contains("node.yaml:1: lisen") && Contains("node.yaml:2: log_level") &&
                          Contains("node.yaml:4: limits.readers"));
}

TEST_CASE("config: wrong types and values are refused with the accepted ones") {
  CHECK(refusal("limits:\n  readers: many\n") ==
        "node.yaml:2: limits.readers: 'many' is not accepted; accepted values: a whole number from 1 to 256");
  for (const char* value : {"-1", "+1", "1.5", "1e3", "0x10", "1_000", "' 4'", "257", "99999999999999999999", "true"})
    CHECK_THAT(refusal(std::string("limits:\n  readers: ") + value + "\n"),
               StartsWith("node.yaml:2: limits.readers: '"));
  for (const char* value :
       {"5 s", "2S", "-2s", "1.5s", "2h", "1w", "s", "0", "99999999999999999999ms", "999999999999m"})
    CHECK_THAT(refusal(std::string("ack_timeout: ") + value + "\n"),
               StartsWith("node.yaml:1: ack_timeout: '") && Contains("as 500ms, 2s, 1m, 12h, 7d"));
  for (const char* value : {"64MB", "64mib", "64 MiB", "MiB", "1TiB", "2GiB", "17179869185GiB", "-1"})
    CHECK_THAT(refusal(std::string("limits:\n  max_message_bytes: ") + value + "\n"),
               StartsWith("node.yaml:2: limits.max_message_bytes: '") && Contains("64MiB"));
  CHECK(refusal("ack: most\n") ==
        "node.yaml:1: ack: 'most' is not accepted; accepted values: local, one, majority, all");
  CHECK_THAT(refusal("log_level: wran\n"), Contains("did you mean 'warn'?"));
  CHECK_THAT(refusal("name: two words\n"), StartsWith("node.yaml:1: name: ") && Contains("letters, digits"));
  CHECK_THAT(refusal("name: \"\"\n"), StartsWith("node.yaml:1: name: "));
  CHECK_THAT(refusal("data_dir: \"a\\nb\"\n"), Contains("control characters"));
}

TEST_CASE("config: the log's settings have limits that are told") {
  CHECK_THAT(
      refusal("log:\n  file_bytes: 4KiB\n"),
      Contains("node.yaml:2: log.file_bytes: '4KiB' is not accepted; accepted values: a size from 16KiB to 1GiB"));
  CHECK_THAT(refusal("log:\n  keep_for: 3651d\n"), Contains("a duration from 0ms to 3650d"));
  CHECK_THAT(refusal("log:\n  keep_bytes: -1\n"), Contains("node.yaml:2: log.keep_bytes: '-1' is not accepted"));
  CHECK_THAT(refusal("log: 5\n"), StartsWith("node.yaml:1: log: is a section"));
}

TEST_CASE("config: without keys nothing but the loopback is listened on") {
  for (const char* value : {"tcp://127.0.0.1:7000", "tcp://127.1.2.3:7000", "tcp://localhost:7000", "tcp://[::1]:7000",
                            "ipc:///tmp/master.sock"})
    CHECK(refusal(std::string("listen: '") + value + "'\n") == "accepted");
  for (const char* value : {"tcp://*:7000", "tcp://0.0.0.0:7000", "tcp://[::]:7000", "tcp://10.0.0.5:7000",
                            "tcp://db-1.example:7000", "tcp://localhost.example:7000"})
    for (const char* setting : {"listen", "publish"})
      CHECK_THAT(refusal(std::string(setting) + ": '" + value + "'\n"),
                 StartsWith(std::string("node.yaml:1: ") + setting + ": ") &&
                     Contains("can be reached from other machines") && Contains("set security.mode to curve"));
  CHECK_THAT(refusal("master: tcp://127.0.0.1:1\nlisten: tcp://*:7000\n", Role::slave),
             StartsWith("node.yaml:2: listen"));
}

TEST_CASE("config: keys and their mode go together") {
  CHECK(refusal(std::string(kCurve)) == "accepted");
  CHECK_THAT(refusal("security:\n  mode: curve\n"),
             Contains("needs security.key") && Contains("needs security.allowed") && Contains("sqlcast keys new"));
  CHECK_THAT(refusal("security:\n  key: a\n"),
             StartsWith("node.yaml:2: security.key: has no effect, since security.mode is none"));
  CHECK_THAT(refusal("security:\n  mode: tls\n"), Contains("accepted values: curve, none"));
  const Folder folder;
  const auto config = load_text(folder, std::string(kCurve));
  REQUIRE(config);
  CHECK(config->security.key == folder.path("keys/node.key"));
  CHECK(config->security.nodes == folder.path("keys/nodes"));
}

TEST_CASE("config: TLS to a database says whom it believes, and a clear way to another machine is warned of") {
  const std::string external = "database:\n  mode: external\n  user: u\n  host: db-1\n";
  const Folder folder;
  const auto clear = load_text(folder, external);
  REQUIRE(clear);
  REQUIRE(clear->warnings.size() == 1);
  CHECK_THAT(clear->warnings.front(), Contains("db-1 is reached in clear") && Contains("database.tls"));
  CHECK(load_text(folder, "database:\n  mode: external\n  user: u\n  host: 127.0.0.1\n")->warnings.empty());
  const auto verified = load_text(folder, external + "  tls: verify\n  tls_ca: ca.pem\n");
  REQUIRE(verified);
  CHECK(verified->warnings.empty());
  CHECK(verified->database.tls_ca == folder.path("ca.pem"));
  CHECK_THAT(refusal(external + "  tls: verify\n"), Contains("'verify' needs database.tls_ca"));
  CHECK_THAT(refusal(external + "  tls: encrypt\n  tls_ca: ca.pem\n"), Contains("database.tls_ca: is not looked at"));
  CHECK_THAT(refusal(external + "  tls_ca: ca.pem\n"), Contains("has no effect, since database.tls is none"));
  CHECK_THAT(refusal(external + "  tls: encrypt\n  tls_cert: c.pem\n"), Contains("go together"));
  CHECK_THAT(refusal("database:\n  mode: external\n  user: u\n  socket: /s\n  tls: encrypt\n"),
             Contains("goes with database.host"));
  CHECK_THAT(refusal("database:\n  tls: encrypt\n"), Contains("has no effect, since database.mode is managed"));
  folder.write("key.pem", "", 0644);
  CHECK_THAT(load_text(folder, external + "  tls: encrypt\n  tls_cert: c.pem\n  tls_key: key.pem\n").status().message,
             Contains("can be read by everyone"));
}

TEST_CASE("config: endpoints are checked") {
  for (const char* value : {"5750", "127.0.0.1:5750", "tcp://127.0.0.1", "tcp://127.0.0.1:0", "tcp://127.0.0.1:65536",
                            "tcp://:5750", "tcp://127.0.0.1:*", "tcp://a b:1", "udp://127.0.0.1:1", "ipc://relative",
                            "tcp://::1:5750", "tcp://127.0.0.1:5750/x"})
    CHECK_THAT(refusal(std::string("listen: '") + value + "'\n"),
               StartsWith("node.yaml:1: listen: '") && Contains("tcp://HOST:PORT"));
  CHECK_THAT(refusal("listen: ipc:///" + std::string(200, 'a')), Contains("more than 107 bytes"));
  for (const char* value :
       {"tcp://*:5750", "tcp://0.0.0.0:5750", "tcp://[::1]:5750", "tcp://db-1.example:5750", "ipc:///tmp/master.sock"})
    CHECK(refusal(std::string("listen: '") + value + "'\n" + std::string(kCurve)) == "accepted");
  CHECK_THAT(refusal("master: tcp://*:5750\n", Role::slave), Contains("not one to connect to"));
}

TEST_CASE("config: settings that disagree are refused, at the one that was given") {
  CHECK_THAT(refusal("listen: tcp://127.0.0.1:7000\npublish: tcp://localhost:7000\n"),
             StartsWith("node.yaml:2: publish: ") && Contains("is taken by `listen"));
  CHECK_THAT(refusal("name: m\nlisten: tcp://*:5751\n" + std::string(kCurve)), StartsWith("node.yaml:2: listen: "));
  CHECK_THAT(refusal("limits:\n  page_rows: 60000\n  max_page_rows: 50000\n"),
             Contains("limits.page_rows (60000, ") && Contains("limits.max_page_rows (50000, "));
  CHECK_THAT(refusal("limits:\n  max_message_bytes: 1MiB\n"),
             Contains("node.yaml:2: limits.max_message_bytes: limits.max_statement_bytes (16MiB, the default) must be "
                      "at most half of"));
  CHECK_THAT(
      refusal("log:\n  file_bytes: 1GiB\n  keep_bytes: 1GiB\n"),
      StartsWith("node.yaml:2: log.file_bytes: log.file_bytes (1GiB, ") && Contains("at most half of log.keep_bytes"));
  CHECK(refusal("log:\n  hold_bytes: 1GiB\n") ==
        "node.yaml:2: log.hold_bytes: log.keep_bytes (2GiB, the default) must be at most log.hold_bytes (1GiB, "
        "node.yaml:2); accepted values: a smaller log.keep_bytes or a larger log.hold_bytes");
  CHECK(refusal("log:\n  hold_bytes: 0\n  keep_bytes: 1024GiB\n  keep_for: 0\n  hold_for: 0\n") == "accepted");
  CHECK(refusal("log:\n  keep_bytes: 0\n  file_bytes: 1GiB\n") == "accepted");
  CHECK_THAT(refusal("limits:\n  request_timeout: 20m\n"), Contains("limits.max_request_timeout (10m, the default)"));
  CHECK_THAT(refusal("limits:\n  max_cursors: 4\n"), StartsWith("node.yaml:2: limits.max_cursors: "));
  CHECK_THAT(refusal("limits:\n  retry_window: 1000\n"),
             Contains("limits.request_queue (4096, the default) must be at most a sixteenth of"));
}

TEST_CASE("config: a slave must know its master and cannot follow itself") {
  CHECK_THAT(refusal("name: s\n", Role::slave), StartsWith("node.yaml: master: ") && Contains("tcp://HOST:PORT"));
  CHECK_THAT(refusal("master: tcp://localhost:5760\n", Role::slave), Contains("cannot follow itself"));
}

TEST_CASE("config: a setting of the other role is refused in a file, and says which program takes it") {
  CHECK(refusal("publish: tcp://127.0.0.1:9\nmaster: tcp://127.0.0.1:1\n", Role::slave) ==
        "node.yaml:1: publish: only a master has this setting, and this node is a slave; leave it out, or start "
        "sqlcast-master with it");
  CHECK_THAT(refusal("master: tcp://127.0.0.1:1\n"), Contains("start sqlcast-slave with it"));
  CHECK_THAT(refusal("", Role::master, {{"limits.forwarders", "3"}}), StartsWith("--limits.forwarders: "));
  CHECK(refusal("", Role::master, {}, {{"SQLCAST_MASTER", "tcp://127.0.0.1:1"}}) == "accepted");
}

TEST_CASE("config: YAML that is not a plain list of settings is refused with its line") {
  CHECK_THAT(refusal("name: m\nname: n\n"), StartsWith("node.yaml:2: name: is given twice; the first is on line 1"));
  CHECK_THAT(refusal("limits:\n  readers: 1\nname: m\nlimits:\n  page_rows: 5\n"),
             StartsWith("node.yaml:4: limits: is given twice"));
  CHECK_THAT(refusal("limits.readers: 1\nlimits:\n  readers: 2\n"),
             StartsWith("node.yaml:3: limits.readers: is given"));
  CHECK_THAT(refusal("listen:\n"), StartsWith("node.yaml:1: listen: has no value"));
  CHECK_THAT(refusal("listen: [a, b]\n"), StartsWith("node.yaml:1: listen: is a list"));
  CHECK_THAT(refusal("listen:\n  host: a\n"), StartsWith("node.yaml:1: listen: is a section"));
  CHECK_THAT(refusal("limits: 5\n"), StartsWith("node.yaml:1: limits: is a section"));
  CHECK_THAT(refusal("limits:\n  readers:\n    deep: 1\n"), StartsWith("node.yaml:2: limits.readers: is a section"));
  CHECK_THAT(refusal("- a\n- b\n"), StartsWith("node.yaml:1: is not a list of settings"));
  CHECK_THAT(refusal("name: m\n---\nname: n\n"), Contains("a second YAML document"));
  CHECK_THAT(refusal("name: m\n  listen: x\n"), StartsWith("node.yaml:2: is not valid YAML"));
  CHECK_THAT(refusal("name: {m\n"), Contains("is not valid YAML"));
  CHECK_THAT(refusal("name: !!int 5\n"), Contains("YAML tag"));
  CHECK_THAT(refusal("? [a]\n: b\n"), StartsWith("node.yaml:1: "));
  CHECK(refusal(std::string(5'000, '[')) != "accepted");
  CHECK(refusal(std::string("name: \0x\n", 9)) != "accepted");
  CHECK(refusal("") == "accepted");
  CHECK(refusal("# nothing but a comment\nlimits:\ndatabase:\n") == "accepted");
  CHECK(refusal("database: managed\n") == "accepted");
}

TEST_CASE("config: no cut of a good file escapes as an exception") {
  const Folder folder;
  const std::string yaml =
      "name: \"m\"\nlimits: {readers: 3, page_rows: 10}\ndatabase:\n  mode: external\n  host: a\n  user: 'u'\n";
  for (std::size_t length = 0; length <= yaml.size(); ++length) {
    const auto config = load_text(folder, yaml.substr(0, length));
    if (!config) CHECK(config.status().code == Code::config);
  }
}

TEST_CASE("config: a file that cannot be read is refused by name") {
  const Folder folder;
  const auto missing = load(Role::master, {folder.path("none.yaml"), {}, {}});
  REQUIRE_FALSE(missing);
  CHECK(missing.status().code == Code::config);
  CHECK_THAT(missing.status().message, Contains("none.yaml") && Contains("No such file"));
  CHECK_THAT(load(Role::master, {folder.path(""), {}, {}}).status().message, Contains("it is a folder"));
  const std::string large = folder.write("large.yaml", "# " + std::string(1'100'000, 'x') + "\n");
  CHECK_THAT(load(Role::master, {large, {}, {}}).status().message, Contains("larger than 1 MiB"));
}

TEST_CASE("config: unknown flags and variables are refused with the nearest name") {
  CHECK_THAT(refusal("", Role::master, {{"limits.page_row", "1"}}),
             StartsWith("--limits.page_row: ") && Contains("did you mean 'limits.page_rows'?"));
  CHECK(refusal("", Role::master, {}, {{"SQLCAST_LIMITS_PAGE_ROW", "1"}}) ==
        "environment SQLCAST_LIMITS_PAGE_ROW: no setting has this name; did you mean SQLCAST_LIMITS_PAGE_ROWS?");
  CHECK_THAT(refusal("", Role::master, {}, {{"SQLCAST_LIMITS_PAGE_ROWS", "x"}}),
             StartsWith("environment SQLCAST_LIMITS_PAGE_ROWS: limits.page_rows: 'x' is not accepted"));
  CHECK(refusal("", Role::master, {}, {{"SQLCAST_DIR", "/x"}, {"SQLCAST_TEST_CRASH", "1"}, {"PATH", "/bin"}}) ==
        "accepted");
}
