#include "master/ddl_parts.h"

#include <cstdlib>
#include <optional>
#include <string_view>

#include "storage/errors.h"

namespace sqlcast::master {
namespace {

// Puts the name that is quoted in `another` behind those that are quoted in `message`.
std::string with_name_of(const std::string& message, const std::string& another, std::size_t most) {
  const std::size_t begin = another.find('\'');
  const std::size_t end = another.rfind('\'');
  const std::size_t open = message.find('\'');
  const std::size_t close = message.rfind('\'');
  if (begin == std::string::npos || begin == end || open == std::string::npos || open == close) return message;
  std::string names = message.substr(open + 1, close - open - 1) + "," + another.substr(begin + 1, end - begin - 1);
  if (names.size() > most) {
    constexpr std::string_view kMore = "...";
    std::size_t length = most - kMore.size();
    const auto inside_character = [&](std::size_t at) {
      return (static_cast<unsigned char>(names[at]) & 0xC0U) == 0x80U;
    };
    while (length > 0 && inside_character(length)) --length;
    names.resize(length);
    names += kMore;
  }
  return message.substr(0, open + 1) + names + message.substr(close);
}

std::string joined(const std::string& message, const std::string& another, const Status& kind) {
  return message.empty() ? another : with_name_of(message, another, storage::longest_unknown_list(kind));
}

}  // namespace

bool DdlParts::add(const Status& status, const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) {
    Status note;
    note.database_errno = std::atoi(warning.c_str());  // NOLINT(cert-err34-c): 0 is no error of the server's
    if (storage::is_unknown_to_drop(note)) {
      unknown_warning_ = joined(unknown_warning_, warning, note);
    } else {
      warnings_.push_back(warning);
    }
  }
  if (status.ok()) return true;
  if (storage::is_unknown_to_drop(status)) {
    std::string message = joined(unknown_.message, status.message, status);
    if (unknown_.ok()) unknown_ = status;
    unknown_.message = std::move(message);
    return true;
  }
  const bool goes_on = storage::means_other_data(status) && status.code == Code::sql_error;
  if (failure_.ok() || !goes_on) failure_ = status;
  return goes_on;
}

Status DdlParts::status() const { return failure_.ok() ? unknown_ : failure_; }

std::vector<std::string> DdlParts::warnings() const {
  std::vector<std::string> all = warnings_;
  if (!unknown_warning_.empty()) all.push_back(unknown_warning_);
  return all;
}

}  // namespace sqlcast::master
