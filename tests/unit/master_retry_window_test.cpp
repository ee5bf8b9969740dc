// Goal: a request is never executed twice, whatever copies of it come when, and what is refused as unknown is refused
// with reason. Method: pure calls; and a model of clients, copies on their way, and a master that forgets and restarts,
// driven by chance from fixed seeds, against a list of what was executed.
#include <algorithm>
#include <random>
#include <set>

#include "master/retry_window.h"
#include "sql/row_plan.h"

using namespace sqlcast;
using namespace sqlcast::master;

namespace {

proto::Entry entry(Sequence sequence, const std::string& client, std::uint64_t request) {
  proto::Entry result;
  result.sequence = sequence;
  result.key = {client, request};
  result.digest = 1000 + sequence;
  result.statements.push_back({"insert …", std::nullopt, {sequence, 0}});
  return result;
}

constexpr std::uint64_t kWindow = 64;
constexpr std::uint64_t kShare = kWindow / 16;
constexpr Sequence kHead = 1'000'000;

}  // namespace

TEST_CASE("retry window: finds the outcome of an entry by its key") {
  RetryWindow window(kWindow);
  window.add(entry(1, "c", 7), 3);
  const RetryWindow::Outcome* outcome = window.find({"c", 7});
  REQUIRE(outcome != nullptr);
  CHECK(outcome->sequence == 1);
  CHECK(outcome->epoch == 3);
  CHECK(outcome->digest == 1001);
  CHECK(outcome->entries == 1);
  REQUIRE(outcome->effects.size() == 1);
  CHECK(outcome->effects[0].affected_rows == 1);
  CHECK(window.find({"c", 8}) == nullptr);
  CHECK(window.find({"d", 7}) == nullptr);
  CHECK(window.none_forgotten({"c", 8}, std::nullopt, 1));
}

TEST_CASE("retry window: who writes much does not push out who writes little") {
  RetryWindow window(kWindow);
  window.add(entry(1, "quiet", 1), 1);
  for (Sequence s = 2; s <= 50 * kWindow; ++s) window.add(entry(s, "busy", s), 1);
  CHECK(window.find({"quiet", 1}) != nullptr);
  CHECK(window.find({"busy", 50 * kWindow}) != nullptr);
  CHECK(window.find({"busy", 2}) == nullptr);
  // Of the quiet one nothing was forgotten; of the busy one all up to its floor.
  CHECK(window.none_forgotten({"quiet", 2}, std::nullopt, kHead));
  CHECK_FALSE(window.none_forgotten({"busy", 1}, std::nullopt, kHead));
  CHECK_FALSE(window.none_forgotten({"busy", 1}, 49 * kWindow, kHead));
  CHECK(window.none_forgotten({"busy", 1}, 49 * kWindow + 1, kHead));
}

TEST_CASE("retry window: many clients push out the oldest, and a client that is forgotten is not new") {
  RetryWindow window(kWindow);
  for (Sequence s = 1; s <= kWindow + 3; ++s) window.add(entry(s, "client-" + std::to_string(s), 1), 1);
  for (Sequence s = 1; s <= 3; ++s) CHECK(window.find({"client-" + std::to_string(s), 1}) == nullptr);
  CHECK(window.find({"client-4", 1}) != nullptr);
  CHECK_FALSE(window.none_forgotten({"client-1", 1}, std::nullopt, kHead));
  CHECK_FALSE(window.none_forgotten({"client-1", 1}, 2, kHead));
  CHECK(window.none_forgotten({"client-1", 1}, 3, kHead));
  // Nor when it comes back: what was forgotten of it before still counts.
  window.add(entry(100, "client-1", 2), 1);
  CHECK_FALSE(window.none_forgotten({"client-1", 1}, 2, kHead));
  // Of another history nothing can be said.
  CHECK_FALSE(window.none_forgotten({"client-1", 1}, 101, 100));
}

TEST_CASE("retry window: requests of many statements take more of it, and one too large for it is forgotten safely") {
  RetryWindow window(kWindow);
  for (Sequence s = 1; s <= kWindow / 2; ++s) window.add(entry(s, "c" + std::to_string(s), 1), 1);
  proto::Entry large = entry(40, "large", 1);
  large.statements.resize(8 * kWindow, large.statements.front());
  window.add(large, 1);
  CHECK(window.find({"large", 1}) == nullptr);
  CHECK_FALSE(window.none_forgotten({"large", 1}, 39, kHead));
  CHECK(window.none_forgotten({"large", 1}, 40, kHead));
}

TEST_CASE("retry window: begins after what was not read of a long log") {
  RetryWindow window(kWindow);
  window.add(entry(5, "c", 1), 1);
  window.begin_after(90);
  CHECK(window.find({"c", 1}) == nullptr);
  CHECK_FALSE(window.none_forgotten({"c", 1}, 89, kHead));
  CHECK(window.none_forgotten({"c", 1}, 90, kHead));
  window.add(entry(91, "c", 2), 1);
  CHECK_FALSE(window.none_forgotten({"c", 1}, 89, kHead));
}

TEST_CASE("retry window: of a statement in several texts nobody knows the rows of which one text does not tell them") {
  RetryWindow window(kWindow);
  const std::string further = std::string(sqlcast::sql::kFurtherRows) + "insert …";
  proto::Entry known = entry(1, "c", 1);
  known.statements.push_back({further, std::nullopt, {5, 0}});
  window.add(known, 1);
  CHECK(window.find({"c", 1})->effects.at(0).affected_rows == 6);
  proto::Entry unknown = entry(2, "c", 2);
  unknown.statements.push_back({further, std::nullopt, {proto::kRowsNotKnown, 0}});
  unknown.statements.push_back({further, std::nullopt, {4, 0}});
  window.add(unknown, 1);
  CHECK(window.find({"c", 2})->effects.at(0).affected_rows == proto::kRowsNotKnown);
}

