// Goal: the groups of a node's log come in order, none beyond the limit, whatever that is from call to call, a
// definition alone; what does not follow is not taken into the log. Method: real files in a temporary folder.
#include "node/batch_reader.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/support/temporary_folder.h"
#include "tests/unit/node_groups.h"

using namespace sqlcast;
using node::BatchReader;
using node::NodeLog;
using node::test::group_behind;
using node::test::kCluster;
using support::TemporaryFolder;

namespace {

struct Fixture {
  Fixture() { REQUIRE(log.begin(kCluster, {0, 0, kCluster}).ok()); }
  void append(int groups, proto::GroupState state = proto::GroupState::committed) {
    for (int i = 0; i < groups; ++i) {
      const proto::Group group = group_behind(log.end(), state);
      REQUIRE(log.append(group).ok());
      ends.push_back({1, group.last, group.hash});
    }
    REQUIRE(log.sync().ok());
  }
  // The sequences of the groups that come; each follows the one before.
  std::vector<Sequence> next(const Position& limit) {
    const auto batch = reader.next(limit);
    REQUIRE(batch.ok());
    std::vector<Sequence> sequences;
    for (const node::DecodedGroup& one : *batch) {
      REQUIRE(one.entries.size() == 1);
      REQUIRE(one.entries[0].sequence == one.group.last);
      sequences.push_back(one.group.last);
    }
    return sequences;
  }

  TemporaryFolder folder;
  NodeLog log{{(folder.path() / "log").string(), 4U << 10U}};  // many files
  std::vector<Position> ends{Position{}};
  BatchReader reader{log};
};

using Sequences = std::vector<Sequence>;

}  // namespace

