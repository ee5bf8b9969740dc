#include "node/core.h"

#include <algorithm>

#include "base/back_off.h"
#include "base/clock.h"
#include "base/logging.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "base/version.h"
#include "node/node_id.h"
#include "node/stop_guard.h"
#include "storage/errors.h"

namespace sqlcast::node {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxErrands = 256;

// Of the server's temporary tables, which only a CREATE TABLE … SELECT has: its rows take more room there than as text,
// by wide characters, indexes and half-filled pages.
std::uint64_t temporary_mb(const config::Limits& limits) {
  return 64 + 4 * ((limits.max_materialised_bytes >> 20U) + 1);
}

storage::Tls tls_of(const config::Database& database) {
  return {database.tls != config::DatabaseTls::none, database.tls == config::DatabaseTls::verify, database.tls_ca,
          database.tls_cert, database.tls_key};
}

storage::Database::Options database_options(const config::NodeConfig& config) {
  storage::Database::Options options;
  options.read_only = config.role == config::Role::slave;
  // One a reader, one a cursor, and as many again as there are readers for statements that do not stop when told to.
  // The router's thread is a reader too.
  options.reader_connections = 2 * (config.limits.readers + 1) + config.limits.max_cursors;
  options.stall_timeout = config.database.stall_timeout;
  if (config.database.mode == config::DatabaseMode::managed) {
    constexpr std::uint32_t kOthers = 100;  // our own, and an administrator's
    options.managed = storage::ManagedServer::Options{config.data_dir + "/mariadb",
                                                      config.database.buffer_pool_mb,
                                                      config.database.redo_log_mb,
                                                      temporary_mb(config.limits),
                                                      std::max(200U, options.reader_connections + kOthers),
                                                      config.database.stall_timeout};
    return options;
  }
  options.external = {config.database.socket, config.database.host, config.database.port, tls_of(config.database)};
  options.external_account = {config.database.user, config.database.password};
  return options;
}

NodeLog::Options log_options(const config::NodeConfig& config) {
  NodeLog::Options options;
  options.folder = config.data_dir + "/log";
  options.file_bytes = config.log.file_bytes;
  options.writes_ahead = config.role == config::Role::master;
  return options;
}

// Which node a request is of, or has sent it on, is what the key of its connection says, whatever the request calls
// itself: what a node says of its history is believed of itself alone, and anybody else reads as a client does.
void bind_names(const Security& security, const Caller& caller, proto::Message& message) {
  if (!security.on()) return;
  if (auto* read = std::get_if<proto::LogReadRequest>(&message)) {
    const Who sender = security.who_is(caller.envelope.key);
    if (!sender || sender->role != access::Role::node || sender->name != read->node) read->node.clear();
  } else if (auto* query = std::get_if<proto::QueryRequest>(&message); query && !query->forwarded_by.empty()) {
    query->forwarded_by = name_of(security.who_is(caller.envelope.key));
  }
}

// Tells copies of one client's request from another one under the same ids: the client deceives only itself.
std::uint64_t digest_of(const ReadJob& job) {
  const std::hash<std::string> hash;
  std::uint64_t digest = hash(job.database);
  for (const std::string& text : job.statements) digest = digest * 0x9e3779b97f4a7c15 + hash(text);
  return digest;
}

// Of an external database the disk is not known.
LookAtDisk disk_of(const config::NodeConfig& config) {
  return config.database.mode == config::DatabaseMode::managed ? look_at_disk(config.data_dir) : nullptr;
}

}  // namespace

Core::Core(const config::NodeConfig& node_config, std::function<bool()> stale)
    : config(node_config),
      disk(conditions, config.data_dir, config.database.disk_reserve, disk_of(config)),
      log(log_options(config)),
      mender(config, log),
      database(database_options(config)),
      security(config),
      front(config.name, counters, config.limits),
      readers(config.limits, config.name, database, front, board, counters, std::move(stale),
              config.role == config::Role::master ? &log : nullptr),
      log_server(config, log, front, board, mender),
      retention(log, config.log, [this] { return applied(); }),
      errands_(kMaxErrands) {}

Status Core::open(Front::Handler handler) {
  Result<Identity> found = Identity::open(config.data_dir, config.role);
  if (!found) return found.status();
  identity = std::move(*found);
  Result<std::string> id = node_id(config.data_dir);
  if (!id) return id.status();
  node_id_ = std::move(*id);
  // The socket first: a port that is taken is known at once, before a database is started for nothing.
  if (Status status = front.open(config.listen, config.limits.max_message_bytes, &security); !status.ok())
    return status;
  front.start([this, handler = std::move(handler)](
                  Caller caller, proto::Message message) { receive(handler, std::move(caller), std::move(message)); },
              [this](const net::Router::MayTakeLong& may_take_long) { readers.after_burst(may_take_long); });
  if (Status status = open_log(); !status.ok()) return status;
  return database.start();
}

