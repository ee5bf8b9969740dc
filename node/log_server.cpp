#include "node/log_server.h"

#include <algorithm>

#include "base/logging.h"
#include "base/thread.h"
#include "storage/log.h"

namespace sqlcast::node {
namespace {

constexpr std::size_t kQueueCapacity = 256;

// What the asking node and this one have, and what a person can do about it. Never that the longer history be removed.
Status histories_differ(const std::string& name, const Position& head, const std::string& cluster,
                        const proto::LogReadRequest& request) {
  const std::string theirs = "the asking node has " + std::to_string(request.after.sequence) + " entries";
  const std::string here = name + " has " + std::to_string(head.sequence);
  std::string what;
  std::string longer = "give " + name + " its newest data back; the asking node goes on by itself";
  if (!request.cluster.empty() && request.cluster != cluster) {
    what = theirs + " of cluster " + request.cluster.substr(0, 8) + ", " + here + " of another one, " +
           cluster.substr(0, 8) + ". If the asking node follows the wrong master, correct its setting `master`. If " +
           name + " has lost its data, ";
  } else if (request.after.sequence > head.sequence) {
    what = theirs + ", which is the longer history, and " + here + ". If the data of " + name +
           " was lost or put back to an older state, ";
  } else {
    what = theirs + ", " + here + ", and entry " + std::to_string(request.after.sequence) +
           " differs. If the data of " + name + " was put back to an older state and written to since, ";
  }
  return Status::error(Code::diverged,
                       "the histories differ: " + what + longer +
                           ". Its data may be the last that has what it has: leave it where it is "
                           "until that is settled. Only to go on without it: stop the asking node, move "
                           "its data folder aside, and start it");
}

}  // namespace

LogServer::LogServer(const config::NodeConfig& config, storage::Database& database, Front& front, PositionBoard& board)
    : limits_(config.limits),
      name_(config.name),
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
  Job job{std::move(caller), std::move(request), {}};
  if (queue_.try_push(std::move(job))) return;
  Status status = queue_.closed()
                      ? Status::error(Code::shutting_down, "the node is stopping; ask another one")
                      : Status::error(Code::busy, "too many nodes are catching up from this one; try again");
  status.retry_after_ms = 200;
  front_.fail(job.caller, std::move(status));  // NOLINT(bugprone-use-after-move): a full queue takes nothing
}

void LogServer::look_up(const Position& position, std::function<void(bool has)> done) {
  Job job;
  job.request.after = position;
  job.look_up = std::move(done);
  if (!queue_.try_push(std::move(job))) logging::debug("a position is not looked up now: too many nodes catch up");
}

void LogServer::serve() {
  while (!queue_.closed() || queue_.size() > 0) {
    std::optional<Job> job = queue_.pop(std::chrono::milliseconds(500));
    if (!job) continue;
    if (queue_.closed()) {
      // Each read may wait for the database.
      if (!job->look_up)
        front_.fail(job->caller, Status::error(Code::shutting_down, "the node is stopping; ask another one"));
      continue;
    }
    if (job->look_up) {
      if (!connect().ok()) continue;
      const Result<std::optional<Hash>> hash = storage::read_hash(*connection_, job->request.after.sequence);
      if (hash) job->look_up(*hash == job->request.after.hash);
      continue;
    }
    if (!job->caller.begin()) continue;  // its time is over
    Result<proto::LogBatch> batch = read(job->request);
    if (batch) {
      front_.reply(job->caller, std::move(*batch));
    } else {
      front_.fail(job->caller, batch.status());
    }
  }
}

Status LogServer::connect() {
  if (connection_ && !connection_->lost()) return ok_status();
  Result<std::unique_ptr<storage::Connection>> connection = database_.open_administrator();
  if (!connection) return connection.status();
  connection_ = std::move(*connection);
  return ok_status();
}

Result<proto::LogBatch> LogServer::read(const proto::LogReadRequest& request) {
  if (Status status = connect(); !status.ok()) return status;
  const Position head = board_.position();
  const Position& after = request.after;
  // Who hears the master's stream can be ahead of a slave.
  if (!of_master_ && after.sequence > head.sequence) return proto::LogBatch{{}, head};
  // A position with a hash of zeros is not checked: that of a reader without a log of its own.
  if (after.hash != Hash{}) {
    const Result<std::optional<Hash>> hash = storage::read_hash(*connection_, after.sequence);
    if (!hash) return hash.status();
    if (*hash != after.hash) {
      if (differs_) differs_(request);
      return histories_differ(name_, head, board_.cluster(), request);
    }
  }
  const std::uint64_t max_bytes =
      request.max_bytes == 0 ? limits_.log_batch_bytes : std::min(request.max_bytes, limits_.log_batch_bytes);
  Result<std::vector<proto::Group>> groups =
      storage::read_groups(*connection_, after.sequence, head.sequence, max_bytes);
  if (!groups) return groups.status();
  return proto::LogBatch{std::move(*groups), head};
}

}  // namespace sqlcast::node
