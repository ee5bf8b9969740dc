#include "tests/oracle/generator.h"

#include <algorithm>
#include <stdexcept>

#include "storage/connection.h"

namespace sqlcast::oracle {
namespace {

using storage::quote_name;
using Kind = Column::Kind;

Request request_of(const std::string& sql, Request::Kind kind, const std::string& database = {}) {
  Statement statement;
  statement.plain = statement.wire.sql = sql;
  Request request;
  request.kind = kind;
  request.database = database;
  request.statements.push_back(std::move(statement));
  return request;
}

std::string collation(Random& random) {
  return random.of({"utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_bin", "utf8mb4_unicode_nopad_ci",
                    "utf8mb4_swedish_ci", "utf8mb4_unicode_520_ci", "utf8mb4_german2_ci", "latin1_swedish_ci",
                    "latin1_german2_ci"});
}

// "VARCHAR(12) CHARACTER SET … COLLATE …"
std::string text_type(Random& random, int length) {
  const std::string name = collation(random);
  return "VARCHAR(" + std::to_string(length) + ") CHARACTER SET " + name.substr(0, name.find('_')) + " COLLATE " + name;
}

}  // namespace

std::string describe(const Request& request) {
  std::string text = request.database.empty() ? "no default database" : "database " + request.database;
  for (const Statement& statement : request.statements)
    text += "\n    " + statement.plain + ";" +
            (statement.wire.expect ? " -- expect " + std::to_string(*statement.wire.expect) : "") +
            (statement.wire.sql != statement.plain ? " -- with parameters" : "");
  return text;
}

const Column* Table::find(const std::string& column) const {
  const auto it = std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == column; });
  return it == columns.end() ? nullptr : &*it;
}

Generator::Generator(std::uint64_t seed) {
  Random random(seed);
  flavour_ = random.of({"inserts", "mixed", "mixed", "keys", "rows", "rows"});
  databases_ = {"oracle_a", random.of({"Größe", "テスト", "o`x y", "ORACLE_b", "oracle é"})};
  for (const std::string& database : databases_)
    first_.push_back(
        request_of("CREATE DATABASE " + quote_name(database) +
                       random.of({"", " CHARACTER SET latin1", " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"}),
                   Request::Kind::definition));
  make_tables(random);
  for (const Table& table : tables_) {
    for (int i = 0; i < 6; ++i) {
      // Some of these may collide: a first row is no must.
      Writer writer(random, tables_, table.database);
      Request request;
      request.database = table.database;
      request.statements.push_back(writer.plain_insert(table));
      first_.push_back(std::move(request));
    }
  }
}

void Generator::make_tables(Random& random) {
  const auto anywhere = [&] { return databases_[random.below(databases_.size())]; };
  thing(random, databases_[0]);
  if (random.chance(60)) thing(random, databases_[1]);
  if (random.chance(70)) family(random, anywhere());
  if (random.chance(40)) tree(anywhere());
  if (random.chance(50)) parts(random, anywhere());
  if (random.chance(40)) keyless(random, anywhere());
  if (random.chance(40)) named(random, anywhere());
  if (random.chance(50)) composite(random, anywhere());
}

Table Generator::add(Table table, const std::string& definition) {
  first_.push_back(
      request_of("CREATE TABLE " + quote_name(table.database) + "." + quote_name(table.name) + " " + definition,
                 Request::Kind::definition, table.database));
  tables_.push_back(table);
  return table;
}

