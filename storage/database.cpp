#include "storage/database.h"

#include <algorithm>
#include <random>

#include "base/logging.h"
#include "base/thread.h"
#include "base/types.h"
#include "storage/dialect.h"
#include "storage/server_rules.h"

namespace sqlcast::storage {
namespace {

using namespace std::chrono_literals;

constexpr auto kStartTimeout = std::chrono::seconds(180);  // crash recovery of a large redo log included
constexpr auto kCheckInterval = 100ms;
constexpr auto kStopGrace = std::chrono::seconds(4);  // for what sessions have under way
// Crash-safe as it is, a server that takes longer to stop is not worth a wait.
constexpr auto kStopTimeout = std::chrono::seconds(5);
constexpr auto kMaxBackOff = 5000ms;
constexpr auto kAskInterval = 500ms;
constexpr auto kAnswerTimeout = std::chrono::seconds(2);  // then on another session
constexpr auto kSilence = 3000ms;                         // of a server that is stalled
constexpr auto kMoment = std::chrono::seconds(5);         // for an answer to what takes no time

std::string random_password() {
  std::random_device source;
  std::string bytes;
  for (int i = 0; i < 16; ++i) bytes.push_back(static_cast<char>(source() & 0xFFU));
  return to_hex(bytes);
}

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
Account Database::administrator() const {
  return options_.managed ? server_->administrator() : options_.external_account;
}

std::string Database::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

Database::Health Database::health() const {
  Health health;
  health.up = up_;
  health.stalled = health.up && stalled_;
  const std::lock_guard lock(mutex_);
  if (!health.up) health.message = doing_;
  if (health.stalled)
    health.message = "the database at " + address().text() + " runs, but does not answer" +
                     (options_.managed ? "; if it stays so it is killed and started again" : "");
  return health;
}

void Database::say(const std::string& doing) {
  const std::lock_guard lock(mutex_);
  if (doing_ == doing) return;
  doing_ = doing;
  logging::info("{}", doing);
}

std::vector<std::string> Database::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

Status Database::start() {
  watch_.start();
  supervisor_ = start_thread("db-supervisor", [this] { supervise(); });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return first_start_.has_value(); });
  return *first_start_;
}

void Database::prepare_to_stop() {
  ending_ = true;
  watch_.cut_all_after(kStopGrace);
  if (!up_ && server_) server_->interrupt();
}

void Database::interrupt() {
  ending_ = true;
  if (server_) server_->interrupt();
}

void Database::stop() {
  prepare_to_stop();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (supervisor_.joinable()) supervisor_.join();
  watch_.stop();
}

void Database::supervise() {
  Status first = bring_up();
  {
    const std::lock_guard lock(mutex_);
    first_start_ = first;
  }
  changed_.notify_all();
  pinger_.start();
  back_off_ = kCheckInterval;
  std::unique_lock lock(mutex_);
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
  say(server_ ? "the database is being started again" : "the database at " + address().text() + " is waited for");
  if (const Status status = bring_up(); status.ok()) {
    back_off_ = kCheckInterval;
    logging::info("the database server is back");
  } else if (!ending_) {
    back_off_ = std::min(back_off_ * 2, std::chrono::milliseconds(kMaxBackOff));
    logging::error("the database server does not start: {}; next try in {} ms", status.message, back_off_.count());
    say("the database does not start: " + status.message);
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
  constexpr int kFirstOfClient = 2000;
  constexpr int kNoSocket = 2002;
  constexpr int kNoHost = 2003;
  Status status;
  if (!questions_ || questions_->lost()) {
    Result<std::unique_ptr<Connection>> connection = Connection::open(address(), administrator(), kAnswerTimeout);
    status = connection.status();
    if (connection) questions_ = std::move(*connection);
  }
  if (status.ok()) status = questions_->execute("DO 0");
  if (status.ok() || (status.database_errno != 0 && status.database_errno < kFirstOfClient))
    return Pinger::Answer::came;
  const bool nobody = status.database_errno == kNoSocket || status.database_errno == kNoHost;
  return nobody ? Pinger::Answer::nobody_there : Pinger::Answer::failed;
}

Status Database::bring_up() {
  if (server_) {
    if (Status status = server_->start(kStartTimeout, [this](const std::string& doing) { say(doing); }); !status.ok())
      return status;
  }
  Result<std::unique_ptr<Connection>> connection = open_administrator();
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
    const std::lock_guard lock(mutex_);
    version_ = version->value_or("");
    doing_.clear();
  }
  pinger_.forget();
  up_ = true;
  return ok_status();
}

