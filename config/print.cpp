#include <yaml-cpp/yaml.h>

#include <string>

#include "config/config.h"
#include "config/table.h"

namespace sqlcast::config {
namespace {

bool applies(const Row& row, const NodeConfig& config) {
  if (!row.applies_to(config.role)) return false;
  if (row.needs == Needs::nothing) return true;
  return (row.needs == Needs::managed) == (config.database.mode == DatabaseMode::managed);
}

// The value as it is to be shown; empty = leave the setting out.
std::string shown(const Row& row, const NodeConfig& config) {
  std::string text = row.format(config);
  if (!row.secret || text.empty()) return text;
  // Both would be refused by load(); the file is where the secret came from.
  return config.database.password_file.empty() ? std::string(kRedacted) : std::string();
}

}  // namespace

std::string print(const NodeConfig& config) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  std::string section;
  for (const Row& row : table()) {
    const std::string text = applies(row, config) ? shown(row, config) : std::string();
    if (text.empty()) continue;
    const std::string name(row.setting.name);
    const std::size_t dot = name.find('.');
    const std::string wanted = dot == std::string::npos ? "" : name.substr(0, dot);
    if (wanted != section) {
      if (!section.empty()) out << YAML::EndMap;
      if (!wanted.empty()) out << YAML::Key << wanted << YAML::Value << YAML::BeginMap;
      section = wanted;
    }
    out << YAML::Key << (dot == std::string::npos ? name : name.substr(dot + 1)) << YAML::Value;
    if (row.quoted) out << YAML::DoubleQuoted;
    out << text;
  }
  if (!section.empty()) out << YAML::EndMap;
  out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

}  // namespace sqlcast::config