// What is damaged is had from another node, which need not be there yet.
Status Core::open_log() {
  Status opened = log.open();
  if (opened.code != Code::io || !mender.asks()) return opened;
  logging::error("the log cannot be opened, and is to be mended: {}", opened.message);
  Status mended = until_it_works([&] {
    Status status = mender.mend_closed();
    if (!status.ok()) status.message = opened.message + ". It could not be mended: " + status.message;
    return status;
  });
  return mended.ok() ? log.open() : mended;
}

void Core::receive(const Front::Handler& handler, Caller caller, proto::Message message) {
  if (!serving_ && !std::holds_alternative<proto::StatusRequest>(message)) {
    Status status = Status::error(Code::database_unavailable,
                                  "this node is starting: " + starting_at() + "; try again in a moment");
    status.retry_after_ms = 200;
    front.fail(caller, std::move(status));
    return;
  }
  if (!proto::is_request(proto::type_of(message))) {
    front.fail(caller, Status::error(Code::bad_request, "this message is a reply; a node takes requests only"));
    return;
  }
  bind_names(security, caller, message);
  caller.listed = requests.enter(caller.who, message, caller.arrived);
  // Queries and fetches keep their time themselves.
  const bool waits_for_the_database = std::holds_alternative<proto::CancelRequest>(message) ||
                                      std::holds_alternative<proto::ExplainRequest>(message) ||
                                      std::holds_alternative<proto::LogReadRequest>(message);
  if (waits_for_the_database) {
    const Clock::time_point deadline = caller.arrived + config.limits.request_timeout;
    caller = deadlines_.enter(std::move(caller), deadline);
  }
  handler(std::move(caller), std::move(message));
}

void Core::end_requests_of(const RevokedKeys& keys) {
  readers.end(keys);
  deadlines_.end(keys, [this](const Caller& caller) { front.fail(caller, ended_with_key(caller.who, config.name)); });
}

Status Core::until_it_works(const std::function<Status()>& step) {
  BackOff back_off(100ms, 5'000ms);
  while (true) {
    Status status = step();
    if (!storage::passes_by_itself(status)) return status;
    if (storage::lacks_rights(status))
      if (const Status restored = database.restore_accounts(); !restored.ok())
        logging::warn("the accounts could not be made anew: {}", restored.message);
    const std::chrono::milliseconds wait = back_off.next();
    MutexLock lock(mutex_);
    if (interrupted_) return status;
    logging::warn("the start is held up: {}; next try in {} ms", status.message, wait.count());
    held_up_by_ = status.message;
    if (wake_.wait_for(lock, wait, [this]() SQLCAST_REQUIRES(mutex_) { return interrupted_; })) return status;
  }
}

void Core::interrupt() {
  {
    const MutexLock lock(mutex_);
    interrupted_ = true;
  }
  wake_.notify_all();
  mender.interrupt();
  database.interrupt();
}

void Core::start(std::function<void()> tick) {
  readers.start();
  log_server.start();
  errand_thread_ = start_thread("errands", [this] { run_errands(); });
  ticker_ = start_thread("ticker", [this, tick = std::move(tick)] { tick_loop(tick); });
  serving_ = true;
}

void Core::stop_taking_requests() {
  security.stop();
  database.prepare_to_stop();
  log.prepare_to_stop();
  mender.interrupt();
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (ticker_.joinable()) ticker_.join();
  errands_.close();
  answer_late(Clock::time_point::max(), Status::error(Code::shutting_down, "the node is stopping; ask another one"));
}

void Core::stop() {
  if (errand_thread_.joinable()) errand_thread_.join();
  readers.stop();
  {
    const StopGuard guard("a look at the log's files");
    retention.stop();
    log_server.stop();
  }
  front.stop();
  database.stop();
  log.stop();
}

void Core::tick_loop(const std::function<void()>& tick) {
  MutexLock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    // In this order, with one time: who waits in vain for a position is told that.
    const Clock::time_point now = Clock::now();
    board.tick(now);
    readers.tick(now);
    answer_late(now, Status::error(Code::timeout,
                                   "there was no answer within the request's time, and what has become of it is not "
                                   "known; ask again"));
    disk.tick(now);
    tick();
    lock.lock();
    wake_.wait_for(lock, 50ms, [this]() SQLCAST_REQUIRES(mutex_) { return stopping_; });
  }
}

