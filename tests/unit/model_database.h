// ModelDatabase: what a node's database is to recovery, without a server: transactions in the order of their commits,
// of which a crash keeps any number from the front, and all that was synced; definitions in three steps, each synced;
// the newest groups as its end of the log. It refuses some groups always, and any now and then. An entry's effect is a
// tag, its request's number, behind all tags before it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "node/database_head.h"
#include "proto/entry.h"
#include "tests/unit/log_memory_fs.h"

namespace sqlcast::node::test {

using log::test::below;
using log::test::chance;
using log::test::Random;

using Tag = std::uint64_t;

// Of a definition, and of any other entry, that a database refuses.
inline constexpr const char* kRefused = "REFUSED";
inline constexpr int kRefusal = 1050;  // the number of that error

inline std::vector<Tag> tags_of(const std::vector<proto::Entry>& entries) {
  std::vector<Tag> tags;
  for (const proto::Entry& entry : entries) tags.push_back(entry.key.request_id);
  return tags;
}

inline Position end_of(const proto::Group& group) { return {group.epoch, group.last, group.hash}; }

class ModelDatabase final : public DatabaseHead {
 public:
  // `moment`: called before and behind whatever it does: there it, and who asks it, may be lost.
  ModelDatabase(Random& random, std::function<void()> moment) : random_(random), moment_(std::move(moment)) {}

  bool moody = false;  // may refuse for the moment what it is given
  int damaged = 0;     // the number of the error with which it refuses everything, for a table is; 0 = none is
  bool weary = false;  // does not try any more what was begun
  bool stuck = false;  // stops in the middle of what it is given

  // ---- the server ----------------------------------------------------------------------------------------------

  // It is killed: any number of what it had not synced is lost, the newest first.
  void lose() {
    const std::uint64_t mood = below(random_, 4);  // all is lost, nothing, or any
    const std::size_t most = unsynced_.size();
    const std::size_t kept = mood == 0 ? 0 : mood == 1 ? most : below(random_, most + 1);
    if (kept > 0) synced_ = unsynced_[kept - 1];
    state_ = synced_;
    rows_.resize(state_.rows);
    tags_.resize(state_.tags);
    unsynced_.clear();
    up_ = false;
    ++life_;
    disconnect();
  }
  void sync() {
    synced_ = state_;
    unsynced_.clear();
  }
  void disconnect() { connected_ = whole_ = false; }
  // As WriteConnection has it: an interrupted definition is ended. False: it was lost again.
  bool open() {
    up_ = true;
    connected_ = true;
    if (!ask()) return false;
    return !state_.pending || run_pending().code != Code::database_unavailable;
  }
  // Of who does not know what became of a commit. Nothing: it was lost again.
  std::optional<bool> has_committed(const proto::Group& group) {
    connected_ = false;
    up_ = true;
    moment_();
    if (!up_) return std::nullopt;
    return find(group.last) == group.hash;
  }

  // ---- what is written -----------------------------------------------------------------------------------------

  // Unless ok: it may be committed or not.
  Status commit(std::span<const proto::Group> groups, const std::vector<Tag>& tags) {
    if (!ask()) return lost();
    rows_.insert(rows_.end(), groups.begin(), groups.end());
    tags_.insert(tags_.end(), tags.begin(), tags.end());
    state_.rows = rows_.size();
    state_.tags = tags_.size();
    unsynced_.push_back(state_);
    return ask() ? ok_status() : lost();
  }
  // A group of which an entry is refused, or any for the moment: nothing of it is there. False: it was lost.
  bool refuse() { return ask() && ask(); }
  // As node::run_ddl().
  using Begins = std::function<void(const std::string& fingerprint)>;
  Status define(proto::Group group, const proto::Entry& entry, const Begins& begins = {}) {
    if (!ask()) return lost();
    if (begins) begins(present());
    if (!ask()) return lost();
    group.state = proto::GroupState::ddl_pending;
    rows_.push_back(std::move(group));
    state_.rows = rows_.size();
    state_.pending = Pending{entry.key.request_id, entry.statements.front().sql == kRefused, false};
    sync();
    return run_pending();
  }
  void trim(Sequence last) {
    if (!connected_ || !ask()) return;
    while (state_.front < state_.rows && rows_[state_.front].last <= last) ++state_.front;
    unsynced_.push_back(state_);
    (void)ask();
  }
  // Another history from its row `from` on, as from a copy that has gone its own way.
  void rewrite(std::size_t from, const std::vector<proto::Group>& groups) {
    tags_.resize(from == 0 ? 0 : rows_[from - 1].last);
    rows_.resize(from);
    for (const proto::Group& group : groups) {
      rows_.push_back(group);
      tags_.resize(group.last);
    }
    state_.rows = rows_.size();
    state_.tags = tags_.size();
    sync();
  }

  // ---- what there is -------------------------------------------------------------------------------------------

