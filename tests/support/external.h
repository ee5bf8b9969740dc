// A server that a test starts for a node to use as an external one. One thread.
#pragma once

#include <stdexcept>

#include "storage/managed_server.h"

namespace sqlcast::support {

// As a node wants of a server that is not its own: one that syncs its commits.
inline void make_external(const storage::ManagedServer& server) {
  const auto administrator = storage::Connection::open(server.address(), server.administrator());
  if (!administrator) throw std::runtime_error(administrator.status().message);
  if (const Status status = (*administrator)->execute("SET GLOBAL innodb_flush_log_at_trx_commit=1"); !status.ok())
    throw std::runtime_error(status.message);
}

}  // namespace sqlcast::support
