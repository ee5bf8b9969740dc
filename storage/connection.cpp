#include "storage/connection.h"

#include <cppconn/datatype.h>
#include <cppconn/driver.h>
#include <cppconn/exception.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/statement.h>
#include <mysql_driver.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <charconv>
#include <mutex>

#include "storage/errors.h"

namespace sqlcast::storage {
namespace {

::sql::Driver* driver() {
  static std::once_flag once;
  static ::sql::Driver* instance = nullptr;
  std::call_once(once, [] { instance = ::sql::mysql::get_driver_instance(); });
  return instance;
}

Status to_status(const ::sql::SQLException& problem) {
  Status status;
  status.database_errno = problem.getErrorCode();
  status.code = loses_connection(status) ? Code::database_unavailable : Code::sql_error;
  status.message = problem.what();
  status.sqlstate = problem.getSQLStateCStr() == nullptr ? "" : problem.getSQLStateCStr();
  if (status.message.empty()) status.message = "the database closed the connection";
  return status;
}

proto::ValueKind value_kind(int type, bool is_signed, bool is_binary, bool zerofill) {
  using ::sql::DataType;
  switch (type) {
    case DataType::TINYINT:
    case DataType::SMALLINT:
    case DataType::MEDIUMINT:
    case DataType::INTEGER:
    case DataType::BIGINT:
    case DataType::YEAR:
      if (zerofill) return proto::ValueKind::text;
      return is_signed ? proto::ValueKind::int64 : proto::ValueKind::uint64;
    case DataType::BIT: return proto::ValueKind::bytes;
    case DataType::REAL:
    case DataType::DOUBLE: return proto::ValueKind::float64;
    case DataType::GEOMETRY:
    case DataType::BINARY:
    case DataType::VARBINARY:
    case DataType::LONGVARBINARY: return is_binary ? proto::ValueKind::bytes : proto::ValueKind::text;
    default: return proto::ValueKind::text;
  }
}

// As the server keeps them: big-endian, as few bytes as hold them. The connector would give a number.
std::string bit_bytes(std::uint64_t value, unsigned int bits) {
  std::string bytes;
  for (unsigned int shift = (bits + 7) / 8 * 8; shift > 0; shift -= 8)
    bytes += static_cast<char>(static_cast<unsigned char>(value >> (shift - 8)));
  return bytes;
}

std::vector<proto::ColumnInfo> describe(::sql::ResultSetMetaData& data) {
  std::vector<proto::ColumnInfo> columns(data.getColumnCount());
  for (unsigned int i = 1; i <= columns.size(); ++i) {
    proto::ColumnInfo& column = columns[i - 1];
    column.name = data.getColumnLabel(i).asStdString();
    column.table = data.getTableName(i).asStdString();
    column.type = data.getColumnTypeName(i).asStdString();
    const int type = data.getColumnType(i);
    column.kind = value_kind(type, data.isSigned(i), data.getColumnCharset(i) == "binary",
                             column.type.find("ZEROFILL") != std::string::npos);
    column.nullable = data.isNullable(i) != ::sql::ResultSetMetaData::columnNoNulls;
  }
  return columns;
}

std::vector<Origin> origins_of(::sql::ResultSetMetaData& data) {
  std::vector<Origin> origins(data.getColumnCount());
  for (unsigned int i = 1; i <= origins.size(); ++i)
    origins[i - 1] = {data.getSchemaName(i).asStdString(), data.getTableName(i).asStdString(),
                      data.getColumnName(i).asStdString()};
  return origins;
}

// Somebody waits for the server while it lives.
class Waiting {
 public:
  explicit Waiting(Line& line) : line_(line) { line_.enter(); }
  ~Waiting() { line_.leave(); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  Line& line_;
};

// A lost connection's socket has a second number here: cut, so that the server hears of it.
Status with_line(Line& line, Status status) {
  if (status.code == Code::database_unavailable) line.cut();
  return status;
}

class ConnectorRows final : public RowStream {
 public:
  // The statement is the caller's, who must keep it, or owned.
  ConnectorRows(::sql::Statement& statement, std::unique_ptr<::sql::ResultSet> rows, Line& line,
                std::unique_ptr<::sql::Statement> owned = nullptr, bool wants_warnings = false)
      : owned_(std::move(owned)),
        statement_(statement),
        rows_(std::move(rows)),
        line_(line),
        wants_warnings_(wants_warnings),
        columns_(describe(*rows_->getMetaData())) {}
  // What has not been read is read here.
  ~ConnectorRows() override {
    const Waiting waiting(line_);
    rows_.reset();
    owned_.reset();
  }
  ConnectorRows(const ConnectorRows&) = delete;
  ConnectorRows& operator=(const ConnectorRows&) = delete;

