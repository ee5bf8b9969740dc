// The panels without a window, with synthetic input, on real nodes with real databases: what a person clicks and types,
// what then is to be seen, and what the databases then hold. And what is not a node at all.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <memory>

#include "client/gui/client_backend.h"
#include "client/gui/model/text.h"
#include "net/router.h"
#include "tests/gui/null_window.h"
#include "tests/support/cluster.h"
#include "tests/support/run_program.h"
#include "tests/support/temporary_folder.h"

using namespace sqlcast;
using namespace sqlcast::gui;
using namespace sqlcast::gui::testing;

namespace {

class Stage {
 public:
  explicit Stage(std::vector<std::string> endpoints)
      : window(1440, 900, Clock::real), app(options(std::move(endpoints))) {}

  void play(std::string_view script) {
    const std::string failure = window.perform(app, script);
    INFO(failure);
    REQUIRE(failure.empty());
  }

  NullWindow window;
  App app;

 private:
  App::Options options(std::vector<std::string> endpoints) {
    App::Options out;
    out.endpoints = std::move(endpoints);
    out.endpoints_name = "test";
    out.wake = window.waker();
    out.make_backend = [wake = window.waker()](const SavedConnection& connection) {
      return ClientBackend::open(connection.endpoints, wake);
    };
    out.scripted = true;
    return out;
  }
};

// One master and one slave with the school, that all cases share.
support::Cluster& school() {
  static const std::unique_ptr<support::Cluster> cluster = [] {
    auto made = std::make_unique<support::Cluster>(1);
    const support::Run loaded =
        support::run_program({support::program("sqlcast"), "--endpoint", made->master().endpoint(), "-B"},
                             SQLCAST_SOURCE_DIR "/examples/school.sql");
    INFO(loaded.output);
    REQUIRE(loaded.exit_code == 0);
    made->wait_until_equal();
    return made;
  }();
  return *cluster;
}

std::string ask(const std::string& sql) { return school().must(sql).text(); }

constexpr const char* kConnected = "wait connected within 60\nwait tables >= 3 within 60\nwait up = 2 within 60\n";

}  // namespace

TEST_CASE("panels on a cluster: tables are browsed, their rows shown, sorted, filtered and copied") {
  Stage stage({school().master().endpoint()});
  stage.play(kConnected);
  stage.play(
      "wait text \"student_course\"\n"
      "click \"Filter schema\"\ntype \"cour\"\nassert no text \"student_name\"\n"
      "right-click \"course\"\nclick \"Show rows\"\n"
      "wait rows = 10 within 60\nassert text \"Algebra\"\nassert columns = 2\n"
      "key Ctrl+R\nkey Ctrl+Home\nassert cell = 1\n"
      "click \"Filter rows\"\ntype \"name:a\"\nwait rows < 10\nassert no text \"Physics\"\n"
      "key Ctrl+A\nkey Delete\nwait rows = 10\n"
      "click \"Algebra\"\nkey Ctrl+C\nassert clipboard = Algebra\n"
      "click \"Algebra\"\nkey Ctrl+A\nkey Ctrl+C\nassert clipboard contains \"1\\tAlgebra\"\n");
}

TEST_CASE("panels on a cluster: DDL at a slave is held back, a click runs it at the master, writes are forwarded") {
  Stage stage({school().slave(0).endpoint()});
  stage.play(kConnected);
  stage.play("key Ctrl+Shift+N\nkey Ctrl+Shift+N\nassert target = slave-1\n");
  stage.play(
      "click \"SQL editor\"\ntype \"create table school.room (id int primary key, name varchar(40))\"\n"
      "wait verdict = \"MASTER ONLY\" within 60\nkey Ctrl+Enter\nwait held-back\nassert results = 0\n"
      "click \"Run at the master\"\nwait results = 1 within 60\nassert status = OK\nwait tables = 4 within 60\n"
      "key Ctrl+T\nclick \"SQL editor\"\ntype \"insert into school.room values (1, 'Aula'), (2, null)\"\n"
      "wait verdict = FORWARDED within 60\nkey Ctrl+Enter\nwait affected = 2 within 60\nassert sequence > 0\n"
      "key Ctrl+T\nclick \"SQL editor\"\ntype \"select * from school.room order by id\"\nkey Ctrl+Enter\n"
      "wait rows = 2 within 60\nassert node = slave-1\nassert text \"NULL\"\n");
  school().wait_until_equal();
  CHECK(school().slave(0).run("SELECT name FROM school.room ORDER BY id").text() == "Aula\nNULL");
}

