// Goal: what we write as JSON is read back the same; what is not JSON is refused with its place. Pure calls.
#include "client/text/json.h"

using namespace sqlcast;
using namespace sqlcast::text;

TEST_CASE("json: a document survives being written and parsed") {
  const std::string text =
      R"({"a": [1, -2, 18446744073709551615, 0.5, true, false, null], "b": {"c": "x\n\"\\é😀"}, "d": [], "e": {}})";
  const auto value = json::parse(text);
  REQUIRE(value.ok());
  CHECK(value->write() == text);
  const auto again = json::parse(value->write(2));
  REQUIRE(again.ok());
  CHECK(again->write() == text);
}

TEST_CASE("json: escapes of every kind are understood") {
  const auto value = json::parse(R"("\u00e9\ud83d\ude00\/\b\f\r\t")");
  REQUIRE(value.ok());
  CHECK(*value->string() == "é😀/\b\f\r\t");
}

TEST_CASE("json: what is not JSON is refused with its place") {
  for (const char* bad : {"", "{", "[1,]", "{\"a\"}", "{a: 1}", "\"x", "\"\\x\"", "\"\\ud800\"", "1 2", "nul", "--1",
                          "\"\n\"", "{\"a\": 1,}", "[1 2]"}) {
    INFO(bad);
    const auto value = json::parse(bad);
    REQUIRE_FALSE(value.ok());
    CHECK(value.status().message.find("byte") != std::string::npos);
  }
  CHECK_FALSE(json::parse(std::string(1000, '[')).ok());
}

TEST_CASE("json: a double is written as one") {
  std::string out;
  for (const double value : {1.0, -0.0, 1e300, 0.5}) {
    json::append_double(out, value);
    out.push_back(' ');
  }
  CHECK(out == "1.0 -0.0 1e+300 0.5 ");
  CHECK(json::parse("-0.0")->write() == "-0.0");
}
