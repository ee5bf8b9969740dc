#include "proto/json_text.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "proto/body_reader.h"

namespace sqlcast::proto {
namespace {

bool is_number_character(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

Status check_number(std::string_view digits) {
  if (digits.find_first_of(".eE") != std::string_view::npos) return ok_status();
  std::errc error{};
  if (digits.starts_with('-')) {
    std::int64_t value = 0;
    error = std::from_chars(digits.data(), digits.data() + digits.size(), value).ec;
  } else {
    std::uint64_t value = 0;
    error = std::from_chars(digits.data(), digits.data() + digits.size(), value).ec;
  }
  if (error != std::errc::result_out_of_range) return ok_status();
  return Status::error(Code::bad_request,
                       "the integer " + std::string(digits.substr(0, 40)) + " is outside 64 bits; send it as text");
}

// Looks at brackets, commas and numbers outside strings, before anything is built.
Status check_shape(std::string_view text) {
  std::size_t depth = 0;
  std::size_t values = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    switch (const char c = text[at]) {
      case '"':
        for (++at; at < text.size() && text[at] != '"'; ++at)
          if (text[at] == '\\') ++at;
        break;
      case '[':
      case '{':
        if (++depth > kMaxJsonDepth)
          return Status::error(Code::too_large, "the JSON text is nested deeper than " + std::to_string(kMaxJsonDepth));
        ++values;
        break;
      case ']':
      case '}': depth -= depth > 0 ? 1U : 0U; break;
      case ',': ++values; break;
      default:
        if (c == '-' || (c >= '0' && c <= '9')) {
          const std::size_t from = at;
          while (at + 1 < text.size() && is_number_character(text[at + 1])) ++at;
          if (Status status = check_number(text.substr(from, at + 1 - from)); !status) return status;
        }
    }
    if (values > kMaxBodyElements)
      return Status::error(Code::too_large, "the message has more than " + std::to_string(kMaxBodyElements) +
                                                " values; send it in several requests");
  }
  return ok_status();
}

}  // namespace

Result<nlohmann::json> parse_json_text(std::string_view text) {
  using nlohmann::json;
  if (Status status = check_shape(text); !status) return status;
  std::vector<std::set<std::string>> names;
  std::string twice;
  const json::parser_callback_t on_event = [&](int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) names.emplace_back();
    if (event == json::parse_event_t::object_end) names.pop_back();
    if (event == json::parse_event_t::key && twice.empty())
      if (auto name = parsed.get<std::string>(); !names.back().insert(name).second) twice = std::move(name);
    return true;
  };
  try {
    json tree = json::parse(text, on_event);
    if (!twice.empty()) return Status::error(Code::bad_request, twice + ": the field is there twice");
    return tree;
  } catch (const json::exception& error) {
    return Status::error(Code::bad_message, std::string("the request is not valid JSON: ") + error.what());
  }
}

}  // namespace sqlcast::proto
