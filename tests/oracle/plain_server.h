// PlainServer: a MariaDB without sqlcast, which runs what the clients sent as they sent it, with the context of the
// log, and says what came of it. Its session has the rights and settings of a node's writer. One thread.
//
// What is not left to it: the time, the seeds of RAND(), the default database, and frozen calls. AUTO_INCREMENT values
// are left to it wherever its own next one is that of the log; elsewhere the log's is imposed, if it is fresh: above
// every one in the table. A gap is no difference (docs/decisions/0003): failures and ignored rows burn other numbers at
// the master.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/entry.h"
#include "storage/connection.h"
#include "tests/oracle/request.h"
#include "tests/support/private_server.h"

namespace sqlcast::oracle {

// What a request came to. Of what failed: the status, the statement, nothing else.
struct Outcome {
  Status status;
  std::optional<std::uint32_t> failed_statement;
  struct Each {
    proto::Effect effect;
    bool has_rows = false;
    std::vector<std::string> rows;  // sorted: no order was asked for
    bool by_rows = false;           // what ran is what the log has of it: without what its SELECT warned of
    std::vector<std::string> warnings;
  };
  std::vector<Each> statements;
};

class PlainServer {
 public:
  PlainServer();  // throws std::runtime_error, as all of its methods do when the server does not do as it should

  // Runs a request as `entry` says and keeps what it did. A failure leaves nothing.
  Outcome carry_out(const Request& request, const proto::Entry& entry);

  // What the request comes to at this moment; nothing of it is kept, if it can be taken back: a definition cannot.
  Outcome attempt(const Request& request, const proto::Context& context);

  storage::Connection& administrator() { return *administrator_; }

  std::uint64_t natural_ids = 0;  // inserts whose values it has found by itself
  std::uint64_t imposed_ids = 0;
  std::uint64_t materialised = 0;  // statements of which it ran what the log has

 private:
  struct Session {
    std::unique_ptr<storage::Connection> connection;
  };
  Session open() const;
  Session& session_for(const Request& request);
  Outcome run(const Request& request, const proto::Context& context, const proto::Entry* entry, Session& session);
  Status run_statement(Session& session, const Statement& statement, const std::string& text, Outcome::Each& each);
  Status run_logged(Session& session, const Statement& statement, const proto::Context& context,
                    const proto::Entry& entry, std::size_t& place, Outcome::Each& each);
  bool impose(Session& session, const Statement& statement, std::uint64_t insert_id);
  std::optional<std::uint64_t> next_id(const Statement& statement);

  support::PrivateServer server_;
  std::unique_ptr<storage::Connection> administrator_;
  Session in_database_;
  Session definitions_in_none_;
  Session in_none_;            // a session that has had a default database cannot be without one again
  std::uint64_t last_id_ = 0;  // LAST_INSERT_ID() as the request's next statement sees it
};

// Throws std::runtime_error unless it worked.
void must(storage::Connection& connection, const std::string& sql);
std::vector<storage::Row> ask(storage::Connection& connection, const std::string& sql);

// Rows as one text each, so that they can be compared.
std::string text_of(const storage::Row& row);

}  // namespace sqlcast::oracle
