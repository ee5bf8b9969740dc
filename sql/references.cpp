#include "sql/references.h"

#include <algorithm>
#include <set>

namespace sqlcast::sql {

bool refers(const Schema& schema, const ObjectName& one, const ObjectName& other) {
  std::vector<ObjectName> reached{one};
  for (std::size_t at = 0; at < reached.size(); ++at) {
    const Table* from = schema.find(reached[at]);
    if (from == nullptr) continue;
    for (const ObjectName& to : from->references) {
      if (to == other) return true;
      if (std::find(reached.begin(), reached.end(), to) == reached.end()) reached.push_back(to);
    }
  }
  return false;
}

std::vector<const TableUse*> in_order(const Schema& schema, std::vector<const TableUse*> uses) {
  constexpr std::size_t kMostTargets = 16;
  if (uses.size() > kMostTargets) return {};
  for (std::size_t i = 0; i < uses.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (uses[i]->name == uses[k]->name) return {};
  std::vector<const TableUse*> ordered;
  while (!uses.empty()) {
    const auto next = std::find_if(uses.begin(), uses.end(), [&](const TableUse* use) {
      return std::none_of(uses.begin(), uses.end(), [&](const TableUse* other) {
        return other != use && refers(schema, other->name, use->name);
      });
    });
    if (next == uses.end()) return {};
    ordered.push_back(*next);
    uses.erase(next);
  }
  return ordered;
}

namespace {

OnDelete on_delete(const Table& table, std::size_t reference) {
  return reference < table.on_delete.size() ? table.on_delete[reference] : OnDelete::restrict;
}

// The tables, and those that refer to them, also by way of others, by references that do `what`.
template <typename What>
std::set<ObjectName> reached_from(const Schema& schema, const std::vector<ObjectName>& tables, What what) {
  std::set<ObjectName> reached(tables.begin(), tables.end());
  for (bool more = true; more;) {
    more = false;
    for (const auto& [name, table] : schema.tables)
      for (std::size_t k = 0; k < table.references.size(); ++k)
        if (what(on_delete(table, k)) && reached.contains(table.references[k]))
          more = reached.insert(name).second || more;
  }
  return reached;
}

}  // namespace

bool loses_reference(const Schema& schema, const ObjectName& name) {
  const Table* own = schema.find(name);
  if (own == nullptr) return false;
  const std::set<ObjectName> deleted =
      reached_from(schema, {name}, [](OnDelete what) { return what == OnDelete::cascade; });
  for (std::size_t k = 0; k < own->references.size(); ++k)
    if (on_delete(*own, k) == OnDelete::set_null && deleted.contains(own->references[k])) return true;
  return false;
}

std::string reached_in_two_ways(const Schema& schema, const std::vector<ObjectName>& deleted) {
  // What may lose or change rows.
  const std::set<ObjectName> reached =
      reached_from(schema, deleted, [](OnDelete what) { return what != OnDelete::restrict; });
  for (const ObjectName& name : reached) {
    const bool is_deleted = std::find(deleted.begin(), deleted.end(), name) != deleted.end();
    if (!is_deleted && refers(schema, name, name)) return name.name;
  }
  for (const auto& [name, table] : schema.tables) {
    if (table.references.size() < 2) continue;
    std::set<OnDelete> ways;
    for (std::size_t k = 0; k < table.references.size(); ++k)
      if (reached.contains(table.references[k])) ways.insert(on_delete(table, k));
    if (ways.size() > 1) return name.name;
  }
  return {};
}

}  // namespace sqlcast::sql
