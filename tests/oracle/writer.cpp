#include <algorithm>

#include "storage/connection.h"
#include "tests/oracle/generator.h"

namespace sqlcast::oracle {
namespace {

using storage::quote_name;
using storage::quote_text;
using Kind = Column::Kind;

const std::vector<std::string>& texts() {
  static const std::vector<std::string> kTexts = {"a",
                                                  "A",
                                                  "ä",
                                                  "Ä",
                                                  "a ",
                                                  "b",
                                                  "B",
                                                  "ß",
                                                  "ss",
                                                  "ae",
                                                  "é",
                                                  "e",
                                                  "É",
                                                  "",
                                                  " ",
                                                  "x'",
                                                  "back\\",
                                                  "\"q\"",
                                                  "ö ",
                                                  "oe",
                                                  "z",
                                                  "Z",
                                                  "1",
                                                  "01",
                                                  "1.0",
                                                  "%",
                                                  "_",
                                                  "null",
                                                  "a\tb",
                                                  "line\nend",
                                                  "山",
                                                  "🐬",
                                                  "Ł",
                                                  "ł",
                                                  "ı",
                                                  "I",
                                                  "i",
                                                  "İ",
                                                  "ﬁ",
                                                  "fi",
                                                  "Å",
                                                  "A\u030a",
                                                  "twelve chars",
                                                  "ÿ",
                                                  "c-x"};
  return kTexts;
}

}  // namespace

const Table& Writer::any_table() {
  // Mostly one of the default database, when there is one.
  const Table* table = &random_.of(tables_);
  for (int i = 0; i < 4 && !database_.empty() && table->database != database_; ++i) table = &random_.of(tables_);
  return *table;
}

// Named with its database where it must be, sometimes where it need not, and rarely not where it must.
std::string Writer::name(const Table& table) const {
  const bool here = table.database == database_;
  // In another database than its own it could be a table of that one.
  const bool nowhere = database_.empty() && random_.chance(2);
  if (nowhere || (here && random_.chance(70))) return quote_name(table.name);
  return quote_name(table.database) + "." + quote_name(table.name);
}

Statement Writer::statement(std::string text, const Table* target) {
  Statement statement;
  statement.frozen = text.find("UUID()") != std::string::npos || text.find("SYSDATE(") != std::string::npos;
  statement.plain = text;
  statement.wire.sql = std::move(text);
  if (target != nullptr && !target->automatic.empty()) {
    statement.database = target->database;
    statement.table = target->name;
    statement.automatic = target->automatic;
  }
  return statement;
}

Writer::Literal Writer::literal(const Column& column) {
  switch (column.kind) {
    case Kind::integer: {
      const std::int64_t number = static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(column.domain)));
      return {std::to_string(number), number, true};
    }
    case Kind::text: {
      std::string text = random_.of(texts());
      if (text.size() < 8 && random_.chance(60)) text += random_.number(0, 40);
      return {quote_text(text), text, true};
    }
    case Kind::decimal: return {random_.number(-300, 300) + "." + random_.number(0, 99), {}, false};
    case Kind::real: {
      const std::string number = random_.of({"0.0", "1.5", "-2.25e3", "1e-3", "3.0"});
      return {number, std::stod(number), true};
    }
    case Kind::moment:
      return {"'20" + random_.number(10, 37) + "-0" + random_.number(1, 9) + "-1" + random_.number(0, 9) +
                  " 03:04:05." + random_.number(0, 9) + "'",
              {},
              false};
    case Kind::bytes: return {"x'" + random_.of({"", "00", "61", "ff00", "c3a4", "41"}) + "'", {}, false};
    case Kind::choice: return {random_.of({"'x'", "'y'", "'é'", "1"}), {}, false};
  }
  return {"NULL", {}, false};
}

