// Goal: a file with keys is used only when nobody but its owner may do with it what would give them away, or replace
// them. Method: files of every mode.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include "base/guarded_file.h"
#include "base/user_name.h"
#include "tests/support/temporary_folder.h"

using namespace sqlcast;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

struct Written {
  support::TemporaryFolder folder;
  std::string path = (folder.path() / "a.key").string();
  explicit Written(const std::string& text) { std::ofstream(path, std::ios::binary) << text; }
  Code read(mode_t mode, Guarded guarded) const {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    return read_guarded_file(path, guarded).status().code;
  }
};

}  // namespace

TEST_CASE("guarded file: what others may read or write is not used, and the command that ends that is told") {
  const Written file(std::string("a\0b\n", 4));
  for (const mode_t mode : {0600U, 0400U, 0700U}) CHECK(file.read(mode, Guarded::from_reading) == Code::ok);
  for (const mode_t mode : {0640U, 0604U, 0660U, 0602U, 0610U, 0601U, 0644U, 0666U}) {
    INFO(std::oct << mode);
    CHECK(file.read(mode, Guarded::from_reading) == Code::config);
    CHECK(file.read(mode, Guarded::from_writing) == ((mode & 0022U) != 0 ? Code::config : Code::ok));
    CHECK(file.read(mode, Guarded::no) == Code::ok);
  }
  CHECK_THAT(read_guarded_file(file.path, Guarded::from_reading).status().message,
             Contains(file.path + ": others than its owner may use this private key; run: chmod 600 '" + file.path));
  CHECK_THAT(read_guarded_file(file.path, Guarded::from_writing).status().message, Contains("run: chmod go-w '"));
  CHECK(*read_guarded_file(file.path, Guarded::no) == std::string("a\0b\n", 4));
}

TEST_CASE("guarded file: one that is not there, is a folder, or is too large says which") {
  const Written file("x");
  const Status none = read_guarded_file(file.path + ".none", Guarded::from_reading).status();
  CHECK(none.code == Code::io);
  CHECK_THAT(none.message, Contains(file.path + ".none: No such file"));
  CHECK_FALSE(read_guarded_file(file.folder.path().string(), Guarded::no).ok());
  fs::resize_file(file.path, (16U << 20U) + 1);
  const Status large = read_guarded_file(file.path, Guarded::no).status();
  CHECK(large.code == Code::config);
  CHECK_THAT(large.message, Contains("larger than 16 MiB"));
}

TEST_CASE("guarded file: a credential of systemd is its group's to read, and nobody's to write") {
  const Written file("x");
  const char* const had = std::getenv("CREDENTIALS_DIRECTORY");
  const std::string before = had == nullptr ? std::string() : had;
  ::setenv("CREDENTIALS_DIRECTORY", file.folder.path().c_str(), 1);
  CHECK(file.read(0440, Guarded::from_reading) == Code::ok);
  CHECK(file.read(0460, Guarded::from_reading) == Code::config);
  CHECK(file.read(0444, Guarded::from_reading) == Code::config);
  ::setenv("CREDENTIALS_DIRECTORY", "/somewhere/else", 1);
  CHECK(file.read(0440, Guarded::from_reading) == Code::config);
  if (had == nullptr)
    ::unsetenv("CREDENTIALS_DIRECTORY");
  else
    ::setenv("CREDENTIALS_DIRECTORY", before.c_str(), 1);
}

TEST_CASE("user name: a user has one, a number that is nobody's has none") {
  CHECK(user_name(0) == "root");
  CHECK_FALSE(user_name(3'999'999'999U).has_value());
}
