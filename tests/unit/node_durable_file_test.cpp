// Goal: a disk that fails at any step leaves each of the small files that nodes keep as it was or as it was to be; the
// error names the file; nothing that cannot be read is taken for nothing. Method: each step in turn is made to fail.
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <set>

#include "master/histories.h"
#include "master/known_slaves.h"
#include "node/durable_file.h"
#include "node/identity.h"
#include "node/node_id.h"
#include "tests/support/temporary_folder.h"

using namespace sqlcast;
using namespace sqlcast::node;
using support::TemporaryFolder;

namespace {

namespace fs = std::filesystem;

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename());
  return names;
}

// While it lives, the disk fails at the `at`-th step (from 1; 0 = never), or at that and all that follow.
class BadDisk {
 public:
  BadDisk(int at, int number, bool for_good = false) {
    at_ = at;
    number_ = number;
    for_good_ = for_good;
    steps_.clear();
    set_disk_fault([](const char* step) {
      steps_.emplace_back(step);
      const int now = static_cast<int>(steps_.size());
      return now == at_ || (for_good_ && now > at_) ? number_ : 0;
    });
  }
  ~BadDisk() { set_disk_fault(nullptr); }
  BadDisk(const BadDisk&) = delete;
  BadDisk& operator=(const BadDisk&) = delete;
  static const std::vector<std::string>& steps() { return steps_; }

 private:
  static inline int at_ = 0;
  static inline int number_ = 0;
  static inline bool for_good_ = false;
  static inline std::vector<std::string> steps_;
};

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

const std::vector<std::string> kSteps{"open", "write", "sync", "close", "rename", "open", "sync"};
constexpr int kRename = 5;

// Each way in which a disk can fail while a file is written: without room or broken, once or for good, at each step.
void for_every_failure(const std::function<void(int at, int number, bool for_good)>& test) {
  for (const int number : {ENOSPC, EIO})
    for (const bool for_good : {false, true})
      for (int at = 1; at <= static_cast<int>(kSteps.size()); ++at) {
        INFO("errno " << number << " at step " << at << ", " << kSteps[static_cast<std::size_t>(at - 1)]
                      << (for_good ? ", and ever after" : ""));
        test(at, number, for_good);
      }
}

}  // namespace

TEST_CASE("durable file: whatever step fails, it is the old one or the new one, and the error names it") {
  const TemporaryFolder folder;
  const std::string path = folder.path() / "file";
  {
    const BadDisk none(0, 0);
    REQUIRE(write_durably(path, "old").ok());
    REQUIRE(BadDisk::steps() == kSteps);
  }
  for_every_failure([&](int at, int number, bool for_good) {
    std::ofstream(path) << "old";
    const BadDisk bad(at, number, for_good);
    const Status status = write_durably(path, "what is new, and longer");
    CHECK(status.code == Code::io);
    CHECK(status.message.find(at <= kRename ? path : folder.path().string()) != std::string::npos);
    CHECK(content_of(path) == (at <= kRename ? "old" : "what is new, and longer"));
    CHECK(names_in(folder.path()) == std::set<std::string>{"file"});  // nothing beside it takes room
  });
  CHECK(write_durably(path, "at last").ok());
  CHECK(content_of(path) == "at last");
}