  bool readable() const { return up_ && whole_; }
  const std::vector<Tag>& tags() const { return tags_; }
  const std::vector<proto::Group>& rows() const { return rows_; }
  std::size_t front() const { return state_.front; }
  std::uint64_t life() const { return life_; }  // another since it was killed
  Position end() const {
    const std::size_t finished = state_.rows - (state_.pending ? 1 : 0);
    return finished == state_.front ? Position{} : end_of(rows_[finished - 1]);
  }

  bool usable() const override { return connected_; }
  bool gives_up() const override { return weary; }
  void whole() override { whole_ = connected_; }
  Result<Position> position() override {
    if (!ask()) return lost();
    return end();
  }
  Result<std::optional<storage::TailStart>> tail_start() override {
    if (!ask()) return lost();
    if (end().sequence == 0) return std::optional<storage::TailStart>();
    return std::optional(storage::TailStart{rows_[state_.front].first, rows_[state_.front].previous_hash});
  }
  Result<std::optional<Hash>> hash_of(Sequence last) override {
    if (!ask()) return lost();
    return find(last);
  }
  Result<std::vector<proto::Group>> groups(Sequence after, Sequence last, std::uint64_t max_bytes) override {
    if (!ask()) return lost();
    std::vector<proto::Group> found;
    std::uint64_t bytes = 0;
    for (std::size_t i = state_.front; i < state_.rows && rows_[i].last <= last; ++i) {
      if (rows_[i].last <= after || rows_[i].state == proto::GroupState::ddl_pending) continue;
      bytes += rows_[i].body.size();
      if (!found.empty() && bytes > max_bytes) break;
      found.push_back(rows_[i]);
    }
    return found;
  }
  Result<std::string> fingerprint(const proto::Entry&) override {
    if (!ask()) return lost();
    return present();
  }
  Applied apply(std::span<const DecodedGroup> some) override {
    std::vector<proto::Group> groups;
    std::vector<Tag> tags;
    for (const DecodedGroup& one : some) {
      if (stuck) return differs("it is done in part");
      if (damaged != 0) return differs("a table is damaged", damaged);
      if (one.group.last <= end().sequence) return differs("its row is there already");
      for (const proto::Entry& entry : one.entries) {
        tags.push_back(entry.key.request_id);
        if (!is_ddl(one.group) && entry.statements.front().sql == kRefused) return differs("it is refused");
        if (entry.statements.front().effect.insert_id != tags_.size() + tags.size()) return differs("another effect");
      }
      groups.push_back(one.group);
    }
    if (moody && chance(random_, 8)) return {Applied::Outcome::again, lost()};
    Status status =
        is_ddl(groups.front()) ? define(groups.front(), some.front().entries.front()) : commit(groups, tags);
    if (status.ok()) return {};
    if (status.code == Code::sql_error) return differs(status.message, kRefusal);
    return {Applied::Outcome::again, std::move(status)};
  }

 private:
  struct Pending {
    Tag tag = 0;
    bool refused = false;
    bool has_run = false;
  };
  struct State {
    std::size_t rows = 0;
    std::size_t front = 0;  // those before it were trimmed
    std::size_t tags = 0;
    std::optional<Pending> pending;  // the last row
  };

  static Status lost() { return Status::error(Code::database_unavailable, "the server was lost"); }
  static Applied differs(const std::string& why, int database_errno = 0) {
    Status status = Status::error(Code::diverged, why);
    status.database_errno = database_errno;
    return {Applied::Outcome::differs, std::move(status)};
  }
  // Of what any definition targets.
  std::string present() const { return "behind tag " + std::to_string(tags_.size()); }
  bool ask() {
    moment_();
    return connected_;
  }
  std::optional<Hash> find(Sequence last) const {
    for (std::size_t i = state_.rows; i > state_.front && rows_[i - 1].last >= last; --i)
      if (rows_[i - 1].last == last && rows_[i - 1].state != proto::GroupState::ddl_pending) return rows_[i - 1].hash;
    return std::nullopt;
  }
  // The statement is done or not when its crash comes.
  Status run_pending() {
    if (!ask()) return lost();
    if (state_.pending->refused) {
      rows_.pop_back();
      --state_.rows;
      state_.pending.reset();
      sync();
      if (!ask()) return lost();
      return Status::error(Code::sql_error, "the definition is refused");
    }
    if (!state_.pending->has_run) {
      tags_.push_back(state_.pending->tag);
      state_.tags = tags_.size();
      state_.pending->has_run = true;
      sync();
    }
    if (!ask()) return lost();
    rows_.back().state = proto::GroupState::ddl_done;
    state_.pending.reset();
    sync();
    return ask() ? ok_status() : lost();
  }

  Random& random_;
  const std::function<void()> moment_;
  bool up_ = false;
  bool connected_ = false;  // the node's writing thread, to the server as it is now
  bool whole_ = false;
  std::uint64_t life_ = 0;
  std::vector<proto::Group> rows_;
  std::vector<Tag> tags_;
  State state_;
  State synced_;
  std::deque<State> unsynced_;  // behind each commit that was not synced
};

}  // namespace sqlcast::node::test
