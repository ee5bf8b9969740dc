// KnownNames: the names of databases, tables and columns, asked of the nodes when they are wanted, and kept for a
// while. One thread.
#pragma once

#include <chrono>

#include "client/cli/completion.h"
#include "client/client.h"

namespace sqlcast::cli {

class KnownNames {
 public:
  explicit KnownNames(client::Client& client) : client_(client) {}

  // Those of a minute ago at most; none, or older ones, where no node answers. May block, for two seconds.
  const Names& get();
  // Something was defined: the next get() asks.
  void forget() { known_ = false; }

 private:
  bool read(Names& names);

  client::Client& client_;
  Names names_;
  bool known_ = false;
  std::chrono::steady_clock::time_point read_at_;
};

}  // namespace sqlcast::cli
