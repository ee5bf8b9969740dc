// Permissions: which role may do what: the one table, which docs/security.md shows and a unit test compares. Decided
// by the node that gets a message, by the key that has authenticated its connection. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "access/allowed_keys.h"
#include "base/status.h"
#include "proto/message.h"

namespace sqlcast::access {

enum class Act : std::uint8_t {
  read,       // query: SELECT and the like
  write,      // query: INSERT, UPDATE, DELETE, REPLACE
  ddl,        // query: CREATE, ALTER, DROP …
  page,       // fetch, close
  cancel,     //
  explain,    //
  status,     //
  log_read,   //
  report,     // a slave's word to its master, under the name of its key
  forward,    // a request in another key's name
  subscribe,  // to what the master publishes
};
inline constexpr std::size_t kActs = 11;

std::string act_name(Act act);  // "read"

// DDL also needs the flag `ddl` of a writer.
bool may(Role role, Act act);
bool may(const Grant& grant, Act act);

// The least that a request of this type needs; a query's statements decide the rest. Nothing for what is no request.
std::optional<Act> act_of(proto::MessageType type);

// not_allowed, with what is missing and what to do. `where`: the node's name.
Status judge(const Grant& grant, Act act, const std::string& where);

// What a key that is limited to databases may touch: nothing without a table in front of it but a SELECT without one.
// `databases`: of the tables that are named; `shows`: it is a SHOW of something that is no table.
Status judge_databases(const Grant& grant, const std::vector<std::string>& databases, bool shows,
                       const std::string& where);

}  // namespace sqlcast::access
