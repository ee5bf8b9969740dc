// Goal: at a terminal the shell is what a person is used to: completion, a pager, a history as it was typed, an editor,
// a tee. Method: it is run at a terminal of the test's own, and typed to.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/cluster.h"
#include "tests/support/run_program.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/terminal.h"

using namespace sqlcast;
using namespace sqlcast::support;

namespace {

constexpr const char* kUp = "\x1B[A";

class Shell {
 public:
  explicit Shell(const std::map<std::string, std::string>& environment = {}, unsigned short columns = 80)
      : terminal_(std::make_unique<Terminal>(options(environment, columns))) {
    terminal_->wait_for("sqlcast> ");
  }

  void type(const std::string& keys) { terminal_->type(keys); }
  std::string wait_for(const std::string& text) { return terminal_->wait_for(text); }
  // A line, up to what comes of it.
  std::string enter(const std::string& line, const std::string& until = "sqlcast> ") {
    type(line + "\n");
    return wait_for(until);
  }
  int leave() {
    type("quit\n");
    return terminal_->wait_for_end();
  }
  void again(const std::map<std::string, std::string>& environment = {}) {
    terminal_ = std::make_unique<Terminal>(options(environment, 80));
    terminal_->wait_for("sqlcast> ");
  }
  const std::filesystem::path& folder() const { return folder_.path(); }
  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(folder() / name).rdbuf();
    return text.str();
  }

 private:
  Terminal::Options options(const std::map<std::string, std::string>& environment, unsigned short columns) const {
    Terminal::Options options;
    options.command = {program("sqlcast"), "--endpoint", shared_cluster().master().endpoint()};
    options.environment = {{"XDG_STATE_HOME", folder().string()}, {"PAGER", "cat"}, {"VISUAL", ""}, {"EDITOR", ""}};
    for (const auto& [name, value] : environment) options.environment[name] = value;
    options.columns = columns;
    return options;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Terminal> terminal_;
};

void script(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path) << "#!/bin/sh\n" << text;
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
}

void make_names() {
  Cluster& cluster = shared_cluster();
  if (cluster.master().run("SHOW DATABASES LIKE 'terminal_names'").text() == "terminal_names") return;
  (void)cluster.must("CREATE DATABASE terminal_names");
  (void)cluster.must("CREATE TABLE terminal_names.furniture (id INT PRIMARY KEY, upholstery VARCHAR(20))");
  (void)cluster.wait_until_equal();
}

}  // namespace

TEST_CASE("terminal: Tab completes keywords, databases, tables and columns", "[terminal]") {
  make_names();
  Shell shell;
  // What comes on the screen is what the word lacked.
  shell.type("sel\t");
  shell.wait_for("ect ");
  shell.type("'done';\n");
  shell.wait_for("| done |");
  shell.wait_for("sqlcast> ");
  shell.type("use terminal_n\t");
  shell.wait_for("ames ");
  shell.enter("", "[terminal_names]> ");
  shell.type("SELECT * FROM furn\t");
  shell.wait_for("iture ");
  shell.type("WHERE upho\t");
  shell.wait_for("lstery ");
  shell.enter("= 'x';", "Empty set");
  // What was defined just now is known.
  shell.enter("SELECT 1;", "1 row in set");
  shell.enter("CREATE TABLE terminal_names.zebra (zigzag INT);", "Query OK");
  shell.type("SELECT zig\t");
  shell.wait_for("zag ");
  shell.type("FROM zebra;\n");
  shell.wait_for("Empty set");
  // Several: they are shown, and the line is there again.
  shell.type("SELECT COUNT(*) FROM terminal_names.\t");
  shell.wait_for("furniture  zebra");
  shell.type("zebra;\n");
  shell.wait_for("| COUNT(*) |");
  CHECK(shell.leave() == 0);
}

TEST_CASE("terminal: a result that does not fit goes through the pager, another does not", "[terminal]") {
  Shell shell;
  script(shell.folder() / "seen", "sed 's/^/seen:/'\n");
  const std::string seen = (shell.folder() / "seen").string();
  shell.again({{"PAGER", seen}});
  std::string came = shell.enter("SELECT 'little';");
  CHECK(came.find("seen:") == std::string::npos);
  CHECK(came.find("| little |") != std::string::npos);
  // Too long, and too wide.
  came = shell.enter(
      "SELECT schema_name FROM information_schema.schemata a, (SELECT 1 UNION SELECT 2 UNION SELECT 3 "
      "UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7) b;");
  CHECK(came.find("seen:| schema_name") != std::string::npos);
  came = shell.enter("SELECT REPEAT('wide', 30);");
  CHECK(came.find("seen:| wide") != std::string::npos);
  came = shell.enter("SELECT REPEAT('wide', 30)\\G");
  CHECK(came.find("seen:") == std::string::npos);
  shell.enter("nopager");
  CHECK(shell.enter("SELECT REPEAT('wide', 30);").find("seen:") == std::string::npos);
  shell.enter("\\P sed 's/^/given:/'");
  CHECK(shell.enter("SELECT 'little';").find("given:| little |") != std::string::npos);
  shell.enter("pager");
  CHECK(shell.enter("SELECT 'little';").find("given:") == std::string::npos);
  // One that is left early, and one that is not there.
  shell.enter("\\P true");
  CHECK(shell.enter("SELECT * FROM information_schema.collations a, information_schema.collations b;").find("ERROR") ==
        std::string::npos);
  shell.enter("\\P not-a-program-at-all");
  CHECK(shell.enter("SELECT 1;").find("the pager `not-a-program-at-all` is not there") != std::string::npos);
  CHECK(shell.leave() == 0);
}

