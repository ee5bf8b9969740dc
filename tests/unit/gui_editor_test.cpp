// The editor's text and its tokens: that what is shown is what is there, whatever was done to it.
#include <catch2/catch.hpp>
#include <random>

#include "base/utf8.h"
#include "client/gui/model/editor_buffer.h"
#include "client/gui/model/highlight.h"
#include "client/gui/model/text.h"
#include "client/text/escape.h"

using namespace sqlcast;
using namespace sqlcast::gui;

namespace {

// The same as from nothing: what an incremental update must give.
void check_tokens(const Highlighter& highlighter, const EditorBuffer& buffer) {
  EditorBuffer fresh(buffer.text());
  Highlighter whole;
  whole.update(fresh);
  REQUIRE(highlighter.tokens().size() == whole.tokens().size());
  for (std::size_t i = 0; i < whole.tokens().size(); ++i) {
    REQUIRE(highlighter.tokens()[i].offset == whole.tokens()[i].offset);
    REQUIRE(highlighter.tokens()[i].size == whole.tokens()[i].size);
    REQUIRE(highlighter.tokens()[i].paint == whole.tokens()[i].paint);
  }
  REQUIRE(highlighter.statements().size() == whole.statements().size());
  for (std::size_t i = 0; i < whole.statements().size(); ++i) {
    REQUIRE(highlighter.statements()[i].begin == whole.statements()[i].begin);
    REQUIRE(highlighter.statements()[i].end == whole.statements()[i].end);
    REQUIRE(highlighter.statements()[i].line == whole.statements()[i].line);
  }
}

void check_lines(const EditorBuffer& buffer) {
  std::vector<std::size_t> starts{0};
  for (std::size_t i = 0; i < buffer.text().size(); ++i) {
    if (buffer.text()[i] == '\n') starts.push_back(i + 1);
  }
  REQUIRE(buffer.line_count() == starts.size());
  for (std::size_t i = 0; i < starts.size(); ++i) REQUIRE(buffer.line_start(i) == starts[i]);
}

}  // namespace

TEST_CASE("editor: typing, undo and redo give back each text") {
  EditorBuffer buffer;
  for (const char c : std::string("select 1")) buffer.type(std::string(1, c));
  REQUIRE(buffer.text() == "select 1");
  REQUIRE(buffer.undo());
  REQUIRE(buffer.text() == "select");
  REQUIRE(buffer.undo());
  REQUIRE(buffer.text().empty());
  REQUIRE_FALSE(buffer.undo());
  REQUIRE(buffer.redo());
  REQUIRE(buffer.redo());
  REQUIRE(buffer.text() == "select 1");
  REQUIRE_FALSE(buffer.redo());
}

TEST_CASE("editor: the caret moves by characters, not bytes") {
  EditorBuffer buffer("aé漢b");
  buffer.set_caret(0);
  buffer.move_right(false);
  buffer.move_right(false);
  REQUIRE(buffer.caret() == 3);
  buffer.move_right(false);
  REQUIRE(buffer.caret() == 6);
  buffer.backspace(false);
  REQUIRE(buffer.text() == "aéb");
  REQUIRE(buffer.column_of(buffer.caret()) == 2);
}

TEST_CASE("editor: moving over a short line keeps the wished column") {
  EditorBuffer buffer("abcdef\nab\nabcdef");
  buffer.set_caret(5);
  buffer.move_lines(1, false);
  REQUIRE(buffer.caret() == 9);
  buffer.move_lines(1, false);
  REQUIRE(buffer.caret() == 15);
}

TEST_CASE("editor: lines are indented, unindented, commented and uncommented together") {
  EditorBuffer buffer("a\nb\nc");
  buffer.select(0, 3);
  buffer.indent();
  REQUIRE(buffer.text() == "    a\n    b\nc");
  buffer.unindent();
  REQUIRE(buffer.text() == "a\nb\nc");
  buffer.toggle_comment();
  REQUIRE(buffer.text() == "-- a\n-- b\nc");
  buffer.toggle_comment();
  REQUIRE(buffer.text() == "a\nb\nc");
}

TEST_CASE("editor: a new line keeps the indentation") {
  EditorBuffer buffer("  select");
  buffer.set_caret(8);
  buffer.new_line();
  REQUIRE(buffer.text() == "  select\n  ");
}

