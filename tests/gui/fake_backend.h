// FakeBackend: a Backend that answers from a table of its own, at once or when told, for panel tests and the
// benchmark. UI thread only.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "client/gui/backend.h"
#include "proto/column.h"

namespace sqlcast::gui::testing {

using Texts = std::vector<std::vector<std::optional<std::string>>>;

// Rows of text and whole numbers; a column is a number when its type says INT.
inline client::StatementReply make_rows(std::vector<proto::ColumnInfo> columns, const Texts& rows) {
  proto::Page page;
  page.rows = rows.size();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    proto::ColumnWriter writer;
    const bool number = columns[i].type.find("INT") != std::string::npos;
    columns[i].kind = number ? proto::ValueKind::int64 : proto::ValueKind::text;
    for (const auto& row : rows) {
      if (!row[i]) {
        writer.append_null();
      } else if (number) {
        writer.append_int(std::stoll(*row[i]));
      } else {
        writer.append_text(*row[i]);
      }
    }
    page.columns.push_back(writer.take());
  }
  client::StatementReply reply;
  reply.has_rows = true;
  reply.columns = std::move(columns);
  reply.rows = std::move(client::Rows::decode(std::move(page)).value());
  return reply;
}

inline proto::ColumnInfo column(std::string name, std::string type, std::string table = {}, bool key = false) {
  proto::ColumnInfo info;
  info.name = std::move(name);
  info.type = std::move(type);
  info.table = std::move(table);
  info.primary_key = key;
  info.nullable = !key;
  return info;
}

class FakeBackend : public Backend {
 public:
  struct State {  // outlives the backend: a test keeps it
    std::vector<proto::NodeStatus> nodes;
    bool answering = true;  // false: polls fail
    bool holding = false;   // true: statements stay under way
    std::vector<std::string> ran;
    std::vector<std::uint64_t> cancelled;
    std::map<std::string, proto::RequestsReply> requests;  // by endpoint
    std::vector<std::pair<std::string, std::uint64_t>> cancelled_at;
    std::vector<LogEntry> tail;
    std::vector<LogEntry> log;       // what there was before
    std::vector<std::string> asked;  // of the information schema: the database
    std::map<std::string, std::function<client::Reply(const client::Request&)>> answers;  // by a part of the text
    std::function<client::Reply()> page;  // the next one of any cursor; none: it is gone
    bool holding_pages = false;           // true: they stay under way
    std::string explain_class = "read";
    std::string explain_determinism = "safe";
  };

  explicit FakeBackend(std::shared_ptr<State> state) : state_(std::move(state)) {}

  bool drain(std::chrono::microseconds) override {
    std::deque<std::function<void()>> due;
    due.swap(due_);
    for (auto& task : due) task();
    if (!state_->holding) {
      std::deque<std::function<void()>> held;
      held.swap(held_);
      for (auto& task : held) task();
    }
    if (!state_->holding_pages) {
      std::deque<std::function<void()>> pages;
      pages.swap(pages_);
      for (auto& task : pages) task();
    }
    return !due.empty();
  }

  std::uint64_t submit(client::Request request, ReplyCallback callback) override {
    const std::uint64_t id = ++last_;
    const std::string sql = request.statements.front().sql;
    const bool schema = sql.find("information_schema") != std::string::npos;
    if (!schema) state_->ran.push_back(sql);
    if (schema) {
      const auto& params = request.statements.front().params;
      state_->asked.push_back(params.empty() ? std::string("databases") : std::get<std::string>(params.front()));
    }
    auto task = [this, request = std::move(request), callback = std::move(callback), sql] {
      callback(answer(request, sql));
    };
    (schema ? due_ : held_).push_back(std::move(task));
    return id;
  }
  void cancel(std::uint64_t id, std::function<void(Result<bool>)> callback) override {
    state_->cancelled.push_back(id);
    due_.push_back([callback = std::move(callback)] { callback(true); });
  }
  void fetch(const client::Cursor&, std::uint32_t, ReplyCallback callback) override {
    pages_.push_back([this, callback = std::move(callback)] {
      client::Reply gone;
      gone.status = Status::error(Code::cursor_not_found, "The cursor is gone.");
      callback(state_->page ? state_->page() : std::move(gone));
    });
  }
  void close(const client::Cursor&) override {}
  void explain(std::vector<std::string>, std::string, std::string, ExplainCallback callback) override {
    due_.push_back([this, callback = std::move(callback)] {
      proto::ExplainReply reply;
      reply.explanations.emplace_back();
      reply.explanations[0].statement_class = state_->explain_class;
      reply.explanations[0].determinism = state_->explain_determinism;
      callback(std::move(reply));
    });
  }
  bool poll_cluster(ClusterCallback callback) override {
    due_.push_back([this, callback = std::move(callback)] {
      if (state_->answering) {
        callback(state_->nodes);
      } else {
        callback(Status::error(Code::master_unavailable, "No node answers."));
      }
    });
    return true;
  }
  void requests(const std::string& endpoint, RequestsCallback callback) override {
    due_.push_back([this, endpoint, callback = std::move(callback)] {
      const auto at = state_->requests.find(endpoint);
      if (at == state_->requests.end()) {
        callback(Status::error(Code::timeout, "It does not answer."));
      } else {
        callback(at->second);
      }
    });
  }
  void cancel_at(const std::string& endpoint, std::uint64_t number,
                 std::function<void(Result<bool>)> callback) override {
    state_->cancelled_at.emplace_back(endpoint, number);
    due_.push_back([callback = std::move(callback)] { callback(true); });
  }
  void read_log(Sequence first, std::uint64_t, LogCallback callback) override {
    due_.push_back([this, first, callback = std::move(callback)] {
      std::vector<LogEntry> out;
      for (const LogEntry& entry : state_->log) {
        if (entry.entry.sequence >= first) out.push_back(entry);
      }
      callback(std::move(out));
    });
  }
  void start_tail() override {}
  Tailed take_tail(std::size_t) override {
    Tailed out;
    out.entries.swap(state_->tail);
    return out;
  }
  Sequence session_position() const override { return 0; }

