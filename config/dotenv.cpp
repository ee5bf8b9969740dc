#include "config/dotenv.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace sqlcast::config {
namespace {

constexpr std::string_view kBlank = " \t\r";

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool is_key(std::string_view key) {
  const auto allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  return !key.empty() && std::isdigit(static_cast<unsigned char>(key.front())) == 0 &&
         std::all_of(key.begin(), key.end(), allowed);
}

bool is_comment_or_nothing(std::string_view rest) {
  rest = trim(rest);
  return rest.empty() || rest.front() == '#';
}

struct Parsed {
  std::string value;
  std::string problem;  // empty = none
};

char unescape(char c) {
  if (c == 'n') return '\n';
  if (c == 't') return '\t';
  return c;
}

Parsed parse_quoted(std::string_view text) {
  const char quote = text.front();
  Parsed parsed;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == quote) {
      if (!is_comment_or_nothing(text.substr(i + 1))) parsed.problem = "has text after the closing quote";
      return parsed;
    }
    if (quote == '"' && text[i] == '\\' && i + 1 < text.size()) {
      parsed.value.push_back(unescape(text[++i]));
    } else {
      parsed.value.push_back(text[i]);
    }
  }
  parsed.problem = "has no closing quote on its line";
  return parsed;
}

Parsed parse_value(std::string_view text) {
  const std::string_view value = trim(text);
  if (value.empty()) return {};
  if (value.front() == '"' || value.front() == '\'') return parse_quoted(value);
  // A comment needs a blank before it: a bare password may hold a '#'.
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '#' && (i == 0 || kBlank.find(text[i - 1]) != std::string_view::npos))
      return {std::string(trim(text.substr(0, i))), {}};
  return {std::string(value), {}};
}

// What is wrong with the line; empty = nothing.
std::string take_line(std::string_view line, int number, std::map<std::string, DotenvValue>& values) {
  constexpr std::string_view kExport = "export";
  if (line.starts_with(kExport) && line.size() > kExport.size() &&
      kBlank.find(line[kExport.size()]) != std::string_view::npos)
    line = trim(line.substr(kExport.size()));
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return "is not a KEY=VALUE line; accepted values: KEY=VALUE, # comment";
  const std::string key(line.substr(0, equals));
  if (!is_key(key)) return "has no proper name before '='; accepted values: letters, digits and _, without blanks";
  const Parsed parsed = parse_value(line.substr(equals + 1));
  if (!parsed.problem.empty()) return key + " " + parsed.problem;
  const auto [entry, fresh] = values.try_emplace(key, DotenvValue{parsed.value, number});
  if (!fresh) return key + " is given twice; the first is on line " + std::to_string(entry->second.line);
  return {};
}

}  // namespace

std::map<std::string, DotenvValue> parse_dotenv(const std::string& file, std::string_view text, Problems& problems) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::map<std::string, DotenvValue> values;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (is_comment_or_nothing(line)) continue;
    const std::string problem = take_line(line, number, values);
    if (!problem.empty()) problems.push_back(file + ":" + std::to_string(number) + ": " + problem);
  }
  return values;
}

}  // namespace sqlcast::config
