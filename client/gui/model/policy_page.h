// PolicyPage: docs/sql-policy.md as it was when this was built, and what it says of a code. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sqlcast::gui {

std::string_view policy_page();  // Markdown

struct PolicyCode {
  std::string code;
  std::string refused;  // what is refused
  std::string advice;   // what to do
};
// Nothing: there is no such code.
std::optional<PolicyCode> policy_code(std::string_view code);

}  // namespace sqlcast::gui
