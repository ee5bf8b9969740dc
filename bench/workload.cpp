#include "bench/workload.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace sqlcast::bench {
namespace {

constexpr std::uint64_t kRowsPerStatement = 1'000;
constexpr std::array kKinds = {Kind::insert,       Kind::update_index, Kind::update_non_index, Kind::delete_insert,
                               Kind::point_select, Kind::range_select, Kind::read_write,       Kind::batch,
                               Kind::forwarded,    Kind::grouped,      Kind::limited,          Kind::narrow,
                               Kind::wide};

std::string wide_row(std::uint64_t i) {
  char text[256];
  const std::uint64_t mixed = i * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
  std::snprintf(text, sizeof text,
                "(%llu,%llu,%llu,%llu.%02llu,0.%llu,'name %llu','2024-%02llu-%02llu %02llu:00:00','note %llx %llx')",
                static_cast<unsigned long long>(i), static_cast<unsigned long long>(i % 1000),
                static_cast<unsigned long long>(mixed >> 3U), static_cast<unsigned long long>(i % 100'000),
                static_cast<unsigned long long>(i % 100), static_cast<unsigned long long>(mixed >> 40U),
                static_cast<unsigned long long>(mixed % 1'000'003), static_cast<unsigned long long>(1 + i % 12),
                static_cast<unsigned long long>(1 + i % 28), static_cast<unsigned long long>(i % 24),
                static_cast<unsigned long long>(mixed), static_cast<unsigned long long>(~mixed));
  return text;
}

bool prepare_wide(const Shape& shape, const std::function<bool(std::string)>& take) {
  if (!take("CREATE TABLE wide (id BIGINT NOT NULL PRIMARY KEY, small INT NOT NULL, large BIGINT NOT NULL, "
            "amount DECIMAL(12,2) NOT NULL, ratio DOUBLE NOT NULL, name VARCHAR(40) NOT NULL, born DATETIME NOT NULL, "
            "note VARCHAR(80) NOT NULL)"))
    return false;
  for (std::uint64_t i = 1; i <= shape.table_size; i += kRowsPerStatement) {
    std::string sql = "INSERT INTO wide (id, small, large, amount, ratio, name, born, note) VALUES ";
    for (std::uint64_t j = i; j < i + kRowsPerStatement && j <= shape.table_size; ++j)
      sql += (j == i ? "" : ",") + wide_row(j);
    if (!take(std::move(sql))) return false;
  }
  return true;
}

client::Request request_of(std::vector<std::string> statements) {
  client::Request request;
  for (std::string& sql : statements) request.statements.emplace_back().sql = std::move(sql);
  return request;
}

}  // namespace

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::insert: return "insert";
    case Kind::update_index: return "update_index";
    case Kind::update_non_index: return "update_non_index";
    case Kind::delete_insert: return "delete_insert";
    case Kind::point_select: return "point_select";
    case Kind::range_select: return "range_select";
    case Kind::read_write: return "read_write";
    case Kind::batch: return "batch";
    case Kind::forwarded: return "forwarded";
    case Kind::grouped: return "grouped";
    case Kind::limited: return "limited";
    case Kind::narrow: return "narrow";
    case Kind::wide: return "wide";
  }
  return "";
}

std::optional<Kind> kind_of(std::string_view name) {
  for (const Kind kind : kKinds)
    if (kind_name(kind) == name) return kind;
  return std::nullopt;
}

const std::vector<std::string>& kind_names() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> all;
    all.reserve(kKinds.size());
    for (const Kind kind : kKinds) all.emplace_back(kind_name(kind));
    return all;
  }();
  return kNames;
}

bool reads_only(Kind kind) { return kind == Kind::point_select || kind == Kind::range_select; }

std::size_t statements_per_request(const Shape& shape) {
  switch (shape.kind) {
    case Kind::delete_insert: return 2;
    case Kind::read_write: return 4;
    case Kind::batch: return shape.batch_size;
    default: return 1;
  }
}

std::int64_t rows_added_per_request(const Shape& shape) {
  switch (shape.kind) {
    case Kind::insert:
    case Kind::narrow:
    case Kind::forwarded: return 1;
    case Kind::batch: return shape.batch_size;
    case Kind::grouped: return shape.picked_rows;
    case Kind::limited: return -std::int64_t{shape.picked_rows};
    default: return 0;
  }
}

// Groups of eleven digits with dashes between: ten groups for c, five for pad, as sysbench makes them.
std::string Generator::digits(unsigned groups) {
  std::string text(static_cast<std::size_t>(groups) * 12 - 1, '-');
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i % 12 == 11) continue;
    if (digits_count_ == 0) {
      digits_left_ = random_();
      digits_count_ = 19;
    }
    text[i] = static_cast<char>('0' + digits_left_ % 10);
    digits_left_ /= 10;
    --digits_count_;
  }
  return text;
}

std::string Generator::tuple(std::uint64_t row) {
  return "(" + std::to_string(row) + ", " + std::to_string(id()) + ", '" + digits(10) + "', '" + digits(5) + "')";
}

std::string Generator::insert() { return "INSERT INTO " + table() + " (id, k, c, pad) VALUES " + tuple(0); }

// The first of so many rows that stand together.
std::uint64_t Generator::first_of(std::uint64_t rows) {
  return 1 + random_() % (std::max(shape_.table_size, rows) - rows + 1);
}

