// The table of settings: each row knows how to read its value from text, how to write it, and to whom it applies.
// Parsing, printing, --help and the check of docs/configuration.md all walk this table. Immutable; any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "config/config.h"

namespace sqlcast::config {

// database.mode decides which of the others mean anything.
enum class Needs { nothing, managed, external };

struct Row {
  Setting setting;
  std::function<Status(std::string_view, NodeConfig&)> parse;  // on an error the configuration is unchanged
  std::function<std::string(const NodeConfig&)> format;        // text that `parse` accepts
  Needs needs = Needs::nothing;
  bool quoted = false;  // text, to be quoted in YAML
  bool secret = false;  // never shown
  bool path = false;    // relative to the folder of the configuration file

  bool applies_to(Role role) const { return role == Role::master ? setting.master : setting.slave; }
};

const std::vector<Row>& table();
const Row* find_row(std::string_view name);                  // nullptr when there is none
std::vector<std::string> setting_names(Role role);           // "limits.page_rows"
std::string environment_name(std::string_view setting);      // "SQLCAST_LIMITS_PAGE_ROWS"
std::string_view mode_name(DatabaseMode mode);               // "managed", "external"
inline constexpr std::string_view kRedacted = "(redacted)";  // stands for a secret; read back as not given

}  // namespace sqlcast::config
