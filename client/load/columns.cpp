#include "client/load/columns.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "client/text/cell_text.h"

namespace sqlcast::load {

bool same_column(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return low(x) == low(y);
  });
}

Result<std::vector<TableColumn>> columns_of(client::Client& client, const TableName& table) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (true) {
    client::Request request = client::Request::of(
        "SELECT column_name, data_type, extra, EXISTS(SELECT 1 FROM information_schema.referential_constraints "
        "WHERE constraint_schema = ? AND table_name = ? AND referenced_table_name = table_name) "
        "FROM information_schema.columns WHERE table_schema = ? AND table_name = ? "
        "ORDER BY ordinal_position",
        {table.database, table.name, table.database, table.name});
    request.consistency = client::Consistency::master;
    request.page_rows = 5'000;  // a table has 4,096 columns at most
    const client::Reply reply = client.run(std::move(request));
    if (reply.status.ok() && !reply.results.empty()) {
      std::vector<TableColumn> columns;
      const client::Rows& rows = reply.results[0].rows;
      for (std::uint64_t row = 0; row < rows.row_count(); ++row) {
        const std::string extra = text::cell_text(rows.cell(row, 2));
        columns.push_back({text::cell_text(rows.cell(row, 0)), text::cell_text(rows.cell(row, 1)),
                           extra.find("auto_increment") != std::string::npos,
                           extra.find("GENERATED") != std::string::npos, extra.find("INVISIBLE") != std::string::npos,
                           text::cell_text(rows.cell(row, 3)) == "1"});
      }
      return columns;
    }
    const bool may_pass = reply.status.code != Code::sql_error && reply.status.code != Code::refused;
    if (!may_pass || std::chrono::steady_clock::now() > until) return reply.status;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

InsertColumns insert_columns(const std::vector<TableColumn>& table, const std::vector<std::string>& named) {
  InsertColumns result;
  std::vector<const TableColumn*> order;
  for (const TableColumn& column : table)
    if (named.empty() && !column.invisible) order.push_back(&column);
  for (const std::string& name : named) {
    const auto found =
        std::find_if(table.begin(), table.end(), [&](const TableColumn& c) { return same_column(c.name, name); });
    order.push_back(found == table.end() ? nullptr : &*found);
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i] != nullptr && order[i]->generated) result.generated.push_back(i);
    if (order[i] != nullptr && order[i]->auto_increment) result.id = i;
  }
  result.refers_to_itself = !table.empty() && table.front().refers_to_itself;
  result.id_missing = !result.id && std::any_of(table.begin(), table.end(),
                                                [](const TableColumn& column) { return column.auto_increment; });
  return result;
}

}  // namespace sqlcast::load
