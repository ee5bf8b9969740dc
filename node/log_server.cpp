#include "node/log_server.h"

#include <algorithm>

#include "base/logging.h"
#include "base/thread.h"

namespace sqlcast::node {
namespace {

constexpr std::size_t kQueueCapacity = 256;
constexpr std::size_t kMendingCapacity = 64;
constexpr std::size_t kMaxGroups = 4096;  // in one batch

Status stopping() { return Status::error(Code::shutting_down, "the node is stopping; ask another one"); }

Status busy() {
  Status status = Status::error(Code::busy, "too many nodes are catching up from this one; try again");
  status.retry_after_ms = 200;
  return status;
}

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

LogServer::LogServer(const config::NodeConfig& config, NodeLog& log, Front& front, PositionBoard& board,
                     LogMender& mender)
    : limits_(config.limits),
      name_(config.name),
      of_master_(config.role == config::Role::master),
      log_(log),
      front_(front),
      board_(board),
      mender_(mender),
      queue_(kQueueCapacity),
      damaged_(kMendingCapacity) {}

LogServer::~LogServer() { stop(); }

void LogServer::start() {
  thread_ = start_thread("log-server", [this] { serve(); });
  if (mender_.asks()) mending_ = start_thread("log mending", [this] { mend(); });
}

void LogServer::stop() {
  damaged_.close();
  queue_.close();
  if (mending_.joinable()) mending_.join();
  if (thread_.joinable()) thread_.join();
}

void LogServer::submit(Caller caller, proto::LogReadRequest request) {
  Job job;
  job.caller = std::move(caller);
  job.request = std::move(request);
  if (queue_.try_push(std::move(job))) return;
  front_.fail(job.caller, queue_.closed() ? stopping() : busy());  // NOLINT(bugprone-use-after-move): nothing was taken
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
      // Each read may wait for the disk.
      if (!job->look_up) front_.fail(job->caller, stopping());
      continue;
    }
    if (job->look_up) {
      if (const Result<bool> has = log_.has(job->request.after); has) job->look_up(*has);
      continue;
    }
    if (job->damage.ok() && !job->caller.begin()) continue;  // its time is over
    answer(std::move(*job));
  }
}

void LogServer::answer(Job job) {
  Result<proto::LogBatch> batch = read(job.request);
  if (batch) {
    front_.reply(job.caller, std::move(*batch));
  } else if (batch.status().code != Code::io || !mender_.asks() || !job.damage.ok()) {
    front_.fail(job.caller, batch.status());
  } else {
    job.damage = batch.status();
    if (!damaged_.try_push(std::move(job)))
      front_.fail(job.caller, damaged_.closed() ? stopping() : busy());  // NOLINT(bugprone-use-after-move): as above
  }
}

void LogServer::mend() {
  while (!damaged_.closed() || damaged_.size() > 0) {
    std::optional<Job> job = damaged_.pop(std::chrono::milliseconds(500));
    if (!job) continue;
    if (damaged_.closed())
      front_.fail(job->caller, stopping());
    else
      mend_for(std::move(*job));
  }
}

void LogServer::mend_for(Job job) {
  if (const Status mended = mender_.mend(job.request.after.sequence + 1); !mended.ok()) {
    front_.fail(job.caller,
                Status::error(Code::io, job.damage.message + ". It could not be mended: " + mended.message));
    return;
  }
  if (!queue_.try_push(std::move(job)))
    front_.fail(job.caller, queue_.closed() ? stopping() : busy());  // NOLINT(bugprone-use-after-move): as above
}

// Where no group ends there, in front of the one that has the next entry, for a reader without a log of its own: its
// position has a hash of zeros. diverged: it has another history.
Status LogServer::go_behind(const proto::LogReadRequest& request, const Position& head) {
  const Position& after = request.after;
  const bool any = after.hash == Hash{};
  if (reader_ && after.sequence == read_to_.sequence && (any || after.hash == read_to_.hash)) return ok_status();
  held_.reset();
  reader_.emplace(log_.reader());
  const Result<Position> found = any ? reader_->seek_entry(after.sequence, head) : reader_->seek(after.sequence, head);
  if (found && (any || found->hash == after.hash)) {
    read_to_ = *found;
    return ok_status();
  }
  reader_.reset();
  if (!found && found.status().code != Code::diverged && found.status().code != Code::bad_request)
    return found.status();
  if (differs_) differs_(request);
  return histories_differ(name_, head, board_.cluster(), request);
}

Result<proto::LogBatch> LogServer::read(const proto::LogReadRequest& request) {
  // A slave's log has what it has not applied yet.
  const Position head = of_master_ || !log_.begun() ? board_.position() : log_.durable();
  const Position& after = request.after;
  // Who hears the master's stream can be ahead of a slave. And a tail may wait for what is still to come.
  if (after.sequence > head.sequence && (!of_master_ || after.hash == Hash{})) return proto::LogBatch{{}, head};
  proto::LogBatch batch;
  batch.head = head;
  if (!log_.begun()) return batch;
  if (Status status = go_behind(request, head); !status.ok()) return status;
  const std::uint64_t max_bytes =
      request.max_bytes == 0 ? limits_.log_batch_bytes : std::min(request.max_bytes, limits_.log_batch_bytes);
  std::uint64_t bytes = 0;
  while (batch.groups.size() < kMaxGroups) {
    if (!held_) {
      Result<std::optional<proto::Group>> group = reader_->next(head);
      if (!group) {
        reader_.reset();
        if (!batch.groups.empty()) break;  // what was good in front of it first
        return group.status();
      }
      held_ = std::move(*group);
      if (!held_) break;
    }
    bytes += held_->body.size();
    if (!batch.groups.empty() && bytes > max_bytes) break;
    read_to_ = {held_->epoch, held_->last, held_->hash};
    batch.groups.push_back(std::move(*held_));
    held_.reset();
  }
  return batch;
}

}  // namespace sqlcast::node