// Most of what a table can have.
void Generator::thing(Random& random, const std::string& database) {
  Table table;
  table.database = database;
  table.name = random.of({"thing", "Ding é", "t`1", "物"});
  table.automatic = random.of({"id", "É", "Id x"});
  const std::string id = quote_name(table.automatic);
  const bool k_unique = random.chance(50);
  const bool u_unique = random.chance(50);
  const bool g_unique = random.chance(20);
  table.columns = {{"k", Kind::integer, !k_unique, k_unique ? 600 : 60},
                   {"u", Kind::text, true, 40},
                   {"n", Kind::integer, true, 855},
                   {"d", Kind::decimal, true, 40},
                   {"f", Kind::real, true, 40},
                   {"m", Kind::moment, true, 40},
                   {"b", Kind::bytes, true, 40},
                   {"c", Kind::choice, true, 40}};
  table.keys = {{table.automatic}};
  if (k_unique) table.keys.push_back({"k"});
  table.unique_keys = (k_unique ? 1 : 0) + (u_unique ? 1 : 0) + (g_unique ? 1 : 0);
  const std::string kind = random.of({"VIRTUAL", "PERSISTENT"});
  add(table,
      "(" + id + " " + random.of({"INT", "BIGINT", "SMALLINT UNSIGNED", "INT UNSIGNED", "MEDIUMINT"}) +
          " NOT NULL AUTO_INCREMENT, k INT " + (k_unique ? "NOT NULL" : "DEFAULT 7") + ", u " + text_type(random, 12) +
          ", n INT DEFAULT 5, d DECIMAL(7,2), f DOUBLE, m TIMESTAMP(3) NULL DEFAULT CURRENT_TIMESTAMP(3)" +
          random.of({"", " ON UPDATE CURRENT_TIMESTAMP(3)"}) + ", b VARBINARY(8), c ENUM('x','y','é') DEFAULT 'x', g " +
          random.of({"INT", "BIGINT"}) + " AS (k*2+n) " + kind +
          ", h VARCHAR(30) CHARACTER SET utf8mb4 AS (CONCAT(u,'-',c)) " + random.of({"VIRTUAL", "PERSISTENT"}) +
          ", PRIMARY KEY (" + id + ")" + (k_unique ? ", UNIQUE KEY k (k)" : "") +
          (u_unique ? ", UNIQUE KEY u (u)" : random.of({"", ", KEY u (u(3))"})) +
          (g_unique ? ", UNIQUE KEY g (g)" : random.of({"", ", KEY g (g)"})) + random.of({"", ", KEY n (n, d)"}) +
          random.of({"", ", CHECK (n < 850)"}) + ")" +
          random.of({"", " CHARACTER SET latin1", " ROW_FORMAT=COMPACT", " AUTO_INCREMENT=50"}));
}

// Three generations: parents with a natural or generated key, children, and theirs.
void Generator::family(Random& random, const std::string& database) {
  const auto rule = [&](const char* event, bool nullable) {
    return std::string(" ON ") + event + " " +
           (nullable ? random.of({"CASCADE", "CASCADE", "SET NULL", "RESTRICT"}) : random.of({"CASCADE", "RESTRICT"}));
  };
  const bool generated = random.chance(50);
  Table parent;
  parent.database = database;
  parent.name = random.of({"parent", "Éltern"});
  parent.columns = {{"v", Kind::text, true, 40}, {"n", Kind::integer, true, 100}};
  if (generated)
    parent.automatic = "id";
  else
    parent.columns.insert(parent.columns.begin(), {"id", Kind::integer, false, 12});
  parent.keys = {{"id"}};
  parent.unique_keys = generated ? 0 : 1;
  add(parent, "(id INT " + std::string(generated ? "AUTO_INCREMENT " : "") + "PRIMARY KEY, v " + text_type(random, 10) +
                  ", n INT)");
  Table child;
  child.database = database;
  child.name = "child";
  child.automatic = "id";
  const bool nullable = random.chance(60);
  const bool unique = random.chance(40);
  child.columns = {{"p", Kind::integer, nullable, 12}, {"k", Kind::integer, true, 30}, {"v", Kind::text, true, 40}};
  child.keys = {{"id"}};
  child.unique_keys = unique ? 1 : 0;
  child.parent = parent.name;
  child.reference = "p";
  child.parent_key = "id";
  add(child, std::string("(id INT AUTO_INCREMENT PRIMARY KEY, p INT ") + (nullable ? "" : "NOT NULL") + ", k INT, v " +
                 text_type(random, 10) + (unique ? ", UNIQUE KEY pk (p, k)" : "") + ", FOREIGN KEY (p) REFERENCES " +
                 quote_name(parent.name) + " (id)" + rule("DELETE", nullable) + rule("UPDATE", nullable) + ")");
  if (random.chance(50)) return;
  Table grandchild;
  grandchild.database = database;
  grandchild.name = "grandchild";
  grandchild.columns = {{"a", Kind::integer, false, 20}, {"c", Kind::integer, true, 20}};
  grandchild.keys = {{"a"}};
  grandchild.unique_keys = 1;
  grandchild.parent = child.name;
  grandchild.reference = "c";
  grandchild.parent_key = "id";
  add(grandchild, "(a INT PRIMARY KEY, c INT, FOREIGN KEY (c) REFERENCES child (id)" + rule("DELETE", true) +
                      rule("UPDATE", true) + ")");
}

