// Keyword: the words that the recogniser steers by, as numbers. A word that is not listed is Keyword::none: a name.
// Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sqlcast::sql {

// clang-format off
#define SQLCAST_KEYWORDS(X) \
  X(ACTION) X(ADD) X(AFTER) X(AGAINST) X(ALGORITHM) X(ALL) X(ALTER) X(ALWAYS) X(ANALYZE) X(AND) X(ANY) X(AS) X(ASC) \
  X(ASCII) X(AUTO_INCREMENT) X(AVG_ROW_LENGTH) X(BEGIN) X(BETWEEN) X(BINARY) X(BTREE) X(BY) X(BYTE) X(CASCADE) \
  X(CASCADED) X(CASE) X(CHANGE) X(CHARACTER) X(CHARSET) X(CHECK) X(CHECKSUM) X(COALESCE) X(COLLATE) X(COLUMN) \
  X(COLUMNS) X(COLUMN_FORMAT) X(COMMENT) X(COMPRESSED) X(CONSTRAINT) X(CONVERT) X(CREATE) X(CROSS) X(CURRENT_DATE) \
  X(CURRENT_ROLE) X(CURRENT_TIME) X(CURRENT_TIMESTAMP) X(CURRENT_USER) X(CYCLE) X(DATA) X(DATABASE) X(DATABASES) \
  X(DEFAULT) X(DEFINER) X(DELAYED) X(DELAY_KEY_WRITE) X(DELETE) X(DESC) X(DESCRIBE) X(DIRECTORY) X(DISABLE) \
  X(DISCARD) X(DISTINCT) X(DISTINCTROW) X(DIV) X(DROP) X(DUAL) X(DUMPFILE) X(DUPLICATE) X(ELSE) X(ENABLE) X(END) \
  X(ENFORCED) X(ENGINE) X(ENGINES) X(EXAMINED) X(EXCEPT) X(EXCHANGE) X(EXISTS) X(EXPLAIN) X(EXTENDED) X(FALSE) \
  X(FETCH) X(FIELDS) X(FIRST) X(FOR) X(FORCE) X(FOREIGN) X(FORMAT) X(FROM) X(FULL) X(FULLTEXT) X(GENERATED) \
  X(GLOBAL) X(GROUP) X(HASH) X(HAVING) X(HIGH_PRIORITY) X(HISTORY) X(IF) X(IGNORE) X(IGNORED) X(IMPORT) X(IN) \
  X(INDEX) X(INDEXES) X(INNER) X(INSERT) X(INTERSECT) X(INTERVAL) X(INTO) X(INVISIBLE) X(IS) X(JOIN) X(JSON) \
  X(JSON_TABLE) X(KEY) X(KEYS) X(KEY_BLOCK_SIZE) X(LATERAL) X(LEFT) X(LIKE) X(LIMIT) X(LIST) X(LOCAL) X(LOCALTIME) \
  X(LOCALTIMESTAMP) X(LOCK) X(LOW_PRIORITY) X(MATCH) X(MAX_ROWS) X(MIN_ROWS) X(MOD) X(MODIFY) X(NAMES) X(NATURAL) \
  X(NEXT) X(NO) X(NOT) X(NOWAIT) X(NULL) X(OF) X(OFFSET) X(OJ) X(ON) X(ONLINE) X(OR) X(ORDER) X(OUTER) X(OUTFILE) X(OVER) \
  X(PACK_KEYS) X(PARSER) X(PARTIAL) X(PARTITION) X(PARTITIONING) X(PARTITIONS) X(PERIOD) X(PERSISTENT) X(PREVIOUS) \
  X(PRIMARY) X(PROCEDURE) X(QUICK) X(RANGE) X(RECURSIVE) X(REFERENCES) X(REF_SYSTEM_ID) X(REGEXP) X(RENAME) \
  X(REORGANIZE) X(REPLACE) X(RESTRICT) X(RETURNING) X(RIGHT) X(RLIKE) X(ROLLUP) X(ROW) X(ROWS) X(ROW_FORMAT) \
  X(SCHEMA) X(SCHEMAS) X(SECURITY) X(SELECT) X(SEPARATOR) X(SESSION) X(SET) X(SHARE) X(SHOW) X(SIGNED) X(SIMPLE) \
  X(SKIP) X(SOME) X(SPATIAL) X(SQL) X(SQL_BIG_RESULT) X(SQL_BUFFER_RESULT) X(SQL_CACHE) X(SQL_CALC_FOUND_ROWS) \
  X(SQL_NO_CACHE) X(SQL_SMALL_RESULT) X(SRID) X(STATS_AUTO_RECALC) X(STATS_PERSISTENT) X(STATS_SAMPLE_PAGES) \
  X(STATUS) X(STORAGE) X(STORED) X(STRAIGHT_JOIN) X(SYSTEM) X(SYSTEM_TIME) X(TABLE) X(TABLES) X(TABLESPACE) \
  X(TEMPORARY) X(THEN) X(TO) X(TRUE) X(TRUNCATE) X(UNICODE) X(UNION) X(UNIQUE) X(UNSIGNED) X(UPDATE) X(UPGRADE) \
  X(USE) X(USING) X(UTC_DATE) X(UTC_TIME) X(UTC_TIMESTAMP) X(VALUE) X(VALUES) X(VERSIONING) X(VIEW) X(VIRTUAL) \
  X(VISIBLE) X(WAIT) X(WHEN) X(WHERE) X(WINDOW) X(WITH) X(WITHIN) X(WITHOUT) X(XOR) X(ZEROFILL)
