// Goal: what the policy allows of partitioned tables works on a managed server, and does the same on every node; an
// engine other than InnoDB stays out. Method: definitions of them through the master, then every node compared.
#include <sys/stat.h>

#include <filesystem>
#include <thread>

#include "tests/support/cluster.h"
#include "tests/support/wait.h"

using namespace sqlcast;
using namespace sqlcast::support;

TEST_CASE("partitions: tables that have them are copied, rebuilt and changed like others", "[partitions]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE parted");
  cluster.must(
      "CREATE TABLE parted.p (id INT AUTO_INCREMENT PRIMARY KEY, v INT) PARTITION BY RANGE (id) "
      "(PARTITION low VALUES LESS THAN (3) ENGINE=InnoDB, PARTITION high VALUES LESS THAN MAXVALUE ENGINE=InnoDB)");
  cluster.must("INSERT INTO parted.p (v) VALUES (1), (2), (3), (4)");
  cluster.must("CREATE TABLE parted.q LIKE parted.p");
  cluster.must("INSERT INTO parted.q SELECT * FROM parted.p ORDER BY id");
  cluster.must("CREATE TABLE parted.h (id INT PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 2");
  for (const char* change : {"ALTER TABLE parted.p ENGINE=InnoDB", "ALTER TABLE parted.p FORCE",
                             "ALTER TABLE parted.q ENGINE=InnoDB, ADD COLUMN w INT NOT NULL DEFAULT 7",
                             "ALTER TABLE parted.h ENGINE=InnoDB PARTITION BY KEY (id) PARTITIONS 3",
                             "CREATE TABLE parted.h2 LIKE parted.h", "ALTER TABLE parted.h2 REMOVE PARTITIONING"})
    cluster.must(change);
  CHECK(cluster.must("SELECT COUNT(*), SUM(w) FROM parted.q PARTITION (high)").text() == "2|14");
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
  cluster.must("DROP DATABASE parted");
}

TEST_CASE("partitions: a TRUNCATE that the server's death cuts short between two of them is carried out whole",
          "[partitions]") {
  constexpr int kPartitions = 200;
  Cluster cluster(1);
  cluster.must("CREATE DATABASE emptied");
  cluster.must("CREATE TABLE emptied.p (id INT PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS " +
               std::to_string(kPartitions));
  std::string insert = "INSERT INTO emptied.p VALUES (0)";
  for (int id = 1; id < 2 * kPartitions; ++id) insert += ",(" + std::to_string(id) + ")";
  cluster.must(insert);
  cluster.wait_until_equal();
  // Emptied, a partition has another file.
  const std::filesystem::path folder = cluster.master().data_folder() / "mariadb/data/emptied";
  const auto file_of = [&](int partition) {
    struct stat found {};
    return ::stat((folder / ("p#P#p" + std::to_string(partition) + ".ibd")).c_str(), &found) == 0 ? found.st_ino : 0;
  };
  const auto first = file_of(0);
  const auto last = file_of(kPartitions - 1);
  REQUIRE(first != 0);
  Answer answer;
  std::jthread client([&] { answer = cluster.master().run("TRUNCATE TABLE emptied.p"); });
  wait_for("a partition that is emptied", [&] { return file_of(0) != first; });
  cluster.master().kill_database();
  const bool whole = file_of(kPartitions - 1) != last;
  client.join();
  INFO(show(answer.status));
  CHECK(answer.ok());
  if (whole) WARN("it was over before it could be cut short");
  cluster.wait_until_equal();
  for (Node* node : cluster.nodes()) CHECK(node->ask_database("SELECT COUNT(*) FROM emptied.p") == "0");
  cluster.check_same_everywhere();
}

TEST_CASE("partitions: the policy alone keeps other engines out, whoever made the table", "[partitions]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE engines");
  for (const char* definition :
       {"CREATE TABLE engines.t (a INT) ENGINE=MyISAM", "CREATE TABLE engines.t (a INT) ENGINE=Aria",
        "CREATE TABLE engines.t (a INT) PARTITION BY HASH (a) (PARTITION x ENGINE=MyISAM)"}) {
    INFO(definition);
    CHECK(cluster.master().run(definition).status.code == Code::refused);
  }
  cluster.must("CREATE TABLE engines.plain (a INT)");
  CHECK(
      cluster
          .must("SELECT ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'engines' AND TABLE_NAME = 'plain'")
          .text() == "InnoDB");
  CHECK(cluster.master().run("ALTER TABLE engines.plain ENGINE=MyISAM").status.code == Code::refused);
  // One that somebody put there past the nodes.
  cluster.wait_until_equal();
  for (Node* node : cluster.nodes())
    REQUIRE(node->open_database()->execute("CREATE TABLE engines.m (a INT) ENGINE=MyISAM").ok());
  cluster.must("CREATE TABLE engines.other (a INT)");  // the master reads the schema again
  CHECK(cluster.master().run("CREATE TABLE engines.copy LIKE engines.m").status.reason == "ENGINE_NOT_INNODB");
  CHECK(cluster.master().run("INSERT INTO engines.m VALUES (1)").status.reason == "ENGINE_NOT_INNODB");
  cluster.must("DROP DATABASE engines");
}