std::string Writer::bad_value(const Column& column) {
  switch (column.kind) {
    case Kind::integer: return random_.of({"'abc'", "99999999999", "'7x'", "1/0", "NULL"});
    case Kind::text: return random_.of({"REPEAT('x',40)", "'much too long a text'", "'山山'", "NULL"});
    case Kind::decimal: return random_.of({"123456789", "1.23456", "'1,5'", "1/0"});
    case Kind::real: return random_.of({"1e400", "'e'", "'1.5 '"});
    case Kind::moment: return random_.of({"'2024-02-30 00:00:00'", "'x'", "'1969-01-01 00:00:00'", "20240101", "0"});
    case Kind::bytes: return random_.of({"REPEAT('b',20)", "12345678901"});
    case Kind::choice: return random_.of({"'q'", "''", "9", "0"});
  }
  return "NULL";
}

std::string Writer::value(const Column& column) {
  const std::uint64_t what = random_.below(100);
  if (random_.below(150) == 0) return bad_value(column);
  if (what < 9 && column.nullable) return "NULL";
  if (what < 12) return "DEFAULT";
  if (what < 20) {
    switch (column.kind) {
      case Kind::integer:
        return random_.of({"1+1", "LENGTH('abc')", "CAST('9' AS SIGNED)", "7 DIV 2", "IF(1,3,4)", "ASCII('a')%9"});
      case Kind::text:
        return random_.of({"CONCAT('a','b')", "UPPER('ä')", "LEFT('abcdef',2)", "DATABASE()", "LEFT(UUID(),8)"});
      case Kind::decimal: return random_.of({"1.5+1", "ROUND(2.555,2)", "10/4"});
      case Kind::real: return random_.of({"RAND()", "1.5*2", "RAND()*3"});
      case Kind::moment:
        return random_.of({"NOW(3)", "CURRENT_TIMESTAMP", "NOW()", "CURDATE()", "UTC_TIMESTAMP()", "SYSDATE()"});
      case Kind::bytes: return random_.of({"UNHEX('4142')", "'ab'"});
      case Kind::choice: return "'y'";
    }
  }
  return literal(column).text;
}

std::string Writer::id_value() {
  return random_.of({"NULL", "NULL", "NULL", "0", "DEFAULT", random_.number(1, 60), random_.number(1, 200), "-3"});
}

std::vector<Column> Writer::some_columns(const Table& table, bool& with_id) {
  with_id = !table.automatic.empty() && random_.chance(30);
  std::vector<Column> columns;
  for (const Column& column : table.columns)
    if (!column.nullable || random_.chance(75)) columns.push_back(column);
  if (columns.empty()) columns.push_back(table.columns.front());
  return columns;
}

std::string Writer::tuple(const Table& table, const std::vector<Column>& columns, bool with_id) {
  std::string text = with_id && !table.automatic.empty() ? "(" + id_value() : "(";
  for (const Column& column : columns) text += (text.size() > 1 ? "," : "") + value(column);
  return text + ")";
}

namespace {

std::string column_list(const Table& table, const std::vector<Column>& columns, bool with_id) {
  std::string text = with_id ? "(" + quote_name(table.automatic) : "(";
  for (const Column& column : columns) text += (text.size() > 1 ? "," : "") + quote_name(column.name);
  return text + ")";
}

}  // namespace

// Of one shape for each table: literals alone, all columns that may be set.
Statement Writer::plain_insert(const Table& table) {
  const bool with_id = !table.automatic.empty() && random_.chance(10);
  Statement result =
      statement("INSERT INTO " + name(table) + column_list(table, table.columns, with_id) + " VALUES ", &table);
  result.mixed = with_id;
  const bool bound = random_.chance(15);
  for (std::uint64_t rows = random_.chance(80) ? 1 : 2 + random_.below(3); rows > 0; --rows) {
    std::string plain = with_id ? "(" + id_value() : "(";
    std::string wire = plain;
    for (const Column& column : table.columns) {
      if (plain.size() > 1) plain += ',', wire += ',';
      Literal literal = this->literal(column);
      if (column.nullable && random_.chance(6)) literal = {"NULL", std::monostate{}, true};
      if (random_.below(200) == 0) literal = {bad_value(column), {}, false};
      plain += literal.text;
      wire += bound && literal.bindable ? "?" : literal.text;
      if (bound && literal.bindable) result.wire.params.push_back(literal.value);
    }
    result.plain += plain + (rows > 1 ? ")," : ")");
    result.wire.sql += wire + (rows > 1 ? ")," : ")");
  }
  return result;
}

