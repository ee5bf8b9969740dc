#include "base/version.h"

namespace sqlcast {

const char* version() { return SQLCAST_VERSION; }

}  // namespace sqlcast
