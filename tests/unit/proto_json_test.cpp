// Goal: scripts that speak JSON get exact values and readable errors. Method: requests and replies as text; every
// truncation; seeded damage.
#include <limits>
#include <random>

#include "tests/unit/proto_sample.h"

using namespace sqlcast;
using namespace sqlcast::proto;

namespace {

Decoded decoded(std::string_view text) {
  Result<Decoded> result = decode_json_request(text);
  INFO(text << ": " << result.status().message);
  REQUIRE(result.ok());
  return std::move(*result);
}

QueryRequest query(std::string_view text) { return std::get<QueryRequest>(decoded(text).message); }

constexpr std::string_view kFull =
    R"({"statements": [{"sql": "a ?", "params": [1, {"base64": "AP8n"}], "expect": 1}, {"sql": "b :x", "params": {"x": null}}],)"
    R"( "database": "school", "client_id": "c", "request_id": 18446744073709551615, "timeout_ms": 10, "page_rows": 20,)"
    R"( "consistency": "max_lag", "max_lag_ms": 30, "after": 40, "sent_since": 39, "ack": "majority", "id": 50, "type": "query"})";

}  // namespace

TEST_CASE("json: the smallest request is a query of one statement") {
  const Decoded request = decoded(R"({"sql": "select 1"})");
  CHECK(request.header.type == MessageType::query);
  CHECK(request.header.content == ContentType::json);
  CHECK(request.header.exchange == 0);
  CHECK(std::get<QueryRequest>(request.message).statements.at(0).sql == "select 1");
  CHECK(std::get<QueryRequest>(request.message).consistency == Consistency::session);
}

TEST_CASE("json: every field arrives") {
  const Decoded request = decoded(kFull);
  const auto& message = std::get<QueryRequest>(request.message);
  CHECK(request.header.exchange == 50);
  CHECK(message.key == RequestKey{"c", 18'446'744'073'709'551'615U});
  CHECK(message.database == "school");
  CHECK(message.timeout_ms == 10);
  CHECK(message.page_rows == 20);
  CHECK(message.consistency == Consistency::max_lag);
  CHECK(message.max_lag_ms == 30);
  CHECK(message.after == 40);
  CHECK(message.sent_since == 39);
  CHECK(message.ack == Ack::majority);
  REQUIRE(message.statements.size() == 2);
  CHECK(message.statements[0].params == std::vector<Value>{std::int64_t{1}, Bytes{std::string("\0\xff'", 3)}});
  CHECK(message.statements[0].expect == 1);
  CHECK(message.statements[1].named_params == std::map<std::string, Value>{{"x", std::monostate{}}});
}

TEST_CASE("json: values keep their type and all 64 bits") {
  const auto params = query(R"({"sql": "x", "params": [9223372036854775807, 9223372036854775808, 18446744073709551615,)"
                            R"( -9223372036854775808, 1.0, 1e3, true, false, null, "\u0000\ud83d\ude00", -0]})")
                          .statements[0]
                          .params;
  const std::vector<Value> expected = {std::int64_t{std::numeric_limits<std::int64_t>::max()},
                                       std::uint64_t{9'223'372'036'854'775'808U},
                                       std::uint64_t{18'446'744'073'709'551'615U},
                                       std::int64_t{std::numeric_limits<std::int64_t>::min()},
                                       1.0,
                                       1000.0,
                                       std::int64_t{1},
                                       std::int64_t{0},
                                       std::monostate{},
                                       std::string("\0\xf0\x9f\x98\x80", 5),
                                       std::int64_t{0}};
  CHECK(params == expected);
}

TEST_CASE("json: the other requests go by their type") {
  CHECK(std::get<FetchRequest>(decoded(R"({"type": "fetch", "cursor": 7, "page_rows": 5, "client_id": "c"})").message)
            .cursor == 7);
  CHECK(std::get<CloseRequest>(decoded(R"({"type": "close", "cursor": 7})").message).cursor == 7);
  CHECK(std::get<CancelRequest>(decoded(R"({"type": "cancel", "client_id": "c", "request_id": 9})").message).key ==
        RequestKey{"c", 9});
  CHECK(decoded(R"({"type": "status", "id": 1})").header.type == MessageType::status);
  CHECK(
      std::get<ExplainRequest>(decoded(R"({"type": "explain", "statements": ["a", "b"]})").message).statements.size() ==
      2);
}

