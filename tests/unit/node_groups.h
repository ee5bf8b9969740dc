// A group of one entry for the tests of a node's log: the one behind `end`, whole, with its hash. Pure.
#pragma once

#include <string>

#include "base/types.h"
#include "proto/entry.h"

namespace sqlcast::node::test {

inline const Hash kCluster = proto::genesis_hash("a cluster");

inline proto::Group group_behind(const Position& end, proto::GroupState state = proto::GroupState::committed) {
  proto::Entry entry;
  entry.sequence = end.sequence + 1;
  entry.statements.push_back({"INSERT INTO t VALUES (" + std::to_string(entry.sequence) + ")", std::nullopt, {1, 0}});
  proto::Group group;
  group.first = group.last = entry.sequence;
  group.epoch = 1;
  group.state = state;
  group.commit_time_us = 1'000 * group.last;
  group.previous_hash = end.hash;
  group.body = proto::encode_entries({entry});
  group.hash = proto::chain_hash(end.hash, 1, group.first, group.last, group.body);
  return group;
}

}  // namespace sqlcast::node::test
