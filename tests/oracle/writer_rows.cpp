// Statements that are not text first of all: joins, queries that stand for tables, aggregates over every type, keys
// that move, ties, LIMIT.
#include "storage/connection.h"
#include "tests/oracle/generator.h"

namespace sqlcast::oracle {
namespace {

using storage::quote_name;
using Kind = Column::Kind;

std::string of(const char* alias, const Column& column) { return std::string(alias) + "." + quote_name(column.name); }

}  // namespace

// What a column of that kind can hold, over the rows of `alias`.
std::string Writer::expression(const Column& to, const Table& from, const char* alias) {
  std::vector<const Column*> same;
  for (const Column& column : from.columns)
    if (column.kind == to.kind) same.push_back(&column);
  if (same.empty() || random_.chance(15)) return literal(to).text;
  const std::string x = of(alias, *random_.of(same));
  switch (to.kind) {
    case Kind::integer:
      return random_.of({x, x + "+1", "IFNULL(" + x + ",3)", x + "%7", x + " DIV 2",
                         "CASE WHEN " + x + ">5 THEN 5 ELSE " + x + " END"});
    case Kind::text:
      return random_.of(
          {x, "LEFT(" + x + ",3)", "IFNULL(" + x + ",'n')", "LOWER(" + x + ")", "CONCAT(LEFT(" + x + ",2),'é')"});
    case Kind::decimal: return random_.of({x, x + "/2", "ROUND(" + x + ",1)", x + "*1.0", "-" + x});
    case Kind::real: return random_.of({x, x + "/3", x + "*0.1", "SQRT(ABS(" + x + "))", "RAND()"});
    case Kind::moment: return random_.of({x, x + " + INTERVAL 1 DAY", "DATE(" + x + ")", "NOW(3)"});
    default: return x;
  }
}

// One value of a group's.
std::string Writer::aggregate(const Column& to, const Table& from, const char* alias) {
  const std::string x = expression(to, from, alias);
  switch (to.kind) {
    case Kind::integer:
      return random_.of(
          {"MAX(" + x + ")", "COUNT(*)", "COUNT(DISTINCT " + x + ")", "MIN(" + x + ")", "BIT_XOR(" + x + ")%50"});
    case Kind::text: return random_.of({"MAX(" + x + ")", "MIN(" + x + ")", "LEFT(GROUP_CONCAT(" + x + "),10)"});
    case Kind::decimal: return random_.of({"SUM(" + x + ")/100", "AVG(" + x + ")", "MIN(" + x + ")"});
    case Kind::real:
      return random_.of({"AVG(" + x + ")", "STDDEV(" + x + ")", "SUM(" + x + ")", "VARIANCE(" + x + ")"});
    default: return random_.of({"MAX(" + x + ")", "MIN(" + x + ")"});
  }
}

// Another table of the same database, or the same one again, and what joins it: keys, or columns with many equal
// values.
std::string Writer::partner(const Table& table, const Table*& other) {
  other = &any_table();
  for (int i = 0; i < 3 && other->database != table.database; ++i) other = &any_table();
  for (int i = 0; i < 8; ++i) {
    const Column& here = random_.of(table.columns);
    const Column& there = random_.of(other->columns);
    if (here.kind != there.kind) continue;
    return of("c", here) + "=" + of("o", there);
  }
  return "1=1";
}

Statement Writer::joined_by_rows(const Table& table) {
  const Table* other = nullptr;
  const std::string on = partner(table, other);
  const std::string c = name(table) + " AS c";
  const std::string o = name(*other) + " AS o";
  const std::string where = random_.chance(60) ? " WHERE " + of("o", random_.of(other->columns)) + " IS NOT NULL" : "";
  const std::string join = random_.of({" JOIN ", " LEFT JOIN ", " STRAIGHT_JOIN "});
  const Column& to = random_.of(table.columns);
  switch (random_.below(5)) {
    case 0:
      return statement("UPDATE " + c + join + o + " ON " + on + " SET " + of("c", to) + "=" +
                       expression(to, *other, "o") + where);
    case 1: {
      const Column& second = random_.of(other->columns);
      return statement("UPDATE " + c + join + o + " ON " + on + " SET " + of("c", to) + "=" + literal(to).text + "," +
                       of("o", second) + "=" + literal(second).text + where);
    }
    case 2: {
      const Column& by = random_.of(other->columns);
      const std::string key = quote_name(by.name);
      return statement("UPDATE " + c + " JOIN (SELECT o." + key + " AS j," + aggregate(to, *other, "o") +
                       " AS v FROM " + o + " GROUP BY o." + key + ") AS q ON " + of("c", random_.of(table.columns)) +
                       "=q.j SET " + of("c", to) + "=q.v");
    }
    case 3:
      return statement(random_.of({"DELETE c FROM ", "DELETE c,o FROM ", "DELETE IGNORE c FROM "}) + c + join + o +
                       " ON " + on + " AND " + of("o", random_.of(other->columns)) + " LIKE '1%'");
    default:
      return statement("DELETE FROM c USING " + c + " JOIN (SELECT " + aggregate(to, *other, "o") + " AS v FROM " + o +
                       ") AS q ON " + of("c", to) + "=q.v");
  }
}

Statement Writer::insert_by_rows(const Table& table) {
  const Table& from = any_table();
  const Column& by = random_.of(from.columns);
  const std::uint64_t form = random_.below(4);
  std::string into;
  std::string list;
  for (const Column& column : table.columns) {
    if (column.nullable && random_.chance(30)) continue;
    into += (into.empty() ? "(" : ",") + quote_name(column.name);
    list += list.empty() ? "" : ",";
    if (form == 2 && column.kind == Kind::integer)
      list += random_.of(
          {"ROW_NUMBER() OVER (ORDER BY " + of("o", by) + ")", "RANK() OVER (ORDER BY " + of("o", by) + ")"});
    else
      list += form == 0 ? aggregate(column, from, "o") : expression(column, from, "o");
  }
  if (into.empty()) return plain_insert(table);
  std::string text = random_.of({"INSERT INTO ", "INSERT IGNORE INTO ", "REPLACE INTO "}) + name(table) + into + ") ";
  const std::string source = name(from) + " AS o";
  if (form == 0)
    text += "SELECT " + list + " FROM " + source + " GROUP BY " + of("o", by);
  else if (form == 1)
    text +=
        "WITH o AS (SELECT * FROM " + name(from) + " LIMIT " + random_.number(1, 6) + ") SELECT " + list + " FROM o";
  else if (form == 2)
    text += "SELECT " + list + " FROM " + source + " LIMIT " + random_.number(1, 5);
  else
    text +=
        "SELECT DISTINCT " + list + " FROM " + source + " ORDER BY " + of("o", by) + " LIMIT " + random_.number(1, 5);
  return statement(std::move(text), &table);
}

Statement Writer::by_rows(const Table& table) {
  switch (random_.below(8)) {
    case 0:
    case 1:
    case 2: return joined_by_rows(table);
    case 3:
    case 4: return insert_by_rows(table);
    case 5: {
      // A key moves.
      if (table.keys.empty()) return update(table);
      const std::string& key = random_.of(random_.of(table.keys));
      const Column* column = table.find(key);
      const std::string x = quote_name(key);
      const std::string to = column != nullptr && column->kind == Kind::text
                                 ? "CONCAT(LEFT(" + x + ",3),'" + random_.number(0, 9) + "')"
                                 : x + random_.of({"+1", "-1", "+300", "*-1"});
      return statement(random_.of({"UPDATE ", "UPDATE ", "UPDATE IGNORE "}) + name(table) + " SET " + x + "=" + to +
                       random_.of({"", where(table), " LIMIT " + random_.number(1, 4)}));
    }
    case 6: {
      const Column& to = random_.of(table.columns);
      return statement("UPDATE " + name(table) + " SET " + quote_name(to.name) + "=" +
                       random_.of({value(to), literal(to).text,
                                   "(SELECT MIN(" + quote_name(to.name) + ") FROM " + name(table) + " AS i)"}) +
                       where(table) + " LIMIT " + random_.number(1, 6));
    }
    default:
      return statement("DELETE FROM " + name(table) + where(table) + " LIMIT " + random_.number(1, 4) +
                       (random_.chance(30) ? " RETURNING " + quote_name(random_.of(table.columns).name) : ""));
  }
}

}  // namespace sqlcast::oracle
