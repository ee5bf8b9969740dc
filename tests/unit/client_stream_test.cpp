// Goal: scripts and typed lines become the right statements, however they are cut. Pure calls.
#include <vector>

#include "client/cli/statement_stream.h"

using namespace sqlcast::cli;
using Kind = StreamItem::Kind;

namespace {

std::vector<StreamItem> drain(StatementStream& stream) {
  std::vector<StreamItem> items;
  while (auto item = stream.next()) items.push_back(std::move(*item));
  return items;
}

std::vector<StreamItem> all(const std::string& text) {
  StatementStream stream;
  stream.feed(text);
  stream.finish();
  return drain(stream);
}

}  // namespace

TEST_CASE("statement stream: statements come out with their lines, the last without a delimiter") {
  const auto items = all("-- a comment\nselect 1;\n\nselect\n ';' ;select 3");
  REQUIRE(items.size() == 3);
  CHECK(items[0].text == "select 1");
  CHECK(items[0].line == 2);
  CHECK(items[1].text == "select\n ';'");
  CHECK(items[1].line == 4);
  CHECK(items[2].text == "select 3");
  CHECK(items[2].line == 5);
}

TEST_CASE("statement stream: fed line by line it gives the same, and keeps only what has not ended") {
  StatementStream stream;
  stream.feed("select 1; select\n");
  CHECK(drain(stream).size() == 1);
  CHECK(stream.pending());
  stream.feed("2; -- and that was it\n");
  const auto items = drain(stream);
  REQUIRE(items.size() == 1);
  CHECK(items[0].text == "select\n2");
  CHECK(items[0].line == 1);
  CHECK_FALSE(stream.pending());
  stream.feed("select 3\n");
  stream.clear();
  CHECK_FALSE(stream.pending());
  stream.feed("select 4\\G\n");
  const auto vertical = drain(stream);
  REQUIRE(vertical.size() == 1);
  CHECK(vertical[0].vertical);
  CHECK(vertical[0].line == 4);
}

TEST_CASE("statement stream: commands need no delimiter") {
  const auto items = all("use school\nselect 1;\nUSE `a``b`;\nsource /tmp/x y.sql\n\\. z.sql\n\\s\nquit\n");
  REQUIRE(items.size() == 7);
  CHECK(items[0].kind == Kind::use);
  CHECK(items[0].text == "school");
  CHECK(items[1].kind == Kind::statement);
  CHECK(items[2].kind == Kind::use);
  CHECK(items[2].text == "a`b");
  CHECK(items[3].kind == Kind::source);
  CHECK(items[3].text == "/tmp/x y.sql");
  CHECK(items[4].kind == Kind::source);
  CHECK(items[5].kind == Kind::status);
  CHECK(items[6].kind == Kind::quit);
  CHECK(items[6].line == 7);
}

TEST_CASE("statement stream: a word that begins a command inside a statement is no command") {
  const auto items = all("select *\nfrom t\nuse index (a)\nwhere 1;\nhelp me;\n");
  REQUIRE(items.size() == 2);
  CHECK(items[0].kind == Kind::statement);
  CHECK(items[1].kind == Kind::statement);
}

TEST_CASE("statement stream: DELIMITER holds for what follows, commands between included") {
  const auto items = all("delimiter //\nuse a\nselect 1; select 2//\ndelimiter ;\nuse b\nselect 3;");
  REQUIRE(items.size() == 4);
  CHECK(items[0].text == "a");
  CHECK(items[1].text == "select 1; select 2");
  CHECK(items[2].text == "b");
  CHECK(items[3].text == "select 3");
}

TEST_CASE("statement stream: a script of any size fed in pieces gives each statement once") {
  StatementStream stream;
  std::string chunk;
  std::size_t count = 0;
  std::size_t bytes = 0;
  for (int i = 0; i < 20'000; ++i) {
    chunk += "insert into t values (" + std::to_string(i) + ", 'a;b');\n";
    if (chunk.size() < 5'000) continue;
    stream.feed(chunk);
    chunk.clear();
    for (const StreamItem& item : drain(stream)) ++count, bytes += item.text.size();
  }
  stream.feed(chunk);
  stream.finish();
  for (const StreamItem& item : drain(stream)) ++count, bytes += item.text.size();
  CHECK(count == 20'000);
  CHECK(bytes > 20'000 * 25);
}
