// Connection: a connection with the node's database, through MySQL Connector/C++. The only file that speaks it.
//
// Owned by one thread at a time; its line() is for the others. What asks the server something may block, as long as the
// statement does. No exception leaves it: what the database refuses is sql_error with errno and SQLSTATE; a connection
// that is gone is database_unavailable, and lost() is then true for good (open a new one). A statement may take as long
// as it likes: that it has no answer to wait for any more is seen by who looks after the line (storage/watch).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "proto/message.h"
#include "sql/literal.h"
#include "storage/line.h"

namespace sqlcast::storage {

// How a host is reached: paths of PEM files. Without `on` in clear; with it never so.
struct Tls {
  bool on = false;
  bool verify = true;  // the server's certificate is of `ca` and names the host; else whoever answers will do
  std::string ca;
  std::string cert;  // our own, with its key, for a server that asks for one
  std::string key;
};

// Where a database server listens. A unix socket when `socket` is set.
struct Address {
  std::string socket;
  std::string host;
  std::uint16_t port = 3306;
  Tls tls = {};
  std::string text() const;  // for messages: "unix:/run/x.sock", "db1:3306"
};

struct Account {
  std::string user;
  std::string password;
};

using Row = std::vector<std::optional<std::string>>;  // text of each column; nothing = NULL

// The table column that a result's column is; empty where it is none.
struct Origin {
  std::string schema;
  std::string table;
  std::string column;
};

// The rows of a running statement, read forward one at a time; memory is one row.
class RowStream {
 public:
  virtual ~RowStream() = default;
  virtual const std::vector<proto::ColumnInfo>& columns() const = 0;
  virtual std::vector<Origin> origins() const = 0;  // of the columns
  // A FLOAT or DOUBLE column's text has a fixed number of digits behind the point, and may have lost some.
  virtual bool rounded(std::size_t column) const = 0;
  // False at the end. After an error the stream is over. May block.
  virtual Result<bool> next() = 0;
  // The text of the current row's cell, bytes for kind bytes; nothing = NULL.
  virtual std::optional<std::string> value(std::size_t column) const = 0;
  // "1265 Data truncated …"; after the last row, when they were asked for.
  virtual const std::vector<std::string>& warnings() const = 0;
};

class Connection {
 public:
  // With an io_timeout an answer that does not come within it loses the connection. May block.
  static Result<std::unique_ptr<Connection>> open(const Address& address, const Account& account,
                                                  std::chrono::seconds io_timeout = std::chrono::seconds(0));
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // One statement; its rows, if any, are dropped. May block.
  Status execute(std::string_view sql);

  // One statement whose few rows are wanted whole. May block.
  Result<std::vector<Row>> rows(std::string_view sql);
  // The first column of the first row; nothing when there is no row or it is NULL. May block.
  Result<std::optional<std::string>> scalar(std::string_view sql);

  // One statement whose rows are read as they come. The stream must be gone before the next statement. With
  // `warnings` the stream has the statement's own warnings once its rows have ended. May block.
  Result<std::unique_ptr<RowStream>> stream(std::string_view sql, bool warnings = false);

  // A script of exactly `statements` statements in one round trip. on_rows is called for each that gives rows,
  // with its index. Stops at the first that fails: `completed` is its index and `status` its error; those
  // before it stand. May block.
  struct ScriptResult {
    std::size_t completed = 0;
    Status status;
  };
  ScriptResult run_script(const std::string& text, std::size_t statements,
                          const std::function<void(std::size_t index, RowStream& rows)>& on_rows);

  // Does not block, nor do the next.
  std::uint64_t id() const { return line_->id(); }
  bool lost() const { return line_->was_cut(); }
  // Whoever looks at it may do so when the connection is gone: hence shared.
  const std::shared_ptr<Line>& line() const { return line_; }

 private:
  Status check_encrypted(const Address& address);
  struct Impl;
  explicit Connection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
  std::shared_ptr<Line> line_;
};

// The server keeps a connection's last warnings when a statement without tables gives none: whatever another client's
// statement left there would pass for this one's. This has a table, so it clears them, and it gives no rows.
inline constexpr const char* kForgetWarnings = "DO (SELECT 1 FROM (SELECT 1) AS one)";

using sql::quote_bytes;
using sql::quote_name;
using sql::quote_text;

}  // namespace sqlcast::storage
