#include "client/gui/model/policy_page.h"

#include <algorithm>

#include "client/gui/model/text.h"

namespace sqlcast::gui {

extern const std::string_view kPolicyPage;  // made of the page by CMakeLists.txt

std::string_view policy_page() { return kPolicyPage; }

std::optional<PolicyCode> policy_code(std::string_view code) {
  if (code.empty()) return std::nullopt;
  const std::string row = cat("\n| `", code, "` |");
  const std::string_view page = policy_page();
  std::size_t at = page.find(row);
  if (at == std::string_view::npos) return std::nullopt;
  at += row.size();
  const std::size_t end = std::min(page.find('\n', at), page.size());
  const std::string_view rest = page.substr(at, end - at);
  const std::size_t bar = rest.rfind(" | ");
  if (bar == std::string_view::npos) return std::nullopt;
  std::string_view advice = trim(rest.substr(bar + 3));
  if (advice.ends_with('|')) advice.remove_suffix(1);
  return PolicyCode{std::string(code), std::string(trim(rest.substr(0, bar))), std::string(trim(advice))};
}

}  // namespace sqlcast::gui
