#include "client/client.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <random>
#include <system_error>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "client/io_thread.h"
#include "client/keys.h"
#include "net/endpoint.h"
#include "sql/policy.h"

namespace sqlcast::client {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kMostOpen = IoThread::kQueue;
constexpr milliseconds kBlockingLogRead{5'000};

std::string random_client_id() {
  std::random_device device;
  std::string bytes;
  for (int i = 0; i < 4; ++i) {
    const std::uint32_t word = device();
    bytes.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  return to_hex(std::string_view(bytes));
}

// The canonical spelling, or what is wrong with it.
Result<std::string> checked_endpoint(const std::string& text) {
  const auto parsed = net::parse_peer_endpoint(text);
  if (!parsed.ok()) return parsed.status();
  const std::string canonical = canonical_endpoint(parsed->text());
  return canonical.empty() ? parsed->text() : canonical;
}

// A hint for routing; the node that gets the request judges for itself.
bool reads_only(const std::vector<Statement>& statements, const std::string& database) {
  return std::all_of(statements.begin(), statements.end(), [&database](const Statement& statement) {
    return sql::classify(statement.sql, database).statement_class == sql::Class::read;
  });
}

std::uint32_t to_ms(milliseconds time) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(time.count(), 0, UINT32_MAX));
}

Status unexpected(const Outcome& outcome) {
  return Status::error(Code::bad_message, outcome.endpoint + " sent an answer of the wrong kind");
}

// The expected message of an outcome, or the Status that stands for it.
template <typename Expected>
Result<Expected> take(Outcome outcome) {
  if (!outcome.status.ok()) return outcome.status;
  if (!outcome.message) return unexpected(outcome);
  if (auto* expected = std::get_if<Expected>(&*outcome.message)) return std::move(*expected);
  return unexpected(outcome);
}

void fill(Reply& reply, proto::QueryResult result) {
  for (proto::StatementResult& item : result.results) {
    StatementReply& to = reply.results.emplace_back();
    to.has_rows = item.has_rows;
    to.columns = std::move(item.columns);
    to.affected_rows = item.affected_rows;
    to.insert_id = item.insert_id;
    to.warnings = std::move(item.warnings);
    to.cursor = {item.cursor, item.cursor == 0 ? std::string() : reply.endpoint};
    auto rows = Rows::decode(std::move(item.page));
    if (rows.ok()) {
      to.rows = std::move(*rows);
    } else if (reply.status.ok()) {
      reply.status = rows.status();
    }
  }
  reply.wrote = result.wrote;
  reply.replayed = result.replayed;
  reply.epoch = result.epoch;
  reply.sequence = result.sequence;
  reply.acked_by = std::move(result.acked_by);
  reply.node = std::move(result.node);
  reply.node_position = result.node_position;
  reply.stale = result.stale;
  reply.elapsed = std::chrono::microseconds(result.elapsed_us);
}

Reply to_reply(Outcome outcome, std::uint64_t request_id) {
  Reply reply;
  reply.request_id = request_id;
  reply.status = outcome.status;
  reply.endpoint = outcome.endpoint;
  reply.round_trip = outcome.round_trip;
  if (!outcome.message) return reply;
  if (auto* result = std::get_if<proto::QueryResult>(&*outcome.message)) {
    fill(reply, std::move(*result));
  } else if (auto* error = std::get_if<proto::ErrorReply>(&*outcome.message)) {
    reply.failed_statement = error->statement;
    reply.epoch = error->epoch;
    reply.sequence = error->sequence;
    reply.acked_by = std::move(error->acked_by);
    reply.node = std::move(error->node);
    reply.wrote = error->status.code == Code::committed_not_acked;
  } else {
    reply.status = unexpected(outcome);
  }
  return reply;
}

// Threads that are inside a blocking call.
class Inside {
 public:
  class Stay {
   public:
    explicit Stay(Inside& inside) : inside_(inside) {
      const MutexLock lock(inside_.mutex_);
      ++inside_.callers_;
    }
    ~Stay() {
      const MutexLock lock(inside_.mutex_);
      if (--inside_.callers_ == 0) inside_.left_.notify_all();  // under the lock: who waits ends what this is in
    }
    Stay(const Stay&) = delete;
    Stay& operator=(const Stay&) = delete;

   private:
    Inside& inside_;
  };
  void wait_for_none() {
    MutexLock lock(mutex_);
    left_.wait(lock, [this]() SQLCAST_REQUIRES(mutex_) { return callers_ == 0; });
  }