TEST_CASE("durable file: one that is not there is none, one that cannot be read is an error") {
  const TemporaryFolder folder;
  const std::string path = folder.path() / "file";
  CHECK(read_durable(path)->has_value() == false);
  REQUIRE(write_durably(path, std::string(10'000, 'x')).ok());
  CHECK(read_durable(path).value() == std::string(10'000, 'x'));
  for (int at = 1; at <= 4; ++at) {
    INFO(at);
    const BadDisk bad(at, EIO);
    const auto content = read_durable(path);
    CHECK(content.status().code == Code::io);
    CHECK(content.status().message.find(path) != std::string::npos);
  }
}

TEST_CASE("durable file: a node whose folder cannot be read stops, and takes nothing of it for new") {
  const TemporaryFolder folder;
  Identity identity = Identity::open(folder.path(), config::Role::master).value();
  identity.cluster = std::string(64, 'a');
  identity.claims["slave-1"] = claim_of("slave-1", identity.cluster, 1, 12, std::string(64, 'b')).value();
  REQUIRE(identity.save(folder.path()).ok());
  const std::string id = node_id(folder.path()).value();
  master::KnownSlaves known = master::KnownSlaves::load(folder.path()).value();
  REQUIRE(known.add({"slave-1"}).ok());
  const std::string before = content_of(folder.path() / "node");
  for (int at = 1; at <= 2; ++at) {
    INFO(at);
    const BadDisk bad(at, EIO);
    CHECK(Identity::open(folder.path(), config::Role::master).status().code == Code::io);
  }
  for (int at = 1; at <= 2; ++at) {
    INFO(at);
    const BadDisk bad(at, EIO);
    CHECK(node_id(folder.path()).status().code == Code::io);
  }
  for (int at = 1; at <= 2; ++at) {
    INFO(at);
    const BadDisk bad(at, EIO);
    CHECK(master::KnownSlaves::load(folder.path()).status().code == Code::io);
  }
  CHECK(content_of(folder.path() / "node") == before);
  CHECK(node_id(folder.path()).value() == id);
}

TEST_CASE("durable file: a new folder on a disk that fails gets its files at the next start") {
  for_every_failure([&](int at, int number, bool for_good) {
    const TemporaryFolder folder;
    {
      const BadDisk bad(at + 1, number, for_good);  // the first step is the look whether there is a file
      const Result<std::string> id = node_id(folder.path());
      CHECK(id.status().code == Code::io);
      CHECK(id.status().message.find(folder.path().string()) != std::string::npos);
    }
    const Result<std::string> again = node_id(folder.path());
    REQUIRE(again.ok());
    CHECK(node_id(folder.path()).value() == *again);
    {
      const BadDisk bad(at + 1, number, for_good);
      CHECK(Identity::open(folder.path(), config::Role::slave).status().code == Code::io);
    }
    CHECK(Identity::open(folder.path(), config::Role::slave).ok());
    CHECK(Identity::open(folder.path(), config::Role::master).status().code == Code::config);
  });
}

TEST_CASE("durable file: slaves are known while the node runs although the disk fails, and kept when it is well") {
  for_every_failure([&](int at, int number, bool for_good) {
    const TemporaryFolder folder;
    master::KnownSlaves known = master::KnownSlaves::load(folder.path()).value();
    REQUIRE(known.add({"slave-1"}).ok());
    {
      const BadDisk bad(at, number, for_good);
      CHECK(known.add({"slave-2"}).code == Code::io);
      CHECK(known.names().contains("slave-2"));
    }
    const auto names = master::KnownSlaves::load(folder.path())->names();
    CHECK((names == std::set<std::string>{"slave-1"} || names == known.names()));
    CHECK(known.add({"slave-3"}).ok());
    CHECK(master::KnownSlaves::load(folder.path())->names() == known.names());
  });
}

TEST_CASE("durable file: a master that cannot write down what others have goes on refusing, and writes it down later") {
  for_every_failure([&](int at, int number, bool for_good) {
    const TemporaryFolder folder;
    const master::OwnHistory own{std::string(64, 'a'), {1, 10, Hash{}}};
    const Claim longer{"slave-1", own.cluster, {1, 12, Hash{}}};
    const auto has_all = [](const Position&) { return true; };
    bool to_be_saved = false;
    const auto histories_of = [&] {
      return std::make_unique<master::Histories>(
          folder.path(), Identity::open(folder.path(), config::Role::master).value(), false,
          master::Histories::Hooks{[](const std::string&) {}, [&to_be_saved] { to_be_saved = true; }});
    };
    {
      const auto histories = histories_of();
      histories->begin(own, has_all);
      CHECK_FALSE(to_be_saved);
      const BadDisk bad(at, number, for_good);
      histories->hear(longer, master::Fit::longer, own);
      CHECK(BadDisk::steps().empty());  // who hears it does not wait for the disk
      CHECK(to_be_saved);
      CHECK_FALSE(histories->doubt().empty());
      CHECK_FALSE(histories->save());
      CHECK_FALSE(histories->doubt().empty());
      set_disk_fault(nullptr);
      CHECK(histories->save());
    }
    const auto again = histories_of();
    again->begin(own, has_all);
    CHECK_FALSE(again->doubt().empty());
  });
}
