// MemoryFileSystem: a file system of which a test knows what is on disk and what only in memory, which loses the latter
// when it crashes, and whose calls fail when the test says so.
//
// On disk is what was synced. Of what was not, a crash keeps any subset of the blocks, and any part of what was done to
// names: in order, or not. A sync that fails has lost some blocks for good: the next one does not write them.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "log/file_system.h"

namespace sqlcast::log::test {

using Random = std::mt19937_64;

inline std::uint64_t below(Random& random, std::uint64_t limit) { return random() % limit; }
inline bool chance(Random& random, unsigned one_in) { return below(random, one_in) == 0; }

enum class Fault { none, io_error, disk_full, short_write };
enum class Call { create, write, sync, rename, remove, sync_folder };

class MemoryFileSystem : public FileSystem {
 public:
  struct Inode {
    std::string now;
    std::string stable;
    std::set<std::size_t> dirty;  // blocks
  };

  // Decides of each call that changes something, by its number from 1, whether it fails. What it throws is the end of
  // who has called.
  std::function<Fault(std::uint64_t number, Call call)> plan;
  std::function<void()> before_sync;    // what others do while it is under way
  std::function<void()> behind_sync;    // the same, too late for it
  std::uint64_t capacity = UINT64_MAX;  // of all files together
  std::uint64_t calls = 0;
  std::size_t block = 4096;

  // The power is lost and comes back. Files that are open are of no use any more.
  void crash(Random& random) {
    const std::lock_guard lock(mutex_);
    std::map<std::string, std::shared_ptr<Inode>> names = stable_names_;
    const bool in_order = chance(random, 2);
    const std::size_t kept = below(random, name_changes_.size() + 1);
    for (std::size_t i = 0; i < name_changes_.size(); ++i)
      if (in_order ? i < kept : chance(random, 2)) apply(names, name_changes_[i]);
    names_.clear();
    for (auto& [name, inode] : names) names_[name] = survivor(*inode, random);
    stable_names_ = names_;
    name_changes_.clear();
    plan = nullptr;
    capacity = UINT64_MAX;
  }

  // The process ends: what it has written is to be read, and no more on disk than before. Files that are open are of
  // no use any more.
  void end_process() {
    const std::lock_guard lock(mutex_);
    std::map<std::shared_ptr<Inode>, std::shared_ptr<Inode>> copies;
    const auto copy = [&](std::shared_ptr<Inode>& inode) {
      if (inode == nullptr) return;
      std::shared_ptr<Inode>& made = copies[inode];
      if (made == nullptr) made = std::make_shared<Inode>(*inode);
      inode = made;
    };
    for (auto& each : names_) copy(each.second);
    for (auto& each : stable_names_) copy(each.second);
    for (NameChange& each : name_changes_) copy(each.inode);
    plan = nullptr;
    before_sync = behind_sync = nullptr;
  }
  // Somebody's sync has failed, of every file.
  void fail_sync() {
    const std::lock_guard lock(mutex_);
    for (auto& each : names_) lose_some(*each.second);
  }

  // For tests that look into a file, or spoil it: as if it was so on disk.
  std::string content(const std::string& path) const { return names_.at(path)->now; }
  void set_content(const std::string& path, const std::string& content) {
    auto inode = std::make_shared<Inode>();
    inode->now = inode->stable = content;
    names_[path] = stable_names_[path] = inode;
  }
  // The same, for those too who have it open.
  void replace_content(const std::string& path, const std::string& content) {
    names_.at(path)->now = names_.at(path)->stable = content;
  }
  void forget(const std::string& path) {
    names_.erase(path);
    stable_names_.erase(path);
  }
  std::vector<std::string> paths() const {
    std::vector<std::string> all;
    for (const auto& each : names_) all.push_back(each.first);
    return all;
  }

  Result<std::unique_ptr<File>> open(const std::string& path, bool) override {
    const std::lock_guard lock(mutex_);
    const auto found = names_.find(path);
    if (found == names_.end()) return system_error("open", path, ENOENT);
    return std::unique_ptr<File>(std::make_unique<MemoryFile>(*this, found->second, path));
  }
  Result<std::unique_ptr<File>> create(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    if (const int error = failure(Call::create)) return system_error("create", path, error);
    auto inode = std::make_shared<Inode>();  // emptying the old one would do the same: nobody has it open
    change({path, path, inode});
    return std::unique_ptr<File>(std::make_unique<MemoryFile>(*this, inode, path));
  }
  Status rename(const std::string& from, const std::string& to) override {
    const std::lock_guard lock(mutex_);
    if (const int error = failure(Call::rename)) return system_error("rename to", to, error);
    const auto found = names_.find(from);
    if (found == names_.end()) return system_error("rename to", to, ENOENT);
    change({from, to, found->second});
    return ok_status();
  }
  Status remove(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    if (const int error = failure(Call::remove)) return system_error("remove", path, error);
    if (names_.count(path) == 0) return system_error("remove", path, ENOENT);
    change({path, {}, nullptr});
    return ok_status();
  }
  Status sync_folder(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    if (const int error = failure(Call::sync_folder)) return system_error("sync", path, error);
    stable_names_ = names_;
    name_changes_.clear();
    return ok_status();
  }
  Result<std::vector<std::string>> list(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> found;
    for (const auto& each : names_)
      if (each.first.starts_with(path + "/")) found.push_back(each.first.substr(path.size() + 1));
    return found;
  }

