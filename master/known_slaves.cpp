#include "master/known_slaves.h"

#include <sstream>

#include "node/durable_file.h"

namespace sqlcast::master {

Result<KnownSlaves> KnownSlaves::load(const std::string& data_dir) {
  KnownSlaves known;
  known.path_ = data_dir + "/slaves";
  const Result<std::optional<std::string>> content = node::read_durable(known.path_);
  if (!content) return content.status();
  std::istringstream names(content->value_or(""));
  for (std::string name; std::getline(names, name);)
    if (!name.empty()) known.names_.insert(name);
  return known;
}

Status KnownSlaves::add(const std::set<std::string>& names) {
  for (const std::string& name : names)
    if (names_.insert(name).second) saved_ = false;
  if (saved_) return ok_status();
  std::string content;
  for (const std::string& each : names_) content += each + '\n';
  Status status = node::write_durably(path_, content);
  saved_ = status.ok();
  return status;
}

}  // namespace sqlcast::master