 private:
  Mutex mutex_;
  ConditionVariable left_;
  unsigned callers_ SQLCAST_GUARDED_BY(mutex_) = 0;
};

// What one caller waits for.
class Answer {
 public:
  void give(Outcome outcome) {
    const MutexLock lock(mutex_);
    outcome_ = std::move(outcome);
    given_.notify_one();  // under the lock: who waits may be gone right after
  }
  bool given() {
    const MutexLock lock(mutex_);
    return outcome_.has_value();
  }
  Outcome take() {
    MutexLock lock(mutex_);
    given_.wait(lock, [this]() SQLCAST_REQUIRES(mutex_) { return outcome_.has_value(); });
    return std::move(*outcome_);
  }

 private:
  Mutex mutex_;
  ConditionVariable given_;
  std::optional<Outcome> outcome_ SQLCAST_GUARDED_BY(mutex_);
};

}  // namespace

class Client::Impl {
 public:
  Impl(Options options, std::uint64_t first_request, Engine::Settings settings)
      : options_(std::move(options)),
        next_request_(first_request),
        io_(options_.endpoints, with_hook(std::move(settings))) {}

  // Runs the query and waits, driving the sockets itself where nobody else uses this client at the moment.
  Reply run(Request request) {
    SQLCAST_CHECK(!io_.is_own());  // a callback would wait for itself
    const Inside::Stay stay(inside_);
    Answer answer;
    const std::uint64_t id = request.request_id.value_or(next_request_.fetch_add(1));
    Exchange exchange;
    if (Status problem = prepare(std::move(request), id, exchange); !problem.ok()) {
      Outcome outcome;
      outcome.status = std::move(problem);
      return to_reply(std::move(outcome), id);
    }
    exchange.done = [&answer](Outcome outcome) { answer.give(std::move(outcome)); };
    if (open_.fetch_add(1) >= kMostOpen) {
      open_.fetch_sub(1);
      return to_reply(busy(), id);
    }
    const IoThread::Command command = [&exchange](Engine& engine, TimePoint now) {
      engine.submit(std::move(exchange), now);
    };
    if (!io_.run_here(command, [&answer] { return answer.given(); }) && !io_.post(command)) answer.give(busy());
    Reply reply = to_reply(answer.take(), id);
    open_.fetch_sub(1);
    if (reply.wrote) remember(reply.sequence);
    return reply;
  }

  // Hands the exchange to the I/O thread; when that takes no more, `done` gets the reason here and now.
  void post(Exchange exchange) {
    if (open_.fetch_add(1) >= kMostOpen) return refuse(exchange);
    auto done = std::move(exchange.done);
    exchange.done = nullptr;
    auto shared = std::make_shared<Exchange>(std::move(exchange));  // std::function copies what it holds
    if (done) {
      shared->done = [this, done](Outcome outcome) {
        open_.fetch_sub(1);
        done(std::move(outcome));
      };
    } else {
      open_.fetch_sub(1);
    }
    if (io_.post([shared](Engine& engine, TimePoint now) { engine.submit(std::move(*shared), now); })) return;
    if (shared->done) shared->done(busy());
  }

  std::uint64_t query(Request request, ReplyCallback callback) {
    const std::uint64_t id = request.request_id.value_or(next_request_.fetch_add(1));
    Exchange exchange;
    if (Status problem = prepare(std::move(request), id, exchange); !problem.ok()) {
      Outcome outcome;
      outcome.status = std::move(problem);
      post_outcome(std::move(outcome), id, std::move(callback));
      return id;
    }
    exchange.done = [this, id, callback = std::move(callback)](Outcome outcome) {
      Reply reply = to_reply(std::move(outcome), id);
      if (reply.wrote) remember(reply.sequence);
      callback(std::move(reply));
    };
    post(std::move(exchange));
    return id;
  }

  void fetch(const Cursor& cursor, std::uint32_t page_rows, ReplyCallback callback) {
    Exchange exchange;
    exchange.message =
        proto::FetchRequest{options_.client_id, cursor.id, page_rows != 0 ? page_rows : options_.page_rows};
    exchange.pinned = cursor.endpoint;
    exchange.repeat = Repeat::never;
    exchange.timeout = options_.timeout;
    if (!cursor) {
      Outcome outcome;
      outcome.status = Status::error(Code::cursor_not_found, "there are no more pages: the result has been read whole");
      return post_outcome(std::move(outcome), 0, std::move(callback));
    }
    exchange.done = [callback = std::move(callback)](Outcome outcome) { callback(to_reply(std::move(outcome), 0)); };
    post(std::move(exchange));
  }

