// Server rules: which of a database server's settings can change what a statement does, and what is done about each.
// What a session can set is pinned in every session (dialect: pin_session_sql). Of the others some must have one value,
// or the server is refused; the rest must be the same on all nodes, and is compared when they meet. Pure. Does not
// block.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/status.h"

namespace sqlcast::storage {

using Settings = std::map<std::string, std::string>;  // global values by name, in lower case

// Name and value of every setting that there is a rule for, as far as the server has it.
std::string settings_sql();

// One line each: "sync_binlog is 0; set it to 1, or a crash can lose acknowledged writes". None: the server is safe.
// `needed_connections` is how many the node needs.
std::vector<std::string> unsafe_settings(const Settings& settings, std::uint32_t needed_connections);

// Those that are compared: "innodb_page_size=16384".
std::vector<std::string> settings_to_compare(const Settings& settings);

// What one node tells another of its server. Empty: not known yet, and not compared.
struct ServerTraits {
  std::string version;
  std::vector<std::string> settings;
};

// config: they cannot replicate, being of different major versions (10.11 and 11.4).
Status same_major_version(const ServerTraits& ours, const ServerTraits& theirs);
// "innodb_page_size is 16384 here and 8192 there, …"; empty: nothing that matters.
std::string differences(const ServerTraits& ours, const ServerTraits& theirs);

}  // namespace sqlcast::storage
