#include "client/cli/log_folder.h"

#include <filesystem>
#include <system_error>

#include "client/local/cluster_file.h"
#include "log/format.h"

namespace sqlcast::cli {
namespace {

namespace fs = std::filesystem;

Status wrong(Code code, const std::string& message) { return Status::error(code, message); }

Result<fs::path> data_of_cluster(const LogPlace& place) {
  const fs::path dir = local::cluster_dir(place.dir);
  const Result<local::ClusterFile> cluster = local::ClusterFile::load(dir);
  if (!cluster.ok() && cluster.status().code != Code::io) return cluster.status();
  if (!cluster.ok())
    return wrong(Code::config, "there is no local cluster in " + dir.string() +
                                   ". Say where it is with --dir, or give a node's data folder with --data");
  const local::ClusterNode* const node = place.node.empty() ? cluster->master() : cluster->find(place.node);
  if (node != nullptr) return dir / node->name / "data";
  std::string known;
  for (const local::ClusterNode& each : cluster->nodes) known += (known.empty() ? "" : ", ") + each.name;
  return wrong(Code::bad_request, "there is no node " + place.node + "; there are: " + known);
}

bool has_log_files(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator each(folder, error), end; !error && each != end; each.increment(error))
    if (log::first_of_name(each->path().filename().string()) != 0) return true;
  return false;
}

}  // namespace

Result<std::string> find_log_folder(const LogPlace& place) {
  if (!place.data.empty() && (!place.dir.empty() || !place.node.empty()))
    return wrong(Code::bad_request, "--data is a node's own folder; give it alone, or --dir and --node without it");
  const Result<fs::path> data = place.data.empty() ? data_of_cluster(place) : Result<fs::path>(fs::path(place.data));
  if (!data.ok()) return data.status();
  std::error_code error;
  const fs::file_status found = fs::status(*data, error);
  if (found.type() == fs::file_type::not_found)
    return wrong(Code::config, "there is no folder " + data->string() +
                                   (place.data.empty() ? "; give the node's data folder with --data" : ""));
  if (error) return wrong(Code::io, data->string() + ": " + error.message());
  if (found.type() != fs::file_type::directory)
    return wrong(Code::config, data->string() + " is no folder; --data takes a node's data folder");
  const fs::path folder = *data / "log";
  const fs::file_status log = fs::status(folder, error);
  if (log.type() == fs::file_type::directory) return folder.string();
  if (error && log.type() != fs::file_type::not_found) return wrong(Code::io, folder.string() + ": " + error.message());
  if (has_log_files(*data))
    return wrong(Code::config, data->string() + " has the log's files itself; --data takes the folder above it");
  return wrong(Code::config, data->string() +
                                 " has no folder log: it is no data folder of a node, or of one whose log has no "
                                 "entry yet");
}

}  // namespace sqlcast::cli