  // Makes an exchange that is sent to `endpoint`, or by `route` when that is empty.
  template <typename Reply, typename Callback>
  void ask(proto::Message message, const std::string& endpoint, Route route, milliseconds timeout, Callback callback) {
    Exchange exchange;
    exchange.message = std::move(message);
    exchange.route = route;
    exchange.timeout = timeout;
    exchange.done = [callback = std::move(callback)](Outcome outcome) { callback(take<Reply>(std::move(outcome))); };
    if (!endpoint.empty()) {
      const auto checked = checked_endpoint(endpoint);
      if (!checked.ok()) {
        Outcome outcome;
        outcome.status = checked.status();
        auto done = std::move(exchange.done);
        if (!io_.post([done, outcome](Engine&, TimePoint) { done(outcome); })) done(outcome);
        return;
      }
      exchange.pinned = *checked;
    }
    post(std::move(exchange));
  }

  void cancel(std::uint64_t request_id, const std::function<void(Result<bool>)>& callback) {
    const auto command = [this, request_id, callback](Engine& engine, TimePoint now) {
      engine.cancel(options_.client_id, request_id, callback, now);
    };
    if (!io_.post(command)) callback(busy().status);
  }

  // The blocking face: never from a callback, which would wait for itself.
  template <typename T, typename Start>
  T wait(const Start& start) {
    SQLCAST_CHECK(!io_.is_own());
    const Inside::Stay stay(inside_);
    auto promise = std::make_shared<std::promise<T>>();
    std::future<T> future = promise->get_future();
    start([promise](T value) { promise->set_value(std::move(value)); });
    return future.get();
  }

  Inside::Stay stay() { return Inside::Stay(inside_); }
  const Options& options() const { return options_; }
  Sequence session_position() const { return session_; }
  // A caller that has its answer may not have left yet.
  void stop() {
    io_.stop();
    inside_.wait_for_none();
  }

 private:
  Engine::Settings with_hook(Engine::Settings settings) {
    settings.on_other_history = [this](Sequence end) {
      Sequence known = session_;
      while (known > end && !session_.compare_exchange_weak(known, end)) {
      }
    };
    return settings;
  }

  static Outcome busy() {
    Outcome outcome;
    outcome.status = Status::error(Code::busy, "this client has too many requests open, or was closed; wait for some");
    outcome.status.retry_after_ms = 100;
    return outcome;
  }

  void refuse(const Exchange& exchange) {
    open_.fetch_sub(1);
    if (exchange.done) exchange.done(busy());
  }

  void post_outcome(Outcome outcome, std::uint64_t id, ReplyCallback callback) {
    auto shared = std::make_shared<Outcome>(std::move(outcome));
    const auto run = [shared, id, callback = std::move(callback)] { callback(to_reply(std::move(*shared), id)); };
    if (!io_.post([run](Engine&, TimePoint) { run(); })) run();
  }

  void remember(Sequence sequence) {
    Sequence known = session_;
    while (known < sequence && !session_.compare_exchange_weak(known, sequence)) {
    }
  }

  Status prepare(Request request, std::uint64_t id, Exchange& exchange) const {
    if (request.statements.empty()) return Status::error(Code::bad_request, "a request needs at least one statement");
    proto::QueryRequest query;
    query.key = {options_.client_id, id};
    query.database = std::move(request.database).value_or(options_.database);
    const bool read = reads_only(request.statements, query.database);
    for (Statement& statement : request.statements)
      query.statements.push_back(
          {std::move(statement.sql), std::move(statement.params), std::move(statement.named_params), statement.expect});
    query.page_rows = request.page_rows.value_or(options_.page_rows);
    query.consistency = request.consistency.value_or(options_.consistency);
    if (request.target.kind == Target::Kind::master) query.consistency = Consistency::master;
    if (query.consistency == Consistency::session) query.after = request.after.value_or(session_);
    exchange.after_own = query.after != 0 && !request.after;
    if (query.consistency == Consistency::max_lag) query.max_lag_ms = to_ms(request.max_lag.value_or(options_.max_lag));
    query.ack = request.ack.value_or(options_.ack);
    query.ack_for = request.ack_for.value_or(options_.ack_for);
    query.warnings = request.warnings.value_or(options_.warnings);
    query.sent_since = request.sent_since;

    exchange.is_write = !read;
    exchange.first_sent_here = !request.request_id;
    exchange.repeat = read ? Repeat::if_lost : Repeat::freely;
    exchange.request_id = id;
    exchange.timeout = request.timeout.value_or(options_.timeout);
    exchange.route = read ? Route::read : Route::write;
    if (query.consistency == Consistency::master) exchange.route = Route::listed_master;
    if (request.target.kind == Target::Kind::master) exchange.route = Route::master;
    if (request.target.kind == Target::Kind::node) {
      const auto endpoint = checked_endpoint(request.target.endpoint);
      if (!endpoint.ok()) return endpoint.status();
      exchange.pinned = *endpoint;
    }
    exchange.message = std::move(query);
    return ok_status();
  }

