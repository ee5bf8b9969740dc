// write_durably(): a small file that is there whole, old or new, whatever happens. May block, for the disk. Any thread;
// one at a time for a file.
#pragma once

#include <string>

#include "base/status.h"

namespace sqlcast::node {

// Replaces the file's content, or makes the file; durable when it returns ok. io: the old content is still there.
Status write_durably(const std::string& path, const std::string& content);

}  // namespace sqlcast::node
