// The version of this build: CMakeLists.txt has it. Pure; any thread.
#pragma once

namespace sqlcast {

const char* version();  // "0.2.0"

}  // namespace sqlcast
