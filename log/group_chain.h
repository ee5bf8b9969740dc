// GroupChain: the rules by which records follow each other, for who writes them and who reads them: sequences without
// holes, epochs that never fall, at most one begun group, and the chain of hashes. Pure; one thread.
#pragma once

#include <optional>
#include <string>

#include "base/status.h"
#include "base/types.h"
#include "log/format.h"
#include "proto/entry.h"

namespace sqlcast::log {

// A group that has begun, and that may still end one way or the other.
struct Begun {
  bool ddl = false;
  bool complete = false;  // it is done unless it is ended as void: its effects were known beforehand
  Epoch epoch = 0;
  Sequence first = 0;
  Sequence last = 0;
  std::uint64_t time_us = 0;
  std::string bytes;
  std::string fingerprint;  // of a DDL group
  bool operator==(const Begun&) const = default;
};

class GroupChain {
 public:
  explicit GroupChain(const Position& start) : end_(start), before_(start) {}

  // The hash of the group that the record completes; zeros when it completes none. internal: it cannot follow here, and
  // why. Changes nothing. Looks at neither record.hash nor the checks.
  Result<Hash> judge(const Record& record) const;

  // Goes on behind a record that was judged, with the hash from there. The group that it completes, with all its bytes
  // and `keep`; without `keep` the bytes are left out.
  std::optional<proto::Group> take(const Record& record, const Hash& hash, bool keep);

  // The last group that is done, or complete and not void.
  const Position& end() const { return end_; }
  // The last one that cannot become void any more.
  const Position& settled() const { return begun_ && begun_->complete ? before_ : end_; }
  // The last group, complete, does not become void any more: a mark behind it says so.
  void settle() {
    if (begun_ && begun_->complete) begun_.reset();
  }
  // Not ended; or the last of all, complete and not yet followed by another.
  const std::optional<Begun>& begun() const { return begun_; }
  bool open() const { return begun_.has_value() && !begun_->complete; }

 private:
  Result<Hash> judge_begin(const Record& record) const;
  Result<Hash> judge_end(const Record& record) const;

  Position end_;
  Position before_;  // where a void leads back to
  std::optional<Begun> begun_;
};

}  // namespace sqlcast::log