TEST_CASE("panels on a cluster: edited rows are sent as shown, and not when somebody else was faster") {
  school().must("CREATE TABLE school.desk (id INT PRIMARY KEY, owner VARCHAR(40))");
  school().must("INSERT INTO school.desk VALUES (1, 'Ann'), (2, 'Bob'), (3, 'Cy')");
  Stage stage({school().master().endpoint()});
  stage.play(kConnected);
  stage.play(
      "wait text \"desk\" within 60\n"
      "click \"SQL editor\"\ntype \"select * from school.desk order by id\"\nkey Ctrl+Enter\nwait rows = 3 within 60\n"
      "double-click \"Bob\"\nkey Ctrl+A\ntype \"Bea\"\nkey Enter\nwait changes = 1\n"
      "click \"Cy\"\nkey Delete\nwait changes = 2\n"
      "key Ctrl+Shift+R\nwait dialog = review\nassert text \"UPDATE `school`.`desk`\"\n"
      "assert text \"DELETE FROM `school`.`desk`\"\n"
      "click \"Send to the master\"\nwait changes = 0 within 60\nwait rows = 2 within 60\nwait text \"Bea\"\n");
  CHECK(ask("SELECT id, owner FROM school.desk ORDER BY id") == "1|Ann\n2|Bea");

  stage.play("double-click \"Ann\"\nkey Ctrl+A\ntype \"Amy\"\nkey Enter\nwait changes = 1\n");
  school().must("UPDATE school.desk SET owner = 'Abe' WHERE id = 1");
  stage.play(
      "key Ctrl+Shift+R\nwait dialog = review\nclick \"Send to the master\"\n"
      "wait toast contains \"changed by somebody else\" within 60\nassert changes = 1\n");
  CHECK(ask("SELECT owner FROM school.desk WHERE id = 1") == "Abe");
}

TEST_CASE("panels on a cluster: an alias is not taken for the key, and a write is not run again for the rows it gave") {
  school().must("CREATE TABLE school.folder (id INT AUTO_INCREMENT PRIMARY KEY, parent_id INT, name VARCHAR(40))");
  school().must("INSERT INTO school.folder VALUES (1, NULL, 'root'), (2, 1, 'leaf')");
  Stage stage({school().master().endpoint()});
  stage.play(kConnected);
  stage.play(
      "wait text \"folder\" within 60\n"
      "click \"SQL editor\"\ntype \"select parent_id as id, name from school.folder order by 2\"\nkey Ctrl+Enter\n"
      "wait rows = 2 within 60\nclick \"leaf\"\nkey Delete\nwait toast contains \"names columns as they are\"\n"
      "assert changes = 0\n"
      "key Ctrl+T\nclick \"SQL editor\"\n"
      "type \"insert into school.folder (name) values ('fresh') returning id, name\"\nkey Ctrl+Enter\n"
      "wait rows = 1 within 60\ndouble-click \"fresh\"\nwait dialog = value\n"
      "assert text \"Rows that a write gave back cannot be edited\"\nkey Escape\nwait dialog = \"\"\n"
      "key Ctrl+T\nclick \"SQL editor\"\ntype \"select f.name, f.id from school.folder f where id > 2\"\n"
      "key Ctrl+Enter\nwait rows = 1 within 60\ndouble-click \"fresh\"\nkey Ctrl+A\ntype \"stale\"\nkey Enter\n"
      "wait changes = 1\nkey Ctrl+Shift+R\nwait dialog = review\nclick \"Send to the master\"\n"
      "wait changes = 0 within 60\nwait text \"stale\" within 60\n");
  CHECK(ask("SELECT id, name FROM school.folder ORDER BY id") == "1|root\n2|leaf\n3|stale");
}

TEST_CASE("panels on a cluster: an error is marked where it is, and a long statement is cancelled in the database") {
  Stage stage({school().master().endpoint()});
  stage.play(kConnected);
  stage.play(
      "click \"SQL editor\"\npaste \"select 1;\\nselect id\\n  frm student\"\nkey Ctrl+Enter\n"
      "wait status = SQL_ERROR within 60\nassert mark contains \"student\"\nassert text \"error 1064\"\n"
      "key Ctrl+A\n"
      "paste \"select count(*) from information_schema.columns a, information_schema.columns b, "
      "information_schema.columns c, information_schema.columns d\"\n"
      "key F5\nwait running within 60\nassert text \"Cancel\"\nkey Ctrl+.\nwait running = no within 60\n"
      "assert status = CANCELLED\n");
}

