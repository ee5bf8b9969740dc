// DatabaseHead: what recovery asks of a node's database and has done there. The one real implementation is
// ConnectionHead; the simulation of the two heads has another. On the thread of the connection. Every call may block.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/status.h"
#include "base/types.h"
#include "node/ddl.h"
#include "node/group_applier.h"
#include "node/write_connection.h"
#include "storage/log.h"

namespace sqlcast::node {

class DatabaseHead {
 public:
  virtual ~DatabaseHead() = default;
  virtual bool usable() const = 0;  // as WriteConnection has it
  // Of its end of the log, as storage/log has them.
  virtual Result<Position> position() = 0;
  virtual Result<std::optional<storage::TailStart>> tail_start() = 0;
  virtual Result<std::optional<Hash>> hash_of(Sequence last) = 0;
  virtual Result<std::vector<proto::Group>> groups(Sequence after, Sequence last, std::uint64_t max_bytes) = 0;
  // Of what a definition targets, as it is now.
  virtual Result<std::string> fingerprint(const proto::Entry& definition) = 0;
  // Runs groups of the log: one definition, or in one transaction what has none.
  virtual Applied apply(std::span<const DecodedGroup> groups) = 0;
  // What a definition that was begun does has ended the server again and again: it is not to be tried any more.
  virtual bool gives_up() const = 0;
  // Log and database were brought to one place.
  virtual void whole() = 0;
};

class ConnectionHead final : public DatabaseHead {
 public:
  explicit ConnectionHead(WriteConnection& connection) : connection_(connection) {}
  bool usable() const override { return connection_.usable(); }
  Result<Position> position() override { return storage::read_position(connection_.administrator()); }
  Result<std::optional<storage::TailStart>> tail_start() override {
    return storage::read_start(connection_.administrator());
  }
  Result<std::optional<Hash>> hash_of(Sequence last) override {
    return storage::read_hash(connection_.administrator(), last);
  }
  Result<std::vector<proto::Group>> groups(Sequence after, Sequence last, std::uint64_t max_bytes) override {
    return storage::read_groups(connection_.administrator(), after, last, max_bytes);
  }
  Result<std::string> fingerprint(const proto::Entry& definition) override {
    return fingerprint_of(connection_.administrator(), definition);
  }
  Applied apply(std::span<const DecodedGroup> groups) override {
    return is_ddl(groups.front().group) ? apply_definition(connection_, groups.front())
                                        : apply_groups(connection_, groups);
  }
  bool gives_up() const override { return connection_.gives_up(); }
  void whole() override { connection_.whole(); }

 private:
  WriteConnection& connection_;
};

}  // namespace sqlcast::node
