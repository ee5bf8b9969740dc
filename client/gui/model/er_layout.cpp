#include "client/gui/model/er_layout.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

namespace sqlcast::gui {

namespace {

using Neighbours = std::vector<std::vector<std::size_t>>;
using Layers = std::vector<std::vector<std::size_t>>;

std::size_t column_index(const SchemaTable& table, const std::string& name) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].name == name) return i;
  }
  return 0;
}

void find_join(const SchemaDatabase& database, const SchemaTable& table, ErBox& box) {
  const std::vector<std::string> key = table.primary_key();
  std::set<std::string> covered;
  for (const ForeignKey& foreign : database.foreign_keys) {
    if (foreign.table != table.name || foreign.referenced_table == table.name) continue;
    const bool in_key = std::all_of(foreign.columns.begin(), foreign.columns.end(), [&](const std::string& column) {
      return std::find(key.begin(), key.end(), column) != key.end();
    });
    if (!in_key) continue;
    covered.insert(foreign.columns.begin(), foreign.columns.end());
    box.links.push_back(foreign.referenced_table);
  }
  box.join = box.links.size() >= 2 && covered.size() >= 2;
  if (!box.join) box.links.clear();
}

std::vector<std::vector<std::size_t>> components(const Neighbours& neighbours) {
  std::vector<std::vector<std::size_t>> out;
  std::vector<bool> seen(neighbours.size(), false);
  for (std::size_t start = 0; start < neighbours.size(); ++start) {
    if (seen[start]) continue;
    std::vector<std::size_t> members{start};
    seen[start] = true;
    for (std::size_t i = 0; i < members.size(); ++i) {
      for (const std::size_t next : neighbours[members[i]]) {
        if (seen[next]) continue;
        seen[next] = true;
        members.push_back(next);
      }
    }
    out.push_back(std::move(members));
  }
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
  return out;
}

Layers layers_from(std::size_t root, const Neighbours& neighbours) {
  Layers layers{{root}};
  std::vector<bool> seen(neighbours.size(), false);
  seen[root] = true;
  while (true) {
    std::vector<std::size_t> next;
    for (const std::size_t box : layers.back()) {
      for (const std::size_t other : neighbours[box]) {
        if (seen[other]) continue;
        seen[other] = true;
        next.push_back(other);
      }
    }
    if (next.empty()) return layers;
    layers.push_back(std::move(next));
  }
}

// Each layer ordered by the middle of its neighbours' places, to and fro.
void uncross(Layers& layers, const Neighbours& neighbours) {
  std::vector<double> place(neighbours.size(), 0);
  const auto number = [&](const std::vector<std::size_t>& layer) {
    for (std::size_t i = 0; i < layer.size(); ++i) {
      place[layer[i]] = (static_cast<double>(i) + 0.5) / static_cast<double>(layer.size());
    }
  };
  for (const auto& layer : layers) number(layer);
  const auto order = [&](std::vector<std::size_t>& layer) {
    std::vector<std::pair<double, std::size_t>> keyed;
    for (const std::size_t box : layer) {
      double sum = 0;
      for (const std::size_t other : neighbours[box]) sum += place[other];
      const auto count = static_cast<double>(neighbours[box].size());
      keyed.emplace_back(count > 0 ? sum / count : place[box], box);
    }
    std::stable_sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < layer.size(); ++i) layer[i] = keyed[i].second;
    number(layer);
  };
  for (int sweep = 0; sweep < 4; ++sweep) {
    for (auto& layer : layers) order(layer);
    for (auto it = layers.rbegin(); it != layers.rend(); ++it) order(*it);
  }
}

struct Size {
  float width = 0;
  float height = 0;
};

Size place(const Layers& layers, const ErMetrics& metrics, std::vector<ErBox>& boxes, float left, float top) {
  float tallest = 0;
  std::vector<float> heights;
  for (const auto& layer : layers) {
    float height = 0;
    for (const std::size_t box : layer) height += boxes[box].height + metrics.gap_y;
    heights.push_back(height - metrics.gap_y);
    tallest = std::max(tallest, heights.back());
  }
  float x = left;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    float width = 0;
    for (const std::size_t box : layers[i]) width = std::max(width, boxes[box].width);
    float y = top + (tallest - heights[i]) / 2;
    for (const std::size_t box : layers[i]) {
      boxes[box].x = x + (width - boxes[box].width) / 2;
      boxes[box].y = y;
      y += boxes[box].height + metrics.gap_y;
    }
    x += width + metrics.gap_x;
  }
  return {x - metrics.gap_x - left, tallest};
}