TEST_CASE("editor: find goes around the end, backward too, and can mind case") {
  EditorBuffer buffer("ab AB ab");
  REQUIRE(buffer.find("ab", 1, false, false) == 3U);
  REQUIRE(buffer.find("ab", 1, false, true) == 6U);
  REQUIRE(buffer.find("ab", 7, false, true) == 0U);
  REQUIRE(buffer.find("ab", 0, true, true) == 6U);
  REQUIRE_FALSE(buffer.find("xy", 0, false, false));
  REQUIRE_FALSE(buffer.find("", 0, false, false));
  REQUIRE(buffer.replace_all("ab", "x", false) == 3);
  REQUIRE(buffer.text() == "x x x");
}

TEST_CASE("editor: line breaks of other systems become one") {
  EditorBuffer buffer("a\r\nb\rc");
  REQUIRE(buffer.text() == "a\nb\nc");
}

TEST_CASE("highlight: random edits leave the tokens of the whole text") {
  std::mt19937 random(7);
  const std::vector<std::string> parts = {"select ", "'",
                                          "\"",      "`",
                                          "--",      " x\n",
                                          "/*",      "*/",
                                          ";",       "(",
                                          ")",       "1.5",
                                          "é",       "from student where id = 3;\n",
                                          "#c\n",    ":p",
                                          "?",       "\\",
                                          " ",       ";\n",
                                          "a.",      "delimiter //\n",
                                          "//"};
  EditorBuffer buffer("select 1;\nselect * from student;\n");
  Highlighter highlighter;
  highlighter.update(buffer);
  for (int i = 0; i < 1'500; ++i) {
    for (std::size_t edits = random() % 3 + 1; edits > 0; --edits) {
      const std::size_t size = buffer.text().size();
      std::size_t begin = random() % (size + 1);
      while (begin > 0 && (static_cast<unsigned char>(buffer.text()[std::min(begin, size - 1)]) & 0xC0U) == 0x80U)
        --begin;
      switch (random() % 5) {
        case 0: {
          std::size_t end = std::min(size, begin + random() % 12);
          while (end < size && (static_cast<unsigned char>(buffer.text()[end]) & 0xC0U) == 0x80U) ++end;
          buffer.replace(begin, end, "");
          break;
        }
        case 1: buffer.undo(); break;
        case 2: buffer.redo(); break;
        default: buffer.replace(begin, begin, parts[random() % parts.size()]);
      }
      if (buffer.text().size() > 600) buffer.reset("select 1;");
    }
    highlighter.update(buffer);
    check_lines(buffer);
    check_tokens(highlighter, buffer);
  }
}

TEST_CASE("highlight: the statement under the caret") {
  EditorBuffer buffer("select 1;\n\n-- note\nselect ';' ; insert into t values (1)");
  Highlighter highlighter;
  highlighter.update(buffer);
  REQUIRE(highlighter.statements().size() == 3);
  const auto at = [&](std::size_t caret) {
    const auto range = highlighter.statement_at(buffer, caret);
    return range ? buffer.text().substr(range->begin, range->end - range->begin) : std::string();
  };
  REQUIRE(at(0) == "select 1");
  REQUIRE(at(9) == "select 1");
  REQUIRE(at(20) == "select ';'");
  REQUIRE(at(buffer.text().size()) == "insert into t values (1)");
  EditorBuffer empty("-- nothing");
  highlighter.update(empty);
  REQUIRE_FALSE(Highlighter().statement_at(empty, 0));
}

TEST_CASE("highlight: brackets in strings and comments match nothing") {
  EditorBuffer buffer("f(')', (1))");
  Highlighter highlighter;
  highlighter.update(buffer);
  const auto pair = highlighter.brackets_at(buffer.text(), 1);
  REQUIRE(pair);
  REQUIRE(pair->second == buffer.text().size() - 1);
  REQUIRE_FALSE(highlighter.brackets_at(buffer.text(), 4));
}

TEST_CASE("text: invalid UTF-8 is replaced, never passed on") {
  REQUIRE(to_utf8("a\xff\xc3") == "a\uFFFD\uFFFD");
  REQUIRE(is_utf8("漢字"));
  REQUIRE_FALSE(is_utf8("\xed\xa0\x80"));
  REQUIRE(one_line("a\nb\x01", 10) == "a↵b·");
  REQUIRE(one_line("漢字漢字", 2) == "漢字…");
  REQUIRE(text::unescape_line(text::escape_line("a\\n\n\t\r")) == "a\\n\n\t\r");
}