// clang-format on

enum class Keyword : std::uint16_t {
  none,
#define SQLCAST_KEYWORD_NAME(word) word##_,
  SQLCAST_KEYWORDS(SQLCAST_KEYWORD_NAME)
#undef SQLCAST_KEYWORD_NAME
      count
};

Keyword find_keyword(std::string_view word);

// True for words that end a clause when they stand outside parentheses.
bool ends_clause(Keyword keyword);

// True for words that an expression may have in front of a parenthesis and that are no function.
bool takes_group(Keyword keyword);

// ASCII only: the words and the schema names that this compares are.
constexpr char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
bool same_word(std::string_view a, std::string_view b);
// The server compares names of columns without case, and accents, in every script: whether these may be one to it.
bool may_be_same_name(std::string_view a, std::string_view b);
std::string_view::size_type find_word(std::string_view text, std::string_view word);  // in any case; npos = none

// A fixed hash of upper-cased ASCII, for tables built while compiling.
constexpr std::uint32_t word_hash(std::string_view word) {
  std::uint32_t hash = 2166136261U;
  for (const char c : word) hash = (hash ^ static_cast<std::uint8_t>(to_upper(c))) * 16777619U;
  return hash ^ (hash >> 15U);
}

// Open addressing over a fixed list of upper-case names: no allocation, one or two comparisons a look-up.
template <std::size_t kSlots>
class WordIndex {
 public:
  template <typename Names>
  constexpr explicit WordIndex(const Names& names) {
    std::uint16_t position = 1;
    for (const auto& name : names) {
      std::uint32_t slot = word_hash(name) % kSlots;
      while (slots_[slot] != 0) slot = (slot + 1) % kSlots;
      slots_[slot] = position++;
    }
  }

  // The position + 1 of `word` in the list that made the index, or 0.
  template <typename NameAt>
  std::uint16_t find(std::string_view word, NameAt name_at) const {
    for (std::uint32_t slot = word_hash(word) % kSlots; slots_[slot] != 0; slot = (slot + 1) % kSlots)
      if (same_word(word, name_at(slots_[slot] - 1U))) return slots_[slot];
    return 0;
  }

 private:
  std::array<std::uint16_t, kSlots> slots_{};
};

}  // namespace sqlcast::sql
