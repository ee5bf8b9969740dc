#include "client/local/cluster_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "client/endpoint_set.h"
#include "client/text/json.h"

namespace sqlcast::local {
namespace {

namespace fs = std::filesystem;
namespace json = text::json;

constexpr std::string_view kFileName = "cluster.json";

std::string member(const json::Value& node, std::string_view name) {
  const json::Value* value = node.find(name);
  const std::string* text = value == nullptr ? nullptr : value->string();
  return text == nullptr ? std::string() : *text;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

const ClusterNode* ClusterFile::find(std::string_view name) const {
  for (const ClusterNode& node : nodes)
    if (node.name == name) return &node;
  return nullptr;
}

const ClusterNode* ClusterFile::master() const {
  for (const ClusterNode& node : nodes)
    if (node.role == "master") return &node;
  return nullptr;
}

std::vector<std::string> ClusterFile::endpoints() const {
  std::vector<std::string> all;
  for (const ClusterNode& node : nodes) all.push_back(node.endpoint);
  return all;
}

Result<ClusterFile> ClusterFile::load(const fs::path& dir) {
  const fs::path path = dir / kFileName;
  const auto text = read_text_file(path);
  if (!text.ok() && access(path.c_str(), R_OK) != 0 && errno == EACCES)
    return Status::error(Code::config,
                         path.string() +
                             " cannot be read by this user: the cluster is another one's. Name one of its "
                             "nodes with -h HOST -P PORT, or another folder with --dir");
  if (!text.ok()) return text.status();
  const auto refuse = [&path](const std::string& why) {
    return Status::error(Code::config,
                         path.string() + ": " + why + "; delete it to have `sqlcast cluster up` make the cluster anew");
  };
  const auto document = json::parse(*text);
  if (!document.ok()) return refuse(document.status().message);
  const json::Value* list = document->find("nodes");
  if (list == nullptr || list->array() == nullptr) return refuse("it has no list \"nodes\"");
  ClusterFile file;
  for (const json::Value& item : *list->array()) {
    ClusterNode node{member(item, "name"), member(item, "role"), member(item, "endpoint"), member(item, "publish")};
    const bool known_role = node.role == "master" || node.role == "slave";
    if (node.name.empty() || node.name.find('/') != std::string::npos || node.name.starts_with('.'))
      return refuse("a node has no usable name");
    if (!known_role || client::canonical_endpoint(node.endpoint).empty())
      return refuse("node " + node.name + " needs a role (master, slave) and an endpoint (tcp://HOST:PORT)");
    if (node.role == "master") {
      if (file.master() != nullptr) return refuse("it has two masters");
      if (client::canonical_endpoint(node.publish).empty()) return refuse("its master has no publish endpoint");
    }
    file.nodes.push_back(std::move(node));
  }
  if (file.master() == nullptr) return refuse("it has no master");
  return file;
}

Status ClusterFile::save(const fs::path& dir) const {
  json::Array list;
  for (const ClusterNode& node : nodes) {
    json::Object item{{"name", node.name}, {"role", node.role}, {"endpoint", node.endpoint}};
    if (!node.publish.empty()) item.emplace_back("publish", node.publish);
    list.emplace_back(std::move(item));
  }
  json::Object document;
  document.emplace_back("nodes", std::move(list));
  return write_text_file(dir / kFileName, json::Value(std::move(document)).write(2) + "\n");
}

fs::path state_dir() {
  std::string base = environment("XDG_STATE_HOME");
  if (base.empty() || base.front() != '/') {
    const std::string home = environment("HOME");
    base = (home.empty() ? std::string("/tmp") : home) + "/.local/state";
  }
  return fs::path(base) / "sqlcast";
}

fs::path cluster_dir(std::string_view given) {
  std::string text(given);
  if (text.empty()) text = environment("SQLCAST_DIR");
  const fs::path dir = text.empty() ? state_dir() / "cluster" : fs::path(text);
  fs::path absolute = fs::absolute(dir).lexically_normal();
  if (!absolute.has_filename()) absolute = absolute.parent_path();
  return absolute;
}

Result<std::string> read_text_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Status::error(Code::io, path.string() + ": " + std::strerror(errno));
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad()) return Status::error(Code::io, path.string() + ": " + std::strerror(errno));
  return text;
}

Status write_text_file(const fs::path& path, std::string_view text) {
  const fs::path beside = path.string() + ".new." + std::to_string(::getpid());
  std::ofstream file(beside, std::ios::binary | std::ios::trunc);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  std::error_code error;
  if (file) fs::rename(beside, path, error);
  if (file && !error) return ok_status();
  const std::string why = error ? error.message() : std::strerror(errno);
  fs::remove(beside, error);
  return Status::error(Code::io, path.string() + " cannot be written: " + why);
}

}  // namespace sqlcast::local