Core::Clock::time_point Core::deadline_of(const proto::QueryRequest& request, Clock::time_point arrived) const {
  const auto wanted =
      request.timeout_ms == 0 ? config.limits.request_timeout : std::chrono::milliseconds(request.timeout_ms);
  return arrived + std::min(wanted, config.limits.max_request_timeout);
}

proto::ErrorReply beyond_the_end(Sequence after, const Position& end) {
  proto::ErrorReply error;
  error.status = Status::error(Code::not_caught_up, "the master's log ends at entry " + std::to_string(end.sequence) +
                                                        ", and the read is to see entry " + std::to_string(after) +
                                                        ": whoever told of that knew another history. Read without "
                                                        "`after`, or with what is told from now on");
  error.epoch = end.epoch;
  error.sequence = end.sequence;
  return error;
}

void Core::read(Caller caller, const proto::QueryRequest& request, RequestPlan plan) {
  ReadJob job;
  job.arrived = caller.arrived;
  job.caller = std::move(caller);
  if (job.caller.listed) job.caller.listed->set_kind("read");
  job.key = request.key;
  job.database = request.database;
  job.statements = std::move(plan.texts);
  if (!job.key.client_id.empty()) job.digest = digest_of(job);
  job.page_rows = request.page_rows;
  job.warnings = request.warnings;
  job.deadline = deadline_of(request, job.arrived);
  const Sequence after = request.consistency == proto::Consistency::session ? request.after : 0;
  job.after = after;
  const auto shared = std::make_shared<ReadJob>(std::move(job));
  if (!readers.enter(*shared)) return;
  const Clock::time_point patience =
      request.wait_ms == 0 ? shared->deadline
                           : std::min(shared->deadline, shared->arrived + std::chrono::milliseconds(request.wait_ms));
  const bool waits = board.when_reached(after, patience, [this, shared, after](PositionBoard::Wait wait) {
    if (wait == PositionBoard::Wait::reached) return readers.submit(std::move(*shared));
    if (wait == PositionBoard::Wait::beyond) return readers.fail(*shared, beyond_the_end(after, board.end_of_log()));
    const Sequence position = board.position().sequence;
    readers.fail(*shared,
                 Status::error(Code::not_caught_up,
                               "this node has applied entries up to " + std::to_string(position) + ", not yet " +
                                   std::to_string(after) + " (" + std::to_string(after - std::min(after, position)) +
                                   " behind); try again, ask another node, or read with consistency any"));
  });
  if (!waits) {
    Status status = Status::error(Code::busy, "too many reads wait for this node to catch up; ask another node");
    status.retry_after_ms = 200;
    readers.fail(*shared, status);
  }
}

void Core::submit_errand(const Caller& caller, std::function<void()> errand) {
  if (errands_.try_push([caller, errand = std::move(errand)] {
        if (caller.begin()) errand();
      }))
    return;
  Status status = errands_.closed()
                      ? Status::error(Code::shutting_down, "the node is stopping; ask another one")
                      : Status::error(Code::busy, "too many requests wait for this node's database; try again");
  status.retry_after_ms = 100;
  front.fail(caller, std::move(status));
}

void Core::answer_late(Clock::time_point now, const Status& status) {
  deadlines_.tick(now, [&](const Caller& caller) { front.fail(caller, status); });
}

void Core::run_errands() {
  while (true) {
    std::optional<std::function<void()>> errand = errands_.pop(500ms);
    if (errand) {
      (*errand)();
    } else if (errands_.closed()) {
      return;
    }
  }
}

bool Core::handle_common(Caller& caller, proto::Message& message) {
  if (auto* fetch = std::get_if<proto::FetchRequest>(&message)) {
    ReadJob job;
    job.caller = std::move(caller);
    job.key.client_id = fetch->client_id;
    job.page_rows = fetch->page_rows;
    job.fetch_cursor = fetch->cursor;
    job.arrived = Clock::now();
    job.deadline = job.arrived + config.limits.request_timeout;
    if (readers.enter(job)) readers.submit(std::move(job));
    return true;
  }
  if (auto* close = std::get_if<proto::CloseRequest>(&message)) {
    readers.close({close->client_id, name_of(caller.who)}, close->cursor);
    front.reply(caller, proto::ClosedReply{});
    return true;
  }
  if (auto* cancel = std::get_if<proto::CancelRequest>(&message); cancel != nullptr && cancel->number != 0)
    return cancel_by_number(caller, *cancel);
  if (std::holds_alternative<proto::RequestsRequest>(message)) {
    proto::RequestsReply reply = requests.list(caller.who, Clock::now());
    reply.node = config.name;
    front.reply(caller, std::move(reply));
    return true;
  }
  if (auto* read = std::get_if<proto::LogReadRequest>(&message)) {
    log_server.submit(std::move(caller), std::move(*read));
    return true;
  }
  return false;
}

