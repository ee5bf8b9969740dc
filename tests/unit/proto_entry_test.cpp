// Goal: the log's bytes and its chain never change by accident, and damage is seen. Method: pure calls.
#include <random>

#include "tests/unit/proto_sample.h"

using namespace sqlcast;
using namespace sqlcast::proto;

TEST_CASE("entry: a body comes back as it was") {
  const std::vector<Entry> entries = sample::entries();
  const Result<std::vector<Entry>> decoded = decode_entries(encode_entries(entries));
  REQUIRE(decoded.ok());
  CHECK(*decoded == entries);
}

TEST_CASE("entry: every truncation of a body, and every addition, is refused") {
  const std::string body = encode_entries(sample::entries());
  for (std::size_t size = 0; size < body.size(); ++size)
    if (decode_entries(std::string_view(body).substr(0, size)).ok()) FAIL("cut to " << size);
  CHECK(decode_entries(body + '\0').status().code == Code::bad_message);
}

TEST_CASE("entry: the name of a key makes it the second layout, and every cut of that is refused") {
  const std::vector<Entry> entries = sample::named_entries();
  const std::string body = encode_entries(entries);
  CHECK(body[1] == 2);
  CHECK(encode_entries(sample::entries())[1] == 1);
  const Result<std::vector<Entry>> decoded = decode_entries(body);
  REQUIRE(decoded.ok());
  CHECK(*decoded == entries);
  CHECK((*decoded)[0].by == "laptop");
  CHECK((*decoded)[1].by.empty());
  for (std::size_t size = 0; size < body.size(); ++size)
    if (decode_entries(std::string_view(body).substr(0, size)).ok()) FAIL("cut to " << size);
  std::string as_first = body;
  as_first[1] = 1;
  CHECK(decode_entries(as_first).status().code == Code::bad_message);
}

TEST_CASE("entry: holes, repetitions and empty bodies are refused") {
  std::vector<Entry> entries = sample::entries();
  for (const Sequence second : {Sequence{40}, Sequence{41}, Sequence{43}, Sequence{0}}) {
    entries[1].sequence = second;
    CHECK(decode_entries(encode_entries(entries)).status().code == Code::bad_message);
  }
  entries = sample::entries();
  entries[0].sequence = 0;
  entries[1].sequence = 1;
  CHECK(decode_entries(encode_entries(entries)).status().code == Code::bad_message);
  CHECK(decode_entries(encode_entries({})).status().code == Code::bad_message);
}

TEST_CASE("entry: a body of a later layout says so") {
  std::string body = encode_entries(sample::entries());
  body[1] = 3;
  CHECK(decode_entries(body).status().code == Code::unsupported_version);
}

TEST_CASE("entry: numbers keep all 64 bits, text all bytes") {
  std::vector<Entry> entries(1);
  Entry& entry = entries[0];
  constexpr std::uint64_t kMax = 18'446'744'073'709'551'615U;
  entry.sequence = kMax;
  entry.key = {std::string(64, 'c'), kMax};
  entry.digest = kMax;
  entry.context = {kMax, kMax, 0};
  Statement statement{std::string(70'000, 'x') + std::string("\0'\\\xf0\x9f\x98\x80", 7), kMax, {kMax, kMax}};
  entry.statements = {statement, {}};
  const auto decoded = decode_entries(encode_entries(entries));
  REQUIRE(decoded.ok());
  CHECK((*decoded == entries));
}

TEST_CASE("entry: the chain depends on everything that is history, and on nothing else") {
  const Group group = sample::group();
  const Hash hash = chain_hash(group.previous_hash, group.epoch, group.first, group.last, group.body);
  CHECK(hash == group.hash);
  CHECK(hash != chain_hash(sample::hash_of(0x11), group.epoch, group.first, group.last, group.body));
  CHECK(hash != chain_hash(group.previous_hash, group.epoch + 1, group.first, group.last, group.body));
  CHECK(hash != chain_hash(group.previous_hash, group.epoch, group.first + 1, group.last, group.body));
  CHECK(hash != chain_hash(group.previous_hash, group.epoch, group.first, group.last + 1, group.body));
  CHECK(hash != chain_hash(group.previous_hash, group.epoch, group.first, group.last, group.body + "x"));
  CHECK(genesis_hash("a") != genesis_hash("b"));
  CHECK(genesis_hash("a") != Hash{});
}

TEST_CASE("entry: the hashes are the documented ones") {
  // Recomputed with Python's hashlib.blake2b from docs/protocol.md.
  CHECK(to_hex(genesis_hash("school")) == "b5ff1ab004d8fbbc03e740b4a0111541aa4be1a930447e0947a9de6998a7f03c");
  CHECK(to_hex(chain_hash(Hash{}, 1, 2, 3, "body")) ==
        "996ce5d2850f7f43a56b262cd329ea0822baf07192e4b740e9fc35b5d54030c2");
  CHECK(content_digest("abc") == 14936952950850555179U);
}

TEST_CASE("entry: what it has beside its texts and names is no more than is counted for it") {
  constexpr std::uint64_t kMost = UINT64_MAX;
  for (const std::size_t statements : {1U, 100'000U}) {
    for (const std::size_t length : {1U, 300U}) {
      Entry entry;
      entry.sequence = kMost;
      entry.key = {std::string(64, 'c'), kMost};
      entry.digest = kMost;
      entry.database = std::string(256, 'd');
      entry.by = std::string(256, 'k');
      entry.context = {kMost, kMost, kMost};
      entry.statements.assign(statements, {std::string(length, 's'), kMost, {kMost, kMost}});
      const std::size_t names = entry.key.client_id.size() + entry.database.size() + entry.by.size();
      CHECK(encode_entries({entry}).size() <= kEntryBytes + names + statements * (kStatementBytes + length));
    }
  }
}
