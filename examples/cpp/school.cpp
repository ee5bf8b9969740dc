// Adds a student and reads the class list back, through any node: school tcp://127.0.0.1:5750 "Ann"
#include <iostream>

#include "client/client.h"

int main(int argc, char** argv) {
  if (argc != 3) return std::cerr << "usage: school ENDPOINT NAME\n", 2;
  sqlcast::client::Options options;
  options.endpoints = {argv[1]};
  options.database = "school";
  auto client = sqlcast::client::Client::open(options);
  if (!client.ok()) return std::cerr << client.status().message << "\n", 1;

  // Sent again by itself when a reply is lost; executed once all the same.
  const auto added = (*client)->run("INSERT INTO student (name) VALUES (?)", {std::string(argv[2])});
  if (!added.status.ok()) return std::cerr << added.status.message << "\n", 1;
  std::cout << "entry " << added.sequence << ", student " << added.results[0].insert_id << "\n";

  // A session sees its own writes, whichever node answers.
  const auto list = (*client)->run("SELECT id, name FROM student ORDER BY id");
  if (!list.status.ok()) return std::cerr << list.status.message << "\n", 1;
  const auto& rows = list.results[0].rows;
  for (std::uint64_t row = 0; row < rows.row_count(); ++row)
    std::cout << rows.cell(row, 0).uint64 << "\t" << rows.cell(row, 1).view() << "\n";
}
