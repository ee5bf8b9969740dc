// Keys: a CURVE key pair as text, and the private file that holds one. Hexadecimal, not Z85: a public key goes through
// shells, mails and commands, and Z85 has `$`, `&` and `(` in it. Pure; any thread.
//
//   # what the file is
//   name laptop
//   public 5d1f…   64 hexadecimal digits
//   secret 9c02…
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sqlcast::access {

using PublicKey = std::array<std::uint8_t, 32>;
using SecretKey = std::array<std::uint8_t, 32>;

struct KeyPair {
  PublicKey public_key{};
  SecretKey secret_key{};
  bool operator==(const KeyPair&) const = default;
};

struct KeyFile {
  std::string name;  // as the allowed keys may call it; for people
  KeyPair pair;
};

// 64 hexadecimal digits; bad_request otherwise.
Result<PublicKey> parse_key(std::string_view text);

// 1 to 64 letters, digits, dots, hyphens and underscores, beginning with a letter or digit; bad_request otherwise.
Status check_key_name(std::string_view name);

// config, with the line, and without what stands there: it may be secret.
Result<KeyFile> parse_key_file(std::string_view text);
std::string format_key_file(const KeyFile& file);

}  // namespace sqlcast::access