  const Options options_;
  std::atomic<std::uint64_t> next_request_;
  std::atomic<Sequence> session_{0};
  std::atomic<std::uint64_t> open_{0};
  Inside inside_;
  IoThread io_;  // last: its thread uses the rest
};

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Client::~Client() { impl_->stop(); }

Result<std::unique_ptr<Client>> Client::open(Options options) {
  if (options.endpoints.empty())
    return Status::error(Code::bad_request, "no endpoint was given; give a node's, such as tcp://127.0.0.1:5750");
  for (std::string& endpoint : options.endpoints) {
    auto checked = checked_endpoint(endpoint);
    if (!checked.ok()) return checked.status();
    endpoint = std::move(*checked);
  }
  if (!options.key_file.empty())
    if (Status status = use_key_file(options.key_file, options.endpoints); !status.ok()) return status;
  std::uint64_t first_request = 1;
  if (options.client_id.empty()) {
    options.client_id = random_client_id();
  } else {
    // An id that is used again must not meet its own earlier request ids.
    first_request = unix_microseconds();
  }
  if (options.client_id.size() > 64)
    return Status::error(Code::bad_request,
                         "a client id has 1 to 64 bytes; this one has " + std::to_string(options.client_id.size()));
  Engine::Settings settings;
  settings.resend_after = std::max(options.resend_after, milliseconds(10));
  settings.seed = std::random_device()();
  try {
    auto impl = std::make_unique<Impl>(std::move(options), first_request, std::move(settings));
    return std::unique_ptr<Client>(new Client(std::move(impl)));
  } catch (const std::exception& error) {
    return Status::error(Code::io, std::string("the client cannot start: ") + error.what());
  }
}

const std::string& Client::client_id() const { return impl_->options().client_id; }
Sequence Client::session_position() const { return impl_->session_position(); }

std::uint64_t Client::submit(Request request, ReplyCallback callback) {
  return impl_->query(std::move(request), std::move(callback));
}

std::future<Reply> Client::submit(Request request) {
  auto promise = std::make_shared<std::promise<Reply>>();
  std::future<Reply> future = promise->get_future();
  submit(std::move(request), [promise](Reply reply) { promise->set_value(std::move(reply)); });
  return future;
}

Reply Client::run(Request request) { return impl_->run(std::move(request)); }

Reply Client::run(std::string sql, std::vector<Value> params) {
  return run(Request::of(std::move(sql), std::move(params)));
}

void Client::cancel(std::uint64_t request_id, const std::function<void(Result<bool>)>& callback) {
  impl_->cancel(request_id, callback);
}

Result<bool> Client::cancel(std::uint64_t request_id) {
  return impl_->wait<Result<bool>>([&](const std::function<void(Result<bool>)>& done) { cancel(request_id, done); });
}

void Client::fetch(const Cursor& cursor, std::uint32_t page_rows, ReplyCallback callback) {
  impl_->fetch(cursor, page_rows, std::move(callback));
}

Reply Client::fetch(const Cursor& cursor, std::uint32_t page_rows) {
  return impl_->wait<Reply>([&](ReplyCallback done) { fetch(cursor, page_rows, std::move(done)); });
}

void Client::close(const Cursor& cursor) {
  if (!cursor) return;
  Exchange exchange;
  exchange.message = proto::CloseRequest{client_id(), cursor.id};
  exchange.pinned = cursor.endpoint;
  impl_->post(std::move(exchange));
}

void Client::explain(std::vector<std::string> statements, std::optional<std::string> database,
                     const std::string& endpoint, ExplainCallback callback) {
  proto::ExplainRequest request;
  request.database = std::move(database).value_or(impl_->options().database);
  request.statements = std::move(statements);
  impl_->ask<proto::ExplainReply>(std::move(request), endpoint, Route::listed_master, impl_->options().timeout,
                                  std::move(callback));
}

Result<proto::ExplainReply> Client::explain(std::vector<std::string> statements, std::optional<std::string> database,
                                            const std::string& endpoint) {
  return impl_->wait<Result<proto::ExplainReply>>(
      [&](ExplainCallback done) { explain(std::move(statements), std::move(database), endpoint, std::move(done)); });
}

void Client::status(const std::string& endpoint, milliseconds timeout, StatusCallback callback) {
  impl_->ask<proto::StatusReply>(proto::StatusRequest{}, endpoint, Route::read, timeout, std::move(callback));
}

