// What a cluster's folder is to the user who names it. Blocks for the disk, and lock_folder() while it waits. Any
// thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include "base/status.h"
#include "client/local/process.h"

namespace sqlcast::local {

enum class FolderUse { start, stop };

// ok when this user may do so there; else config, with one sentence about whose the folder is and what to do. Nodes of
// another user are started by that user alone, as their files are; the administrator may stop them.
Status check_folder(const std::filesystem::path& dir, FolderUse use);

// check_folder(), then DIR/cluster.lock, in a folder that is made if need be. While somebody else has the lock, `wait`
// is asked ten times a second; busy when it says false, or after `patience`.
Result<FileLock> lock_folder(const std::filesystem::path& dir, FolderUse use, std::chrono::milliseconds patience,
                             const std::function<bool()>& wait);

// As a word of a command line that can be pasted: in quotes where it needs them.
std::string shell_word(const std::string& text);

}  // namespace sqlcast::local
