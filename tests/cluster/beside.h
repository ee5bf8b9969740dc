// Beside: a cluster's database and one of the same definitions that no node knows, in the server of the master: what a
// plain MariaDB does with the same statements. One object belongs to one thread.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "storage/dialect.h"
#include "tests/support/cluster.h"

namespace sqlcast::support {

inline proto::QueryRequest in(const std::string& database, proto::QueryRequest request) {
  request.database = database;
  return request;
}

// A cluster's database and, past the nodes, one of the same definitions: the plain MariaDB.
class Beside {
 public:
  explicit Beside(Cluster& cluster, std::string name) : cluster_(cluster), name_(std::move(name)) {
    cluster_.must("CREATE DATABASE " + name_);
    plain_ = cluster_.master().open_database();
    REQUIRE(plain_->execute(storage::pin_session_sql()).ok());
    REQUIRE(plain_->execute("CREATE DATABASE plain_" + name_).ok());
    REQUIRE(plain_->execute("USE plain_" + name_).ok());
  }
  ~Beside() { (void)plain_->execute("DROP DATABASE plain_" + name_); }
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;

  // At both, with the same outcome.
  Answer both(const std::string& sql) {
    INFO(sql);
    const Answer answer = cluster_.master().run(in(name_, query_of(sql)));
    const Status plain = plain_->execute(sql);
    INFO("cluster: " << show(answer.status) << "\nplain: " << show(plain));
    REQUIRE(answer.status.database_errno == plain.database_errno);
    REQUIRE(answer.ok() == plain.ok());
    if (!answer.ok()) return answer;
    const std::string rows = plain_->scalar("SELECT ROW_COUNT()")->value_or("");
    const bool counts = !sql.starts_with("CREATE") && !sql.starts_with("ALTER") && !sql.starts_with("DROP") &&
                        sql.find(" RETURNING ") == std::string::npos;  // it has no count then
    if (counts) CHECK(std::to_string(answer.at(0).affected_rows) == rows);
    return answer;
  }
  Answer here(const std::string& sql) { return cluster_.master().run(in(name_, query_of(sql))); }

  // Row by row.
  void same(const std::string& table, const std::string& columns = "*") {
    const auto of = [&](const std::string& database) {
      const auto rows = plain_->rows("SELECT " + columns + " FROM " + database + "." + table);
      REQUIRE(rows.ok());
      std::vector<std::string> lines;
      for (const storage::Row& row : *rows) {
        std::string line;
        for (const auto& cell : row) line += cell ? storage::quote_text(*cell) + "|" : "NULL|";
        lines.push_back(line);
      }
      std::sort(lines.begin(), lines.end());
      return lines;
    };
    const std::vector<std::string> here = of(name_);
    const std::vector<std::string> plain = of("plain_" + name_);
    std::vector<std::string> differing;
    std::set_symmetric_difference(here.begin(), here.end(), plain.begin(), plain.end(), std::back_inserter(differing));
    if (differing.size() > 8) differing.resize(8);
    std::string shown;
    for (const std::string& line : differing) shown += line + "\n";
    CHECK(shown == "");
  }

  // One slave has other statistics, and its rows in another order.
  void make_plans_differ(const std::string& table) {
    cluster_.wait_until_equal();
    const auto there = cluster_.slave(0).open_database();
    REQUIRE(there->execute("USE " + name_).ok());
    REQUIRE(there->execute("CREATE TABLE other_order LIKE " + table).ok());
    const auto generated = there->scalar(
        "SELECT GROUP_CONCAT(CONCAT('`',COLUMN_NAME,'`')) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='" +
        name_ + "' AND TABLE_NAME='" + table + "' AND EXTRA NOT LIKE '%GENERATED%'");
    const std::string list = generated->value_or("");
    for (const std::string& sql :
         {"INSERT INTO other_order (" + list + ") SELECT " + list + " FROM " + table + " ORDER BY RAND(5)",
          std::string("SET foreign_key_checks=0"), "DELETE FROM " + table,
          "INSERT INTO " + table + " (" + list + ") SELECT " + list + " FROM other_order ORDER BY RAND(7)",
          std::string("DROP TABLE other_order"), "ANALYZE TABLE " + table, "OPTIMIZE TABLE " + table}) {
      INFO(sql);
      REQUIRE(there->execute(sql).ok());
    }
  }

  void finish() {
    REQUIRE(plain_->execute("DROP DATABASE plain_" + name_).ok());
    cluster_.wait_until_equal();
    cluster_.check_same_everywhere();
    cluster_.must("DROP DATABASE " + name_);
  }

 private:
  Cluster& cluster_;
  const std::string name_;
  std::unique_ptr<storage::Connection> plain_;
};

// id, a (each value once), b (many rows a value), t
inline void fill(Beside& beside, int rows) {
  beside.both("CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, t VARCHAR(40), KEY b (b), KEY t (t))");
  std::string insert = "INSERT INTO t VALUES ";
  for (int k = 1; k <= rows; ++k) {
    const std::string text = std::to_string(k);
    insert += (k == 1 ? "(" : ",(") + text + "," + std::to_string(k * 7919 % 100'003) + "," + std::to_string(k % 10) +
              ",'name " + std::to_string(k % 37) + "')";
  }
  beside.both(insert);
}

}  // namespace sqlcast::support
