#include <catch2/catch.hpp>
#include <set>

#include "bench/histogram.h"
#include "bench/lag_probe.h"
#include "bench/workload.h"
#include "sql/policy.h"

using namespace sqlcast;
using namespace sqlcast::bench;
using std::chrono::microseconds;

TEST_CASE("histogram: percentiles are within 2 % of the sorted values") {
  Histogram histogram;
  std::mt19937_64 random(7);
  std::vector<double> values;
  for (int i = 0; i < 50'000; ++i) {
    const auto value = std::chrono::nanoseconds(1 + random() % (std::uint64_t{1} << (10 + random() % 24)));
    histogram.add(value);
    values.push_back(static_cast<double>(value.count()));
  }
  for (const double percent : {1.0, 50.0, 95.0, 99.0, 99.9, 100.0}) {
    const double exact = percentile_of(values, percent);
    const auto found = static_cast<double>(histogram.percentile(percent).count());
    CHECK(found >= exact);
    CHECK(found <= exact * 1.02);
  }
  CHECK(histogram.count() == 50'000);
  CHECK(static_cast<double>(histogram.max().count()) == percentile_of(values, 100));
}

TEST_CASE("histogram: an empty one gives zeros, and adding it changes nothing") {
  Histogram empty;
  CHECK(empty.percentile(99).count() == 0);
  CHECK(empty.min().count() == 0);
  CHECK(empty.average().count() == 0);
  Histogram one;
  one.add(microseconds(5));
  one.add(empty);
  CHECK(one.min() == microseconds(5));
  CHECK(one.max() == microseconds(5));
  CHECK(one.percentile(50) == microseconds(5));
}

TEST_CASE("workload: every kind's requests have the promised number of statements, all of them accepted") {
  for (const std::string& name : kind_names()) {
    Shape shape;
    shape.kind = *kind_of(name);
    if (shape.kind == Kind::wide) continue;
    Generator generator(shape, 1);
    for (int i = 0; i < 20; ++i) {
      const client::Request request = generator.next();
      CHECK(request.statements.size() == statements_per_request(shape));
      for (const client::Statement& statement : request.statements) {
        const sql::Verdict verdict = sql::classify(statement.sql, shape.database);
        INFO(statement.sql << ": " << verdict.explanation());
        CHECK(verdict.statement_class == (reads_only(shape.kind) ? sql::Class::read : sql::Class::write));
      }
    }
  }
}

TEST_CASE("workload: an insert has sysbench's values: 119 characters of digits and dashes, and 59") {
  Generator generator({}, 3);
  const std::string sql = generator.next().statements[0].sql;
  const std::size_t c = sql.find('\'') + 1;
  const std::size_t pad = sql.find("', '") + 4;
  CHECK(sql.find("', '") - c == 119);
  CHECK(sql.rfind('\'') - pad == 59);
  CHECK(sql.find_first_not_of("0123456789-", c) == c + 119);
}

TEST_CASE("workload: clients with different seeds send different statements") {
  Generator one({}, 1);
  Generator other({}, 2);
  CHECK(one.next().statements[0].sql != other.next().statements[0].sql);
}

TEST_CASE("workload: prepare fills each table with as many rows as asked, and stops when told") {
  for (const Kind kind : {Kind::insert, Kind::grouped, Kind::wide}) {
    Shape shape;
    shape.kind = kind;
    shape.tables = kind == Kind::wide ? 1 : 2;
    shape.table_size = 2'500;
    std::size_t rows = 0;
    CHECK(prepare_statements(shape, [&](const std::string& sql) {
      if (sql.starts_with("INSERT"))
        for (std::size_t at = sql.find("VALUES"); (at = sql.find("(", at + 1)) != std::string::npos;) ++rows;
      return true;
    }));
    CHECK(rows == std::size_t{2'500} * shape.tables);
    int calls = 0;
    CHECK_FALSE(prepare_statements(shape, [&](const std::string&) { return ++calls < 2; }));
    CHECK(calls == 2);
  }
}
