// Program: what sqlcast-master and sqlcast-slave share from main() on: the command line, the configuration, signals,
// and a clean stop. Main thread only. Exit status 0 after a clean stop, 1 when the node could not run, 2 for usage and
// configuration.
#pragma once

#include <functional>
#include <memory>

#include "base/status.h"
#include "config/config.h"

namespace sqlcast::node {

// A node as main() sees it.
class Runnable {
 public:
  virtual ~Runnable() = default;
  virtual Status start() = 0;    // main thread; may block
  virtual void interrupt() = 0;  // any thread; does not block: start() is to end soon, with an error
  virtual void reload() = 0;     // any thread, also while it starts; does not block: keys are read again
  virtual void stop() = 0;       // main thread, after start(); may block
  virtual std::string announcement() const = 0;  // one line for the log once it serves
};

using MakeNode = std::function<std::unique_ptr<Runnable>(const config::NodeConfig&)>;

// May block, until the node is told to stop.
int run_program(config::Role role, int argc, char** argv, const MakeNode& make);

}  // namespace sqlcast::node
