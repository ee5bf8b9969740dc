#include "node/batch_reader.h"

namespace sqlcast::node {

Status BatchReader::seek(const Position& after) {
  ahead_.reset();
  reader_.emplace(log_.reader());
  limit_ = log_.durable();
  const Result<Position> found = reader_->seek(after.sequence, limit_);
  if (!found) {
    reader_.reset();
    return found.status();
  }
  // In front of the first group the hash is that of the cluster, which an empty database does not know.
  if (after.sequence > 0 && found->hash != after.hash) {
    reader_.reset();
    return Status::error(Code::diverged,
                         "the log has another group that ends at entry " + std::to_string(after.sequence));
  }
  end_ = after;
  return ok_status();
}

Status BatchReader::look_ahead(const Position& limit) {
  if (ahead_) return ok_status();
  // A reader that is given another limit reads anew what it has read ahead.
  if (end_.sequence >= limit_.sequence || limit.sequence < limit_.sequence) limit_ = limit;
  Result<std::optional<proto::Group>> group = reader_->next(limit_);
  if (!group) return group.status();
  if (!*group) return ok_status();
  Result<DecodedGroup> decoded = decode_group(std::move(**group));
  if (!decoded) return decoded.status();
  ahead_ = std::move(*decoded);
  return ok_status();
}

Result<std::optional<std::uint64_t>> BatchReader::next_time_us(const Position& limit) {
  if (Status status = look_ahead(limit); !status.ok()) return status;
  return ahead_ ? std::optional(ahead_->group.commit_time_us) : std::nullopt;
}

Result<std::vector<DecodedGroup>> BatchReader::next(const Position& limit) {
  std::vector<DecodedGroup> batch;
  std::size_t entries = 0;
  std::uint64_t bytes = 0;
  while (entries < portion_.entries && bytes < portion_.bytes) {
    if (Status status = look_ahead(limit); !status.ok()) {
      if (batch.empty()) return status;
      break;  // what was good in front of it first
    }
    if (!ahead_ || ahead_->group.last > limit.sequence) break;
    if (!batch.empty() && (is_ddl(ahead_->group) || is_ddl(batch.back().group))) break;
    entries += ahead_->entries.size();
    bytes += ahead_->group.body.size();
    end_ = {ahead_->group.epoch, ahead_->group.last, ahead_->group.hash};
    batch.push_back(std::move(*ahead_));
    ahead_.reset();
  }
  return batch;
}

}  // namespace sqlcast::node