  const std::vector<proto::ColumnInfo>& columns() const override { return columns_; }
  std::vector<Origin> origins() const override { return origins_of(*rows_->getMetaData()); }
  bool rounded(std::size_t column) const override {
    constexpr unsigned kNotRounded = 31;
    return rows_->getMetaData()->getScale(static_cast<unsigned>(column) + 1) < kNotRounded;
  }
  const std::vector<std::string>& warnings() const override { return warnings_; }
  Result<bool> next() override {
    if (ended_) return false;
    const Waiting waiting(line_);
    try {
      if (rows_->next()) return true;
      ended_ = true;
      // The connector takes an error in the middle of the rows for their end; asked for a result that is not there, it
      // throws the connection's last error, if there is one. Nothing is sent for it.
      const std::unique_ptr<::sql::ResultSet> none(statement_.getResultSet());
      if (wants_warnings_) read_warnings();
      return false;
    } catch (const ::sql::SQLException& problem) {
      status_ = with_line(line_, to_status(problem));
      return status_;
    }
  }
  const Status& status() const { return status_; }
  std::optional<std::string> value(std::size_t column) const override {
    const auto number = static_cast<std::uint32_t>(column + 1);
    ::sql::SQLString given = rows_->getString(number);
    std::string& text = *given.operator->();
    if (text.empty() && rows_->isNull(number)) return std::nullopt;
    const proto::ColumnInfo& info = columns_[column];
    if (info.kind == proto::ValueKind::bytes && info.type == "BIT")
      return bit_bytes(std::stoull(text), rows_->getMetaData()->getColumnDisplaySize(number));
    return std::move(text);
  }

 private:
  // By itself: of several statements in one text the server may leave out the rest when it is told to stop.
  void read_warnings() {
    const std::unique_ptr<::sql::Statement> statement(statement_.getConnection()->createStatement());
    const std::unique_ptr<::sql::ResultSet> warnings(statement->executeQuery("SHOW WARNINGS LIMIT 16"));
    while (warnings->next())
      warnings_.push_back(warnings->getString(2).asStdString() + " " + warnings->getString(3).asStdString());
  }

  std::unique_ptr<::sql::Statement> owned_;
  ::sql::Statement& statement_;
  std::unique_ptr<::sql::ResultSet> rows_;
  Line& line_;
  bool ended_ = false;
  Status status_;
  const bool wants_warnings_;
  std::vector<proto::ColumnInfo> columns_;
  std::vector<std::string> warnings_;
};

// A partner that is gone without a word, as when its machine has lost power, is noticed within half a minute.
void notice_dead_links(int socket) {
  const auto set = [socket](int level, int option, int value) {
    setsockopt(socket, level, option, &value, sizeof(value));
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 10);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set(IPPROTO_TCP, TCP_KEEPCNT, 4);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 30'000);
}

// Without sslEnforce it would go on in clear where the server offers no TLS.
void add_tls(::sql::ConnectOptionsMap& options, const Tls& tls) {
  options["sslEnforce"] = true;
  options["sslVerify"] = tls.verify;
  for (const auto& [name, path] : {std::pair{"sslCA", tls.ca}, {"sslCert", tls.cert}, {"sslKey", tls.key}})
    if (!path.empty()) options[name] = ::sql::SQLString(path);
}

}  // namespace

struct Connection::Impl {
  std::unique_ptr<::sql::Connection> connection;

  std::unique_ptr<::sql::Statement> statement() {
    std::unique_ptr<::sql::Statement> result(connection->createStatement());
    result->setResultSetType(::sql::ResultSet::TYPE_FORWARD_ONLY);
    return result;
  }
};

std::string Address::text() const { return socket.empty() ? host + ":" + std::to_string(port) : "unix:" + socket; }

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)), line_(std::make_shared<Line>(-1)) {}

// The connector reads what is left of a result, and says good-bye.
Connection::~Connection() {
  line_->when_waiting({});
  const Waiting waiting(*line_);
  impl_.reset();
}

