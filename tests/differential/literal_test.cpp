// Goal: a literal means to the server the bytes that were quoted. Method: every byte, and texts of all kinds, there and
// back, as text, as bytes and as a name.
#include "sql/literal.h"

#include <cppconn/connection.h>
#include <cppconn/statement.h>

#include "base/utf8.h"
#include "tests/support/private_server.h"

using sqlcast::support::PrivateServer;
using sqlcast::support::rows_of;
using namespace sqlcast::sql;

namespace {

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4U];
    text += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  return text;
}

}  // namespace

TEST_CASE("differential: a quoted value is the same bytes to the server") {
  PrivateServer server;
  const auto connection = server.connect("");
  const std::unique_ptr<sql::Statement> statement(connection->createStatement());
  statement->execute("CREATE DATABASE d");
  std::vector<std::string> texts{"",   "it's", "\\",      "\\'",  "a\\",     "'",
                                 "''", "%_",   "größe 😀", "-- x", "/* x */", "\"`\""};
  for (int byte = 0; byte < 256; ++byte) texts.push_back("x" + std::string(1, static_cast<char>(byte)) + "y");
  for (const std::string& text : texts) {
    INFO(hex(text));
    CHECK(rows_of(*connection, "SELECT HEX(" + quote_bytes(text) + ")").at(0).starts_with(hex(text)));
    if (!sqlcast::is_utf8(text)) continue;
    CHECK(rows_of(*connection, "SELECT HEX(" + quote_text(text) + ")").at(0).starts_with(hex(text)));
    CHECK(quote_text(text).find('\n') == std::string::npos);
  }
  for (const std::string name : {"a", "a`b", "`", "größe", "select", "a.b", "it's", "a b"}) {
    statement->execute("CREATE TABLE d." + quote_name(name) + " (" + quote_name(name) + " INT)");
    CHECK(rows_of(*connection, "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'd'")
              .at(0)
              .starts_with(name));
    statement->execute("DROP TABLE d." + quote_name(name));
  }
}
