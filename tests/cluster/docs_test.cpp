// Goal: every command that README.md and docs/*.md show does what they show. Method: the fenced blocks are read, and
// each command is run by bash, in a folder that looks like the tree, beside a cluster that has the school; or it is on
// the list below, with the reason. Every block says what it is: `sh` has a command a line, `console` has commands
// behind "$ " and what they print, `python` is a program; other words are no commands.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "client/local/process.h"
#include "tests/support/cluster.h"
#include "tests/support/external_server.h"
#include "tests/support/ports.h"
#include "tests/support/run_program.h"
#include "tests/support/temporary_folder.h"

using namespace sqlcast;
using namespace sqlcast::support;
namespace fs = std::filesystem;

namespace {

// What is not run here.
const std::map<std::string, std::string> kNotRun = {
    {"scripts/up", "installs packages and builds everything; scripts/up --smoke does it in continuous integration"},
    {"scripts/up --detach", "as scripts/up"},
    {"scripts/test", "is what runs this test, and takes many minutes"},
};

struct Special {
  int exit_code = 0;
  bool stays = false;       // a node: it is ended behind the block
  bool same_words = false;  // console: it prints what is shown; otherwise each line begins as one that is shown
  std::string before;       // to be run first
};

const std::string kFreshSchool = "sqlcast -e 'DROP DATABASE IF EXISTS school' && sqlcast < examples/school.sql";

const std::map<std::string, Special>& specials() {
  static const std::map<std::string, Special> kSpecials = {
      {"sqlcast --endpoint tcp://127.0.0.1:5760 -e \"CREATE TABLE school.room (id INT)\"", {1, false, true, {}}},
      {"sqlcast explain -D school \"DELETE FROM student LIMIT 1\"", {0, false, true, {}}},
      {"sqlcast -D school -e \"UPDATE student SET name = @name WHERE id = 1\"", {1, false, true, {}}},
      {"build/release/bin/sqlcast-master --config config/master.yaml", {0, true, false, {}}},
      {"build/release/bin/sqlcast-slave  --config config/slave.yaml", {0, true, false, {}}},
      {"build/release/bin/sqlcast-slave  --config config/slave.yaml --name slave-2 --data_dir var/slave-2 --listen "
       "tcp://127.0.0.1:5761",
       {0, true, false, {}}},
      {"sqlcast import --views invoker dump.sql.gz", {0, false, false, "sqlcast -e 'DROP DATABASE IF EXISTS shop'"}},
      {"sqlcast import dump.sql", {0, false, false, "sqlcast -e 'DROP DATABASE IF EXISTS shop'"}},
      {"mariadb-dump --databases school | sqlcast import -",
       {0, false, false, "sqlcast -e 'DROP DATABASE IF EXISTS school'"}},
  };
  return kSpecials;
}

struct Command {
  std::string place;
  std::string text;  // without a comment behind it
  std::string shown;
  std::size_t block = 0;
  bool console = false;
  bool python = false;
};

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string without_comment(std::string line) {
  if (const std::size_t at = line.find(" # "); at != std::string::npos) line.erase(at);
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

bool has_open_quote(const std::string& text) { return std::count(text.begin(), text.end(), '"') % 2 != 0; }

// The commands of a block.
void add_block(const std::string& kind, const std::vector<std::string>& lines, const std::string& place,
               std::size_t block, std::vector<Command>& commands) {
  Command command{place, {}, {}, block, kind == "console", kind == "python"};
  if (kind == "python") {
    for (const std::string& line : lines) command.text += line + "\n";
    commands.push_back(command);
    return;
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool begins = kind == "sh" ? !lines[i].empty() && !lines[i].starts_with('#') : lines[i].starts_with("$ ");
    if (!begins) {
      if (!commands.empty() && commands.back().block == block && kind == "console")
        commands.back().shown += lines[i] + "\n";
      continue;
    }
    command.text = kind == "sh" ? lines[i] : lines[i].substr(2);
    while (i + 1 < lines.size() && (command.text.ends_with('\\') || has_open_quote(command.text))) {
      if (command.text.ends_with('\\')) command.text.pop_back();
      command.text += "\n" + lines[++i];
    }
    command.text = without_comment(command.text);
    commands.push_back(command);
  }
}

std::vector<Command> commands_of(const fs::path& document) {
  constexpr std::array kKnown = {"sh", "console", "python", "text", "json", "yaml", "sql", "cpp"};
  std::vector<Command> commands;
  std::istringstream text(read_file(document));
  std::vector<std::string> block;
  std::optional<std::string> kind;
  std::size_t number = 0;
  std::size_t blocks = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    if (!line.starts_with("```")) {
      if (kind) block.push_back(line);
      continue;
    }
    if (!kind) {
      kind = line.substr(3);
      INFO(document.filename().string() << ":" << number << " a block has to say what it is: " << line);
      REQUIRE(std::find(kKnown.begin(), kKnown.end(), *kind) != kKnown.end());
      continue;
    }
    ++blocks;
    if (*kind == "sh" || *kind == "console" || *kind == "python")
      add_block(*kind, block, document.filename().string() + ":" + std::to_string(number), blocks, commands);
    block.clear();
    kind.reset();
  }
  return commands;
}

std::vector<fs::path> documents() {
  const fs::path root = SQLCAST_SOURCE_DIR;
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(root / "docs"))
    if (entry.path().extension() == ".md") found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  found.insert(found.begin(), root / "README.md");
  return found;
}