std::string Writer::tail(const Table& table) {
  if (!random_.chance(40)) return {};
  const Column& column = random_.of(table.columns);
  const std::string name = quote_name(column.name);
  return " ON DUPLICATE KEY UPDATE " + name + "=" +
         random_.of({"VALUES(" + name + ")", literal(column).text, name, literal(column).text});
}

Statement Writer::insert(const Table& table) {
  bool with_id = false;
  const std::vector<Column> columns = some_columns(table, with_id);
  const std::string verb =
      random_.of({"INSERT INTO ", "INSERT IGNORE INTO ", "INSERT IGNORE INTO ", "REPLACE INTO ", "INSERT INTO "});
  std::string text = verb + name(table);
  if (random_.chance(15)) {
    text += " SET ";
    for (std::size_t i = 0; i < columns.size(); ++i)
      text += (i == 0 ? "" : ",") + quote_name(columns[i].name) + "=" + value(columns[i]);
  } else {
    text += column_list(table, columns, with_id) + " VALUES ";
    const std::uint64_t rows = random_.chance(60) ? 1 : 2 + random_.below(4);
    for (std::uint64_t i = 0; i < rows; ++i) text += (i == 0 ? "" : ",") + tuple(table, columns, with_id);
  }
  const bool replaces = verb.front() == 'R';
  // Where more keys than one can conflict the policy refuses it.
  if (!replaces && table.unique_keys + (with_id ? 1 : 0) <= 1) text += tail(table);
  // Of a frozen one the log's text runs, which returns nothing.
  if (random_.chance(5) && text.find("UUID()") == std::string::npos && text.find("SYSDATE(") == std::string::npos)
    text += " RETURNING " + quote_name(columns.front().name);
  Statement result = statement(std::move(text), &table);
  result.mixed = with_id;
  return result;
}

std::string Writer::order(const Table& table) {
  std::string text;
  if (table.keys.empty()) return text;
  for (const std::string& column : table.keys.front())
    text += (text.empty() ? " ORDER BY " : ",") + quote_name(column) + random_.of({"", " DESC"});
  return text;
}

std::string Writer::where_key(const Table& table) {
  if (table.keys.empty()) return where(table);
  std::string text;
  for (const std::string& name : random_.of(table.keys)) {
    const Column* column = table.find(name);
    text += (text.empty() ? " WHERE " : " AND ") + quote_name(name) + "=" +
            (column == nullptr ? random_.number(1, 60) : literal(*column).text);
  }
  return text;
}

std::string Writer::where(const Table& table) {
  const Column& column = random_.of(table.columns);
  const std::string name = quote_name(column.name);
  switch (random_.below(7)) {
    case 0: return " WHERE " + name + "=" + literal(column).text;
    case 1: return " WHERE " + name + " IN (" + literal(column).text + "," + literal(column).text + ")";
    case 2: return " WHERE " + name + " BETWEEN " + literal(column).text + " AND " + literal(column).text;
    case 3: return " WHERE " + name + " IS NULL";
    case 4:
      return " WHERE " + name + "<" + literal(column).text + " AND " + quote_name(table.columns.front().name) + ">3";
    case 5:
      return " WHERE " + name + " IN (SELECT " + name + " FROM (SELECT " + name + " FROM " + this->name(table) +
             ") AS q WHERE " + name + ">" + literal(column).text + ")";
    default: return " WHERE " + name + " LIKE 'a%' OR " + name + "=" + literal(column).text;
  }
}

