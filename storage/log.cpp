#include "storage/log.h"

#include <algorithm>
#include <charconv>

#include "storage/dialect.h"

namespace sqlcast::storage {
namespace {

constexpr const char* kColumns = "first, last, epoch, state, previous_hash, hash, commit_time_us, body";

std::string_view view(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

Hash to_hash(const std::string& bytes) {
  Hash hash{};
  SQLCAST_CHECK(bytes.size() == hash.size());
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(hash.data()));
  return hash;
}

std::uint64_t to_number(const std::optional<std::string>& text) {
  std::uint64_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

proto::Group to_group(Row& row) {
  proto::Group group;
  group.first = to_number(row[0]);
  group.last = to_number(row[1]);
  group.epoch = to_number(row[2]);
  group.state = static_cast<proto::GroupState>(to_number(row[3]));
  group.previous_hash = to_hash(row[4].value_or(""));
  group.hash = to_hash(row[5].value_or(""));
  group.commit_time_us = to_number(row[6]);
  group.body = std::move(row[7]).value_or("");
  return group;
}

constexpr int kPending = static_cast<int>(proto::GroupState::ddl_pending);

}  // namespace

std::string append_sql(const std::vector<proto::Group>& groups, const std::string& fingerprint) {
  std::string sql = "INSERT INTO sqlcast.log (" + std::string(kColumns) + ", bytes, fingerprint) VALUES ";
  for (const proto::Group& group : groups) {
    if (&group != &groups.front()) sql += ',';
    sql += '(' + std::to_string(group.first) + ',' + std::to_string(group.last) + ',' + std::to_string(group.epoch) +
           ',' + std::to_string(static_cast<int>(group.state)) + ',' + quote_bytes(view(group.previous_hash)) + ',' +
           quote_bytes(view(group.hash)) + ',' + std::to_string(group.commit_time_us) + ',' + quote_bytes(group.body) +
           ',' + std::to_string(group.body.size()) + ',' + quote_bytes(fingerprint) + ')';
  }
  return sql;
}

std::string commit_sql(const std::vector<proto::Group>& groups) {
  return "SET ROLE " + std::string(kLogRole) + ";" + append_sql(groups) + ";COMMIT";
}

std::string trim_sql(Sequence last) {
  return "DELETE FROM sqlcast.log WHERE last<=" + std::to_string(last) + " ORDER BY last LIMIT 1024";
}

std::string finish_ddl_sql(const proto::Group& group, const std::string& fingerprint) {
  return "UPDATE sqlcast.log SET state=" + std::to_string(static_cast<int>(proto::GroupState::ddl_done)) +
         ", fingerprint=" + quote_bytes(fingerprint) + " WHERE last=" + std::to_string(group.last);
}

std::string withdraw_ddl_sql(const proto::Group& group) {
  return "DELETE FROM sqlcast.log WHERE last=" + std::to_string(group.last) + " AND state=" + std::to_string(kPending);
}

Result<Position> read_position(Connection& connection) {
  Result<std::vector<Row>> rows = connection.rows("SELECT epoch, last, hash FROM sqlcast.log WHERE state<>" +
                                                  std::to_string(kPending) + " ORDER BY last DESC LIMIT 1");
  if (!rows) return rows.status();
  if (rows->empty()) return Position{};
  Row& row = rows->front();
  return Position{to_number(row[0]), to_number(row[1]), to_hash(row[2].value_or(""))};
}

Result<std::optional<PendingDdl>> read_pending(Connection& connection) {
  Result<std::vector<Row>> rows = connection.rows(
      "SELECT " + std::string(kColumns) + ", fingerprint FROM sqlcast.log WHERE state=" + std::to_string(kPending) +
      " ORDER BY last DESC LIMIT 1");
  if (!rows) return rows.status();
  if (rows->empty()) return std::optional<PendingDdl>();
  Row& row = rows->front();
  PendingDdl pending;
  pending.fingerprint = row[8].value_or("");
  pending.group = to_group(row);
  return std::optional(std::move(pending));
}

Result<std::vector<proto::Group>> read_groups(Connection& connection, Sequence after, Sequence last,
                                              std::uint64_t max_bytes) {
  const std::string finished = " AND state<>" + std::to_string(kPending) + " ORDER BY last";
  // The sizes first, so that bodies beyond max_bytes are not sent.
  const Result<std::vector<Row>> sizes =
      connection.rows("SELECT last, bytes FROM sqlcast.log WHERE last>" + std::to_string(after) +
                      " AND last<=" + std::to_string(last) + finished + " LIMIT 4096");
  if (!sizes) return sizes.status();
  if (sizes->empty()) return std::vector<proto::Group>();
  std::uint64_t bytes = 0;
  for (const Row& size : *sizes) {
    if (bytes > 0 && bytes + to_number(size[1]) > max_bytes) break;
    bytes += to_number(size[1]);
    last = to_number(size[0]);
  }
  Result<std::vector<Row>> rows =
      connection.rows("SELECT " + std::string(kColumns) + " FROM sqlcast.log WHERE last>" + std::to_string(after) +
                      " AND last<=" + std::to_string(last) + finished);
  if (!rows) return rows.status();
  std::vector<proto::Group> groups;
  groups.reserve(rows->size());
  for (Row& row : *rows) groups.push_back(to_group(row));
  return groups;
}

Result<std::optional<TailStart>> read_start(Connection& connection) {
  const Result<std::vector<Row>> rows = connection.rows("SELECT first, previous_hash FROM sqlcast.log WHERE state<>" +
                                                        std::to_string(kPending) + " ORDER BY last LIMIT 1");
  if (!rows) return rows.status();
  if (rows->empty()) return std::optional<TailStart>();
  return std::optional(TailStart{to_number(rows->front()[0]), to_hash(rows->front()[1].value_or(""))});
}

Result<std::optional<Hash>> read_hash(Connection& connection, Sequence sequence) {
  if (sequence == 0) return std::optional(Hash{});
  const Result<std::optional<std::string>> hash =
      connection.scalar("SELECT hash FROM sqlcast.log WHERE last=" + std::to_string(sequence) + " AND state<>" +
                        std::to_string(kPending));
  if (!hash) return hash.status();
  if (!hash->has_value()) return std::optional<Hash>();
  return std::optional(to_hash(**hash));
}

}  // namespace sqlcast::storage