void Generator::tree(const std::string& database) {
  Table table;
  table.database = database;
  table.name = "tree";
  table.columns = {{"id", Kind::integer, false, 25}, {"up", Kind::integer, true, 25}, {"v", Kind::text, true, 40}};
  table.keys = {{"id"}};
  table.unique_keys = 1;
  table.parent = "tree";
  table.reference = "up";
  table.parent_key = "id";
  add(table, "(id INT PRIMARY KEY, up INT, v VARCHAR(20), FOREIGN KEY (up) REFERENCES tree (id) ON DELETE CASCADE)");
}

void Generator::parts(Random& random, const std::string& database) {
  Table table;
  table.database = database;
  table.name = random.of({"parts", "Teile ü"});
  table.automatic = "id";
  table.columns = {{"k", Kind::integer, false, 30}, {"v", Kind::text, true, 40}};
  table.keys = {{"id", "k"}};
  table.unique_keys = 0;
  add(table, "(id BIGINT AUTO_INCREMENT, k INT NOT NULL, v " + text_type(random, 20) + ", PRIMARY KEY (id, k)" +
                 random.of({"", ", KEY (v)"}) + ") PARTITION BY " +
                 random.of({"HASH (k) PARTITIONS 3", "KEY (k) PARTITIONS 4", "HASH (id) PARTITIONS 2",
                            "RANGE (k) (PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN (25))",
                            "LIST (k MOD 4) (PARTITION a VALUES IN (0,1), PARTITION b VALUES IN (2,3))"}));
}

void Generator::keyless(Random& random, const std::string& database) {
  Table table;
  table.database = database;
  table.name = "keyless";
  table.columns = {{"a", Kind::integer, true, 5}, {"v", Kind::text, true, 40}, {"d", Kind::decimal, true, 40}};
  std::string more;
  // With few columns many rows are alike.
  if (random.chance(50)) {
    table.columns.erase(table.columns.begin() + 1, table.columns.end());
    table.columns.push_back({"c", Kind::choice, true, 40});
    add(table, "(a INT, c ENUM('x','y','é') CHARACTER SET " + random.of({"utf8mb4", "latin1"}) + ")");
    return;
  }
  if (random.chance(60)) {
    table.columns.push_back({"f", Kind::real, true, 40});
    table.columns.push_back({"m", Kind::moment, true, 40});
    table.columns.push_back({"b", Kind::bytes, true, 40});
    more = ", f DOUBLE, m TIMESTAMP(3) NULL DEFAULT CURRENT_TIMESTAMP(3)" +
           random.of({"", " ON UPDATE CURRENT_TIMESTAMP(3)"}) + ", b VARBINARY(8), g BIGINT AS (a+1) " +
           random.of({"VIRTUAL", "PERSISTENT"});
  }
  const bool unique = random.chance(30);  // where it is not NULL
  table.unique_keys = unique ? 1 : 0;
  add(table, "(a INT, v " + text_type(random, 10) + ", d DECIMAL(6,1)" + more +
                 (unique ? ", UNIQUE KEY (d)" : random.of({"", ", KEY (a)"})) + ")");
}

