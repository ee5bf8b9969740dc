// Goal: words that programs say to people: a guess at what was meant, and errors that show only the client's own text.
#include "client/cli/nearest_word.h"
#include "client/cli/statement_stream.h"
#include "client/text/escape.h"
#include "storage/errors.h"

using namespace sqlcast;

TEST_CASE("words: a mistyped command is guessed, another word is not", "[words]") {
  const std::vector<std::string> commands{"status", "tail", "cluster", "import"};
  CHECK(cli::nearest_word("statsu", commands) == "status");
  CHECK(cli::nearest_word("clutser", commands) == "cluster");
  CHECK(cli::nearest_word("improt", commands) == "import");
  CHECK(cli::nearest_word("school", commands).empty());
  CHECK(cli::nearest_word("", commands).empty());
  CHECK(cli::nearest_word(std::string(1'000, 'x'), commands).empty());
}

TEST_CASE("words: an error's text ends where the client's statement ends", "[words]") {
  const auto shown = [](const std::string& message) {
    return storage::without_appended(Status::error(Code::sql_error, message)).message;
  };
  CHECK(shown("syntax to use near 'exit\n;SHOW WARNINGS LIMIT 16' at line 1") == "syntax to use near 'exit' at line 1");
  CHECK(shown("syntax to use near 'x\n;COMMIT;INSERT INTO `a'b` VALUES' at line 12") ==
        "syntax to use near 'x' at line 12");
  CHECK(shown("syntax to use near 'exit' at line 1") == "syntax to use near 'exit' at line 1");
  CHECK(shown("Duplicate entry '\n;' for key 'a'") == "Duplicate entry '\n;' for key 'a'");
}

TEST_CASE("words: a text of CSV is told from bytes", "[words]") {
  std::string field;
  text::append_csv_field(field, "0xff00");
  CHECK(field == "\"0xff00\"");
}

TEST_CASE("words: commands of the mariadb client that are not here are told with what to do instead", "[words]") {
  for (const char* line :
       {"\\! ls", "\\T out.txt", "\\P less", "edit", "warnings", "connect other", "\\e;", "PAGER less;"}) {
    INFO(line);
    const auto item = cli::parse_command(line, ";");
    REQUIRE(item);
    CHECK(item->kind == cli::StreamItem::Kind::absent);
    CHECK(item->text.find("is not there") != std::string::npos);
  }
  CHECK_FALSE(cli::parse_command("SELECT edit FROM t", ";"));
  CHECK(cli::parse_command("\\? ", ";")->kind == cli::StreamItem::Kind::help);
}
