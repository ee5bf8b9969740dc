#include "client/cli/node_table.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/logging.h"
#include "client/text/escape.h"
#include "client/text/json.h"
#include "client/text/text_table.h"

namespace sqlcast::cli {
namespace {

namespace json = text::json;

json::Value to_json(const proto::NodeStatus& node) {
  json::Object counters;
  for (const auto& [name, count] : node.counters) counters.emplace_back(name, count);
  json::Array settings;
  for (const std::string& setting : node.database_settings) settings.emplace_back(setting);
  json::Object object;
  object.emplace_back("name", node.name);
  object.emplace_back("role", node.role);
  object.emplace_back("state", node.state);
  object.emplace_back("message", node.message);
  object.emplace_back("version", node.version);
  object.emplace_back("epoch", node.epoch);
  object.emplace_back("position", node.position);
  object.emplace_back("hash", node.hash);
  object.emplace_back("head", node.head);
  object.emplace_back("lag_ms", node.lag_ms);
  object.emplace_back("entries_per_second", node.entries_per_second);
  object.emplace_back("endpoint", node.endpoint);
  object.emplace_back("publisher", node.publisher);
  object.emplace_back("master", node.master);
  object.emplace_back("queue_depth", node.queue_depth);
  object.emplace_back("queue_capacity", node.queue_capacity);
  object.emplace_back("database_up", node.database_up);
  object.emplace_back("database_version", node.database_version);
  object.emplace_back("database_settings", std::move(settings));
  object.emplace_back("uptime_ms", node.uptime_ms);
  object.emplace_back("seen_ms_ago", node.seen_ms_ago);
  object.emplace_back("counters", std::move(counters));
  return object;
}

}  // namespace

std::string nodes_table(const std::vector<proto::NodeStatus>& nodes) {
  text::TextTable table({{"NAME"},
                         {"ROLE"},
                         {"STATE"},
                         {"EPOCH", true},
                         {"POSITION", true},
                         {"LAG", true},
                         {"ENTRIES/S", true},
                         {"ADDRESS"},
                         {"MESSAGE"}});
  for (const proto::NodeStatus& node : nodes) {
    const bool known = node.epoch != 0 || node.position != 0 || node.state != "Unreachable";
    const bool reachable = node.state != "Unreachable";
    table.add({node.name.empty() ? "?" : node.name, node.role.empty() ? "?" : node.role, node.state,
               known ? std::to_string(node.epoch) : "-", known ? std::to_string(node.position) : "-",
               reachable ? (node.lag_ms == 0 ? "0" : text::duration_text(node.lag_ms)) : "-",
               reachable ? fmt::format("{:.1f}", node.entries_per_second) : "-", node.endpoint,
               text::printable_line(node.message)});
  }
  return table.text();
}

std::string nodes_json(const std::vector<proto::NodeStatus>& nodes, int indent) {
  json::Array list;
  for (const proto::NodeStatus& node : nodes) list.push_back(to_json(node));
  json::Object document;
  document.emplace_back("nodes", std::move(list));
  return json::Value(std::move(document)).write(indent);
}

bool all_well(const std::vector<proto::NodeStatus>& nodes) {
  // Named are the good ones, so that a state that a later release adds does not pass for one of them.
  constexpr std::array<std::string_view, 6> kWell = {"Serving", "Syncing", "CatchingUp", "Live", "Waiting", "Starting"};
  return std::all_of(nodes.begin(), nodes.end(), [&](const proto::NodeStatus& node) {
    return std::find(kWell.begin(), kWell.end(), node.state) != kWell.end();
  });
}

}  // namespace sqlcast::cli