TEST_CASE("terminal: the history keeps a statement of several lines as it was typed", "[terminal]") {
  Shell shell;
  shell.enter("SELECT '  two", "-> ");
  shell.enter("   lines' AS t, HEX('a", "-> ");
  CHECK(shell.enter("b') AS h;").find("610A62") != std::string::npos);
  shell.enter("SELECT 1 -- with a comment", "-> ");
  shell.enter("+ 1 AS sum;", "2");
  CHECK(shell.leave() == 0);
  // In another session, too.
  shell.again();
  shell.type(kUp);
  shell.wait_for("quit");
  shell.type(kUp);
  shell.wait_for("sum;");
  shell.enter("", "| sum |");
  shell.wait_for("sqlcast> ");
  shell.type(std::string(kUp) + kUp + kUp + kUp);
  shell.wait_for("AS h;");
  const std::string came = shell.enter("");
  CHECK(came.find("610A62") != std::string::npos);
  CHECK(shell.leave() == 0);
}

TEST_CASE("terminal: errors are broken at blanks", "[terminal]") {
  Shell shell({}, 40);
  const std::string came = shell.enter("CREATE TABLE nowhere_at_all.t (a INT, b INT, a INT);");
  std::istringstream lines(came.substr(came.find("ERROR")));
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 41);  // a carriage return ends each
  CHECK(shell.leave() == 0);
}

TEST_CASE("terminal: an editor, commands of the machine, a tee, and warnings or none", "[terminal]") {
  Shell shell;
  script(shell.folder() / "editor", "sed -i 's/first/second/' \"$1\"\n");
  shell.again({{"EDITOR", (shell.folder() / "editor").string()}});
  shell.enter("SELECT 'the first';");
  std::string came = shell.enter("edit");
  CHECK(came.find("| the second |") != std::string::npos);
  shell.enter("SELECT 'begun", "-> ");
  came = shell.enter("first';\\e");
  CHECK(came.find("second") != std::string::npos);

  CHECK(shell.enter("\\! echo said $((40 + 2)); echo and more").find("said 42") != std::string::npos);
  CHECK(shell.enter("system exit 3").find("status 3") != std::string::npos);

  const std::string file = (shell.folder() / "a copy").string();
  shell.enter("tee " + file);
  shell.enter("SELECT 'copied';");
  shell.enter("SELECT nothing;");
  shell.enter("notee");
  shell.enter("SELECT 'not copied';");
  const std::string copy = shell.read("a copy");
  INFO(copy);
  CHECK(copy.find("sqlcast> SELECT 'copied';\n") != std::string::npos);
  CHECK(copy.find("| copied |") != std::string::npos);
  CHECK(copy.find("ERROR SQL_ERROR") != std::string::npos);
  CHECK(copy.find("not copied") == std::string::npos);

  CHECK(shell.enter("SELECT 1/0;").find("Warning ") != std::string::npos);
  shell.enter("nowarning");
  came = shell.enter("SELECT 1/0;");
  CHECK(came.find("1 warning") != std::string::npos);
  CHECK(came.find("Warning ") == std::string::npos);
  shell.enter("\\W");
  CHECK(shell.enter("SELECT 1/0;").find("Warning ") != std::string::npos);
  CHECK(shell.enter("connect").find("is not there") != std::string::npos);
  CHECK(shell.leave() == 0);
}

TEST_CASE("terminal: who waits for the master is told so within seconds, and that it is done when it is",
          "[terminal]") {
  Cluster cluster(1);
  (void)cluster.must("CREATE DATABASE d");
  (void)cluster.must("CREATE TABLE d.t (a INT)");
  (void)cluster.wait_until_equal();
  const TemporaryFolder folder;
  Terminal::Options options;
  options.command = {program("sqlcast"), "--endpoint", cluster.slave(0).endpoint(), "d"};
  options.environment = {{"XDG_STATE_HOME", folder.path().string()}};
  Terminal terminal(options);
  terminal.wait_for("> ");
  cluster.master().kill();
  terminal.type("INSERT INTO t VALUES (1);\n");
  // Long before the library gives the request up, which takes it 30 s.
  terminal.wait_for(" s, Ctrl-C to give up");
  cluster.master().start();
  terminal.wait_for("Query OK, 1 row affected");
  terminal.type("quit\n");
  CHECK(terminal.wait_for_end() == 0);
  CHECK(cluster.master().run("SELECT COUNT(*) FROM d.t").text() == "1");
}

TEST_CASE("terminal: a script runs no command of the machine", "[terminal]") {
  const TemporaryFolder folder;
  const std::filesystem::path script = folder.path() / "script.sql";
  std::ofstream(script) << "\\! touch " << (folder.path() / "made").string() << "\n";
  const Run run = run_program({program("sqlcast"), "--endpoint", shared_cluster().master().endpoint()}, script);
  INFO(run.output);
  CHECK(run.exit_code == 1);
  CHECK(run.output.find("for a person at a terminal") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "made"));
}
