// What one reader's thread has. Internal to Readers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "node/readers.h"

namespace sqlcast::node {

struct Readers::Worker {
  std::unique_ptr<storage::Connection> connection;
  std::uint64_t server = 0;       // which start of the database's server it is of
  std::string database;           // where the connection is; empty = not known
  std::uint64_t definitions = 0;  // when it went there
};

// What its caller is told.
Status why_stopped(ReadsUnderWay::Stopped stopped);

}  // namespace sqlcast::node
