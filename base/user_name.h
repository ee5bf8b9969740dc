// Names of the system's users. Any thread. May block, for whatever the system asks for them.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace sqlcast {

// Nothing: the system has no name for this number.
std::optional<std::string> user_name(uid_t user);

}  // namespace sqlcast