// Words alone: how lines are broken, and how many blanks there are, is the terminal's.
std::string words_of(const std::string& text) {
  std::istringstream stream(text);
  std::string out;
  for (std::string word; stream >> word;) out += (out.empty() ? "" : " ") + word;
  return out;
}

// A folder that looks like the tree, and the cluster of whoever works in it.
class Desk {
 public:
  Desk() : cluster_(options()) {
    const fs::path source = SQLCAST_SOURCE_DIR;
    for (const char* name : {"examples", "scripts", "bench"}) fs::create_symlink(source / name, at(name));
    fs::create_directories(at("build/release"));
    fs::create_symlink(SQLCAST_BIN_DIR, at("build/release/bin"));
    for (const char* name : {"config", "cluster", "folder"}) fs::create_directory(at(name));
    std::string nodes;
    for (const Node* node : cluster_.nodes()) {
      ports_[ports_.empty() ? 5750 : 5759 + static_cast<int>(ports_.size())] = std::stoi(node->port());
      nodes += (nodes.empty() ? "" : ", ") + ("{\"name\": \"" + node->name() + "\", \"role\": \"") +
               (nodes.empty() ? "master" : "slave") + "\", \"endpoint\": \"" + node->endpoint() + "\"" +
               (nodes.empty() ? ", \"publish\": \"tcp://127.0.0.1:9\"" : "") + "}";
    }
    write("cluster/cluster.json", "{\"nodes\": [" + nodes + "]}");
    fs::create_directory_symlink(cluster_.folder() / "keys", at("cluster/keys"));
    fs::copy_file(std::getenv("SQLCAST_KEY"), at("cluster/keys/admin.key"));
    write("dump.sql", dump_of("shop"));
    write("schema.sql", "CREATE DATABASE IF NOT EXISTS two; CREATE TABLE two.t (id INT PRIMARY KEY);\n");
    write("data.sql", "INSERT INTO two.t VALUES (1),(2);\n");
    write("folder/three-schema-create.sql", "CREATE DATABASE `three`;\n");
    write("folder/three.t-schema.sql", "CREATE TABLE `t` (`id` int(11) NOT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB;\n");
    write("folder/three.t.sql", "INSERT INTO `t` VALUES(1),(2);\n");
    write("people.csv", "id,name\n101,\"Ann, of the hill\"\n102,Bob\n");
    write(".my.cnf", "[client]\nuser=root\nsocket=" + server_.socket() + "\n");
    require("mariadb < examples/school.sql");  // into a plain server, which mariadb-dump is to find
    require("gzip -k dump.sql && " + kFreshSchool);
  }

