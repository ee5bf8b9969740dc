#include <algorithm>
#include <array>

#include "client/gui/model/highlight.h"
#include "client/gui/model/sql_words.h"
#include "client/gui/model/text.h"

namespace sqlcast::gui {

namespace {
const std::vector<std::string_view>& keywords() {
  static const std::vector<std::string_view> kWords = {"ADD",
                                                       "AFTER",
                                                       "ALL",
                                                       "ALTER",
                                                       "ANALYZE",
                                                       "AND",
                                                       "AS",
                                                       "ASC",
                                                       "AUTO_INCREMENT",
                                                       "BEFORE",
                                                       "BEGIN",
                                                       "BETWEEN",
                                                       "BY",
                                                       "CALL",
                                                       "CASCADE",
                                                       "CASE",
                                                       "CHANGE",
                                                       "CHARACTER",
                                                       "CHARSET",
                                                       "CHECK",
                                                       "COLLATE",
                                                       "COLUMN",
                                                       "COLUMNS",
                                                       "COMMENT",
                                                       "COMMIT",
                                                       "CONSTRAINT",
                                                       "CREATE",
                                                       "CROSS",
                                                       "CURRENT",
                                                       "DATABASE",
                                                       "DATABASES",
                                                       "DEFAULT",
                                                       "DELETE",
                                                       "DELIMITER",
                                                       "DESC",
                                                       "DESCRIBE",
                                                       "DISTINCT",
                                                       "DIV",
                                                       "DO",
                                                       "DROP",
                                                       "DUPLICATE",
                                                       "ELSE",
                                                       "END",
                                                       "ENGINE",
                                                       "ESCAPE",
                                                       "EXCEPT",
                                                       "EXISTS",
                                                       "EXPLAIN",
                                                       "FALSE",
                                                       "FIRST",
                                                       "FOLLOWING",
                                                       "FOR",
                                                       "FOREIGN",
                                                       "FROM",
                                                       "FULL",
                                                       "FULLTEXT",
                                                       "FUNCTION",
                                                       "GENERATED",
                                                       "GRANT",
                                                       "GROUP",
                                                       "HAVING",
                                                       "IF",
                                                       "IGNORE",
                                                       "IN",
                                                       "INDEX",
                                                       "INNER",
                                                       "INSERT",
                                                       "INTERSECT",
                                                       "INTERVAL",
                                                       "INTO",
                                                       "IS",
                                                       "JOIN",
                                                       "KEY",
                                                       "KEYS",
                                                       "LATERAL",
                                                       "LEFT",
                                                       "LIKE",
                                                       "LIMIT",
                                                       "LOCK",
                                                       "MODIFY",
                                                       "NATURAL",
                                                       "NOT",
                                                       "NULL",
                                                       "OFFSET",
                                                       "ON",
                                                       "OR",
                                                       "ORDER",
                                                       "OUTER",
                                                       "OVER",
                                                       "PARTITION",
                                                       "PRECEDING",
                                                       "PRIMARY",
                                                       "PROCEDURE",
                                                       "RANGE",
                                                       "RECURSIVE",
                                                       "REFERENCES",
                                                       "REGEXP",
                                                       "RENAME",
                                                       "REPLACE",
                                                       "RESTRICT",
                                                       "RETURNING",
                                                       "RIGHT",
                                                       "RLIKE",
                                                       "ROLLBACK",
                                                       "ROW",
                                                       "ROWS",
                                                       "SCHEMA",
                                                       "SELECT",
                                                       "SET",
                                                       "SHOW",
                                                       "SPATIAL",
                                                       "START",
                                                       "STATUS",
                                                       "STORED",
                                                       "STRAIGHT_JOIN",
                                                       "TABLE",
                                                       "TABLES",
                                                       "TEMPORARY",
                                                       "THEN",
                                                       "TO",
                                                       "TRANSACTION",
                                                       "TRIGGER",
                                                       "TRUE",
                                                       "TRUNCATE",
                                                       "UNBOUNDED",
                                                       "UNION",
                                                       "UNIQUE",
                                                       "UNLOCK",
                                                       "UNSIGNED",
                                                       "UPDATE",
                                                       "USE",
                                                       "USING",
                                                       "VALUES",
                                                       "VARIABLES",
                                                       "VIEW",
                                                       "VIRTUAL",
                                                       "WHEN",
                                                       "WHERE",
                                                       "WINDOW",
                                                       "WITH",
                                                       "XOR",
                                                       "ZEROFILL"};
  return kWords;
}

const std::vector<std::string_view>& types() {
  static const std::vector<std::string_view> kWords = {
      "BIGINT",   "BINARY",   "BIT",      "BLOB",      "BOOL",       "BOOLEAN",   "CHAR",       "DATE",
      "DATETIME", "DECIMAL",  "DOUBLE",   "ENUM",      "FLOAT",      "GEOMETRY",  "INET6",      "INT",
      "INTEGER",  "JSON",     "LONGBLOB", "LONGTEXT",  "MEDIUMBLOB", "MEDIUMINT", "MEDIUMTEXT", "NUMERIC",
      "POINT",    "REAL",     "SIGNED",   "SMALLINT",  "TEXT",       "TIME",      "TIMESTAMP",  "TINYBLOB",
      "TINYINT",  "TINYTEXT", "UUID",     "VARBINARY", "VARCHAR",    "YEAR"};
  return kWords;
}

bool holds(const std::vector<std::string_view>& words, std::string_view upper_word) {
  return std::binary_search(words.begin(), words.end(), upper_word);
}
}  // namespace

const std::vector<std::string_view>& sql_keywords() { return keywords(); }

const std::vector<std::string_view>& sql_functions() {
  static const std::vector<std::string_view> kWords = {"ABS",        "AVG",           "CAST",
                                                       "CEIL",       "CHAR_LENGTH",   "COALESCE",
                                                       "CONCAT",     "CONCAT_WS",     "CONVERT",
                                                       "COUNT",      "CURDATE",       "CURTIME",
                                                       "DATEDIFF",   "DATE_ADD",      "DATE_FORMAT",
                                                       "DATE_SUB",   "DAY",           "DENSE_RANK",
                                                       "EXTRACT",    "FLOOR",         "FORMAT",
                                                       "GREATEST",   "GROUP_CONCAT",  "HEX",
                                                       "HOUR",       "IFNULL",        "INSTR",
                                                       "JSON_ARRAY", "JSON_EXTRACT",  "JSON_OBJECT",
                                                       "JSON_VALUE", "LAG",           "LAST_INSERT_ID",
                                                       "LCASE",      "LEAD",          "LEAST",
                                                       "LENGTH",     "LOCATE",        "LOWER",
                                                       "LPAD",       "LTRIM",         "MAX",
                                                       "MD5",        "MIN",           "MINUTE",
                                                       "MOD",        "MONTH",         "NOW",
                                                       "NULLIF",     "POW",           "QUOTE",
                                                       "RAND",       "RANK",          "REVERSE",
                                                       "ROUND",      "ROW_NUMBER",    "RPAD",
                                                       "RTRIM",      "SECOND",        "SHA1",
                                                       "SHA2",       "SIGN",          "SQRT",
                                                       "STDDEV",     "SUBSTRING",     "SUBSTRING_INDEX",
                                                       "SUM",        "TIMESTAMPDIFF", "TRIM",
                                                       "UCASE",      "UNHEX",         "UNIX_TIMESTAMP",
                                                       "UPPER",      "VERSION",       "WEEK"};
  return kWords;
}

bool is_keyword(std::string_view word) { return holds(keywords(), upper(word)); }

Paint paint_of_word(std::string_view word, bool before_parenthesis) {
  if (word.size() > 16) return Paint::plain;
  std::array<char, 16> buffer{};
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = word[i];
    buffer[i] = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  const std::string_view key(buffer.data(), word.size());
  if (holds(keywords(), key)) return Paint::keyword;
  if (holds(types(), key) && !before_parenthesis) return Paint::type;
  if (before_parenthesis && holds(sql_functions(), key)) return Paint::function;
  return holds(types(), key) ? Paint::type : Paint::plain;
}

}  // namespace sqlcast::gui
