#include "access/permissions.h"

#include <array>
#include <string_view>

namespace sqlcast::access {
namespace {

constexpr std::array<std::string_view, kActs> kActNames = {
    "read", "write", "ddl", "page", "cancel", "explain", "status", "log_read", "report", "forward", "subscribe"};

using Row = std::array<bool, kRoles>;
// admin, writer, reader, node, watcher, backup
constexpr std::array<Row, kActs> kTable = {{
    {true, true, true, false, false, false},    // read
    {true, true, false, false, false, false},   // write
    {true, true, false, false, false, false},   // ddl: a writer with the flag alone
    {true, true, true, true, false, false},     // page: a node for those whose requests it forwards
    {true, true, true, true, false, false},     // cancel: likewise
    {true, true, true, false, false, false},    // explain
    {true, true, true, true, true, true},       // status
    {true, false, false, true, false, true},    // log_read
    {false, false, false, true, false, false},  // report
    {false, false, false, true, false, false},  // forward
    {true, false, false, true, true, false},    // subscribe
}};

// What roles would do, for the advice.
std::string roles_with(Act act) {
  std::string list;
  for (std::size_t i = 0; i < kRoles; ++i)
    if (may(static_cast<Role>(i), act))
      list += (list.empty() ? "" : ", ") + std::string(role_name(static_cast<Role>(i)));
  return list;
}

}  // namespace

std::string act_name(Act act) { return std::string(kActNames.at(static_cast<std::size_t>(act))); }

bool may(Role role, Act act) { return kTable.at(static_cast<std::size_t>(act)).at(static_cast<std::size_t>(role)); }

bool may(const Grant& grant, Act act) {
  if (act == Act::ddl && grant.role == Role::writer) return grant.ddl;
  return may(grant.role, act);
}

std::optional<Act> act_of(proto::MessageType type) {
  switch (type) {
    case proto::MessageType::query: return Act::read;
    case proto::MessageType::fetch:
    case proto::MessageType::close: return Act::page;
    case proto::MessageType::cancel: return Act::cancel;
    case proto::MessageType::status:
    case proto::MessageType::requests: return Act::status;  // each is shown what its own name has
    case proto::MessageType::explain: return Act::explain;
    case proto::MessageType::log_read: return Act::log_read;
    case proto::MessageType::report: return Act::report;
    default: return std::nullopt;
  }
}

Status judge(const Grant& grant, Act act, const std::string& where) {
  if (may(grant, act)) return ok_status();
  const std::string role(role_name(grant.role));
  if (act == Act::ddl && grant.role == Role::writer)
    return Status::error(Code::not_allowed, "the key '" + grant.name + "' may write at " + where +
                                                ", and not create, alter or drop: nothing was done. For that it needs "
                                                "the flag: sqlcast keys allow " +
                                                grant.name + " writer PUBLICKEY --ddl");
  return Status::error(Code::not_allowed, "the key '" + grant.name + "' has the role " + role + " at " + where +
                                              ", which may not do this (" + act_name(act) +
                                              "): nothing was done. Use a key with one of the roles " +
                                              roles_with(act) +
                                              ", or change this one's in the node's allowed keys (sqlcast keys allow)");
}

Status judge_databases(const Grant& grant, const std::vector<std::string>& databases, bool shows,
                       const std::string& where) {
  if (grant.databases.empty()) return ok_status();
  std::string list;
  for (const std::string& database : grant.databases) list += (list.empty() ? "" : ", ") + database;
  const std::string who = "the key '" + grant.name + "' is limited at " + where + " to " + list;
  if (shows)
    return Status::error(Code::not_allowed, who + ": what shows the whole server is not for it. Ask for a table of " +
                                                list + " by its name, or use another key");
  for (const std::string& database : databases)
    if (!grant.may_use(database))
      return Status::error(Code::not_allowed, who + ", and the statement uses " + database +
                                                  ": nothing was done. Use another key, or add it to databases= in the "
                                                  "node's allowed keys");
  return ok_status();
}

}  // namespace sqlcast::access
