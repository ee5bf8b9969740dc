#include "proto/entry.h"

#include <sodium.h>

#include <algorithm>
#include <limits>

#include "proto/wire_reader.h"
#include "proto/wire_writer.h"

namespace sqlcast::proto {
namespace {

constexpr std::uint64_t kBodyVersion = 1;
constexpr std::uint64_t kNamedVersion = 2;  // an entry has the name of a key at its end
constexpr std::uint64_t kBodyFields = 2;
constexpr std::uint64_t kEntryFields = 7;
constexpr std::uint64_t kContextFields = 3;
constexpr std::uint64_t kStatementFields = 4;

void prepare_sodium() {
  static const int kReady = sodium_init();
  SQLCAST_CHECK(kReady >= 0);
}

class Hasher {
 public:
  explicit Hasher(std::size_t size) {
    prepare_sodium();
    crypto_generichash_init(&state_, nullptr, 0, size);
  }
  Hasher& add(std::string_view bytes) {
    crypto_generichash_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    return *this;
  }
  Hasher& add(const Hash& hash) {
    crypto_generichash_update(&state_, hash.data(), hash.size());
    return *this;
  }
  Hasher& add(std::uint64_t number) {
    unsigned char bytes[8];
    for (unsigned i = 0; i < 8; ++i) bytes[i] = static_cast<unsigned char>(number >> (56U - 8U * i));
    crypto_generichash_update(&state_, bytes, sizeof bytes);
    return *this;
  }
  template <std::size_t kSize>
  std::array<std::uint8_t, kSize> finish() {
    std::array<std::uint8_t, kSize> hash{};
    crypto_generichash_final(&state_, hash.data(), hash.size());
    return hash;
  }

 private:
  crypto_generichash_state state_{};
};

void write_entry(WireWriter& out, const Entry& entry, bool named) {
  out.array(kEntryFields + (named ? 1 : 0));
  out.number(entry.sequence);
  out.text(entry.key.client_id);
  out.number(entry.key.request_id);
  out.number(entry.digest);
  out.text(entry.database);
  out.array(kContextFields);
  out.number(entry.context.timestamp_us);
  out.optional_number(entry.context.rand_seed1);
  out.optional_number(entry.context.rand_seed2);
  out.array(entry.statements.size());
  for (const Statement& statement : entry.statements) {
    out.array(kStatementFields);
    out.text(statement.sql);
    out.optional_number(statement.insert_id);
    out.number(statement.effect.affected_rows);
    out.number(statement.effect.insert_id);
  }
  if (named) out.text(entry.by);
}

// Each method is false when the bytes are not what the layout has there.
class EntryReader {
 public:
  explicit EntryReader(std::string_view body) : in_(body) {}

  bool array(std::uint64_t& count) {
    Token token;
    if (!in_.next(token) || token.kind != TokenKind::array) return false;
    count = token.number;
    return true;
  }
  bool array_of(std::uint64_t expected) {
    std::uint64_t count = 0;
    return array(count) && count == expected;
  }
  bool number(std::uint64_t& value) {
    Token token;
    if (!in_.next(token) || token.kind != TokenKind::uint64) return false;
    value = token.number;
    return true;
  }
  bool optional_number(std::optional<std::uint64_t>& value) {
    Token token;
    if (!in_.next(token)) return false;
    if (token.kind == TokenKind::nil) return true;
    if (token.kind != TokenKind::uint64) return false;
    value = token.number;
    return true;
  }
  bool text(std::string& value) {
    Token token;
    if (!in_.next(token) || token.kind != TokenKind::text) return false;
    value.assign(token.data);
    return true;
  }
  bool statement(Statement& statement) {
    return array_of(kStatementFields) && text(statement.sql) && optional_number(statement.insert_id) &&
           number(statement.effect.affected_rows) && number(statement.effect.insert_id);
  }
  bool entry(Entry& entry, bool named) {
    std::uint64_t count = 0;
    if (!(array_of(kEntryFields + (named ? 1 : 0)) && number(entry.sequence) && text(entry.key.client_id) &&
          number(entry.key.request_id) && number(entry.digest) && text(entry.database) && array_of(kContextFields) &&
          number(entry.context.timestamp_us) && optional_number(entry.context.rand_seed1) &&
          optional_number(entry.context.rand_seed2) && array(count)))
      return false;
    for (std::uint64_t i = 0; i < count; ++i)
      if (!statement(entry.statements.emplace_back())) return false;
    return !named || text(entry.by);
  }
  bool at_end() const { return in_.at_end(); }

 private:
  WireReader in_;
};

}  // namespace

std::string encode_entries(const std::vector<Entry>& entries) {
  WireWriter out;
  out.array(kBodyFields);
  const bool named = std::any_of(entries.begin(), entries.end(), [](const Entry& entry) { return !entry.by.empty(); });
  out.number(named ? kNamedVersion : kBodyVersion);
  out.array(entries.size());
  for (const Entry& entry : entries) write_entry(out, entry, named);
  return out.take();
}

Result<std::vector<Entry>> decode_entries(std::string_view body) {
  EntryReader in(body);
  std::uint64_t version = 0;
  std::uint64_t count = 0;
  if (!in.array_of(kBodyFields) || !in.number(version))
    return Status::error(Code::bad_message, "a group's body does not begin with its version");
  if (version != kBodyVersion && version != kNamedVersion)
    return Status::error(Code::unsupported_version, "a group's body has layout version " + std::to_string(version) +
                                                        "; this program reads versions 1 and 2: use a newer one");
  if (!in.array(count) || count == 0) return Status::error(Code::bad_message, "a group's body has no entries");
  std::vector<Entry> entries;
  for (std::uint64_t i = 0; i < count; ++i) {
    Entry& entry = entries.emplace_back();
    if (!in.entry(entry, version == kNamedVersion))
      return Status::error(Code::bad_message, "entry " + std::to_string(i) + " of a group's body is malformed");
    const Sequence previous = i == 0 ? entry.sequence - 1 : entries[i - 1].sequence;
    if (entry.sequence == 0 || entry.sequence - 1 != previous)
      return Status::error(Code::bad_message, "a group's body has a hole: sequence " + std::to_string(entry.sequence) +
                                                  " follows " + std::to_string(previous));
  }
  if (!in.at_end()) return Status::error(Code::bad_message, "a group's body goes on after its last entry");
  return entries;
}

Hash chain_hash(const Hash& previous, Epoch epoch, Sequence first, Sequence last, std::string_view body) {
  return Hasher(sizeof(Hash)).add(previous).add(epoch).add(first).add(last).add(body).finish<sizeof(Hash)>();
}

Hash genesis_hash(std::string_view cluster_id) {
  return Hasher(sizeof(Hash)).add("sqlcast log 1:").add(cluster_id).finish<sizeof(Hash)>();
}

std::uint64_t content_digest(std::string_view content) {
  const auto hash = Hasher(crypto_generichash_BYTES_MIN).add(content).finish<crypto_generichash_BYTES_MIN>();
  std::uint64_t digest = 0;
  for (unsigned i = 0; i < 8; ++i) digest = digest << 8U | hash[i];
  return digest;
}

}  // namespace sqlcast::proto