TEST_CASE("batch reader: what is appended while it reads comes next, up to the limit that is given") {
  Fixture f;
  f.append(3);
  REQUIRE(f.reader.seek({}).ok());
  CHECK(f.reader.end() == Position{});
  CHECK(*f.reader.next_time_us(f.ends[2]) == 1'000U);
  CHECK(f.next(f.ends[2]) == Sequences{1, 2});
  CHECK(f.reader.end() == f.ends[2]);
  CHECK(f.next(f.ends[2]).empty());
  CHECK_FALSE(f.reader.next_time_us(f.ends[2])->has_value());
  f.append(1);
  CHECK(f.next(f.log.durable()) == Sequences{3, 4});
  CHECK(f.next(f.log.durable()).empty());
  // One after the other, over the ends of files, as a slave that is level reads them.
  for (Sequence sequence = 5; sequence < 100; ++sequence) {
    f.append(1);
    REQUIRE(f.next(f.log.durable()) == Sequences{sequence});
  }
}

TEST_CASE("batch reader: a limit that goes back holds back what was read ahead") {
  Fixture f;
  f.append(5);
  REQUIRE(f.reader.seek(f.ends[2]).ok());
  CHECK(*f.reader.next_time_us(f.log.durable()) == 3'000U);
  CHECK(f.next(f.ends[2]).empty());
  CHECK(f.next(f.ends[4]) == Sequences{3, 4});
  CHECK(f.next(f.ends[1]).empty());
  CHECK(f.next(f.log.durable()) == Sequences{5});
}

TEST_CASE("batch reader: a definition comes alone, and no more than a few thousand entries come at once") {
  Fixture f;
  f.append(2);
  f.append(2, proto::GroupState::ddl_done);
  f.append(2'500);
  REQUIRE(f.reader.seek({}).ok());
  const Position limit = f.log.durable();
  CHECK(f.next(limit) == Sequences{1, 2});
  CHECK(f.next(limit) == Sequences{3});
  CHECK(f.next(limit) == Sequences{4});
  Sequence expected = 5;
  std::size_t portions = 0;
  for (auto portion = f.next(limit); !portion.empty(); portion = f.next(limit), ++portions)
    for (const Sequence sequence : portion) REQUIRE(sequence == expected++);
  CHECK(expected == 2'505);
  CHECK(portions == 2);
}

TEST_CASE("batch reader: it begins only where a group of this history ends") {
  Fixture f;
  f.append(3);
  CHECK(f.reader.seek(f.ends[3]).ok());
  CHECK(f.next(f.log.durable()).empty());
  Position other = f.ends[2];
  other.hash[0] ^= 1U;
  CHECK(f.reader.seek(other).code == Code::diverged);
  CHECK(f.reader.seek({1, 4, f.ends[3].hash}).code == Code::bad_request);
}

TEST_CASE("node log: what does not follow its end is refused, and the log goes on with what does") {
  Fixture f;
  f.append(2);
  const proto::Group next = group_behind(f.ends[2]);
  CHECK_FALSE(f.log.append(group_behind({1, 3, next.hash})).ok());  // a hole
  proto::Group foreign = group_behind({1, 2, kCluster});
  CHECK(f.log.append(foreign).code == Code::diverged);
  CHECK_FALSE(f.log.append(group_behind(f.ends[1])).ok());  // once more
  CHECK(f.log.end() == f.ends[2]);
  REQUIRE(f.log.append(next).ok());
  REQUIRE(f.log.sync().ok());
  CHECK(f.log.durable().sequence == 3);
}

TEST_CASE("batch reader: what is good in front of damage comes before that is told") {
  Fixture f;
  f.append(100);  // several files
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(f.folder.path() / "log"))
    if (file.path().extension() == ".log") files.push_back(file.path());
  std::sort(files.begin(), files.end());
  REQUIRE(files.size() > 2);
  const Sequence damaged = std::stoull(files[1].stem().string());
  {
    std::fstream file(files[1], std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(200);
    file << std::string(64, 'x');
  }
  REQUIRE(f.reader.seek({}).ok());
  const Sequences good = f.next(f.ends.back());
  REQUIRE_FALSE(good.empty());
  CHECK(good.front() == 1);
  CHECK(good.back() == damaged - 1);
  CHECK(f.reader.end() == f.ends[damaged - 1]);
  CHECK(f.reader.next(f.ends.back()).status().code == Code::io);
}

TEST_CASE("node log: a file that is mended while the log is open is read on from the place in front of the damage") {
  Fixture f;
  f.append(100);
  std::vector<proto::Group> all;
  log::LogReader reader = f.log.reader();
  REQUIRE(reader.seek(0, f.ends.back()).ok());
  for (auto group = reader.next(f.ends.back()); *group; group = reader.next(f.ends.back())) all.push_back(**group);
  REQUIRE(all.size() == 100);
  const auto peer = [&](const Position& after) -> Result<std::vector<proto::Group>> {
    return std::vector<proto::Group>(all.begin() + static_cast<std::ptrdiff_t>(after.sequence), all.end());
  };
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(f.folder.path() / "log"))
    if (file.path().extension() == ".log") files.push_back(file.path());
  std::sort(files.begin(), files.end());
  const Sequence damaged = std::stoull(files[1].stem().string());
  std::filesystem::resize_file(files[1], 4'096 + 20);
  REQUIRE(f.reader.seek({}).ok());
  REQUIRE(f.next(f.ends.back()).back() == damaged - 1);
  REQUIRE(f.reader.next(f.ends.back()).status().code == Code::io);
  const auto mended = f.log.mend(damaged, peer);
  INFO(mended.status().message);
  REQUIRE(mended.ok());
  REQUIRE(mended->has_value());
  CHECK((*mended)->path == files[1].string());
  REQUIRE(f.reader.seek(f.ends[damaged - 1]).ok());
  CHECK(f.next(f.ends.back()).front() == damaged);
  CHECK_FALSE(f.log.mend(damaged, peer)->has_value());
  f.append(1);
  CHECK(*f.log.has(f.ends.back()));
}