  // Those of other nodes than the cluster's, for a block that starts its own.
  void begin_block(bool own_nodes) {
    own_ports_.clear();
    if (!own_nodes) return;
    for (const int port : {5750, 5751, 5760, 5761}) own_ports_[port] = free_port();
    for (const char* name : {"master.yaml", "slave.yaml"})
      write("config/" + std::string(name), here(read_file(fs::path(SQLCAST_SOURCE_DIR) / "config" / name)));
  }
  void end_block() {
    std::reverse(started_.begin(), started_.end());
    for (const local::ProcessId& process : started_) {
      local::send_signal(process, SIGTERM);
      CHECK(local::wait_for_end(process, std::chrono::milliseconds(kPatience)));
    }
    started_.clear();
  }

  Run run(const std::string& command) const {
    return run_program({"bash", "-c", environment() + "set -o pipefail\n" + here(command)});
  }
  void require(const std::string& command) const {
    const Run result = run(command);
    INFO(command << "\n" << result.output);
    REQUIRE(result.exit_code == 0);
  }
  void start(const std::string& command) {
    local::SpawnOptions options;
    options.program = "/bin/bash";
    options.arguments = {"-c", environment() + "exec " + here(command)};
    options.log = at("node.log");
    options.die_with_parent = true;
    const auto process = local::spawn(options);
    REQUIRE(process.ok());
    started_.push_back(*process);
    const std::string port = std::to_string(own_ports_.at(started_.size() == 1   ? 5750
                                                          : started_.size() == 2 ? 5760
                                                                                 : 5761));
    wait_for("a node to answer: " + command,
             [&] { return run("sqlcast -h 127.0.0.1 -P " + port + " -e 'SELECT 1'").exit_code == 0; });
  }
  // With the three lines in front of `connect` that the documents tell of.
  std::string run_python(std::string program) {
    const std::string endpoint =
        program.find("sys.argv[1]") == std::string::npos ? "tcp://127.0.0.1:5750" : "tcp://127.0.0.1:5760";
    const std::size_t connect = program.find("socket.connect(");
    REQUIRE(connect != std::string::npos);
    const Run lines = run("sqlcast keys export --python --endpoint " + endpoint + " 2>/dev/null");
    INFO(lines.output);
    REQUIRE(lines.exit_code == 0);
    program.insert(connect, lines.output);
    write("program.py", here(program));
    const Run result = run("/usr/bin/python3 program.py " + endpoint);
    INFO(result.output);
    CHECK(result.exit_code == 0);
    return result.output;
  }

  // The ports and folders of the documents, as they are here.
  std::string here(std::string text) const {
    const std::map<int, int>& ports = own_ports_.empty() ? ports_ : own_ports_;
    for (const auto& [shown, port] : ports) {  // which may be digits of a key, too
      const std::string number = std::to_string(shown);
      text = std::regex_replace(text, std::regex("\\b" + number + "\\b"), "<" + number + ">");
    }
    for (const auto& [shown, port] : ports) replace(text, "<" + std::to_string(shown) + ">", std::to_string(port));
    replace(text, "/var/lib/sqlcast/shop", cluster_data_);
    replace(text, "5d1f…", "\"$(sed -n 's/^public //p' cluster/keys/laptop.key)\"");
    return text;
  }

 private:
  // As `sqlcast cluster up` makes it.
  static Cluster::Options options() {
    Cluster::Options options;
    options.keys = true;
    return options;
  }

  fs::path at(const std::string& name) const { return folder_.path() / name; }
  void write(const std::string& name, const std::string& text) const { std::ofstream(at(name)) << text; }