Result<std::unique_ptr<Connection>> Connection::open(const Address& address, const Account& account,
                                                     std::chrono::seconds io_timeout) {
  try {
    ::sql::ConnectOptionsMap options;
    options["hostName"] =
        ::sql::SQLString(address.socket.empty() ? "tcp://" + address.host + ":" + std::to_string(address.port)
                                                : "unix://" + address.socket);
    options["userName"] = ::sql::SQLString(account.user);
    options["password"] = ::sql::SQLString(account.password);
    options["CLIENT_MULTI_STATEMENTS"] = true;
    options["OPT_CHARSET_NAME"] = ::sql::SQLString("utf8mb4");
    options["OPT_LOCAL_INFILE"] = 0;
    options["OPT_CONNECT_TIMEOUT"] = 5;
    options["OPT_MAX_ALLOWED_PACKET"] = 1 << 30;
    if (address.tls.on) add_tls(options, address.tls);
    if (io_timeout.count() > 0) {
      options["OPT_READ_TIMEOUT"] = static_cast<int>(io_timeout.count());
      options["OPT_WRITE_TIMEOUT"] = static_cast<int>(io_timeout.count());
    }
    std::unique_ptr<Connection> connection(new Connection(std::make_unique<Impl>()));
    const Opening opening(address);
    if (!opening.ok())
      return Status::error(Code::database_unavailable,
                           "the database at " + address.text() + " does not answer others who connect to it");
    connection->impl_->connection.reset(driver()->connect(options));
    const int socket = opening.socket();
    if (address.socket.empty()) notice_dead_links(socket);
    connection->line_ = std::make_shared<Line>(socket);
    Result<std::optional<std::string>> id = connection->scalar("SELECT CONNECTION_ID()");
    if (!id) return id.status();
    connection->line_->set_id(std::stoull(id->value_or("0")));
    if (address.tls.on)
      if (Status status = connection->check_encrypted(address); !status.ok()) return status;
    return connection;
  } catch (const ::sql::SQLException& problem) {
    Status status = to_status(problem);
    status.code = Code::database_unavailable;
    status.message =
        "cannot connect to the database at " + address.text() + " as '" + account.user + "': " + status.message;
    if (address.tls.on && loses_tls(status))
      status.message += address.tls.verify ? "; with database.tls verify its certificate has to be of " +
                                                 address.tls.ca + ", in its time, and to name " + address.host
                                           : "; database.tls is encrypt, and the server may know no TLS";
    return status;
  }
}

// The connector is asked to insist on it; this is what the server says.
Status Connection::check_encrypted(const Address& address) {
  const Result<std::vector<Row>> rows = this->rows("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
  if (!rows) return rows.status();
  if (rows->size() == 1 && rows->front().size() == 2 && !rows->front()[1].value_or("").empty()) return ok_status();
  return Status::error(Code::database_unavailable,
                       "the database at " + address.text() + " was reached in clear, and database.tls forbids that");
}

Status Connection::execute(std::string_view sql) {
  const ScriptResult result = run_script(std::string(sql), 1, nullptr);
  return result.status;
}

Result<std::vector<Row>> Connection::rows(std::string_view sql) {
  std::vector<Row> found;
  const ScriptResult result = run_script(std::string(sql), 1, [&](std::size_t, RowStream& stream) {
    while (true) {
      const Result<bool> more = stream.next();
      if (!more || !*more) return;  // an error is the script's status too
      Row row(stream.columns().size());
      for (std::size_t i = 0; i < row.size(); ++i) row[i] = stream.value(i);
      found.push_back(std::move(row));
    }
  });
  if (!result.status.ok()) return result.status;
  return found;
}

Result<std::optional<std::string>> Connection::scalar(std::string_view sql) {
  Result<std::vector<Row>> found = rows(sql);
  if (!found) return found.status();
  if (found->empty() || found->front().empty()) return std::optional<std::string>();
  return found->front().front();
}

Result<std::unique_ptr<RowStream>> Connection::stream(std::string_view sql, bool warnings) {
  try {
    const Waiting waiting(*line_);
    std::unique_ptr<::sql::Statement> statement = impl_->statement();
    if (warnings) statement->execute(kForgetWarnings);
    if (!statement->execute(::sql::SQLString(sql.data(), sql.size())))
      return Status::error(Code::internal, "a statement taken for a read gave no rows");
    std::unique_ptr<::sql::ResultSet> result(statement->getResultSet());
    ::sql::Statement& reference = *statement;
    return std::unique_ptr<RowStream>(
        new ConnectorRows(reference, std::move(result), *line_, std::move(statement), warnings));
  } catch (const ::sql::SQLException& problem) {
    return with_line(*line_, to_status(problem));
  }
}

Connection::ScriptResult Connection::run_script(
    const std::string& text, std::size_t statements,
    const std::function<void(std::size_t index, RowStream& rows)>& on_rows) {
  ScriptResult result;
  try {
    const std::unique_ptr<::sql::Statement> statement = impl_->statement();
    bool has_rows = false;
    {
      const Waiting waiting(*line_);
      has_rows = statement->execute(::sql::SQLString(text.data(), text.size()));
    }
    while (true) {
      if (has_rows) {
        ConnectorRows rows(*statement, std::unique_ptr<::sql::ResultSet>(statement->getResultSet()), *line_);
        if (on_rows) on_rows(result.completed, rows);
        // What the callback left unread must be read before the next result.
        while (rows.status().ok()) {
          const Result<bool> more = rows.next();
          if (!more || !*more) break;
        }
        result.status = rows.status();
        if (!result.status.ok()) return result;
      }
      if (++result.completed == statements) return result;
      const Waiting waiting(*line_);
      has_rows = statement->getMoreResults();
    }
  } catch (const ::sql::SQLException& problem) {
    result.status = with_line(*line_, to_status(problem));
    return result;
  }
}

}  // namespace sqlcast::storage
