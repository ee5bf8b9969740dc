// Goal: every built-in function has its class, and what the policy says is what its document says.
#include "sql/function.h"

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "sql/keyword.h"
#include "sql/policy.h"
#include "sql/refusal.h"

using namespace sqlcast::sql;

namespace {

FunctionClass class_of(std::string_view name) {
  const Function* function = find_function(name);
  INFO(name);
  REQUIRE(function != nullptr);
  return function->function_class;
}

std::string policy_document() {
  std::ifstream file(std::string(SQLCAST_SOURCE_DIR) + "/docs/sql-policy.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("functions: the table is in order, without doubles, in upper case") {
  REQUIRE(functions().size() > 500);
  for (std::size_t k = 0; k < functions().size(); ++k) {
    const Function& function = functions()[k];
    INFO(function.name);
    CHECK(find_function(function.name) == &function);
    if (k > 0) CHECK(functions()[k - 1].name < function.name);
    for (const char c : function.name) CHECK(to_upper(c) == c);
    CHECK((function.function_class == FunctionClass::refused) == (function.refusal != Refusal::none));
  }
}

TEST_CASE("functions: names are found in any case, and nothing else is") {
  CHECK(find_function("concat") == find_function("CONCAT"));
  CHECK(find_function("CoNcAt") != nullptr);
  for (const char* unknown : {"", "f", "CONCA", "CONCATT", "SLÉEP", "ｎｏｗ", "FORMAT_FOO"})
    CHECK(find_function(unknown) == nullptr);
}

TEST_CASE("functions: each hazard has its class") {
  for (const char* name : {"NOW", "CURDATE", "CURRENT_TIMESTAMP", "UNIX_TIMESTAMP", "UTC_DATE", "LOCALTIME"})
    CHECK(class_of(name) == FunctionClass::clock);
  for (const char* name : {"UUID", "UUID_SHORT", "SYSDATE", "USER", "CURRENT_USER", "SESSION_USER", "SYSTEM_USER",
                           "CONNECTION_ID", "VERSION", "CURRENT_ROLE", "RANDOM_BYTES", "SYS_GUID"})
    CHECK(class_of(name) == FunctionClass::frozen);
  for (const char* name : {"SLEEP", "BENCHMARK", "GET_LOCK", "RELEASE_LOCK", "IS_FREE_LOCK", "IS_USED_LOCK",
                           "RELEASE_ALL_LOCKS", "LOAD_FILE", "MASTER_POS_WAIT", "MASTER_GTID_WAIT", "FOUND_ROWS",
                           "ROW_COUNT", "NEXTVAL", "LASTVAL", "SETVAL", "ENCRYPT", "DES_ENCRYPT"})
    CHECK(class_of(name) == FunctionClass::refused);
  CHECK(class_of("RAND") == FunctionClass::random);
  CHECK(class_of("LAST_INSERT_ID") == FunctionClass::last_insert_id);
  CHECK(class_of("GROUP_CONCAT") == FunctionClass::ordered);
  CHECK(class_of("ROW_NUMBER") == FunctionClass::window);
  CHECK(class_of("RANK") == FunctionClass::ranking);
  CHECK(class_of("MATCH") == FunctionClass::fulltext);
  CHECK(class_of("CONVERT_TZ") == FunctionClass::node_state);
  CHECK(class_of("ROWNUM") == FunctionClass::any_row);
}

TEST_CASE("functions: each gets the verdict of its class in a read and in a write") {
  for (const Function& function : functions()) {
    if (function.name == "INTERVAL" || function.name == "VALUES") continue;
    const std::string call = std::string(function.name) + "()";
    INFO(call);
    const Class read = classify("SELECT " + call, "test").statement_class;
    CHECK(read == (function.function_class == FunctionClass::refused ? Class::refused : Class::read));
    Judgement judgement;
    judgement.default_database = "test";
    const Verdict write = judge("INSERT INTO t VALUES (" + call + ")", judgement);
    if (function.aggregate) {
      CHECK(write.determinism == Determinism::unsafe);
      continue;
    }
    switch (function.function_class) {
      case FunctionClass::safe:
      case FunctionClass::clock:
      case FunctionClass::random:
      case FunctionClass::last_insert_id: CHECK(write.determinism == Determinism::safe); break;
      case FunctionClass::frozen: CHECK(write.determinism == Determinism::rewritten); break;
      case FunctionClass::refused: CHECK(write.statement_class == Class::refused); break;
      default: CHECK(write.determinism == Determinism::unsafe);
    }
  }
}

TEST_CASE("functions: frozen_functions names what Freeze may be asked for") {
  std::size_t frozen = 0;
  for (const Function& function : functions()) frozen += function.function_class == FunctionClass::frozen ? 1U : 0U;
  CHECK(frozen_functions().size() == frozen);
  CHECK(frozen == 12);
}

TEST_CASE("refusals: codes are single, and the document lists exactly these") {
  std::set<std::string> codes;
  for (const RefusalText& text : refusal_texts()) {
    INFO(text.code);
    CHECK_FALSE(text.advice.empty());
    CHECK(codes.insert(std::string(text.code)).second);
  }
  // The codes stand in a table: lines that begin with "| `CODE` |".
  std::set<std::string> documented;
  std::stringstream document(policy_document());
  for (std::string line; std::getline(document, line);) {
    if (!line.starts_with("| `") || line.find("` |") == std::string::npos) continue;
    const std::string code = line.substr(3, line.find("` |") - 3);
    if (code.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == std::string::npos) documented.insert(code);
  }
  CHECK(documented == codes);
}

TEST_CASE("functions: the document lists every function that is not plainly safe") {
  const std::string document = policy_document();
  for (const Function& function : functions()) {
    if (function.function_class == FunctionClass::safe) continue;
    INFO(function.name);
    CHECK(document.find("`" + std::string(function.name) + "`") != std::string::npos);
  }
}
