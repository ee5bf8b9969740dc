#include "tests/oracle/plain_server.h"

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "sql/row_plan.h"
#include "storage/dialect.h"

namespace sqlcast::oracle {
namespace {

// Where an imposed AUTO_INCREMENT value goes that its statement had no use for: it would wait for the next one.
constexpr const char* kOwn = "CREATE TABLE oracle_own.burnt (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY)";

storage::Address address_of(const support::PrivateServer& server) {
  storage::Address address;
  address.socket = server.folder() + "/s";
  return address;
}

std::unique_ptr<storage::Connection> connect(const storage::Address& address, const storage::Account& account) {
  auto connection = storage::Connection::open(address, account);
  if (!connection) throw std::runtime_error("the plain server: " + connection.status().message);
  must(**connection, storage::pin_session_sql());
  return std::move(*connection);
}

Value value_of(const storage::RowStream& stream, std::size_t column) {
  std::optional<std::string> text = stream.value(column);
  if (!text) return std::monostate{};
  switch (stream.columns()[column].kind) {
    case proto::ValueKind::float64: return std::stod(*text);
    case proto::ValueKind::bytes: return Bytes{std::move(*text)};
    default: return std::move(*text);
  }
}

std::string name_of(const Statement& statement) {
  return storage::quote_name(statement.database) + "." + storage::quote_name(statement.table);
}

bool uses_last_insert_id(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text.find("LAST_INSERT_ID") != std::string::npos;
}

std::string context_sql(const proto::Context& context) {
  std::string fraction = std::to_string(context.timestamp_us % 1'000'000);
  fraction.insert(0, 6 - fraction.size(), '0');
  return "SET timestamp=" + std::to_string(context.timestamp_us / 1'000'000) + "." + fraction + ",max_statement_time=0";
}

// docs/protocol.md: before statement k, seed + k * 2654435761, modulo 1073741823.
std::string seeds_sql(const proto::Context& context, std::uint64_t place) {
  const auto seed = [&](std::optional<std::uint64_t> first) {
    return std::to_string((first.value_or(1) + place * 2'654'435'761U) % 1'073'741'823U);
  };
  return "SET rand_seed1=" + seed(context.rand_seed1) + ",rand_seed2=" + seed(context.rand_seed2);
}

// What was expected is looked at when all statements have run: an error of a later one comes first.
void check_expectations(const Request& request, Outcome& outcome) {
  for (std::uint32_t i = 0; i < request.statements.size(); ++i) {
    const std::optional<std::uint64_t> expect = request.statements[i].wire.expect;
    const std::uint64_t affected = outcome.statements[i].effect.affected_rows;
    if (!expect || *expect == affected) continue;
    outcome.status = Status::error(Code::expectation_failed, "affects " + std::to_string(affected) + " rows");
    outcome.failed_statement = i;
    return;
  }
}

// In front of what may be frozen in it, or behind: what is frozen is in parentheses or behind SET.
bool differs_around(const std::string& plain, const std::string& logged) {
  const std::string head = plain.substr(0, std::min(plain.find('('), plain.find(" SET ")));
  const std::string tail = plain.substr(plain.rfind(')') + 1);
  return !logged.starts_with(head) || (plain.find(" RETURNING ") == std::string::npos && !logged.ends_with(tail));
}

// The log has other texts of it, or several.
bool by_rows(const Statement& statement, const proto::Entry& entry, std::size_t place) {
  const bool several =
      place + 1 < entry.statements.size() && entry.statements[place + 1].sql.starts_with(sql::kFurtherRows);
  const std::string& logged = entry.statements.at(place).sql;
  return several || (statement.frozen ? differs_around(statement.plain, logged) : !statement.plain.starts_with(logged));
}

}  // namespace

void must(storage::Connection& connection, const std::string& sql) {
  if (const Status status = connection.execute(sql); !status.ok())
    throw std::runtime_error(status.message + " (" + sql + ")");
}

std::vector<storage::Row> ask(storage::Connection& connection, const std::string& sql) {
  Result<std::vector<storage::Row>> rows = connection.rows(sql);
  if (!rows) throw std::runtime_error(rows.status().message + " (" + sql + ")");
  return std::move(*rows);
}

std::string text_of(const storage::Row& row) {
  std::string text;
  for (const auto& cell : row) text += (cell ? "'" + *cell + "'" : std::string("NULL")) + " ";
  return text;
}

PlainServer::PlainServer() {
  const storage::Address address = address_of(server_);
  administrator_ = connect(address, {"root", ""});
  must(*administrator_, "CREATE DATABASE " + storage::quote_name(storage::kNoDatabase));
  for (const std::string& sql : storage::account_sql("localhost", "w", "r", 4)) must(*administrator_, sql);
  must(*administrator_, "SET GLOBAL max_statement_time=0,GLOBAL max_allowed_packet=1073741824");
  must(*administrator_, "CREATE DATABASE oracle_own");
  must(*administrator_, kOwn);
  in_database_ = open();
  in_none_ = open();
  definitions_in_none_ = open();
  // As at a node: a database in which clients have no rights. (Without any, a server refuses DELETE a FROM d.t AS a.)
  must(*in_none_.connection, "USE " + storage::quote_name(storage::kNoDatabase));
}

PlainServer::Session PlainServer::open() const {
  Session session;
  session.connection = connect(address_of(server_), {std::string(storage::kWriterUser), "w"});
  must(*session.connection, "SET ROLE " + std::string(storage::kClientRole));
  // The session's setting is that of the server when it began: as a managed server is started.
  must(*session.connection, "SET default_storage_engine=InnoDB");
  return session;
}

PlainServer::Session& PlainServer::session_for(const Request& request) {
  if (!request.database.empty()) return in_database_;
  return request.kind == Request::Kind::data ? in_none_ : definitions_in_none_;
}

std::optional<std::uint64_t> PlainServer::next_id(const Statement& statement) {
  if (statement.table.empty()) return std::nullopt;
  const auto rows = ask(*administrator_, "SHOW TABLE STATUS FROM " + storage::quote_name(statement.database) +
                                             " WHERE Name=" + storage::quote_text(statement.table));
  constexpr std::size_t kAutoIncrement = 10;
  if (rows.empty() || !rows.front().at(kAutoIncrement)) return std::nullopt;
  return std::stoull(*rows.front()[kAutoIncrement]);
}

// Whether a value had to be imposed.
bool PlainServer::impose(Session& session, const Statement& statement, std::uint64_t insert_id) {
  const std::optional<std::uint64_t> next = next_id(statement);
  if (next == insert_id && !statement.mixed) {
    ++natural_ids;
    return false;
  }
  ++imposed_ids;
  if (next && !statement.automatic.empty()) {
    const auto rows =
        ask(*session.connection, "SELECT GREATEST(IFNULL(MAX(" + storage::quote_name(statement.automatic) +
                                     "),0),0) FROM " + name_of(statement));
    const std::uint64_t highest = std::stoull(*rows.front().front());
    constexpr std::uint64_t kWidestGap = 100'000;
    // Behind an UPDATE that has moved an id upwards the server itself counts on below it.
    if (insert_id <= highest && *next > highest)
      throw std::runtime_error("a used AUTO_INCREMENT value was imposed: " + std::to_string(insert_id) + " where " +
                               std::to_string(highest) + " is in the table already");
    if (insert_id > std::max(highest, *next) + kWidestGap)
      throw std::runtime_error("an AUTO_INCREMENT value from nowhere was imposed: " + std::to_string(insert_id) +
                               " where the next is " + std::to_string(*next));
  }
  must(*session.connection, "SET insert_id=" + std::to_string(insert_id));
  return true;
}

Status PlainServer::run_statement(Session& session, const Statement& statement, const std::string& text,
                                  Outcome::Each& each) {
  // What the statement has generated is what has changed; a value that others read must stay.
  const bool reads_id = uses_last_insert_id(text);
  const std::uint64_t before = reads_id ? last_id_ : 0;
  const std::string script = "SET last_insert_id=" + std::to_string(before) + ";" + text +
                             "\n;SELECT ROW_COUNT(),LAST_INSERT_ID();SHOW WARNINGS LIMIT 16";
  std::uint64_t after = before;
  std::string affected;
  const auto on_rows = [&](std::size_t index, storage::RowStream& stream) {
    while (true) {
      const Result<bool> more = stream.next();
      if (!more || !*more) break;  // the script's status tells an error
      if (index == 2) {
        affected = stream.value(0).value_or("");
        after = std::stoull(stream.value(1).value_or("0"));
      } else if (index == 3) {
        each.warnings.push_back(stream.value(1).value_or("") + " " + stream.value(2).value_or(""));
      } else {
        std::string& row = each.rows.emplace_back();
        for (std::size_t i = 0; i < stream.columns().size(); ++i)
          row += (i == 0 ? "" : "|") + support::to_text(value_of(stream, i));
      }
    }
    each.has_rows = each.has_rows || index == 1;
  };
  const storage::Connection::ScriptResult result = session.connection->run_script(script, 4, on_rows);
  if (result.completed == 0) throw std::runtime_error("the plain server: " + result.status.message);
  if (!result.status.ok()) return result.status;
  std::sort(each.rows.begin(), each.rows.end());
  if (!statement.reads) each.effect.affected_rows = each.has_rows ? each.rows.size() : std::stoull(affected);
  if (after != before) last_id_ = each.effect.insert_id = after;
  return ok_status();
}

// What the master has executed by its rows: another server would find others, and runs the texts that the log has. That
// they are what the statement should do is for tests/cluster/materialise_test.cpp to see.
Status PlainServer::run_logged(Session& session, const Statement& statement, const proto::Context& context,
                               const proto::Entry& entry, std::size_t& place, Outcome::Each& each) {
  Outcome::Each sum;
  sum.by_rows = true;
  do {
    const proto::Statement& logged = entry.statements.at(place);
    must(*session.connection, seeds_sql(context, place++));
    Outcome::Each one;
    const bool imposed = logged.insert_id && impose(session, statement, *logged.insert_id);
    if (Status status = run_statement(session, statement, logged.sql, one); !status.ok()) return status;
    if (imposed) must(*session.connection, "DELETE FROM oracle_own.burnt");
    if (imposed) must(*session.connection, "INSERT INTO oracle_own.burnt VALUES (NULL)");
    sum.effect.affected_rows += one.effect.affected_rows;
    if (sum.effect.insert_id == 0) sum.effect.insert_id = one.effect.insert_id;
    sum.warnings.insert(sum.warnings.end(), one.warnings.begin(), one.warnings.end());
  } while (place < entry.statements.size() && entry.statements[place].sql.starts_with(sql::kFurtherRows));
  ++materialised;
  each = std::move(sum);
  return ok_status();
}

Outcome PlainServer::run(const Request& request, const proto::Context& context, const proto::Entry* entry,
                         Session& session) {
  Outcome outcome;
  outcome.statements.resize(request.statements.size());
  if (!request.database.empty()) {
    // Anew, by way of another one: of the one where it is, the server keeps to the collation that it knows, though a
    // database of that name may have been made since.
    outcome.status = session.connection
                         ->run_script("USE " + storage::quote_name(storage::kNoDatabase) + ";USE " +
                                          storage::quote_name(request.database),
                                      2, nullptr)
                         .status;
    outcome.failed_statement = 0;
    if (!outcome.status.ok()) return outcome;
  }
  must(*session.connection, context_sql(context));
  last_id_ = 0;
  if (request.kind == Request::Kind::data) must(*session.connection, "START TRANSACTION");
  std::size_t place = 0;  // among the entry's statements
  for (std::uint32_t i = 0; i < request.statements.size(); ++i) {
    const Statement& statement = request.statements[i];
    // Of a definition in parts the log has the last one: the plain server runs it whole.
    const bool written = request.kind == Request::Kind::data && !statement.reads;
    if (entry != nullptr && written && by_rows(statement, *entry, place)) {
      outcome.status = run_logged(session, statement, context, *entry, place, outcome.statements[i]);
      if (outcome.status.ok()) continue;
      outcome.failed_statement = i;
      return outcome;
    }
    const proto::Statement* logged = nullptr;
    if (!statement.reads) {
      must(*session.connection, seeds_sql(context, place));
      if (entry != nullptr) logged = &entry->statements.at(place);
      ++place;
    }
    const bool imposed = logged != nullptr && logged->insert_id && impose(session, statement, *logged->insert_id);
    const std::string& text = logged != nullptr && statement.frozen ? logged->sql : statement.plain;
    outcome.status = run_statement(session, statement, text, outcome.statements[i]);
    if (imposed) must(*session.connection, "DELETE FROM oracle_own.burnt");
    if (imposed) must(*session.connection, "INSERT INTO oracle_own.burnt VALUES (NULL)");
    if (outcome.status.ok()) continue;
    outcome.failed_statement = i;
    return outcome;
  }
  check_expectations(request, outcome);
  return outcome;
}

Outcome PlainServer::carry_out(const Request& request, const proto::Entry& entry) {
  Session& session = session_for(request);
  Outcome outcome = run(request, entry.context, &entry, session);
  must(*session.connection, outcome.status.ok() ? "COMMIT" : "ROLLBACK");
  return outcome;
}

Outcome PlainServer::attempt(const Request& request, const proto::Context& context) {
  std::map<std::string, std::pair<const Statement*, std::uint64_t>> next_ids;
  for (const Statement& statement : request.statements)
    if (const auto next = next_id(statement)) next_ids[name_of(statement)] = {&statement, *next};
  Session& session = session_for(request);
  Outcome outcome = run(request, context, nullptr, session);
  must(*session.connection, "ROLLBACK");
  // The values that a failure burns here are not burnt at the master: with them given back the two go on together.
  for (const auto& [table, next] : next_ids)
    if (const auto now = next_id(*next.first); now && *now != next.second)
      must(*administrator_, "ALTER TABLE " + table + " AUTO_INCREMENT=" + std::to_string(next.second));
  return outcome;
}

}  // namespace sqlcast::oracle
