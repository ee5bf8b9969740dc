#include "client/gui/model/connection.h"

#include "client/gui/model/collect.h"
#include "client/gui/model/text.h"

namespace sqlcast::gui {

namespace {
constexpr std::chrono::microseconds kDrainBudget{4'000};  // of one frame
constexpr std::size_t kTailPerFrame = 2'000;
constexpr std::uint64_t kSchemaRows = 500'000;
constexpr std::uint64_t kJumpBytes = 2U << 20U;

client::Request schema_request(client::Statement statement) {
  client::Request request;
  request.statements.push_back(std::move(statement));
  request.consistency = client::Consistency::session;
  request.page_rows = 10'000;
  return request;
}
}  // namespace

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
  }
  if (tailed.dropped > 0) log.count_dropped(tailed.dropped);
  if (now >= next_poll_) poll();
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
    if (!answer.status.ok()) return schema.set_failed(answer.status.message);
    schema.set_databases(answer.rows);
    // The first database of the user's own is what they want to see.
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
            if (!answer.status.ok()) return schema.set_database_failed(database, answer.status.message);
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
