// Goal: the slaves that a master knows outlive it. Method: a real file.
#include <filesystem>
#include <fstream>

#include "master/known_slaves.h"
#include "tests/support/temporary_folder.h"

using namespace sqlcast;
using namespace sqlcast::master;

TEST_CASE("known slaves: outlive the master, each once; a line taken out is forgotten") {
  const support::TemporaryFolder temporary;
  const std::string folder = temporary.path();
  {
    Result<KnownSlaves> known = KnownSlaves::load(folder);
    REQUIRE(known.ok());
    CHECK(known->names().empty());
    for (const char* name : {"slave-2", "slave-1", "slave-2"}) CHECK(known->add({name}).ok());
  }
  Result<KnownSlaves> again = KnownSlaves::load(folder);
  REQUIRE(again.ok());
  CHECK(again->names() == std::set<std::string>{"slave-1", "slave-2"});
  std::ofstream(folder + "/slaves") << "slave-2\n";
  CHECK(KnownSlaves::load(folder)->names() == std::set<std::string>{"slave-2"});
  std::filesystem::remove_all(folder);
  CHECK(again->add({"slave-3"}).code == Code::io);
}