std::string Writer::assignments(const Table& table) {
  std::string text;
  for (std::uint64_t i = 1 + random_.below(2); i > 0; --i) {
    const Column& column = random_.of(table.columns);
    const std::string name = quote_name(column.name);
    std::string to = value(column);
    if (column.kind == Kind::integer && random_.chance(40)) to = name + random_.of({"+1", "-1", "*2", "+0"});
    if (column.kind == Kind::text && random_.chance(30)) to = "CONCAT(" + name + ",'!')";
    text += (text.empty() ? " SET " : ",") + name + "=" + to;
  }
  if (!table.automatic.empty() && random_.chance(10))
    text +=
        "," + quote_name(table.automatic) + "=" +
        random_.of({random_.number(1, 80), quote_name(table.automatic) + "+1", quote_name(table.automatic) + "+100"});
  return text;
}

Statement Writer::update(const Table& table) {
  const std::string verb = random_.chance(8) ? "UPDATE IGNORE " : "UPDATE ";
  std::string text = verb + name(table) + assignments(table);
  if (random_.chance(50))
    text += where_key(table);
  else
    text += (random_.chance(90) ? where(table) : std::string()) + (random_.chance(50) ? order(table) : std::string());
  if (text.find("ORDER BY") != std::string::npos ? random_.chance(40) : random_.chance(5))
    text += " LIMIT " + random_.number(0, 5);
  Statement result = statement(std::move(text));
  if (random_.chance(8)) result.wire.expect = random_.below(2);
  return result;
}

Statement Writer::remove(const Table& table) {
  std::string text = "DELETE FROM " + name(table);
  if (random_.chance(60)) {
    text += where_key(table);
  } else {
    // Without an order it is the master's rows that count.
    text += where(table) + (random_.chance(80) ? order(table) : std::string()) +
            (random_.chance(60) ? " LIMIT " + random_.number(0, 4) : std::string());
  }
  Statement result = statement(std::move(text));
  if (random_.chance(8)) result.wire.expect = random_.below(2);
  return result;
}

Statement Writer::insert_select(const Table& table) {
  const Table& from = random_.chance(50) ? table : any_table();
  std::string into, of;
  std::vector<const Column*> sources;
  for (const Column& column : table.columns) {
    sources.clear();
    for (const Column& source : from.columns)
      if (source.kind == column.kind) sources.push_back(&source);
    if (sources.empty() && column.nullable) continue;
    into += (into.empty() ? "(" : ",") + quote_name(column.name);
    of += of.empty() ? "" : ",";
    if (sources.empty())
      of += literal(column).text;
    else
      of += quote_name(random_.of(sources)->name) + (column.kind == Kind::integer ? random_.of({"", "+1", "+7"}) : "");
  }
  if (into.empty()) return plain_insert(table);
  std::string text = random_.of({"INSERT INTO ", "INSERT IGNORE INTO ", "REPLACE INTO "}) + name(table) + into +
                     ") SELECT " + of + " FROM " + name(from) + where(from);
  if (random_.chance(70)) text += order(from);
  if (text.find("ORDER BY") != std::string::npos || random_.chance(20)) text += " LIMIT " + random_.number(1, 4);
  return statement(std::move(text), &table);
}

Statement Writer::joined(const Table& table) {
  if (table.parent.empty()) return update(table);
  Table parent = table;
  parent.name = table.parent;
  const std::string join = name(table) + " AS c JOIN " + name(parent) + " AS p ON c." + quote_name(table.reference) +
                           "=p." + quote_name(table.parent_key);
  if (random_.chance(50)) {
    const Column& column = random_.of(table.columns);
    return statement("UPDATE " + join + " SET c." + quote_name(column.name) + "=" +
                     random_.of({literal(column).text, "p." + quote_name(table.parent_key)}) + " WHERE p." +
                     quote_name(table.parent_key) + "<" + random_.number(1, 12));
  }
  return statement("DELETE c FROM " + join + " WHERE p." + quote_name(table.parent_key) + "=" + random_.number(1, 12));
}

