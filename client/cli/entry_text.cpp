#include "client/cli/entry_text.h"

#include <ctime>

#include "base/logging.h"

namespace sqlcast::cli {

std::string time_text(std::uint64_t time_us, char separator) {
  const auto seconds = static_cast<std::time_t>(time_us / 1'000'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, separator, parts.tm_hour, parts.tm_min, parts.tm_sec, time_us % 1'000'000);
}

std::string effect_text(const proto::Effect& effect) {
  std::string text = effect.affected_rows == proto::kRowsNotKnown
                         ? "rows not known"
                         : fmt::format("{} row{}", effect.affected_rows, effect.affected_rows == 1 ? "" : "s");
  if (effect.insert_id != 0) text += fmt::format(", id {}", effect.insert_id);
  return text;
}

text::json::Value statement_json(const proto::Statement& statement, bool with_effect) {
  text::json::Object item;
  item.emplace_back("sql", statement.sql);
  if (with_effect && statement.effect.affected_rows != proto::kRowsNotKnown)
    item.emplace_back("affected_rows", statement.effect.affected_rows);
  if (with_effect) item.emplace_back("insert_id", statement.effect.insert_id);
  return item;
}

}  // namespace sqlcast::cli
