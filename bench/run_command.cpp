#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <thread>

#include "bench/cluster.h"
#include "bench/commands.h"
#include "bench/report.h"
#include "bench/shape_options.h"
#include "client/command/connection.h"
#include "client/command/interrupt.h"

namespace sqlcast::bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kTick{10};

struct Arguments {
  local::ConnectionOptions connection;
  LoadOptions load;
  double time = 10;
  double warmup = 0;
  double drain_timeout = 120;
  unsigned report_interval = 0;
  unsigned mark_interval_ms = 20;
  std::string node;
  bool json = false;
  bool check = false;
};

const std::map<std::string, client::Ack>& acks() {
  static const std::map<std::string, client::Ack> kNames = {{"local", client::Ack::local},
                                                            {"one", client::Ack::one},
                                                            {"majority", client::Ack::majority},
                                                            {"all", client::Ack::all}};
  return kNames;
}

milliseconds to_duration(double seconds) { return milliseconds(static_cast<std::int64_t>(seconds * 1000)); }

// Where the requests go; config when there is no such node.
Status aim(const Arguments& arguments, const Cluster& cluster, LoadOptions& load) {
  if (!arguments.node.empty()) {
    const proto::NodeStatus* node = cluster.find(arguments.node);
    if (node == nullptr)
      return Status::error(Code::config,
                           "--node " + arguments.node + ": no node of that name, role or endpoint answers");
    load.endpoints = {node->endpoint};
    load.pinned = {node->endpoint};
    return ok_status();
  }
  if (load.shape.kind == Kind::forwarded || reads_only(load.shape.kind)) {
    for (const proto::NodeStatus& slave : cluster.slaves()) load.pinned.push_back(slave.endpoint);
    if (load.pinned.empty() && load.shape.kind == Kind::forwarded)
      return Status::error(Code::config, "workload forwarded goes through slaves, and none answers");
  }
  if (load.pinned.empty()) load.pinned = {cluster.master()->endpoint};
  load.endpoints = load.pinned;
  return ok_status();
}

Result<std::uint64_t> count_rows(const Cluster& cluster, const Shape& shape, const std::string& endpoint,
                                 Sequence after) {
  client::Request request = client::Request::of(count_statement(shape));
  request.database = shape.database;
  request.consistency = client::Consistency::session;
  request.after = after;
  request.target = {client::Target::Kind::node, endpoint};
  const client::Reply reply = cluster.client->run(std::move(request));
  if (!reply.status.ok()) return reply.status;
  if (reply.results.size() != 1 || reply.results[0].rows.row_count() != 1)
    return Status::error(Code::bad_message, endpoint + " did not answer a count with one row");
  return static_cast<std::uint64_t>(reply.results[0].rows.cell(0, 0).int64);
}

std::uint64_t busy_answers(const Cluster& cluster) {
  std::uint64_t sum = 0;
  for (const proto::NodeStatus& node : cluster.nodes)
    if (const auto it = node.counters.find("busy"); it != node.counters.end()) sum += it->second;
  return sum;
}

// Shows progress until the load is over.
void watch(const Arguments& arguments, Load& load, const LagProbe& probe) {
  const bool live = isatty(STDERR_FILENO) == 1;
  const Clock::time_point start = load.started_at();
  Clock::time_point marked = start;
  Clock::time_point shown = start;
  LoadCounts before;
  unsigned seconds = 0;
  while (!load.over() && command::interrupts() == 0) {
    std::this_thread::sleep_for(kTick);
    const Clock::time_point now = Clock::now();
    if (now - marked >= milliseconds(arguments.mark_interval_ms)) {
      load.want_mark();
      marked = now;
    }
    if (now - start < std::chrono::seconds(seconds + 1)) continue;
    ++seconds;
    const bool line = arguments.report_interval != 0 && seconds % arguments.report_interval == 0;
    if (!live && !line) continue;
    const LoadCounts counts = load.counts();
    const std::string text = progress_line(std::chrono::duration<double>(now - start).count(),
                                           std::chrono::duration<double>(now - shown).count(), before, counts,
                                           arguments.load.threads, probe.samples());
    if (live) std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
    if (line && !live) std::fprintf(stderr, "%s\n", text.c_str());
    std::fflush(stderr);
    before = counts;
    shown = now;
  }
  if (live) std::fprintf(stderr, "\r\x1b[K");
}

