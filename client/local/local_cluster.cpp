#include "client/local/local_cluster.h"

#include "client/local/find_nodes.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "base/json_string.h"
#include "base/logging.h"
#include "client/client.h"
#include "client/local/cluster_folder.h"
#include "client/local/cluster_keys.h"
#include "client/text/json.h"

namespace sqlcast::local {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr unsigned kDefaultSlaves = 2;
constexpr std::size_t kLogTailLines = 15;
constexpr std::size_t kLogTailBytes = 16U << 10U;

std::string loopback(std::uint16_t port) { return "tcp://127.0.0.1:" + std::to_string(port); }

std::uint16_t port_of(const std::string& endpoint) {
  return static_cast<std::uint16_t>(std::strtoul(endpoint.c_str() + endpoint.rfind(':') + 1, nullptr, 10));
}

bool is_free(std::uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  // As libzmq listens: what is left over from closed connections does not count.
  const int reuse = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free =
      bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && listen(descriptor, 1) == 0;
  close(descriptor);
  return free;
}

// Ports are remembered for as long as the cluster is there, so they come from below those that the system lends
// to outgoing connections.
class PortChooser {
 public:
  explicit PortChooser(const ClusterFile& file) {
    for (const ClusterNode& node : file.nodes)
      for (const std::string& endpoint : {node.endpoint, node.publish})
        if (!endpoint.empty()) taken_.insert(port_of(endpoint));
  }

  // `usual`: 0, or the port to take when it is free.
  Result<std::string> next(std::uint16_t usual) {
    if (usual != 0 && !taken_.contains(usual) && is_free(usual)) {
      taken_.insert(usual);
      return loopback(usual);
    }
    std::uniform_int_distribution<unsigned> ports(15'000, 29'999);
    for (int attempt = 0; attempt < 1'000; ++attempt) {
      const auto port = static_cast<std::uint16_t>(ports(random_));
      if (taken_.contains(port) || !is_free(port)) continue;
      taken_.insert(port);
      return loopback(port);
    }
    return Status::error(Code::io, "no free port was found on 127.0.0.1 between 15000 and 29999");
  }

 private:
  std::set<std::uint16_t> taken_;
  std::mt19937 random_{std::random_device()()};
};

Status add_node(ClusterFile& file, PortChooser& ports, const std::string& name, const std::string& role,
                std::uint16_t usual_port) {
  ClusterNode node;
  node.name = name;
  node.role = role;
  auto endpoint = ports.next(usual_port);
  if (!endpoint.ok()) return endpoint.status();
  node.endpoint = *endpoint;
  if (role == "master") {
    auto publish = ports.next(usual_port == 0 ? usual_port : static_cast<std::uint16_t>(usual_port + 1));
    if (!publish.ok()) return publish.status();
    node.publish = *publish;
  }
  file.nodes.push_back(std::move(node));
  return ok_status();
}

std::string quoted(const std::string& text) {
  std::string out;
  append_json_string(out, text);  // YAML reads JSON's strings
  return out;
}

}  // namespace

std::string node_config(const std::string& text, const ClusterNode& node, const ClusterNode& master,
                        const std::string& data_dir, const std::string& keys) {
  std::vector<std::pair<std::string, std::string>> settings = {{"listen", node.endpoint}};
  settings.emplace_back(node.role == "master" ? "publish" : "master",
                        node.role == "master" ? node.publish : master.endpoint);
  std::string out = text;
  if (out.empty())
    out =
        "# Written by `sqlcast cluster`. May be edited: only listen, publish and master are set anew, when ports\n"
        "# have to change.\n"
        "name: " +
        quoted(node.name) + "\ndata_dir: " + quoted(data_dir) + "\ndatabase:\n  mode: managed\n";
  for (const auto& [name, value] : settings) {
    const std::string line = name + ": " + quoted(value);
    std::size_t at = out.starts_with(name + ":") ? 0 : out.find("\n" + name + ":");
    if (at == std::string::npos) {
      out += (out.ends_with('\n') ? "" : "\n") + line + "\n";
      continue;
    }
    if (out[at] == '\n') ++at;
    out.replace(at, std::min(out.find('\n', at), out.size()) - at, line);
  }
  if (keys.empty() || out.starts_with("security") || out.find("\nsecurity") != std::string::npos) return out;
  return out + (out.ends_with('\n') ? "" : "\n") +
         "security:\n  mode: curve\n  key: " + quoted(keys + "/" + node.name + ".key") +
         "\n  allowed: " + quoted(keys + "/allowed") + "\n  nodes: " + quoted(keys + "/nodes") + "\n";
}

Result<fs::path> find_program(const std::string& name, const std::string& given) {
  const auto usable = [](const fs::path& path) { return ::access(path.c_str(), X_OK) == 0 && !fs::is_directory(path); };
  if (!given.empty()) {
    if (usable(given)) return fs::absolute(given);
    return Status::error(Code::config, given + " is not a program that can be run");
  }
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (!error && usable(self.parent_path() / name)) return self.parent_path() / name;
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (!folder.empty() && usable(fs::path(folder) / name)) return fs::absolute(fs::path(folder) / name);
  return Status::error(Code::io, name + " is neither beside this program nor on PATH; build it, or say where it is");
}

