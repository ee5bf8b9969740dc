// Goal: each source of a setting counts as much as documented, credentials come from where they may and show nowhere,
// and what is printed loads as the same. Method: files in a folder of the test's own.
#include <catch2/catch.hpp>
#include "config/config.h"
#include "config/table.h"
#include "config/text.h"
#include "tests/unit/config_helpers.h"

using namespace sqlcast;
using namespace sqlcast::config;
using namespace sqlcast::config::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

constexpr const char* kExternal = "database:\n  mode: external\n  host: localhost\n  user: from_file\n";

}  // namespace

TEST_CASE("config: without any source the defaults are those of the struct") {
  const auto master = load(Role::master, {});
  REQUIRE(master);
  CHECK(master->name == "master");
  CHECK(master->listen == "tcp://127.0.0.1:5750");
  CHECK(master->data_dir == (std::filesystem::current_path() / "var/master").string());
  const auto slave = load(Role::slave, {"", {{"master", "tcp://127.0.0.1:5750"}}, {}});
  REQUIRE(slave);
  CHECK(slave->name == "slave-5760");
  CHECK(slave->listen == "tcp://127.0.0.1:5760");
}

TEST_CASE("config: flags beat the environment, which beats .env, the file and the defaults") {
  const Folder folder;
  const std::string yaml = "limits:\n  page_rows: 1\n";
  const auto page_rows = [&](Texts flags, Texts environment) {
    const auto config = load_text(folder, yaml, Role::master, std::move(flags), std::move(environment));
    REQUIRE(config);
    return config->limits.page_rows;
  };
  const Texts flag = {{"limits.page_rows", "4"}};
  const Texts variable = {{"SQLCAST_LIMITS_PAGE_ROWS", "3"}};
  CHECK(page_rows({}, {}) == 1);
  folder.write(".env", "SQLCAST_LIMITS_PAGE_ROWS=2\n");
  CHECK(page_rows({}, {}) == 2);
  CHECK(page_rows({}, variable) == 3);
  CHECK(page_rows(flag, variable) == 4);
  CHECK(page_rows(flag, {}) == 4);
}

TEST_CASE("config: units are understood") {
  const Folder folder;
  const auto config = load_text(folder,
                                "ack_timeout: 2s\nbeacon_interval: 500\nlimits:\n  max_message_bytes: 128MiB\n"
                                "  group_bytes: 512KiB\n  max_page_bytes: 4096\n  request_timeout: 1m\n"
                                "log:\n  file_bytes: 64KiB\n  keep_for: 12h\n  hold_for: 2d\n");
  REQUIRE(config);
  CHECK(config->ack_timeout == 2s);
  CHECK(config->beacon_interval == 500ms);
  CHECK(config->limits.max_message_bytes == 128U << 20U);
  CHECK(config->limits.group_bytes == 512U << 10U);
  CHECK(config->limits.max_page_bytes == 4096);
  CHECK(config->limits.request_timeout == 60s);
  CHECK(config->log.file_bytes == 64U << 10U);
  CHECK(config->log.keep_for == 12h);
  CHECK(config->log.hold_for == 48h);
  CHECK_THAT(print(*config),
             Contains("log:\n  file_bytes: 64KiB\n  keep_for: 12h\n  keep_bytes: 2GiB\n  hold_for: 2d\n"));
}

TEST_CASE("config: paths in the file are relative to the file, others to the working folder") {
  const Folder folder;
  const auto of_file = load_text(folder, "data_dir: ./deep/../data/\n");
  REQUIRE(of_file);
  CHECK(of_file->data_dir == folder.path("data"));
  const auto of_default = load_text(folder, "name: m1\n");
  REQUIRE(of_default);
  CHECK(of_default->data_dir == folder.path("var/m1"));
  const auto of_flag = load_text(folder, "", Role::master, {{"data_dir", "data"}});
  REQUIRE(of_flag);
  CHECK(of_flag->data_dir == (std::filesystem::current_path() / "data").string());
}

