// Goal: a master does not write while anybody is known to have a longer or another history, and is not stopped by
// somebody else's slave; the folder remembers both. Method: claims made by hand, a folder of the test's own.
#include <fstream>

#include "master/histories.h"
#include "tests/support/temporary_folder.h"

using namespace sqlcast;
using namespace sqlcast::master;
using support::TemporaryFolder;

namespace {

const std::string kOurs(64, 'a');
const std::string kForeign(64, 'b');

Hash hash_of(std::uint8_t first) {
  Hash hash{};
  hash[0] = first;
  return hash;
}

node::Claim claim(const std::string& node, Sequence sequence, std::uint8_t hash, const std::string& cluster = kOurs) {
  return {node, cluster, {1, sequence, hash_of(hash)}};
}

const OwnHistory kOwn{kOurs, {1, 10, hash_of(10)}};
const OwnHistory kEmpty{std::string(64, 'c'), {1, 0, hash_of(0)}};

// Its entry k has the hash k.
struct Master {
  Master(const TemporaryFolder& folder, const OwnHistory& own_history, bool accept = false)
      : own(own_history),
        histories(folder.path(), node::Identity::open(folder.path(), config::Role::master).value(), accept,
                  {[this](const std::string& why) { changes.push_back(why); }, [this] { to_be_saved = true; }}) {
    histories.begin(own, [&](const Position& at) {
      return at.sequence <= own.head.sequence && at.hash == hash_of(static_cast<std::uint8_t>(at.sequence));
    });
  }
  void hear(const node::Claim& what) {
    const Fit fit = fit_of(what, own);
    const bool has = what.position.hash == hash_of(static_cast<std::uint8_t>(what.position.sequence));
    histories.hear(what, fit != Fit::inside ? fit : has ? Fit::same : Fit::other, own);
    if (std::exchange(to_be_saved, false)) CHECK(histories.save());
  }
  OwnHistory own;
  std::vector<std::string> changes;
  bool to_be_saved = false;
  Histories histories;
};

}  // namespace

TEST_CASE("histories: how a claim fits") {
  CHECK(fit_of(claim("s", 0, 0, ""), kOwn) == Fit::same);
  CHECK(fit_of(claim("s", 10, 10), kOwn) == Fit::same);
  CHECK(fit_of(claim("s", 10, 11), kOwn) == Fit::other);
  CHECK(fit_of(claim("s", 9, 9), kOwn) == Fit::inside);
  CHECK(fit_of(claim("s", 11, 11), kOwn) == Fit::longer);
  CHECK(fit_of(claim("s", 9, 9, kForeign), kOwn) == Fit::foreign);
  CHECK(fit_of(claim("s", 1, 1), kEmpty) == Fit::foreign);
}

TEST_CASE("histories: a longer or another one stops writing until its node has ours, also over a restart") {
  const TemporaryFolder folder;
  {
    Master master(folder, kOwn);
    master.hear(claim("slave-1", 10, 10));
    CHECK(master.histories.doubt().empty());
    master.hear(claim("slave-1", 12, 12));
    master.hear(claim("slave-2", 9, 99));
    CHECK(master.histories.doubt().find("slave-1 has 12 entries, this master 10 entries") == 0);
    CHECK(master.histories.doubt().find("--accept-history") != std::string::npos);
  }
  {
    Master master(folder, kOwn);
    CHECK_FALSE(master.histories.doubt().empty());  // nobody has reported yet
    master.hear(claim("slave-1", 3, 3));            // made anew
    CHECK(master.histories.doubt().find("slave-2 has 9 entries") == 0);
    CHECK(master.histories.doubt().find("entry 9 differs") != std::string::npos);
    master.hear(claim("slave-2", 0, 0, ""));
    CHECK(master.histories.doubt().empty());
    CHECK(master.changes.back().empty());
  }
  CHECK(Master(folder, kOwn).histories.doubt().empty());
}

TEST_CASE("histories: a master whose data is put right writes again") {
  const TemporaryFolder folder;
  Master(folder, kOwn).hear(claim("slave-1", 12, 12));
  const OwnHistory whole{kOurs, {1, 12, hash_of(12)}};
  CHECK(Master(folder, whole).histories.doubt().empty());
}

TEST_CASE("histories: another cluster's slave stops a master that nobody has followed yet, and no other") {
  const TemporaryFolder folder;
  {
    Master master(folder, kOwn);
    master.hear(claim("stray", 5, 5, kForeign));
    CHECK(master.histories.doubt().find("stray has 5 entries of cluster bbbbbbbb, this master 10 entries") == 0);
  }
  { Master(folder, kOwn, true).hear(claim("slave-1", 4, 4)); }
  Master master(folder, kOwn);
  master.hear(claim("stray", 5, 5, kForeign));
  CHECK(master.histories.doubt().empty());
  // Of its own cluster it believes everything.
  master.hear(claim("slave-1", 12, 12));
  CHECK_FALSE(master.histories.doubt().empty());
}

TEST_CASE("histories: a folder whose database is empty or another cluster's needs a person's word") {
  const TemporaryFolder folder;
  { Master master(folder, kOwn); }
  CHECK(Master(folder, kEmpty).histories.doubt().find("its database has no entry") != std::string::npos);
  const OwnHistory other{kForeign, {1, 3, hash_of(3)}};
  CHECK(Master(folder, other).histories.doubt().find("entries of cluster bbbbbbbb") != std::string::npos);
  CHECK(Master(folder, kOwn).histories.doubt().empty());  // it was put right
  CHECK(Master(folder, kEmpty, true).histories.doubt().empty());
  CHECK(Master(folder, kEmpty).histories.doubt().empty());
}

TEST_CASE("histories: a new cluster that has not been written to needs no word, however often it is restarted") {
  const TemporaryFolder folder;
  for (int i = 0; i < 3; ++i) {
    Master master(folder, kEmpty);
    master.hear(claim("slave-1", 0, 0, ""));
    CHECK(master.histories.doubt().empty());
  }
  Master master(folder, kEmpty);
  master.histories.begun(kEmpty.cluster);
  CHECK(master.to_be_saved);
  CHECK(master.histories.save());
  CHECK(master.histories.doubt().empty());
  CHECK(node::Identity::open(folder.path(), config::Role::master)->cluster == kEmpty.cluster);
}

TEST_CASE("identity: the folder of one role is not the other's, and what is not understood is said") {
  const TemporaryFolder folder;
  REQUIRE(node::Identity::open(folder.path(), config::Role::slave).ok());
  CHECK(node::Identity::open(folder.path(), config::Role::slave).ok());
  const Result<node::Identity> master = node::Identity::open(folder.path(), config::Role::master);
  CHECK(master.status().code == Code::config);
  CHECK(master.status().message.find("is a slave's") != std::string::npos);
  std::ofstream(folder.path() / "node") << "role slave\nclaim slave-1 nonsense 1 2 3\n";
  CHECK(node::Identity::open(folder.path(), config::Role::slave).status().code == Code::io);
}

TEST_CASE("identity: a claim is a node's name and hashes, nothing else") {
  CHECK(node::claim_of("s", kOurs, 1, 2, kForeign).has_value());
  CHECK_FALSE(node::claim_of("", kOurs, 1, 2, kForeign).has_value());
  CHECK_FALSE(node::claim_of("two words", kOurs, 1, 2, kForeign).has_value());
  CHECK_FALSE(node::claim_of("s", "short", 1, 2, kForeign).has_value());
  CHECK_FALSE(node::claim_of("s", kOurs, 1, 2, std::string(64, '\n')).has_value());
}
