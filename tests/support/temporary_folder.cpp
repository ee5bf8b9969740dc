#include "tests/support/temporary_folder.h"

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace sqlcast::support {

TemporaryFolder::TemporaryFolder() {
  const char* temporary = std::getenv("TMPDIR");
  std::string pattern = std::string(temporary == nullptr || *temporary == '\0' ? "/tmp" : temporary) + "/sqc.XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder " + pattern);
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace sqlcast::support