TEST_CASE("config: DB_USER and DB_PASS come from .env, and the real environment beats it") {
  const Folder folder;
  folder.write(".env", "# account\nexport DB_USER=\"dot user\" # who\nDB_PASS='p#a$s\\n' \r\nOTHER=1\n");
  const auto dot = load_text(folder, kExternal);
  REQUIRE(dot);
  CHECK(dot->database.user == "dot user");
  CHECK(dot->database.password == "p#a$s\\n");
  const auto real = load_text(folder, kExternal, Role::master, {}, {{"DB_USER", "real"}, {"DB_PASS", "secret"}});
  REQUIRE(real);
  CHECK(real->database.user == "real");
  CHECK(real->database.password == "secret");
  const auto named = load_text(folder, kExternal, Role::master, {},
                               {{"DB_USER", "real"}, {"SQLCAST_DATABASE_USER", "named"}, {"DB_PASS", ""}});
  REQUIRE(named);
  CHECK(named->database.user == "named");
  CHECK(named->database.password.empty());
}

TEST_CASE("config: .env values end where they should") {
  const Folder folder;
  const auto password = [&](const std::string& line) {
    folder.write(".env", "\xEF\xBB\xBF" + line);
    const auto config = load_text(folder, kExternal);
    return config ? config->database.password : config.status().message;
  };
  CHECK(password("DB_PASS=a#b # c\n") == "a#b");
  CHECK(password("DB_PASS=  a b  \n") == "a b");
  CHECK(password("DB_PASS=\n").empty());
  CHECK(password("DB_PASS= # none\n").empty());
  CHECK(password("DB_PASS=\"a\\\"b\\\\\\$c\\n\"") == "a\"b\\$c\n");
  CHECK(password("DB_PASS=a=b\n") == "a=b");
}

TEST_CASE("config: a line of .env that is not understood is refused with its number and without its value") {
  const auto message = [](const std::string& dotenv) {
    const Folder folder;
    folder.write(".env", dotenv);
    const auto config = load_text(folder, kExternal);
    return config ? "accepted" : config.status().message;
  };
  CHECK_THAT(message("\nhello\n"), Contains("/.env:2: is not a KEY=VALUE line"));
  CHECK_THAT(message("A B=1\n"), Contains("/.env:1: has no proper name"));
  CHECK_THAT(message("DB_PASS='s3cret\n"), Contains("no closing quote") && !Contains("s3cret"));
  CHECK_THAT(message("DB_PASS='s3cret'x\n"), Contains("after the closing quote") && !Contains("s3cret"));
  CHECK_THAT(message("DB_PASS=1\nDB_PASS=2\n"), Contains("/.env:2: DB_PASS is given twice; the first is on line 1"));
  CHECK_THAT(message("SQLCAST_NAM=x\n"), Contains("/.env:1: SQLCAST_NAM") && Contains("did you mean SQLCAST_NAME?"));
}

TEST_CASE("config: a password in a file that everyone can read is refused or warned of") {
  const Folder folder;
  folder.write("secret", "from file\nignored\n", 0644);
  const std::string yaml = std::string(kExternal) + "  password_file: secret\n";
  const auto open_file = load_text(folder, yaml);
  REQUIRE_FALSE(open_file);
  CHECK_THAT(open_file.status().message,
             Contains("node.yaml:5: database.password_file: ") && Contains("chmod 600") && !Contains("from file"));
  folder.write("secret", "from file\nignored\n", 0600);
  const auto closed_file = load_text(folder, yaml);
  REQUIRE(closed_file);
  CHECK(closed_file->database.password == "from file");
  CHECK(closed_file->warnings.empty());
  folder.write(".env", "DB_PASS=x\nDB_PASSWORD=y\n", 0644);
  const auto warned = load_text(folder, yaml);
  REQUIRE(warned);
  CHECK(warned->database.password == "x");  // .env is above the file, and so above its password_file
  CHECK(warned->warnings.size() == 2);
}

