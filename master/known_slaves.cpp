#include "master/known_slaves.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "node/durable_file.h"

namespace sqlcast::master {

Result<KnownSlaves> KnownSlaves::load(const std::string& data_dir) {
  KnownSlaves known;
  known.path_ = data_dir + "/slaves";
  std::error_code problem;
  if (!std::filesystem::exists(known.path_, problem)) return known;
  std::ifstream file(known.path_);
  for (std::string name; std::getline(file, name);)
    if (!name.empty()) known.names_.insert(name);
  if (!file.eof()) return Status::error(Code::io, "cannot read " + known.path_ + ": " + std::strerror(errno));
  return known;
}

Status KnownSlaves::add(const std::string& name) {
  if (!names_.insert(name).second) return ok_status();
  std::string content;
  for (const std::string& each : names_) content += each + '\n';
  return node::write_durably(path_, content);
}

}  // namespace sqlcast::master
