// Goal: a frozen value is a literal of the type that its function has. Method: pure calls; what the server makes of
// the literals is tests/differential's.
#include "master/freeze.h"

#include "sql/policy.h"

using sqlcast::master::freeze_value;

namespace {

constexpr std::string_view kVersion = "10.11.6-MariaDB";

bool matches(const std::string& text, std::string_view pattern) {  // '#' stands for a digit, 'x' for a hexadecimal one
  if (text.size() != pattern.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool fits = pattern[i] == '#'   ? std::isdigit(c) != 0
                      : pattern[i] == '%' ? std::isxdigit(c) != 0
                                          : text[i] == pattern[i];
    if (!fits) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("freeze: a literal has the type of its function") {
  CHECK(matches(freeze_value("SYSDATE", "", kVersion), "TIMESTAMP'####-##-## ##:##:##'"));
  CHECK(matches(freeze_value("SYSDATE", "3", kVersion), "TIMESTAMP'####-##-## ##:##:##.###'"));
  CHECK(matches(freeze_value("UUID", "", kVersion), "CAST('%%%%%%%%-%%%%-4%%%-%%%%-%%%%%%%%%%%%' AS UUID)"));
  CHECK(matches(freeze_value("UUID", "", "10.6.16-MariaDB"), "'%%%%%%%%-%%%%-4%%%-%%%%-%%%%%%%%%%%%'"));
  CHECK(freeze_value("UUID_SHORT", "", kVersion).ends_with(" AS UNSIGNED)"));
  CHECK(freeze_value("CONNECTION_ID", "", kVersion) == "CAST(0 AS UNSIGNED)");
  CHECK(freeze_value("CURRENT_ROLE", "", kVersion) == "CAST(NULL AS CHAR)");
  CHECK(freeze_value("VERSION", "", kVersion) == "'10.11.6-MariaDB'");
  CHECK(matches(freeze_value("RANDOM_BYTES", "3", kVersion), "x'%%%%%%'"));
  CHECK(freeze_value("RANDOM_BYTES", "0", kVersion) == "x''");
}

TEST_CASE("freeze: arguments that a function does not take get no value") {
  for (const auto& [function, arguments] : {std::pair{"UUID", "5"},
                                            {"SYSDATE", "7"},
                                            {"SYSDATE", "0x2"},
                                            {"SYSDATE", "1e0"},
                                            {"RANDOM_BYTES", ""},
                                            {"RANDOM_BYTES", "1025"},
                                            {"RANDOM_BYTES", "1e1"},
                                            {"CONNECTION_ID", "3"},
                                            {"USER", "1"}}) {
    INFO(function << "(" << arguments << ")");
    CHECK(freeze_value(function, arguments, kVersion).empty());
  }
}

TEST_CASE("freeze: every function that the policy freezes has a value, which the policy takes back") {
  for (const std::string_view function : sqlcast::sql::frozen_functions()) {
    INFO(function);
    const std::string value = freeze_value(function, function == "RANDOM_BYTES" ? "3" : "", kVersion);
    REQUIRE_FALSE(value.empty());
    const auto verdict = sqlcast::sql::judge("INSERT INTO d.t VALUES (" + value + ")", {});
    INFO(verdict.explanation());
    CHECK(verdict.determinism == sqlcast::sql::Determinism::safe);
    CHECK(verdict.statement_class == sqlcast::sql::Class::write);
  }
}