// The AUTO_INCREMENT column is not the primary key.
void Generator::named(Random& random, const std::string& database) {
  Table table;
  table.database = database;
  table.name = "named";
  table.automatic = "number";
  table.columns = {{"name", Kind::text, false, 40}, {"n", Kind::integer, true, 50}};
  table.keys = {{"name"}, {"number"}};
  table.unique_keys = 1;
  add(table, "(name " + text_type(random, 12) +
                 " NOT NULL PRIMARY KEY, number INT NOT NULL AUTO_INCREMENT, n INT, UNIQUE " + "KEY (number))");
}

void Generator::composite(Random& random, const std::string& database) {
  Table table;
  table.database = database;
  table.name = "composite";
  table.columns = {{"a", Kind::text, false, 40},
                   {"b", Kind::integer, false, 6},
                   {"n", Kind::integer, true, 500},
                   {"m", Kind::moment, true, 40}};
  table.keys = {{"a", "b"}};
  table.unique_keys = random.chance(30) ? 2 : 1;
  add(table, "(a " + text_type(random, 12) +
                 " NOT NULL, b INT NOT NULL, n INT, m DATETIME(6) DEFAULT NOW(6), PRIMARY KEY " + "(a, b)" +
                 (table.unique_keys == 2 ? ", UNIQUE KEY (n)" : random.of({"", ", KEY (n)"})) + ")");
}

std::vector<Request> Generator::last() const {
  std::vector<Request> requests;
  // Keys of one database never refer to another.
  for (const std::string& database : databases_)
    requests.push_back(request_of("DROP DATABASE " + quote_name(database), Request::Kind::definition));
  return requests;
}

Request Generator::next(Random& random) const {
  Request request;
  const Table& around = tables_[random.below(tables_.size())];
  if (!random.chance(25)) request.database = around.database;
  Writer writer(random, tables_, request.database);
  if (random.chance(flavour_ == "inserts" ? 1 : 3)) {
    const bool by_rows = random.chance(20);
    request.kind = by_rows ? Request::Kind::definition_by_rows : Request::Kind::definition;
    const Table& table = writer.any_table();
    request.statements.push_back(by_rows ? writer.definition_by_rows(table) : writer.definition(table));
    return request;
  }
  request.warnings = random.chance(30);
  const std::size_t count = random.chance(70) ? 1 : 2 + random.below(3);
  // Inserts of one shape are what a master puts together.
  const Table& favourite = flavour_ == "inserts" ? tables_.front() : writer.any_table();
  bool writes = false;
  for (std::size_t i = 0; i < count; ++i) {
    const Table& table = random.chance(60) ? favourite : writer.any_table();
    const std::uint64_t what = random.below(100);
    const std::uint64_t inserts = flavour_ == "inserts" ? 75 : 25;
    if (random.chance(flavour_ == "rows" ? 65 : 8))
      request.statements.push_back(writer.by_rows(table));
    else if (what < inserts)
      request.statements.push_back(writer.plain_insert(table));
    else if (what < inserts + (100 - inserts) * 30 / 100)
      request.statements.push_back(writer.insert(table));
    else if (what < inserts + (100 - inserts) * 60 / 100)
      request.statements.push_back(writer.update(table));
    else if (what < inserts + (100 - inserts) * 75 / 100)
      request.statements.push_back(writer.remove(table));
    else if (what < inserts + (100 - inserts) * 82 / 100)
      request.statements.push_back(writer.insert_select(table));
    else if (what < inserts + (100 - inserts) * 88 / 100)
      request.statements.push_back(writer.joined(table));
    else if (what < inserts + (100 - inserts) * 97 / 100 || !writes)
      request.statements.push_back(writer.wrong(table));
    else
      request.statements.push_back(writer.read(table));
    writes = writes || !request.statements.back().reads;
  }
  return request;
}

}  // namespace sqlcast::oracle