 private:
  struct NameChange {
    std::string from;
    std::string to;  // empty: removed
    std::shared_ptr<Inode> inode;
  };

  class MemoryFile : public File {
   public:
    MemoryFile(MemoryFileSystem& system, std::shared_ptr<Inode> inode, std::string path)
        : system_(system), inode_(std::move(inode)), path_(std::move(path)) {}
    Result<std::size_t> read(std::uint64_t offset, char* to, std::size_t size) const override {
      const std::lock_guard lock(system_.mutex_);
      if (offset >= inode_->now.size()) return std::size_t{0};
      const std::size_t count = std::min<std::uint64_t>(size, inode_->now.size() - offset);
      std::memcpy(to, inode_->now.data() + offset, count);
      return count;
    }
    Result<std::size_t> write(std::uint64_t offset, std::string_view bytes) override {
      const std::lock_guard lock(system_.mutex_);
      return system_.write(*inode_, path_, offset, bytes);
    }
    Status sync() override {
      if (system_.before_sync) system_.before_sync();
      std::unique_lock lock(system_.mutex_);
      Status status = system_.sync(*inode_, path_);
      lock.unlock();
      if (system_.behind_sync) system_.behind_sync();
      return status;
    }
    Result<std::uint64_t> size() const override {
      const std::lock_guard lock(system_.mutex_);
      return std::uint64_t{inode_->now.size()};
    }

   private:
    MemoryFileSystem& system_;
    const std::shared_ptr<Inode> inode_;
    const std::string path_;
  };

  static void apply(std::map<std::string, std::shared_ptr<Inode>>& names, const NameChange& change) {
    names.erase(change.from);
    if (!change.to.empty()) names[change.to] = change.inode;
  }
  void change(NameChange change) {
    apply(names_, change);
    name_changes_.push_back(std::move(change));
  }

  Fault fault(Call call) { return plan ? plan(++calls, call) : (++calls, Fault::none); }
  int failure(Call call) {
    switch (fault(call)) {
      case Fault::io_error: return EIO;
      case Fault::disk_full: return ENOSPC;
      default: return 0;
    }
  }

  Result<std::size_t> write(Inode& inode, const std::string& path, std::uint64_t offset, std::string_view bytes) {
    const Fault failed = fault(Call::write);
    if (failed == Fault::io_error) return system_error("write to", path, EIO);
    if (failed == Fault::disk_full) return system_error("write to", path, ENOSPC);
    if (failed == Fault::short_write && bytes.size() > 1) bytes = bytes.substr(0, bytes.size() / 2);
    std::uint64_t used = 0;
    for (const auto& each : names_) used += each.second->now.size();
    const std::uint64_t most = inode.now.size() + (used < capacity ? capacity - used : 0);
    if (offset + bytes.size() > most) {
      if (offset >= most) return system_error("write to", path, ENOSPC);
      bytes = bytes.substr(0, most - offset);
    }
    if (inode.now.size() < offset + bytes.size()) inode.now.resize(offset + bytes.size());
    std::memcpy(inode.now.data() + offset, bytes.data(), bytes.size());
    for (std::size_t at = offset / block; at <= (offset + bytes.size() - 1) / block; ++at) inode.dirty.insert(at);
    return bytes.size();
  }

  void keep_block(Inode& inode, std::size_t at) const {
    const std::size_t begin = at * block;
    const std::size_t end = std::min(begin + block, inode.now.size());
    if (inode.stable.size() < end) inode.stable.resize(end);
    if (begin < end) inode.stable.replace(begin, end - begin, inode.now, begin, end - begin);
  }

  void lose_some(Inode& inode) const {
    for (const std::size_t at : inode.dirty)
      if (at % 2 == 0) keep_block(inode, at);
    inode.dirty.clear();
  }

  Status sync(Inode& inode, const std::string& path) {
    if (const int error = failure(Call::sync)) {
      lose_some(inode);
      return system_error("sync", path, error);
    }
    for (const std::size_t at : inode.dirty) keep_block(inode, at);
    inode.dirty.clear();
    return ok_status();
  }

  std::shared_ptr<Inode> survivor(const Inode& inode, Random& random) const {
    Inode copy = inode;
    const unsigned mood = static_cast<unsigned>(below(random, 4));  // nothing is kept, all, or any
    for (const std::size_t at : inode.dirty)
      if (mood == 1 || (mood > 1 && chance(random, 2))) keep_block(copy, at);
    auto kept = std::make_shared<Inode>();
    kept->now = kept->stable = copy.stable;
    return kept;
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Inode>> names_;
  std::map<std::string, std::shared_ptr<Inode>> stable_names_;
  std::vector<NameChange> name_changes_;
};

}  // namespace sqlcast::log::test
