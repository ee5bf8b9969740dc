#include "storage/database.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>

#include "base/logging.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "base/types.h"
#include "storage/dialect.h"
#include "storage/errors.h"
#include "storage/server_rules.h"

namespace sqlcast::storage {
namespace {

using namespace std::chrono_literals;

constexpr auto kStartTimeout = std::chrono::seconds(180);  // crash recovery of a large redo log included
constexpr auto kCheckInterval = 100ms;
constexpr auto kStopGrace = std::chrono::seconds(4);  // for what connections have under way
// Crash-safe as it is, a server that takes longer to stop is not worth a wait.
constexpr auto kStopTimeout = std::chrono::seconds(5);
constexpr auto kMaxBackOff = 5000ms;
constexpr auto kAskInterval = 500ms;
constexpr auto kAnswerTimeout = std::chrono::seconds(2);  // then on another connection
constexpr auto kSilence = 3000ms;                         // of a server that is stalled
constexpr auto kMoment = std::chrono::seconds(5);         // for an answer to what takes no time
constexpr auto kLockWait = std::chrono::seconds(20);      // for another node's connection to end
// A statement that prepares an external server has so long; of a managed one it is the stall timeout.
constexpr auto kPrepareTimeout = std::chrono::seconds(30);
static_assert(kPrepareTimeout > kLockWait);

std::string random_password() {
  std::random_device source;
  std::string bytes;
  for (int i = 0; i < 16; ++i) bytes.push_back(static_cast<char>(source() & 0xFFU));
  return to_hex(bytes);
}

std::string get_lock_sql(const std::string& name) {
  return "SELECT GET_LOCK('" + name + "'," + std::to_string(kLockWait.count()) + ")";
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

Status run_all(Connection& connection, const std::vector<std::string>& statements) {
  for (const std::string& sql : statements)
    if (Status status = connection.execute(sql); !status.ok()) {
      status.message = "while preparing the database: " + status.message;
      return status;
    }
  return ok_status();
}

}  // namespace

Database::Database(Options options)
    : options_(std::move(options)),
      writer_password_(random_password()),
      reader_password_(random_password()),
      pinger_([this] { return ask(); }, kAskInterval),
      watch_([this] { return open_for_a_moment(); }) {
  if (options_.managed) server_ = std::make_unique<ManagedServer>(*options_.managed);
}

Database::~Database() { stop(); }

Address Database::address() const { return options_.managed ? server_->address() : options_.external; }
std::chrono::seconds Database::time_to_prepare() const {
  return server_ ? std::chrono::ceil<std::chrono::seconds>(options_.stall_timeout) : kPrepareTimeout;
}

Account Database::administrator() const {
  return options_.managed ? server_->administrator() : options_.external_account;
}

std::string Database::version() const {
  const MutexLock lock(mutex_);
  return version_;
}

Database::Health Database::health() const {
  Health health;
  health.up = up_;
  health.stalled = health.up && stalled_;
  const MutexLock lock(mutex_);
  if (!health.up) health.message = doing_;
  if (health.stalled)
    health.message = "the database at " + address().text() + " runs, but does not answer" +
                     (options_.managed ? "; if it stays so it is killed and started again" : "");
  return health;
}

void Database::say(const std::string& doing) {
  const MutexLock lock(mutex_);
  if (doing_ == doing) return;
  doing_ = doing;
  logging::info("{}", doing);
}

// With what is known of the try before it.
void Database::say_as_well(const std::string& doing) {
  say(last_failure_.empty() ? doing : doing + "; the last try failed: " + last_failure_);
}

std::vector<std::string> Database::settings() const {
  const MutexLock lock(mutex_);
  return settings_;
}

Status Database::start() {
  watch_.start();
  supervisor_ = start_thread("db-supervisor", [this] { supervise(); });
  MutexLock lock(mutex_);
  changed_.wait(lock, [this]() SQLCAST_REQUIRES(mutex_) { return first_start_.has_value(); });
  return *first_start_;
}

// Who waits for the next try is woken.
void Database::begin_to_end() {
  {
    const MutexLock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
}

void Database::prepare_to_stop() {
  begin_to_end();
  watch_.cut_all_after(kStopGrace);
  if (!up_ && server_) server_->interrupt();
}

void Database::interrupt() {
  begin_to_end();
  watch_.cut_all();
  if (server_) server_->interrupt();
}

void Database::stop() {
  prepare_to_stop();
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (supervisor_.joinable()) supervisor_.join();
  watch_.stop();
}

void Database::supervise() {
  const Status first = first_bring_up();
  {
    const MutexLock lock(mutex_);
    first_start_ = first;
  }
  changed_.notify_all();
  pinger_.start();
  MutexLock lock(mutex_);
  while (first.ok() && !stopping_) {
    changed_.wait_for(lock, up_ ? kCheckInterval : back_off_);
    if (stopping_) break;
    lock.unlock();
    look_after();
    lock.lock();
  }
  lock.unlock();
  up_ = false;
  ownership_.reset();
  if (server_) server_->stop(first.ok() && !stalled_ ? kStopTimeout : std::chrono::seconds(0));
  pinger_.stop();
}

void Database::look_after() {
  if (up_ && (server_ ? !server_->running() : pinger_.nobody_there())) {
    up_ = false;
    logging::error("{}", server_ ? "the database server ended by itself: starting it again"
                                 : "the database at " + address().text() + " is gone: waiting for it");
  }
  look_for_silence();
  if (up_ || ending_) return;
  ++restarts_;
  say_as_well(server_ ? "the database is being started again"
                      : "the database at " + address().text() + " is waited for");
  if (const Status status = bring_up(); status.ok()) {
    logging::info("the database server is back");
  } else {
    failed_to_bring_up(status);
  }
}

void Database::failed_to_bring_up(const Status& why) {
  if (ending_) return;
  back_off_ = std::min(back_off_ * 2, std::chrono::milliseconds(kMaxBackOff));
  logging::error("the database cannot be used: {}; next try in {} ms", why.message, back_off_.count());
  last_failure_ = first_line(why.message);
  say("the database cannot be used yet, and is tried again: " + why.message);
}

// A wrong password does not pass: at the first start there is somebody to correct it.
Status Database::first_bring_up() {
  back_off_ = kCheckInterval;
  while (true) {
    Status status = bring_up();
    if (status.ok() || ending_ || !passes_by_itself(status) || lacks_rights(status)) return status;
    failed_to_bring_up(status);
    MutexLock lock(mutex_);
    changed_.wait_for(lock, back_off_, [this] { return ending_.load(); });
  }
}

void Database::look_for_silence() {
  const auto since = pinger_.silent_since(kSilence);
  const bool stalled = up_ && since.has_value();
  if (stalled != stalled_.exchange(stalled))
    logging::error("the database {}", stalled ? "does not answer" : up_ ? "answers again" : "has ended");
  if (!stalled || !server_) return;
  if (!ending_ && Pinger::Clock::now() - *since < options_.stall_timeout) return;
  logging::error("the database has not answered for too long: killing it");
  server_->kill();
}

// On the pinger's thread. An error that comes from the server is an answer too.
Pinger::Answer Database::ask() {
  if (!up_) {
    questions_.reset();
    return Pinger::Answer::came;
  }
  Status status;
  if (!questions_ || questions_->lost()) {
    Result<std::unique_ptr<Connection>> connection = Connection::open(address(), administrator(), kAnswerTimeout);
    status = connection.status();
    if (connection) questions_ = std::move(*connection);
  }
  if (status.ok()) status = questions_->execute("DO 0");
  if (is_answer(status)) return Pinger::Answer::came;
  return is_nobody_there(status) ? Pinger::Answer::nobody_there : Pinger::Answer::failed;
}

Status Database::bring_up() {
  if (!server_) return make_ready();
  Status status = server_->start(kStartTimeout, [this](const std::string& doing) { say_as_well(doing); });
  if (!status.ok()) return status;
  status = make_ready();
  if (status.code == Code::database_unavailable && !is_answer(status) && server_->running()) {
    status.message = "mariadbd did not answer while it was prepared, and was killed (" + status.message + ")";
    if (!ending_) logging::error("mariadbd does not answer while it is prepared: killing it");
    server_->stop(std::chrono::seconds(0));
  }
  return status;
}

// Nobody looks after the server yet: so each of these statements has a time limit of its own.
Status Database::make_ready() {
  say_as_well("the database at " + address().text() + " is being prepared");
  Result<std::unique_ptr<Connection>> connection = open_administrator(time_to_prepare());
  if (!connection) return connection.status();
  if (Status status = check_settings(**connection); !status.ok()) return status;
  if (!options_.managed) {
    if (Status status = check_is_ours(**connection); !status.ok()) return status;
    if (Status status = take_server(); !status.ok()) return status;
  }
  if (Status status = prepare(**connection); !status.ok()) return status;
  const Result<std::optional<std::string>> version = (*connection)->scalar("SELECT VERSION()");
  if (!version) return version.status();
  {
    const MutexLock lock(mutex_);
    version_ = version->value_or("");
    doing_.clear();
  }
  back_off_ = kCheckInterval;
  last_failure_.clear();
  pinger_.forget();
  up_ = true;
  return ok_status();
}

// One node a server. Before anything of it is changed: another node's passwords, for one.
Status Database::take_server() {
  Result<std::unique_ptr<Connection>> connection = open_administrator(time_to_prepare());
  if (!connection) return connection.status();
  const auto take = [&](const std::string& name) -> Status {
    // The connection of a node that was killed may still be ending: hence the wait.
    const Result<std::optional<std::string>> lock = (*connection)->scalar(get_lock_sql(name));
    if (!lock) return lock.status();
    if (lock->value_or("0") == "1") return ok_status();
    return Status::error(Code::config, "another sqlcast node uses the database at " + address().text() +
                                           "; give each node a database of its own");
  };
  ownership_.reset();
  if (Status status = take("sqlcast.node"); !status.ok()) return status;
  if (ownership_id_ == 0) {
    // A node of before may have lost that lock, and be writing still.
    if (Status status = take("sqlcast.writer"); !status.ok()) return status;
    if (Status status = (*connection)->execute("DO RELEASE_LOCK('sqlcast.writer')"); !status.ok()) return status;
  }
  ownership_ = std::move(*connection);
  ownership_id_ = ownership_->id();
  return ok_status();
}

Status Database::check_settings(Connection& connection) {
  const Result<std::vector<Row>> rows = connection.rows(settings_sql());
  if (!rows) return rows.status();
  Settings settings;
  for (const Row& row : *rows) settings[row[0].value_or("")] = row[1].value_or("");
  // What a managed server has not synced it gets back from the node's log. Another one can be restarted unnoticed, and
  // be read from before it has.
  if (options_.managed) settings.erase("innodb_flush_log_at_trx_commit");
  constexpr std::uint32_t kOwnConnections = 20;
  std::string problems;
  for (const std::string& problem : unsafe_settings(settings, options_.reader_connections + kOwnConnections))
    problems += "\n  " + problem;
  if (!problems.empty())
    return Status::error(Code::config, "the database at " + address().text() + " is not safe for sqlcast:" + problems);
  const MutexLock lock(mutex_);
  settings_ = settings_to_compare(settings);
  return ok_status();
}

// What did not come through the log, the other nodes do not have.
Status Database::check_is_ours(Connection& connection) {
  const Result<std::optional<std::string>> has_log = connection.scalar(has_log_sql());
  if (!has_log) return has_log.status();
  if (has_log->has_value()) {
    const Result<std::optional<std::string>> entry = connection.scalar(any_entry_sql());
    if (!entry) return entry.status();
    if (entry->has_value()) return ok_status();
  }
  const Result<std::vector<Row>> rows = connection.rows(other_databases_sql());
  if (!rows) return rows.status();
  if (rows->empty()) return ok_status();
  std::string names;
  for (const Row& row : *rows) names += (names.empty() ? "" : ", ") + row[0].value_or("");
  return Status::error(Code::config,
                       "the database at " + address().text() + " has data that no sqlcast node has written: " + names +
                           ". It cannot be taken over, since the other nodes would not have it: give the node an empty "
                           "server, and bring the data in through it (mariadb-dump, then sqlcast)");
}

// A server that was started again has forgotten what prepare() has set, and its settings may be others.
Status Database::check_prepared(Connection& connection) {
  if (options_.managed) return ok_status();
  const Result<std::optional<std::string>> owner = connection.scalar("SELECT IS_USED_LOCK('sqlcast.node')");
  if (!owner) return owner.status();
  if (up_ && owner->value_or("") == std::to_string(ownership_id_)) return ok_status();
  up_ = false;
  changed_.notify_all();
  return Status::error(Code::database_unavailable,
                       "the database at " + address().text() + " was started again, and is being prepared");
}

Status Database::prepare(Connection& connection) {
  if (Status status = run_all(connection, schema_sql()); !status.ok()) return status;
  if (Status status = make_accounts(connection); !status.ok()) return status;
  return connection.execute(read_only_sql(options_.read_only));
}

Status Database::make_accounts(Connection& connection) {
  const std::string host = options_.external.socket.empty() && !options_.managed ? "%" : "localhost";
  Status status =
      run_all(connection, account_sql(host, writer_password_, reader_password_, options_.reader_connections));
  if (!status.ok())
    status.message += " (the account '" + administrator().user + "' must be able to create roles, users and grants)";
  return status;
}

Status Database::sync_files() const {
  if (!options_.managed) return ok_status();
  const std::string& folder = options_.managed->folder;
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  Status status = ok_status();
  if (descriptor < 0 || ::syncfs(descriptor) != 0)
    status = Status::error(Code::io, "cannot sync " + folder + ": " + std::strerror(errno));
  if (descriptor >= 0) ::close(descriptor);
  return status;
}

Status Database::restore_accounts() {
  Result<std::unique_ptr<Connection>> connection = open_administrator();
  if (!connection) return connection.status();
  return make_accounts(**connection);
}

Result<std::unique_ptr<Connection>> Database::open_pinned(const Account& account) {
  Result<std::unique_ptr<Connection>> connection = Connection::open(address(), account);
  if (!connection) return connection;
  watch_.add((*connection)->line());
  if (Status status = check_prepared(**connection); !status.ok()) return status;
  if (Status status = (*connection)->execute(pin_session_sql()); !status.ok()) return status;
  return connection;
}

Result<std::unique_ptr<Connection>> Database::open_writer() {
  Result<std::unique_ptr<Connection>> connection = open_pinned({std::string(kWriterUser), writer_password_});
  if (!connection) return connection;
  // The connection of a node that was killed may still be ending: hence the wait.
  const Result<std::optional<std::string>> lock = (*connection)->scalar(get_lock_sql("sqlcast.writer"));
  if (!lock) return lock.status();
  if (lock->value_or("0") != "1")
    return Status::error(Code::database_unavailable, "another sqlcast node writes to the database at " +
                                                         address().text() + "; give each node a database of its own");
  return connection;
}

Result<std::unique_ptr<Connection>> Database::open_reader() {
  const Status not_whole = Status::error(Code::database_unavailable, "the database gets from the log what it has lost");
  if (up_ && !admitted()) return not_whole;
  Result<std::unique_ptr<Connection>> connection = open_pinned({std::string(kReaderUser), reader_password_});
  if (!connection) return connection;
  if (!admitted()) return not_whole;  // it may be another server's by now
  if (Status status = (*connection)->execute(pin_reader_sql()); !status.ok()) return status;
  return connection;
}

Result<std::unique_ptr<Connection>> Database::open_administrator() { return open_administrator(0s); }

Result<std::unique_ptr<Connection>> Database::open_administrator(std::chrono::seconds io_timeout) {
  Result<std::unique_ptr<Connection>> connection = Connection::open(address(), administrator(), io_timeout);
  if (!connection) return connection;
  watch_.add((*connection)->line());
  if (Status status = (*connection)->execute(pin_session_sql()); !status.ok()) return status;
  return connection;
}

Result<std::unique_ptr<Connection>> Database::open_for_a_moment() {
  return Connection::open(address(), administrator(), kMoment);
}

// Cut with the others: a node that stops does not wait for them.
Result<std::unique_ptr<Connection>> Database::open_to_end_others() {
  Result<std::unique_ptr<Connection>> connection = open_for_a_moment();
  if (connection) watch_.add((*connection)->line());
  return connection;
}

Status Database::kill_query(std::uint64_t connection_id) {
  Result<std::unique_ptr<Connection>> connection = open_to_end_others();
  if (!connection) return connection.status();
  return (*connection)->execute("KILL QUERY " + std::to_string(connection_id));
}

Status Database::end_connection(std::uint64_t connection_id) {
  Result<std::unique_ptr<Connection>> connection = open_to_end_others();
  if (!connection) return connection.status();
  Status status = (*connection)->execute("KILL CONNECTION " + std::to_string(connection_id));
  return is_unknown_connection(status) ? ok_status() : status;
}

}  // namespace sqlcast::storage
