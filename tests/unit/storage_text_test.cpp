// Goal: text that becomes SQL means exactly what it was. Method: pure calls; the cluster tests ask a real server.
#include "storage/connection.h"
#include "storage/dialect.h"

using namespace sqlcast::storage;

TEST_CASE("quoting: text becomes one literal, whatever is in it") {
  CHECK(quote_text("") == "''");
  CHECK(quote_text("plain") == "'plain'");
  CHECK(quote_text("it's") == "'it''s'");
  CHECK(quote_text("\\") == "'\\\\'");
  CHECK(quote_text(std::string("a\0b", 3)) == "'a\\0b'");
  CHECK(quote_text("\n\r\x1a") == "'\\n\\r\\Z'");
  CHECK(quote_text("ä😀\"`") == "'ä😀\"`'");
  CHECK(quote_bytes("x'") == "_binary'x'''");
}

TEST_CASE("definitions: the next AUTO_INCREMENT value is taken out, and nothing that only looks like it") {
  const auto definition = [](const std::string& comment, const std::string& option) {
    return "CREATE TABLE `a AUTO_INCREMENT=1` (\n  `id` int(11) NOT NULL AUTO_INCREMENT COMMENT " + comment +
           ",\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB" + option + " DEFAULT CHARSET=utf8mb4 COMMENT=" + comment;
  };
  for (const std::string comment :
       {"'plain'", "'an AUTO_INCREMENT=2'", "'it''s AUTO_INCREMENT=3'", "'`'", "'\\\\'", "'\\' AUTO_INCREMENT=4'"}) {
    INFO(comment);
    CHECK(without_auto_increment(definition(comment, " AUTO_INCREMENT=17")) == definition(comment, ""));
    CHECK(without_auto_increment(definition(comment, "")) == definition(comment, ""));
  }
  CHECK(without_auto_increment("x AUTO_INCREMENT=17") == "x");
}

TEST_CASE("quoting: every byte but the escaped ones stays itself, and no quote stands alone") {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string quoted = quote_text(std::string(1, static_cast<char>(byte)));
    INFO("byte " << byte);
    REQUIRE(quoted.size() >= 3);
    CHECK(quoted.front() == '\'');
    CHECK(quoted.back() == '\'');
    CHECK((quoted.size() == 3 || quoted.size() == 4));
    if (quoted.size() == 3) {
      CHECK(quoted[1] == static_cast<char>(byte));
      CHECK(quoted[1] != '\'');
      CHECK(quoted[1] != '\\');
    }
  }
}

TEST_CASE("quoting: names keep their backticks inside") {
  CHECK(quote_name("t") == "`t`");
  CHECK(quote_name("a`b") == "`a``b`");
  CHECK(quote_name("a b.c") == "`a b.c`");
}

TEST_CASE("dialect: the writer's session is pinned to one meaning, the reader's is read only") {
  const std::string pinned = pin_session_sql();
  for (const char* setting :
       {"sql_mode=", "time_zone='+00:00'", "foreign_key_checks=1", "NAMES utf8mb4", "subquery_cache=off",
        "condition_pushdown_from_having=off", "max_sort_length=65536", "old_passwords=0"})
    CHECK(pinned.find(setting) != std::string::npos);
  CHECK(pinned.find(';') == std::string::npos);
  CHECK(pin_reader_sql().find("READ ONLY") != std::string::npos);
}
