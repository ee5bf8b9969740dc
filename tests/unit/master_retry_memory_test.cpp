// Goal: a window that was kept and read again, with what the log has had since, is the window of the process that never
// stopped; a copy that is not of this log is not used. Method: windows driven by chance beside each other; copies taken
// in steps while they change; every byte damaged; real log files.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <random>

#include "master/retry_memory.h"
#include "master/retry_snapshot.h"
#include "node/durable_file.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wait.h"

using namespace sqlcast;
using namespace sqlcast::master;
using support::TemporaryFolder;
using support::wait_for;
using namespace std::chrono_literals;

namespace {

using Clients = std::vector<RetryWindow::ClientMemory>;

constexpr std::uint64_t kRememberedWindow = 64;
const Hash kOwnCluster = proto::genesis_hash("a cluster");

Position place_of(Sequence sequence) { return {1, sequence, proto::genesis_hash(std::to_string(sequence))}; }

struct Added {
  proto::Entry entry;
  bool is_ddl = false;
};

// A crowd of clients, three of whom write much; requests of many statements, definitions in parts, none with a key.
std::vector<Added> entries_by_chance(std::mt19937& random, std::size_t count) {
  const auto below = [&](std::uint64_t bound) { return random() % bound; };
  std::vector<Added> log;
  while (log.size() < count) {
    Added one;
    one.entry.digest = std::uint64_t{random()} << 32U | random();
    one.is_ddl = below(10) == 0;
    if (below(10) != 0)
      one.entry.key = {"client-" + std::to_string(below(4) == 0 ? below(90) : below(3)),
                       below(30) == 0 ? UINT64_MAX - below(3) : 1 + below(2 * count)};
    const std::size_t statements = one.is_ddl ? 1 : below(20) == 0 ? 1 + below(100) : 1 + below(3);
    for (std::size_t i = 0; i < statements; ++i)
      one.entry.statements.push_back({"DROP TABLE t" + std::to_string(below(1'000)),
                                      std::nullopt,
                                      {below(5) == 0 ? UINT64_MAX : below(500), random()}});
    for (std::uint64_t parts = one.is_ddl ? 1 + below(12) : 1; parts > 0; --parts) {
      one.entry.sequence = log.size() + 1;
      log.push_back(one);
    }
  }
  return log;
}

void add(RetryWindow& window, const std::vector<Added>& log, Sequence after, Sequence to) {
  for (Sequence s = after; s < to; ++s) window.add(log[s].entry, 1 + s / 1'000, log[s].is_ddl);
  window.end_group(place_of(to));
}

// Each client once, its requests by their first entries.
Clients in_order(const Clients& parts) {
  std::map<std::string, RetryWindow::ClientMemory> clients;
  for (const RetryWindow::ClientMemory& part : parts) {
    RetryWindow::ClientMemory& client =
        clients.try_emplace(part.client_id, RetryWindow::ClientMemory{part.client_id, part.floor, {}}).first->second;
    REQUIRE(client.floor == part.floor);
    client.requests.insert(client.requests.end(), part.requests.begin(), part.requests.end());
  }
  Clients ordered;
  for (auto& [id, client] : clients) {
    std::sort(client.requests.begin(), client.requests.end(),
              [](const auto& x, const auto& y) { return x.outcome.first < y.outcome.first; });
    ordered.push_back(std::move(client));
  }
  return ordered;
}

struct Whole {
  RetryWindow::Place place;
  Clients clients;
};
Whole copy_of(RetryWindow& window) {
  Whole whole;
  whole.place = window.begin_copy().value();
  while (window.copy_some(1'000'000, whole.clients)) continue;
  whole.clients = in_order(whole.clients);
  return whole;
}

void check_same(RetryWindow& a, RetryWindow& b) {
  const Whole one = copy_of(a);
  const Whole other = copy_of(b);
  REQUIRE(one.place.position == other.place.position);
  REQUIRE(one.place.floor == other.place.floor);
  REQUIRE(one.clients == other.clients);
}

std::string bytes_of(const Whole& whole) {
  RetrySnapshotWriter writer(kOwnCluster, whole.place);
  for (const RetryWindow::ClientMemory& client : whole.clients) writer.add(client);
  return writer.take();
}

}  // namespace

TEST_CASE("retry memory: a window from its copy and the rest of the log is the window of the process that went on") {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const std::vector<Added> log = entries_by_chance(random, 1'500);
    RetryWindow running(kRememberedWindow);
    Sequence at = 0;
    std::string kept;
    while (at < log.size()) {
      const Sequence to = std::min<Sequence>(log.size(), at + 1 + random() % 200);
      add(running, log, at, to);
      at = to;
      if (kept.empty() || random() % 3 == 0) kept = bytes_of(copy_of(running));
      const auto snapshot = read_retry_snapshot(kept);
      REQUIRE(snapshot.ok());
      CHECK(snapshot->cluster == kOwnCluster);
      RetryWindow started(kRememberedWindow);
      REQUIRE(started.restore(snapshot->place, snapshot->clients));
      add(started, log, snapshot->place.position.sequence, at);
      check_same(running, started);
      for (int i = 0; i < 20; ++i) {
        const RequestKey& key = log[random() % log.size()].entry.key;
        REQUIRE((running.find(key) == nullptr) == (started.find(key) == nullptr));
        const Sequence since = random() % (at + 1);
        REQUIRE(running.none_forgotten(key, since, at) == started.none_forgotten(key, since, at));
      }
    }
  }
}

TEST_CASE("retry memory: a copy that is taken in steps is the window as it was when it was begun") {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const std::vector<Added> log = entries_by_chance(random, 3'000);
    RetryWindow window(kRememberedWindow);
    Sequence at = 0;
    const auto go_on = [&] {
      const Sequence to = std::min<Sequence>(log.size(), at + 1 + random() % 10);
      add(window, log, at, to);
      at = to;
    };
    while (at < log.size()) {
      for (int i = 0; i < 20; ++i) go_on();
      RetryWindow still(kRememberedWindow);
      add(still, log, 0, at);
      Whole whole;
      whole.place = window.begin_copy().value();
      Clients parts;
      while (window.copy_some(random() % 4, parts)) go_on();
      whole.clients = in_order(parts);
      const Whole expected = copy_of(still);
      REQUIRE(whole.place.position == expected.place.position);
      REQUIRE(whole.place.floor == expected.place.floor);
      REQUIRE(whole.clients == expected.clients);
      RetryWindow restored(kRememberedWindow);
      REQUIRE(restored.restore(whole.place, parts));
      check_same(restored, still);
    }
  }
  // Not inside a group.
  RetryWindow window(kRememberedWindow);
  CHECK_FALSE(window.begin_copy());
  window.end_group(place_of(0));
  CHECK(window.begin_copy());
  window.add({}, 1);
  CHECK_FALSE(window.begin_copy());
}

TEST_CASE("retry memory: a copy is read within the bounds of the window that it comes to") {
  std::mt19937 random(5);
  const std::vector<Added> log = entries_by_chance(random, 2'000);
  RetryWindow large(10 * kRememberedWindow);
  add(large, log, 0, log.size());
  const Whole whole = copy_of(large);
  RetryWindow small(kRememberedWindow);
  REQUIRE(small.restore(whole.place, whole.clients));
  std::size_t kept = 0;
  for (const RetryWindow::ClientMemory& client : copy_of(small).clients) kept += client.requests.size();
  CHECK(kept > 0);
  CHECK(kept <= kRememberedWindow);
  for (const Added& one : log) {
    if (one.entry.key.client_id.empty()) continue;
    const RetryWindow::Outcome* const now = small.find(one.entry.key);
    if (now == nullptr) {
      CHECK_FALSE(small.none_forgotten(one.entry.key, one.entry.sequence - 1, log.size()));
    } else {
      CHECK(*now == *large.find(one.entry.key));
    }
  }
  // Of no window: a client twice, a request twice, a place twice, a client of nothing.
  const RetryWindow::Remembered request{1, {1, 5, 5, 9, {{1, 0}}, 1, {}}};
  const RetryWindow::ClientMemory client{"c", 0, {request}};
  RetryWindow::ClientMemory other{"d", 0, {request}};
  const auto restored = [&](Clients clients) {
    RetryWindow window(kRememberedWindow);
    return window.restore({place_of(9), 0}, std::move(clients));
  };
  CHECK(restored({client}));
  CHECK_FALSE(restored({client, client}));
  CHECK_FALSE(restored({client, other}));
  CHECK_FALSE(restored({{"c", 0, {request, request}}}));
  CHECK_FALSE(restored({{"c", 0, {}}}));
}

TEST_CASE("retry memory: whatever is wrong with the bytes is noticed") {
  std::mt19937 random(3);
  const std::vector<Added> log = entries_by_chance(random, 60);
  RetryWindow window(kRememberedWindow);
  add(window, log, 0, log.size());
  const std::string whole = bytes_of(copy_of(window));
  REQUIRE(read_retry_snapshot(whole).ok());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string bad = whole;
    bad[i] = static_cast<char>(bad[i] ^ (1 << i % 8));
    REQUIRE(read_retry_snapshot(bad).status().code == Code::io);
    REQUIRE_FALSE(read_retry_snapshot(whole.substr(0, i)).ok());
  }
  CHECK_FALSE(read_retry_snapshot(whole + "x").ok());
  // With the right digest, too: of lengths that lie, only that they do no harm.
  for (int i = 0; i < 20'000; ++i) {
    std::string bad = whole.substr(0, 21 + random() % (whole.size() - 29));
    for (std::uint64_t n = random() % 3; n > 0; --n)
      bad[21 + random() % (bad.size() - 20) - 1] = static_cast<char>(random());
    const std::uint64_t digest = proto::content_digest(bad);
    for (unsigned shift = 64; shift > 0; shift -= 8) bad.push_back(static_cast<char>(digest >> (shift - 8)));
    static_cast<void>(read_retry_snapshot(bad));
  }
}

namespace {

// A log in a folder, a window and its memory: one life of a master, as far as they go.
struct Life {
  explicit Life(const std::string& folder, const Hash& cluster = kOwnCluster)
      : log({folder, 64U << 10U}), memory(window, log, kRememberedWindow) {
    REQUIRE(log.open().ok());
    if (!log.begun()) REQUIRE(log.begin(cluster, {0, 0, cluster}).ok());
    remembered = memory.load(log.end());
    log::LogReader reader = log.reader();
    REQUIRE(reader.seek_entry(remembered, log.end()).ok());
    for (auto group = reader.next(log.end()).value(); group; group = reader.next(log.end()).value()) remember(*group);
  }
  void remember(const proto::Group& group) {
    const auto entries = proto::decode_entries(group.body);
    for (const proto::Entry& entry : *entries) window.add(entry, group.epoch);
    window.end_group({group.epoch, group.last, group.hash});
  }
  void write(const std::string& client, int count, std::uint64_t digest = 0) {
    for (int i = 0; i < count; ++i) {
      proto::Entry entry;
      entry.sequence = log.end().sequence + 1;
      entry.key = {client, entry.sequence};
      entry.digest = digest;
      entry.statements.push_back({"INSERT …", std::nullopt, {1, 0}});
      proto::Group group;
      group.first = group.last = entry.sequence;
      group.epoch = 1;
      group.body = proto::encode_entries({entry});
      group.hash = proto::chain_hash(log.end().hash, 1, group.first, group.last, group.body);
      remember(group);
      REQUIRE(log.append(group).ok());
    }
  }
  void end() {
    log.stop();
    memory.stop();
  }

  RetryWindow window{kRememberedWindow};
  node::NodeLog log;
  RetryMemory memory;
  Sequence remembered = 0;
};

}  // namespace

TEST_CASE("retry memory: what was kept is known at the next start, and only with the log that made it") {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "log").string();
  const std::filesystem::path file = folder.path() / "log" / "retry.snapshot";
  std::string first;
  {
    Life life(path);
    life.memory.start();
    life.write("quiet", 1);
    life.write("busy", 200);
    life.end();
    first = node::read_durable(file.string()).value().value();
  }
  {  // used; and kept again at the end
    Life life(path);
    CHECK(life.remembered == 201);
    CHECK(life.window.executed({"quiet", 1}));
    CHECK(life.window.executed({"busy", 201}));
    life.memory.start();
    life.write("busy", 100);
    life.end();
    CHECK(node::read_durable(file.string()).value().value() != first);
  }
  {  // one of before is as good: the log has the rest
    REQUIRE(node::write_durably(file.string(), first).ok());
    Life life(path);
    CHECK(life.remembered == 201);
    CHECK(life.window.executed({"quiet", 1}));
    CHECK(life.window.executed({"busy", 301}));
    life.log.stop();  // as a crash: nothing is kept
  }
  const auto not_used = [&](const std::string& at, Sequence after) {
    Life life(at);
    CHECK(life.remembered == after);
    CHECK_FALSE(life.window.executed({"quiet", 1}));
    CHECK_FALSE(life.window.none_forgotten({"quiet", 1}, 0, life.log.end().sequence));
    life.log.stop();
  };
  // Damaged, gone, no file at all.
  REQUIRE(node::write_durably(file.string(), first.substr(0, first.size() - 1) + "?").ok());
  not_used(path, 301 - kRememberedWindow);
  std::filesystem::remove(file);
  not_used(path, 301 - kRememberedWindow);
  std::filesystem::create_directory(file);
  not_used(path, 301 - kRememberedWindow);
  std::filesystem::remove(file);

  // Of other logs: shorter, with another history, and another cluster's.
  const auto other = [&](const char* name, int count, std::uint64_t digest, const Hash& cluster) {
    const std::string at = (folder.path() / name).string();
    {
      Life life(at, cluster);
      life.write("other", count, digest);
      life.log.stop();
    }
    REQUIRE(node::write_durably(at + "/retry.snapshot", first).ok());
    not_used(at, static_cast<Sequence>(count) - kRememberedWindow);
  };
  other("shorter", 150, 0, kOwnCluster);
  other("differs", 300, 7, kOwnCluster);
  other("foreign", 300, 0, proto::genesis_hash("another"));
}

TEST_CASE(
    "retry memory: a copy is taken by itself, soon when there is none, and a disk that fails costs no more than it") {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "log").string();
  const std::string file = path + "/retry.snapshot";
  Life life(path);
  life.memory.start();
  const RetryMemory::Clock::time_point start = RetryMemory::Clock::now();
  const auto sequence_kept = [&]() -> Sequence {
    const auto bytes = node::read_durable(file);
    if (!bytes || !*bytes) return 0;
    return read_retry_snapshot(**bytes)->place.position.sequence;
  };
  life.memory.tick(start);
  life.memory.tick(start + 2s);  // nothing to keep
  life.write("c", 5);
  life.memory.tick(start + 2s);
  wait_for("the first copy", [&] { return sequence_kept() == 5; });
  life.write("c", 5);
  life.memory.tick(start + 100s);  // few, and not long ago
  life.memory.tick(start + 11min);
  wait_for("what is few, after a time", [&] { return sequence_kept() == 10; });
  life.write("c", 1);
  node::set_disk_fault([](const char* step) { return std::string_view(step) == "sync" ? ENOSPC : 0; });
  life.memory.tick(start + 30min);
  life.end();  // tried again, in vain
  node::set_disk_fault(nullptr);
  CHECK(sequence_kept() == 10);
  CHECK_FALSE(std::filesystem::exists(file + ".new"));
}
