// Goal: the lexer cuts any bytes as the server does. Method: short texts against the kinds they must give.
#include "sql/lexer.h"

#include <random>
#include <string>

using namespace sqlcast::sql;

namespace {

const char* letter(TokenKind kind) {
  switch (kind) {
    case TokenKind::word: return "w";
    case TokenKind::quoted_identifier: return "q";
    case TokenKind::string: return "s";
    case TokenKind::number: return "n";
    case TokenKind::variable: return "v";
    case TokenKind::parameter: return "p";
    case TokenKind::symbol: return "o";
    case TokenKind::comment: return "c";
    case TokenKind::executable_comment: return "x";
    case TokenKind::blank: return "_";
    case TokenKind::error: return "!";
  }
  return "?";
}

// "w[SELECT] _ n[1]"
std::string cut(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  for (const Token& token : lex(text)) {
    CHECK(token.offset == at);
    CHECK(token.size > 0);
    CHECK(token.text == text.substr(token.offset, token.size));
    CHECK((token.kind == TokenKind::error) == (token.problem != nullptr));
    at += token.size;
    if (!out.empty()) out += ' ';
    out += letter(token.kind);
    if (token.kind != TokenKind::blank) out += "[" + std::string(token.text) + "]";
  }
  CHECK(at == text.size());
  return out;
}

std::string only_problem(std::string_view text) {
  const auto tokens = lex(text);
  if (tokens.size() != 1 || tokens[0].problem == nullptr) return "(" + cut(text) + ")";
  return tokens[0].problem;
}

}  // namespace

TEST_CASE("lexer: words, numbers, strings and symbols") {
  CHECK(cut("SELECT a,b FROM t") == "w[SELECT] _ w[a] o[,] w[b] _ w[FROM] _ w[t]");
  CHECK(cut("a<=>b") == "w[a] o[<=>] w[b]");
  CHECK(cut("a<>b!=c<=d>=e") == "w[a] o[<>] w[b] o[!=] w[c] o[<=] w[d] o[>=] w[e]");
  CHECK(cut("a||b&&c") == "w[a] o[||] w[b] o[&&] w[c]");
  CHECK(cut("a<<1>>2") == "w[a] o[<<] n[1] o[>>] n[2]");
  CHECK(cut("c->'$.a'") == "w[c] o[->] s['$.a']");
  CHECK(cut("c->>'$.a'") == "w[c] o[->>] s['$.a']");
  CHECK(cut("$a a$b _x") == "w[$a] _ w[a$b] _ w[_x]");
  CHECK(cut("größe") == "w[größe]");
  CHECK(cut("\t\n\v\f\r x") == "_ w[x]");
}

TEST_CASE("lexer: names may start with digits, numbers may be short") {
  CHECK(cut("1a") == "w[1a]");
  CHECK(cut("1e5") == "n[1e5]");
  CHECK(cut("1e") == "w[1e]");
  CHECK(cut("1e+5") == "n[1e+5]");
  CHECK(cut("1e+a") == "w[1e] o[+] w[a]");
  CHECK(cut("1E-7x") == "n[1E-7] w[x]");
  CHECK(cut(".5") == "n[.5]");
  CHECK(cut("1.") == "n[1.]");
  CHECK(cut("1.5e3") == "n[1.5e3]");
  CHECK(cut("1.a") == "n[1.] w[a]");
  CHECK(cut("t.5") == "w[t] o[.] w[5]");
  CHECK(cut("t.1e5") == "w[t] o[.] w[1e5]");
  CHECK(cut("t .5") == "w[t] _ n[.5]");
  CHECK(cut("`t`.x") == "q[`t`] o[.] w[x]");
  CHECK(cut("0x1F") == "n[0x1F]");
  CHECK(cut("0X1F") == "w[0X1F]");
  CHECK(cut("0xZZ") == "w[0xZZ]");
  CHECK(cut("0b01") == "n[0b01]");
  CHECK(cut("0b02") == "w[0b02]");
  CHECK(cut("x'1F'") == "n[x'1F']");
  CHECK(cut("X'1f'") == "n[X'1f']");
  CHECK(cut("b'01'") == "n[b'01']");
  CHECK(cut("x''") == "n[x'']");
}

TEST_CASE("lexer: a number that the server would drop from its input is an error") {
  // Old servers read "mysql 1.e.user" as mysql.user.
  CHECK(cut("mysql 1.e.user") == "w[mysql] _ ![1.e] o[.] w[user]");
  CHECK(cut("1.e(2)") == "![1.e] o[(] n[2] o[)]");
  CHECK(cut(".5e-x") == "![.5e-] w[x]");
  CHECK(only_problem("x'1'") == "malformed number");
  CHECK(only_problem("x'1G'") == "malformed number");
  CHECK(only_problem("b'2'") == "malformed number");
}

TEST_CASE("lexer: strings with escapes, doubled quotes and introducers") {
  CHECK(cut("'it''s'") == "s['it''s']");
  CHECK(cut("\"a\"\"b\"") == "s[\"a\"\"b\"]");
  CHECK(cut("'a\\'b'") == "s['a\\'b']");
  CHECK(cut("'\\\\'x") == "s['\\\\'] w[x]");
  CHECK(cut("'a;b--c/*d'") == "s['a;b--c/*d']");
  CHECK(cut("_utf8mb4'x'") == "w[_utf8mb4] s['x']");
  CHECK(cut("N'x'") == "w[N] s['x']");
  CHECK(cut("'a' 'b'") == "s['a'] _ s['b']");
  CHECK(cut("`a``b`") == "q[`a``b`]");
  CHECK(cut("`a\\`") == "q[`a\\`]");
  CHECK(identifier_text("`a``b`") == "a`b");
  CHECK(identifier_text("abc") == "abc");
  CHECK(identifier_text("````") == "`");
}

