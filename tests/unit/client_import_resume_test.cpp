// Goal: an import that is interrupted and goes on tells all that was left out, refuses what was refused, and sends no
// row twice. Method: scripts against a made-up master, which keeps what it was given to write, and forgets each failure
// as one that was started again.
#include <atomic>
#include <fstream>
#include <mutex>
#include <set>

#include "client/load/checkpoint.h"
#include "client/load/loader.h"
#include "proto/codec.h"
#include "proto/column.h"
#include "proto/joined.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/node_router.h"

using namespace sqlcast;
using namespace sqlcast::load;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

class Master {
 public:
  // Of a statement that comes for the first time; not ok: its request fails so.
  using Verdict = std::function<Status(const std::string& sql)>;

  // What its client is told instead of a write's outcome, when that is not ok.
  using Word = std::function<Status()>;

  explicit Master(Verdict verdict, Word instead = ok_status)
      : verdict_(std::move(verdict)), instead_(std::move(instead)) {
    router_ = net::test::open_router();
    endpoint_ = router_->endpoint();
    router_->start(
        [this](net::Envelope envelope, proto::Frames frames) { take(std::move(envelope), std::move(frames)); });
  }
  ~Master() { router_->stop(); }
  Master(const Master&) = delete;
  Master& operator=(const Master&) = delete;

  const std::string& endpoint() const { return endpoint_; }
  // In how many of the statements that were executed the text stands.
  std::size_t written(const std::string& text) const {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (const std::string& sql : written_)
      if (has(sql, text)) ++count;
    return count;
  }

 private:
  void take(net::Envelope envelope, proto::Frames frames) {
    const std::lock_guard lock(mutex_);
    const bool joined = proto::is_joined(frames);
    if (joined && !proto::split(frames).ok()) return;
    const auto request = proto::decode(frames);
    if (!request.ok()) return;
    proto::Message reply = proto::StatusReply{self(), {}};
    if (const auto* query = std::get_if<proto::QueryRequest>(&request->message))
      reply = answer(*query);
    else if (!std::holds_alternative<proto::StatusRequest>(request->message))
      return;
    proto::Frames out = proto::encode(reply, request->header.exchange);
    if (joined) proto::join(out);
    router_->send(std::move(envelope), std::move(out));
  }

  proto::NodeStatus self() const {
    proto::NodeStatus status;
    status.name = status.role = "master";
    status.state = "Serving";
    status.endpoint = endpoint_;
    status.epoch = 1;
    status.position = sequence_;
    status.uptime_ms = 3'600'000;
    return status;
  }

  proto::Message answer(const proto::QueryRequest& query) {
    proto::QueryResult result;
    result.node = "master";
    result.node_position = sequence_;
    if (has(query.statements.front().sql, "information_schema.columns")) {
      result.results.push_back(columns());
      return result;
    }
    if (executed_.count(query.key.request_id) == 0) {
      for (const proto::RequestStatement& statement : query.statements) {
        proto::ErrorReply error;
        error.status = verdict_(statement.sql);
        error.node = "master";
        if (!error.status.ok()) return error;
      }
      for (const proto::RequestStatement& statement : query.statements) written_.push_back(statement.sql);
      executed_.insert(query.key.request_id);
      ++sequence_;
    }
    proto::ErrorReply instead;
    instead.status = instead_();
    instead.node = "master";
    if (!instead.status.ok()) return instead;
    result.results.resize(query.statements.size());
    result.wrote = true;
    result.epoch = 1;
    result.sequence = sequence_;
    return result;
  }

  // Each table is (id INT AUTO_INCREMENT, a TEXT).
  static proto::StatementResult columns() {
    proto::StatementResult result;
    result.has_rows = true;
    result.page.rows = 2;
    const std::vector<std::pair<std::string, std::string>> cells{
        {"id", "a"}, {"int", "text"}, {"auto_increment", ""}, {"0", "0"}};
    for (const auto& [id, a] : cells) {
      proto::ColumnWriter writer;
      writer.append_text(id);
      writer.append_text(a);
      result.page.columns.push_back(writer.take());
      result.columns.emplace_back().name = "c" + std::to_string(result.columns.size());
    }
    return result;
  }

  const Verdict verdict_;
  const Word instead_;
  mutable std::mutex mutex_;
  std::string endpoint_;
  std::set<std::uint64_t> executed_;
  std::vector<std::string> written_;
  Sequence sequence_ = 1;
  std::unique_ptr<net::Router> router_;  // last: its thread uses the rest
};

// A file, and the runs that load it.
class Import {
 public:
  Import(const std::string& name, const std::string& text) : file_(folder_.path() / name) {
    std::ofstream(file_, std::ios::binary) << text;
    options_.files = {file_.string()};
    options_.checkpoints = folder_.path() / "imports";
    options_.cluster = "made up";
  }

