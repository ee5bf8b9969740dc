#include "slave/slave.h"

#include "base/logging.h"
#include "base/mutex.h"
#include "net/key_ring.h"
#include "node/explain.h"
#include "storage/catalog.h"
#include "storage/server_rules.h"

namespace sqlcast::slave {

using State = Replicator::State;

Slave::Slave(const config::NodeConfig& config)
    : core_(config, [this] {
        const Receiver::View view = receiver_->view();
        return !view.follows() || !view.master_heard;
      }) {
  Applier::Hooks applier_hooks;
  core_.mender.ask([this] { return std::vector<std::string>{core_.config.master}; });
  applier_hooks.applied = [this](const Position& position, std::optional<std::uint64_t> oldest_us) {
    core_.board.post(position);
    receiver_->applied(position, oldest_us);
  };
  applier_hooks.mend = [this](Sequence entry) { return core_.mender.mend(entry); };
  applier_hooks.failed = [this](const std::string& why) { receiver_->apply_failed(why); };
  applier_hooks.make_way = [this] { core_.readers.make_way(); };
  applier_hooks.disk_full = [this] { return core_.disk.full(); };
  applier_ = std::make_unique<Applier>(core_.database, core_.log, core_.counters, core_.rate, core_.conditions,
                                       std::move(applier_hooks));

  Relay::Hooks relay_hooks;
  relay_hooks.logged = [this](const Position& position) {
    receiver_->logged(position);
    applier_->wake();
  };
  relay_hooks.failed = [this](const std::string& why) { receiver_->failed(why); };
  // Old files of the log go when they are applied: so the applier has the last room, and not what it has to catch up
  // with.
  relay_hooks.no_room = [this]() -> std::string {
    if (core_.disk.full()) return core_.disk.why().message;
    const bool behind = core_.log.begun() && core_.board.position().sequence < core_.log.durable().sequence;
    if (!core_.disk.low() || !behind) return {};
    return "less than twice database.disk_reserve is left on the disk: nothing more is taken into the log until its "
           "entries are applied, for which the room is kept";
  };
  relay_ = std::make_unique<Relay>(core_.log, core_.conditions, std::move(relay_hooks));

  Receiver::Hooks receiver_hooks;
  receiver_hooks.take = [this](std::vector<proto::Group> groups, bool awaited) {
    if (groups.front().first == 1) core_.board.begin(groups.front().previous_hash);
    relay_->submit(std::move(groups), awaited);
  };
  receiver_hooks.cluster = [this] { return core_.board.cluster(); };
  receiver_hooks.status = [this] {
    proto::NodeStatus report = status();
    report.database_settings.clear();  // they do not change between two of many reports
    return report;
  };
  receiver_hooks.brief_status = [this] { return brief_status(); };
  receiver_hooks.end_of_log = [this](const Position& end, node::PositionBoard::Clock::time_point asked) {
    // Not of a history that is not this node's.
    if (receiver_->view().follows() && end.sequence >= core_.board.position().sequence)
      core_.board.give_up_beyond(end, asked);
  };
  receiver_hooks.meet = [this](const proto::NodeStatus& master) { return meet(master); };
  receiver_hooks.report_refused = [this](const std::string& why) {
    if (why.empty()) {
      core_.conditions.clear("report");
    } else {
      core_.conditions.post("report", node::Trouble::waiting, why);
    }
  };
  receiver_ = std::make_unique<Receiver>(core_.config, core_.counters, std::move(receiver_hooks));

  forwarder_ = std::make_unique<Forwarder>(core_.config, core_.front, core_.board, core_.counters,
                                           [this]() -> std::optional<Sequence> {
                                             const Receiver::View view = receiver_->view();
                                             if (!view.master_heard) return std::nullopt;
                                             return view.head;
                                           });
}

Slave::~Slave() { stop(); }

Status Slave::start() {
  if (Status status = core_.security.open(); !status.ok()) return status;
  Status opened = core_.open(
      [this](node::Caller caller, proto::Message message) { handle(std::move(caller), std::move(message)); });
  if (!opened.ok()) return opened;
  Replicator::Start start;
  Status read = core_.until_it_works([&] {
    const Result<Applier::Start> found = applier_->open();
    if (!found) return found.status();
    start.applied = found->applied;
    start.oldest_us = found->oldest_us;
    return ok_status();
  });
  if (!read.ok()) return read;
  if (core_.log.begun()) {
    core_.board.begin(core_.log.cluster());
    start.logged = core_.log.durable();
  }
  core_.board.post(start.applied);
  if (Status status = receiver_->start(start); !status.ok()) return status;
  relay_->start();
  applier_->start();
  if (Status status = forwarder_->start(); !status.ok()) return status;
  core_.start([this] { forwarder_->tick(Forwarder::Clock::now()); });
  core_.retention.start([] { return std::vector<log::SlaveNeed>(); });
  core_.security.start({nullptr, [this](const node::RevokedKeys& keys) { core_.end_requests_of(keys); },
                        [this] { return core_.renew_door(); }});
  return ok_status();
}

void Slave::stop() {
  core_.stop_taking_requests();
  forwarder_->stop();
  receiver_->stop();
  relay_->stop();
  applier_->stop();
  core_.log.stop();
  core_.stop();
}

proto::NodeStatus Slave::status() {
  proto::NodeStatus status = core_.base_status();
  const Receiver::View view = receiver_->view();
  status.role = "slave";
  status.state = state_name(view.state);
  status.message = view.message;
  core_.tell_conditions(status);
  if (const MutexLock lock(mutex_); status.message.empty()) status.message = differences_;
  if (status.durable) status.durable = acknowledged();
  status.head = view.head;
  status.lag_ms = view.lag_ms;
  status.publisher = view.publisher;
  status.master = core_.config.master;
  if (const auto key = net::key_ring().key_for(core_.config.master); key.ok() && *key)
    status.master_key = to_hex((*key)->node);
  status.queue_depth = relay_->queue_depth();
  status.queue_capacity = relay_->queue_capacity();
  return status;
}

// What stands behind damage is not to be acknowledged: nobody could have it from here, and the master keeps it.
Position Slave::acknowledged() const {
  const std::optional<Position> damaged_behind = applier_->damaged_behind();
  return damaged_behind ? *damaged_behind : core_.log.durable();
}

proto::NodeStatus Slave::brief_status() const {
  proto::NodeStatus status = core_.who_and_how_far();
  if (status.durable) status.durable = acknowledged();
  return status;
}

Status Slave::meet(const proto::NodeStatus& master) {
  const storage::ServerTraits ours{core_.database.version(), core_.database.settings()};
  const storage::ServerTraits theirs{master.database_version, master.database_settings};
  if (theirs.version.empty())
    return Status::error(Code::database_unavailable, "the master's database is not up; it will be asked again");
  if (Status status = storage::same_major_version(ours, theirs); !status.ok()) return status;
  std::string differences = storage::differences(ours, theirs);
  if (!differences.empty()) differences = "this node's database is set up otherwise than the master's: " + differences;
  const MutexLock lock(mutex_);
  if (!differences.empty() && differences != differences_) logging::warn("{}", differences);
  differences_ = std::move(differences);
  return ok_status();
}

bool Slave::fresh_within(std::uint32_t max_lag_ms) const {
  const Receiver::View view = receiver_->view();
  return view.follows() && view.level_at &&
         Receiver::Clock::now() - *view.level_at <= std::chrono::milliseconds(max_lag_ms);
}

Status Slave::not_fresh(std::uint32_t max_lag_ms) const {
  const Receiver::View view = receiver_->view();
  std::string known = "has not been level with its master yet";
  if (view.level_at)
    known =
        "was last known to be level with its master " +
        std::to_string(
            std::chrono::duration_cast<std::chrono::milliseconds>(Receiver::Clock::now() - *view.level_at).count()) +
        " ms ago, and is " + std::to_string(view.lag_ms) + " ms behind";
  return Status::error(Code::not_caught_up, "this slave " + known + ", where at most " + std::to_string(max_lag_ms) +
                                                " ms were asked for; ask another node, or allow more");
}

// ---- requests, on the router's thread or the slow lane's ------------------------------------------------------------

void Slave::handle(node::Caller caller, proto::Message message) {
  if (forward_cursor(caller, message)) return;
  if (core_.handle_common(caller, message)) return;
  if (auto* query = std::get_if<proto::QueryRequest>(&message)) {
    handle_query(std::move(caller), std::move(*query));
  } else if (auto* cancel = std::get_if<proto::CancelRequest>(&message)) {
    core_.submit_errand(caller, [this, caller, request = std::move(*cancel)]() mutable {
      if (core_.readers.cancel(request.key)) {
        core_.front.reply(caller, proto::CancelReply{true});
      } else if (request.key.client_id.empty()) {
        core_.front.fail(caller, Status::error(Code::request_not_found,
                                               "the request has ended, or is one that this slave cannot stop"));
      } else {
        forwarder_->submit_cancel(caller, std::move(request));
      }
    });
  } else if (std::holds_alternative<proto::StatusRequest>(message)) {
    proto::StatusReply reply;
    reply.self = status();
    reply.self.log = core_.log_status();
    core_.front.reply(caller, std::move(reply));
  } else if (const auto* request = std::get_if<proto::ExplainRequest>(&message)) {
    core_.submit_errand(caller, [this, caller, request = *request] { explain(caller, request); });
  } else {
    SQLCAST_CHECK(std::holds_alternative<proto::Report>(message));  // the core takes requests only
    core_.front.fail(caller, Status::error(Code::bad_request, "a slave reports to the master, at " +
                                                                  core_.config.master + ", not to another slave"));
  }
}

// True when the message is about a cursor that the master has.
bool Slave::forward_cursor(node::Caller& caller, proto::Message& message) {
  const auto deadline = node::Core::Clock::now() + core_.config.limits.request_timeout;
  if (auto* fetch = std::get_if<proto::FetchRequest>(&message); fetch && Forwarder::is_forwarded(fetch->cursor)) {
    forwarder_->submit_fetch(std::move(caller), std::move(*fetch), deadline);
    return true;
  }
  if (auto* close = std::get_if<proto::CloseRequest>(&message); close && Forwarder::is_forwarded(close->cursor)) {
    forwarder_->submit_close(std::move(caller), std::move(*close), deadline);
    return true;
  }
  return false;
}

// Judged by the definitions as they are when it is asked: however busy the applier is, it counts what it has changed.
void Slave::explain(const node::Caller& caller, const proto::ExplainRequest& request) {
  const std::uint64_t definitions = core_.counters.definitions;
  if (!explained_by_ || explained_definitions_ != definitions) {
    explained_by_.reset();
    Result<std::unique_ptr<storage::Connection>> administrator = core_.database.open_administrator();
    if (!administrator) return core_.front.fail(caller, administrator.status());
    Result<sql::Schema> schema = storage::load_schema(**administrator, definitions);
    if (!schema) return core_.front.fail(caller, schema.status());
    explained_by_ = std::move(*schema);
    explained_definitions_ = definitions;
  }
  node::PlanRules rules = node::plan_rules(core_.config.limits);
  rules.schema = &*explained_by_;
  core_.front.answer(caller, node::explain(request, rules, false));
}

void Slave::handle_query(node::Caller caller, proto::QueryRequest request) {
  ++core_.counters.requests;
  node::PlanRules rules = node::plan_rules(core_.config.limits);
  rules.classes_only = true;
  node::RequestPlan plan;
  if (std::optional<node::PlanRefusal> refusal = node::plan_request(request, rules, plan)) {
    core_.front.fail(caller, std::move(refusal->status), refusal->statement);
    return;
  }
  if (Status status = node::may_run(caller.who, plan, core_.config.name); !status.ok()) {
    core_.front.fail(caller, std::move(status));
    return;
  }
  if (plan.kind == node::RequestPlan::Kind::ddl) {
    core_.front.fail(caller,
                     Status::error(Code::master_only,
                                   "databases and tables are created, altered and dropped at the "
                                   "master alone; send this statement to " +
                                       core_.config.master),
                     0);
    return;
  }
  const bool at_master = request.consistency == proto::Consistency::master;
  if (plan.kind == node::RequestPlan::Kind::write || at_master) {
    if (const Receiver::View view = receiver_->view(); view.state == State::diverged) {
      core_.front.fail(caller,
                       Status::error(Code::diverged, "this slave sends nothing on to its master: " + view.message));
      return;
    }
    const auto deadline = core_.deadline_of(request, caller.arrived);
    forwarder_->submit(std::move(caller), std::move(request), plan.kind == node::RequestPlan::Kind::write, deadline);
    return;
  }
  if (request.consistency == proto::Consistency::max_lag && !fresh_within(request.max_lag_ms)) {
    core_.front.fail(caller, not_fresh(request.max_lag_ms));
    return;
  }
  core_.read(std::move(caller), request, std::move(plan));
}

}  // namespace sqlcast::slave
