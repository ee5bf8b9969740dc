#include "tests/differential/generator.h"

#include <cctype>

namespace sqlcast::differential {
namespace {

const std::vector<std::string>& hazards() {
  static const std::vector<std::string> kHazards = {";",
                                                    "; ",
                                                    ";;",
                                                    "; DELETE FROM t",
                                                    ";DROP TABLE s;",
                                                    ";SELECT 1",
                                                    "'",
                                                    "\"",
                                                    "`",
                                                    "''",
                                                    "\"\"",
                                                    "``",
                                                    "\\",
                                                    "\\'",
                                                    "\\\"",
                                                    "\\\\",
                                                    "\\`",
                                                    "\\N",
                                                    "\\n",
                                                    "\\G",
                                                    "--",
                                                    "-- ",
                                                    "--\n",
                                                    "--\t",
                                                    "--\x01",
                                                    "-- x\r",
                                                    "--\r",
                                                    "#",
                                                    "#\n",
                                                    "# x\n",
                                                    "/*",
                                                    "*/",
                                                    "/**/",
                                                    "/* x */",
                                                    "/*/",
                                                    "/*/ */",
                                                    "/*!",
                                                    "/*!50000",
                                                    "/*M!",
                                                    "/*!99999 ",
                                                    "/*!*/",
                                                    "/*+",
                                                    "/* /* */",
                                                    "\n",
                                                    "\r",
                                                    "\r\n",
                                                    "\t",
                                                    "\v",
                                                    "\f",
                                                    " ",
                                                    "  ",
                                                    "(",
                                                    ")",
                                                    "((",
                                                    "))",
                                                    ",",
                                                    ".",
                                                    "..",
                                                    "1.e",
                                                    "1.e5",
                                                    ".5e",
                                                    "1e",
                                                    "1e+",
                                                    "0x",
                                                    "0xG",
                                                    "x'",
                                                    "x'1'",
                                                    "x'41'",
                                                    "b'",
                                                    "b'01'",
                                                    "b'2'",
                                                    "N'",
                                                    "n'x'",
                                                    "_utf8mb4'",
                                                    "_latin1'\\'",
                                                    "_binary'",
                                                    "_gbk'",
                                                    "_ucs2'",
                                                    "@",
                                                    "@@",
                                                    "@a",
                                                    "@a:=1",
                                                    "@`x",
                                                    "@'x'",
                                                    "@@version",
                                                    ":=",
                                                    ":",
                                                    "?",
                                                    "{",
                                                    "}",
                                                    "[",
                                                    "$",
                                                    "$$",
                                                    "&",
                                                    "&&",
                                                    "||",
                                                    "|",
                                                    "<=>",
                                                    "!",
                                                    "!=",
                                                    "->",
                                                    "->>",
                                                    "~",
                                                    "^",
                                                    "\xC3\xA4",
                                                    "\xF0\x9F\x98\x80",
                                                    "\xE2\x80\x99",
                                                    "\xC2\xA0",
                                                    "\xE3\x80\x80",
                                                    "\xEF\xBB\xBF",
                                                    "\xC0\xA7",
                                                    "\xBF",
                                                    "\xFF",
                                                    "\xED\xA0\x80",
                                                    "\xEF\xBC\x87",
                                                    "\xE2\x80\xA8",
                                                    "\xC2\x85",
                                                    "\x01",
                                                    "\x1A",
                                                    "\x7F",
                                                    " INTO OUTFILE '/tmp/x'",
                                                    " INTO @x",
                                                    " FOR UPDATE",
                                                    " PROCEDURE ANALYSE()",
                                                    " UNION ",
                                                    " UNION SELECT 1",
                                                    " LIMIT 1",
                                                    "SLEEP(1)",
                                                    "f()",
                                                    "BEGIN ",
                                                    " END",
                                                    "DELIMITER ",
                                                    "SELECT ",
                                                    " AS ",
                                                    " x",
                                                    "1",
                                                    "t",
                                                    "a",
                                                    "NULL",
                                                    " FROM t",
                                                    " WHERE 1",
                                                    "DELETE FROM t",
                                                    "DROP TABLE s",
                                                    "INSERT INTO t VALUES (1)",
                                                    "SET @x=1",
                                                    "CALL p()",
                                                    "mysql.",
                                                    "mysql 1.e.",
                                                    "`mysql`.`user`",
                                                    "information_schema.",
                                                    "NEXT VALUE FOR s",
                                                    "WITH ",
                                                    "VALUES ",
                                                    " RETURNING a",
                                                    " ON DUPLICATE KEY UPDATE a=1",
                                                    "IF(",
                                                    "CASE ",
                                                    "EXECUTE IMMEDIATE '",
                                                    "PREPARE s FROM '",
                                                    "LAST_INSERT_ID(5)",
                                                    "GET_LOCK('a',0)",
                                                    "LOAD_FILE('/etc/passwd')",
                                                    "USER()",
                                                    "UUID()",
                                                    "@@sql_mode",
                                                    "COUNT (",
                                                    "ABS (",
                                                    "`ABS`(",
                                                    "test.f("};
  return kHazards;
}

}  // namespace

Generator::Generator(std::vector<std::string> statements, std::uint64_t seed)
    : statements_(std::move(statements)), random_(seed) {
  // A NUL cannot stand in the list above.
  statements_.push_back(std::string("SELECT 1\0", 9));
}

std::string Generator::pick(const std::vector<std::string>& parts) { return parts[below(parts.size())]; }

const std::string& Generator::statement() { return statements_[below(statements_.size())]; }

std::string Generator::expression(int depth) {
  if (depth <= 0 || below(3) == 0)
    return pick({"a",     "b",           "t.a",     "1",        "-1",      "1.5",          "1e3",
                 ".5",    "'x'",         "'it''s'", "'a\\'b'",  "\"q\"",   "x'41'",        "0x41",
                 "b'01'", "NULL",        "TRUE",    "'\\\\'",   "';'",     "'--'",         "'/*'",
                 "'#'",   "_utf8mb4'x'", "N'x'",    "`a`",      "`t`.`b`", "CURRENT_DATE", "'\xC3\xA4'",
                 "'\n'",  "@@version",   "1/*x*/",  "1 -- x\n", "1#x\n"});
  switch (below(9)) {
    case 0:
      return expression(depth - 1) +
             pick({"+",  "-", " - ", "*",     "/",    "--",    "- -",   "%",      "||",       "&&", "=", "<=>",
                   "<>", "<", ">=",  " AND ", " OR ", " XOR ", " DIV ", " LIKE ", " REGEXP ", "&",  "|", "<<"}) +
             expression(depth - 1);
    case 1: return "(" + expression(depth - 1) + ")";
    case 2:
      return pick({"ABS",  "CONCAT", "LENGTH", "UPPER", "LEFT",       "COALESCE", "IF",     "NOW",
                   "RAND", "UUID",   "MD5",    "HEX",   "JSON_QUOTE", "REPEAT",   "INSERT", "REPLACE",
                   "CHAR", "MOD",    "TRIM",   "COUNT", "MAX",        "f",        "SLEEP",  "USER"}) +
             pick({"(", "(", "( ", " ("}) + expression(depth - 1) + pick({"", ", " + expression(depth - 1)}) + ")";
    case 3:
      return "(SELECT " + expression(depth - 1) + " FROM " + pick({"t", "s", "t AS q", "(SELECT 1 AS a) AS d"}) +
             " LIMIT 1)";
    case 4: return "CASE WHEN " + expression(depth - 1) + " THEN " + expression(depth - 1) + " END";
    case 5:
      return "CAST(" + expression(depth - 1) + " AS " + pick({"CHAR(10)", "UNSIGNED", "DECIMAL(10,2)", "DATE"}) + ")";
    case 6: return expression(depth - 1) + " IN (" + expression(depth - 1) + "," + expression(depth - 1) + ")";
    case 7: return expression(depth - 1) + " BETWEEN " + expression(0) + " AND " + expression(0);
    default: return "NOT " + expression(depth - 1);
  }
}

std::string Generator::composed() {
  const std::string where = below(2) == 0 ? " WHERE " + expression(2) : std::string();
  switch (below(8)) {
    case 0:
      return "INSERT INTO t (a, b) VALUES (" + expression(2) + ", " + expression(1) + ")" +
             pick({"", ", (1, 2)", " RETURNING a"});
    case 1: return "UPDATE t SET a=" + expression(2) + where;
    case 2: return "DELETE FROM t" + where;
    default: break;
  }
  std::string text =
      "SELECT " + expression(3) + pick({"", " AS x", " x", ", " + expression(1)}) + " FROM " +
      pick({"t", "`t`", "t AS q", "t, s", "t JOIN s ON t.a=s.a", "(SELECT 1 AS a, 2 AS b) AS d", "test . t"}) + where;
  text += pick({"", "", " GROUP BY a", " ORDER BY a DESC", " HAVING a", " LIMIT 5", " UNION SELECT 1", " /* c */",
                " -- c", ";"});
  if (below(6) == 0) text = "(" + text + ")";
  if (below(10) == 0) text = "EXPLAIN " + text;
  return text;
}

std::string Generator::damaged(std::string text) {
  for (std::size_t rounds = 1 + below(3); rounds > 0; --rounds) {
    const std::size_t at = below(text.size() + 1);
    switch (below(10)) {
      case 0:
      case 1:
      case 2:
      case 3: text.insert(at, pick(hazards())); break;
      case 4: text.erase(at, 1 + below(4)); break;
      case 5: text.replace(at, std::min<std::size_t>(1, text.size() - at), pick(hazards())); break;
      case 6: text.insert(at, statement()); break;
      case 7: text += pick(hazards()) + statement(); break;
      case 8: text = pick(hazards()) + text; break;
      default:
        for (char& c : text)
          if (below(4) == 0)
            c = static_cast<char>(std::isupper(static_cast<unsigned char>(c)) != 0
                                      ? c | 32
                                      : std::toupper(static_cast<unsigned char>(c)));
    }
  }
  return text;
}

std::string Generator::next() {
  switch (below(8)) {
    case 0: return composed();
    case 1:
    case 2:
    case 3: return damaged(composed());
    default: return damaged(statement());
  }
}

}  // namespace sqlcast::differential
