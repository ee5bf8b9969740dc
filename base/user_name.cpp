#include "base/user_name.h"

#include <pwd.h>

#include <array>

namespace sqlcast {

std::optional<std::string> user_name(uid_t user) {
  constexpr std::size_t kLongestEntry = 16U << 10U;
  std::array<char, kLongestEntry> text{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(user, &entry, text.data(), text.size(), &found) != 0 || found == nullptr) return std::nullopt;
  return std::string(found->pw_name);
}

}  // namespace sqlcast
