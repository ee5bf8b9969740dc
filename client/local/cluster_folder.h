// What a cluster's folder is to the user who names it. Does not block, but for the disk. Any thread.
#pragma once

#include <filesystem>
#include <string>

#include "base/status.h"

namespace sqlcast::local {

enum class FolderUse { start, stop };

// ok when this user may do so there; else config, with one sentence about whose the folder is and what to do. Nodes of
// another user are started by that user alone, as their files are; the administrator may stop them.
Status check_folder(const std::filesystem::path& dir, FolderUse use);

// As a word of a command line that can be pasted: in quotes where it needs them.
std::string shell_word(const std::string& text);

}  // namespace sqlcast::local
