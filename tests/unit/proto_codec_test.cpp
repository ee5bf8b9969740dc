// Goal: whatever is encoded comes back the same; whatever else arrives is refused by name, never crashes, never
// costs much. Method: a sample of every message; every truncation of it; seeded random damage; bad maps by hand.
#include "proto/codec.h"

#include <random>

#include "tests/unit/proto_sample.h"

using namespace sqlcast;
using namespace sqlcast::proto;

namespace {

constexpr std::uint64_t kExchange = 0x1122334455667788U;

// Just enough MessagePack to write what an encoder of ours never would.
std::string str(std::string_view text) {
  REQUIRE(text.size() < 32);
  return static_cast<char>(0xa0U | text.size()) + std::string(text);
}
std::string map(std::size_t pairs) { return {static_cast<char>(0x80U | pairs)}; }
std::string array(std::size_t size) { return {static_cast<char>(0x90U | size)}; }
std::string hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  return bytes;
}
std::string one_statement(const std::string& fields, std::size_t pairs = 1) {
  return str("statements") + array(1) + map(pairs) + fields;
}

Status status_of(MessageType type, const std::string& body) {
  return decode({encode_header({kProtocolVersion, type, ContentType::messagepack, 1}), body}).status();
}

// Uses every part of what was decoded, as a node or a client would.
void use(const Decoded& decoded) {
  if (const auto* result = std::get_if<QueryResult>(&decoded.message))
    for (const StatementResult& one : result->results)
      for (const std::string& column : one.page.columns) (void)read_column(column, one.page.rows);
  if (const auto* group = std::get_if<GroupMessage>(&decoded.message)) (void)decode_entries(group->group.body);
  if (const auto* query = std::get_if<QueryRequest>(&decoded.message)) (void)request_digest(*query);
  (void)encode(decoded.message, decoded.header.exchange);
  (void)encode_json_reply(decoded.message, decoded.header.exchange);
}

}  // namespace

TEST_CASE("codec: every message comes back as it was") {
  for (const sample::Named& one : sample::all()) {
    INFO(one.name);
    const Frames frames = encode(one.message, kExchange);
    const Result<Decoded> decoded = decode(frames);
    INFO(decoded.status().message);
    REQUIRE(decoded.ok());
    CHECK(decoded->header.exchange == kExchange);
    CHECK(message_type_name(decoded->header.type) == one.name);
    CHECK(message_type_from_name(one.name) == type_of(one.message));
    // The sample sets every field, so equal frames mean equal messages.
    CHECK(encode(decoded->message, kExchange) == frames);
    CHECK(encode(Message(one.message), kExchange) == frames);
  }
  CHECK(sample::all().size() == std::variant_size_v<Message>);
}

TEST_CASE("codec: a message without anything set takes little and comes back") {
  QueryRequest query;
  query.statements.resize(1);
  query.statements[0].sql = "x";
  CHECK(encode(query, 0).at(1) == map(1) + one_statement(str("sql") + str("x")));
  const Frames closed = encode(ClosedReply{}, 0);
  CHECK(closed.at(1) == map(0));
  CHECK(decode(encode(QueryResult{}, 0)).ok());
  CHECK(decode(encode(LogBatch{}, 0)).ok());
}

TEST_CASE("codec: every truncation of every message is refused") {
  for (const sample::Named& one : sample::all()) {
    const Frames frames = encode(one.message, kExchange);
    for (std::size_t frame = 0; frame < frames.size(); ++frame)
      for (std::size_t size = 0; size < frames[frame].size(); ++size) {
        Frames cut = frames;
        cut[frame].resize(size);
        const Result<Decoded> decoded = decode(cut);
        if (frame >= 2) {
          REQUIRE(decoded.ok());  // columns are looked into by their reader
          CHECK_FALSE(read_column(cut[frame], 2).ok());
        } else if (decoded.ok() || decoded.status().code != Code::bad_message) {
          FAIL(one.name << " cut to " << size << " bytes of frame " << frame);
        }
      }
    for (std::size_t count = 0; count < frames.size(); ++count)
      CHECK(decode(Frames(frames.begin(), frames.begin() + static_cast<std::ptrdiff_t>(count))).status().code ==
            Code::bad_message);
    Frames longer = frames;
    longer.emplace_back("x");
    CHECK(decode(longer).status().code == Code::bad_message);
    longer = frames;
    longer[1].push_back('\0');
    CHECK(decode(longer).status().code == Code::bad_message);
  }
}

