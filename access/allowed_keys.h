// AllowedKeys: who is let in, and as what: the file that every node reads. One key a line:
//
//   NAME ROLE PUBLICKEY [ddl] [databases=a,b]
//
// A name may have several keys (while one is replaced by another), all with the same role and limits. Pure; an object
// is not changed once it is made; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/key.h"
#include "base/status.h"

namespace sqlcast::access {

enum class Role : std::uint8_t {
  admin,    // everything but what nodes say to one another
  writer,   // reads and writes; DDL with `ddl`
  reader,   // reads
  node,     // replicates, forwards for others, acknowledges, reads the log
  watcher,  // subscribes to the log; status
  backup,   // reads the log; status
};
inline constexpr std::size_t kRoles = 6;

std::string_view role_name(Role role);
std::optional<Role> role_from_name(std::string_view name);
// "admin, writer, …"
std::string role_list();

// One line.
struct Grant {
  std::string name;
  Role role = Role::reader;
  PublicKey key{};
  bool ddl = false;                    // writer alone
  std::vector<std::string> databases;  // writer and reader alone; empty = all
  bool operator==(const Grant&) const = default;

  bool may_use(std::string_view database) const;
};

class AllowedKeys {
 public:
  AllowedKeys() = default;
  explicit AllowedKeys(std::vector<Grant> grants);

  // config: "line 7: …" for the first line that is wrong.
  static Result<AllowedKeys> parse(std::string_view text);

  const Grant* find(const PublicKey& key) const;        // nullptr: not let in
  const Grant* find_name(std::string_view name) const;  // any of its keys
  const std::vector<Grant>& grants() const { return grants_; }

 private:
  std::vector<Grant> grants_;
  std::map<PublicKey, std::size_t> by_key_;
};

// One line, without its end. bad_request: role, limits and name do not go together.
Status check_grant(const Grant& grant);
std::string format_grant(const Grant& grant);

// The text of a file without the lines of this name (and, when given, of this key alone), comments and all else kept;
// `removed` counts them.
std::string without_name(std::string_view text, std::string_view name, const std::optional<PublicKey>& key,
                         std::size_t& removed);

}  // namespace sqlcast::access
