#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <vector>

#include "bench/cluster.h"
#include "bench/commands.h"
#include "client/command/connection.h"
#include "client/command/interrupt.h"
#include "client/text/json.h"
#include "net/poller.h"
#include "net/subscriber.h"

namespace sqlcast::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
  local::ConnectionOptions connection;
  unsigned count = 1;
  double time = 10;
  bool json = false;
};

struct Heard {
  std::unique_ptr<net::Subscriber> subscriber;
  std::uint64_t groups = 0;
  std::uint64_t bytes = 0;
  std::uint64_t missed = 0;  // groups that did not begin where the last ended
  Sequence next = 0;
};

void take(Heard& heard, const net::Subscriber::Received& received) {
  for (const std::string& frame : received.frames) heard.bytes += frame.size();
  if (received.topic != proto::kGroupTopic) return;
  const auto decoded = proto::decode(received.frames);
  if (!decoded.ok()) return;
  if (const auto* message = std::get_if<proto::GroupMessage>(&decoded->message)) {
    if (heard.next != 0 && message->group.first != heard.next) ++heard.missed;
    heard.next = message->group.last + 1;
    ++heard.groups;
  }
}

int run_subscribe(const Arguments& arguments) {
  const auto cluster = find_cluster(arguments.connection);
  if (!cluster.ok()) return command::fail(cluster.status());
  net::Subscriber::Options options;
  options.endpoint = cluster->master()->publisher;
  options.topics = {std::string(proto::kGroupTopic), std::string(proto::kBeaconTopic)};
  std::vector<Heard> all;
  net::Poller poller;
  for (unsigned i = 0; i < arguments.count; ++i) {
    auto subscriber = net::Subscriber::open(options);
    if (!subscriber.ok()) return command::fail(subscriber.status());
    all.emplace_back().subscriber = std::move(*subscriber);
    poller.add(*all.back().subscriber);
  }
  command::count_interrupts();
  command::count_terminations();
  const Clock::time_point end =
      Clock::now() + std::chrono::milliseconds(static_cast<std::int64_t>(arguments.time * 1000));
  while (Clock::now() < end && command::interrupts() == 0) {
    poller.wait(std::chrono::milliseconds(50));
    for (Heard& heard : all) {
      if (!poller.ready(heard.subscriber.get())) continue;
      while (const auto received = heard.subscriber->receive(std::chrono::milliseconds(0))) take(heard, *received);
    }
  }
  std::uint64_t fewest = UINT64_MAX;
  std::uint64_t bytes = 0;
  std::uint64_t missed = 0;
  for (const Heard& heard : all) {
    fewest = std::min(fewest, heard.groups);
    bytes += heard.bytes;
    missed += heard.missed;
  }
  if (arguments.json) {
    const text::json::Value value = text::json::Object{
        {"subscribers", std::uint64_t{arguments.count}}, {"groups", fewest}, {"bytes", bytes}, {"missed", missed}};
    std::printf("%s\n", value.write(2).c_str());
  } else {
    std::printf("%u subscribers: at least %llu groups each, %llu bytes in all, %llu gaps\n", arguments.count,
                static_cast<unsigned long long>(fewest), static_cast<unsigned long long>(bytes),
                static_cast<unsigned long long>(missed));
  }
  return command::kExitOk;
}

}  // namespace

void add_subscribe_command(CLI::App& app, Run& run) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* const command =
      app.add_subcommand("subscribe", "Plain subscribers of the replicated log, to see what each costs the master");
  command::add_connection_options(*command, arguments->connection);
  command->add_option("-n,--count", arguments->count, "Subscribers, all in this process")
      ->type_name("N")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--time", arguments->time, "Seconds, or until Ctrl-C")
      ->type_name("SECONDS")
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "As one JSON object");
  command->callback([arguments, &run] { run = [arguments] { return run_subscribe(*arguments); }; });
}

}  // namespace sqlcast::bench
