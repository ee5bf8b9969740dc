// Goal: the executor's outcomes are what the database holds, whichever statement of a script fails, and inserts of one
// shape go as one. Method: jobs on a session of a node's database, past the node; then the table, and the server's
// count of statements.
#include "storage/executor.h"

#include "sql/policy.h"
#include "storage/catalog.h"
#include "tests/support/cluster.h"

using namespace sqlcast;
using namespace sqlcast::support;

namespace {

class Bench {
 public:
  Bench() : connection_(shared_cluster().master().open_database()), executor_(*connection_, {}) {
    run("DROP DATABASE IF EXISTS bench_");
    run("CREATE DATABASE bench_");
  }
  ~Bench() { (void)connection_->execute("DROP DATABASE bench_"); }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  void run(const std::string& sql) {
    const Status status = connection_->execute(sql);
    INFO(sql << ": " << show(status));
    REQUIRE(status.ok());
  }
  std::string ask(const std::string& sql) { return connection_->scalar(sql)->value_or("NULL"); }

  // As the master would have it.
  storage::Job job(const std::vector<std::string>& statements) {
    if (!schema_) schema_ = std::move(*storage::load_schema(*connection_, 1));
    storage::Job made;
    made.database = "bench_";
    made.context.timestamp_us = 1'700'000'000'000'000;
    for (const std::string& sql : statements) {
      sql::Judgement judgement;
      judgement.default_database = "bench_";
      judgement.schema = &*schema_;
      const sql::Verdict verdict = sql::judge(sql, judgement);
      INFO(sql << ": " << verdict.reason);
      REQUIRE(verdict.statement_class == sql::Class::write);
      storage::JobStatement statement;
      statement.sql = sql;
      statement.insert = verdict.insert;
      statement.moves_ids = verdict.moves_ids;
      statement.uses_last_insert_id = verdict.uses_last_insert_id;
      made.statements.push_back(std::move(statement));
    }
    return made;
  }

  // In one transaction, which is committed unless that says that all of it has gone.
  std::vector<storage::JobOutcome> execute(const std::vector<storage::Job>& jobs) {
    const storage::Executor::Execution made = attempt(jobs);
    INFO(show(made.status));
    REQUIRE(made.status.ok());
    run("COMMIT");
    return made.outcomes;
  }
  storage::Executor::Execution attempt(const std::vector<storage::Job>& jobs) {
    storage::Executor::Frame frame;
    frame.prologue = "START TRANSACTION;";
    frame.prologue_statements = 1;
    return executor_.run(jobs, frame);
  }

  std::uint64_t inserts_run() {
    return std::stoull(connection_->rows("SHOW SESSION STATUS LIKE 'Com_insert'")->at(0).at(1).value_or(""));
  }

 private:
  std::unique_ptr<storage::Connection> connection_;
  storage::Executor executor_;
  std::optional<sql::Schema> schema_;
};

}  // namespace

TEST_CASE("executor: a job that is said to have succeeded has its row, whatever failed behind it", "[executor]") {
  Bench bench;
  bench.run("CREATE TABLE bench_.a (id INT AUTO_INCREMENT PRIMARY KEY, k INT UNIQUE)");
  // To look at it takes longer than the job's time: the statement that only prepares its insert fails.
  bench.run(
      "CREATE TABLE bench_.slow (id INT AUTO_INCREMENT PRIMARY KEY, k INT) PARTITION BY HASH (id) PARTITIONS 1000");
  std::vector<storage::Job> jobs;
  for (int k = 1; k <= 3; ++k) {
    jobs.push_back(bench.job({"INSERT INTO a (k) VALUES (" + std::to_string(k) + ")"}));
    jobs.push_back(bench.job({"INSERT INTO slow (k) VALUES (" + std::to_string(k) + ")"}));
  }
  bench.execute({bench.job({"INSERT INTO a (k) VALUES (0)"})});  // its next id is known
  for (storage::Job& job : jobs) job.timeout_ms = 4;
  bench.run("FLUSH TABLES");
  const std::vector<storage::JobOutcome> outcomes = bench.execute(jobs);
  bench.run("SET max_statement_time=0");
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    INFO(jobs[i].statements[0].sql << ": " << show(outcomes[i].status));
    const std::string there = bench.ask(std::string("SELECT COUNT(*) FROM bench_.") + (i % 2 == 0 ? "a" : "slow") +
                                        " WHERE k=" + std::to_string(i / 2 + 1));
    CHECK(there == (outcomes[i].status.ok() ? "1" : "0"));
  }
}