TEST_CASE("retry window: a request in parts is counted by its parts") {
  RetryWindow window(kWindow);
  window.add(entry(1, "c", 1), 1);
  window.add(entry(2, "c", 2), 1);
  window.add(entry(3, "c", 1), 1);
  CHECK(window.find({"c", 1})->entries == 2);
  CHECK(window.find({"c", 1})->sequence == 3);
  CHECK(window.find({"c", 2})->entries == 1);
}

namespace {

// A request and its copies. Its client knows where the log stood before it first sent it.
struct Copy {
  RequestKey key;
  std::optional<Sequence> sent_since;
  std::size_t parts = 1;
};

struct Model {
  explicit Model(unsigned seed) : random(seed), window(kWindow) {}

  std::uint64_t below(std::uint64_t bound) { return random() % bound; }

  void first_send() {
    const std::uint64_t client = below(5) == 0 ? below(400) : below(3);  // a crowd, and three that write much
    Copy copy;
    copy.key = {"client-" + std::to_string(client), ++last_request};
    // What it knows may be old; some clients do not say it.
    const Sequence age = below(4) == 0 ? below(log.size() + 1) : below(3);
    if (below(6) != 0) copy.sent_since = log.size() - std::min<Sequence>(age, log.size());
    if (below(20) == 0) copy.parts = 3;
    under_way.push_back(copy);
    sent_at[copy.key] = log.size();
  }

  void execute(const RequestKey& key) {
    proto::Entry one = entry(log.size() + 1, key.client_id, key.request_id);
    log.push_back(one);
    window.add(one, 1);
  }

  // As the sequencer does; `parts` of it only, when it is interrupted by a crash.
  void arrive(const Copy& copy, std::size_t parts) {
    const RetryWindow::Outcome* outcome = window.find(copy.key);
    const std::size_t ran = times[copy.key];
    if (outcome != nullptr && outcome->entries >= copy.parts) {
      REQUIRE(ran == copy.parts);
      ++replayed;
      return;
    }
    if (!window.none_forgotten(copy.key, copy.sent_since, log.size())) {
      ++unknown;
      // Not for nothing: a new request whose client knew the log's end lately is always executed.
      const bool lately = copy.sent_since && log.size() - *copy.sent_since < kShare;
      REQUIRE_FALSE(lately);
      return;
    }
    const std::size_t begun = outcome == nullptr ? 0 : outcome->entries;
    REQUIRE(begun == ran);
    for (std::size_t part = begun; part < std::min(begun + parts, copy.parts); ++part) {
      execute(copy.key);
      ++times[copy.key];
    }
    REQUIRE(times[copy.key] <= copy.parts);
    ++executed;
  }

  // With the copy that was kept last, or, where there is none, with the newest entries.
  void restart() {
    Sequence after = log.size() > kWindow ? log.size() - kWindow : 0;
    window.begin_after(after);
    if (kept && below(4) != 0) {
      after = kept->position.sequence;
      REQUIRE(window.restore(*kept, clients));
      ++from_copies;
    }
    for (Sequence s = after; s < log.size(); ++s) window.add(log[s], 1);
    ++restarts;
  }

  void keep() {
    window.end_group({1, log.size(), {}});
    clients.clear();
    kept = window.begin_copy();
    while (window.copy_some(10, clients)) continue;
  }

  void step() {
    switch (below(16)) {
      case 0:
      case 1:
      case 2:
      case 3: first_send(); break;
      case 4:  // sent again, and both are on their way
        if (!under_way.empty()) under_way.push_back(under_way[below(under_way.size())]);
        break;
      case 5:
        if (below(20) == 0) restart();
        if (below(20) == 0) keep();
        break;
      case 6:  // a crash between two parts
        if (!under_way.empty()) {
          const Copy copy = under_way[below(under_way.size())];
          arrive(copy, 1);
          if (copy.parts > 1) restart();
        }
        break;
      case 7: execute({}); break;  // without a key
      default: {
        if (under_way.empty()) break;
        // Mostly the newest; some wait for very long.
        const std::size_t size = under_way.size();
        const std::size_t which = below(4) == 0 ? below(size) : size - 1 - below(std::min<std::size_t>(size, 4));
        const Copy copy = under_way[which];
        if (below(3) != 0) under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(which));
        arrive(copy, copy.parts);
      }
    }
    if (under_way.size() > 3'000) under_way.erase(under_way.begin(), under_way.begin() + 1'000);
  }

  std::mt19937 random;
  RetryWindow window;
  std::optional<RetryWindow::Place> kept;
  std::vector<RetryWindow::ClientMemory> clients;
  std::vector<proto::Entry> log;
  std::vector<Copy> under_way;
  std::map<RequestKey, std::size_t> times;  // the oracle: entries of each request
  std::map<RequestKey, Sequence> sent_at;
  std::uint64_t last_request = 0;
  std::uint64_t replayed = 0, unknown = 0, executed = 0, restarts = 0, from_copies = 0;
};

}  // namespace

TEST_CASE("retry window: whatever is sent, delayed, forgotten and restarted, nothing is executed twice") {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    INFO("seed " << seed);
    Model model(seed);
    for (int i = 0; i < 30'000; ++i) model.step();
    // It was about something.
    CHECK(model.executed > 1'000);
    CHECK(model.replayed > 1'000);
    CHECK(model.unknown > 1'000);
    CHECK(model.restarts > 20);
    CHECK(model.from_copies > 20);
  }
}