// What fails in each state, or nearly: in the database, or at the policy.
Statement Writer::wrong(const Table& table) {
  const std::string column = quote_name(table.columns.front().name);
  switch (random_.below(9)) {
    case 0: return statement("INSERT INTO " + name(table) + "(nosuch) VALUES (1)");
    case 1: return statement("UPDATE nosuch SET a=1");
    case 2: return statement("DELETE FROM " + name(table) + " WHERE nosuch=1");
    case 3: return statement("INSERT INTO " + name(table) + "(" + column + ") VALUES (1,2)");
    case 4: return statement("UPDATE " + name(table) + " SET " + column + "=(SELECT 1 UNION ALL SELECT 2)");
    case 5: return statement("INSERT INTO " + name(table) + "(" + column + ") VALUES (REPEAT('x',500))");
    case 6: return statement("DELETE FROM nosuch." + quote_name(table.name));
    case 7: {
      // The first row goes in, the second cannot.
      Statement result = plain_insert(table);
      std::string second = ",(";
      for (std::size_t i = 0; i < table.columns.size(); ++i) second += i == 0 ? "'not this'" : ",'nor this'";
      if (result.plain.find("VALUES (NULL,") != std::string::npos || !result.wire.params.empty()) return result;
      result.plain += second + ")";
      result.wire.sql += second + ")";
      return result;
    }
    default: {
      Statement result = update(table);
      result.wire.expect = 3 + random_.below(40);
      return result;
    }
  }
}

Statement Writer::read(const Table& table) {
  Statement result = statement("SELECT * FROM " + name(table) + where(table));
  result.reads = true;
  return result;
}

Statement Writer::definition(const Table& table) {
  const std::string t = name(table);
  const std::string extra = random_.of({"x1", "x2", "`ü 3`"});
  switch (random_.below(14)) {
    case 0:
    case 1:
      return statement("ALTER TABLE " + t + " ADD COLUMN " + extra +
                       random_.of({" INT", " VARCHAR(9) DEFAULT 'é'", " INT AS (1) VIRTUAL", " DATETIME DEFAULT NOW()",
                                   " INT NOT NULL FIRST"}));
    case 2:
    case 3: return statement("ALTER TABLE " + t + " DROP COLUMN " + extra);
    case 4:
      return statement("CREATE INDEX " + extra + " ON " + t + " (" + quote_name(random_.of(table.columns).name) + ")");
    case 5: return statement("DROP INDEX " + extra + " ON " + t);
    case 6: return statement("TRUNCATE TABLE " + t);
    case 7:
      return statement("ALTER TABLE " + t +
                       random_.of({" FORCE", " ENGINE=InnoDB", " COMMENT='é'", " AUTO_INCREMENT=70"}));
    case 8: return statement("CREATE TABLE " + quote_name(table.database) + ".extra LIKE " + t);
    case 9: return statement("DROP TABLE " + quote_name(table.database) + ".extra");
    case 10:
      return statement("CREATE TABLE IF NOT EXISTS " + quote_name(table.database) +
                       ".extra (a INT AUTO_INCREMENT PRIMARY KEY)");
    case 11:
      return statement("CREATE SQL SECURITY INVOKER VIEW " + quote_name(table.database) + ".seen AS SELECT * FROM " +
                       t);
    case 12: return statement("DROP VIEW IF EXISTS " + quote_name(table.database) + ".seen");
    default:
      return statement("ALTER TABLE " + t + " ALTER COLUMN " + quote_name(table.columns.back().name) +
                       " SET DEFAULT NULL");
  }
}

Statement Writer::definition_by_rows(const Table& table) {
  const std::string t = name(table);
  const Column& of = random_.of(table.columns);
  const std::string column = quote_name(of.name);
  switch (random_.below(5)) {
    case 0: return statement("ALTER TABLE " + t + " ADD UNIQUE KEY by_rows (" + column + ")");
    case 1: return statement("ALTER TABLE " + t + " DROP KEY by_rows");
    case 2:
      return statement("ALTER TABLE " + t + " ADD CONSTRAINT checked CHECK (" + column + " <> " + literal(of).text +
                       ")");
    case 3: return statement("ALTER TABLE " + t + " DROP CONSTRAINT checked");
    default: return statement("ALTER TABLE " + t + " CONVERT TO CHARACTER SET utf8mb4");
  }
}

}  // namespace sqlcast::oracle