TEST_CASE("json: what is wrong is named") {
  const std::pair<const char*, const char*> cases[] = {
      {R"({})", "sql: the field is missing"},
      {R"({"sql": 5})", "sql: expected text, got 5"},
      {R"({"sql": "a", "sqll": 1})", "unknown field \"sqll\""},
      {R"({"sql": "a", "forwarded_by": "x"})", "unknown field \"forwarded_by\""},
      {R"({"sql": "a", "caller_key": "x"})", "unknown field \"caller_key\""},
      {R"({"sql": "a", "sql": "b"})", "sql: the field is there twice"},
      {R"({"sql": "a", "statements": []})", "statements: sql is there too"},
      {R"({"statements": [{"sql": "a"}], "params": [1]})", "params: goes with sql"},
      {R"({"statements": []})", "statements: expected at least one"},
      {R"({"statements": {"sql": "a"}})", "statements: expected an array, got object"},
      {R"({"statements": ["a"]})", "statements[0]: expected an object, got string"},
      {R"({"statements": [{"sql": "a"}, {"sql": "b", "x": 1}]})", "statements[1]: unknown field \"x\""},
      {R"({"sql": "a", "params": [[1]]})", "params[0]: expected null, true"},
      {R"({"sql": "a", "params": [{"base64": "%"}]})", "params[0]: base64: not valid"},
      {R"({"sql": "a", "params": [{"base64": "QQ"}]})", "params[0]: base64: not valid"},
      {R"({"sql": "a", "params": "x"})", "params: expected an array (for ?) or an object"},
      {R"({"sql": "a", "params": {"b c": 1}})", "a parameter's name"},
      {R"({"sql": "a", "params": [18446744073709551616]})", "the integer 18446744073709551616 is outside 64 bits"},
      {R"({"sql": "a", "params": [-9223372036854775809]})", "the integer -9223372036854775809 is outside 64 bits"},
      {R"({"sql": "a", "expect": -1})", "expect: expected an unsigned integer, got -1"},
      {R"({"sql": "a", "timeout_ms": 1.5})", "timeout_ms: expected an unsigned integer, got a floating"},
      {R"({"sql": "a", "timeout_ms": 4294967296})", "timeout_ms: expected at most 4294967295, got 4294967296"},
      {R"({"sql": "a", "ack": "two"})", "ack: expected one of unset, local, one, majority, all"},
      {R"({"sql": "a", "database": null})", "database: expected text, got null"},
      {R"({"sql": "a", "id": "x"})", "id: expected an unsigned integer"},
      {R"({"sql": "a", "client_id": "c"})", "request_id: expected 1 or more"},
      {R"({"type": "result"})", "type: expected one of query, fetch, close, cancel, status, explain, requests"},
      {R"({"type": 1})", "type: expected one of"},
      {R"({"type": "log_read"})", "type: expected one of"},
      {R"({"type": "status", "x": 1})", "unknown field \"x\""},
      {R"({"type": "fetch"})", "cursor: the field is missing"},
  };
  for (const auto& [text, expected] : cases) {
    INFO(text);
    const Status status = decode_json_request(text).status();
    CHECK(status.code == Code::bad_request);
    CHECK_THAT(status.message, Catch::Contains(expected));
  }
}

TEST_CASE("json: what is not JSON is bad_message, at every truncation") {
  for (std::size_t size = 0; size < kFull.size(); ++size)
    if (decode_json_request(kFull.substr(0, size)).status().code != Code::bad_message) FAIL("cut to " << size);
  for (const char* text : {"[]", "5", "{} {}", R"({"sql": "a",})", R"({"sql": "\ud800"})", "{\"sql\": \"\xc3\x28\"}",
                           R"({"sql": 'a'})", R"({"sql": NaN})", "{\"sql\": \"a\nb\"}"}) {
    INFO(text);
    CHECK(decode_json_request(text).status().code == Code::bad_message);
  }
}