  static std::string dump_of(const std::string& database) {
    return "/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;\nCREATE DATABASE `" +
           database + "`;\nUSE `" + database +
           "`;\nCREATE TABLE `sale` (`id` int(11) NOT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB;\n"
           "INSERT INTO `sale` VALUES (1),(2),(3);\n"
           "/*!50001 CREATE ALGORITHM=UNDEFINED SQL SECURITY INVOKER VIEW `sales` AS select `id` from `sale` */;\n";
  }

  std::string environment() const {
    const std::string home = folder_.path().string();
    return "cd '" + home + "' || exit 99\nunset SQLCAST_KEY\nexport HOME='" + home + "' SQLCAST_DIR='" + home +
           "/cluster' XDG_STATE_HOME='" + home + "/state'\nexport PATH='" + SQLCAST_BIN_DIR + "':\"$PATH\"\n";
  }

  static void replace(std::string& text, const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
      text.replace(at, from.size(), to);
  }

  TemporaryFolder folder_;
  Cluster cluster_;
  const std::string cluster_data_ = cluster_.master().data_folder().string();
  ExternalServer server_;
  std::map<int, int> ports_;
  std::map<int, int> own_ports_;
  std::vector<local::ProcessId> started_;
};

void check_command(Desk& desk, const Command& command) {
  INFO(command.place << ": " << command.text);
  if (command.python) {
    CHECK(desk.run_python(command.text).find("Amina Yusuf") != std::string::npos);
    return;
  }
  const auto found = specials().find(command.text);
  const Special special = found == specials().end() ? Special{} : found->second;
  if (!special.before.empty()) desk.require(special.before);
  if (special.stays) return desk.start(command.text);
  const Run run = desk.run(command.text);
  INFO(run.output);
  CHECK(run.exit_code == special.exit_code);
  if (!command.console) return;
  if (special.same_words) {
    CHECK(words_of(desk.here(command.shown)) == words_of(run.output));
    return;
  }
  std::set<std::string> shown;
  std::istringstream lines(command.shown);
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) shown.insert(line.substr(0, line.find(' ')));
  CHECK((shown.empty() || !run.output.empty()));
  std::istringstream printed(run.output);
  for (std::string line; std::getline(printed, line);)
    CHECK((line.empty() || shown.contains(line.substr(0, line.find(' ')))));
}

}  // namespace

TEST_CASE("docs: every command that README.md and docs/ show is run, and does what they show", "[docs]") {
  Desk desk;
  std::set<std::string> seen;
  for (const fs::path& document : documents()) {
    const std::vector<Command> commands = commands_of(document);
    std::size_t block = 0;
    for (const Command& command : commands) {
      if (command.block != block) {
        desk.end_block();
        block = command.block;
        desk.begin_block(std::any_of(commands.begin(), commands.end(), [&](const Command& each) {
          return each.block == block && each.text.find("sqlcast-master") != std::string::npos;
        }));
      }
      seen.insert(command.text);
      if (!kNotRun.contains(command.text)) check_command(desk, command);
    }
    desk.end_block();
  }
  // The lists have nothing that is shown no more.
  for (const auto& [text, reason] : kNotRun) {
    INFO(text << ": " << reason);
    CHECK(seen.contains(text));
  }
  for (const auto& [text, special] : specials()) {
    INFO(text);
    CHECK(seen.contains(text));
  }
}

TEST_CASE("docs: a block that does not say what it is, or a comment, is no command", "[docs]") {
  std::vector<Command> commands;
  add_block("sh", {"# a comment", "", "one two   # why", "three \\", "  four", "five \"a", "b\""}, "x", 1, commands);
  REQUIRE(commands.size() == 3);
  CHECK(commands[0].text == "one two");
  CHECK(commands[1].text == "three \n  four");
  CHECK(commands[2].text == "five \"a\nb\"");
  commands.clear();
  add_block("console", {"$ one", "shown", "$ two"}, "x", 1, commands);
  REQUIRE(commands.size() == 2);
  CHECK(commands[0].shown == "shown\n");
}
