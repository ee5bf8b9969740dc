// What the verdict costs: nanoseconds for a 200-byte INSERT, MB/s for statements of about 1 MB. Prints; never fails.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>

#include "sql/verdict.h"

using namespace sqlcast::sql;

namespace {

Schema bench_schema() {
  Schema schema;
  Table table;
  table.engine = "InnoDB";
  for (const char* name : {"id", "name", "city", "amount", "created", "note"}) {
    Column column;
    column.name = name;
    table.columns.push_back(column);
  }
  table.columns[0].auto_increment = true;
  table.columns[4].default_expression = "current_timestamp()";
  table.unique_keys.push_back({{"id"}, false});
  schema.tables[{"shop", "orders"}] = table;
  return schema;
}

// Processor time, so that other programs on the machine do not count; the best of several runs.
double nanoseconds(const std::string& text, const Judgement& judgement, int rounds) {
  constexpr int kRuns = 5;
  double best = 0;
  for (int run = 0; run < kRuns; ++run) {
    std::size_t refused = 0;
    const std::clock_t start = std::clock();
    for (int round = 0; round < rounds; ++round)
      refused += judge(text, judgement).statement_class == Class::refused ? 1U : 0U;
    const double took = static_cast<double>(std::clock() - start) * 1e9 / CLOCKS_PER_SEC / rounds;
    if (refused > 0 && run == 0)
      std::printf("  refused: %s\n", judge(text, judgement).explanation().substr(0, 200).c_str());
    best = run == 0 ? took : std::min(best, took);
  }
  return best;
}

std::string repeated(const std::string& head, const std::string& part, std::size_t size, const std::string& tail) {
  std::string text = head;
  while (text.size() + part.size() + tail.size() < size) text += part;
  return text + tail;
}

}  // namespace

int main() {
  const Schema schema = bench_schema();
  Judgement judgement;
  judgement.default_database = "shop";
  judgement.schema = &schema;

  const std::string insert =
      "INSERT INTO orders (name, city, amount, created, note) VALUES ('Maria Schneider', 'Freiburg im Breisgau', "
      "1234.50, NOW(6), 'to be delivered on Tuesday between nine and eleven; ring twice please')";
  const double small = nanoseconds(insert, judgement, 50'000);
  std::printf("%zu-byte INSERT: %.0f ns a verdict\n", insert.size(), small);
  std::printf("  share of the write path at 28,000 statements/s (%.0f ns each): %.1f %%\n", 1e9 / 28'000,
              100 * small / (1e9 / 28'000));

  constexpr std::size_t kMegabyte = 1'000'000;
  const struct {
    const char* name;
    std::string text;
  } large[] = {
      {"many tuples", repeated("INSERT INTO orders (name, amount) VALUES ('a',1)", ",('Maria',12)", kMegabyte, "")},
      {"many tuples, id given",
       repeated("INSERT INTO orders (id, name) VALUES (1,'a')", ",(12,'Maria')", kMegabyte, "")},
      {"one long string", repeated("INSERT INTO orders (note) VALUES ('", "some text in a note ", kMegabyte, "')")},
      {"one hex value", repeated("INSERT INTO orders (note) VALUES (x'", "00ff", kMegabyte, "')")},
      {"many operators", repeated("SELECT 1", "+1", kMegabyte, "")},
      {"long IN list", repeated("SELECT * FROM orders WHERE id IN (0", ",12345", kMegabyte, ")")},
      {"many functions", repeated("INSERT INTO orders (note) VALUES (CONCAT(''", ",UPPER('x')", kMegabyte, "))")},
      {"many subqueries", repeated("SELECT 1", "+(SELECT 1)", kMegabyte, "")},
      {"many frozen", repeated("INSERT INTO orders (note) VALUES (UUID())", ",(UUID())", kMegabyte, "")},
      {"many comments", repeated("SELECT 1", "/**/", kMegabyte, "")},
  };
  for (const auto& statement : large) {
    const double one = nanoseconds(statement.text, judgement, 4);

    std::printf("1 MB, %-22s %8.2f ms  %7.0f MB/s\n", statement.name, one / 1e6,
                static_cast<double>(statement.text.size()) * 1e3 / one);
  }
  return 0;
}
