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

json::Value to_json(const proto::LogStatus& log) {
  return json::Object{{"first", log.first},
                      {"files", log.files},
                      {"bytes", log.bytes},
                      {"syncs", log.syncs},
                      {"sync_p50_us", log.sync_p50_us},
                      {"sync_p99_us", log.sync_p99_us},
                      {"trimmed_files", log.trimmed_files},
                      {"trimmed_to", log.trimmed_to},
                      {"trimmed_ms_ago", log.trimmed_ms_ago},
                      {"held_by", log.held_by},
                      {"held_from", log.held_from},
                      {"held_ms", log.held_ms}};
}

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
  if (node.durable) object.emplace_back("durable", node.durable->sequence);
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
  object.emplace_back("log", to_json(node.log));
  object.emplace_back("uptime_ms", node.uptime_ms);
  object.emplace_back("seen_ms_ago", node.seen_ms_ago);
  object.emplace_back("counters", std::move(counters));
  return object;
}

std::string name_of(const proto::NodeStatus& node) { return node.name.empty() ? "?" : node.name; }

// What a node that is of an earlier release, or just starting, does not say.
std::string size_of(const proto::LogStatus& log) { return log.files == 0 ? "-" : text::size_text(log.bytes); }
std::string sync_of(const proto::LogStatus& log, std::uint64_t us) {
  return log.syncs == 0 ? "-" : text::microseconds_text(us);
}

std::string logs_table(const std::vector<proto::NodeStatus>& nodes) {
  text::TextTable table({{"LOG OF"},
                         {"FIRST", true},
                         {"FILES", true},
                         {"SIZE", true},
                         {"SYNCS", true},
                         {"SYNC P50", true},
                         {"SYNC P99", true},
                         {"REMOVED", true},
                         {"UP TO", true},
                         {"AGO", true},
                         {"HELD BACK BY"}});
  for (const proto::NodeStatus& node : nodes) {
    const proto::LogStatus& log = node.log;
    const bool known = log.files != 0;
    const bool trimmed = log.trimmed_files != 0;
    table.add({name_of(node), known ? std::to_string(log.first) : "-", known ? std::to_string(log.files) : "-",
               size_of(log), log.syncs == 0 ? "-" : std::to_string(log.syncs), sync_of(log, log.sync_p50_us),
               sync_of(log, log.sync_p99_us), known ? std::to_string(log.trimmed_files) : "-",
               trimmed ? std::to_string(log.trimmed_to) : "-", trimmed ? text::duration_text(log.trimmed_ms_ago) : "-",
               log.held_by.empty() ? "-" : log.held_by});
  }
  return table.text();
}

std::string holders(const std::vector<proto::NodeStatus>& nodes) {
  std::string text;
  for (const proto::NodeStatus& node : nodes)
    if (!node.log.held_by.empty())
      text += fmt::format("The log of {} is held back by {} from entry {} on, for {}.\n", name_of(node),
                          node.log.held_by == proto::kOwnDatabase ? "its own database" : node.log.held_by,
                          node.log.held_from, text::duration_text(node.log.held_ms));
  return text;
}

// What is applied; and how far the node's own log goes beyond that.
std::string position_text(const proto::NodeStatus& node) {
  std::string text = std::to_string(node.position);
  if (node.durable && node.durable->sequence > node.position)
    text += " (log " + std::to_string(node.durable->sequence) + ")";
  return text;
}

}  // namespace

std::string nodes_table(const std::vector<proto::NodeStatus>& nodes, bool wide) {
  text::TextTable table({{"NAME"},
                         {"ROLE"},
                         {"STATE"},
                         {"EPOCH", true},
                         {"POSITION", true},
                         {"LAG", true},
                         {"ENTRIES/S", true},
                         {"LOG", true},
                         {"SYNC P99", true},
                         {"ADDRESS"},
                         {"MESSAGE"}});
  for (const proto::NodeStatus& node : nodes) {
    const bool known = node.epoch != 0 || node.position != 0 || node.state != "Unreachable";
    const bool reachable = node.state != "Unreachable";
    table.add({name_of(node), node.role.empty() ? "?" : node.role, node.state, known ? std::to_string(node.epoch) : "-",
               known ? position_text(node) : "-",
               reachable ? (node.lag_ms == 0 ? "0" : text::duration_text(node.lag_ms)) : "-",
               reachable ? fmt::format("{:.1f}", node.entries_per_second) : "-", size_of(node.log),
               sync_of(node.log, node.log.sync_p99_us), node.endpoint, text::printable_line(node.message)});
  }
  const std::string held = holders(nodes);
  std::string text = table.text();
  if (wide) text += "\n" + logs_table(nodes);
  return held.empty() ? text : text + "\n" + held;
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