std::string Generator::insert_grouped() {
  const std::string number = std::to_string(1 + random_() % shape_.tables);
  const std::uint64_t first = first_of(shape_.picked_rows);
  return "INSERT INTO grouped" + number + " (pad, n, total) SELECT pad, COUNT(*), SUM(k) FROM sbtest" + number +
         " WHERE id BETWEEN " + std::to_string(first) + " AND " + std::to_string(first + shape_.picked_rows - 1) +
         " GROUP BY pad";
}

client::Request Generator::next() {
  const auto by_id = [this](const std::string& table, std::uint64_t row) {
    return std::pair("DELETE FROM " + table + " WHERE id=" + std::to_string(row),
                     "INSERT INTO " + table + " (id, k, c, pad) VALUES " + tuple(row));
  };
  const auto update_index = [this] { return "UPDATE " + table() + " SET k=k+1 WHERE id=" + std::to_string(id()); };
  const auto update_non_index = [this] {
    return "UPDATE " + table() + " SET c='" + digits(10) + "' WHERE id=" + std::to_string(id());
  };
  switch (shape_.kind) {
    case Kind::update_index: return request_of({update_index()});
    case Kind::update_non_index: return request_of({update_non_index()});
    case Kind::point_select: return request_of({"SELECT c FROM " + table() + " WHERE id=" + std::to_string(id())});
    case Kind::range_select: {
      const std::uint64_t first = first_of(shape_.range_rows);
      return request_of({"SELECT c FROM " + table() + " WHERE id BETWEEN " + std::to_string(first) + " AND " +
                         std::to_string(first + shape_.range_rows - 1)});
    }
    case Kind::delete_insert: {
      const auto [remove, add] = by_id(table(), id());
      return request_of({remove, add});
    }
    case Kind::read_write: {
      const auto [remove, add] = by_id(table(), id());
      return request_of({update_index(), update_non_index(), remove, add});
    }
    case Kind::batch: {
      std::vector<std::string> statements;
      for (unsigned i = 0; i < shape_.batch_size; ++i) statements.push_back(insert());
      return request_of(std::move(statements));
    }
    case Kind::grouped: return request_of({insert_grouped()});
    case Kind::limited:
      return request_of({"DELETE FROM " + table() + " WHERE pad > '1' LIMIT " + std::to_string(shape_.picked_rows)});
    case Kind::narrow: return request_of({"INSERT INTO narrow (k) VALUES (" + std::to_string(id()) + ")"});
    case Kind::insert:
    case Kind::forwarded:
    case Kind::wide: break;
  }
  return request_of({insert()});
}

bool prepare_statements(const Shape& shape, const std::function<bool(std::string)>& take) {
  if (!take("CREATE DATABASE IF NOT EXISTS " + shape.database)) return false;
  if (shape.kind == Kind::wide) return prepare_wide(shape, take);
  if (shape.kind == Kind::narrow)
    return take("CREATE TABLE narrow (id INTEGER NOT NULL AUTO_INCREMENT PRIMARY KEY, k INTEGER NOT NULL)");
  Shape rows = shape;
  rows.kind = Kind::insert;
  Generator generator(rows, 1);
  for (unsigned table = 1; table <= shape.tables; ++table) {
    const std::string number = std::to_string(table);
    if (!take("CREATE TABLE sbtest" + number +
              " (id INTEGER NOT NULL AUTO_INCREMENT, k INTEGER DEFAULT 0 NOT NULL, c CHAR(120) DEFAULT '' NOT NULL, "
              "pad CHAR(60) DEFAULT '' NOT NULL, PRIMARY KEY (id), KEY k_" +
              number + " (k))"))
      return false;
    for (std::uint64_t i = 1; i <= shape.table_size; i += kRowsPerStatement) {
      std::string sql = "INSERT INTO sbtest" + number + " (id, k, c, pad) VALUES ";
      for (std::uint64_t j = i; j < i + kRowsPerStatement && j <= shape.table_size; ++j)
        sql += (j == i ? "" : ",") + generator.tuple(j);
      if (!take(std::move(sql))) return false;
    }
    if (shape.kind == Kind::grouped &&
        !take("CREATE TABLE grouped" + number +
              " (id INTEGER NOT NULL AUTO_INCREMENT PRIMARY KEY, pad CHAR(60) NOT NULL, n BIGINT NOT NULL, "
              "total DECIMAL(32,0) NOT NULL)"))
      return false;
  }
  return true;
}

std::vector<std::string> cleanup_statements(const Shape& shape) {
  if (shape.kind == Kind::wide) return {"DROP TABLE IF EXISTS wide"};
  if (shape.kind == Kind::narrow) return {"DROP TABLE IF EXISTS narrow"};
  std::vector<std::string> statements;
  for (unsigned table = 1; table <= shape.tables; ++table)
    for (const char* name : {"sbtest", "grouped"})
      statements.push_back("DROP TABLE IF EXISTS " + (name + std::to_string(table)));
  return statements;
}

std::string count_statement(const Shape& shape) {
  if (shape.kind == Kind::wide) return "SELECT COUNT(*) FROM wide";
  if (shape.kind == Kind::narrow) return "SELECT COUNT(*) FROM narrow";
  const std::string name = shape.kind == Kind::grouped ? "grouped" : "sbtest";
  std::string sql = "SELECT ";
  for (unsigned table = 1; table <= shape.tables; ++table)
    sql += (table == 1 ? "" : " + ") + ("(SELECT COUNT(*) FROM " + name) + std::to_string(table) + ")";
  return sql;
}

}  // namespace sqlcast::bench
