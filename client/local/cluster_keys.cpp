#include "client/local/cluster_keys.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

#include "access/known_nodes.h"
#include "base/user_name.h"
#include "client/keys.h"
#include "net/key_pair.h"

namespace sqlcast::local {
namespace {

namespace fs = std::filesystem;

Status cannot(const fs::path& path, const std::string& why) {
  return Status::error(Code::io, path.string() + " cannot be written: " + why);
}

// The private key at `path`, made when there is none, and allowed as `role`.
Result<access::KeyFile> ensure_key(const KeyPlaces& places, const fs::path& path, const std::string& name,
                                   access::Role role) {
  // A key that was there before is let in already, or somebody has taken it out of the table, and it stays out.
  const bool was_there = fs::exists(path);
  if (was_there && fs::exists(places.allowed())) return client::read_key_file(path.string());
  Result<access::KeyFile> key = was_there ? client::read_key_file(path.string()) : make_key(path, name, false);
  if (!key) return key.status();
  if (const Status status = add_grant(places.allowed(), {name, role, key->pair.public_key, false, {}}); !status.ok())
    return status;
  return key;
}

std::string admin_name() {
  const std::string name = user_name(::geteuid()).value_or(std::string());
  return access::check_key_name(name).ok() ? name : "admin";
}

enum class Before {
  none,      // io when there is a file
  replaced,  // the new one is its owner's alone
  kept,      // and has the owner and the mode of the one that it replaces
};

Status write_file(const fs::path& path, const std::string& text, Before before_it) {
  const std::string beside = path.string() + ".new." + std::to_string(::getpid());
  ::unlink(beside.c_str());
  const int descriptor = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return cannot(path, std::strerror(errno));
  std::size_t written = 0;
  int error = 0;
  struct stat before {};
  if (before_it == Before::kept && ::stat(path.c_str(), &before) == 0 &&
      (::fchown(descriptor, before.st_uid, before.st_gid) != 0 || ::fchmod(descriptor, before.st_mode & 07777U) != 0))
    error = errno;
  while (written < text.size() && error == 0) {
    const ssize_t now = ::write(descriptor, text.data() + written, text.size() - written);
    if (now >= 0) written += static_cast<std::size_t>(now);
    if (now < 0 && errno != EINTR) error = errno;
  }
  if (error == 0 && ::fsync(descriptor) != 0) error = errno;
  ::close(descriptor);
  const bool fresh = before_it == Before::none;
  // A rename would take the place of another's.
  if (error == 0 && (fresh ? ::link : ::rename)(beside.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0 || fresh) ::unlink(beside.c_str());
  if (error == 0) return ok_status();
  return cannot(path, std::strerror(error));
}

}  // namespace

bool has_keys(const fs::path& cluster) {
  std::error_code error;
  return fs::exists(KeyPlaces(cluster).folder, error);
}

Result<FileLock> lock_keys(const fs::path& folder, std::chrono::milliseconds patience) {
  constexpr auto kPause = std::chrono::milliseconds(20);
  const fs::path path = folder / "keys.lock";
  const auto end = std::chrono::steady_clock::now() + patience;
  while (true) {
    auto held = FileLock::try_lock(path, 0600);
    if (!held.ok()) return held.status();
    if (held->has_value()) {
      // What the administrator makes in another's folder is that one's to use.
      struct stat about {};
      if (::geteuid() == 0 && ::stat(folder.c_str(), &about) == 0 &&
          ::chown(path.c_str(), about.st_uid, about.st_gid) != 0)
        return cannot(path, std::strerror(errno));
      return std::move(**held);
    }
    if (std::chrono::steady_clock::now() > end)
      return Status::error(Code::busy, "somebody else has been changing the keys in " + folder.string() + " for " +
                                           std::to_string(patience.count() / 1000) + " s (" + path.string() +
                                           " is locked): nothing was changed; try again");
    std::this_thread::sleep_for(kPause);
  }
}

Status write_table(const fs::path& path, const std::string& text) { return write_file(path, text, Before::kept); }

Result<access::KeyFile> make_key(const fs::path& path, const std::string& name, bool may_replace) {
  if (Status status = access::check_key_name(name); !status.ok()) return status;
  if (!may_replace && fs::exists(path))
    return Status::error(Code::io, path.string() +
                                       " is there already: a key that is replaced is lost; choose another "
                                       "name, or --out FILE, or see `sqlcast keys rotate`");
  const Result<access::KeyPair> pair = net::make_key_pair();
  if (!pair) return pair.status();
  access::KeyFile key{name, *pair};
  if (Status status = write_file(path, access::format_key_file(key), may_replace ? Before::replaced : Before::none);
      !status.ok())
    return status;
  return key;
}

Status add_grant(const fs::path& table, const access::Grant& grant) {
  if (Status status = access::check_grant(grant); !status.ok()) return status;
  std::string text;
  if (fs::exists(table)) {
    const auto before = read_text_file(table);
    if (!before.ok()) return before.status();
    // A line that was cut off is not to become one.
    if (!before->empty() && !before->ends_with('\n'))
      if (const auto whole = access::AllowedKeys::parse(*before); !whole)
        return Status::error(Code::bad_request, table.string() + ": " + whole.status().message);
    std::size_t removed = 0;
    text = access::without_name(*before, grant.name, grant.key, removed);
  } else {
    text =
        "# Who is let in: NAME ROLE PUBLICKEY [ddl] [databases=a,b]; roles: " + access::role_list() +
        ".\n# Nodes read it again when it changes. `sqlcast keys allow` and `revoke` write it; an editor may, too.\n";
  }
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  text += access::format_grant(grant) + "\n";
  const Result<access::AllowedKeys> judged = access::AllowedKeys::parse(text);
  if (!judged) return Status::error(Code::bad_request, table.string() + ": " + judged.status().message);
  return write_table(table, text);
}

Status write_cluster_nodes(const fs::path& cluster, const ClusterFile& file) {
  const KeyPlaces places(cluster);
  std::vector<access::KnownNode> before;
  if (const auto text = read_text_file(places.nodes()); text.ok())
    if (auto known = access::parse_known_nodes(*text); known.ok()) before = std::move(*known);
  std::vector<access::KnownNode> nodes;
  for (const ClusterNode& node : file.nodes) {
    const Result<access::KeyFile> key = client::read_key_file(places.key_of(node.name).string());
    if (!key) return key.status();
    for (const std::string& endpoint : {node.endpoint, node.publish}) {
      if (endpoint.empty()) continue;
      nodes.push_back({endpoint, key->pair.public_key});
      // The key that is to follow, or the one that was.
      for (const access::KnownNode& other : before)
        if (other.endpoint == endpoint && std::find(nodes.begin(), nodes.end(), other) == nodes.end())
          nodes.push_back(other);
    }
  }
  return write_table(places.nodes(), access::format_known_nodes(nodes));
}

Status make_cluster_keys(const fs::path& cluster, const ClusterFile& file, std::chrono::milliseconds patience) {
  const KeyPlaces places(cluster);
  if (::mkdir(places.folder.c_str(), 0700) != 0 && errno != EEXIST)
    return Status::error(Code::io, places.folder.string() + " cannot be made: " + std::strerror(errno));
  if (::chmod(places.folder.c_str(), 0700) != 0) return cannot(places.folder, std::strerror(errno));
  const auto held = lock_keys(places.folder, patience);
  if (!held.ok()) return held.status();
  if (const auto admin = ensure_key(places, places.admin(), admin_name(), access::Role::admin); !admin.ok())
    return admin.status();
  for (const ClusterNode& node : file.nodes)
    if (const auto key = ensure_key(places, places.key_of(node.name), node.name, access::Role::node); !key.ok())
      return key.status();
  return write_cluster_nodes(cluster, file);
}

Status use_cluster_keys(const fs::path& cluster) {
  if (!has_keys(cluster)) return ok_status();
  const KeyPlaces places(cluster);
  if (::access(places.folder.c_str(), R_OK | X_OK) != 0)
    return Status::error(Code::config, places.folder.string() + ": " + std::strerror(errno) +
                                           "; the cluster lets in its owner, and whom he gives a key to (sqlcast keys "
                                           "new NAME --role ROLE): use yours with --key FILE or $SQLCAST_KEY");
  return client::use_key_file(places.admin().string(), {});
}

}  // namespace sqlcast::local
