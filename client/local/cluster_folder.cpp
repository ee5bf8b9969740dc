#include "client/local/cluster_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <thread>

#include "base/user_name.h"

namespace sqlcast::local {
namespace {

std::string name_of(uid_t user) { return user_name(user).value_or("number " + std::to_string(user)); }

Status refused(const std::string& why) { return Status::error(Code::config, why); }

}  // namespace

Status check_folder(const std::filesystem::path& dir, FolderUse use) {
  const std::string where = shell_word(dir.string());
  const std::string other_folder = "; name another folder with --dir";
  const std::string name = dir.string();
  if (std::any_of(name.begin(), name.end(), [](char c) { return std::iscntrl(static_cast<unsigned char>(c)) != 0; }))
    return refused("a folder whose name has a line break or another control character cannot be a cluster's" +
                   other_folder);
  struct stat found {};
  if (stat((dir / "cluster.json").c_str(), &found) == 0) {
    if (found.st_uid == geteuid() || (use == FolderUse::stop && geteuid() == 0)) return ok_status();
    const std::string owner = name_of(found.st_uid);
    return refused("the cluster in " + where + " belongs to the user " + owner + ", who alone can " +
                   (use == FolderUse::start ? "start" : "stop") + " it" +
                   (geteuid() == 0 ? " (`sudo -u " + owner + " sqlcast cluster up --dir " + where + "`)" : "") +
                   other_folder + " for one of your own");
  }
  if (errno != ENOENT && errno != EACCES)
    return refused(where + " cannot be used: " + std::strerror(errno) + other_folder);
  const bool hidden = errno == EACCES;
  const bool there = stat(dir.c_str(), &found) == 0;
  if (!hidden && (!there || access(dir.c_str(), W_OK | X_OK) == 0)) return ok_status();
  if (there && !S_ISDIR(found.st_mode)) return refused(where + " is a file, not a folder" + other_folder);
  return refused(where + (there ? " belongs to the user " + name_of(found.st_uid) + ", and" : "") +
                 " cannot be used by the user " + name_of(geteuid()) + other_folder);
}

Result<FileLock> lock_folder(const std::filesystem::path& dir, FolderUse use, std::chrono::milliseconds patience,
                             const std::function<bool()>& wait) {
  if (Status status = check_folder(dir, use); !status.ok()) return status;
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error)
    return Status::error(Code::io, shell_word(dir.string()) + " cannot be made: " + error.message() +
                                       "; name another folder with --dir");
  const auto end = std::chrono::steady_clock::now() + patience;
  while (true) {
    auto held = FileLock::try_lock(dir / "cluster.lock");
    if (!held.ok()) return held.status();
    if (held->has_value()) return std::move(**held);
    if (!wait() || std::chrono::steady_clock::now() > end)
      return Status::error(Code::busy, "another `sqlcast cluster` is at work on " + dir.string());
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

std::string shell_word(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::strchr("_-./:=,+@%", c) != nullptr ||
           (c & 0x80) != 0;
  });
  if (plain) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace sqlcast::local
