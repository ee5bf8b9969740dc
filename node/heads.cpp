#include "node/heads.h"

#include <algorithm>
#include <string>
#include <utility>

namespace sqlcast::node {
namespace {

using Step = Decision::Step;

Decision begin_log(const Hash& behind) { return {Step::begin_log, behind, {}}; }

Decision refuse(Status why) { return {Step::refuse, {}, std::move(why)}; }

Status log_is_gone(Sequence first) {
  return Status::error(Code::io, "this node's log is gone: its database begins with entry " + std::to_string(first) +
                                     " of it, and the folder `log` of its data has no file. Put the folder back, "
                                     "or move this data folder aside and let the node be made anew");
}

Status exchanged(const Position& log, const Position& database) {
  return Status::error(Code::diverged, "this node's database ends at entry " + std::to_string(database.sequence) +
                                           ", and its log has no more than " + std::to_string(log.sequence) +
                                           ": its data was exchanged; restart the node");
}

Decision without_log(const Heads& heads, const std::optional<Hash>& new_cluster) {
  if (heads.tail && heads.tail->first != 1) return refuse(log_is_gone(heads.tail->first));
  if (heads.tail) return begin_log(heads.tail->previous_hash);
  return new_cluster ? begin_log(*new_cluster) : Decision{};
}

// Whether the longer one goes on where the shorter one ends.
bool continues(const Heads& heads) {
  const Sequence shorter = std::min(heads.log->end.sequence, heads.database.sequence);
  if (shorter > 0) return heads.common;
  return !heads.tail || (heads.tail->first == 1 && heads.tail->previous_hash == heads.log->cluster);
}

}  // namespace

Status forked(const Position& log, const Position& database) {
  return Status::error(Code::diverged, "this node's log ends at entry " + std::to_string(log.sequence) +
                                           " and its database at entry " + std::to_string(database.sequence) +
                                           ", of another history: one of the two was exchanged or put back. Put back "
                                           "the other one as well, or move this data folder aside and let the node "
                                           "be made anew");
}

Decision decide_log(const Heads& heads, const std::optional<Hash>& new_cluster) {
  if (!heads.log) return without_log(heads, new_cluster);
  const Position& end = heads.log->end;
  if (!continues(heads)) return refuse(forked(end, heads.database));
  if (heads.database.sequence > end.sequence) return {Step::complete_log, {}, {}};
  return {};
}

Status decide_database(const Heads& heads) {
  const Position end = heads.log ? heads.log->end : Position{};
  if (heads.database.sequence > end.sequence) return exchanged(end, heads.database);
  return heads.database.sequence == 0 || heads.common ? ok_status() : forked(end, heads.database);
}

}  // namespace sqlcast::node
