#include "sql/references.h"

#include <algorithm>

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

}  // namespace sqlcast::sql
