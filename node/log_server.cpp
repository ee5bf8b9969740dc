#include "node/log_server.h"

#include <algorithm>

#include "base/thread.h"
#include "storage/log.h"

namespace sqlcast::node {
namespace {

constexpr std::size_t kQueueCapacity = 256;

}  // namespace

LogServer::LogServer(const config::NodeConfig& config, storage::Database& database, Front& front, PositionBoard& board)
    : limits_(config.limits),
      of_master_(config.role == config::Role::master),
      database_(database),
      front_(front),
      board_(board),
      queue_(kQueueCapacity) {}

LogServer::~LogServer() { stop(); }

void LogServer::start() {
  thread_ = start_thread("log-server", [this] { serve(); });
}

void LogServer::stop() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

void LogServer::submit(Caller caller, proto::LogReadRequest request) {
  Job job{std::move(caller), std::move(request)};
  if (queue_.try_push(std::move(job))) return;
  Status status = queue_.closed()
                      ? Status::error(Code::shutting_down, "the node is stopping; ask another one")
                      : Status::error(Code::busy, "too many nodes are catching up from this one; try again");
  status.retry_after_ms = 200;
  front_.fail(job.caller, std::move(status));
}

void LogServer::serve() {
  while (!queue_.closed() || queue_.size() > 0) {
    std::optional<Job> job = queue_.pop(std::chrono::milliseconds(500));
    if (!job) continue;
    if (queue_.closed()) {
      // Each read may wait for the database.
      front_.fail(job->caller, Status::error(Code::shutting_down, "the node is stopping; ask another one"));
      continue;
    }
    Result<proto::LogBatch> batch = read(job->request);
    if (batch) {
      front_.reply(job->caller, std::move(*batch));
    } else {
      front_.fail(job->caller, batch.status());
    }
  }
}

Result<proto::LogBatch> LogServer::read(const proto::LogReadRequest& request) {
  if (!connection_ || connection_->lost()) {
    Result<std::unique_ptr<storage::Connection>> connection = database_.open_administrator();
    if (!connection) return connection.status();
    connection_ = std::move(*connection);
  }
  const Position head = board_.position();
  const Position& after = request.after;
  // Who hears the master's stream can be ahead of a slave.
  if (!of_master_ && after.sequence > head.sequence) return proto::LogBatch{{}, head};
  // A position with a hash of zeros is not checked: that of a reader without a log of its own.
  if (after.hash != Hash{}) {
    const Result<std::optional<Hash>> hash = storage::read_hash(*connection_, after.sequence);
    if (!hash) return hash.status();
    if (*hash != after.hash)
      return Status::error(
          Code::diverged,
          "the histories differ: this node " +
              (hash->has_value() ? "has another entry " + std::to_string(after.sequence)
                                 : "has no group that ends at entry " + std::to_string(after.sequence) +
                                       " (its log ends at " + std::to_string(head.sequence) + ")") +
              ". The asking node has to be made anew from this cluster: stop it, move its data folder away, start it.");
  }
  const std::uint64_t max_bytes =
      request.max_bytes == 0 ? limits_.log_batch_bytes : std::min(request.max_bytes, limits_.log_batch_bytes);
  Result<std::vector<proto::Group>> groups =
      storage::read_groups(*connection_, after.sequence, head.sequence, max_bytes);
  if (!groups) return groups.status();
  return proto::LogBatch{std::move(*groups), head};
}

}  // namespace sqlcast::node
