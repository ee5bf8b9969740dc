#include "tests/support/private_server.h"

#include <cppconn/connection.h>
#include <cppconn/driver.h>
#include <cppconn/exception.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/statement.h>
#include <fcntl.h>
#include <mysql_driver.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace sqlcast::support {
namespace {

using namespace std::chrono_literals;

// Ends with the thread that calls it, however that ends: a test that is killed leaves no server behind.
int spawn(std::vector<std::string> arguments, const std::string& log) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("cannot start " + arguments[0]);
  if (pid > 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (getppid() != parent || file < 0) _exit(127);
  dup2(file, STDOUT_FILENO);
  dup2(file, STDERR_FILENO);
  execvp(argv[0], argv.data());
  _exit(127);
}

std::string server_program() {
  return std::filesystem::exists("/usr/sbin/mariadbd") ? "/usr/sbin/mariadbd" : "mariadbd";
}

// What it has logged goes into the error: the folder does not outlive it.
std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

PrivateServer::PrivateServer() : folder_(temporary_.path()) {
  const std::string user = geteuid() == 0 ? "--user=root" : "--skip-name-resolve";
  // A server that starts deletes every temporary table in its tmpdir, another running server's too: none is shared.
  std::filesystem::create_directory(folder_ + "/tmp");
  const std::string tmpdir = "--tmpdir=" + folder_ + "/tmp";
  const int install = spawn({"mariadb-install-db", "--no-defaults", "--datadir=" + folder_ + "/data", tmpdir,
                             "--skip-test-db", "--auth-root-authentication-method=normal", user},
                            folder_ + "/install.log");
  int status = 0;
  if (waitpid(install, &status, 0) != install || status != 0)
    throw std::runtime_error("mariadb-install-db failed: " + text_of(folder_ + "/install.log"));
  std::filesystem::create_directory(folder_ + "/files");
  pid_ = spawn({server_program(), "--no-defaults", "--datadir=" + folder_ + "/data", tmpdir, "--skip-networking",
                "--socket=" + folder_ + "/s", "--pid-file=" + folder_ + "/pid", "--skip-name-resolve",
                "--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=0", "--max-statement-time=2",
                "--max-connections=20", "--character-set-server=utf8mb4", "--secure-file-priv=" + folder_ + "/files",
                "--local-infile=0", "--event-scheduler=OFF", "--max-prepared-stmt-count=1000", user},
               folder_ + "/server.log");
  const auto deadline = std::chrono::steady_clock::now() + 120s;
  while (waitpid(pid_, &status, WNOHANG) == 0) {
    try {
      connect("");
      return;
    } catch (const ::sql::SQLException&) {
      if (std::chrono::steady_clock::now() > deadline) {
        kill(pid_, SIGKILL);
        waitpid(pid_, &status, 0);
        break;
      }
      std::this_thread::sleep_for(50ms);  // poll interval
    }
  }
  throw std::runtime_error("mariadbd does not answer: " + text_of(folder_ + "/server.log"));
}

PrivateServer::~PrivateServer() {
  if (pid_ > 0) {
    kill(pid_, SIGTERM);
    int status = 0;
    waitpid(pid_, &status, 0);
  }
}

std::unique_ptr<::sql::Connection> PrivateServer::connect(const std::string& database) const {
  ::sql::ConnectOptionsMap options;
  options["hostName"] = ::sql::SQLString("unix://" + folder_ + "/s");
  options["userName"] = ::sql::SQLString("root");
  options["password"] = ::sql::SQLString("");
  options["CLIENT_MULTI_STATEMENTS"] = true;
  options["OPT_CHARSET_NAME"] = ::sql::SQLString("utf8mb4");
  options["OPT_LOCAL_INFILE"] = 0;
  std::unique_ptr<::sql::Connection> connection(get_driver_instance()->connect(options));
  const std::unique_ptr<::sql::Statement> statement(connection->createStatement());
  statement->execute(
      "SET SESSION sql_mode='STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,"
      "NO_ENGINE_SUBSTITUTION'");
  if (!database.empty()) connection->setSchema(database);
  return connection;
}

std::vector<std::string> rows_of(::sql::Connection& connection, const std::string& query) {
  std::vector<std::string> rows;
  const std::unique_ptr<::sql::Statement> statement(connection.createStatement());
  const std::unique_ptr<::sql::ResultSet> result(statement->executeQuery(query));
  const unsigned columns = result->getMetaData()->getColumnCount();
  while (result->next()) {
    std::string row;
    for (unsigned k = 1; k <= columns; ++k) row += result->getString(k).asStdString() + "\t";
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string server_state(::sql::Connection& connection, const std::string& folder) {
  std::string state;
  const auto add = [&](const std::string& query) {
    for (const std::string& row : rows_of(connection, query)) state += row + "\n";
  };
  std::string names;
  for (const std::string& row :
       rows_of(connection,
               "SELECT CONCAT('`', table_schema, '`.`', table_name, '`') FROM "
               "information_schema.tables WHERE table_type IN ('BASE TABLE', 'SEQUENCE') AND table_schema "
               "NOT IN ('information_schema', 'performance_schema', 'sys') AND table_name "
               "NOT IN ('innodb_table_stats', 'innodb_index_stats', 'general_log', "
               "'slow_log') ORDER BY 1"))
    names += (names.empty() ? "" : ",") + row.substr(0, row.size() - 1);
  add("CHECKSUM TABLE " + names);
  add("SELECT table_schema, table_name, column_name, column_type, column_default FROM information_schema.columns WHERE "
      "table_schema <> 'information_schema' ORDER BY 1, 2, ordinal_position");
  add("SELECT schema_name, default_character_set_name FROM information_schema.schemata ORDER BY 1");
  add("SELECT variable_name, variable_value FROM information_schema.global_variables WHERE variable_name NOT IN "
      "('GTID_BINLOG_POS', 'IDENTITY', 'LAST_INSERT_ID', 'TIMESTAMP', 'RAND_SEED1', 'RAND_SEED2', 'ERROR_COUNT', "
      "'WARNING_COUNT') ORDER BY 1");
  add("SELECT variable_name, variable_value FROM information_schema.session_variables WHERE variable_name NOT IN "
      "('TIMESTAMP', 'ERROR_COUNT', 'WARNING_COUNT', 'RAND_SEED1', 'RAND_SEED2', 'IDENTITY', 'LAST_INSERT_ID') "
      "ORDER BY 1");
  add("SELECT name, comment FROM mysql.proc ORDER BY 1 LIMIT 100");
  add("SELECT COUNT(*) FROM information_schema.user_variables");
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string path = entry.path().string();
    // The server's own scratch.
    if (path.find("#sql") == std::string::npos && path.find("aria_log") == std::string::npos) files.push_back(path);
  }
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) state += file + "\n";
  return state;
}

}  // namespace sqlcast::support
