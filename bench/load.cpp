#include "bench/load.h"

#include <algorithm>
#include <random>

#include "base/mutex.h"

namespace sqlcast::bench {
namespace {

constexpr std::size_t kMostArrivals = 1'000'000;
constexpr std::chrono::milliseconds kPace{1};

// The statement or the set-up is wrong: more of the same would only fail again.
bool is_hopeless(Code code) {
  switch (code) {
    case Code::bad_message:
    case Code::unsupported_version:
    case Code::too_large:
    case Code::bad_request:
    case Code::request_id_reused:
    case Code::refused:
    case Code::master_only:
    case Code::sql_error: return true;
    default: return false;
  }
}

}  // namespace

void LoadCounts::add(const LoadCounts& other) {
  requests += other.requests;
  statements += other.statements;
  errors += other.errors;
  busy += other.busy;
  latency.add(other.latency);
  all.requests += other.all.requests;
  all.statements += other.all.statements;
  all.writes += other.all.writes;
  all.replayed += other.all.replayed;
  all.unknown += other.all.unknown;
  for (const auto& [text, count] : other.error_texts) error_texts[text] += count;
  last_sequence = std::max(last_sequence, other.last_sequence);
}

Load::Load(LoadOptions options, OnMark on_mark) : options_(std::move(options)), on_mark_(std::move(on_mark)) {}

Load::~Load() {
  finish();
  connections_.clear();  // their threads use the rest
}

Status Load::start() {
  const std::uint64_t seed = options_.seed != 0 ? options_.seed : std::random_device()();
  const unsigned connections = options_.blocking ? options_.threads : std::min(options_.connections, options_.threads);
  for (unsigned i = 0; i < std::max(1U, connections); ++i) {
    client::Options options;
    options.endpoints = options_.endpoints;
    options.database = options_.shape.database;
    options.consistency = client::Consistency::any;
    options.ack = options_.ack;
    auto client = client::Client::open(options);
    if (!client.ok()) return client.status();
    connections_.push_back(std::make_unique<Connection>());
    connections_.back()->client = std::move(*client);
  }
  for (unsigned i = 0; i < options_.threads; ++i) {
    client::Target target;
    if (!options_.pinned.empty()) target = {client::Target::Kind::node, options_.pinned[i % options_.pinned.size()]};
    logicals_.push_back({Generator(options_.shape, seed * 1'000'003 + i), connections_[i % connections_.size()].get(),
                         std::move(target)});
  }
  start_ = Clock::now();
  measure_from_ = start_ + options_.warmup;
  end_ = measure_from_ + options_.time;
  finished_ = start_;
  if (options_.blocking) {
    {
      const MutexLock lock(mutex_);
      open_ = logicals_.size();
    }
    for (std::size_t i = 0; i < logicals_.size(); ++i) threads_.emplace_back([this, i] { run_blocking(i); });
    if (options_.rate > 0) pacer_ = std::thread([this] { pace(); });
    return ok_status();
  }
  if (options_.rate > 0) {
    {
      const MutexLock lock(mutex_);
      for (std::size_t i = logicals_.size(); i > 0; --i) free_.push_back(i - 1);
    }
    pacer_ = std::thread([this] { pace(); });
    return ok_status();
  }
  {
    const MutexLock lock(mutex_);
    open_ = logicals_.size();
  }
  for (std::size_t i = 0; i < logicals_.size(); ++i) send(i, Clock::now());
  return ok_status();
}

// One of the open ones: `open_` has counted it already.
void Load::send(std::size_t index, Clock::time_point since) {
  if (options_.requests != 0 && sent_.fetch_add(1) >= options_.requests) {
    stopping_ = true;
    return next(index);
  }
  Logical& logical = logicals_[index];
  client::Request request = logical.generator.next();
  request.target = logical.target;
  logical.connection->client->submit(std::move(request), [this, index, since](const client::Reply& reply) {
    count(logicals_[index], since, reply);
    next(index);
  });
}

void Load::run_blocking(std::size_t index) {
  Logical& logical = logicals_[index];
  while (true) {
    const Arrival arrival = next_arrival();
    if (arrival.ended) break;
    if (options_.requests != 0 && sent_.fetch_add(1) >= options_.requests) stopping_ = true;
    if (over()) break;
    client::Request request = logical.generator.next();
    request.target = logical.target;
    count(logical, arrival.since, logical.connection->client->run(std::move(request)));
  }
  const MutexLock lock(mutex_);
  finished_ = std::max(finished_, Clock::now());
  if (--open_ == 0) all_ended_.notify_all();
}

// Without a rate at once.
Load::Arrival Load::next_arrival() {
  if (options_.rate <= 0) return {over(), Clock::now()};
  constexpr std::chrono::milliseconds kLook{20};
  MutexLock lock(mutex_);
  while (arrivals_.empty()) {
    if (over()) return {true, {}};
    arrived_.wait_for(lock, kLook, [this]() SQLCAST_REQUIRES(mutex_) { return !arrivals_.empty(); });
  }
  const Arrival arrival{false, arrivals_.front()};
  arrivals_.pop_front();
  return arrival;
}

void Load::count(Logical& logical, Clock::time_point since, const client::Reply& reply) {
  const Clock::time_point now = Clock::now();
  const bool measured = now >= measure_from_ && now < end_;
  Connection& connection = *logical.connection;
  {
    const MutexLock lock(connection.mutex);
    LoadCounts& counts = connection.counts;
    const std::size_t statements = statements_per_request(options_.shape);
    if (reply.status.ok()) {
      ++counts.all.requests;
      counts.all.statements += statements;
      if (reply.wrote) ++counts.all.writes;
      if (reply.replayed) ++counts.all.replayed;
      counts.last_sequence = std::max(counts.last_sequence, reply.sequence);
      if (measured) {
        ++counts.requests;
        counts.statements += statements;
        counts.latency.add(now - since);
      }
    } else {
      if (reply.status.code == Code::outcome_unknown) ++counts.all.unknown;
      ++counts.errors;
      if (reply.status.code == Code::busy) ++counts.busy;
      if (counts.error_texts.size() < 5)
        ++counts.error_texts[std::string(code_name(reply.status.code)) + ": " + reply.status.message];
    }
  }
  if (!reply.status.ok() && is_hopeless(reply.status.code)) give_up(reply.status.message);
  if (reply.wrote && mark_wanted_.load(std::memory_order_relaxed) && mark_wanted_.exchange(false) && on_mark_)
    on_mark_(reply.sequence, now);
}

// What a client does after a reply.
void Load::next(std::size_t index) {
  Clock::time_point since = Clock::now();
  {
    const MutexLock lock(mutex_);
    const bool paced = options_.rate > 0;
    if (over() || (paced && arrivals_.empty())) {
      if (paced) free_.push_back(index);
      finished_ = since;
      if (--open_ == 0) all_ended_.notify_all();
      return;
    }
    if (paced) {
      since = arrivals_.front();
      arrivals_.pop_front();
    }
  }
  send(index, since);
}

void Load::pace() {
  std::mt19937_64 random(std::random_device{}());
  std::exponential_distribution<double> gap(options_.rate);
  const auto after = [&](Clock::time_point time) {
    return time + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(gap(random)));
  };
  Clock::time_point due = after(start_);
  while (!over()) {
    for (const Clock::time_point now = Clock::now(); due <= now; due = after(due)) {
      std::optional<std::size_t> client;
      {
        const MutexLock lock(mutex_);
        if (!free_.empty()) {
          client = free_.back();
          free_.pop_back();
          ++open_;
        } else if (arrivals_.size() < kMostArrivals) {
          arrivals_.push_back(due);
        }
      }
      if (client) send(*client, due);
      if (options_.blocking) arrived_.notify_one();
    }
    std::this_thread::sleep_for(
        std::min<Clock::duration>(std::max<Clock::duration>(due - Clock::now(), kPace), std::chrono::milliseconds(50)));
  }
}

void Load::give_up(const std::string& why) {
  const MutexLock lock(mutex_);
  if (!given_up_) given_up_ = why;
  stopping_ = true;
}

void Load::finish() {
  if (pacer_.joinable()) {
    stopping_ = stopping_ || Clock::now() < end_;
    pacer_.join();
  }
  if (Clock::now() < end_) stopping_ = true;
  MutexLock lock(mutex_);
  all_ended_.wait(lock, [this]() SQLCAST_REQUIRES(mutex_) { return open_ == 0; });
  lock.unlock();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

LoadCounts Load::counts() const {
  LoadCounts sum;
  for (const auto& connection : connections_) {
    const MutexLock lock(connection->mutex);
    sum.add(connection->counts);
  }
  return sum;
}

std::chrono::duration<double> Load::measured() const {
  Clock::time_point last;
  {
    const MutexLock lock(mutex_);
    last = open_ == 0 ? finished_ : Clock::now();
  }
  return std::max<std::chrono::duration<double>>(std::min(last, end_) - measure_from_, std::chrono::microseconds(1));
}

std::optional<std::string> Load::given_up() const {
  const MutexLock lock(mutex_);
  return given_up_;
}

}  // namespace sqlcast::bench