Result<LocalCluster> LocalCluster::open(const fs::path& dir, bool with_keys) {
  auto file = ClusterFile::load(dir);
  if (file.ok() && with_keys)
    if (Status status = use_cluster_keys(dir); !status.ok()) return status;
  if (file.ok()) return LocalCluster(dir, std::move(*file));
  if (file.status().code != Code::io) return file.status();
  return Status::error(Code::io, "there is no local cluster in " + dir.string() + "; `sqlcast cluster up` makes one");
}

namespace {

// Whether a cluster that is there can be made one with keys, or without.
Status can_change_keys(const fs::path& dir, const ClusterFile& file, bool keys) {
  if (file.nodes.empty() || keys == has_keys(dir)) return ok_status();
  const std::string where = shell_word(dir.string());
  if (!keys)
    return Status::error(Code::config, "the cluster in " + where +
                                           " has keys. To do without: `sqlcast cluster down --dir " + where +
                                           "`, take the section security out of each NAME/node.yaml there, and "
                                           "move the folder keys away");
  for (const ClusterNode& node : file.nodes)
    if (read_pid_file(dir / node.name / "node.pid"))
      return Status::error(Code::config, "the nodes of the cluster in " + where +
                                             " run without keys: stop them first, by "
                                             "`sqlcast cluster down --dir " +
                                             where + "`");
  return ok_status();
}

}  // namespace

Result<LocalCluster> LocalCluster::open_or_make(const fs::path& dir, std::optional<unsigned> slaves, bool usual_ports,
                                                std::optional<bool> keys) {
  constexpr std::uint16_t kFirstOfSlaves = 5760;
  ClusterFile file;
  bool changed = false;
  if (fs::exists(dir / "cluster.json")) {
    auto loaded = ClusterFile::load(dir);
    if (!loaded.ok()) return loaded.status();
    file = std::move(*loaded);
  }
  if (keys)
    if (Status status = can_change_keys(dir, file, *keys); !status.ok()) return status;
  PortChooser ports(file);
  const bool wants_keys = keys.value_or(file.nodes.empty() || has_keys(dir));
  if (file.nodes.empty()) {
    changed = true;
    if (const Status status = add_node(file, ports, "master", "master", usual_ports ? kDefaultPort : std::uint16_t{0});
        !status.ok())
      return status;
    if (!slaves) slaves = kDefaultSlaves;
  }
  for (unsigned number = 1; number <= slaves.value_or(0); ++number) {
    const std::string name = "slave-" + std::to_string(number);
    if (file.find(name) != nullptr) continue;
    changed = true;
    const auto usual = usual_ports ? static_cast<std::uint16_t>(kFirstOfSlaves + number - 1) : std::uint16_t{0};
    if (const Status status = add_node(file, ports, name, "slave", usual); !status.ok()) return status;
  }
  if (changed)
    if (const Status status = file.save(dir); !status.ok()) return status;
  if (wants_keys) {
    if (const Status status = make_cluster_keys(dir, file); !status.ok()) return status;
    if (const Status status = use_cluster_keys(dir); !status.ok()) return status;
  }
  return LocalCluster(dir, std::move(file));
}

std::vector<std::string> LocalCluster::names() const {
  std::vector<std::string> all;
  for (const ClusterNode& node : file_.nodes) all.push_back(node.name);
  return all;
}

std::optional<ProcessId> LocalCluster::running(const std::string& name) const {
  return read_pid_file(dir_ / name / "node.pid");
}

Result<std::vector<std::string>> LocalCluster::repair_ports() {
  std::vector<std::string> changes;
  PortChooser ports(file_);
  for (ClusterNode& node : file_.nodes) {
    if (running(node.name)) continue;
    for (std::string* endpoint : {&node.endpoint, &node.publish}) {
      if (endpoint->empty() || is_free(port_of(*endpoint))) continue;
      auto other = ports.next(0);
      if (!other.ok()) return other.status();
      changes.push_back(node.name + ": another program listens on " + *endpoint + " now; it moves to " + *other);
      *endpoint = *other;
    }
  }
  if (changes.empty()) return changes;
  if (const Status status = file_.save(dir_); !status.ok()) return status;
  if (!has_keys(dir_)) return changes;
  {
    const auto held = lock_keys(KeyPlaces(dir_).folder);
    if (!held.ok()) return held.status();
    if (const Status status = write_cluster_nodes(dir_, file_); !status.ok()) return status;
  }
  if (const Status status = use_cluster_keys(dir_); !status.ok()) return status;
  return changes;
}

Status LocalCluster::write_config(const ClusterNode& node) const {
  const fs::path folder = dir_ / node.name;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return Status::error(Code::io, folder.string() + " cannot be made: " + error.message());
  const fs::path path = folder / "node.yaml";
  const std::string before = read_text_file(path).ok() ? *read_text_file(path) : std::string();
  const std::string after = node_config(before, node, *file_.master(), (folder / "data").string(),
                                        has_keys(dir_) ? KeyPlaces(dir_).folder.string() : std::string());
  return after == before ? ok_status() : write_text_file(path, after);
}