  struct Run {
    Status status;
    Summary summary;
  };
  // `resume`: behind what the one before has loaded.
  Run run(const Master& master, bool resume) {
    stop_ = false;
    options_.resume = resume;
    const auto client_id = client_id_for(options_);
    REQUIRE(client_id.ok());
    client::Options connection;
    connection.endpoints = {master.endpoint()};
    connection.client_id = *client_id;
    const auto client = client::Client::open(connection);
    REQUIRE(client.ok());
    Watch watch;
    watch.stop = [this] { return stop_.load(); };
    Run ended;
    ended.status = sqlcast::load::load(**client, options_, watch, ended.summary);
    return ended;
  }
  void stop() { stop_ = true; }  // the run, as Ctrl-C does
  LoadOptions& options() { return options_; }

 private:
  support::TemporaryFolder folder_;
  const std::filesystem::path file_;
  LoadOptions options_;
  std::atomic<bool> stop_{false};
};

// "stop" ends the run behind the statement in which it stands; one in which "fails" stands fails.
Master::Verdict fails_and_stops(Import& loading) {
  return [&loading](const std::string& sql) {
    if (has(sql, "stop")) loading.stop();
    return has(sql, "fails") ? Status::error(Code::sql_error, "it fails") : ok_status();
  };
}

}  // namespace

TEST_CASE("import: a run that goes on tells what was left out before it, and leaves the rows of such tables out",
          "[load]") {
  Import loading("script.sql",
                 "USE d;\nUPDATE t SET a = 'fails';\nCREATE TABLE u (id INT);\nINSERT INTO t VALUES (1);\n"
                 "UPDATE t SET a = 'stop';\nINSERT INTO u VALUES (1),(2);\nINSERT INTO t VALUES (2);\n");
  loading.options().force = true;
  const auto verdict = fails_and_stops(loading);
  Master master([&](const std::string& sql) {
    if (has(sql, "CREATE TABLE u")) return Status::error(Code::refused, "it is refused");
    return verdict(sql);
  });
  const Import::Run first = loading.run(master, false);
  CHECK(first.status.code == Code::cancelled);
  CHECK(first.summary.data_left_out());

  const Import::Run second = loading.run(master, true);
  const std::string text = second.summary.text(false);
  INFO(second.status.message << "\n" << text);
  CHECK(second.status.ok());
  CHECK(second.summary.data_left_out());
  CHECK(text.starts_with("LEFT OUT before the interruption:\n  a statement: it fails ["));
  CHECK(has(text, "script.sql:2]\n  CREATE TABLE u: it is refused ["));
  CHECK(second.summary.rows_left_out() == 2);
  CHECK(has(text, "rows of d.u, 2 rows: their table was left out"));
  CHECK(master.written("INTO u") == 0);
  CHECK(master.written("INSERT INTO t VALUES") == 2);
}

TEST_CASE("import: a row that was left out for its id is told by the run that goes on", "[load]") {
  Import loading("script.sql",
                 "USE d;\nSET SQL_MODE='NO_AUTO_VALUE_ON_ZERO';\n"
                 "INSERT INTO t VALUES (0),(1);\nUPDATE t SET a = 'x';\n");
  std::atomic<bool> fails{true};
  Master master([&](const std::string& sql) {
    if (fails && has(sql, "UPDATE")) return Status::error(Code::sql_error, "no");
    return ok_status();
  });
  CHECK(loading.run(master, false).status.code == Code::sql_error);
  fails = false;
  const Import::Run second = loading.run(master, true);
  INFO(second.status.message << "\n" << second.summary.text(false));
  CHECK(second.status.ok());
  CHECK(second.summary.rows_left_out() == 1);
  CHECK(second.summary.data_left_out());
  CHECK(has(second.summary.text(false), "its id is 0"));
  CHECK(has(second.summary.text(false), "script.sql:3]"));
}

TEST_CASE("import: rows of a CSV that were left out are told by the run that goes on", "[load]") {
  const std::string large(1'100'000, 'x');  // a request of its own
  // The second row has no id, so that the first is confirmed in front of it; the last is too short, and ends the run.
  Import loading("rows.csv", "id,a\n1,fails" + large + "\n," + large + "\n3,y\n4\n");
  loading.options().force = true;
  loading.options().table.emplace().table = {"d", "t"};
  Master master(fails_and_stops(loading));
  CHECK(loading.run(master, false).status.code == Code::bad_message);
  const Import::Run second = loading.run(master, true);
  INFO(second.status.message << "\n" << second.summary.text(false));
  CHECK(second.summary.rows_left_out() == 1);
  CHECK(has(second.summary.text(false), "LEFT OUT before the interruption:\n  rows of d.t, 1 row: it fails ["));
}