TEST_CASE("lexer: comments end where the server ends them") {
  CHECK(cut("1--1") == "n[1] o[-] o[-] n[1]");
  CHECK(cut("1-- 1") == "n[1] c[-- 1]");
  CHECK(cut("--") == "c[--]");
  CHECK(cut("--\n1") == "c[--] _ n[1]");
  CHECK(cut("--\x01x") == "c[--\x01x]");
  CHECK(cut("-- x\ry") == "c[-- x\ry]");
  CHECK(cut("#x\ny") == "c[#x] _ w[y]");
  CHECK(cut("/**/1") == "c[/**/] n[1]");
  CHECK(cut("/*/ */1") == "c[/*/ */] n[1]");
  CHECK(cut("/* /* */ */") == "c[/* /* */] _ o[*] o[/]");
  CHECK(cut("/*'*/'*/'") == "c[/*'*/] s['*/']");
  CHECK(cut("/*+ x */") == "c[/*+ x */]");
}

TEST_CASE("lexer: executable comments are one token") {
  CHECK(cut("/*!DELETE*/") == "x[/*!DELETE*/]");
  CHECK(cut("/*M!50701 x*/") == "x[/*M!50701 x*/]");
  CHECK(cut("/*m!50701 x*/") == "c[/*m!50701 x*/]");
  CHECK(cut("/*!99999 /* */ */D") == "x[/*!99999 /* */ */] w[D]");
  CHECK(cut("/* !x*/") == "c[/* !x*/]");
}

TEST_CASE("lexer: variables and parameters") {
  CHECK(cut("@x") == "v[@x]");
  CHECK(cut("@`x y`") == "v[@`x y`]");
  CHECK(cut("@'x'") == "v[@'x']");
  CHECK(cut("@@x") == "v[@@x]");
  CHECK(cut("@@global.x") == "v[@@global.x]");
  CHECK(cut("@@`x`") == "v[@@`x`]");
  CHECK(cut("@ x") == "v[@] _ w[x]");
  CHECK(cut("@a:=1") == "v[@a] o[:=] n[1]");
  CHECK(cut("? :name :1") == "p[?] _ p[:name] _ o[:] n[1]");
  CHECK(cut("a:=b") == "w[a] o[:=] w[b]");
}

TEST_CASE("lexer: what is not closed is an error up to the end") {
  CHECK(only_problem("'abc") == "unterminated string");
  CHECK(only_problem("\"abc;") == "unterminated string");
  CHECK(only_problem("'abc\\") == "unterminated string");
  CHECK(only_problem("'abc\\'") == "unterminated string");
  CHECK(only_problem("`abc") == "unterminated identifier");
  CHECK(only_problem("@`abc") == "unterminated identifier");
  CHECK(only_problem("/* abc") == "unterminated comment");
  CHECK(only_problem("/*! abc") == "unterminated comment");
  CHECK(only_problem("/*") == "unterminated comment");
  CHECK(only_problem("/*/") == "unterminated comment");
}

TEST_CASE("lexer: bytes that are not text are errors wherever they stand") {
  const std::string nul(1, '\0');
  CHECK(only_problem(nul) == "NUL byte");
  CHECK(only_problem("'a" + nul + "b'") == "NUL byte");
  CHECK(only_problem("/*" + nul + "*/") == "NUL byte");
  CHECK(only_problem("-- " + nul) == "NUL byte");
  CHECK(only_problem("`" + nul + "`") == "NUL byte");
  for (const char* bad : {"\x80", "\xC0\xAF", "\xC1\x81", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF0\x80\x80\xAF",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3", "\xE2\x82", "\xF0\x9F\x98"}) {
    CHECK(only_problem("'" + std::string(bad) + "'") == "invalid UTF-8");
    CHECK(only_problem("# " + std::string(bad)) == "invalid UTF-8");
    CHECK(lex(bad)[0].kind == TokenKind::error);
  }
  CHECK(cut("'\xF0\x9F\x98\x80\xEF\xBF\xBF\xC2\x80'").starts_with("s["));
  CHECK(only_problem("\x01") == "unexpected character");
  CHECK(only_problem("[") == "unexpected character");
  CHECK(only_problem("\\") == "unexpected character");
}

TEST_CASE("lexer: an invalid byte does not hide the end of a string") {
  CHECK(cut("'\xBF' x") == "![\'\xBF\'] _ w[x]");
  CHECK(cut("'\xBF\\'' x") == "![\'\xBF\\\'\'] _ w[x]");
}

TEST_CASE("lexer: any bytes are cut without loss") {
  std::mt19937 random(7);
  const std::string_view alphabet = "ab1.eExXbBnN'\"`\\/*!M-# \n\r;@:?=<>(),_$\x80\xC3\xA4\xF0\x9F\x98\x80";
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (std::size_t size = random() % 30; size > 0; --size) text += alphabet[random() % alphabet.size()];
    std::size_t total = 0;
    for (const Token& token : lex(text)) {
      REQUIRE(token.offset == total);
      REQUIRE(token.size > 0);
      total += token.size;
    }
    REQUIRE(total == text.size());
  }
}
