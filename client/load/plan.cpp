#include "client/load/plan.h"

#include <algorithm>

namespace sqlcast::load {

using Do = Action::Kind;

std::size_t Plan::pass(const Action& action) const {
  if (action.kind != Do::insert && action.kind != Do::create_table && action.kind != Do::drop_table &&
      action.form.kind != Kind::create_table)
    return 0;
  const auto found = pass_of.find(action.table);
  return found == pass_of.end() ? 0 : found->second;
}

void Planner::add(const Action& action, std::uint64_t position) {
  switch (action.kind) {
    case Do::insert:
    case Do::create_table: {
      Facts& facts = tables_[action.table];
      facts.first = std::min(facts.first, position);
      facts.last = std::max(facts.last, position);
      if (action.kind != Do::create_table) break;
      facts.load_mode = action.load_mode;
      facts.parents.clear();
      for (const ForeignKey& key : action.keys) facts.parents.insert(key.parent);
      break;
    }
    case Do::drop_table: {
      Facts& facts = tables_[action.table];
      facts.first = std::min(facts.first, position);
      dropped_.insert(action.table);
      break;
    }
    case Do::write:
    case Do::begin: in_order_ = true; break;
    case Do::definition:
      // CREATE INDEX, TRUNCATE, RENAME … too. A database comes before what is in it, unless that was read already.
      if (action.form.kind == Kind::create_database || action.form.kind == Kind::drop_view) break;
      in_order_ = in_order_ || action.form.kind != Kind::drop_database ||
                  std::any_of(tables_.begin(), tables_.end(),
                              [&](const auto& each) { return each.first.database == action.form.table.database; });
      break;
    case Do::create_view: in_order_ = in_order_ || !action.behind; break;
    default: break;
  }
  if (action.form.kind == Kind::create_view) views_.insert(action.table);
}

bool Planner::reaches(const TableName& from, const TableName& to) const {
  std::set<TableName> seen;
  std::vector<TableName> open{from};
  while (!open.empty()) {
    const auto found = tables_.find(open.back());
    open.pop_back();
    if (found == tables_.end()) continue;
    for (const TableName& parent : found->second.parents) {
      if (parent == to) return true;
      if (seen.insert(parent).second) open.push_back(parent);
    }
  }
  return false;
}

std::size_t Planner::pass_of(const TableName& name, const Plan& plan, std::map<TableName, std::size_t>& known) const {
  if (const auto found = known.find(name); found != known.end()) return found->second;
  const auto found = tables_.find(name);
  if (found == tables_.end()) return 0;
  const Facts& facts = found->second;
  std::size_t pass = 0;
  if (plan.foresight.keys_behind.count(name) == 0) {
    for (const TableName& parent : facts.parents) {
      const auto of_dump = tables_.find(parent);
      if (of_dump == tables_.end()) continue;
      const bool whole_before = of_dump->second.last < facts.first;
      pass = std::max(pass, pass_of(parent, plan, known) + (whole_before ? 0 : 1));
    }
  }
  known[name] = pass;
  return pass;
}

Plan Planner::plan(bool once) const {
  constexpr std::size_t kMostPasses = 12;
  Plan plan;
  plan.foresight.views = views_;
  plan.dropped = dropped_;
  for (const auto& [name, facts] : tables_) {
    if (!facts.load_mode || facts.parents.empty()) continue;
    const bool all_before = std::all_of(facts.parents.begin(), facts.parents.end(), [&](const TableName& parent) {
      const auto found = tables_.find(parent);
      return found == tables_.end() || (parent != name && found->second.last < facts.first);
    });
    if (reaches(name, name) || ((once || in_order_) && !all_before)) plan.foresight.keys_behind.insert(name);
  }
  if (once || in_order_) return plan;
  std::map<TableName, std::size_t> known;
  for (const auto& [name, facts] : tables_) {
    if (!facts.load_mode) continue;
    const std::size_t pass = pass_of(name, plan, known);
    if (pass >= kMostPasses)
      plan.foresight.keys_behind.insert(name);
    else if (pass > 0)
      plan.pass_of[name] = pass;
    if (pass < kMostPasses) plan.passes = std::max(plan.passes, pass + 1);
  }
  return plan;
}

}  // namespace sqlcast::load