TEST_CASE("codec: random damage and random bytes are refused or understood, never more") {
  std::mt19937_64 random(20240229);  // NOLINT(cert-msc51-cpp): the same cases every time
  const std::vector<sample::Named> samples = sample::all();
  int understood = 0;
  for (int i = 0; i < 40'000; ++i) {
    Frames frames = encode(samples[random() % samples.size()].message, random());
    std::string& frame = frames[1 + random() % (frames.size() - 1)];
    for (std::uint64_t changes = 1 + random() % 4; changes > 0 && !frame.empty(); --changes) {
      const std::size_t at = random() % frame.size();
      switch (random() % 4) {
        case 0: frame[at] = static_cast<char>(random()); break;
        case 1: frame.erase(at, 1 + random() % 8); break;
        case 2: frame.insert(at, 1 + random() % 4, static_cast<char>(random())); break;
        default: frame[at] = static_cast<char>(frame[at] ^ (1 << random() % 8)); break;
      }
    }
    const Result<Decoded> decoded = decode(frames);
    if (decoded.ok()) {
      ++understood;
      use(*decoded);
    } else {
      CHECK_FALSE(decoded.status().message.empty());
    }
  }
  CHECK(understood > 100);
  for (int i = 0; i < 20'000; ++i) {
    std::string body(random() % 64, '\0');
    for (char& c : body) c = static_cast<char>(random());
    const auto type = static_cast<MessageType>(1 + random() % 18);
    const Result<Decoded> decoded =
        decode({encode_header({kProtocolVersion, type, ContentType::messagepack, 1}), body});
    if (decoded.ok()) use(*decoded);
    (void)decode({body, body});
    (void)read_column(body, random() % 8);
    (void)decode_entries(body);
    (void)decode_json_request("{" + body);
  }
}

TEST_CASE("codec: headers are refused for what they are") {
  const std::string good = encode_header({kProtocolVersion, MessageType::query, ContentType::messagepack, kExchange});
  CHECK(to_hex(good) == "53514c43010100001122334455667788");
  CHECK(decode_header(good)->exchange == kExchange);
  CHECK(peek_exchange(good) == kExchange);
  const auto changed = [&](std::size_t at, char value) {
    std::string frame = good;
    frame[at] = value;
    return decode_header(frame).status().code;
  };
  CHECK(changed(0, 'X') == Code::bad_message);
  CHECK(changed(4, 0) == Code::unsupported_version);
  CHECK(changed(4, 2) == Code::unsupported_version);
  CHECK(changed(5, 0) == Code::bad_message);
  CHECK(changed(5, 21) == Code::bad_message);
  CHECK(changed(6, 1) == Code::bad_message);
  CHECK(changed(7, 1) == Code::bad_message);
  CHECK(decode_header(good + "x").status().code == Code::bad_message);
  // A later version may have a longer header; that it is later must still be said.
  std::string later = good + "more";
  later[4] = 9;
  CHECK(decode_header(later).status().code == Code::unsupported_version);
  CHECK(peek_exchange(later) == kExchange);
  CHECK(peek_exchange("SQLC") == 0);
  CHECK(peek_exchange(R"({"id": 18446744073709551615, "nonsense": [1]})") == 18'446'744'073'709'551'615U);
  CHECK(peek_exchange(R"({"id": -1})") == 0);
  CHECK(peek_exchange("{") == 0);
  CHECK(peek_exchange(R"({"id": 12)") == 0);  // of which digits may be missing
}

