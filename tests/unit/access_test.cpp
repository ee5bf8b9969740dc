// Goal: files of keys are read as they are meant or refused with their line, and the table of roles is the documented
// one. Method: pure calls; docs/security.md is read from the tree.
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>
#include "access/allowed_keys.h"
#include "access/known_nodes.h"
#include "access/permissions.h"
#include "base/types.h"

using namespace sqlcast;
using namespace sqlcast::access;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

std::string key_text(int number) {
  std::string text = std::to_string(number);
  return std::string(64 - text.size(), 'a') + text;
}

PublicKey key_of(int number) { return parse_key(key_text(number)).value(); }

std::string refusal_of(const std::string& table) {
  const auto parsed = AllowedKeys::parse(table);
  return parsed ? "accepted" : parsed.status().message;
}

}  // namespace

TEST_CASE("keys: 64 hexadecimal digits are a key, and nothing else is") {
  CHECK(to_hex(parse_key(std::string(62, 'A') + "f0").value()) == std::string(62, 'a') + "f0");
  for (const std::string& text :
       {std::string(), std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'g'), " " + std::string(63, 'a')})
    CHECK(parse_key(text).status().code == Code::bad_request);
}

TEST_CASE("keys: a private file comes back as it was, and is refused by its line without what stands there") {
  const KeyFile file{"laptop", {key_of(1), key_of(2)}};
  const auto read = parse_key_file(format_key_file(file));
  REQUIRE(read.ok());
  CHECK(read->name == "laptop");
  CHECK(read->pair == file.pair);
  const std::string secret = "secret " + key_text(2) + "\n";
  CHECK_THAT(parse_key_file("name a\npublic " + key_text(1) + "\n").status().message, Contains("no private key"));
  const Status wrong = parse_key_file("name a\n" + secret + "secret 1234\n").status();
  CHECK_THAT(wrong.message, StartsWith("line 3: "));
  CHECK(parse_key_file("name a\nsecret 9876\n").status().message.find("9876") == std::string::npos);
  CHECK_THAT(parse_key_file("nmae a\n").status().message, StartsWith("line 1: expected `name NAME`"));
  CHECK_THAT(parse_key_file("name a b\n").status().message, StartsWith("line 1: "));
  CHECK_THAT(parse_key_file("name a/b\n").status().message, StartsWith("line 1: a key's name"));
}

TEST_CASE("allowed keys: a table is read with its comments, flags and limits") {
  const auto table = AllowedKeys::parse("# who is let in\n\nlaptop admin " + key_text(1) + "\r\n  app\twriter " +
                                        key_text(2) + " ddl\nweb reader " + key_text(3) + " databases=shop,news\n");
  REQUIRE(table.ok());
  REQUIRE(table->grants().size() == 3);
  CHECK(*table->find(key_of(1)) == Grant{"laptop", Role::admin, key_of(1), false, {}});
  CHECK(*table->find(key_of(2)) == Grant{"app", Role::writer, key_of(2), true, {}});
  CHECK(*table->find_name("web") == Grant{"web", Role::reader, key_of(3), false, {"shop", "news"}});
  CHECK(table->find(key_of(4)) == nullptr);
  CHECK(table->find_name("lap") == nullptr);
  for (const Grant& grant : table->grants())
    CHECK(AllowedKeys::parse(format_grant(grant) + "\n")->grants().front() == grant);
}

TEST_CASE("allowed keys: what is wrong is said with its line") {
  const std::string good = "laptop admin " + key_text(1) + "\n";
  CHECK_THAT(refusal_of(good + "x\n"), StartsWith("line 2: expected NAME ROLE PUBLICKEY"));
  CHECK_THAT(refusal_of(good + "x boss " + key_text(2)),
             StartsWith("line 2: 'boss' is no role; there are: admin, writer"));
  CHECK_THAT(refusal_of(good + "x reader 1234"), StartsWith("line 2: a key is 64 hexadecimal digits"));
  CHECK_THAT(refusal_of(good + "\nx reader " + key_text(1)), StartsWith("line 3: this key is in line 1 already"));
  CHECK_THAT(refusal_of(good + "laptop reader " + key_text(2)), StartsWith("line 2: 'laptop' has another role"));
  CHECK_THAT(refusal_of("x reader " + key_text(1) + " ddl"), StartsWith("line 1: `ddl` goes with the role writer"));
  CHECK_THAT(refusal_of("x node " + key_text(1) + " databases=a"), StartsWith("line 1: databases= goes with"));
  CHECK_THAT(refusal_of("x writer " + key_text(1) + " databases=a ddl"), StartsWith("line 1: `ddl` does not go"));
  CHECK_THAT(refusal_of("x writer " + key_text(1) + " databases="), StartsWith("line 1: databases= needs names"));
  CHECK_THAT(refusal_of("x writer " + key_text(1) + " root"), StartsWith("line 1: 'root' is not known here"));
  CHECK_THAT(refusal_of("-x writer " + key_text(1)), StartsWith("line 1: a key's name"));
  CHECK(refusal_of(good + "laptop admin " + key_text(2) + "\n") == "accepted");
  // Cut off in front of its limits.
  CHECK_THAT(refusal_of(good + "web reader " + key_text(2)), StartsWith("the last line has no end"));
  CHECK(refusal_of("") == "accepted");
}

