// Goal: what is held counts until its last holder is gone, and one alone always fits. Method: pure calls.
#include "node/byte_budget.h"

using namespace sqlcast::node;

TEST_CASE("byte budget: a share counts until its last copy is gone; one alone always fits") {
  ByteBudget budget(100);
  ByteBudget::Share large = budget.take(500);
  REQUIRE(large);
  CHECK_FALSE(budget.take(1));
  ByteBudget::Share copy = large;
  large.reset();
  CHECK(budget.held() == 500);
  copy.reset();
  CHECK(budget.held() == 0);
  const ByteBudget::Share first = budget.take(60);
  CHECK_FALSE(budget.take(41));
  CHECK(budget.take(40));
  CHECK(budget.held() == 60);
}