TEST_CASE("panels on a cluster: long cells, many columns and pages of rows arrive whole") {
  Stage stage({school().master().endpoint()});
  stage.play(kConnected);
  std::string many = "select repeat('x', 1000000) as long_cell";
  for (int i = 1; i < 500; ++i) many += cat(", ", i, " as c", i);
  stage.play("click \"SQL editor\"\npaste \"" + many + "\"\nkey Ctrl+Enter\nwait columns = 500 within 60\n" +
             "key Ctrl+R\nkey End\nassert text \"c499\"\nassert cell = 499\nkey Home\nkey Space\nwait dialog = value\n"
             "wait text \"977 KiB\"\nkey Escape\nwait dialog = \"\"\n");
  stage.play(
      "key Ctrl+T\nclick \"SQL editor\"\n"
      "paste \"with recursive n as (select 1 as i union all select i + 1 from n where i < 900) "
      "select a.i * 10 + b.i as v from n a, n b where b.i <= 10 order by v\"\n"
      "key Ctrl+Enter\nwait held >= 1000 within 60\nclick \"Fetch all\"\nwait held = 9000 within 60\n"
      "key Ctrl+R\nkey Ctrl+End\nassert cell = 9010\n");
}

TEST_CASE("panels on a cluster: a slave that hangs is named, the window goes on, and it comes back") {
  Stage stage({school().master().endpoint()});
  stage.play(kConnected);
  school().slave(0).suspend();
  stage.play(
      "set view cluster\nwait worst = unreachable within 60\nwait text \"slave-1 unreachable\"\nassert connected\n"
      "set view query\nclick \"SQL editor\"\ntype \"select count(*) as n from school.student\"\nkey Ctrl+Enter\n"
      "wait rows = 1 within 60\nassert status = OK\n");
  school().slave(0).resume();
  stage.play("wait worst = live within 60\nassert events contains \"slave-1 back\"\n");
}

TEST_CASE(
    "panels on a cluster: a master that is killed stays known by name, a write waits for it, and goes through after "
    "it") {
  support::Cluster cluster(2);
  cluster.must("CREATE DATABASE shop");
  cluster.must("CREATE TABLE shop.sale (id INT PRIMARY KEY)");
  Stage stage({cluster.slave(0).endpoint(), cluster.master().endpoint()});
  stage.play("wait connected within 60\nwait up = 3 within 60\nassert master = master\n");
  cluster.master().kill();
  stage.play(
      "wait text \"The master does not answer\" within 60\nassert master = master\nassert nodes = 3\n"
      "assert events contains \"master unreachable\"\nset view cluster\nassert text \"node master\"\nassert text "
      "\"MASTER\"\n"
      "set view query\nclick \"SQL editor\"\ntype \"insert into shop.sale values (7)\"\n"
      "wait verdict-text contains \"waits: the master does\" within 60\nkey Ctrl+Enter\nwait running within 60\n");
  cluster.master().start();
  stage.play(
      "wait up = 3 within 120\nwait no text \"does not answer since\"\nwait running = no within 120\nassert status = "
      "OK\n");
  CHECK(cluster.must("SELECT id FROM shop.sale").text() == "7");
}

TEST_CASE("panels on a cluster: the log begins with its end, and the tree follows what another client defines") {
  school().must("CREATE TABLE IF NOT EXISTS school.before_it (id INT PRIMARY KEY)");
  Stage stage({school().slave(0).endpoint()});
  stage.play(kConnected);
  stage.play("set view log\nwait text \"before_it\" within 60\nset view query\nassert no text \"defined_elsewhere\"\n");
  school().must("CREATE TABLE school.defined_elsewhere (id INT PRIMARY KEY, v INT)");
  stage.play("wait text \"defined_elsewhere\" within 60\n");
  school().must("DROP TABLE school.defined_elsewhere");
  stage.play("wait no text \"defined_elsewhere\" within 60\n");
}

TEST_CASE(
    "panels on a cluster: what is typed on a cell and pasted as rows is sent as one request, and DROP asks with rows") {
  school().must("CREATE TABLE school.paste (id INT PRIMARY KEY, name VARCHAR(40), price DECIMAL(8,2))");
  school().must("INSERT INTO school.paste VALUES (1, 'one', 10.00), (2, 'two', 9.50)");
  Stage stage({school().master().endpoint()});
  stage.play(kConnected);
  stage.play(
      "wait text \"paste\" within 60\nclick \"SQL editor\"\ntype \"select * from school.paste order by id\"\n"
      "key Ctrl+Enter\nwait rows = 2 within 60\nclick \"price\"\npause 0.5\nkey Ctrl+R\nkey Ctrl+Home\nassert cell = "
      "2\n"
      "click \"two\"\ntype \"zwei\"\nkey Enter\nwait changes = 1\n");
  ImGui::SetClipboardText("3\tthree\t3.30\n4\tNULL\t4.40\n");
  stage.play(
      "key Ctrl+V\nwait changes = 3\nkey Ctrl+Shift+R\nwait dialog = review\nclick \"Send to the master\"\n"
      "wait rows = 4 within 60\n");
  CHECK(ask("SELECT * FROM school.paste ORDER BY id") == "1|one|10.00\n2|zwei|9.50\n3|three|3.30\n4|NULL|4.40");
  stage.play(
      "key Ctrl+T\nclick \"SQL editor\"\ntype \"drop table school.paste\"\nkey Ctrl+Enter\nwait asking\n"
      "wait text \"4 rows\" within 60\nassert text \"2 nodes: master, slave-1\"\nclick \"Run it\"\nwait results = 1 "
      "within 60\n"
      "assert status = OK\n");
}