TEST_CASE("allowed keys: a name, or one of its keys, is taken out, and all else stays as it was") {
  const std::string table = "# kept\na admin " + key_text(1) + "\nb reader " + key_text(2) + "\na admin " + key_text(3);
  std::size_t removed = 0;
  CHECK(without_name(table, "a", std::nullopt, removed) == "# kept\nb reader " + key_text(2) + "\n");
  CHECK(removed == 2);
  CHECK(without_name(table, "a", key_of(1), removed) == "# kept\nb reader " + key_text(2) + "\na admin " + key_text(3));
  CHECK(removed == 1);
  CHECK(without_name(table, "c", std::nullopt, removed) == table);
  CHECK(removed == 0);
}

TEST_CASE("known nodes: a list comes back as it was, with several keys for an endpoint") {
  const std::vector<KnownNode> nodes = {{"tcp://127.0.0.1:1", key_of(1)}, {"tcp://127.0.0.1:1", key_of(2)}};
  CHECK(parse_known_nodes(format_known_nodes(nodes)).value() == nodes);
  CHECK_THAT(parse_known_nodes("# x\ntcp://a:1\n").status().message, StartsWith("line 2: expected ENDPOINT PUBLICKEY"));
}

TEST_CASE("permissions: docs/security.md shows the table of roles as it is") {
  std::ifstream in(std::string(SQLCAST_SOURCE_DIR) + "/docs/security.md");
  REQUIRE(in.good());
  std::ostringstream text;
  text << in.rdbuf();
  for (std::size_t act = 0; act < kActs; ++act) {
    std::string row = "| " + act_name(static_cast<Act>(act)) + " |";
    for (std::size_t role = 0; role < kRoles; ++role) {
      const bool flag = static_cast<Act>(act) == Act::ddl && static_cast<Role>(role) == Role::writer;
      row += flag ? " with `ddl` |" : may(static_cast<Role>(role), static_cast<Act>(act)) ? " yes |" : " |";
    }
    INFO("docs/security.md needs a row that begins so: " << row);
    CHECK(text.str().find("\n" + row) != std::string::npos);
  }
}

TEST_CASE("permissions: each request needs something, and no reply is one") {
  for (int number = 1; number <= 18; ++number) {
    const auto type = static_cast<proto::MessageType>(number);
    INFO(proto::message_type_name(type));
    CHECK(act_of(type).has_value() == proto::is_request(type));
  }
}

TEST_CASE("permissions: only admins may do all, nobody but nodes speaks for others, and a refusal says what to do") {
  for (std::size_t role = 0; role < kRoles; ++role) {
    const auto each = static_cast<Role>(role);
    CHECK(may(each, Act::forward) == (each == Role::node));
    CHECK(may(each, Act::status));
  }
  Grant writer{"app", Role::writer, key_of(1), false, {}};
  CHECK(judge(writer, Act::write, "master").ok());
  const Status ddl = judge(writer, Act::ddl, "master");
  CHECK(ddl.code == Code::not_allowed);
  CHECK_THAT(ddl.message, Contains("'app' may write at master") && Contains("--ddl"));
  writer.ddl = true;
  CHECK(judge(writer, Act::ddl, "master").ok());
  const Status read = judge({"guard", Role::watcher, key_of(1), false, {}}, Act::read, "slave-1");
  CHECK(read.code == Code::not_allowed);
  CHECK_THAT(read.message, Contains("'guard' has the role watcher at slave-1") && Contains("admin, writer, reader"));
}

TEST_CASE("permissions: a key that is limited to databases stays in them") {
  const Grant web{"web", Role::reader, key_of(1), false, {"shop", "news"}};
  CHECK(judge_databases(web, {"shop", "news"}, false, "master").ok());
  CHECK(judge_databases(web, {}, false, "master").ok());
  CHECK_THAT(judge_databases(web, {"shop", "hr"}, false, "master").message, Contains("uses hr"));
  CHECK_FALSE(judge_databases(web, {"information_schema"}, false, "master").ok());
  CHECK_FALSE(judge_databases(web, {}, true, "master").ok());
  CHECK(judge_databases({"all", Role::reader, key_of(1), false, {}}, {"hr"}, true, "master").ok());
}
