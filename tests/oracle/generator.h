// Generator: a schema out of a seed, and requests for it, without end. What it makes does not depend on what comes of
// it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/oracle/request.h"

namespace sqlcast::oracle {

struct Column {
  enum class Kind { integer, text, decimal, real, moment, bytes, choice };
  std::string name;
  Kind kind = Kind::integer;
  bool nullable = true;
  int domain = 40;  // how many integers there are: few of those that must be unique
};

struct Table {
  std::string database;
  std::string name;
  std::string automatic;                       // its AUTO_INCREMENT column, or empty
  std::vector<Column> columns;                 // that a statement may set, `automatic` left out
  std::vector<std::vector<std::string>> keys;  // unique ones without NULL; the first is the primary key
  int unique_keys = 0;                         // that a row can collide in, the generated value's left out
  std::string parent;                          // a table of the same database that it refers to, by `reference`
  std::string reference;
  std::string parent_key;

  const Column* find(const std::string& column) const;
};

class Generator {
 public:
  explicit Generator(std::uint64_t seed);

  // Makes the databases and tables, with rows; each of them must succeed. `last` drops them.
  const std::vector<Request>& first() const { return first_; }
  std::vector<Request> last() const;
  const std::vector<Table>& tables() const { return tables_; }
  const std::vector<std::string>& databases() const { return databases_; }
  const std::string& flavour() const { return flavour_; }

  // `random` is the client's own.
  Request next(Random& random) const;

 private:
  void make_tables(Random& random);
  Table add(Table table, const std::string& definition);
  void thing(Random& random, const std::string& database);
  void family(Random& random, const std::string& database);
  void tree(const std::string& database);
  void parts(Random& random, const std::string& database);
  void keyless(Random& random, const std::string& database);
  void named(Random& random, const std::string& database);
  void composite(Random& random, const std::string& database);

  std::vector<std::string> databases_;
  std::vector<Table> tables_;
  std::vector<Request> first_;
  std::string flavour_;  // "inserts", "mixed", "keys", "rows"
};

// Statements of all kinds for the tables of one schema. `Writer` is made for one request.
class Writer {
 public:
  Writer(Random& random, const std::vector<Table>& tables, const std::string& database)
      : random_(random), tables_(tables), database_(database) {}

  Statement plain_insert(const Table& table);
  Statement insert(const Table& table);
  Statement insert_select(const Table& table);
  Statement update(const Table& table);
  Statement remove(const Table& table);
  Statement joined(const Table& table);
  Statement by_rows(const Table& table);  // writer_rows.cpp
  Statement wrong(const Table& table);
  Statement read(const Table& table);
  Statement definition(const Table& table);
  Statement definition_by_rows(const Table& table);
  const Table& any_table();

 private:
  struct Literal {
    std::string text;
    Value value;
    bool bindable = false;
  };
  std::string expression(const Column& to, const Table& from, const char* alias);
  std::string aggregate(const Column& to, const Table& from, const char* alias);
  std::string partner(const Table& table, const Table*& other);
  Statement joined_by_rows(const Table& table);
  Statement insert_by_rows(const Table& table);
  Literal literal(const Column& column);
  std::string value(const Column& column);
  std::string bad_value(const Column& column);
  std::string name(const Table& table) const;
  std::string order(const Table& table);
  std::string where(const Table& table);
  std::string where_key(const Table& table);
  std::string assignments(const Table& table);
  std::string tail(const Table& table);
  std::vector<Column> some_columns(const Table& table, bool& with_id);
  std::string tuple(const Table& table, const std::vector<Column>& columns, bool with_id);
  std::string id_value();
  Statement statement(std::string text, const Table* target = nullptr);

  Random& random_;
  const std::vector<Table>& tables_;
  const std::string& database_;
};

}  // namespace sqlcast::oracle
