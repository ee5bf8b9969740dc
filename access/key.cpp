#include "access/key.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "access/lines.h"
#include "base/types.h"

namespace sqlcast::access {
namespace {

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Result<PublicKey> parse_key(std::string_view text) {
  PublicKey key{};
  const auto refuse = [] {
    return Status::error(Code::bad_request, "a key is 64 hexadecimal digits, as `sqlcast keys new` prints it");
  };
  if (text.size() != key.size() * 2) return refuse();
  for (std::size_t i = 0; i < key.size(); ++i) {
    const int high = digit_of(text[2 * i]);
    const int low = digit_of(text[2 * i + 1]);
    if (high < 0 || low < 0) return refuse();
    key[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return key;
}

Status check_key_name(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  const auto allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-'; };
  if (!name.empty() && name.size() <= kLongest && std::isalnum(static_cast<unsigned char>(name.front())) != 0 &&
      std::all_of(name.begin(), name.end(), allowed))
    return ok_status();
  return Status::error(Code::bad_request,
                       "a key's name has 1 to 64 letters, digits, dots, hyphens and underscores, and begins with a "
                       "letter or a digit");
}

Result<KeyFile> parse_key_file(std::string_view text) {
  std::optional<std::string> name;
  std::optional<PublicKey> public_key;
  std::optional<SecretKey> secret_key;
  for (const Line& line : lines_of(text)) {
    const std::string word(line.words.front());
    const bool known = word == "name" || word == "public" || word == "secret";
    if (!known || line.words.size() != 2)
      return line_error(line.number, "expected `name NAME`, `public KEY` or `secret KEY`");
    const bool twice = (word == "name" && name) || (word == "public" && public_key) || (word == "secret" && secret_key);
    if (twice) return line_error(line.number, "`" + word + "` is there twice");
    if (word == "name") {
      if (const Status status = check_key_name(line.words[1]); !status.ok())
        return line_error(line.number, status.message);
      name = line.words[1];
      continue;
    }
    const Result<PublicKey> key = parse_key(line.words[1]);
    if (!key) return line_error(line.number, key.status().message);
    (word == "public" ? public_key : secret_key) = *key;
  }
  if (!name || !public_key || !secret_key)
    return Status::error(Code::config,
                         "it is no private key: it needs the lines `name`, `public` and `secret`, as "
                         "`sqlcast keys new` writes them");
  return KeyFile{*name, {*public_key, *secret_key}};
}

std::string format_key_file(const KeyFile& file) {
  return "# A private key of sqlcast: who has this file is let in as " + file.name +
         ". Keep it to its owner (mode 600).\nname " + file.name + "\npublic " + to_hex(file.pair.public_key) +
         "\nsecret " + to_hex(file.pair.secret_key) + "\n";
}

}  // namespace sqlcast::access
