// Plan: in which order the tables of a dump are made and filled, when it counts on FOREIGN_KEY_CHECKS=0. The files are
// read once for each pass, and each table belongs to one of them: parents to an earlier one than their children, unless
// they are whole before these anyway. Where that cannot be (tables that refer to each other or to themselves, rows in
// any order, a pipe), the keys are added when all rows are there. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "client/load/interpreter.h"

namespace sqlcast::load {

struct Plan {
  std::size_t passes = 1;
  std::map<TableName, std::size_t> pass_of;  // of tables that are not of pass 0
  Foresight foresight;
  std::set<TableName> dropped;  // tables that the dump drops

  std::size_t pass(const Action& action) const;
};

class Planner {
 public:
  void add(const Action& action, std::uint64_t position);
  // `once`: the input cannot be read a second time.
  Plan plan(bool once) const;

 private:
  struct Facts {
    std::uint64_t first = UINT64_MAX;
    std::uint64_t last = 0;
    bool load_mode = false;
    std::set<TableName> parents;  // itself too
  };
  bool reaches(const TableName& from, const TableName& to) const;
  std::size_t pass_of(const TableName& name, const Plan& plan, std::map<TableName, std::size_t>& known) const;

  std::map<TableName, Facts> tables_;
  std::set<TableName> views_;
  std::set<TableName> dropped_;
  bool in_order_ = false;  // statements that count on what stands before them
};

}  // namespace sqlcast::load
