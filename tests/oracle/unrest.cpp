#include "tests/oracle/unrest.h"

#include "tests/oracle/plain_server.h"

namespace sqlcast::oracle {
namespace {

using storage::quote_name;
using storage::quote_text;

// The same rows, put in anew in another order. The time of each row is a value like others.
void reorder(storage::Connection& database, const std::string& name, Random& random) {
  std::string columns;
  std::string first;
  for (const storage::Row& row : ask(database, "SHOW COLUMNS FROM " + name)) {
    const std::string extra = row.at(5).value_or("");
    if (extra.find("GENERATED") != std::string::npos) continue;
    columns += (columns.empty() ? "" : ",") + quote_name(*row[0]);
    if (first.empty() || random.chance(30)) first = quote_name(*row[0]);
  }
  must(database, "SET foreign_key_checks=0,unique_checks=0,check_constraint_checks=0,sql_mode='NO_AUTO_VALUE_ON_ZERO'");
  must(database,
       "CREATE OR REPLACE TEMPORARY TABLE sqlcast.moved ENGINE=MEMORY AS SELECT " + columns + " FROM " + name);
  must(database, "START TRANSACTION");
  must(database, "DELETE FROM " + name);
  must(database, "INSERT INTO " + name + " (" + columns + ") SELECT " + columns + " FROM sqlcast.moved ORDER BY " +
                     first + random.of({"", " DESC"}));
  must(database, "COMMIT");
  must(database, "DROP TEMPORARY TABLE sqlcast.moved");
  must(database, "SET foreign_key_checks=1,unique_checks=1,check_constraint_checks=1,sql_mode=DEFAULT");
}

// What the optimizer believes has nothing to do with the rows.
void lie(storage::Connection& database, const Table& table, Random& random) {
  const std::string where = " WHERE database_name=" + quote_text(table.database) +
                            " AND SUBSTRING_INDEX(table_name,'#P#',1)=" + quote_text(table.name);
  must(database, "UPDATE mysql.innodb_table_stats SET n_rows=" + random.of({"0", "1", "1000000"}) + where);
  must(database, "UPDATE mysql.innodb_index_stats SET stat_value=1+FLOOR(RAND()*100000)" + where);
  must(database, "FLUSH TABLES " + quote_name(table.database) + "." + quote_name(table.name));
}

}  // namespace

void make_different(const support::Node& node, const std::vector<Table>& tables, Random& random) {
  const auto database = node.open_database();
  for (const Table& table : tables) {
    const std::string name = quote_name(table.database) + "." + quote_name(table.name);
    if (random.chance(40)) reorder(*database, name, random);
    if (random.chance(15)) must(*database, "OPTIMIZE TABLE " + name);
    // Refused where a generated column cannot hold its value, which ADD COLUMN had left unchecked: then it stays as it
    // is.
    if (random.chance(15)) (void)database->execute("ALTER TABLE " + name + " FORCE");
    if (random.chance(20)) must(*database, "ANALYZE TABLE " + name + random.of({"", " PERSISTENT FOR ALL"}));
    if (random.chance(60)) lie(*database, table, random);
  }
}

}  // namespace sqlcast::oracle
