#include "access/allowed_keys.h"

#include <algorithm>
#include <array>

#include "access/lines.h"
#include "base/types.h"

namespace sqlcast::access {
namespace {

constexpr std::array<std::string_view, kRoles> kRoleNames = {"admin", "writer", "reader", "node", "watcher", "backup"};
constexpr std::size_t kMostKeys = 100'000;

// "a,b"; nothing when one is empty.
std::optional<std::vector<std::string>> parse_list(std::string_view text) {
  std::vector<std::string> list;
  while (true) {
    const std::size_t comma = text.find(',');
    if (text.substr(0, comma).empty()) return std::nullopt;
    list.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return list;
    text.remove_prefix(comma + 1);
  }
}

Result<Grant> parse_line(const Line& line) {
  constexpr std::string_view kDatabases = "databases=";
  if (line.words.size() < 3)
    return line_error(line.number,
                      "expected NAME ROLE PUBLICKEY [ddl] [databases=a,b], as `sqlcast keys new` prints it");
  Grant grant;
  grant.name = line.words[0];
  const std::optional<Role> role = role_from_name(line.words[1]);
  if (!role)
    return line_error(line.number, "'" + std::string(line.words[1]) + "' is no role; there are: " + role_list());
  grant.role = *role;
  const Result<PublicKey> key = parse_key(line.words[2]);
  if (!key) return line_error(line.number, key.status().message);
  grant.key = *key;
  for (std::size_t i = 3; i < line.words.size(); ++i) {
    const std::string_view word = line.words[i];
    if (word == "ddl") {
      grant.ddl = true;
    } else if (word.starts_with(kDatabases) && grant.databases.empty()) {
      auto list = parse_list(word.substr(kDatabases.size()));
      if (!list) return line_error(line.number, "databases= needs names with commas between them, without blanks");
      grant.databases = std::move(*list);
    } else {
      return line_error(line.number,
                        "'" + std::string(word) + "' is not known here; there are: ddl, databases=a,b (once)");
    }
  }
  if (const Status status = check_grant(grant); !status.ok()) return line_error(line.number, status.message);
  return grant;
}

bool same_rights(const Grant& one, const Grant& other) {
  return one.role == other.role && one.ddl == other.ddl && one.databases == other.databases;
}

}  // namespace

std::string_view role_name(Role role) { return kRoleNames.at(static_cast<std::size_t>(role)); }

std::optional<Role> role_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kRoles; ++i)
    if (kRoleNames.at(i) == name) return static_cast<Role>(i);
  return std::nullopt;
}

std::string role_list() {
  std::string list;
  for (const std::string_view name : kRoleNames) list.append(list.empty() ? "" : ", ").append(name);
  return list;
}

bool Grant::may_use(std::string_view database) const {
  return databases.empty() || std::find(databases.begin(), databases.end(), database) != databases.end();
}

Status check_grant(const Grant& grant) {
  if (Status status = check_key_name(grant.name); !status.ok()) return status;
  const auto refuse = [](const std::string& what) { return Status::error(Code::bad_request, what); };
  if (grant.ddl && grant.role != Role::writer)
    return refuse("`ddl` goes with the role writer alone: an admin has it, the others cannot");
  if (!grant.databases.empty() && grant.role != Role::writer && grant.role != Role::reader)
    return refuse("databases= goes with the roles writer and reader alone: the log is of all databases");
  if (!grant.databases.empty() && grant.ddl)
    return refuse("`ddl` does not go with databases=: what creates a database is limited to none");
  for (const std::string& database : grant.databases)
    if (database.empty() || database.find_first_of(", \t\r\n#") != std::string::npos)
      return refuse("databases= needs names with commas between them, without blanks");
  return ok_status();
}

std::string format_grant(const Grant& grant) {
  std::string line = grant.name + " " + std::string(role_name(grant.role)) + " " + to_hex(grant.key);
  if (grant.ddl) line += " ddl";
  for (std::size_t i = 0; i < grant.databases.size(); ++i) line += (i == 0 ? " databases=" : ",") + grant.databases[i];
  return line;
}

AllowedKeys::AllowedKeys(std::vector<Grant> grants) : grants_(std::move(grants)) {
  for (std::size_t i = 0; i < grants_.size(); ++i) by_key_.emplace(grants_[i].key, i);
}

Result<AllowedKeys> AllowedKeys::parse(std::string_view text) {
  std::vector<Grant> grants;
  std::map<PublicKey, std::size_t> lines;                      // by key
  std::map<std::string, std::pair<std::size_t, Grant>> names;  // with the line of the first
  for (const Line& line : lines_of(text)) {
    Result<Grant> grant = parse_line(line);
    if (!grant) return grant.status();
    const auto [same_key, new_key] = lines.emplace(grant->key, line.number);
    if (!new_key)
      return line_error(line.number, "this key is in line " + std::to_string(same_key->second) + " already");
    const auto [first, new_name] = names.emplace(grant->name, std::pair(line.number, *grant));
    if (!new_name && !same_rights(first->second.second, *grant))
      return line_error(line.number, "'" + grant->name + "' has another role or other limits in line " +
                                         std::to_string(first->second.first) + "; all keys of a name have the same");
    if (grants.size() >= kMostKeys)
      return line_error(line.number, "more than " + std::to_string(kMostKeys) + " keys are not read");
    grants.push_back(std::move(*grant));
  }
  // A line that is cut off could give more than it was to: ` databases=` stands at its end.
  if (!text.empty() && !text.ends_with('\n'))
    return Status::error(Code::config, "the last line has no end: the file was cut off, or is being written");
  return AllowedKeys(std::move(grants));
}

const Grant* AllowedKeys::find(const PublicKey& key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? nullptr : &grants_[found->second];
}

const Grant* AllowedKeys::find_name(std::string_view name) const {
  for (const Grant& grant : grants_)
    if (grant.name == name) return &grant;
  return nullptr;
}

std::string without_name(std::string_view text, std::string_view name, const std::optional<PublicKey>& key,
                         std::size_t& removed) {
  removed = 0;
  std::string kept;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view raw = text.substr(0, end);
    text.remove_prefix(end);
    const std::vector<Line> line = lines_of(raw);
    bool gone = !line.empty() && line[0].words[0] == name;
    if (gone && key) {
      const Result<PublicKey> its =
          line[0].words.size() < 3 ? Result<PublicKey>(Status::error(Code::config, "")) : parse_key(line[0].words[2]);
      gone = its.ok() && *its == *key;
    }
    if (gone) {
      ++removed;
    } else {
      kept += raw;
    }
  }
  return kept;
}

}  // namespace sqlcast::access
