// Durable files: the small files that a node keeps beside its database. Each is there whole, old or new, whatever
// happens. May block, for the disk. Any thread; one at a time for a file.
#pragma once

#include <optional>
#include <string>

#include "base/status.h"

namespace sqlcast::node {

// Replaces the file's content, or makes the file; durable when it returns ok. io, with the file's path: what is there
// is the old content or the new one, and after a crash it may be either.
Status write_durably(const std::string& path, const std::string& content);

// Nothing when there is no such file. io, with the path: whether there is one, or what is in it, cannot be known.
Result<std::optional<std::string>> read_durable(const std::string& path);

// Whether the disk of the folder takes what is written: writes a byte to the folder's file `disk-probe`, and waits
// until the disk has it. io: it does not. On a disk that is dead it may not return at all.
Status probe_disk(const std::string& folder);

// For tests: a disk that misbehaves. Asked before each step, by its name ("open", "read", "write", "sync", "close",
// "rename"); what it returns instead of 0 is the error number that the step ends with, without being done (a write:
// done by half). Null: the disk as it is. Set it while no other thread is at a file.
using DiskFault = int (*)(const char* step);
void set_disk_fault(DiskFault fault);

}  // namespace sqlcast::node