Result<proto::StatusReply> Client::status(const std::string& endpoint, milliseconds timeout) {
  return impl_->wait<Result<proto::StatusReply>>(
      [&](StatusCallback done) { status(endpoint, timeout, std::move(done)); });
}

void Client::requests(const std::string& endpoint, milliseconds timeout, RequestsCallback callback) {
  impl_->ask<proto::RequestsReply>(proto::RequestsRequest{}, endpoint, Route::read, timeout, std::move(callback));
}

Result<proto::RequestsReply> Client::requests(const std::string& endpoint, milliseconds timeout) {
  return impl_->wait<Result<proto::RequestsReply>>(
      [&](RequestsCallback done) { requests(endpoint, timeout, std::move(done)); });
}

void Client::cancel_at(const std::string& endpoint, std::uint64_t number,
                       const std::function<void(Result<bool>)>& callback) {
  proto::CancelRequest request;
  request.number = number;
  impl_->ask<proto::CancelReply>(std::move(request), endpoint, Route::read, kBlockingLogRead,
                                 [callback](const Result<proto::CancelReply>& reply) {
                                   callback(reply.ok() ? Result<bool>(reply->stopped) : Result<bool>(reply.status()));
                                 });
}

Result<bool> Client::cancel_at(const std::string& endpoint, std::uint64_t number) {
  return impl_->wait<Result<bool>>(
      [&](const std::function<void(Result<bool>)>& done) { cancel_at(endpoint, number, done); });
}

Result<std::vector<proto::NodeStatus>> Client::cluster_status(milliseconds timeout) {
  const auto stay = impl_->stay();
  struct Asked {
    std::string endpoint;
    std::future<Result<proto::StatusReply>> answer;
  };
  std::vector<Asked> asked;
  const auto ask = [&](const std::string& text) {
    const std::string endpoint = canonical_endpoint(text);
    if (endpoint.empty()) return;
    for (const Asked& earlier : asked)
      if (earlier.endpoint == endpoint) return;
    auto promise = std::make_shared<std::promise<Result<proto::StatusReply>>>();
    asked.push_back({endpoint, promise->get_future()});
    status(endpoint, timeout, [promise](Result<proto::StatusReply> reply) { promise->set_value(std::move(reply)); });
  };

  std::map<std::string, proto::NodeStatus> by_name;     // what nodes say of themselves
  std::map<std::string, proto::NodeStatus> from_peers;  // and others of them
  std::vector<std::string> silent;
  Status first_problem;
  for (const std::string& endpoint : impl_->options().endpoints) ask(endpoint);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    auto reply = asked[i].answer.get();
    if (!reply.ok()) {
      silent.push_back(asked[i].endpoint);
      if (first_problem.ok()) first_problem = reply.status();
      continue;
    }
    if (reply->self.endpoint.empty()) reply->self.endpoint = asked[i].endpoint;
    for (proto::NodeStatus& peer : reply->peers) {
      ask(peer.endpoint);
      from_peers.emplace(peer.name, std::move(peer));
    }
    ask(reply->self.master);
    by_name[reply->self.name] = std::move(reply->self);
  }
  if (by_name.empty()) return first_problem;
  for (auto& [name, peer] : from_peers) {
    if (by_name.contains(name)) continue;
    std::erase(silent, canonical_endpoint(peer.endpoint));
    peer.state = "Unreachable";
    by_name[name] = std::move(peer);
  }
  std::vector<proto::NodeStatus> nodes;
  nodes.reserve(by_name.size() + silent.size());
  for (auto& [name, node] : by_name) nodes.push_back(std::move(node));
  for (const std::string& endpoint : silent) {
    proto::NodeStatus& node = nodes.emplace_back();
    node.state = "Unreachable";
    node.endpoint = endpoint;
    node.message = "no reply within " + std::to_string(timeout.count()) + " ms";
  }
  std::stable_sort(nodes.begin(), nodes.end(), [](const proto::NodeStatus& a, const proto::NodeStatus& b) {
    return (a.role == "master") > (b.role == "master");
  });
  return nodes;
}

Result<proto::LogBatch> Client::read_log(Position after, std::uint64_t max_bytes, std::string endpoint) {
  return impl_->wait<Result<proto::LogBatch>>([&](std::function<void(Result<proto::LogBatch>)> done) {
    impl_->ask<proto::LogBatch>(proto::LogReadRequest{after, max_bytes, {}, {}}, endpoint, Route::read,
                                kBlockingLogRead, std::move(done));
  });
}

}  // namespace sqlcast::client
