// What the verdict costs: nanoseconds for a 200-byte INSERT, MB/s for statements of about 1 MB. Prints; never fails.
#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>

#include "sql/policy.h"

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

volatile std::size_t sink = 0;  // keeps the work from being left out

// Processor time, so that other programs on the machine do not count; the best of several runs.
double nanoseconds(const std::string& text, const Judgement& judgement, int rounds) {
  constexpr int kRuns = 5;
  double best = 0;
  for (int run = 0; run < kRuns; ++run) {
    const std::clock_t start = std::clock();
    for (int round = 0; round < rounds; ++round) sink = sink + judge(text, judgement).body_end;
    const double took = static_cast<double>(std::clock() - start) * 1e9 / CLOCKS_PER_SEC / rounds;
    best = run == 0 ? took : std::min(best, took);
  }
  return best;
}

struct Shape {
  const char* name;
  std::string head;
  std::string part;
  std::string tail;

  std::string text(std::size_t size) const {
    std::string result = head;
    while (result.size() + part.size() + tail.size() < size) result += part;
    return result + tail;
  }
};

}  // namespace

int main() {
  // What the system asks for pages of memory is not the verdict's: keep those it has had.
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);
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
  const Shape shapes[] = {
      {"many tuples", "INSERT INTO orders (name, amount) VALUES ('a',1)", ",('Maria',12)", ""},
      {"many tuples, id given", "INSERT INTO orders (id, name) VALUES (1,'a')", ",(12,'Maria')", ""},
      {"one long string", "INSERT INTO orders (note) VALUES ('", "some text in a note ", "')"},
      {"one hex value", "INSERT INTO orders (note) VALUES (x'", "00ff", "')"},
      {"many operators", "SELECT 1", "+1", ""},
      {"long IN list", "SELECT * FROM orders WHERE id IN (0", ",12345", ")"},
      {"many functions", "INSERT INTO orders (note) VALUES (CONCAT(''", ",UPPER('x')", "))"},
      {"many subqueries", "SELECT 1", "+(SELECT 1)", ""},
      {"many frozen", "INSERT INTO orders (note) VALUES (UUID())", ",(UUID())", ""},
      {"many comments", "SELECT 1", "/**/", ""},
      {"many grouped columns", "INSERT INTO orders (id) SELECT id", "+id", " FROM orders GROUP BY id, amount"},
      {"many distinct columns", "INSERT INTO orders (id) SELECT DISTINCT id", "+id", " FROM orders ORDER BY id"},
      {"many conditions", "DELETE FROM orders WHERE id=1", " AND id=1", " LIMIT 1"},
      {"many assigned columns", "UPDATE orders SET amount=id", "+id", " WHERE id=1"},
  };
  std::printf("\n1 MB of                     time      rate   4 MB take (4.0: linear)\n");
  for (const Shape& shape : shapes) {
    const std::string text = shape.text(kMegabyte);
    const double one = nanoseconds(text, judgement, 4);
    const double four = nanoseconds(shape.text(4 * kMegabyte), judgement, 1);
    std::printf("%-22s %8.2f ms  %4.0f MB/s   x %.1f\n", shape.name, one / 1e6,
                static_cast<double>(text.size()) * 1e3 / one, four / one);
  }
  return 0;
}
