// validate(): what a well-typed request must also keep, whatever its form. Internal to proto/. Pure; any thread.
#pragma once

#include "base/status.h"
#include "proto/message.h"

namespace sqlcast::proto {

// bad_request (or too_large) that names the field; ok for messages without rules of their own.
Status validate(const Message& message);

}  // namespace sqlcast::proto