TEST_CASE("codec: a bad field of a request is bad_request, by its path") {
  struct Case {
    MessageType type;
    std::string body;
    std::string expected;
  };
  const std::string sql = str("sql") + str("x");
  const std::vector<Case> cases = {
      {MessageType::query, map(0), "statements: the field is missing"},
      {MessageType::query, map(1) + str("statements") + array(0), "statements: expected at least one"},
      {MessageType::query, map(1) + one_statement("", 0), "statements[0].sql: the field is missing"},
      {MessageType::query, map(1) + one_statement(str("sql") + hex("05")),
       "statements[0].sql: expected text, got unsigned integer"},
      {MessageType::query, map(1) + one_statement(str("sql") + hex("c40178")),
       "statements[0].sql: expected text, got bytes"},
      {MessageType::query, map(1) + one_statement(str("sql") + hex("a2c328")), "not valid UTF-8 at byte 0"},
      {MessageType::query, map(1) + one_statement(sql + sql, 2), "statements[0].sql: the field is there twice"},
      {MessageType::query, map(2) + one_statement(sql) + str("pagerows") + hex("01"), "unknown field \"pagerows\""},
      {MessageType::query, map(1) + one_statement(sql + str("x\ny") + hex("01"), 2),
       "statements[0]: unknown field \"x\\ny\""},
      {MessageType::query, map(2) + one_statement(sql) + str("timeout_ms") + hex("ff"),
       "timeout_ms: expected unsigned integer, got negative integer"},
      {MessageType::query, map(2) + one_statement(sql) + str("timeout_ms") + hex("cf0000000100000000"),
       "timeout_ms: expected at most 4294967295; got 4294967296"},
      {MessageType::query, map(2) + one_statement(sql) + str("after") + hex("cb3ff0000000000000"),
       "after: expected unsigned integer, got floating point number"},
      {MessageType::query, map(2) + one_statement(sql) + str("database") + hex("c0"),
       "database: expected text, got nil"},
      {MessageType::query, map(2) + one_statement(sql) + str("ack") + str("two"),
       "ack: expected one of unset, local, one, majority, all; got \"two\""},
      {MessageType::query, map(2) + one_statement(sql) + str("consistency") + str("max_lag"), "max_lag_ms: expected 1"},
      {MessageType::query, map(2) + one_statement(sql) + str("max_lag_ms") + hex("05"), "max_lag_ms: only goes with"},
      {MessageType::query, map(2) + one_statement(sql) + str("client_id") + str("c"), "request_id: expected 1 or more"},
      {MessageType::query, map(2) + one_statement(sql) + str("request_id") + hex("05"),
       "request_id: is nothing without"},
      {MessageType::query, map(3) + one_statement(sql) + str("client_id") + str("c d") + str("request_id") + hex("01"),
       "client_id: expected 1 to 64 printable"},
      {MessageType::query, map(1) + one_statement(sql + str("params") + str("x"), 2),
       "statements[0].params: expected an array (for ?) or a map (for :name), got text"},
      {MessageType::query, map(1) + one_statement(sql + str("params") + array(2) + hex("c0") + array(0), 2),
       "statements[0].params[1]: expected nil, a number, text or bytes, got array"},
      {MessageType::query, map(1) + one_statement(sql + str("params") + array(1) + hex("cb7ff8000000000000"), 2),
       "statements[0].params[0]: SQL has no infinity and no NaN"},
      {MessageType::query, map(1) + one_statement(sql + str("params") + map(1) + str("1a") + hex("c0"), 2),
       "a parameter's name is 1 to 64"},
      {MessageType::query,
       map(1) + one_statement(sql + str("params") + map(2) + str("a") + hex("c0") + str("a") + hex("c0"), 2),
       "statements[0].params: the name \"a\" is there twice"},
      {MessageType::query, array(0), "expected map, got array"},
      {MessageType::query, map(1) + hex("05") + hex("05"), "expected text, got unsigned integer"},
      {MessageType::fetch, map(0), "cursor: the field is missing"},
      {MessageType::fetch, map(1) + str("cursor") + hex("00"), "cursor: expected the number"},
      {MessageType::cancel, map(1) + str("client_id") + str("c"),
       "request_id: expected the request_id of the request to cancel"},
      {MessageType::status, map(1) + str("x") + hex("00"), "unknown field \"x\""},
      {MessageType::log_read, map(1) + str("after") + map(1) + str("hash") + hex("c40100"),
       "after.hash: expected 32 bytes, got 1"},
  };
  for (const Case& one : cases) {
    INFO(one.expected);
    const Status status = status_of(one.type, one.body);
    CHECK(status.code == Code::bad_request);
    CHECK_THAT(status.message, Catch::Contains(one.expected));
  }
}