TEST_CASE("json: deep or wide text is too_large before it is built") {
  CHECK(decode_json_request(R"({"sql": )" + std::string(1'000'000, '[')).status().code == Code::too_large);
  std::string wide = R"({"sql": "a", "params": [1)";
  for (int i = 0; i < 1'000'001; ++i) wide += ",1";
  CHECK(decode_json_request(wide + "]}").status().code == Code::too_large);
  CHECK(decode_json_request(R"({"sql": "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"[[[[[[["})").ok());
}

TEST_CASE("json: random damage is refused or understood, never more") {
  std::mt19937_64 random(7);  // NOLINT(cert-msc51-cpp): the same cases every time
  constexpr std::string_view kAlphabet = "{}[]\",:\\0123456789.-eEtfnu \xc3\x28";
  for (int i = 0; i < 10'000; ++i) {
    std::string text(kFull);
    for (std::uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
      const std::size_t at = 1 + random() % (text.size() - 1);
      if (random() % 2 == 0)
        text[at] = kAlphabet[random() % kAlphabet.size()];
      else
        text.erase(at, 1 + random() % 3);
    }
    const Result<Decoded> result = decode_json_request(text);
    if (!result.ok() && result.status().message.empty()) FAIL(text);
    (void)peek_exchange(text);
  }
}

TEST_CASE("json: one statement's reply is flat, and exact") {
  QueryResult result;
  StatementResult rows;
  rows.has_rows = true;
  rows.columns = {{"x", "", "", ValueKind::text, true, false}};
  ColumnWriter writer;
  writer.append_uint(18'446'744'073'709'551'615U);
  writer.append_int(std::numeric_limits<std::int64_t>::min());
  writer.append_double(1.0);
  writer.append_double(0.1);
  writer.append_double(1e300);
  writer.append_double(std::numeric_limits<double>::infinity());
  writer.append_double(-std::numeric_limits<double>::infinity());
  writer.append_double(std::numeric_limits<double>::quiet_NaN());
  writer.append_null();
  writer.append_text("q\"b\\n\n\t\x01 é ☕ 😀");
  writer.append_text("bad \xff\xc3( end");
  writer.append_bytes(std::string_view("\0\xff'", 3));
  writer.append_bytes("");
  rows.page.rows = writer.rows();
  rows.page.columns = {writer.take()};
  result.results = {rows};
  CHECK(
      encode_json_reply(result, 3) ==
      R"({"ok":true,"id":3,"type":"result","columns":[{"name":"x","table":"","type":"","kind":"text","nullable":true,)"
      R"("primary_key":false}],"rows":[[18446744073709551615],[-9223372036854775808],[1.0],[0.1],[1e+300],)"
      R"(["Infinity"],["-Infinity"],["NaN"],[null],["q\"b\\n\n\t\u0001 é ☕ 😀"],)"
      "[\"bad \xef\xbf\xbd\xef\xbf\xbd( end\"],"
      R"([{"base64":"AP8n"}],[{"base64":""}]],"cursor":0,"affected_rows":0,"insert_id":0,"warnings":[],)"
      R"("wrote":false,"replayed":false,"epoch":0,"sequence":0,"acked_by":[],"node":"","node_position":0,)"
      R"("stale":false,"elapsed_us":0})");
}

TEST_CASE("json: a damaged column becomes an error, not bad JSON") {
  QueryResult result = sample::result();
  result.results[0].page.columns[1].pop_back();
  CHECK_THAT(encode_json_reply(result, 3),
             Catch::StartsWith(R"({"ok":false,"id":3,"type":"error","error":{"code":302)"));
  result = sample::result();
  result.results[0].page.columns.pop_back();
  CHECK_THAT(encode_json_reply(result, 3), Catch::StartsWith(R"({"ok":false)"));
}

TEST_CASE("json: only a single frame that begins with a brace is JSON") {
  CHECK(is_json({"{"}));
  CHECK_FALSE(is_json({}));
  CHECK_FALSE(is_json({""}));
  CHECK_FALSE(is_json({" {"}));
  CHECK_FALSE(is_json({"{", "{"}));
}
