#include "config/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <optional>
#include <span>

namespace sqlcast::config {
namespace {

using std::chrono::milliseconds;

struct Unit {
  std::string_view suffix;
  std::uint64_t factor;
};

constexpr std::array kDurationUnits = {Unit{"ms", 1}, Unit{"s", 1'000}, Unit{"m", 60'000}, Unit{"h", 3'600'000},
                                       Unit{"d", 86'400'000}};
constexpr std::array kByteUnits = {Unit{"KiB", 1U << 10U}, Unit{"MiB", 1U << 20U}, Unit{"GiB", 1U << 30U}};
constexpr std::size_t kMaxIpcPath = 107;  // sun_path less its NUL

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// Nothing when there are no digits, something else, or more than 64 bits.
std::optional<std::uint64_t> digits(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

std::optional<std::uint64_t> with_unit(std::string_view text, std::span<const Unit> units) {
  const auto first = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto number = digits(text.substr(0, static_cast<std::size_t>(first - text.begin())));
  const std::string_view suffix = text.substr(static_cast<std::size_t>(first - text.begin()));
  if (!number) return std::nullopt;
  if (suffix.empty()) return number;
  for (const Unit& unit : units) {
    if (unit.suffix != suffix) continue;
    if (*number > std::numeric_limits<std::uint64_t>::max() / unit.factor) return std::nullopt;
    return *number * unit.factor;
  }
  return std::nullopt;
}

Status refused(std::string_view text, const std::string& accepted) {
  return Status::error(Code::config, "'" + std::string(text) + "' is not accepted; accepted values: " + accepted);
}

// What is wrong with HOST:PORT; empty = nothing.
std::string tcp_problem(std::string_view address, bool bind) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return "has no port";
  const std::string_view host = address.substr(0, colon);
  const auto port = digits(address.substr(colon + 1));
  if (!port || *port == 0 || *port > 65'535) return "has no port from 1 to 65535";
  if (host.empty()) return "has no host";
  if (host == "*" || host == "0.0.0.0" || host == "[::]")
    return bind ? "" : "is an address to listen on, not one to connect to";
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const std::string_view name = bracketed ? host.substr(1, host.size() - 2) : host;
  const auto allowed = [bracketed](char c) {
    if (bracketed) return std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == ':' || c == '.';
    return is_alnum(c) || c == '.' || c == '-' || c == '_';
  };
  if (!std::all_of(name.begin(), name.end(), allowed)) return "has characters in its host that no host name has";
  return "";
}

std::string endpoint_problem(std::string_view text, bool bind) {
  constexpr std::string_view kTcp = "tcp://";
  constexpr std::string_view kIpc = "ipc://";
  if (text.starts_with(kTcp)) return tcp_problem(text.substr(kTcp.size()), bind);
  if (!text.starts_with(kIpc)) return "does not begin with tcp:// or ipc://";
  const std::string_view path = text.substr(kIpc.size());
  if (!path.starts_with('/')) return "has no absolute path";
  if (path.size() > kMaxIpcPath) return "has a path of more than " + std::to_string(kMaxIpcPath) + " bytes";
  return "";
}

// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

Result<std::uint64_t> parse_whole(std::string_view text, std::uint64_t min, std::uint64_t max) {
  const auto value = digits(text);
  if (value && *value >= min && *value <= max) return *value;
  return refused(text, "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
}

Result<milliseconds> parse_duration(std::string_view text, milliseconds min, milliseconds max) {
  const auto value = with_unit(text, kDurationUnits);
  if (value && *value >= static_cast<std::uint64_t>(min.count()) && *value <= static_cast<std::uint64_t>(max.count()))
    return milliseconds(static_cast<milliseconds::rep>(*value));
  return refused(text, "a duration from " + format_duration(min) + " to " + format_duration(max) +
                           ", as 500ms, 2s, 1m, 12h, 7d, or a plain whole number of milliseconds");
}

Result<std::uint64_t> parse_bytes(std::string_view text, std::uint64_t min, std::uint64_t max) {
  const auto value = with_unit(text, kByteUnits);
  if (value && *value >= min && *value <= max) return *value;
  return refused(text, "a size from " + format_bytes(min) + " to " + format_bytes(max) +
                           ", as 512KiB, 64MiB, 1GiB, or a plain whole number of bytes");
}

Status check_endpoint(std::string_view text, bool bind) {
  const std::string problem = endpoint_problem(text, bind);
  if (problem.empty()) return ok_status();
  return Status::error(Code::config, "'" + std::string(text) + "' " + problem +
                                         "; accepted values: tcp://HOST:PORT, such as tcp://127.0.0.1:5750, or "
                                         "ipc:///PATH, such as ipc:///run/sqlcast/master.sock");
}

std::string format_duration(milliseconds value) {
  const auto count = static_cast<std::uint64_t>(value.count());
  for (auto unit = kDurationUnits.rbegin(); unit != kDurationUnits.rend(); ++unit)
    if (count != 0 && count % unit->factor == 0)
      return std::to_string(count / unit->factor) + std::string(unit->suffix);
  return "0ms";
}

std::string format_bytes(std::uint64_t value) {
  for (auto unit = kByteUnits.rbegin(); unit != kByteUnits.rend(); ++unit)
    if (value != 0 && value % unit->factor == 0)
      return std::to_string(value / unit->factor) + std::string(unit->suffix);
  return std::to_string(value);
}

std::string endpoint_port(std::string_view endpoint) {
  if (!endpoint.starts_with("tcp://")) return {};
  return std::string(endpoint.substr(endpoint.rfind(':') + 1));
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongestWord = 100;  // bounds the work on nonsense
  if (word.empty() || word.size() > kLongestWord) return {};
  const std::string wanted = lower(word);
  const std::string wanted_leaf = wanted.substr(wanted.rfind('.') + 1);
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 4) + 1;
  for (const std::string& candidate : candidates) {
    const std::string known = lower(candidate);
    const std::string leaf = known.substr(known.rfind('.') + 1);
    const std::size_t near = leaf == wanted_leaf ? 1 : std::min(distance(wanted, known), distance(wanted, leaf) + 1);
    if (near >= best_distance) continue;
    best_distance = near;
    best = candidate;
  }
  return best;
}

}  // namespace sqlcast::config