TEST_CASE("codec: replies may have fields that this version does not know") {
  const std::string body = map(3) + str("future") + map(1) + str("deep") + array(2) + hex("c0c0") + str("stopped") +
                           hex("c3") + str("more") + hex("d40500");
  const Result<Decoded> decoded =
      decode({encode_header({1, MessageType::cancel_reply, ContentType::messagepack, 1}), body});
  REQUIRE(decoded.ok());
  CHECK(std::get<CancelReply>(decoded->message).stopped);
  CHECK(status_of(MessageType::cancel_reply, map(1) + str("stopped") + hex("01")).code == Code::bad_message);
}

TEST_CASE("codec: lengths that the bytes cannot hold are refused before anything is allocated") {
  for (const char* head :
       {"dd7fffffff", "ddffffffff", "dc00ff", "df7fffffff", "dbffffffff", "c6ffffffff", "c9ffffffff"}) {
    INFO(head);
    CHECK(status_of(MessageType::query, map(1) + str("statements") + hex(head)).code == Code::bad_message);
    CHECK(status_of(MessageType::status_reply, map(1) + str("unknown") + hex(head)).code == Code::bad_message);
    CHECK_FALSE(read_column(hex(head), 0xffffffffU).ok());
    CHECK_FALSE(decode_entries(array(2) + hex("01") + hex(head)).ok());
  }
  const std::string nest(1'000'000, '\x91');
  CHECK(status_of(MessageType::status_reply, map(1) + str("unknown") + nest).code == Code::bad_message);
  CHECK(status_of(MessageType::status_reply, map(1) + str("unknown") + nest + hex("c0")).code == Code::bad_message);
}

TEST_CASE("codec: a request with too many values is too_large") {
  const std::string million(1'000'001, '\xc0');
  CHECK(status_of(MessageType::query,
                  map(1) + one_statement(str("sql") + str("x") + str("params") + hex("dd000f4241") + million, 2))
            .code == Code::too_large);
  CHECK(status_of(MessageType::query, map(1) + one_statement(str("sql") + str("x") + str("params") + hex("dd00010000") +
                                                                 std::string(65'536, '\xc0'),
                                                             2))
            .code == Code::too_large);
  CHECK(status_of(MessageType::query, map(1) + one_statement(str("sql") + str("x") + str("params") + hex("dd0000ffff") +
                                                                 std::string(65'535, '\xc0'),
                                                             2))
            .ok());
}

TEST_CASE("codec: results, groups and errors that contradict themselves are refused") {
  QueryResult result = sample::result();
  result.results[0].page.columns.pop_back();
  CHECK(decode(encode(result, 1)).status().code == Code::bad_message);
  result = sample::result();
  result.results[0].has_rows = false;
  CHECK(decode(encode(result, 1)).status().code == Code::bad_message);
  GroupMessage group{sample::group()};
  group.group.last = group.group.first - 1;
  CHECK(decode(encode(group, 1)).status().code == Code::bad_message);
  CHECK(decode(encode(ErrorReply{}, 1)).status().code == Code::bad_message);
}

TEST_CASE("codec: the digest tells content, not the way it came") {
  const auto digest = [](std::string_view json) {
    const Result<Decoded> decoded = decode_json_request(json);
    REQUIRE(decoded.ok());
    return request_digest(std::get<QueryRequest>(decoded->message));
  };
  const std::uint64_t one = digest(R"({"sql": "a", "params": [1]})");
  CHECK(one == digest(R"({"statements": [{"params": [1], "sql": "a"}], "timeout_ms": 7, "ack": "all", "id": 9})"));
  CHECK(one != digest(R"({"sql": "a", "params": ["1"]})"));
  CHECK(one != digest(R"({"sql": "a", "params": [1.0]})"));
  CHECK(one != digest(R"({"sql": "a", "params": [1], "expect": 0})"));
  CHECK(one != digest(R"({"sql": "a", "params": [1], "database": "d"})"));
  CHECK(digest(R"({"sql": "a", "params": ["QQ=="]})") != digest(R"({"sql": "a", "params": [{"base64": "QQ=="}]})"));
  const Result<Decoded> binary = decode(encode(sample::query(), 1));
  CHECK(request_digest(std::get<QueryRequest>(binary->message)) == request_digest(sample::query()));
}