 private:
  client::Reply answer(const client::Request& request, const std::string& sql) const {
    for (const auto& [part, make] : state_->answers) {
      if (sql.find(part) != std::string::npos) return make(request);
    }
    client::Reply reply;
    reply.node = "master";
    if (sql.find("information_schema.SCHEMATA") != std::string::npos) {
      reply.results.push_back(make_rows({column("SCHEMA_NAME", "VARCHAR")}, {{"school"}}));
    } else if (sql.find("information_schema.TABLES") != std::string::npos) {
      reply.results.push_back(make_rows({column("n", "VARCHAR"), column("t", "VARCHAR"), column("r", "BIGINT"),
                                         column("e", "VARCHAR"), column("c", "VARCHAR")},
                                        {{"course", "BASE TABLE", "8", "InnoDB", ""},
                                         {"student", "BASE TABLE", "20", "InnoDB", ""},
                                         {"student_course", "BASE TABLE", "60", "InnoDB", ""}}));
    } else if (sql.find("information_schema.COLUMNS") != std::string::npos) {
      std::vector<proto::ColumnInfo> columns(7, column("x", "VARCHAR"));
      reply.results.push_back(
          make_rows(columns, {{"course", "id", "int(10) unsigned", "NO", "PRI", "auto_increment", ""},
                              {"course", "name", "varchar(100)", "NO", "UNI", "", ""},
                              {"student", "id", "int(10) unsigned", "NO", "PRI", "auto_increment", ""},
                              {"student", "name", "varchar(100)", "YES", "MUL", "", ""},
                              {"student_course", "student_id", "int(10) unsigned", "NO", "PRI", "", ""},
                              {"student_course", "course_id", "int(10) unsigned", "NO", "PRI", "", ""}}));
    } else if (sql.find("information_schema.STATISTICS") != std::string::npos) {
      reply.results.push_back(
          make_rows({column("t", "VARCHAR"), column("i", "VARCHAR"), column("n", "INT"), column("c", "VARCHAR")},
                    {{"course", "PRIMARY", "0", "id"},
                     {"student", "PRIMARY", "0", "id"},
                     {"student_course", "PRIMARY", "0", "student_id"},
                     {"student_course", "PRIMARY", "0", "course_id"}}));
    } else if (sql.find("information_schema.KEY_COLUMN_USAGE") != std::string::npos) {
      std::vector<proto::ColumnInfo> columns(6, column("x", "VARCHAR"));
      reply.results.push_back(
          make_rows(columns, {{"of_course", "student_course", "course_id", "school", "course", "id"},
                              {"of_student", "student_course", "student_id", "school", "student", "id"}}));
    } else if (sql.find("student") != std::string::npos && (sql.starts_with("select") || sql.starts_with("SELECT"))) {
      reply.results.push_back(make_rows({column("id", "INT", "student", true), column("name", "VARCHAR", "student")},
                                        {{"1", "Amina Yusuf"}, {"2", "Björn Þórsson"}, {"3", std::nullopt}}));
    } else {
      for (std::size_t i = 0; i < request.statements.size(); ++i) {
        reply.results.emplace_back();
        reply.results.back().affected_rows = 1;
      }
      reply.wrote = true;
      reply.sequence = 42;
    }
    return reply;
  }

  std::shared_ptr<State> state_;
  std::deque<std::function<void()>> due_;
  std::deque<std::function<void()>> held_;
  std::deque<std::function<void()>> pages_;
  std::uint64_t last_ = 0;
};

inline proto::NodeStatus node_status(std::string name, std::string role, std::uint16_t port) {
  proto::NodeStatus status;
  status.name = std::move(name);
  status.role = std::move(role);
  status.state = status.role == "master" ? "Serving" : "Live";
  status.version = "0.1.0";
  status.epoch = 1;
  status.position = 120;
  status.head = 120;
  status.endpoint = "tcp://127.0.0.1:" + std::to_string(port);
  status.database_up = true;
  status.queue_capacity = 4096;
  return status;
}

}  // namespace sqlcast::gui::testing
