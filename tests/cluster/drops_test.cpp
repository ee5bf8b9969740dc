// Goal: DROP TABLE and DROP VIEW of several do what they do in MariaDB, whatever some of them are, also when the master
// dies in between. Method: what MariaDB 10.11 says, by hand; crash points between the parts.
#include "tests/cluster/tables_of.h"
#include "tests/support/cluster.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

TEST_CASE("drops: all that can be dropped is, and what is not there is told of in one list", "[drops]") {
  Cluster& cluster = shared_cluster();
  Node& master = cluster.master();
  cluster.must("CREATE DATABASE drops");
  struct Case {
    const char* sql;
    int number;
    const char* message;  // the error's, or the notes
    const char* left;
  };
  const std::vector<Case> cases{
      {"DROP TABLE a, nope, other.nope, b", 1051, "Unknown table 'drops.nope,other.nope'", "c,p,v,w"},
      {"DROP TABLE nope, nope2", 1051, "Unknown table 'drops.nope,drops.nope2'", "a,b,c,p,v,w"},
      {"DROP TABLE p, nope, a", 1451, "Cannot delete or update a parent row: a foreign key constraint fails",
       "b,c,p,v,w"},
      {"DROP TABLE nope, c, v, b", 1965, "'drops.v' is a view", "a,p,v,w"},
      {"DROP TABLE p, c", 1451, "Cannot delete or update a parent row: a foreign key constraint fails", "a,b,p,v,w"},
      {"DROP VIEW v, nope, a, w", 4092, "Unknown VIEW: 'drops.nope,drops.a'", "a,b,c,p"},
      {"DROP TABLE IF EXISTS a, nope, v, nope2, b", 0,
       "1965 'drops.v' is a view|1051 Unknown table 'drops.nope,drops.nope2'", "c,p,v,w"},
      {"DROP TABLE IF EXISTS nope", 0, "1051 Unknown table 'drops.nope'", "a,b,c,p,v,w"},
      {"DROP VIEW IF EXISTS v, nope, w, nope2", 0, "4092 Unknown VIEW: 'drops.nope,drops.nope2'", "a,b,c,p"},
      {"DROP TABLE a, b", 0, "", "c,p,v,w"},
  };
  std::uint64_t id = 0;
  for (const Case& one : cases) {
    INFO(one.sql);
    for (const char* sql :
         {"DROP TABLE IF EXISTS drops.c", "DROP TABLE IF EXISTS drops.a, drops.b, drops.p",
          "CREATE TABLE drops.a (id INT)", "CREATE TABLE drops.b (id INT)", "CREATE TABLE drops.p (id INT PRIMARY KEY)",
          "CREATE TABLE drops.c (id INT, FOREIGN KEY (id) REFERENCES drops.p (id))",
          "CREATE OR REPLACE SQL SECURITY INVOKER VIEW drops.v AS SELECT 1 AS x",
          "CREATE OR REPLACE SQL SECURITY INVOKER VIEW drops.w AS SELECT 1 AS x"})
      cluster.must(sql);
    proto::QueryRequest request = keyed("drops", ++id, one.sql);
    request.database = "drops";
    const Answer answer = master.run(request);
    INFO(show(answer.status));
    CHECK(answer.status.database_errno == one.number);
    if (one.number != 0) {
      CHECK(answer.status.message.starts_with(one.message));
    } else {
      REQUIRE(answer.ok());
      std::string notes;
      for (const std::string& note : answer.at(0).warnings) notes += (notes.empty() ? "" : "|") + note;
      CHECK(notes == one.message);
    }
    cluster.wait_until_equal();
    for (Node* node : cluster.nodes()) CHECK(tables_of(*node, "drops") == one.left);
    // A copy gets the same word, and drops nothing that came later.
    if (one.number == 0) continue;
    cluster.must("CREATE TABLE drops.nope (id INT)");
    const Answer copy = master.run(request);
    CHECK(copy.status.database_errno == one.number);
    CHECK(copy.status.message == answer.status.message);
    cluster.must("DROP TABLE drops.nope");
    cluster.wait_until_equal();
    for (Node* node : cluster.nodes()) CHECK(tables_of(*node, "drops") == one.left);
  }
  cluster.check_same_everywhere();
}

TEST_CASE("drops: interrupted between two parts, it is ended when it is sent again, and fails as it would have",
          "[drops]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE parts");
  for (const char* name : {"a", "b", "c", "d"}) cluster.must("CREATE TABLE parts." + std::string(name) + " (id INT)");
  proto::QueryRequest request = keyed("in-parts", 1, "DROP TABLE a, nope, b, nope2, c");
  request.database = "parts";
  cluster.wait_until_equal();
  // Each life of the master ends behind a part that is there.
  cluster.crash_master("ddl_done", request, 3);
  // Tables of these names that came later are not the request's.
  for (const char* name : {"a", "b", "c"}) cluster.must("CREATE TABLE parts." + std::string(name) + " (id INT)");
  for (int copy = 0; copy < 2; ++copy) {
    const Answer answer = cluster.master().run(request);
    INFO(show(answer.status));
    CHECK(answer.status.database_errno == 1051);
    CHECK(answer.status.message == "Unknown table 'parts.nope,parts.nope2'");
  }
  cluster.wait_until_equal();
  for (Node* node : cluster.nodes()) CHECK(tables_of(*node, "parts") == "a,b,c,d");
  cluster.check_same_everywhere();
}
