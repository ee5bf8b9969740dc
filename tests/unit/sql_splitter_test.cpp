// Goal: a script falls into the statements a person means. Method: texts against their pieces.
#include "sql/splitter.h"

#include <string>

using namespace sqlcast::sql;

namespace {

// "SELECT 1;|b…" : complete pieces end in "!", vertical ones in "G", open ones in "…".
std::string pieces(std::string_view text, std::string delimiter = ";", std::string* after = nullptr) {
  std::string out;
  for (const Piece& piece : split(text, delimiter)) {
    if (!out.empty()) out += "|";
    out += std::string(text.substr(piece.offset, piece.end - piece.offset));
    out += piece.vertical ? "G" : piece.complete ? "!" : "…";
  }
  if (after != nullptr) *after = delimiter;
  return out;
}

}  // namespace

TEST_CASE("splitter: statements end at the delimiter, the last may stay open") {
  CHECK(pieces("SELECT 1; SELECT 2") == "SELECT 1!|SELECT 2…");
  CHECK(pieces(";;  ; SELECT 1 ;\n") == "SELECT 1!");
  CHECK(pieces("") == "");
  CHECK(pieces("  -- only a comment\n") == "");
}

TEST_CASE("splitter: strings, names and comments keep their semicolons") {
  CHECK(pieces("SELECT ';' , \"a;b\", `;`; x") == "SELECT ';' , \"a;b\", `;`!|x…");
  CHECK(pieces("SELECT 1 /* ; */ + 2; -- a; b\nx;") == "SELECT 1 /* ; */ + 2!|x!");
  CHECK(pieces("SELECT 'it\\';' ; y") == "SELECT 'it\\';'!|y…");
  CHECK(pieces("SELECT 'never; closed") == "SELECT 'never; closed…");
  CHECK(pieces("SELECT @'a;b', @`c;d`, @e; z") == "SELECT @'a;b', @`c;d`, @e!|z…");
  CHECK(pieces("SET @a$$ SELECT @'b$$c'$$", "$$") == "SET @a!|SELECT @'b$$c'!");
  CHECK(pieces("/*! SET x; */ SELECT 1;") == "/*! SET x; */ SELECT 1!");
}

TEST_CASE("splitter: DELIMITER changes what ends a statement, and is no piece") {
  std::string delimiter;
  CHECK(pieces("DELIMITER //\nCREATE x; y //\nDELIMITER ;\nSELECT 1;", ";", &delimiter) == "CREATE x; y!|SELECT 1!");
  CHECK(delimiter == ";");
  CHECK(pieces("delimiter $$\na; b$$c$$", ";", &delimiter) == "a; b!|c!");
  CHECK(delimiter == "$$");
  CHECK(pieces("SELECT '$$'$$ SELECT 2", "$$") == "SELECT '$$'!|SELECT 2…");
  CHECK(pieces("SELECT delimiter FROM t;") == "SELECT delimiter FROM t!");
}

TEST_CASE("splitter: backslash g and G end a statement") {
  CHECK(pieces("SELECT 1\\G SELECT 2\\g x") == "SELECT 1G|SELECT 2!|x…");
}

TEST_CASE("splitter: a piece knows its line") {
  std::string delimiter = ";";
  const auto found = split("\n-- c\nSELECT\n1;\n\nSELECT 2;", delimiter);
  REQUIRE(found.size() == 2);
  CHECK(found[0].line == 3);
  CHECK(found[1].line == 6);
}

TEST_CASE("splitter: bytes that are not text do not stop it") {
  CHECK(pieces("SELECT '\xFF;'; x") == "SELECT '\xFF;'!|x…");
}