TEST_CASE("executor: what a script that broke off was to impose is imposed by the next", "[executor]") {
  Bench bench;
  bench.run("DROP DATABASE IF EXISTS bench_other");
  bench.run("CREATE DATABASE bench_other");
  for (const std::string database : {"bench_", "bench_other"}) {
    bench.run("CREATE TABLE " + database + ".t (id INT AUTO_INCREMENT PRIMARY KEY, at DATETIME, v INT)");
    bench.run("INSERT INTO " + database + ".t VALUES (7, NULL, 0)");
  }
  storage::Job breaks = bench.job({"UPDATE t SET v=v WHERE id=0"});
  // As when another session's locks made a deadlock of it.
  breaks.statements[0].sql = "SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO=1213";
  storage::Job other = bench.job({"UPDATE t SET v=1, at=NOW() WHERE id=7", "INSERT INTO t (v) VALUES (2)"});
  other.database = "bench_other";
  other.context.timestamp_us = 1'800'000'000'000'000;
  CHECK(bench.attempt({breaks, other}).status.database_errno == 1213);
  bench.run("ROLLBACK");
  const std::vector<storage::JobOutcome> outcomes = bench.execute({other});
  CHECK(outcomes[0].status.ok());
  CHECK(outcomes[0].statements[1].effect.insert_id == 8);
  CHECK(bench.ask("SELECT v FROM bench_.t") == "0");
  CHECK(bench.ask("SELECT UNIX_TIMESTAMP(at) FROM bench_other.t WHERE id=7 AND v=1") == "1800000000");
  bench.run("DROP DATABASE bench_other");
}

TEST_CASE("executor: a job whose table has gone fails alone, at its statement", "[executor]") {
  Bench bench;
  bench.run("CREATE TABLE bench_.a (id INT AUTO_INCREMENT PRIMARY KEY, k INT)");
  bench.run("CREATE TABLE bench_.gone (id INT AUTO_INCREMENT PRIMARY KEY, k INT)");
  const std::vector<storage::Job> jobs = {
      bench.job({"INSERT INTO a (k) VALUES (1)"}), bench.job({"INSERT INTO a (k) VALUES (2)"}),
      bench.job({"INSERT INTO a (k) VALUES (3)", "INSERT INTO gone (k) VALUES (1)", "INSERT INTO a (k) VALUES (4)"}),
      bench.job({"INSERT INTO a (k) VALUES (5)"})};
  bench.run("DROP TABLE bench_.gone");
  const std::vector<storage::JobOutcome> outcomes = bench.execute(jobs);
  CHECK(outcomes[0].status.ok());
  CHECK(outcomes[1].status.ok());
  CHECK(outcomes[2].status.database_errno == 1146);
  CHECK(outcomes[2].failed_statement == 1U);
  CHECK(outcomes[3].status.ok());
  CHECK(bench.ask("SELECT GROUP_CONCAT(k ORDER BY k) FROM bench_.a") == "1,2,5");
}

TEST_CASE("executor: inserts of one shape go as one statement, at the master and at a slave", "[executor]") {
  Bench bench;
  // sysbench's table; ids that are generated, and ids of the client's.
  bench.run(
      "CREATE TABLE bench_.sbtest1 (id INTEGER NOT NULL AUTO_INCREMENT, k INTEGER DEFAULT 0 NOT NULL, c CHAR(120) "
      "DEFAULT "
      "'' NOT NULL, pad CHAR(60) DEFAULT '' NOT NULL, PRIMARY KEY (id), KEY k_1 (k))");
  const auto insert = [](int id, int k) {
    return "INSERT INTO sbtest1 (id, k, c, pad) VALUES (" + std::to_string(id) + ", " + std::to_string(k) +
           ", 'c', 'p')";
  };
  for (const int first_id : {0, 1000}) {
    for (const bool replay : {false, true}) {
      INFO(first_id << (replay ? ", replayed" : ""));
      bench.run("DELETE FROM bench_.sbtest1");
      std::vector<storage::Job> jobs;
      for (int i = 0; i < 50; ++i) {
        jobs.push_back(bench.job({insert(first_id == 0 ? 0 : first_id + i, i)}));
        jobs.back().replay = replay;
        if (replay && first_id == 0) jobs.back().statements[0].insert_id = static_cast<std::uint64_t>(1 + i);
      }
      const std::uint64_t before = bench.inserts_run();
      const std::vector<storage::JobOutcome> outcomes = bench.execute(jobs);
      CHECK(bench.inserts_run() - before == 1);
      CHECK(outcomes[49].statements[0].effect.insert_id == (first_id == 0 ? 50 : 0));
      CHECK(bench.ask("SELECT CONCAT(MIN(id), ' ', MAX(id), ' ', COUNT(*)) FROM bench_.sbtest1") ==
            (first_id == 0 ? "1 50 50" : "1000 1049 50"));
    }
  }
}
