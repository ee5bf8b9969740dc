// Attacks: what a stranger, or somebody with a key, does to a node without an end, for the tests of what honest clients
// have of it. Each is called on a thread of its own, and goes on until it is told to stop. Strangers come from another
// address of the loopback than honest clients do.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "access/key.h"
#include "tests/support/keys.h"

namespace sqlcast::support {

// Where, and with what.
struct Scene {
  std::string requests;    // the node's endpoint
  std::string stream;      // its publisher
  access::PublicKey node;  // its key
  access::KeyFile reader, writer, watcher;
  std::string heard;  // what a client of it has said, from its greeting on, with a write in it
};

struct Attack {
  std::string name;
  std::function<void(const Scene&, const std::atomic<bool>& stop)> run;
};

// The first one is none: a thread that only uses a processor, as each attack does on this machine, too.
const std::vector<Attack>& attacks();

}  // namespace sqlcast::support
