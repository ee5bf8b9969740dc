#include "bench/shape_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace sqlcast::bench {

void add_shape_options(CLI::App& command, Shape& shape, bool for_run) {
  std::vector<std::string> names = kind_names();
  if (for_run) std::erase(names, kind_name(Kind::wide));
  command
      .add_option_function<std::string>(
          "workload", [&shape](const std::string& name) { shape.kind = *kind_of(name); }, "What to send")
      ->required()
      ->type_name("WORKLOAD")
      ->check(CLI::IsMember(names));
  command.add_option("--tables", shape.tables, "Tables, sbtest1 and so on")
      ->type_name("N")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_option("--table-size", shape.table_size, "Rows in each")
      ->type_name("N")
      ->check(CLI::Range(for_run ? 1 : 0, 100'000'000))
      ->capture_default_str();
  command.add_option("--batch-size", shape.batch_size, "Statements in a request of workload batch")
      ->type_name("N")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command.add_option("-D,--database", shape.database, "Database of the tables")
      ->type_name("NAME")
      ->capture_default_str();
}

}  // namespace sqlcast::bench