// Do the nodes have what was acknowledged? For a load that was alone on the cluster.
void check_positions(const Cluster& cluster, Report& report) {
  std::vector<std::string>& complaints = report.agreement.complaints;
  const std::uint64_t entries = report.position_after - report.position_before;
  const LoadCounts::All& all = report.counts.all;
  if (entries < all.writes || entries > all.writes + all.unknown)
    complaints.push_back(std::to_string(all.writes) + " writes were acknowledged, but the master's log grew by " +
                         std::to_string(entries) + " (is another client writing?)");
  if (!reads_only(report.options.shape.kind) && all.writes != all.requests)
    complaints.push_back(std::to_string(all.requests) + " requests succeeded, but only " + std::to_string(all.writes) +
                         " of them wrote");
  const proto::NodeStatus& master = *cluster.master();
  for (const proto::NodeStatus& slave : cluster.slaves()) {
    if (slave.position == master.position && slave.hash == master.hash) continue;
    complaints.push_back(slave.name + " is at " + std::to_string(slave.position) + " " + slave.hash.substr(0, 12) +
                         " (" + slave.state + (slave.message.empty() ? "" : ": " + slave.message) +
                         "), the master at " + std::to_string(master.position) + " " + master.hash.substr(0, 12));
  }
}

Status check_rows(const Cluster& cluster, std::uint64_t rows_before, Report& report) {
  const Shape& shape = report.options.shape;
  const LoadCounts::All& all = report.counts.all;
  const std::int64_t added = rows_added_per_request(shape);
  for (const proto::NodeStatus& node : cluster.nodes) {
    if (node.state == "Unreachable") continue;
    const auto rows = count_rows(cluster, shape, node.endpoint, report.position_after);
    if (!rows.ok()) return rows.status();
    const auto found = static_cast<std::int64_t>(*rows);
    const std::int64_t known = static_cast<std::int64_t>(rows_before) + added * static_cast<std::int64_t>(all.writes);
    const std::int64_t most = known + added * static_cast<std::int64_t>(all.unknown);
    if (found < std::min(known, most) || found > std::max(known, most))
      report.agreement.complaints.push_back(node.name + " has " + std::to_string(found) + " rows where " +
                                            std::to_string(known) + " are expected");
  }
  report.agreement.checked_rows = true;
  return ok_status();
}

