// Goal: a node whose key was replaced while another program took its port tries until it listens again; its private key
// is where nobody else can read it. Method: the files of a node, and a hook in place of its socket; a process of its
// own.
#include "node/security.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include <catch2/catch.hpp>
#include "base/memory.h"
#include "client/local/cluster_keys.h"
#include "net/key_ring.h"
#include "tests/support/keys.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wait.h"

using namespace sqlcast;

namespace {

// A node's key ring goes to nobody in clear; this process's is for other tests, too.
struct Unstrict {
  ~Unstrict() { net::key_ring().strict(nullptr); }
};

config::NodeConfig config_in(const std::filesystem::path& folder) {
  (void)support::give_key(folder, "master", "", "");
  const local::KeyPlaces places(folder);
  config::NodeConfig config;
  config.name = "master";
  config.security = {config::SecurityMode::curve, places.key_of("master").string(), places.allowed().string(),
                     places.nodes().string()};
  return config;
}

}  // namespace

TEST_CASE("security: a private key that its group can read is refused, but for one that systemd keeps") {
  const Unstrict ring;
  const support::TemporaryFolder folder;
  const config::NodeConfig config = config_in(folder.path());
  const auto open = [&] { return node::Security(config).open(); };
  CHECK(open().ok());
  REQUIRE(::chmod(config.security.key.c_str(), 0440) == 0);
  CHECK(open().code == Code::config);
  ::setenv("CREDENTIALS_DIRECTORY", local::KeyPlaces(folder.path()).folder.c_str(), 1);
  const Status credential = open();
  REQUIRE(::chmod(config.security.key.c_str(), 0444) == 0);
  const Status everyones = open();
  ::unsetenv("CREDENTIALS_DIRECTORY");
  CHECK(credential.ok());
  CHECK(everyones.code == Code::config);
}

TEST_CASE("security: a process that forbids core dumps can be looked into by nobody of its account") {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool before = ::prctl(PR_GET_DUMPABLE) == 1;
    const bool forbidden = forbid_core_dumps().ok() && ::prctl(PR_GET_DUMPABLE) == 0;
    ::_exit(before && forbidden ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("security: who cannot listen with his new key tries again until he can, and no longer") {
  const Unstrict ring;
  const support::TemporaryFolder folder;
  node::Security security(config_in(folder.path()));
  const local::KeyPlaces places(folder.path());
  REQUIRE(security.open().ok());
  std::atomic<int> tries{0};
  security.start({nullptr, nullptr, [&tries] {
                    return ++tries < 4 ? Status::error(Code::io, "somebody else listens there") : ok_status();
                  }});
  const access::KeyFile next = support::make_named_key("master");
  REQUIRE(local::write_table(places.key_of("master"), access::format_key_file(next)).ok());
  support::wait_for("the fourth try", [&tries] { return tries >= 4; });
  CHECK(security.gate()->own() == next.pair);
  // One more replacement is one more try: those of the first have ended.
  REQUIRE(local::write_table(places.key_of("master"), access::format_key_file(support::make_named_key("master"))).ok());
  support::wait_for("the next key", [&tries] { return tries >= 5; });
  security.stop();
  CHECK(tries == 5);
}
