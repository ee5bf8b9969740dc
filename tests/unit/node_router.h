// The ROUTER of a node that a test makes up, on a free port of the loopback.
#pragma once

#include <memory>
#include <utility>

#include "net/router.h"

namespace sqlcast::net::test {

inline std::unique_ptr<Router> open_router() {
  Router::Options options;
  options.endpoint = "tcp://127.0.0.1:*";
  auto router = Router::open(options);
  REQUIRE(router.ok());
  return std::move(*router);
}

}  // namespace sqlcast::net::test
