#include "client/gui/model/query_tab.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "client/gui/model/text.h"
#include "sql/lexer.h"
#include "sql/policy.h"

namespace sqlcast::gui {

namespace {
constexpr std::size_t kMaxResults = 64;  // tabs of one run
}

std::string QueryTab::label() const {
  if (path.empty()) return title;
  return path.substr(path.rfind('/') + 1);
}

void ResultModel::take(client::StatementReply reply) {
  has_rows = reply.has_rows;
  if (reply.has_rows) {
    if (grid.columns().empty()) grid = GridModel(std::move(reply.columns));
    grid.add_page(std::move(reply.rows));
    // A row that is being added has moved behind the page.
    if (grid.focus && grid.focus->row >= grid.shown()) look.show_focus = true;
  }
  cursor = reply.cursor;
  affected_rows = reply.affected_rows;
  insert_id = reply.insert_id;
  warnings = std::move(reply.warnings);
}

namespace {
void fill(ResultModel& result, const client::Reply& reply, const std::string& database) {
  result.status = reply.status;
  result.failed_statement = reply.failed_statement;
  result.node = reply.node;
  result.endpoint = reply.endpoint;
  result.node_position = reply.node_position;
  result.epoch = reply.epoch;
  result.sequence = reply.sequence;
  result.wrote = reply.wrote;
  result.stale = reply.stale;
  result.replayed = reply.replayed;
  result.acked_by = reply.acked_by;
  result.elapsed = reply.elapsed;
  result.round_trip = reply.round_trip;
  result.database = database;
}

client::Request make_request(const RunOptions& options) {
  client::Request request;
  request.target = options.target;
  request.consistency = options.consistency;
  if (options.max_lag.count() > 0) request.max_lag = options.max_lag;
  if (options.page_rows > 0) request.page_rows = options.page_rows;
  if (!options.database.empty()) request.database = options.database;
  return request;
}
}  // namespace

void QueryTab::close_cursors(Backend& backend) {
  for (const auto& result : results) {
    if (result->cursor) backend.close(result->cursor);
  }
}

void QueryTab::run(Backend& backend, std::vector<std::string> statements, std::vector<std::size_t> offsets,
                   RunOptions options, double now, Finished finished) {
  if (running_ || statements.empty()) return;
  if (!std::exchange(keep_results_, false)) {
    close_cursors(backend);
    results.clear();
    active_result = 0;
  }
  mark.reset();
  not_run.reset();
  auto queue = std::make_shared<Queue>();
  for (std::size_t i = 0; i < statements.size(); ++i) {
    queue->statements.emplace_back(std::move(statements[i]), i < offsets.size() ? offsets[i] : std::string::npos);
  }
  queue->of = queue->statements.size();
  queue->options = std::move(options);
  queue->finished = std::move(finished);
  run_next(backend, queue, now);
}

void QueryTab::run_again(Backend& backend, const std::shared_ptr<ResultModel>& result, RunOptions options, double now,
                         Finished finished) {
  if (running_ || std::find(results.begin(), results.end(), result) == results.end()) return;
  auto queue = std::make_shared<Queue>();
  queue->statements.emplace_back(result->sql, std::string::npos);
  queue->of = 1;
  queue->options = std::move(options);
  queue->options.database = result->database;
  queue->finished = std::move(finished);
  queue->in_place_of = result;
  run_next(backend, queue, now);
}

void QueryTab::run_next(Backend& backend, const std::shared_ptr<Queue>& queue, double now) {
  auto [sql, offset] = std::move(queue->statements.front());
  queue->statements.pop_front();
  client::Request request = make_request(queue->options);
  request.statements.emplace_back();
  request.statements.back().sql = sql;
  running_ = Running{0, sql, queue->options.target_name, now, queue->done, queue->of, false};
  const auto weak = weak_from_this();
  const std::uint64_t id =
      backend.submit(std::move(request), [weak, &backend, queue, sql = sql, offset = offset, now](client::Reply reply) {
        if (const auto self = weak.lock()) self->take_reply(backend, queue, sql, offset, std::move(reply), now);
      });
  if (running_) running_->request_id = id;
}

namespace {
// Where nothing tells the place, the statement's first word stands for it.
std::size_t first_word(std::string_view sql) {
  sql::Lexer lexer(sql);
  sql::Token token;
  while (lexer.next(token)) {
    if (token.kind != sql::TokenKind::blank && token.kind != sql::TokenKind::comment) return token.offset + token.size;
  }
  return sql.size();
}
}  // namespace

void QueryTab::take_reply(Backend& backend, const std::shared_ptr<Queue>& queue, const std::string& sql,
                          std::size_t offset, client::Reply reply, double now) {
  auto result = std::make_shared<ResultModel>();
  result->sql = sql;
  result->title = short_title(sql);
  fill(*result, reply, queue->options.database);
  if (!reply.results.empty()) result->take(std::move(reply.results.front()));
  if (!reply.status.ok() && offset != std::string::npos) {
    const auto place = error_place(sql, reply.status);
    const std::size_t begin = offset + (place ? place->first : 0);
    mark =
        Mark{begin, place ? offset + place->second : offset + first_word(sql), buffer.version(), reply.status.message};
  }
  show(backend, *queue, result);
  running_.reset();
  ++queue->done;
  if (queue->finished) queue->finished(*result);
  if (queue->statements.empty()) return;
  if (reply.status.ok()) return run_next(backend, queue, now);
  not_run = NotRun{{}, {}, queue->options};
  for (auto& [rest, place] : queue->statements) {
    not_run->statements.push_back(std::move(rest));
    not_run->offsets.push_back(place);
  }
}

void QueryTab::show(Backend& backend, const Queue& queue, std::shared_ptr<ResultModel> result) {
  const auto old = std::find(results.begin(), results.end(), queue.in_place_of.lock());
  if (old != results.end()) {
    if ((*old)->cursor) backend.close((*old)->cursor);
    *old = std::move(result);
    return;
  }
  results.push_back(std::move(result));
  if (results.size() > kMaxResults) results.erase(results.begin());
  active_result = results.size() - 1;
}

void QueryTab::run_atomic(Backend& backend, std::vector<client::Statement> statements, const RunOptions& options,
                          double now, std::function<void(const client::Reply&)> done, Finished finished) {
  if (running_ || statements.empty()) return;
  client::Request request = make_request(options);
  request.statements = statements;
  running_ = Running{0, statements.front().sql, options.target_name, now, 0, 1, false};
  const auto weak = weak_from_this();
  const std::uint64_t id =
      backend.submit(std::move(request), [weak, statements, database = options.database, done = std::move(done),
                                          finished = std::move(finished)](const client::Reply& reply) {
        const auto self = weak.lock();
        if (!self) return;
        self->running_.reset();
        if (finished) {
          std::string all;
          for (const client::Statement& statement : statements) all += cat(all.empty() ? "" : ";\n", statement.sql);
          ResultModel summary;
          summary.sql = all;
          summary.title = "atomic";
          fill(summary, reply, database);
          for (const auto& answer : reply.results) summary.affected_rows += answer.affected_rows;
          finished(summary);
        }
        if (done) done(reply);
      });
  if (running_) running_->request_id = id;
}

void QueryTab::cancel(Backend& backend) {
  if (!running_ || running_->cancelling) return;
  running_->cancelling = true;
  backend.cancel(running_->request_id, [](const Result<bool>&) {});  // the request's own reply tells
}

std::size_t QueryTab::connection_ended() {
  std::size_t lost = 0;
  for (const auto& result : results) {
    if (result->edits && !result->sending) lost += result->edits->count();
    result->cursor = {};
    result->fetching = result->sending = false;
    result->of_earlier_connection = true;
    result->edits.reset();
    result->grid.editing.reset();
  }
  not_run.reset();
  if (!running_) return lost;
  auto result = std::make_shared<ResultModel>();
  result->sql = running_->sql;
  result->title = short_title(running_->sql);
  // A read has no effect; of all else nobody knows.
  const bool read = sql::classify(running_->sql, {}).statement_class == sql::Class::read;
  result->status = Status::error(read ? Code::cancelled : Code::outcome_unknown,
                                 "The connection was closed before the answer came.");
  results.push_back(std::move(result));
  active_result = results.size() - 1;
  running_.reset();
  return lost;
}

void QueryTab::fetch_more(Backend& backend, const std::shared_ptr<ResultModel>& result, std::uint32_t page_rows,
                          std::uint64_t max_rows, Arrived arrived) {
  if (!result->cursor || result->fetching) return;
  if (result->grid.rows().size() >= max_rows) {
    result->fetch_all = false;
    return;
  }
  result->fetching = true;
  const std::weak_ptr<ResultModel> weak_result = result;
  const auto weak = weak_from_this();
  backend.fetch(result->cursor, page_rows,
                [weak, weak_result, &backend, page_rows, max_rows, arrived = std::move(arrived)](client::Reply reply) {
                  const auto view = weak_result.lock();
                  const auto self = weak.lock();
                  if (!view || !self) return;
                  view->fetching = false;
                  if (!reply.status.ok() || reply.results.empty()) {
                    view->cursor = {};
                    view->fetch_all = false;
                    view->warnings.push_back(
                        cat("The rest of the rows could not be fetched: ", reply.status.message, " Run it again."));
                    return arrived(view);  // what has come is put in order
                  }
                  view->elapsed += reply.elapsed;
                  view->round_trip += reply.round_trip;
                  ++view->pages;
                  view->take(std::move(reply.results.front()));
                  if (view->fetch_all) self->fetch_more(backend, view, page_rows, max_rows, arrived);
                  arrived(view);
                });
}

std::optional<std::pair<std::size_t, std::size_t>> error_place(std::string_view sql, const Status& status) {
  const std::string_view message = status.message;
  // MariaDB quotes the text from the place on: near 'frm student where …' at line 2. It repeats the rest of the
  // statement (to a limit), so the last match is the place.
  if (const auto near = message.find("near '"); near != std::string_view::npos) {
    const std::size_t begin = near + 6;
    std::size_t end = message.rfind("' at line");
    if (end == std::string_view::npos || end < begin) end = message.size();
    std::string_view quoted = message.substr(begin, end - begin);
    if (quoted.empty()) return std::pair(sql.empty() ? 0 : sql.size() - 1, sql.size());
    std::size_t at = sql.rfind(quoted);
    if (at == std::string_view::npos) at = sql.rfind(quoted.substr(0, std::min<std::size_t>(quoted.size(), 60)));
    if (at != std::string_view::npos) {
      std::size_t size = 0;
      while (at + size < sql.size() && size < quoted.size() && sql[at + size] != ' ' && sql[at + size] != '\n') ++size;
      return std::pair(at, at + std::max<std::size_t>(size, 1));
    }
  }
  // Other messages name what they mean in quotes: Unknown column 'nam' in 'field list'; Table 'school.x' ….
  const auto open = message.find('\'');
  const auto close = open == std::string_view::npos ? open : message.find('\'', open + 1);
  if (close == std::string_view::npos) return std::nullopt;
  std::string_view name = message.substr(open + 1, close - open - 1);
  if (const auto dot = name.rfind('.'); dot != std::string_view::npos) name = name.substr(dot + 1);
  if (name.empty()) return std::nullopt;
  sql::Lexer lexer(sql);
  sql::Token token;
  while (lexer.next(token)) {
    std::string_view word = token.text;
    if (token.kind == sql::TokenKind::quoted_identifier && word.size() > 2) word = word.substr(1, word.size() - 2);
    if (equal_ignoring_case(word, name)) return std::pair(token.offset, token.offset + token.size);
  }
  return std::nullopt;
}

std::string outcome_text(const ResultModel& result) {
  if (!result.status.ok()) return cat(code_name(result.status.code), ": ", one_line(result.status.message, 120));
  if (result.has_rows) return plural(result.grid.rows().size(), "row", "rows");
  return plural(result.affected_rows, "row affected", "rows affected");
}

std::string short_title(std::string_view sql) {
  sql::Lexer lexer(sql);
  sql::Token token;
  std::string verb;
  bool take = false;
  while (lexer.next(token)) {
    if (token.kind == sql::TokenKind::blank || token.kind == sql::TokenKind::comment) continue;
    if (verb.empty()) {
      if (token.kind != sql::TokenKind::word) continue;  // "(select …)"
      verb = lower(token.text.substr(0, 12));
      take = verb == "update" || verb == "truncate" || verb == "describe" || verb == "desc";
      continue;
    }
    if (take && (token.kind == sql::TokenKind::word || token.kind == sql::TokenKind::quoted_identifier)) {
      if (equal_ignoring_case(token.text, "table") || equal_ignoring_case(token.text, "if") ||
          equal_ignoring_case(token.text, "not") || equal_ignoring_case(token.text, "exists")) {
        continue;
      }
      // Of "school.student" the table.
      std::string_view name = token.text;
      while (lexer.next(token) && token.text == "." && lexer.next(token)) name = token.text;
      if (name.size() > 2 && name.front() == '`') name = name.substr(1, name.size() - 2);
      return cat(verb, " ", one_line(name, 24));
    }
    take = take || equal_ignoring_case(token.text, "from") || equal_ignoring_case(token.text, "into") ||
           equal_ignoring_case(token.text, "table") || equal_ignoring_case(token.text, "view") ||
           equal_ignoring_case(token.text, "database") || verb == "describe" || verb == "desc";
  }
  return verb;
}

}  // namespace sqlcast::gui