TEST_CASE("import: a ROLLBACK of what is committed in part is refused by the run that goes on, too", "[load]") {
  std::string script = "USE d;\nBEGIN;\n";
  for (int i = 0; i < 2'001; ++i) script += "UPDATE t SET a = 'x';\n";  // one more than a request takes
  Import loading("script.sql", script + "ROLLBACK;\n");
  Master master(fails_and_stops(loading));
  for (const bool resume : {false, true, true}) {
    const Import::Run run = loading.run(master, resume);
    INFO(run.status.message);
    CHECK(run.status.code == Code::too_large);
    CHECK(has(run.status.message, "first parts are committed already"));
  }
  CHECK(master.written("UPDATE") == 2'000);
}

TEST_CASE("import: a run goes on behind a ROLLBACK that took back what stands in front of it", "[load]") {
  Import loading("script.sql",
                 "USE d;\nBEGIN;\nUPDATE t SET a = 'x';\nROLLBACK;\nUPDATE t SET a = 'stop';\nUPDATE t SET a = 'y';\n");
  Master master(fails_and_stops(loading));
  CHECK(loading.run(master, false).status.code == Code::cancelled);
  const Import::Run second = loading.run(master, true);
  INFO(second.status.message);
  CHECK(second.status.ok());
  CHECK(master.written("'x'") == 0);
  CHECK(master.written("'y'") == 1);
}

TEST_CASE("import: interrupted between inserts that are sent one by one, it sends none of them twice", "[load]") {
  Import loading("script.sql",
                 "USE d;\nINSERT INTO t VALUES (1,'a');\nINSERT INTO t VALUES (2,'b');\n"
                 "INSERT INTO t VALUES (3,'c');\nINSERT INTO t VALUES (4,'wide');\nINSERT INTO t VALUES (5,'e');\n");
  loading.options().force = true;
  std::atomic<bool> narrow{true};
  Master master([&](const std::string& sql) {
    if (narrow && has(sql, "'wide'")) return Status::error(Code::sql_error, "too long");
    if (has(sql, "'b'")) loading.stop();
    return ok_status();
  });
  CHECK(loading.run(master, false).status.code == Code::cancelled);
  CHECK(master.written("INSERT") == 2);

  narrow = false;
  const Import::Run second = loading.run(master, true);
  INFO(second.status.message << "\n" << second.summary.text(false));
  CHECK(second.status.ok());
  for (const char* row : {"'a'", "'b'", "'c'", "'wide'", "'e'"}) {
    INFO(row);
    CHECK(master.written(row) == 1);
  }
  CHECK(second.summary.rows() == 5);
  CHECK_FALSE(second.summary.data_left_out());
}

TEST_CASE("import: a checkpoint is read as it was written, and one of an earlier release has nothing left out",
          "[load]") {
  const support::TemporaryFolder folder;
  const CheckpointFile file(folder.path(), "subject");
  Checkpoint written;
  written.client_id = "a";
  written.position = 7;
  written.taken_apart = std::uint64_t{0};
  for (int i = 0; i < 150; ++i)
    written.left_out.add(LeftOut::of({Note::Sort::left_out, "rows of t", "no", true, 2}, "f.sql", 3));
  written.left_out.tables = {5, 1'000};
  REQUIRE(file.save(written).ok());
  auto read = file.load();
  REQUIRE((read.ok() && *read));
  CHECK((*read)->position == 7);
  CHECK((*read)->taken_apart == std::uint64_t{0});
  CHECK((*read)->left_out.lines.size() == 100);
  CHECK((*read)->left_out.lines.front() == "rows of t, 2 rows: no [f.sql:3]");
  CHECK((*read)->left_out.times == 150);
  CHECK((*read)->left_out.rows == 300);
  CHECK((*read)->left_out.data);
  CHECK((*read)->left_out.tables == std::set<std::uint64_t>{5, 1'000});
  Summary summary;
  summary.left_out_before((*read)->left_out);
  CHECK(has(summary.text(false), "\n  and 50 more\nLoaded: 0 rows"));

  std::ofstream(file.path()) << R"({"client_id": "a", "position": 7})";
  read = file.load();
  REQUIRE((read.ok() && *read));
  CHECK((*read)->position == 7);
  CHECK_FALSE((*read)->taken_apart);
  CHECK((*read)->left_out.times == 0);
}

TEST_CASE("import: what may have been written goes again under its own id, whatever a node has said since", "[load]") {
  const Code since = GENERATE(Code::not_allowed, Code::diverged, Code::internal);
  INFO(code_name(since));
  Import loading("script.sql", "USE d;\nINSERT INTO t VALUES (1,'a');\n");
  Status word = Status::error(Code::outcome_unknown, "it may have been committed");
  Master master([](const std::string&) { return ok_status(); },
                [&] {
                  if (word.code == Code::outcome_unknown) loading.stop();
                  return word;
                });
  CHECK(loading.run(master, false).status.code == Code::cancelled);
  REQUIRE(master.written("'a'") == 1);
  word = Status::error(since, "not with this key");
  CHECK(loading.run(master, true).status.code == since);
  word = ok_status();
  const Import::Run last = loading.run(master, true);
  INFO(last.status.message);
  CHECK(last.status.ok());
  CHECK(last.summary.rows() == 1);
  CHECK(master.written("'a'") == 1);
}
