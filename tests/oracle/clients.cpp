#include "tests/oracle/clients.h"

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <thread>

namespace sqlcast::oracle {
namespace {

using namespace std::chrono_literals;
using support::Answer;
using support::is_passing;
using support::Session;

proto::QueryRequest wire_of(const Deed& deed) {
  proto::QueryRequest request;
  request.key = deed.key;
  request.database = deed.request.database;
  for (const Statement& statement : deed.request.statements) request.statements.push_back(statement.wire);
  request.warnings = deed.request.warnings;
  request.timeout_ms = 60'000;
  return request;
}

// Where the log stood some time before: what the master remembers of clients is bounded, and the log of many rounds is
// longer.
Sequence position_of(support::Cluster& cluster) {
  const auto status = cluster.master().status();
  if (!status) throw std::runtime_error("the master does not tell its position");
  return status->position;
}

Answer send(Session& session, const Deed& deed, Sequence since) {
  proto::QueryRequest request = wire_of(deed);
  request.sent_since = since;
  const auto give_up = std::chrono::steady_clock::now() + support::kPatience;
  while (true) {
    Answer answer = session.run(request, 70s);
    if (answer.ok() || !is_passing(answer.status.code)) return answer;
    if (std::chrono::steady_clock::now() > give_up)
      throw std::runtime_error("no outcome: " + support::show(answer.status) + "\n  of " + describe(deed.request));
    std::this_thread::sleep_for(20ms);  // poll interval
  }
}

class Crowd {
 public:
  Crowd(support::Cluster& cluster, const Generator& generator, const Load& load)
      : cluster_(cluster), generator_(generator), load_(load), since_(position_of(cluster)) {}

  std::vector<Deed> run() {
    std::vector<std::thread> threads;
    for (int i = 0; i < load_.clients; ++i) threads.emplace_back([this, i] { run_one(i); });
    for (std::thread& thread : threads) thread.join();
    if (!problem_.empty()) throw std::runtime_error(problem_);
    return std::move(deeds_);
  }

 private:
  void run_one(int client) {
    try {
      const auto nodes = cluster_.nodes();
      Session session(nodes[static_cast<std::size_t>(client) % nodes.size()]->endpoint());
      // Definitions are the master's alone.
      Session at_master(cluster_.master().endpoint());
      Random random(load_.seed * 1'000 + static_cast<std::uint64_t>(client));
      for (int i = 1; i <= load_.requests; ++i) {
        Deed deed;
        deed.key = {load_.name + "-" + std::to_string(client), static_cast<std::uint64_t>(i)};
        deed.request = generator_.next(random);
        do_one(deed.request.kind == Request::Kind::data ? session : at_master, deed);
        const std::lock_guard lock(mutex_);
        if (!problem_.empty()) return;
        deeds_.push_back(std::move(deed));
      }
    } catch (const std::exception& problem) {
      const std::lock_guard lock(mutex_);
      problem_ = problem.what();
    }
  }

  void do_one(Session& session, Deed& deed) {
    std::shared_lock among(quiet_, std::defer_lock);
    std::unique_lock alone(quiet_, std::defer_lock);
    std::unique_lock definition(definitions_, std::defer_lock);
    if (deed.request.kind != Request::Kind::data) definition.lock();
    if (deed.request.kind == Request::Kind::definition_by_rows)
      alone.lock();
    else
      among.lock();
    deed.sent = ++clock_;
    deed.answer = send(session, deed, since_);
    deed.answered = ++clock_;
  }

  support::Cluster& cluster_;
  const Generator& generator_;
  const Load& load_;
  const Sequence since_;
  std::shared_mutex quiet_;
  std::mutex definitions_;
  std::atomic<std::uint64_t> clock_{0};
  std::mutex mutex_;
  std::vector<Deed> deeds_;  // guarded by mutex_
  std::string problem_;      // guarded by mutex_
};

}  // namespace

std::vector<Deed> run_clients(support::Cluster& cluster, const Generator& generator, const Load& load) {
  return Crowd(cluster, generator, load).run();
}

std::vector<Deed> run_in_order(support::Cluster& cluster, const std::vector<Request>& requests,
                               const std::string& name) {
  Session session(cluster.master().endpoint());
  const Sequence since = position_of(cluster);
  std::vector<Deed> deeds;
  std::uint64_t clock = 0;
  for (const Request& request : requests) {
    Deed deed;
    deed.key = {name, deeds.size() + 1};
    deed.request = request;
    deed.sent = ++clock;
    deed.answer = send(session, deed, since);
    deed.answered = ++clock;
    deeds.push_back(std::move(deed));
  }
  return deeds;
}

std::vector<proto::Entry> read_log(const support::Node& node, Position& end) {
  Session session(node.endpoint());
  std::vector<proto::Entry> entries;
  while (true) {
    proto::LogReadRequest request;
    request.after = end;
    const Result<proto::Message> reply = session.exchange(request, 60s);
    if (!reply) throw std::runtime_error("the log cannot be read: " + reply.status().message);
    const auto* batch = std::get_if<proto::LogBatch>(&*reply);
    if (batch == nullptr) throw std::runtime_error("log_read was answered with something else");
    if (batch->groups.empty()) return entries;
    for (const proto::Group& group : batch->groups) {
      Result<std::vector<proto::Entry>> decoded = proto::decode_entries(group.body);
      if (!decoded) throw std::runtime_error("a group cannot be decoded: " + decoded.status().message);
      for (proto::Entry& entry : *decoded) entries.push_back(std::move(entry));
      end = {group.epoch, group.last, group.hash};
    }
  }
}

}  // namespace sqlcast::oracle