int run_load(const Arguments& arguments) {
  auto found = find_cluster(arguments.connection);
  if (!found.ok()) return command::fail(found.status());
  Cluster& cluster = *found;
  Report report;
  report.options = arguments.load;
  LoadOptions& options = report.options;
  options.time = to_duration(arguments.time);
  options.warmup = to_duration(arguments.warmup);
  if (const Status status = aim(arguments, cluster, options); !status.ok()) return command::fail(status);

  std::vector<LagProbe::Slave> slaves;
  for (const proto::NodeStatus& slave : cluster.slaves()) slaves.push_back({slave.name, slave.endpoint});
  auto probe = LagProbe::open(slaves);
  if (!probe.ok()) return command::fail(probe.status());
  if (const Status status = (*probe)->measure_floor(); !status.ok()) return command::fail(status);
  report.position_before = cluster.master()->position;
  std::uint64_t rows_before = 0;
  if (arguments.check) {
    const auto rows = count_rows(cluster, options.shape, cluster.master()->endpoint, report.position_before);
    if (!rows.ok()) return command::fail(rows.status());
    rows_before = *rows;
  }
  const std::uint64_t busy_before = busy_answers(cluster);

  command::count_interrupts();
  Load load(options, [&probe](Sequence sequence, Clock::time_point at) { (*probe)->mark(sequence, at); });
  if (const Status status = load.start(); !status.ok()) return command::fail(status);
  watch(arguments, load, **probe);
  load.finish();
  report.counts = load.counts();
  report.seconds = load.measured().count();
  report.whole_seconds = std::chrono::duration<double>(load.finished_at() - load.started_at()).count();
  bool drained = true;
  if (report.counts.last_sequence > 0) {
    const Clock::time_point since = load.finished_at();
    drained = (*probe)->drain(report.counts.last_sequence, since, since + to_duration(arguments.drain_timeout));
  }
  report.slaves = (*probe)->samples();
  report.drain_seconds = drained ? 0 : -1;
  for (const LagSamples& slave : report.slaves)
    if (drained) report.drain_seconds = std::max(report.drain_seconds, slave.drained_ms / 1000);

  if (const Status status = cluster.refresh(); !status.ok()) return command::fail(status);
  report.position_after = cluster.master()->position;
  report.busy_answers = busy_answers(cluster) - busy_before;
  check_positions(cluster, report);
  if (arguments.check)
    if (const Status status = check_rows(cluster, rows_before, report); !status.ok()) return command::fail(status);

  std::fputs((arguments.json ? report_json(report) + "\n" : report_text(report)).c_str(), stdout);
  std::fflush(stdout);
  if (const auto why = load.given_up()) {
    std::fprintf(stderr, "sqlcast-bench: the load was stopped, as going on would only fail again: %s\n", why->c_str());
    return command::kExitFailed;
  }
  if (arguments.check &&
      (!report.agreement.complaints.empty() || report.counts.errors > 0 || report.counts.all.requests == 0))
    return command::kExitFailed;
  return command::kExitOk;
}

}  // namespace

void add_run_command(CLI::App& app, Run& run) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* const command = app.add_subcommand("run", "Put load on the cluster and report");
  command::add_connection_options(*command, arguments->connection);
  LoadOptions& load = arguments->load;
  add_shape_options(*command, load.shape, true);
  command->add_option("--threads", load.threads, "Clients, each with one request open at a time")
      ->type_name("N")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command->add_option("--connections", load.connections, "Connections (and threads here) that the clients share")
      ->type_name("N")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_flag("--blocking", load.blocking,
                    "Each client is a thread that waits for its reply, with a connection of its own");
  command->add_option("--time", arguments->time, "Seconds to measure")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.1, 1e6))
      ->capture_default_str();
  command->add_option("--warmup,--warmup-time", arguments->warmup, "Seconds before that, not measured")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  command->add_option("--rate", load.rate, "Requests a second, of all clients together (0 = no limit)")
      ->type_name("N")
      ->check(CLI::Range(0.0, 1e7));
  command->add_option("--events", load.requests, "Stop after so many requests (0 = by time alone)")->type_name("N");
  command->add_option("--seed,--rand-seed", load.seed, "Seed of the values (0 = random)")->type_name("N");
  command
      ->add_option_function<std::string>(
          "--ack", [&load](const std::string& name) { load.ack = acks().at(name); },
          "How many nodes must have a write before it is answered (else as the master is set)")
      ->type_name("ACK")
      ->check(CLI::IsMember(acks()));
  command
      ->add_option("--node", arguments->node,
                   "Send all requests to this node: a name, an endpoint, master or slave (else writes go to the "
                   "master, point_select and forwarded to the slaves in turn)")
      ->type_name("NODE");
  command->add_option("--report-interval", arguments->report_interval, "A line of progress every so many seconds")
      ->type_name("SECONDS");
  command->add_option("--lag-interval", arguments->mark_interval_ms, "Milliseconds between samples of the lag")
      ->type_name("MS")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_option("--drain-timeout", arguments->drain_timeout, "How long to wait for the slaves afterwards")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  command->add_flag("--check", arguments->check,
                    "Count the rows too, and exit with 1 when anything failed or does not agree");
  command->add_flag("--json", arguments->json, "The report as one JSON object");
  command->callback([arguments, &run] { run = [arguments] { return run_load(*arguments); }; });
}

}  // namespace sqlcast::bench