TEST_CASE("config: a password file that is missing, empty or not text is refused") {
  const Folder folder;
  const std::string yaml = std::string(kExternal) + "  password_file: secret\n";
  CHECK_THAT(load_text(folder, yaml).status().message, Contains("cannot read") && Contains("No such file"));
  folder.write("secret", "\nlater\n");
  CHECK_THAT(load_text(folder, yaml).status().message, Contains("empty first line"));
  folder.write("secret", std::string("a\0b", 3));
  CHECK_THAT(load_text(folder, yaml).status().message, Contains("does not look like a password"));
  folder.write("secret", "good");
  CHECK_THAT(load_text(folder, yaml + "  password: also\n").status().message,
             Contains("node.yaml:5: database.password_file: database.password is given too") && !Contains("also\n"));
}

TEST_CASE("config: an external database needs an address and an account, and a managed one takes none") {
  CHECK_THAT(refusal("database: external\n"),
             Contains("node.yaml:1: database.mode: ") && Contains("database.user: ") && Contains("DB_USER"));
  CHECK_THAT(refusal(std::string(kExternal) + "  socket: /run/x\n"), Contains("node.yaml:5: database.socket: "));
  CHECK_THAT(refusal("database:\n  user: me\n"), StartsWith("node.yaml:2: database.user: has no effect"));
  CHECK_THAT(refusal(std::string(kExternal) + "  redo_log_mb: 99\n"), Contains("set database.mode to managed"));
  const Folder folder;
  const auto managed = load_text(folder, "", Role::master, {}, {{"DB_USER", "u"}, {"DB_PASS", "p"}});
  REQUIRE(managed);
  CHECK(managed->database.user.empty());
  CHECK(managed->database.password.empty());
}

TEST_CASE("config: what is printed hides the password and loads as the same") {
  const Folder folder;
  const auto first = load_text(folder, std::string(kExternal) +
                                           "  password: \"s3cret\"\nack_timeout: 1500\n"
                                           "limits:\n  max_statement_bytes: 1000000\n");
  REQUIRE(first);
  const std::string text = print(*first);
  CHECK_THAT(text, Contains("(redacted)") && !Contains("s3cret") && Contains("ack_timeout: 1500ms"));
  const auto second = load_text(folder, text);
  REQUIRE(second);
  CHECK(second->database.password.empty());
  for (const Row& row : table()) {
    INFO(row.setting.name);
    if (!row.secret) CHECK(row.format(*second) == row.format(*first));
  }
  const auto third = load_text(folder, text, Role::master, {}, {{"DB_PASS", "s3cret"}});
  REQUIRE(third);
  CHECK(print(*third) == text);
}

TEST_CASE("config: defaults of both roles, printed, load as the same") {
  const Folder folder;
  for (const Role role : {Role::master, Role::slave}) {
    const Texts flags = role == Role::slave ? Texts{{"master", "tcp://[::1]:5750"}} : Texts{};
    const auto first = load(role, {"", flags, {}});
    REQUIRE(first);
    const auto second = load_text(folder, print(*first), role);
    REQUIRE(second);
    CHECK(print(*second) == print(*first));
  }
}

TEST_CASE("config: odd but usable text survives printing") {
  const Folder folder;
  const auto first = load_text(folder, "name: 'null'\ndata_dir: \"/tmp/a: b # 'c' \\\"d\\\" é\"\n");
  REQUIRE(first);
  const auto second = load_text(folder, print(*first));
  REQUIRE(second);
  CHECK(second->name == "null");
  CHECK(second->data_dir == first->data_dir);
}

TEST_CASE("config: the nearest word is near") {
  const std::vector<std::string> words = {"listen", "limits.page_rows", "master"};
  CHECK(nearest("lsiten", words) == "listen");
  CHECK(nearest("Master", words) == "master");
  CHECK(nearest("page_rows", words) == "limits.page_rows");
  CHECK(nearest("zebra", words).empty());
  CHECK(nearest("", words).empty());
  CHECK(nearest(std::string(5'000, 'x'), words).empty());
}