// True when it is answered, or will be; otherwise it is one by its key now.
bool Core::cancel_by_number(const Caller& caller, proto::CancelRequest& request) {
  const std::optional<RequestList::Found> found = requests.find(caller.who, request.number);
  if (!found) {
    front.fail(caller,
               Status::error(Code::request_not_found, "no request with the number " + std::to_string(request.number) +
                                                          " that you may stop is under way at " + config.name +
                                                          ": it has ended, or is another key's"));
    return true;
  }
  if (!found->stoppable) {
    front.reply(caller, proto::CancelReply{false});
    return true;
  }
  request.number = 0;
  request.key = found->stop_key;
  if (found->cursor == 0) return false;
  submit_errand(caller, [this, caller, found = *found] {
    readers.cancel(found.stop_key);  // the page that is being fetched
    readers.close({found.client_id, found.key_name}, found.cursor);
    front.reply(caller, proto::CancelReply{true});
  });
  return true;
}

// What of the log the database has. The position first: it was reached in the life that is told, or before.
std::optional<LogRetention::Applied> Core::applied() const {
  const Sequence sequence = board.position().sequence;
  const std::uint64_t life = database.restarts();
  if (!database.up() || !database.admitted()) return std::nullopt;
  return LogRetention::Applied{sequence, life};
}

std::chrono::milliseconds Core::uptime() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started_);
}

proto::NodeStatus Core::who_and_how_far() const {
  proto::NodeStatus status;
  const Position position = board.position();
  status.name = config.name;
  status.node_id = node_id_;
  status.epoch = position.epoch;
  status.position = position.sequence;
  status.hash = to_hex(position.hash);
  status.cluster = board.cluster();
  if (log.begun()) status.durable = log.durable();
  return status;
}

proto::NodeStatus Core::base_status() {
  proto::NodeStatus status = who_and_how_far();
  status.version = version();
  status.entries_per_second = rate.per_second();
  status.endpoint = front.endpoint();
  status.database_up = database.up();
  status.database_version = database.version();
  status.database_settings = database.settings();
  status.uptime_ms = milliseconds_since(started_);
  status.counters = counters.snapshot();
  // What the door refused by itself, before it was a message.
  const net::Router::Counters door = front.door();
  status.counters["bad_messages"] += door.malformed + door.too_large;
  status.counters["replies_dropped"] = door.dropped;
  status.counters["database_restarts"] = database.restarts();
  status.security = security.on() ? "curve" : "none";
  status.key = security.public_key();
  if (security.on()) {
    const net::Gate::Counters gate = security.gate()->counters();
    status.counters["handshakes"] = gate.admitted;
    status.counters["refused_keys"] = gate.unknown;
    status.counters["refused_roles"] = gate.role;
    status.counters["refused_keyless"] = gate.keyless;
    status.counters["refused_many"] = gate.many;
  }
  return status;
}

proto::LogStatus Core::log_status() const {
  proto::LogStatus status;
  const LogRetention::View files = retention.view();
  status.first = files.first;
  status.files = files.files;
  status.bytes = files.bytes;
  status.trimmed_files = files.trimmed_files;
  status.trimmed_to = files.trimmed_to;
  if (files.trimmed_files != 0) status.trimmed_ms_ago = milliseconds_since(files.trimmed_at);
  if (files.held_by) {
    status.held_by = files.held_by->slave.empty() ? proto::kOwnDatabase : files.held_by->slave;
    status.held_from = files.held_by->has + 1;
    status.held_ms = milliseconds_since(files.held_since);
  }
  const log::SyncTimes::View syncs = log.sync_times();
  status.syncs = syncs.count;
  status.sync_p50_us = syncs.p50_us;
  status.sync_p99_us = syncs.p99_us;
  return status;
}

std::string Core::starting_at() {
  if (std::string of_database = database.health().message; !of_database.empty()) return of_database;
  const MutexLock lock(mutex_);
  return held_up_by_.empty() ? "the log is being read" : "held up, and tried again: " + held_up_by_;
}

void Core::tell_conditions(proto::NodeStatus& status) {
  const storage::Database::Health health = database.health();
  if (!serving_) {
    conditions.post("start", Trouble::starting, starting_at());
  } else {
    conditions.clear("start");
    const Status of_log = log.health();
    if (of_log.ok()) {
      conditions.clear("log");
    } else {
      conditions.post("log", Trouble::disk_full, "the log takes nothing now: " + of_log.message);
    }
    if (health.up && !health.stalled) {
      conditions.clear("database");
    } else {
      conditions.post("database", health.up ? Trouble::database_stalled : Trouble::database_down, health.message);
    }
  }
  conditions.tell(status);
}

}  // namespace sqlcast::node
