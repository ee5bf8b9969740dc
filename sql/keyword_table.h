// The keyword table: the words that the recogniser steers by, in order, and what they are.
//   clause    ends a clause when it stands outside parentheses
//   group     an expression may have it in front of a parenthesis, and it is no function
//   reserved  a reserved word of expressions: never a column
//   name      mostly a name where it stands in a text: no editor paints it as a keyword
// Included by keyword.h and keyword.cpp alone. Plain.
#pragma once

// clang-format off
#define SQLCAST_KEYWORDS(X) \
  X(ACTION, name) X(ADD, 0) X(AFTER, 0) X(AGAINST, group) X(ALGORITHM, name) X(ALL, group | reserved) \
  X(ALTER, 0) X(ALWAYS, name) X(ANALYZE, 0) X(AND, group | reserved) X(ANY, group) X(AS, group | reserved) \
  X(ASC, reserved) X(ASCII, name) X(AUTO_INCREMENT, 0) X(AVG_ROW_LENGTH, 0) X(BEGIN, 0) \
  X(BETWEEN, group | reserved) X(BINARY, group | reserved) X(BTREE, name) X(BY, group | reserved) X(BYTE, name) \
  X(CASCADE, 0) X(CASCADED, name) X(CASE, group | reserved) X(CHANGE, 0) X(CHARACTER, 0) X(CHARSET, 0) \
  X(CHECK, 0) X(CHECKSUM, name) X(COALESCE, name) X(COLLATE, reserved) X(COLUMN, 0) X(COLUMNS, group) \
  X(COLUMN_FORMAT, name) X(COMMENT, 0) X(COMPRESSED, name) X(CONSTRAINT, 0) X(CONVERT, name) X(CREATE, 0) \
  X(CROSS, clause) X(CURRENT_DATE, reserved) X(CURRENT_ROLE, reserved) X(CURRENT_TIME, reserved) \
  X(CURRENT_TIMESTAMP, reserved) X(CURRENT_USER, reserved) X(CYCLE, name) X(DATA, name) X(DATABASE, 0) \
  X(DATABASES, 0) X(DEFAULT, reserved) X(DEFINER, 0) X(DELAYED, 0) X(DELAY_KEY_WRITE, 0) X(DELETE, 0) \
  X(DESC, reserved) X(DESCRIBE, 0) X(DIRECTORY, 0) X(DISABLE, name) X(DISCARD, name) \
  X(DISTINCT, group | reserved) X(DISTINCTROW, group) X(DIV, group | reserved) X(DROP, 0) X(DUAL, 0) \
  X(DUMPFILE, name) X(DUPLICATE, 0) X(ELSE, group | reserved) X(ENABLE, name) X(END, 0) X(ENFORCED, name) \
  X(ENGINE, 0) X(ENGINES, name) X(EXAMINED, name) X(EXCEPT, clause) X(EXCHANGE, 0) X(EXISTS, group | reserved) \
  X(EXPLAIN, 0) X(EXTENDED, name) X(FALSE, reserved) X(FETCH, clause) X(FIELDS, name) X(FIRST, 0) \
  X(FOR, clause) X(FORCE, 0) X(FOREIGN, 0) X(FORMAT, name) X(FROM, clause | group | reserved) X(FULL, 0) \
  X(FULLTEXT, 0) X(GENERATED, 0) X(GLOBAL, name) X(GROUP, clause) X(HASH, name) X(HAVING, clause) \
  X(HIGH_PRIORITY, 0) X(HISTORY, name) X(IF, 0) X(IGNORE, 0) X(IGNORED, name) X(IMPORT, name) \
  X(IN, group | reserved) X(INDEX, 0) X(INDEXES, name) X(INNER, clause) X(INSERT, 0) X(INTERSECT, clause) \
  X(INTERVAL, group | reserved) X(INTO, clause) X(INVISIBLE, name) X(IS, reserved) X(JOIN, clause) \
  X(JSON, name) X(JSON_TABLE, 0) X(KEY, 0) X(KEYS, 0) X(KEY_BLOCK_SIZE, 0) X(LATERAL, 0) X(LEFT, clause) \
  X(LIKE, group | reserved) X(LIMIT, clause) X(LIST, name) X(LOCAL, name) X(LOCALTIME, reserved) \
  X(LOCALTIMESTAMP, reserved) X(LOCK, clause) X(LOW_PRIORITY, 0) X(MATCH, 0) X(MAX_ROWS, 0) X(MIN_ROWS, 0) \
  X(MOD, group | reserved | name) X(MODIFY, 0) X(NAMES, name) X(NATURAL, clause) X(NEXT, name) X(NO, name) \
  X(NOT, group | reserved) X(NOWAIT, 0) X(NULL, reserved) X(OF, group | name) X(OFFSET, clause) X(OJ, name) \
  X(ON, clause) X(ONLINE, name) X(OR, group | reserved) X(ORDER, clause | reserved) X(OUTER, 0) X(OUTFILE, 0) \
  X(OVER, group) X(PACK_KEYS, 0) X(PARSER, name) X(PARTIAL, name) X(PARTITION, 0) X(PARTITIONING, 0) \
  X(PARTITIONS, 0) X(PERIOD, name) X(PERSISTENT, name) X(PREVIOUS, name) X(PRIMARY, 0) X(PROCEDURE, clause) \
  X(QUICK, name) X(RANGE, 0) X(RECURSIVE, 0) X(REFERENCES, 0) X(REF_SYSTEM_ID, name) \
  X(REGEXP, group | reserved) X(RENAME, 0) X(REORGANIZE, 0) X(REPLACE, 0) X(RESTRICT, 0) X(RETURNING, clause) \
  X(RIGHT, clause) X(RLIKE, group | reserved) X(ROLLUP, 0) X(ROW, group) X(ROWS, 0) X(ROW_FORMAT, 0) \
  X(SCHEMA, 0) X(SCHEMAS, name) X(SECURITY, name) X(SELECT, clause | reserved) X(SEPARATOR, group | reserved) \
  X(SESSION, name) X(SET, clause) X(SHARE, name) X(SHOW, 0) X(SIGNED, name) X(SIMPLE, name) X(SKIP, name) \
  X(SOME, group | name) X(SPATIAL, 0) X(SQL, name) X(SQL_BIG_RESULT, 0) X(SQL_BUFFER_RESULT, 0) X(SQL_CACHE, 0) \
  X(SQL_CALC_FOUND_ROWS, 0) X(SQL_NO_CACHE, 0) X(SQL_SMALL_RESULT, 0) X(SRID, name) X(STATS_AUTO_RECALC, 0) \
  X(STATS_PERSISTENT, 0) X(STATS_SAMPLE_PAGES, 0) X(STATUS, 0) X(STORAGE, name) X(STORED, 0) \
  X(STRAIGHT_JOIN, clause) X(SYSTEM, name) X(SYSTEM_TIME, name) X(TABLE, 0) X(TABLES, 0) X(TABLESPACE, 0) \
  X(TEMPORARY, 0) X(THEN, group | reserved) X(TO, 0) X(TRUE, reserved) X(TRUNCATE, 0) X(UNICODE, name) \
  X(UNION, clause) X(UNIQUE, 0) X(UNSIGNED, 0) X(UPDATE, 0) X(UPGRADE, name) X(USE, 0) \
  X(USING, clause | reserved) X(UTC_DATE, reserved) X(UTC_TIME, reserved) X(UTC_TIMESTAMP, reserved) \
  X(VALUE, group | name) X(VALUES, group) X(VERSIONING, name) X(VIEW, 0) X(VIRTUAL, 0) X(VISIBLE, name) \
  X(WAIT, name) X(WHEN, group | reserved) X(WHERE, clause | reserved) X(WINDOW, clause) X(WITH, clause) \
  X(WITHIN, name) X(WITHOUT, name) X(XOR, group | reserved) X(ZEROFILL, 0)
// clang-format on
