// DDL in three steps. It commits by itself, so it cannot share a transaction with its log row: the row is committed
// as pending with a fingerprint of what it targets, the statement runs, the row is marked done. After a crash at
// any point, resume() finds the pending row and ends the work. The same on master and slave; a slave's log has the
// definition before that, a master's its begin.
// The connections belong to the calling thread. May block, as long as the statement does.
// Why so: docs/decisions/0023-ddl-by-fingerprint.md.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "proto/entry.h"
#include "sql/schema.h"
#include "storage/connection.h"

namespace sqlcast::node {

struct DdlConnections {
  storage::Connection& writer;         // runs the statement and writes the log
  storage::Connection& administrator;  // looks at definitions
  // For others who have the tables in use, when it begins and when it ends; then it fails with the database's lock wait
  // timeout, and its work is lost. Who owns the connections hears from their lines that it waits, and makes way.
  std::chrono::seconds patience{86'400};
  // For what the database says beside "done": "1051 Unknown table 'school.a'"; none: not asked for.
  std::vector<std::string>* warnings = nullptr;
  // Done before the row is written, with the fingerprint; none: the log has the definition already.
  std::function<void(const std::string& fingerprint)> begins = {};
  // Done before what has run counts as done, where the server leaves its mark without a sync: in a database's options.
  std::function<Status()> sync_files = {};
};

// The objects that a definition's entry defines.
std::vector<sql::ObjectName> targets_of(const proto::Entry& entry);

// What the statement's targets are now, on this node. Errors of the database. May block.
Result<std::string> fingerprint_of(storage::Connection& administrator, const proto::Entry& entry);

// `group` holds one entry of one statement, in state ddl_pending; comes back as ddl_done.
// sql_error: the database refused; the row is withdrawn and nothing has changed. diverged: the database refused
// half-way (tables of a DROP DATABASE, rows of a TRUNCATE are gone): the node must stop writing, and resume() will try
// it again.
// database_unavailable: the writer's connection is lost, or was cut because a step behind the pending row was hindered;
// resume() later, on a new one.
Status run_ddl(DdlConnections connections, proto::Group& group, const proto::Entry& entry);

// Ends what a crash interrupted. Nothing when there was nothing pending, or when the database refuses the statement
// (the row is then withdrawn: nobody had heard of it); otherwise the finished group. `gives_up`: one that has not run,
// not even in part, is withdrawn, too.
Result<std::optional<proto::Group>> resume_ddl(DdlConnections connections, bool gives_up = false);

}  // namespace sqlcast::node