// One node a server. Before anything of it is changed: another node's passwords, for one.
Status Database::take_server() {
  Result<std::unique_ptr<Connection>> connection = open_administrator();
  if (!connection) return connection.status();
  const auto take = [&](const std::string& name) -> Status {
    // The session of a node that was killed may still be ending: hence the wait.
    const Result<std::optional<std::string>> lock = (*connection)->scalar("SELECT GET_LOCK('" + name + "',20)");
    if (!lock) return lock.status();
    if (lock->value_or("0") == "1") return ok_status();
    return Status::error(Code::database_unavailable, "another sqlcast node uses the database at " + address().text() +
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
  constexpr std::uint32_t kOwnSessions = 20;
  std::string problems;
  for (const std::string& problem : unsafe_settings(settings, options_.reader_sessions + kOwnSessions))
    problems += "\n  " + problem;
  if (!problems.empty())
    return Status::error(Code::config, "the database at " + address().text() + " is not safe for sqlcast:" + problems);
  const std::lock_guard lock(mutex_);
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
  Status status = run_all(connection, account_sql(host, writer_password_, reader_password_, options_.reader_sessions));
  if (!status.ok())
    status.message += " (the account '" + administrator().user + "' must be able to create roles, users and grants)";
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
  // The session of a node that was killed may still be ending: hence the wait.
  const Result<std::optional<std::string>> lock = (*connection)->scalar("SELECT GET_LOCK('sqlcast.writer', 20)");
  if (!lock) return lock.status();
  if (lock->value_or("0") != "1")
    return Status::error(Code::database_unavailable, "another sqlcast node writes to the database at " +
                                                         address().text() + "; give each node a database of its own");
  return connection;
}

Result<std::unique_ptr<Connection>> Database::open_reader() {
  Result<std::unique_ptr<Connection>> connection = open_pinned({std::string(kReaderUser), reader_password_});
  if (!connection) return connection;
  if (Status status = (*connection)->execute(pin_reader_sql()); !status.ok()) return status;
  return connection;
}

Result<std::unique_ptr<Connection>> Database::open_administrator() {
  Result<std::unique_ptr<Connection>> connection = Connection::open(address(), administrator());
  if (!connection) return connection;
  watch_.add((*connection)->line());
  if (Status status = (*connection)->execute(pin_session_sql()); !status.ok()) return status;
  return connection;
}

Result<std::unique_ptr<Connection>> Database::open_for_a_moment() {
  return Connection::open(address(), administrator(), kMoment);
}

Status Database::kill_query(std::uint64_t connection_id) {
  Result<std::unique_ptr<Connection>> connection = open_for_a_moment();
  if (!connection) return connection.status();
  return (*connection)->execute("KILL QUERY " + std::to_string(connection_id));
}

Status Database::end_session(std::uint64_t connection_id) {
  Result<std::unique_ptr<Connection>> connection = open_for_a_moment();
  if (!connection) return connection.status();
  constexpr int kNoSuchThread = 1094;
  Status status = (*connection)->execute("KILL CONNECTION " + std::to_string(connection_id));
  return status.database_errno == kNoSuchThread ? ok_status() : status;
}

}  // namespace sqlcast::storage
