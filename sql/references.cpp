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

std::string reached_in_two_ways(const Schema& schema, const std::vector<ObjectName>& deleted) {
  const auto on_delete = [](const Table& table, std::size_t k) {
    return k < table.on_delete.size() ? table.on_delete[k] : OnDelete::restrict;
  };
  // What may lose or change rows.
  std::set<ObjectName> reached(deleted.begin(), deleted.end());
  for (bool more = true; more;) {
    more = false;
    for (const auto& [name, table] : schema.tables)
      for (std::size_t k = 0; k < table.references.size(); ++k)
        if (on_delete(table, k) != OnDelete::restrict && reached.contains(table.references[k]))
          more = reached.insert(name).second || more;
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
