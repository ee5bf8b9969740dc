#include "node/write_connection.h"

#include "base/logging.h"
#include "storage/log.h"

namespace sqlcast::node {

namespace {
constexpr unsigned kServersToLose = 3;
}

Status WriteConnection::open(bool may_give_up) {
  // The old one first: while it lasts, another cannot have the writer's lock.
  close();
  if (recovering_ && server_ != database_.restarts()) ++servers_lost_;
  recovering_ = false;
  gives_up_ = may_give_up && servers_lost_ >= kServersToLose;
  server_ = database_.restarts();
  Result<std::unique_ptr<storage::Connection>> administrator = database_.open_administrator();
  if (!administrator) return administrator.status();
  Result<std::unique_ptr<storage::Connection>> writer = database_.open_writer();
  if (!writer) return writer.status();
  administrator_ = std::move(*administrator);
  writer_ = std::move(*writer);
  id_ = writer_->id();
  executor_ = std::make_unique<storage::Executor>(*writer_, storage::ExecutorLimits{});
  for (const storage::Connection* connection : {administrator_.get(), writer_.get()})
    connection->line()->when_waiting(waits_);
  recovering_ = true;
  defining_ = true;
  const Result<std::optional<proto::Group>> resumed = resume_ddl(ddl_connections(), gives_up_);
  defining_ = false;
  if (!resumed) return resumed.status();
  // Should a definition have ended with the connection on which it had every commit synced.
  return database_.managed() ? administrator_->execute("SET GLOBAL innodb_flush_log_at_trx_commit=0") : ok_status();
}

DdlConnections WriteConnection::ddl_connections() {
  DdlConnections connections{*writer_, *administrator_};
  connections.sync_files = [this] { return database_.sync_files(); };
  return connections;
}

void WriteConnection::close() {
  executor_.reset();
  writer_.reset();
  administrator_.reset();
  id_ = 0;
}

bool WriteConnection::usable() const {
  return writer_ && administrator_ && !writer_->lost() && !administrator_->lost() && server_ == database_.restarts();
}

void WriteConnection::roll_back() {
  // A lost connection has rolled back by itself.
  if (writer_ && !writer_->lost() && !writer_->execute("ROLLBACK").ok()) give_up_writer();
}

void WriteConnection::give_up_writer() {
  executor_.reset();
  writer_.reset();
  id_ = 0;
}

Status WriteConnection::run_ddl(proto::Group& group, const proto::Entry& entry, DdlManner manner) {
  DdlConnections connections = ddl_connections();
  if (manner.patience) connections.patience = *manner.patience;
  connections.warnings = manner.warnings;
  connections.begins = std::move(manner.begins);
  defining_ = true;
  Status status = node::run_ddl(connections, group, entry);
  defining_ = false;
  return status;
}

void WriteConnection::committed(Sequence last, Sequence durable) {
  if (const std::optional<Sequence> unneeded = tail_.committed(last, durable)) trim_tail(*unneeded);
}

void WriteConnection::trim_tail(Sequence last) {
  if (!administrator_) return;
  if (const Status status = administrator_->execute(storage::trim_sql(last)); !status.ok())
    logging::warn("the database's end of the log is trimmed later: {}", status.message);
}

}  // namespace sqlcast::node