TEST_CASE("panels on no cluster: what answers nonsense, in another version or not at all is said, and tried again") {
  for (const char* kind : {"nonsense", "version", "silence"}) {
    CAPTURE(kind);
    auto router = net::Router::open({.endpoint = "tcp://127.0.0.1:*"});
    REQUIRE(router.ok());
    std::atomic<int> asked{0};
    (*router)->start([&, kind = std::string_view(kind)](net::Envelope envelope, proto::Frames frames) {
      ++asked;
      if (kind == "silence" || frames.empty() || frames[0].size() < 5) return;
      if (kind == "nonsense") frames = {"HTTP/1.1 400 Bad Request", "\x93\xFF"};
      if (kind == "version") frames[0][4] = 99;
      static_cast<void>((*router)->send(std::move(envelope), std::move(frames)));
    });
    Stage stage({(*router)->endpoint()});
    stage.play("wait text \"No node answers yet\"\nwait text \"trying again\"\nassert connected = no\n");
    stage.play("click \"SQL editor\"\ntype \"select 1\"\nassert editor = \"select 1\"\nassert text \"Connecting…\"\n");
    const int before = asked;
    while (asked < before + 2) stage.window.frame(stage.app);
    CHECK(stage.app.workspace().connection()->state() == ConnectionState::connecting);
    CHECK_FALSE(stage.app.workspace().connection()->cluster.problem().empty());
    (*router)->stop();
  }
}

TEST_CASE(
    "panels on a cluster: rows and a dump are imported through the window, and the summary says what became of them") {
  const support::TemporaryFolder folder;
  setenv("XDG_STATE_HOME", folder.path().c_str(), 1);
  const std::string people = (folder.path() / "people.csv").string();
  const std::string dump = (folder.path() / "dump.sql").string();
  {
    std::ofstream out(people);
    out << "name,id,born\n";  // the first column is no key
    for (int i = 0; i < 30'000; ++i)
      out << "\"Person, " << i << "\"," << i << "," << (i % 3 == 0 ? "" : "2001-02-03") << "\n";
    std::ofstream(dump) << "SET FOREIGN_KEY_CHECKS=0;\nCREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) "
                           "REFERENCES parent (id));\nCREATE TABLE parent (id INT PRIMARY KEY);\n"
                           "INSERT INTO child VALUES (1,1),(2,1);\nINSERT INTO parent VALUES (1);\n"
                           "CREATE TRIGGER t BEFORE INSERT ON child FOR EACH ROW SET @a = 1;\n";
  }
  Stage stage({school().master().endpoint()});
  stage.play(kConnected);
  stage.play(cat("drop \"", people,
                 "\"\nwait text \"To be loaded: 30000 rows\" within 60\nassert text \"CREATE TABLE\"\n"
                 "click \"Import\"\nwait text \"✓ Done\" within 120\nassert text \"Loaded: 30000 rows into 1 table\"\n"
                 "assert toast contains Imported\nkey Escape\nwait text \"people\" within 60\n"));
  CHECK(ask("SELECT COUNT(*), COUNT(born), MAX(id), MIN(name) FROM school.people") == "30000|20000|29999|Person, 0");
  // Again, into what is there: without a key the rows are there twice.
  stage.play(cat("drop \"", people,
                 "\"\nwait text \"into the table school.people that is there\" within 60\n"
                 "wait text \"To be loaded: 30000 rows\" within 60\nclick \"Import\"\nwait text \"✓ Done\" within "
                 "120\nkey Escape\n"));
  CHECK(ask("SELECT COUNT(*) FROM school.people") == "60000");
  stage.play(cat("drop \"", dump,
                 "\"\nwait text \"Choose one above\" within 60\nclick \"Into\"\nclick \"school\" #2\n"
                 "wait text \"To be loaded: 3 rows into 2 tables\" within 60\nclick \"Import\"\n"
                 "wait text \"all of it is there\" within 120\nassert text \"TRIGGER\"\nkey Escape\n"));
  CHECK(ask("SELECT COUNT(*) FROM school.child JOIN school.parent ON parent.id = p") == "2");
  school().wait_until_equal();
  CHECK(school().slave(0).run("SELECT COUNT(*) FROM school.people").text() == "60000");
  unsetenv("XDG_STATE_HOME");
}
