#include "master/master.h"

#include <algorithm>
#include <set>

#include "base/clock.h"
#include "base/logging.h"
#include "base/mutex.h"
#include "master/freeze.h"
#include "net/key_ring.h"
#include "node/explain.h"
#include "node/stop_guard.h"
#include "proto/codec.h"

namespace sqlcast::master {
namespace {

using Clock = node::Core::Clock;

// Slaves that have not reported for so long are left out of the status.
constexpr auto kForgetPeerAfter = std::chrono::hours(1);
constexpr std::size_t kMaxPeers = 1000;
// A slave that has been silent for so long is not asked for anything.
constexpr auto kIsAway = std::chrono::seconds(10);
constexpr std::size_t kMaxAsked = 8;  // for what is damaged: each may take seconds
// A slave that has been silent for so long may have been made anew: another data folder may use its name.
constexpr auto kNameIsFree = std::chrono::seconds(5);

proto::Ack ack_level(const std::string& name) {
  if (name == "one") return proto::Ack::one;
  if (name == "majority") return proto::Ack::majority;
  if (name == "all") return proto::Ack::all;
  return proto::Ack::local;
}

// Of the history that a slave has in its log, whether it has applied all of that or not.
std::optional<node::Claim> claim_of(const proto::NodeStatus& slave) {
  const std::string& name = slave.name;
  if (!slave.durable) return node::claim_of(name, slave.cluster, slave.epoch, slave.position, slave.hash);
  const Position& end = *slave.durable;
  return node::claim_of(name, slave.cluster, end.epoch, end.sequence, to_hex(end.hash));
}

// Of a brief report, what is new in it.
void note_progress(proto::NodeStatus& known, proto::NodeStatus&& brief) {
  known.epoch = brief.epoch;
  known.position = brief.position;
  known.hash = std::move(brief.hash);
  known.cluster = std::move(brief.cluster);
  known.durable = brief.durable;
}

// " (not: slave-1, slave-2)"; nothing for nobody.
std::string list_of(const std::vector<std::string>& missing) {
  constexpr std::size_t kMost = 16;
  std::string text;
  for (std::size_t i = 0; i < std::min(missing.size(), kMost); ++i)
    text += (text.empty() ? " (not: " : ", ") + missing[i];
  if (missing.size() > kMost) text += " and " + std::to_string(missing.size() - kMost) + " more";
  return text.empty() ? text : text + ")";
}

}  // namespace

Master::Master(const config::NodeConfig& config)
    : core_(config, [] { return false; }),
      overdue_([this](const RequestKey& key) { return sequencer_->executed(key); }),
      default_ack_(ack_level(config.ack)),
      default_ack_for_(config.ack_for == "applied" ? proto::AckFor::applied : proto::AckFor::durable) {}

Master::~Master() { stop(); }

Status Master::start() {
  if (Status status = core_.security.open(); !status.ok()) return status;
  net::Publisher::Options options;
  options.gate = core_.security.gate();
  options.endpoint = core_.config.publish;
  options.beacon_interval = core_.config.beacon_interval;
  options.burst_interval = core_.config.publish_interval;
  Result<std::unique_ptr<net::Publisher>> publisher = net::Publisher::open(std::move(options));
  if (!publisher) return publisher.status();
  publisher_ = std::move(*publisher);
  Status opened = core_.open(
      [this](node::Caller caller, proto::Message message) { handle(std::move(caller), std::move(message)); });
  if (!opened.ok()) return opened;
  core_.mender.ask([this] { return who_has_the_log(); });
  Result<KnownSlaves> known = KnownSlaves::load(core_.config.data_dir);
  if (!known) return known.status();
  {
    const MutexLock lock(peers_mutex_);
    known_slaves_ = std::move(*known);
    for (const std::string& slave : known_slaves_.names()) acks_.expect(slave);
  }

  Histories::Hooks remembering;
  remembering.to_be_saved = [this] { keeper_.wake(); };
  remembering.changed = [this](const std::string& why) {
    if (why.empty()) {
      core_.conditions.clear("history");
    } else {
      core_.conditions.post("history", node::Trouble::read_only, why);
    }
  };
  histories_ = std::make_unique<Histories>(core_.config.data_dir, core_.identity, core_.config.accept_history,
                                           std::move(remembering));
  Sequencer::Hooks hooks;
  hooks.publish = [this](const proto::Group& group) {
    if (group.first == 1) histories_->begun(to_hex(group.previous_hash));
    using Urgency = net::Publisher::Urgency;
    if (!publisher_->publish(proto::kGroupTopic, proto::encode(proto::GroupMessage{group}, 0),
                             acks_.anyone_waits() ? Urgency::at_once : Urgency::may_wait))
      ++core_.counters.unpublished;
  };
  hooks.doubt = [this] { return histories_->doubt(); };
  hooks.make_way = [this] { core_.readers.make_way(); };
  hooks.room = [this] { return core_.disk.full() ? core_.disk.why() : core_.log.health(); };
  hooks.no_room = [this](const std::string& why) { core_.disk.refused(why); };
  hooks.has_other_copy = [this](const RequestKey& key, const node::Caller& caller) {
    return overdue_.has_other_copy(key, caller);
  };
  hooks.answer = [this](std::vector<Committed>&& committed) { answer(std::move(committed)); };
  sequencer_ = std::make_unique<Sequencer>(core_.config, core_.database, core_.log, core_.front, core_.board,
                                           core_.counters, core_.rate, schema_, std::move(hooks));
  if (Status status = core_.until_it_works([this] { return sequencer_->start(); }); !status.ok()) return status;
  if (Status status = compare_histories(); !status.ok()) return status;
  keeper_.start();
  publisher_->start([this]() -> std::optional<proto::Frames> { return proto::encode(beacon(), 0); });
  core_.log_server.on_differing([this](const proto::LogReadRequest& request) {
    // A client's word counts for nothing: it has no history of its own.
    const auto claim = node::claim_of(request.node, request.cluster, request.after.epoch, request.after.sequence,
                                      to_hex(request.after.hash));
    if (!claim) return;
    const OwnHistory own = own_history();
    const Fit fit = fit_of(*claim, own);
    histories_->hear(*claim, fit == Fit::inside ? Fit::other : fit, own);
  });
  core_.start([this] { tick(); });
  core_.retention.start([this] { return slave_needs(); });
  core_.security.start({[this] { publisher_->readmit(); }, [this](const node::RevokedKeys& keys) { end_of(keys); },
                        [this] { return core_.renew_door(); }});
  return ok_status();
}

// What slaves may still ask of the log. One that has not reported since this master began may need all of it.
std::vector<log::SlaveNeed> Master::slave_needs() {
  const Clock::time_point now = Clock::now();
  const MutexLock lock(peers_mutex_);
  return needs_.of(known_slaves_.names(), now - core_.uptime(), now, unix_microseconds());
}

// What they give is believed by its hashes alone.
std::vector<std::string> Master::who_has_the_log() {
  const MutexLock lock(peers_mutex_);
  std::vector<std::string> endpoints;
  for (const auto& [name, peer] : peers_)
    if (Clock::now() - peer.seen < kIsAway && known_slaves_.names().contains(name) && endpoints.size() < kMaxAsked)
      endpoints.push_back(peer.status.endpoint);
  return endpoints;
}

// `seen`: the log has a group that ends there. Else that is looked up: a position that somebody has invented is not to
// say what of the log is needed.
void Master::note_need(const node::Claim& claim, bool seen) {
  const Clock::time_point reported = Clock::now();
  const std::string& name = claim.node;
  const Sequence end = claim.position.sequence;
  if (seen || needs_.has(name, end)) return needs_.note(name, end, reported);
  core_.log_server.look_up(claim.position, [this, name, end, reported](bool has) {
    const MutexLock lock(peers_mutex_);
    if (has) needs_.note(name, end, reported);
  });
}

void Master::tick() {
  const Clock::time_point now = Clock::now();
  acks_.tick(now);
  sequencer_->tick(now);
  const storage::Database::Health database = core_.database.health();
  overdue_.tick(now, database.up && !database.stalled && core_.log.health().ok(),
                [this](const node::Caller& caller, Status status, Sequence since) {
                  fail_write(caller, std::move(status), since);
                });
}

// Writes that have been begun go on to their ends.
void Master::end_of(const node::RevokedKeys& keys) {
  core_.end_requests_of(keys);
  overdue_.end(
      keys, [this](const node::Who& who) { return node::ended_with_key(who, core_.config.name); },
      [this](const node::Caller& caller, Status status, Sequence since) {
        fail_write(caller, std::move(status), since);
      });
}

// `since`: should it come to be committed, it is in the log after this.
void Master::fail_write(const node::Caller& caller, Status status, Sequence since) {
  proto::ErrorReply error;
  error.status = std::move(status);
  error.sequence = since;
  core_.front.fail(caller, std::move(error));
}

// What the data folder and its slaves were known to have, against what the log has, before anything is written.
Status Master::compare_histories() {
  Status problem;
  histories_->begin(own_history(), [&](const Position& position) {
    const Result<bool> has = core_.log.has(position);
    // What was trimmed cannot be compared: the claim stays, until a person decides.
    if (!has && has.status().code != Code::snapshot_required) problem = has.status();
    return has.ok() && *has;
  });
  return problem;
}

// What cannot be seen at once is looked up when that is wanted.
Fit Master::hear(const node::Claim& claim, bool look_inside) {
  const OwnHistory own = own_history();
  const Fit fit = fit_of(claim, own);
  if (fit != Fit::inside) {
    histories_->hear(claim, fit, own);
  } else if (look_inside) {
    core_.log_server.look_up(claim.position, [this, claim](bool has) {
      histories_->hear(claim, has ? Fit::same : Fit::other, own_history());
    });
  }
  return fit;
}

// On the keeper's thread. True when all is written.
bool Master::keep() {
  const bool saved = histories_->save();
  KnownSlaves known;
  std::set<std::string> joining;
  {
    const MutexLock lock(peers_mutex_);
    known = known_slaves_;
    for (const auto& [name, position] : joining_) joining.insert(name);
  }
  const bool before = known.saved();
  const Status status = known.add(joining);
  if (!status.ok() && before) logging::error("a slave may not be counted after a restart: {}", status.message);
  const MutexLock lock(peers_mutex_);
  known_slaves_ = std::move(known);
  for (const std::string& name : joining) {
    acks_.report(name, joining_.at(name));
    joining_.erase(name);
  }
  return saved && status.ok();
}

void Master::stop() {
  core_.stop_taking_requests();
  if (sequencer_) sequencer_->stop();
  core_.log.stop();  // answers what has committed
  if (sequencer_) {
    const node::StopGuard guard("the retry memory, without which the next start reads more of the log,");
    sequencer_->keep_memory();
  }
  acks_.tick(Clock::time_point::max());
  if (publisher_) publisher_->stop();
  core_.stop();
  const node::StopGuard guard("what others have, as they last reported,");
  keeper_.stop();
}

proto::Beacon Master::beacon() const {
  proto::Beacon beacon;
  beacon.head = core_.board.position();
  beacon.time_us = unix_microseconds();
  beacon.master = core_.config.name;
  return beacon;
}

// ---- requests, on the router's thread or the slow lane's ------------------------------------------------------------

void Master::handle(node::Caller caller, proto::Message message) {
  if (core_.handle_common(caller, message)) return;
  if (auto* query = std::get_if<proto::QueryRequest>(&message)) {
    handle_query(std::move(caller), std::move(*query));
  } else if (auto* cancel = std::get_if<proto::CancelRequest>(&message)) {
    handle_cancel(caller, *cancel);
  } else if (std::holds_alternative<proto::StatusRequest>(message)) {
    core_.front.reply(caller, cluster_status());
  } else if (const auto* request = std::get_if<proto::ExplainRequest>(&message)) {
    const std::shared_ptr<const sql::Schema> schema = schema_.get();
    node::PlanRules rules = node::plan_rules(core_.config.limits);
    rules.schema = schema.get();
    rules.freeze = freeze();
    core_.front.answer(caller, node::explain(*request, rules, true));
  } else {
    SQLCAST_CHECK(std::holds_alternative<proto::Report>(message));  // the core takes requests only
    handle_report(caller, std::get<proto::Report>(std::move(message)));
  }
}

sql::Freeze Master::freeze() {
  return [this](std::string_view function, std::string_view arguments) {
    return freeze_value(function, arguments, core_.database.version());
  };
}

void Master::handle_query(node::Caller caller, proto::QueryRequest request) {
  ++core_.counters.requests;
  if (const std::string own = core_.board.cluster(); !request.cluster.empty() && request.cluster != own) {
    core_.front.fail(caller, Status::error(Code::diverged, "the slave " + request.forwarded_by + " is of cluster " +
                                                               request.cluster.substr(0, 8) +
                                                               ", and this master is of cluster " + own.substr(0, 8) +
                                                               ": what is sent there is not carried out here. "
                                                               "Correct its setting `master`, or ask another node"));
    return;
  }
  const std::shared_ptr<const sql::Schema> schema = schema_.get();
  node::PlanRules rules = node::plan_rules(core_.config.limits);
  rules.schema = schema.get();
  rules.freeze = freeze();
  WriteRequest write;
  write.digest = proto::request_digest(request);
  write.refusal = node::plan_request(request, rules, write.plan);
  if (write.refusal && !is_of_known_write(request, write, caller.who)) {
    core_.front.fail(caller, std::move(write.refusal->status), write.refusal->statement);
    return;
  }
  if (Status status = node::may_run(caller.who, write.plan, core_.config.name); !status.ok()) {
    core_.front.fail(caller, std::move(status));
    return;
  }
  if (write.plan.kind == node::RequestPlan::Kind::read) {
    // Nobody can have heard of an entry before this. While it is doubted which history counts, it may come to be there.
    const Position end = core_.board.position();
    if (request.consistency == proto::Consistency::session && request.after > end.sequence &&
        histories_->doubt().empty()) {
      core_.front.fail(caller, node::beyond_the_end(request.after, end));
      return;
    }
    core_.read(std::move(caller), request, std::move(write.plan));
    return;
  }
  write.schema_version = schema->version;
  write.arrived = caller.arrived;
  write.deadline = core_.deadline_of(request, write.arrived);
  // Should it have run, now or when it was first sent, it is in the log after this.
  const Sequence head = core_.board.position().sequence;
  const Sequence since = std::min(request.sent_since.value_or(request.key.client_id.empty() ? head : 0), head);
  write.caller = overdue_.enter(std::move(caller), request.key, write.deadline, since,
                                write.plan.kind == node::RequestPlan::Kind::ddl);
  write.stop_key = request.key;
  if (write.caller.listed) {
    write.caller.listed->set_kind(write.plan.kind == node::RequestPlan::Kind::ddl ? "ddl" : "write");
    write.stop_key = write.caller.listed->stop_key();
  }
  write.request = std::move(request);
  sequencer_->submit(std::move(write));
}

// Of a request that the policy refuses, under the definitions of now: whether it was another's copy to begin with,
// whose outcome it has to get. One that was not is refused for good: a copy that comes later is not executed either.
bool Master::is_of_known_write(const proto::QueryRequest& request, WriteRequest& write, const node::Who& who) {
  if (request.key.client_id.empty()) return false;
  node::PlanRules rules = node::plan_rules(core_.config.limits);
  rules.classes_only = true;
  node::RequestPlan classes;
  if (node::plan_request(request, rules, classes) || classes.kind == node::RequestPlan::Kind::read) return false;
  // Who may not write is nobody whose request ids are remembered.
  if (!node::may_run(who, classes, core_.config.name).ok()) return false;
  if (sequencer_->knows(request.key)) {
    write.plan = std::move(classes);
    return true;
  }
  const Status& status = write.refusal->status;
  if (FailedRequests::is_final(status))
    sequencer_->remember_failure(request.key, {write.digest, status, write.refusal->statement});
  return false;
}

void Master::handle_cancel(const node::Caller& caller, const proto::CancelRequest& request) {
  core_.submit_errand(caller, [this, caller, key = request.key] {
    if (const std::optional<bool> stopped = sequencer_->cancel(key)) {
      core_.front.reply(caller, proto::CancelReply{*stopped});
    } else if (core_.readers.cancel(key)) {
      core_.front.reply(caller, proto::CancelReply{true});
    } else {
      core_.front.fail(caller, Status::error(Code::request_not_found,
                                             "no request under this client id and request id is waiting or running "
                                             "here: it has ended, or never came"));
    }
  });
}

// Two slaves of one name would be counted as one, by the better of their positions. True when the name is another's.
bool Master::refuse_name(const node::Caller& caller, const proto::NodeStatus& slave) {
  const auto holder = peers_.find(slave.name);
  if (holder == peers_.end() || holder->second.status.node_id == slave.node_id ||
      Clock::now() - holder->second.seen > kNameIsFree)
    return false;
  const std::string here = holder->second.status.endpoint;
  if (Clock::now() - holder->second.rival_seen > kNameIsFree)
    logging::error("two slaves are called {}: the one at {} is counted, the one at {} is not; give it another name",
                   slave.name, here, slave.endpoint);
  holder->second.rival = slave.endpoint;
  holder->second.rival_seen = Clock::now();
  core_.front.fail(caller, Status::error(Code::bad_request, "another slave is called " + slave.name + ", at " + here +
                                                                ", and was here first: this one does not count for "
                                                                "acks. Give it a `name` of its own"));
  return true;
}

void Master::handle_report(const node::Caller& caller, proto::Report report) {
  const std::string name = report.status.name;
  // Acks are counted by name: nobody speaks for another node than that of his key.
  if (caller.who && caller.who->name != name) {
    core_.front.fail(
        caller, Status::error(Code::not_allowed, "the key '" + caller.who->name + "' is not that of a node " + name +
                                                     ": this slave does not count for acks. A node's key "
                                                     "has the node's name"));
    return;
  }
  {
    const MutexLock lock(peers_mutex_);
    std::erase_if(peers_, [](const auto& peer) { return Clock::now() - peer.second.seen > kForgetPeerAfter; });
    if (refuse_name(caller, report.status)) return;
    const proto::NodeStatus& slave = report.status;
    const bool joins = !peers_.contains(name);
    const bool brief = slave.role.empty();
    if (brief && joins) return;  // it says all of it soon
    const bool failed = slave.state == "Failed";
    const bool known = known_slaves_.names().contains(name) || joining_.contains(name);
    if (joins && !known &&
        (peers_.size() >= kMaxPeers || known_slaves_.names().size() + joining_.size() >= kMaxPeers)) {
      Status full = Status::error(
          Code::busy, "this master knows " + std::to_string(kMaxPeers) +
                          " slaves, as many as it can, so that this one does not count for acks. One that has not "
                          "reported for an hour makes room, and one that is gone for good when it is taken out of "
                          "the file `slaves` of the master's data folder, with the master stopped");
      full.retry_after_ms = 1'000;
      core_.front.fail(caller, std::move(full));
      return;
    }
    if (joins) logging::info("slave {} has joined, at entry {}", name, slave.position);
    if (failed && peers_[name].status.state != "Failed") logging::error("slave {} has failed: {}", name, slave.message);
    const auto claim = claim_of(slave);
    const Fit fit = claim ? hear(*claim, joins || failed) : Fit::foreign;
    // A position that is none of this log's, invented or of another history, acknowledges nothing, and makes nobody a
    // slave whom others wait for. Who has failed has the log, and shows nobody what is in it.
    const bool ours = (fit == Fit::same || fit == Fit::inside) &&
                      sequencer_->history().holds(claim->position.sequence, to_hex(claim->position.hash));
    Acks::Progress acknowledged;
    if (ours) acknowledged.durable = claim->position.sequence;
    if (ours && !failed) acknowledged.applied = std::min(slave.position, acknowledged.durable);
    if (known_slaves_.names().contains(name)) {
      if (fit == Fit::same || fit == Fit::inside) note_need(*claim, fit == Fit::same || ours);
      acks_.report(name, acknowledged);
    } else if (ours || joining_.contains(name)) {
      // It counts once it is known also after a restart.
      joining_[name] = acknowledged;
      keeper_.wake();
    }
    Peer& peer = peers_[name];
    peer.seen = Clock::now();
    if (brief) return note_progress(peer.status, std::move(report.status));
    peer.status = std::move(report.status);
    // Its word on its address is as good as its key; what it says of its key is not asked.
    peer.status.key = caller.envelope.key ? to_hex(*caller.envelope.key) : std::string();
    if (caller.envelope.key) net::key_ring().learn(peer.status.endpoint, *caller.envelope.key);
  }
  core_.front.reply(caller, proto::ReportReply{beacon(), acks_.awaited(Clock::now())});
}

// ---- replies ---------------------------------------------------------------------------------------------------

void Master::answer(std::vector<Committed>&& committed) {
  std::vector<net::Outgoing> replies;
  for (Committed& one : committed) {
    const proto::Ack ack = one.ack == proto::Ack::unset ? default_ack_ : one.ack;
    const proto::AckFor ack_for = one.ack_for == proto::AckFor::unset ? default_ack_for_ : one.ack_for;
    if (ack == proto::Ack::local) {
      if (one.caller.take()) replies.push_back(node::Front::encode(one.caller, std::move(one.result)));
    } else {
      answer_when_acked(std::move(one), ack, ack_for);
    }
  }
  if (!replies.empty()) core_.front.reply(std::move(replies));
}

void Master::answer_when_acked(Committed committed, proto::Ack ack, proto::AckFor ack_for) {
  committed.caller.set(proto::RequestState::acks);
  const auto shared = std::make_shared<Committed>(std::move(committed));
  const Clock::time_point deadline = std::min(shared->deadline, Clock::now() + core_.config.ack_timeout);
  const Acks::Wanted wanted{ack, ack_for, shared->result.sequence};
  acks_.when_acked(wanted, deadline, [this, shared, ack_for](const Acks::Outcome& outcome) {
    if (outcome.enough) {
      shared->result.acked_by = outcome.acked_by;
      core_.front.reply(shared->caller, std::move(shared->result));
      return;
    }
    proto::ErrorReply error;
    error.status = Status::error(
        Code::committed_not_acked,
        "the request is committed and durable on the master as entry " + std::to_string(shared->result.sequence) +
            ", but " + std::to_string(outcome.acked_by.size()) + " of the " + std::to_string(outcome.needed) +
            " slaves asked for have " + (ack_for == proto::AckFor::applied ? "applied it" : "it on disk") + " in time" +
            list_of(outcome.missing) + ". They will get it; do not send it again as a new request.");
    error.epoch = shared->result.epoch;
    error.sequence = shared->result.sequence;
    error.acked_by = outcome.acked_by;
    error.node = core_.config.name;
    core_.front.reply(shared->caller, std::move(error));
  });
}

proto::NodeStatus Master::status() {
  proto::NodeStatus status = core_.base_status();
  status.role = "master";
  status.log = core_.log_status();
  // Before it serves, the sequencer is another thread's.
  if (core_.serving()) {
    status.message = sequencer_->failure();
    status.queue_depth = sequencer_->queue_depth();
    status.queue_capacity = sequencer_->queue_capacity();
  }
  status.state = status.message.empty() ? "Serving" : "Failed";
  core_.tell_conditions(status);
  status.head = status.position;
  status.publisher = publisher_->endpoint();
  status.master = status.endpoint;
  status.master_key = status.key;
  return status;
}

proto::StatusReply Master::cluster_status() {
  proto::StatusReply reply;
  reply.self = status();
  const MutexLock lock(peers_mutex_);
  for (const auto& [name, peer] : peers_) {
    reply.peers.push_back(peer.status);
    reply.peers.back().seen_ms_ago = milliseconds_since(peer.seen);
    if (Clock::now() - peer.rival_seen > kNameIsFree) continue;
    std::string& message = reply.peers.back().message;
    message += (message.empty() ? "" : "; ") + ("another slave has this name and is not counted, at " + peer.rival);
  }
  return reply;
}

}  // namespace sqlcast::master
