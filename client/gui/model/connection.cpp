#include "client/gui/model/connection.h"

#include <algorithm>
#include <utility>

#include "client/gui/model/collect.h"
#include "client/gui/model/text.h"
#include "sql/policy.h"

namespace sqlcast::gui {

namespace {
constexpr std::chrono::microseconds kDrainBudget{4'000};  // of one frame
constexpr std::size_t kTailPerFrame = 2'000;
constexpr std::uint64_t kSchemaRows = 500'000;
constexpr std::uint64_t kJumpBytes = 2U << 20U;

constexpr double kReloadSeconds = 1.0;  // a script of definitions is one reload
constexpr Sequence kLogAtStart = 200;
constexpr int kMostLogReads = 16;
}  // namespace

client::Request Connection::schema_request(client::Statement statement) const {
  client::Request request;
  request.statements.push_back(std::move(statement));
  request.consistency = client::Consistency::session;
  if (schema_after_ > backend_->session_position()) request.after = schema_after_;
  request.page_rows = 10'000;
  return request;
}

Connection::Connection(SavedConnection connection, std::unique_ptr<Backend> backend)
    : saved_(std::move(connection)), backend_(std::move(backend)) {}

Connection::~Connection() = default;

bool Connection::tick(double now, std::uint64_t unix_us) {
  if (started_ == 0) started_ = now;
  now_ = now;
  unix_us_ = unix_us;
  bool any = backend_->drain(kDrainBudget);
  Backend::Tailed tailed = backend_->take_tail(kTailPerFrame);
  if (!tailed.entries.empty()) {
    log.add_live(tailed.entries);
    any = true;
    for (const LogEntry& entry : tailed.entries) {
      if (!entry.ddl) continue;
      for (const proto::Statement& statement : entry.entry.statements)
        schema_changed(statement.sql, entry.entry.database, entry.entry.sequence);
    }
  }
  if (tailed.dropped > 0) log.count_dropped(tailed.dropped);
  if (now >= next_poll_) poll();
  if (now >= next_reload_ && (databases_changed_ || !changed_.empty())) reload_changed();
  if (!log_begun_ && cluster.connected() && cluster.head() > 0) begin_log();
  if (cluster.connected() && !was_connected_) {
    if (schema.state() == LoadState::unknown || schema.state() == LoadState::failed) load_databases();
  }
  was_connected_ = cluster.connected();
  return any;
}

void Connection::poll() {
  if (polling_) return;
  polling_ = backend_->poll_cluster([this](Result<std::vector<proto::NodeStatus>> answer) {
    polling_ = false;
    if (answer.ok()) {
      cluster.update(*answer, now_, unix_us_);
      backend_->start_tail();
    } else {
      cluster.update_failed(answer.status(), now_, unix_us_);
    }
    next_poll_ = now_ + (cluster.connected() ? kPollSeconds : kRetrySeconds);
  });
  next_poll_ = now_ + kPollSeconds;
}

ConnectionState Connection::state() const {
  if (cluster.connected()) return ConnectionState::connected;
  return cluster.nodes().empty() ? ConnectionState::connecting : ConnectionState::lost;
}

void Connection::load_databases() {
  if (schema.state() == LoadState::loading) return;
  schema.set_loading();
  client::Statement statement;
  statement.sql = SchemaModel::databases_sql();
  collect(*backend_, schema_request(std::move(statement)), kSchemaRows, [this](const Collected& answer) {
    if (!answer.status.ok()) {
      schema_after_ = 0;  // it may have been of another history
      return schema.set_failed(answer.status.message);
    }
    schema.set_databases(answer.rows);
    // The first database of the user's own is what they want to see, when none is shown yet.
    for (const SchemaDatabase& database : schema.databases()) {
      if (!database.system && database.state != LoadState::unknown) return;
    }
    for (const SchemaDatabase& database : schema.databases()) {
      if (database.system || database.state != LoadState::unknown) continue;
      load_database(database.name);
      break;
    }
  });
}

void Connection::load_database(const std::string& name) {
  const SchemaDatabase* database = schema.database(name);
  if (database == nullptr || database->state == LoadState::loading) return;
  schema.set_database_loading(name);
  load_part(name, 0);
}

void Connection::load_part(const std::string& database, std::size_t part) {
  if (part >= std::size(SchemaModel::kParts)) return schema.set_database_loaded(database);
  const auto which = SchemaModel::kParts[part];
  collect(*backend_, schema_request(SchemaModel::part_sql(which, database)), kSchemaRows,
          [this, database, part, which](const Collected& answer) {
            if (!answer.status.ok()) {
              schema_after_ = 0;
              return schema.set_database_failed(database, answer.status.message);
            }
            schema.take_part(which, database, answer.rows);
            load_part(database, part + 1);
          });
}

void Connection::refresh_schema() {
  std::vector<std::string> loaded;
  for (const SchemaDatabase& database : schema.databases()) {
    if (database.state == LoadState::loaded || database.state == LoadState::failed) loaded.push_back(database.name);
  }
  load_databases();
  for (const std::string& name : loaded) load_database(name);
}

void Connection::schema_changed(const std::string& sql, const std::string& default_database, Sequence sequence) {
  const sql::Verdict verdict = sql::classify(sql, default_database);
  if (verdict.ddl_kind == sql::DdlKind::database || verdict.ddl_targets.empty()) databases_changed_ = true;
  const auto note = [this](const std::string& name) {
    const SchemaDatabase* database = schema.database(name);
    if (database != nullptr && database->state != LoadState::unknown) changed_.insert(name);
  };
  for (const sql::ObjectName& target : verdict.ddl_targets) note(target.database);
  for (const sql::ObjectName& table : verdict.tables) note(table.database);
  schema_after_ = std::max(schema_after_, sequence);
}

void Connection::reload_changed() {
  next_reload_ = now_ + kReloadSeconds;
  // What is being loaded was asked for before: once more when it is there.
  const bool loading = std::any_of(changed_.begin(), changed_.end(), [this](const std::string& name) {
    const SchemaDatabase* database = schema.database(name);
    return database != nullptr && database->state == LoadState::loading;
  });
  if (loading || schema.state() == LoadState::loading || !cluster.connected()) return;
  for (const std::string& name : std::exchange(changed_, {})) load_database(name);
  if (std::exchange(databases_changed_, false)) load_databases();
}

std::string Connection::why_nothing() const {
  switch (state()) {
    case ConnectionState::connected: return {};
    case ConnectionState::connecting: return "No node has answered yet; trying again and again.";
    case ConnectionState::lost: return "No node answers any more; trying again and again.";
  }
  return {};
}

// The end of the log, so that it can be seen what led here.
void Connection::begin_log() {
  log_begun_ = true;
  const Sequence head = cluster.head();
  Sequence from = head > kLogAtStart ? head - kLogAtStart + 1 : 1;
  for (const auto& node : cluster.nodes()) {
    if (node->reachable) from = std::max(from, std::min(node->status.log.first, head));
  }
  read_end_of_log(from, head, kMostLogReads);
}

void Connection::read_end_of_log(Sequence from, Sequence to, int reads) {
  backend_->read_log(from, kJumpBytes, [this, to, reads](Result<std::vector<LogEntry>> answer) {
    // Without it the log still shows what comes.
    if (!answer.ok() || answer->empty()) return;
    log.add_earlier(*answer);
    const Sequence last = answer->back().entry.sequence;
    if (last < to && reads > 1) read_end_of_log(last + 1, to, reads - 1);
  });
}

void Connection::jump_log(Sequence first) {
  if (log_loading_) return;
  log_loading_ = true;
  log_problem_.clear();
  backend_->read_log(first, kJumpBytes, [this, first](Result<std::vector<LogEntry>> answer) {
    log_loading_ = false;
    if (!answer.ok()) {
      log_problem_ = answer.status().message;
      return;
    }
    if (answer->empty()) {
      log_problem_ = cat("The log ends before ", with_separators(first), ".");
      return;
    }
    log.show_history(*answer, first);
  });
}

}  // namespace sqlcast::gui
