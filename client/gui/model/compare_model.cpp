#include "client/gui/model/compare_model.h"

#include <algorithm>
#include <unordered_map>

#include "client/gui/model/cell_text.h"
#include "client/gui/model/text.h"

namespace sqlcast::gui {

namespace {

std::string key_text(const NodeAnswer& answer, const std::vector<std::size_t>& key, std::uint64_t row) {
  std::string out;
  for (const std::size_t column : key) {
    const std::string part = cell_text(answer.rows.cell(row, column));
    out += cat(part.size(), ":", part);
  }
  return out;
}

void find_differences(const std::vector<NodeAnswer>& answers, std::size_t columns, ComparedRow& row) {
  row.differing_columns.assign(columns, false);
  std::size_t first = answers.size();
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i].status.ok()) continue;
    if (row.rows[i] == Comparison::kMissing) {
      row.same = false;
      continue;
    }
    if (first == answers.size()) {
      first = i;
      continue;
    }
    for (std::size_t column = 0; column < columns; ++column) {
      if (same_cell(answers[first].rows.cell(row.rows[first], column), answers[i].rows.cell(row.rows[i], column))) {
        continue;
      }
      row.differing_columns[column] = true;
      row.same = false;
    }
  }
}

}  // namespace

Comparison compare(const std::vector<NodeAnswer>& answers) {
  Comparison out;
  const NodeAnswer* reference = nullptr;
  for (const NodeAnswer& answer : answers) {
    if (!answer.status.ok()) continue;
    if (reference == nullptr) reference = &answer;
    const bool same_names =
        std::equal(answer.columns.begin(), answer.columns.end(), reference->columns.begin(), reference->columns.end(),
                   [](const auto& a, const auto& b) { return a.name == b.name; });
    if (!same_names) {
      out.problem = cat(answer.node, " and ", reference->node, " answered with different columns.");
      return out;
    }
  }
  if (reference == nullptr) {
    out.problem = "No node answered.";
    return out;
  }
  for (std::size_t i = 0; i < reference->columns.size(); ++i) {
    if (reference->columns[i].primary_key) out.key.push_back(i);
  }

  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t node = 0; node < answers.size(); ++node) {
    if (!answers[node].status.ok()) continue;
    std::unordered_map<std::string, std::size_t> repeats;  // joins repeat keys: the n-th matches the n-th
    for (std::uint64_t row = 0; row < answers[node].rows.size(); ++row) {
      std::string key = out.key.empty() ? cat(row) : key_text(answers[node], out.key, row);
      if (const std::size_t seen = repeats[key]++; seen > 0) key += cat("#", seen);
      const auto [it, fresh] = places.emplace(std::move(key), out.rows.size());
      if (fresh) {
        out.rows.emplace_back();
        out.rows.back().rows.assign(answers.size(), Comparison::kMissing);
      }
      out.rows[it->second].rows[node] = row;
    }
  }
  for (ComparedRow& row : out.rows) {
    find_differences(answers, reference->columns.size(), row);
    out.differing += row.same ? 0 : 1;
  }
  return out;
}

}  // namespace sqlcast::gui
