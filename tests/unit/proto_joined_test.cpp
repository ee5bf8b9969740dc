// Goal: a message in one frame is the message, whatever its type, and bytes that are none are refused. Method: every
// sample joined and split again; each cut off at every byte; golden vectors of a request and of a result.
#include "proto/joined.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/unit/proto_sample.h"

using namespace sqlcast;
using namespace sqlcast::proto;

namespace {

Frames joined(Frames frames) {
  join(frames);
  return frames;
}

Message sample_of(const std::string& name) {
  for (const sample::Named& one : sample::all())
    if (one.name == name) return one.message;
  FAIL("no sample " << name);
  return {};
}

}  // namespace

TEST_CASE("joined: every small message is the same in one frame") {
  for (const sample::Named& one : sample::all()) {
    INFO(one.name);
    const Frames frames = encode(one.message, 7);
    Frames again = joined(frames);
    REQUIRE(again.size() == 1);
    CHECK(is_joined(again));
    CHECK(!is_joined(frames));
    CHECK(glance_at_exchange(again) == 7);
    CHECK(decode(again).status().code == Code::bad_message);  // who knows frames alone says so
    REQUIRE(split(again).ok());
    CHECK(again == frames);
  }
}

TEST_CASE("joined: what is not small stays in frames") {
  StatementResult one;
  one.has_rows = true;
  one.columns.emplace_back().name = "c";
  one.page.rows = 1;
  ColumnWriter column;
  column.append_text(std::string(kMostJoined, 'x'));
  one.page.columns.push_back(column.take());
  QueryResult result;
  result.results.push_back(one);
  const Frames frames = encode(result, 7);
  CHECK(joined(frames) == frames);
  Frames too_long = {encode_header({kProtocolVersion, MessageType::query, ContentType::messagepack, 7}) +
                     std::string(kMostJoined, '\0')};
  too_long[0][6] = 2;
  REQUIRE(is_joined(too_long));
  CHECK(split(too_long).code == Code::bad_message);
}

TEST_CASE("joined: cut off anywhere, or with more behind it, it is refused, by one or by the other") {
  const Frames whole = joined(encode(sample_of("result"), 7));
  for (std::size_t size = 0; size < whole[0].size(); ++size) {
    INFO(size);
    Frames part = {whole[0].substr(0, size)};
    const bool refused = !is_joined(part) || !split(part).ok() || !decode(part).ok();
    CHECK(refused);
  }
  Frames more = {whole[0] + '\x01'};
  REQUIRE(split(more).ok());
  CHECK(decode(more).status().code == Code::bad_message);
}

TEST_CASE("golden: a request and a result in one frame have the bytes they always had") {
  for (const char* const name : {"query", "result"}) {
    INFO(name);
    const Frames frames = joined(encode(sample_of(name), 7));
    const std::string path = std::string(SQLCAST_SOURCE_DIR) + "/tests/golden/" + name + "_joined.hex";
    const std::string text = "# message " + std::string(name) +
                             " in one frame, exchange 7\n# One line a frame, in hexadecimal.\n" + to_hex(frames[0]) +
                             "\n";
    if (std::getenv("SQLCAST_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
    std::stringstream content;
    content << std::ifstream(path).rdbuf();
    CHECK(content.str() == text);
  }
}
