// Fuzz target: any bytes as a private file, as a table of allowed keys and as a list of nodes. Stops where what was
// read is not what stands there, a name is not taken out whole, or a refusal tells what may be secret.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "access/allowed_keys.h"
#include "access/key.h"
#include "access/known_nodes.h"
#include "base/status.h"
#include "base/types.h"

using namespace sqlcast;
using namespace sqlcast::access;

namespace {

void check_refusal(const Status& status) { SQLCAST_CHECK(status.code == Code::config && !status.message.empty()); }

void check_private_file(std::string_view text) {
  const Result<KeyFile> key = parse_key_file(text);
  if (!key.ok()) {
    check_refusal(key.status());
    // No word of the file that is as long as a key stands in what is logged.
    for (std::size_t at = 0; at + 64 <= text.size(); at += 64) {
      const std::string_view part = text.substr(at, 64);
      const bool hexadecimal = part.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
      SQLCAST_CHECK(!hexadecimal || key.status().message.find(part) == std::string::npos);
    }
    return;
  }
  const Result<KeyFile> again = parse_key_file(format_key_file(*key));
  SQLCAST_CHECK(again.ok() && again->name == key->name && again->pair == key->pair);
}

// Who is let in by a table is let in by a line of its own, with all that is in that line.
void check_table(std::string_view text) {
  const Result<AllowedKeys> table = AllowedKeys::parse(text);
  if (!table.ok()) return check_refusal(table.status());
  SQLCAST_CHECK(text.empty() || text.ends_with('\n'));
  std::string written;
  for (const Grant& grant : table->grants()) {
    SQLCAST_CHECK(check_grant(grant).ok());
    SQLCAST_CHECK(table->find(grant.key) == &grant);
    SQLCAST_CHECK(table->find_name(grant.name) != nullptr);
    SQLCAST_CHECK(text.find(grant.name) != std::string_view::npos);
    written += format_grant(grant) + "\n";
  }
  const Result<AllowedKeys> again = AllowedKeys::parse(written);
  SQLCAST_CHECK(again.ok() && again->grants() == table->grants());
  for (const Grant& grant : table->grants()) {
    std::size_t removed = 0;
    const std::string without = without_name(text, grant.name, std::nullopt, removed);
    const Result<AllowedKeys> rest = AllowedKeys::parse(without);
    SQLCAST_CHECK(rest.ok() && rest->find_name(grant.name) == nullptr);
    SQLCAST_CHECK(rest->grants().size() + removed == table->grants().size());
    const std::string one_less = without_name(text, grant.name, grant.key, removed);
    const Result<AllowedKeys> others = AllowedKeys::parse(one_less);
    SQLCAST_CHECK(removed == 1 && others.ok() && others->find(grant.key) == nullptr);
  }
}

// A table that was cut off anywhere is refused, or lets in no more than the whole one.
void check_cut_off(std::string_view text) {
  const Result<AllowedKeys> whole = AllowedKeys::parse(text);
  if (!whole.ok()) return;
  const Result<AllowedKeys> part = AllowedKeys::parse(text.substr(0, text.size() / 2));
  if (!part.ok()) return;
  for (const Grant& grant : part->grants()) {
    const Grant* const same = whole->find(grant.key);
    SQLCAST_CHECK(same != nullptr && *same == grant);
  }
}

void check_nodes(std::string_view text) {
  const auto nodes = parse_known_nodes(text);
  if (!nodes.ok()) return check_refusal(nodes.status());
  const auto again = parse_known_nodes(format_known_nodes(*nodes));
  SQLCAST_CHECK(again.ok() && *again == *nodes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_private_file(text);
  check_table(text);
  check_cut_off(text);
  check_nodes(text);
  return 0;
}
