#include "client/cli/known_names.h"

#include <utility>

namespace sqlcast::cli {
namespace {

constexpr std::chrono::seconds kPatience{2};
constexpr std::chrono::seconds kFresh{60};
constexpr std::uint32_t kMostColumns = 50'000;

std::string text_of(const client::Rows& rows, std::uint64_t row, std::size_t column) {
  return std::string(rows.cell(row, column).view());
}

}  // namespace

const Names& KnownNames::get() {
  const auto now = std::chrono::steady_clock::now();
  if (known_ && now - read_at_ < kFresh) return names_;
  Names names;
  if (read(names)) names_ = std::move(names);
  known_ = true;  // a node that is away is not asked at every key
  read_at_ = now;
  return names_;
}

bool KnownNames::read(Names& names) {
  const auto ask = [this](const std::string& sql) {
    client::Request request = client::Request::of(sql);
    request.timeout = kPatience;
    request.page_rows = kMostColumns;
    request.database = "";
    return client_.run(std::move(request));
  };
  client::Reply reply = ask("SELECT schema_name FROM information_schema.schemata");
  if (!reply.status.ok() || reply.results.size() != 1) return false;
  for (std::uint64_t row = 0; row < reply.results[0].rows.row_count(); ++row)
    names.databases.push_back(text_of(reply.results[0].rows, row, 0));
  reply =
      ask("SELECT table_schema, table_name, column_name FROM information_schema.columns WHERE table_schema NOT IN "
          "('information_schema', 'performance_schema', 'mysql', 'sys', 'sqlcast') "
          "ORDER BY table_schema, table_name, ordinal_position LIMIT " +
          std::to_string(kMostColumns));
  if (!reply.status.ok() || reply.results.size() != 1) return false;
  // A page ends by its bytes, too.
  for (client::Cursor cursor;; reply = client_.fetch(cursor, kMostColumns)) {
    if (!reply.status.ok() || reply.results.size() != 1) return false;
    const client::Rows& rows = reply.results[0].rows;
    for (std::uint64_t row = 0; row < rows.row_count(); ++row) {
      const std::string database = text_of(rows, row, 0);
      const std::string table = text_of(rows, row, 1);
      if (names.tables.empty() || names.tables.back().name != table || names.tables.back().database != database)
        names.tables.push_back({database, table, {}});
      names.tables.back().columns.push_back(text_of(rows, row, 2));
    }
    cursor = reply.results[0].cursor;
    if (!cursor) return true;
  }
}

}  // namespace sqlcast::cli
