// Entry and group: what the log stores and PUB carries. The shapes, the body's encoding, and the hash chain.
//
// A group is the set of entries committed in one database transaction; its body is the MessagePack of its
// entries (docs/protocol.md has the layout). A group's hash is BLAKE2b-256 of (previous hash, epoch, first,
// last, state-independent body): two nodes with the same (sequence, hash) have the same history.
// Pure; any thread.
// Why so: docs/decisions/0020-hash-chain.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/types.h"

namespace sqlcast::proto {

// What the sequencer imposes on the session before a statement runs, and what every slave imposes again.
// A field without a value is not imposed: the statement was judged not to depend on it.
struct Context {
  std::uint64_t timestamp_us = 0;  // microseconds since 1970-01-01 UTC; always imposed
  std::optional<std::uint64_t> rand_seed1;
  std::optional<std::uint64_t> rand_seed2;
  bool operator==(const Context&) const = default;
};

// affected_rows of a statement whose RETURNING kept the server from telling: no slave compares it.
inline constexpr std::uint64_t kRowsNotKnown = UINT64_MAX;

// What a statement did. Compared on every slave; a difference stops the slave.
struct Effect {
  std::uint64_t affected_rows = 0;
  std::uint64_t insert_id = 0;  // LAST_INSERT_ID() after the statement; 0 when it generated none
  bool operator==(const Effect&) const = default;
};

struct Statement {
  std::string sql;                         // as executed: parameters expanded, frozen values in place
  std::optional<std::uint64_t> insert_id;  // imposed first AUTO_INCREMENT value, when it may generate one
  Effect effect;
  bool operator==(const Statement&) const = default;
};

// At most so many bytes a body has beside its texts and names: for itself and an entry, and for each statement of it.
inline constexpr std::uint64_t kEntryBytes = 128;
inline constexpr std::uint64_t kStatementBytes = 40;

// A committed request.
struct Entry {
  Sequence sequence = 0;
  RequestKey key;            // empty client_id: the client cannot retry it
  std::uint64_t digest = 0;  // of the request as the client sent it: the same key with another digest is refused
  std::string database;      // default database; empty = none
  Context context;
  std::vector<Statement> statements;
  std::string by = {};  // the name of the key that it was sent with; empty: without a key, or by an older master
  bool operator==(const Entry&) const = default;
};

enum class GroupState : std::uint8_t { committed = 0, ddl_pending = 1, ddl_done = 2 };

// One row of the log.
struct Group {
  Sequence first = 0;
  Sequence last = 0;
  Epoch epoch = 0;
  GroupState state = GroupState::committed;
  Hash previous_hash{};
  Hash hash{};
  std::uint64_t commit_time_us = 0;
  std::string body;  // encode_entries()
  bool operator==(const Group&) const = default;
};

// In the oldest layout that can hold them: 2 when an entry has a name, else 1. Both are read, for ever: logs have them.
std::string encode_entries(const std::vector<Entry>& entries);

// bad_message when the bytes are not exactly one body, or its sequences have holes.
Result<std::vector<Entry>> decode_entries(std::string_view body);

// The chain: state and commit time are not part of the hash, so that DDL's steps keep it.
Hash chain_hash(const Hash& previous, Epoch epoch, Sequence first, Sequence last, std::string_view body);

// The previous hash of the very first group: makes two clusters' logs differ from the start.
Hash genesis_hash(std::string_view cluster_id);

// A 64-bit digest of a request's content, for Entry::digest.
std::uint64_t content_digest(std::string_view content);

}  // namespace sqlcast::proto
