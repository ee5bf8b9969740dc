// Goal: what docs/protocol.md calls a boolean is one, in either form, both ways. Method: the descriptions name every
// boolean of every message; each is set both ways and sent.
#include <functional>
#include <nlohmann/json.hpp>

#include "proto/fields.h"
#include "tests/unit/proto_sample.h"

using namespace sqlcast;
using namespace sqlcast::proto;

namespace {

// Calls `visit(name, member)` for every boolean of a message, those of the structures inside included.
template <typename Visit>
struct Booleans {
  Visit visit;
  template <typename T>
  void look(std::string_view name, T& member) {
    if constexpr (std::is_same_v<std::remove_const_t<T>, bool>) {
      visit(name, member);
    } else if constexpr (requires { describe(*this, member); }) {
      describe(*this, member);
    } else if constexpr (
        requires { member.begin()->name; } || requires { member.begin()->has_rows; }) {
      for (auto& one : member) look(name, one);
    }
  }
  void field(std::string_view name, auto& member, const auto&) { look(name, member); }
  void required(std::string_view name, auto& member) { look(name, member); }
  void optional(std::string_view, auto&) {}
  void list(std::string_view name, auto& member) { look(name, member); }
  void bytes(std::string_view, auto&) {}
  void params(std::string_view, auto&, auto&) {}
  void derived(std::string_view, std::string_view) {}
};

template <typename T, typename Visit>
void for_each_boolean(T& message, Visit visit) {
  Booleans<Visit> booleans{visit};
  describe(booleans, message);
}

std::vector<std::pair<std::string, bool>> booleans_of(Message& message) {
  std::vector<std::pair<std::string, bool>> found;
  std::visit(
      [&](auto& one) {
        for_each_boolean(one, [&](std::string_view name, bool value) { found.emplace_back(name, value); });
      },
      message);
  return found;
}

void set_boolean(Message& message, std::size_t number, bool value) {
  std::size_t at = 0;
  std::visit(
      [&](auto& one) {
        for_each_boolean(one, [&](std::string_view, bool& member) {
          if (at++ == number) member = value;
        });
      },
      message);
}

bool has_member(const nlohmann::json& tree, const std::string& name, bool value) {
  if (tree.is_object() && tree.contains(name) && tree[name].is_boolean() && tree[name] == value) return true;
  for (const auto& inside : tree)
    if (inside.is_structured() && has_member(inside, name, value)) return true;
  return false;
}

template <typename Request>
std::vector<std::string> names_in() {
  Request request;
  std::vector<std::string> names;
  for_each_boolean(request, [&](std::string_view name, bool) { names.emplace_back(name); });
  return names;
}

Status json_status(const std::string& text) { return decode_json_request(text).status(); }

template <typename Request>
void check_json_request(const std::string& fields) {
  for (const std::string& name : names_in<Request>()) {
    for (const bool value : {true, false}) {
      const std::string text = "{" + fields + ",\"" + name + "\":" + (value ? "true" : "false") + "}";
      INFO(text);
      Result<Decoded> decoded = decode_json_request(text);
      INFO(decoded.status().message);
      REQUIRE(decoded.ok());
      CHECK(booleans_of(decoded->message) == std::vector<std::pair<std::string, bool>>{{name, value}});
    }
    for (const char* other : {"1", "0", "\"true\"", "null", "1.0", "[true]"})
      CHECK(json_status("{" + fields + ",\"" + name + "\":" + other + "}").message.starts_with(name));
  }
}

}  // namespace

TEST_CASE("boolean: every one of every message comes through MessagePack both ways") {
  std::size_t tried = 0;
  for (const sample::Named& one : sample::all()) {
    Message message = one.message;
    for (std::size_t i = 0; i < booleans_of(message).size(); ++i) {
      if (booleans_of(message)[i].first == "has_rows") continue;  // what follows hangs on it; the sample has both
      for (const bool value : {true, false}) {
        INFO(one.name << " boolean " << i);
        set_boolean(message, i, value);
        Result<Decoded> decoded = decode(encode(message, 1));
        INFO(decoded.status().message);
        REQUIRE(decoded.ok());
        CHECK(booleans_of(decoded->message) == booleans_of(message));
        ++tried;
      }
    }
  }
  CHECK(tried >= 20);
}

TEST_CASE("boolean: every one of every reply is true or false in JSON") {
  for (const sample::Named& one : sample::all()) {
    if (is_request(type_of(one.message)) || one.name == "error") continue;
    Message message = one.message;
    const auto names = booleans_of(message);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i].first == "has_rows") continue;  // in JSON the rows themselves tell
      for (const bool value : {true, false}) {
        set_boolean(message, i, value);
        INFO(one.name << ": " << names[i].first);
        CHECK(has_member(nlohmann::json::parse(encode_json_reply(message, 1)), names[i].first, value));
      }
    }
  }
}

TEST_CASE("boolean: every one of every request that JSON can send is taken, and nothing else in its place") {
  CHECK(names_in<QueryRequest>() == std::vector<std::string>{"warnings"});
  check_json_request<QueryRequest>(R"("sql": "select 1")");
  check_json_request<FetchRequest>(R"("type": "fetch", "cursor": 1)");
  check_json_request<CloseRequest>(R"("type": "close", "cursor": 1)");
  check_json_request<CancelRequest>(R"("type": "cancel", "client_id": "c", "request_id": 1)");
  check_json_request<ExplainRequest>(R"("type": "explain", "statements": ["select 1"])");
}

TEST_CASE("doubles: minus zero keeps its sign as a value, in either form") {
  QueryRequest query;
  query.statements.push_back({"select ?", {Value{-0.0}}, {}, std::nullopt});
  const Result<Decoded> packed = decode(encode(query, 1));
  REQUIRE(packed.ok());
  CHECK(std::signbit(std::get<double>(std::get<QueryRequest>(packed->message).statements[0].params[0])));
  for (const char* text : {"-0.0", "-0e0", "-0.0E+1"}) {
    const Result<Decoded> json = decode_json_request(R"({"sql": "select ?", "params": [)" + std::string(text) + "]}");
    REQUIRE(json.ok());
    CHECK(std::signbit(std::get<double>(std::get<QueryRequest>(json->message).statements[0].params[0])));
  }
}
