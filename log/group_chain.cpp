#include "log/group_chain.h"

#include <string>
#include <utility>

namespace sqlcast::log {
namespace {

Status cannot(const std::string& why) { return Status::error(Code::internal, why); }

std::string span(Sequence first, Sequence last) { return std::to_string(first) + " to " + std::to_string(last); }

}  // namespace

Result<Hash> GroupChain::judge(const Record& record) const {
  switch (record.type) {
    case RecordType::begin:
    case RecordType::ddl_begin: return judge_begin(record);
    case RecordType::end:
    case RecordType::ddl_end:
    case RecordType::none: return judge_end(record);
    case RecordType::mark: return Hash{};
  }
  return cannot("a record has no type");
}

Result<Hash> GroupChain::judge_begin(const Record& record) const {
  if (open())
    return cannot("group " + span(record.first, record.last) + " begins before group " +
                  span(begun_->first, begun_->last) + " has ended");
  if (record.first != end_.sequence + 1 || record.last < record.first)
    return cannot("group " + span(record.first, record.last) + " cannot follow sequence " +
                  std::to_string(end_.sequence));
  if (record.epoch == 0 || record.epoch < end_.epoch)
    return cannot("epoch " + std::to_string(record.epoch) + " cannot follow epoch " + std::to_string(end_.epoch));
  if (record.complete && record.type == RecordType::ddl_begin) return cannot("DDL cannot be complete when it begins");
  if (!record.complete) return Hash{};
  return proto::chain_hash(end_.hash, record.epoch, record.first, record.last, record.bytes);
}

Result<Hash> GroupChain::judge_end(const Record& record) const {
  const std::string what = span(record.first, record.last);
  if (!begun_) return cannot("group " + what + " ends and has not begun");
  if (record.first != begun_->first || record.last != begun_->last || record.epoch != begun_->epoch)
    return cannot("group " + what + " ends where group " + span(begun_->first, begun_->last) + " has begun");
  if (record.type == RecordType::none) return Hash{};
  if (begun_->complete) return cannot("group " + what + " was complete when it began, and ends once more");
  if ((record.type == RecordType::ddl_end) != begun_->ddl)
    return cannot("group " + what + " ends as another kind than it began");
  return proto::chain_hash(end_.hash, record.epoch, record.first, record.last,
                           begun_->bytes + std::string(record.bytes));
}

std::optional<proto::Group> GroupChain::take(const Record& record, const Hash& hash, bool keep) {
  if (record.type == RecordType::mark) {
    settle();
    return std::nullopt;
  }
  if (record.type == RecordType::none) {
    end_ = before_;
    begun_.reset();
    return std::nullopt;
  }
  const bool begins = record.type == RecordType::begin || record.type == RecordType::ddl_begin;
  if (begins) {
    begun_ = Begun{record.type == RecordType::ddl_begin,
                   record.complete,
                   record.epoch,
                   record.first,
                   record.last,
                   record.time_us,
                   std::string(record.bytes),
                   std::string(record.fingerprint)};
    before_ = end_;
    if (!record.complete) return std::nullopt;
  }
  proto::Group group;
  group.first = record.first;
  group.last = record.last;
  group.epoch = record.epoch;
  group.state = begun_->ddl ? proto::GroupState::ddl_done : proto::GroupState::committed;
  group.previous_hash = end_.hash;
  group.hash = hash;
  group.commit_time_us = record.time_us;
  if (keep) group.body = begins ? begun_->bytes : begun_->bytes + std::string(record.bytes);
  end_ = {record.epoch, record.last, hash};
  if (!begins) begun_.reset();
  return group;
}

}  // namespace sqlcast::log