// How long the edges are, with a penalty for a shape that does not fit the area.
double cost(const Layers& layers, const ErMetrics& metrics, std::vector<ErBox>& boxes, const Neighbours& neighbours) {
  const Size size = place(layers, metrics, boxes, 0, 0);
  double length = 0;
  for (const auto& layer : layers) {
    for (const std::size_t box : layer) {
      // A table that joins others reads best between them.
      const auto left_of = [&](std::size_t other) { return boxes[other].x < boxes[box].x; };
      const auto left = std::count_if(neighbours[box].begin(), neighbours[box].end(), left_of);
      const bool one_sided = left == 0 || left == static_cast<std::ptrdiff_t>(neighbours[box].size());
      if (boxes[box].join && one_sided) length += 6'000;
      for (const std::size_t other : neighbours[box]) {
        const float dx = boxes[box].x - boxes[other].x;
        const float dy = boxes[box].y + boxes[box].height / 2 - boxes[other].y - boxes[other].height / 2;
        length += std::hypot(static_cast<double>(dx), static_cast<double>(dy) * 2);
      }
    }
  }
  const double fit = std::abs(std::log(static_cast<double>(size.width / std::max(size.height, 1.0F) / metrics.aspect)));
  return length * (1 + fit * 0.5);
}

}  // namespace

ErDiagram lay_out(const SchemaDatabase& database, const ErMetrics& metrics) {
  ErDiagram out;
  for (const SchemaTable& table : database.tables) {
    ErBox box;
    box.table = table.name;
    std::size_t name = 0;
    std::size_t type = 0;
    for (const SchemaColumn& column : table.columns) {
      name = std::max(name, column.name.size());
      type = std::max(type, std::min<std::size_t>(short_type(column.type).size(), 16));
    }
    const std::size_t characters = std::max(name + type + 6, table.name.size() + 8);
    box.width =
        std::clamp(static_cast<float>(characters) * metrics.character, 16 * metrics.character, 44 * metrics.character);
    find_join(database, table, box);
    if (box.join) {  // the line that says so, in the small face
      std::size_t said = 14;
      for (const std::string& link : box.links) said += link.size() + 3;
      box.width = std::max(box.width, static_cast<float>(said) * metrics.character);
    }
    box.height = metrics.header + static_cast<float>(table.columns.size()) * metrics.row + metrics.row * 0.4F +
                 (box.join ? metrics.row : 0);
    out.boxes.push_back(std::move(box));
  }
  Neighbours neighbours(out.boxes.size());
  for (const ForeignKey& key : database.foreign_keys) {
    const SchemaTable* from = database.table(key.table);
    const SchemaTable* to = key.referenced_database == database.name ? database.table(key.referenced_table) : nullptr;
    if (from == nullptr || to == nullptr || key.columns.empty() || key.referenced_columns.empty()) continue;
    ErEdge edge;
    edge.from = static_cast<std::size_t>(from - database.tables.data());
    edge.to = static_cast<std::size_t>(to - database.tables.data());
    edge.from_column = column_index(*from, key.columns.front());
    edge.to_column = column_index(*to, key.referenced_columns.front());
    edge.name = key.name;
    const SchemaColumn* column = from->column(key.columns.front());
    edge.optional = column != nullptr && column->nullable;
    edge.unique =
        from->primary_key() == key.columns || (key.columns.size() == 1 && column != nullptr && column->unique);
    if (edge.from != edge.to) {
      neighbours[edge.from].push_back(edge.to);
      neighbours[edge.to].push_back(edge.from);
    }
    out.edges.push_back(std::move(edge));
  }

  constexpr std::size_t kMaxRoots = 64;
  float y = 0;
  float row_x = 0;
  float row_height = 0;
  const float wrap = 1200 * metrics.character / 8;
  for (const auto& members : components(neighbours)) {
    Layers best;
    double best_cost = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < std::min(members.size(), kMaxRoots); ++i) {
      Layers layers = layers_from(members[i], neighbours);
      uncross(layers, neighbours);
      const double this_cost = cost(layers, metrics, out.boxes, neighbours);
      if (this_cost >= best_cost) continue;
      best_cost = this_cost;
      best = std::move(layers);
    }
    if (row_x > 0 && row_x + (members.size() > 1 ? wrap / 2 : 0) > wrap) {
      y += row_height + metrics.gap_y * 1.5F;
      row_x = 0;
      row_height = 0;
    }
    const Size size = place(best, metrics, out.boxes, row_x, y);
    row_x += size.width + metrics.gap_x / 2;
    row_height = std::max(row_height, size.height);
    out.width = std::max(out.width, row_x - metrics.gap_x / 2);
    out.height = std::max(out.height, y + row_height);
  }
  return out;
}

}  // namespace sqlcast::gui
