// Goal: a value never becomes anything but a value, what the server would call another statement stays one, and
// nothing longer than the limit is built. Method: pure calls; the lexer's reading of what comes out.
#include "sql/parameters.h"

#include <limits>

#include "sql/lexer.h"
#include "sql/policy.h"

using namespace sqlcast;
using namespace sqlcast::sql;

namespace {

std::string expanded(std::string_view text, const std::vector<Value>& values = {}) {
  const Result<std::string> result = expand_parameters(text, values, {});
  INFO(result.status().message);
  REQUIRE(result.ok());
  return *result;
}

// What is neither blank nor comment.
std::vector<std::string> meaning(const std::string& text) {
  std::vector<std::string> tokens;
  for (const Token& token : lex(text))
    if (token.kind != TokenKind::blank && token.kind != TokenKind::comment) tokens.emplace_back(token.text);
  return tokens;
}

}  // namespace

TEST_CASE("parameters: a value behind two minuses does not begin a comment") {
  const std::string text = "UPDATE t SET v = 10--? WHERE id = 1";
  CHECK(meaning(expanded(text, {std::int64_t{5}})) ==
        std::vector<std::string>{"UPDATE", "t", "SET", "v", "=", "10", "-", "-", "5", "WHERE", "id", "=", "1"});
  CHECK(meaning(expanded("SELECT ---?, 2", {std::int64_t{-5}})) ==
        std::vector<std::string>{"SELECT", "-", "-", "-", "-", "5", ",", "2"});
  CHECK(meaning(expanded("SELECT -?, - ?", {std::int64_t{-5}, -0.5})) ==
        std::vector<std::string>{"SELECT", "-", "-", "5", ",", "-", "-", "5e-01"});
  const Result<std::string> named = expand_parameters("DELETE FROM t WHERE a = b--:x AND c = 1", {}, {{"x", 1.5}});
  REQUIRE(named.ok());
  CHECK(meaning(*named).back() == "1");
}

TEST_CASE("parameters: only the terminator that the server leaves out is taken off") {
  CHECK(expanded("SELECT 1;") == "SELECT 1");
  CHECK(expanded("SELECT 1 ; \r\n\t") == "SELECT 1 ");
  CHECK(expanded("SELECT ? ;", {std::int64_t{1}}) == "SELECT  1  ");
  CHECK(expanded("SELECT ';'") == "SELECT ';'");
  // Another statement, an empty one too, is refused as what it is.
  for (const char* several : {"SELECT 1;;", "SELECT 1; ;", "SELECT 1; -- x", "SELECT 1; /* x */", "SELECT 1; SELECT 2;",
                              "SELECT 1 -- x;", "SELECT 1--;"}) {
    INFO(several);
    CHECK(expanded(several) == several);
    CHECK(expanded(std::string(several) + " ", {}) == std::string(several) + " ");
  }
  for (const char* several : {"SELECT 1;;", "SELECT 1; -- x"}) {
    const Verdict verdict = classify(expanded(several), "");
    CHECK(verdict.code == "MULTIPLE_STATEMENTS");
  }
  CHECK(expanded("SELECT ?; -- x", {std::int64_t{1}}) == "SELECT  1 ; -- x");
}

TEST_CASE("parameters: a statement that would end in a minus is refused, in whatever it is wrapped") {
  for (const char* text : {"SELECT 1-", "SELECT 1 - - ", "SELECT 1--;", "SELECT -/* x */", "SELECT----\x12"}) {
    INFO(text);
    CHECK(classify(expanded(text), "").statement_class == Class::refused);
  }
  CHECK(classify("SELECT 1 -- x", "").statement_class == Class::read);
  CHECK(classify("SELECT 1--", "").statement_class == Class::read);
}

TEST_CASE("parameters: a name used thousands of times is not put in beyond the limit") {
  std::string text = "SELECT 1";
  for (int i = 0; i < 3000; ++i) text += ",:v";
  const std::map<std::string, Value> named = {{"v", std::string(700'000, 'x')}};
  constexpr std::size_t kLimit = 1'000'000;
  const Result<std::string> result = expand_parameters(text, {}, named, kLimit);
  REQUIRE_FALSE(result.ok());
  CHECK(result.status().code == Code::too_large);
  const std::map<std::string, Value> small = {{"v", std::string(100, 'x')}};
  const Result<std::string> fits = expand_parameters(text, {}, small, kLimit);
  REQUIRE(fits.ok());
  CHECK(fits->size() <= kLimit);
  CHECK_FALSE(expand_parameters(text, {}, small, fits->size() - 1).ok());
  CHECK(expand_parameters(text, {}, small, fits->size()).ok());
}

TEST_CASE("parameters: a text over the limit is not read") {
  const std::string text(1000, '\'');
  CHECK(expand_parameters(text, {}, {}, 999).status().code == Code::too_large);
  CHECK(expand_parameters(text, {}, {}, 1000).ok());
  CHECK(expand_parameters(text, {std::int64_t{1}}, {}, 999).status().code == Code::too_large);
}

TEST_CASE("parameters: each kind of value is a literal that reads back as itself") {
  CHECK(*literal(std::monostate{}) == "NULL");
  CHECK(*literal(std::int64_t{-7}) == "-7");
  CHECK(*literal(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(*literal(1.5) == "1.5e+00");
  CHECK(*literal(-0.0) == "-0e+00");
  CHECK(*literal(std::string("it's \\ \0 ok", 11)) == "'it''s \\\\ \\0 ok'");
  CHECK(*literal(Bytes{std::string("\0\xff", 2)}) == "x'00ff'");
  CHECK(literal(std::string("\xff")).status().code == Code::bad_request);
  CHECK(literal(std::numeric_limits<double>::infinity()).status().code == Code::bad_request);
}