Status LocalCluster::start(const std::string& name, const Programs& programs, bool die_with_parent,
                           bool accept_history) {
  const ClusterNode* node = file_.find(name);
  SQLCAST_CHECK(node != nullptr);
  if (running(name)) return ok_status();
  if (Status status = write_config(*node); !status.ok()) return status;
  SpawnOptions options;
  options.program = node->role == "master" ? programs.master : programs.slave;
  options.arguments = {"--config", (dir_ / name / "node.yaml").string()};
  if (accept_history) options.arguments.emplace_back("--accept-history");
  options.log = log_of(name);
  options.die_with_parent = die_with_parent;
  const auto process = spawn(options);
  if (!process.ok()) return process.status();
  Status written = write_pid_file(dir_ / name / "node.pid", *process);
  // Otherwise it would run, and nobody could stop it.
  if (!written.ok() && send_signal(*process, SIGKILL)) (void)wait_for_end(*process, milliseconds(10'000));
  return written;
}

std::string LocalCluster::log_tail(const std::string& name) const {
  std::ifstream file(log_of(name), std::ios::binary | std::ios::ate);
  if (!file) return "(it has no log)";
  const auto size = static_cast<std::size_t>(file.tellg());
  const std::size_t from = size > kLogTailBytes ? size - kLogTailBytes : 0;
  std::string text(size - from, '\0');
  file.seekg(static_cast<std::streamoff>(from));
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  std::size_t at = text.size();
  for (std::size_t line = 0; line <= kLogTailLines && at > 0; ++line) at = text.rfind('\n', at - 1) + 1, at -= at > 0;
  return text.substr(at == 0 ? 0 : at + 1);
}

Status LocalCluster::wait_ready(const std::vector<std::string>& names, milliseconds timeout, const Progress& progress,
                                const std::function<bool()>& stop_waiting) const {
  client::Options options;
  options.endpoints = file_.endpoints();
  auto client = client::Client::open(options);
  if (!client.ok()) return client.status();
  const auto end = std::chrono::steady_clock::now() + timeout;
  std::map<std::string, std::string> states;
  for (const std::string& name : names) {
    const auto failure = [&](const std::string& why) {
      return Status::error(Code::io,
                           name + " " + why + ". The end of " + log_of(name).string() + ":\n" + log_tail(name));
    };
    while (true) {
      if (stop_waiting()) return Status::error(Code::cancelled, "interrupted while the nodes were starting");
      if (!running(name)) return failure("has ended");
      const auto status = (*client)->status(file_.find(name)->endpoint, milliseconds(300));
      if (status.status().code == Code::not_allowed)
        return failure("does not let this key in: " + status.status().message);
      const std::string state = status.ok() ? status->self.state : "Starting";
      if (status.ok() && status->self.name != name)
        return failure("is not the node that answers at " + file_.find(name)->endpoint + " (" + status->self.name +
                       ")");
      if (state != states[name]) progress(name, states[name] = state);
      if (state == "Serving" || state == "Live") break;
      if (state == "Failed" || state == "ReadOnly")
        return failure((state == "Failed" ? "has failed: " : "refuses writes: ") + status->self.message);
      if (std::chrono::steady_clock::now() > end)
        return failure("is not ready after " + std::to_string(timeout.count() / 1000) + " s (" + state + ")");
      if (status.ok()) std::this_thread::sleep_for(milliseconds(50));
    }
  }
  return ok_status();
}

void LocalCluster::stop(const std::vector<std::string>& names, milliseconds patience,
                        const std::function<void(const std::string&)>& say) const {
  for (const std::string role : {"slave", "master"}) {
    std::vector<std::pair<std::string, ProcessId>> waiting;
    for (const std::string& name : names) {
      if (file_.find(name)->role != role) continue;
      const auto process = running(name);
      if (!process) continue;
      send_signal(*process, SIGTERM);
      waiting.emplace_back(name, *process);
    }
    const auto end = std::chrono::steady_clock::now() + patience;
    for (const auto& [name, process] : waiting) {
      const auto left = std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now());
      if (wait_for_end(process, std::max(left, milliseconds(0)))) {
        say(name + " stopped");
        continue;
      }
      send_signal(process, SIGKILL);
      wait_for_end(process, milliseconds(5'000));
      say(name + " did not stop within " + std::to_string(patience.count() / 1000) +
          " s and was killed; it recovers at its next start");
    }
  }
  std::error_code ignored;
  for (const std::string& name : names)
    if (!running(name)) fs::remove(dir_ / name / "node.pid", ignored);
}

bool LocalCluster::kill(const std::string& name) const {
  const auto process = running(name);
  if (!process || !send_signal(*process, SIGKILL)) return false;
  wait_for_end(*process, milliseconds(5'000));
  return true;
}

}  // namespace sqlcast::local
