// Key pairs, made by libzmq's CURVE (libsodium underneath). Any thread; does not block.
#pragma once

#include "access/key.h"
#include "base/status.h"

namespace sqlcast::net {

// io: this libzmq has no CURVE.
Result<access::KeyPair> make_key_pair();

// Whether the two halves belong together; false, too, without CURVE.
bool belong_together(const access::KeyPair& pair);

}  // namespace sqlcast::net
