// Goal: a crowd of one. The history of a single client that waits for each answer has as many groups as entries:
// catch-up, lag and acks hold there as they do for many clients, and a slave never fails for being behind. Method: a
// long history of such groups is put into the master's database and log while a slave is away; then the slave comes
// back.
#include "proto/entry.h"
#include "storage/log.h"
#include "tests/support/cluster.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

// Entries that insert a row and entries that change it, in turns.
proto::Entry entry_of(Sequence sequence, std::uint64_t number) {
  const std::string id = std::to_string(number / 2 + 1);
  proto::Entry entry;
  entry.sequence = sequence;
  entry.key = {"crowd-of-one", number + 1};
  entry.database = "crowd";
  entry.context.timestamp_us = 1'700'000'000'000'000 + number;
  entry.statements.push_back(
      {number % 2 == 0 ? "INSERT INTO t VALUES (" + id + ",0)" : "UPDATE t SET v=v+1 WHERE id=" + id,
       std::nullopt,
       {1, 0}});
  return entry;
}

// As if one client had written them, one after the other, while the master was running; it has to be started anew.
Sequence make_history(const Node& master, std::uint64_t entries) {
  const std::unique_ptr<storage::Connection> connection = master.open_database();
  const auto must = [&](const Status& status) {
    if (!status.ok()) throw std::runtime_error(status.message);
  };
  const Result<Position> end = storage::read_position(*connection);
  must(end.status());
  Position head = *end;
  const std::uint64_t now = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
  std::vector<proto::Group> groups;
  must(connection->execute("SET autocommit=0"));
  for (std::uint64_t number = 0; number < entries; ++number) {
    proto::Group group;
    group.first = group.last = head.sequence + 1;
    group.epoch = head.epoch;
    group.previous_hash = head.hash;
    group.body = proto::encode_entries({entry_of(group.first, number)});
    group.hash = proto::chain_hash(head.hash, group.epoch, group.first, group.last, group.body);
    group.commit_time_us = now;
    head = {group.epoch, group.last, group.hash};
    groups.push_back(std::move(group));
    if (groups.size() < 1'000 && number + 1 < entries) continue;
    must(connection->execute(storage::append_sql(groups)));
    groups.clear();
  }
  must(connection->execute("INSERT INTO crowd.t SELECT seq, 1 FROM crowd.seq_1_to_" + std::to_string(entries / 2)));
  must(connection->execute("COMMIT"));
  return head.sequence;
}

// A slave that was away while one client wrote; `entries` is even.
void catch_up_with_one(std::uint64_t entries, std::chrono::minutes patience) {
  Cluster::Options options;
  options.slaves = 1;
  options.master_settings = "ack_timeout: 500ms\n";
  Cluster cluster(options);
  Node& slave = cluster.slave(0);
  cluster.must("CREATE DATABASE crowd");
  cluster.must("CREATE TABLE crowd.t (id INT PRIMARY KEY, v INT)");
  cluster.wait_until_equal();
  slave.kill();
  Sequence head = make_history(cluster.master(), entries);
  REQUIRE(cluster.master().stop());
  cluster.master().start();
  cluster.master().wait_until_answering();
  slave.start();
  slave.wait_until_answering();

  proto::QueryRequest write = query_of("UPDATE crowd.t SET v=100 WHERE id=1");
  write.ack = proto::Ack::all;
  write.key = {"last", 1};
  write.sent_since = head;
  const Answer unacknowledged = cluster.master().run(write);
  INFO(show(unacknowledged.status));
  CHECK((unacknowledged.ok() || unacknowledged.status.code == Code::committed_not_acked));
  ++head;
  proto::QueryRequest fresh = query_of("SELECT v FROM crowd.t WHERE id=1");
  fresh.consistency = proto::Consistency::max_lag;
  fresh.max_lag_ms = 1;
  Sequence before = 0;
  bool lag_shown = false;
  wait_for(
      "the slave to have caught up",
      [&] {
        // What is nearer than a millisecond to the master has the write from before.
        const Answer read = slave.run(fresh);
        CHECK((read.status.code == Code::not_caught_up || read.text() == "100"));
        const std::optional<proto::NodeStatus> status = slave.status();
        if (!status) return false;
        if (status->state == "Failed") throw std::runtime_error(status->message);
        CHECK(status->position >= before);
        CHECK(status->queue_depth <= status->queue_capacity);
        lag_shown = lag_shown || status->lag_ms > 0;
        before = status->position;
        return status->position >= head;
      },
      patience);
  CHECK(lag_shown);
  // The same request again waits for its acks, as at first.
  const Answer again = cluster.master().run(write);
  INFO(show(again.status));
  CHECK(again.ok());
  CHECK(again.result.acked_by == std::vector<std::string>{"slave-1"});
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
  CHECK(slave.run("SELECT COUNT(*), SUM(v) FROM crowd.t").text() ==
        std::to_string(entries / 2) + "|" + std::to_string(entries / 2 + 99));
}

}  // namespace

TEST_CASE("crowd: a slave that was away for 150,000 entries of one client catches up, and never fails", "[crowd]") {
  catch_up_with_one(150'000, 10min);
}

TEST_CASE("crowd: a slave that was away for 1,000,000 entries of one client catches up, and never fails",
          "[.nightly]") {
  catch_up_with_one(1'000'000, 60min);
}
