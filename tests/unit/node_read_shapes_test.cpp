#include "node/read_shapes.h"

using namespace sqlcast::node;
using namespace std::chrono_literals;

TEST_CASE("read shapes: texts that differ in their literals alone are of one shape") {
  CHECK(read_shape("SELECT v FROM t WHERE id=1") == read_shape("SELECT v FROM t WHERE id=234"));
  CHECK(read_shape("SELECT v FROM t WHERE n='a'") == read_shape("SELECT v FROM t WHERE n='it''s; \\' longer'"));
  CHECK(read_shape("SELECT 1e5") == read_shape("SELECT 0x1F"));
  CHECK(read_shape("SELECT v FROM t1 WHERE id=1") != read_shape("SELECT v FROM t2 WHERE id=1"));
  CHECK(read_shape("SELECT `1` FROM t") != read_shape("SELECT `2` FROM t"));
  CHECK(read_shape("SELECT v FROM t WHERE id=1") != read_shape("SELECT v FROM t WHERE id>1"));
  CHECK(read_shape("") != 0);
}

TEST_CASE("read shapes: a text with a comment goes by itself, since it could swallow what follows") {
  CHECK(read_shape("SELECT 1 -- x") == 0);
  CHECK(read_shape("SELECT 1 # x") == 0);
  CHECK(read_shape("SELECT /* x */ 1") == 0);
  CHECK(read_shape("SELECT '-- x', \"# y\", `/* z`") != 0);
  CHECK(read_shape("SELECT 'open") != 0);  // no statement, and not this one's to judge
}

TEST_CASE("read shapes: what was quick and small several times is known to be, until it is not once") {
  ReadShapes shapes;
  CHECK(!shapes.known_small(7));
  for (unsigned i = 0; i < ReadShapes::kRuns; ++i) {
    CHECK(!shapes.known_small(7));
    shapes.ran(7, 1ms, 100);
  }
  CHECK(shapes.known_small(7));
  shapes.ran(7, ReadShapes::kQuick + 1ms, 100);
  CHECK(!shapes.known_small(7));
  for (unsigned i = 0; i < ReadShapes::kRuns; ++i) shapes.ran(8, 1ms, 100);
  shapes.ran(8, 1ms, ReadShapes::kSmallBytes + 1);
  CHECK(!shapes.known_small(8));
  for (unsigned i = 0; i < 9; ++i) shapes.ran(0, 1ms, 1);
  CHECK(!shapes.known_small(0));
}

TEST_CASE("read shapes: what takes more than a moment is small, and not swift, though one late run is forgiven") {
  ReadShapes shapes;
  for (unsigned i = 0; i < ReadShapes::kRuns; ++i) {
    CHECK(!shapes.known_swift(7));
    shapes.ran(7, 100us, 100);
  }
  CHECK(shapes.known_swift(7));
  shapes.ran(7, ReadShapes::kSwift + 1us, 100);
  CHECK(shapes.known_swift(7));
  shapes.ran(7, ReadShapes::kSwift + 1us, 100);
  CHECK(!shapes.known_swift(7));
  CHECK(shapes.known_small(7));
  for (unsigned i = 0; i < ReadShapes::kRuns; ++i) shapes.ran(7, ReadShapes::kSwift + 1us, 100);
  shapes.ran(7, 100us, 100);
  CHECK(!shapes.known_swift(7));
  shapes.ran(7, 100us, 100);
  CHECK(shapes.known_swift(7));
  shapes.forget(7);
  CHECK(!shapes.known_small(7));
  CHECK(!shapes.known_swift(7));
}

TEST_CASE("read shapes: one that has the place of another is not taken for it") {
  ReadShapes shapes;
  const std::uint64_t one = std::uint64_t{3} << 60U | 5;
  const std::uint64_t other = std::uint64_t{2} << 60U | 5;
  for (unsigned i = 0; i < ReadShapes::kRuns; ++i) shapes.ran(one, 100us, 100);
  CHECK(!shapes.known_small(other));
  shapes.forget(other);
  CHECK(shapes.known_swift(one));
  shapes.ran(other, 100us, 100);
  CHECK(!shapes.known_small(one));
}
