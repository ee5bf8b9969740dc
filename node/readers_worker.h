// What one reader's thread has. Internal to Readers.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "node/read_shapes.h"
#include "node/readers.h"

namespace sqlcast::node {

struct Readers::Worker {
  std::unique_ptr<storage::Connection> connection;
  std::uint64_t server = 0;       // which start of the database's server it is of
  std::string database;           // where the connection is; empty = not known
  std::uint64_t definitions = 0;  // when it went there
  ReadShapes shapes;

  // Of a read that ran by itself, or as a part of a batch.
  void learn(const ReadJob& job, const proto::StatementResult& result, std::chrono::nanoseconds took) {
    if (job.shape == 0) return;
    if (result.cursor != 0) return shapes.forget(job.shape);
    std::size_t bytes = 0;
    for (const std::string& column : result.page.columns) bytes += column.size();
    shapes.ran(job.shape, took, bytes);
  }
};

// What its caller is told.
Status why_stopped(ReadsUnderWay::Stopped stopped);

}  // namespace sqlcast::node
