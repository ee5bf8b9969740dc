// A folder of its own for each configuration test, and short ways to load what is written there.
#pragma once

#include <sys/stat.h>

#include <fstream>
#include <map>
#include <string>

#include "config/config.h"
#include "tests/support/temporary_folder.h"

namespace sqlcast::config::testing {

// Removed with everything in it at the end of the test.
class Folder {
 public:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  std::string write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    std::ofstream(path(name), std::ios::binary) << text;
    SQLCAST_CHECK(::chmod(path(name).c_str(), mode) == 0);
    return path(name);
  }

 private:
  support::TemporaryFolder folder_;
};

using Texts = std::map<std::string, std::string>;

inline Result<NodeConfig> load_text(const Folder& folder, const std::string& yaml, Role role = Role::master,
                                    Texts flags = {}, Texts environment = {}) {
  return load(role, {folder.write("node.yaml", yaml), std::move(flags), std::move(environment)});
}

// The message of the refusal, with the folder's path taken out; "accepted" when there was none.
inline std::string refusal(const std::string& yaml, Role role = Role::master, Texts flags = {},
                           Texts environment = {}) {
  const Folder folder;
  const auto config = load_text(folder, yaml, role, std::move(flags), std::move(environment));
  if (config) return "accepted";
  std::string message = config.status().message;
  const std::string prefix = folder.path("");
  for (std::size_t at = message.find(prefix); at != std::string::npos; at = message.find(prefix, at))
    message.erase(at, prefix.size());
  return message;
}

}  // namespace sqlcast::config::testing
