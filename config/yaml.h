// The text of a YAML configuration to settings with their lines. Any thread; nothing escapes but problems.
#pragma once

#include <string>
#include <vector>

#include "config/sources.h"

namespace sqlcast::config {

// Nested mappings become dotted names; `database: managed` stands for `database.mode`. One document, one value a
// name; lists, aliases that nest deeper, explicit tags and missing values are problems naming `file` and the line.
std::vector<Given> flatten_yaml(const std::string& file, const std::string& text, Problems& problems);

}  // namespace sqlcast::config
