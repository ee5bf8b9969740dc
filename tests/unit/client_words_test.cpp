// Goal: words that programs say to people: a guess at what was meant, and errors that show only the client's own text.
#include <tuple>

#include "client/cli/nearest_word.h"
#include "client/cli/statement_stream.h"
#include "client/text/escape.h"
#include "client/text/word_wrap.h"
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

TEST_CASE("words: commands of the mariadb client are there, or told with what to do instead", "[words]") {
  using Kind = cli::StreamItem::Kind;
  const std::vector<std::tuple<const char*, Kind, const char*>> commands = {
      {"\\! ls 'a b'; pwd", Kind::system, "ls 'a b'; pwd"},
      {"system ls", Kind::system, "ls"},
      {"\\T 'my file.txt'", Kind::tee, "my file.txt"},
      {"\\t", Kind::no_tee, ""},
      {"\\P", Kind::pager, ""},
      {"PAGER less -S;", Kind::pager, "less -S"},
      {"nopager", Kind::no_pager, ""},
      {"\\n", Kind::no_pager, ""},
      {"edit", Kind::edit, ""},
      {"\\e;", Kind::edit, ""},
      {"warnings", Kind::warnings, ""},
      {"\\W", Kind::warnings, ""},
      {"\\w", Kind::no_warnings, ""},
      {"\\#", Kind::rehash, ""},
      {"\\? ", Kind::help, ""},
  };
  for (const auto& [line, kind, text] : commands) {
    INFO(line);
    const auto item = cli::parse_command(line, ";");
    REQUIRE(item);
    CHECK(item->kind == kind);
    CHECK(item->text == text);
  }
  for (const char* line : {"connect other", "\\r", "\\p", "prompt \\d>", "\\C utf8"}) {
    INFO(line);
    const auto item = cli::parse_command(line, ";");
    REQUIRE(item);
    CHECK(item->kind == Kind::absent);
    CHECK(item->text.find("is not there") != std::string::npos);
  }
  for (const char* line : {"SELECT edit FROM t", "tee", "system", "edit x", "warnings a"})
    CHECK_FALSE(cli::parse_command(line, ";"));
}

TEST_CASE("words: an error is broken at blanks, and what is longer stays whole", "[words]") {
  using text::wrap_words;
  CHECK(wrap_words("one two three", 8) == "one two\nthree");
  CHECK(wrap_words("one two three", 13) == "one two three");
  CHECK(wrap_words("go to tcp://127.0.0.1:5750 now", 10) == "go to\ntcp://127.0.0.1:5750\nnow");
  CHECK(wrap_words("a\n  b c\n", 4) == "a\n  b\nc\n");
  CHECK(wrap_words("日本 日本 日本", 9) == "日本 日本\n日本");
  CHECK(wrap_words("one two three", 0) == "one two three");
  CHECK(wrap_words("", 5).empty());
}
