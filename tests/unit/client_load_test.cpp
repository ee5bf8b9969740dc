// Goal: what an import makes of each dumper's forms. Method: excerpts as mariadb-dump, mysqldump and mydumper write
// them, and hand-written ones, through the splitter, the interpreter and the plan.
#include <fstream>

#include "client/load/interpreter.h"
#include "client/load/loader.h"
#include "client/load/plan.h"
#include "client/load/reading.h"
#include "client/load/record_reader.h"
#include "client/load/statement.h"
#include "client/load/table_guess.h"
#include "client/load/tuples.h"
#include "tests/support/run_program.h"
#include "tests/support/temporary_folder.h"

using namespace sqlcast;
using namespace sqlcast::load;

namespace {

class File {
 public:
  explicit File(const std::string& text, const std::string& name = "dump.sql") : path_(folder_.path() / name) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  std::string path() const { return path_.string(); }

 private:
  support::TemporaryFolder folder_;
  std::filesystem::path path_;
};

// "line:text" of each statement.
std::vector<std::string> split(const std::string& text) {
  const File file(text);
  Reading reading({{file.path(), {}}});
  std::vector<std::string> found;
  Placed placed;
  while (true) {
    const auto got = reading.next(placed);
    if (!got) {
      found.push_back(std::string(code_name(got.status().code)));
      return found;
    }
    if (!*got) return found;
    found.push_back(std::to_string(placed.statement.line) + ":" + placed.statement.text);
  }
}

Summary preview_of(const std::string& text, Rules rules = {}) {
  const File file(text);
  LoadOptions options;
  options.files = {file.path()};
  options.rules = std::move(rules);
  Summary summary;
  const Status status = preview(options, {}, summary);
  INFO(status.message);
  REQUIRE(status.ok());
  return summary;
}

Status preview_status(const std::string& text) {
  const File file(text);
  LoadOptions options;
  options.files = {file.path()};
  Summary summary;
  return preview(options, {}, summary);
}

Plan plan_of(const std::string& text, bool once = false) {
  const File file(text);
  Reading reading({{file.path(), {}}});
  Interpreter interpreter({});
  Planner planner;
  Placed placed;
  Action action;
  while (*reading.next(placed)) {
    REQUIRE(interpreter.read(placed, {}, action).ok());
    planner.add(action, placed.position);
  }
  return planner.plan(once);
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("import: statements are cut where the server's client cuts them", "[load]") {
  CHECK(split("SELECT 1;\n\nSELECT 2") == Texts{"1:SELECT 1", "3:SELECT 2"});
  CHECK(split(";;\n ; SELECT 1;") == Texts{"2:SELECT 1"});
  CHECK(split("-- a; b\n# c;\n/* d; */ SELECT 1;") == Texts{"3:SELECT 1"});
  CHECK(split("SELECT 'a;b', \"c;\\\"d\", `e;``f`, 'g''h;';SELECT 2;") ==
        Texts{"1:SELECT 'a;b', \"c;\\\"d\", `e;``f`, 'g''h;'", "1:SELECT 2"});
  CHECK(split("SELECT 'a\\';b';X") == Texts{"1:SELECT 'a\\';b'", "1:X"});
  CHECK(split("SELECT 1--1;SELECT 2 -- x;\n;") == Texts{"1:SELECT 1--1", "1:SELECT 2 -- x;"});
  CHECK(split("/*!40101 SET NAMES utf8mb4 */;\n/*!50003 a; b */;") ==
        Texts{"1:/*!40101 SET NAMES utf8mb4 */", "2:/*!50003 a; b */"});
  CHECK(split("/*!50003 SELECT '*/;' */;X;") == Texts{"1:/*!50003 SELECT '*/;' */", "1:X"});
  CHECK(split("\xEF\xBB\xBFSELECT 1;") == Texts{"1:SELECT 1"});
  CHECK(split("") == Texts{});
  CHECK(split("-- nothing") == Texts{});
}

TEST_CASE("import: DELIMITER is followed, and means nothing inside of a string or behind a statement's begin",
          "[load]") {
  CHECK(split("DELIMITER ;;\nBEGIN; END;;\ndelimiter ;\nSELECT 1;") == Texts{"2:BEGIN; END", "4:SELECT 1"});
  CHECK(split("DELIMITER //\nSELECT '//' //\nDELIMITER ;\nX;") == Texts{"2:SELECT '//'", "4:X"});
  CHECK(split("SELECT delimiter FROM t;") == Texts{"1:SELECT delimiter FROM t"});
}

TEST_CASE("import: a file that ends inside a string or comment was cut off, and is an error", "[load]") {
  CHECK(split("SELECT 'abc") == Texts{"BAD_MESSAGE"});
  CHECK(split("SELECT 1; /* abc") == Texts{"1:SELECT 1", "BAD_MESSAGE"});
  CHECK(split("/*!40101 SET NAMES") == Texts{"BAD_MESSAGE"});
}

TEST_CASE("import: statements are cut the same wherever the file's reads end", "[load]") {
  // Longer than a read, with what would be a delimiter at every place.
  std::string text;
  Texts expected;
  for (std::size_t i = 0; i < 40'000; ++i) {
    const std::string one = "INSERT INTO t VALUES (" + std::to_string(i) + ",'a\\';--/*" + std::string(i % 61, '\\') +
                            std::string(i % 61, '\\') + "')";
    expected.push_back(std::to_string(i + 1) + ":" + one);
    text += one + ";\n";
  }
  CHECK(split(text) == expected);
}

TEST_CASE("import: executable comments are opened as MariaDB 10.11 opens them", "[load]") {
  CHECK(open_comments("CREATE DATABASE /*!32312 IF NOT EXISTS*/ `a`") == "CREATE DATABASE  IF NOT EXISTS  `a`");
  CHECK(open_comments("/*!40101 SET a=1 */") == "SET a=1");
  CHECK(open_comments("/*! SET a=1 */") == "SET a=1");
  CHECK(open_comments("/*!80016 DEFAULT ENCRYPTION='N' */").empty());
  CHECK(open_comments("/*!50700 x */").empty());
  CHECK(open_comments("/*M!100616 SET a=1 */") == "SET a=1");
  CHECK(open_comments("/*M!999999\\- enable the sandbox mode */").empty());
  CHECK(open_comments("/*!999999\\- x */").empty());
  CHECK(open_comments("SELECT /* plain */ '/*!40101 kept */'") == "SELECT   '/*!40101 kept */'");
}

TEST_CASE("import: statements are told apart", "[load]") {
  const auto kind = [](const char* text) { return classify(text).kind; };
  CHECK(kind("insert into t values (1)") == Kind::insert);
  CHECK(kind("CREATE TABLE `a` (b int)") == Kind::create_table);
  CHECK(kind("CREATE TABLE IF NOT EXISTS a.b (b int)") == Kind::create_table);
  CHECK(kind("CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` SQL SECURITY DEFINER VIEW `v` AS select 1") ==
        Kind::create_view);
  CHECK(kind("CREATE DEFINER='root'@'%' TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a=1") == Kind::stored_code);
  CHECK(kind("CREATE DEFINER=CURRENT_USER() PROCEDURE p() BEGIN END") == Kind::stored_code);
  CHECK(kind("CREATE UNIQUE INDEX i ON t (a)") == Kind::definition);
  CHECK(kind("CREATE SEQUENCE s") == Kind::administration);
  CHECK(kind("CREATE USER a") == Kind::account);
  CHECK(kind("ALTER TABLE t DISABLE KEYS") == Kind::passed_over);
  CHECK(kind("ALTER TABLE t ADD PRIMARY KEY (a)") == Kind::definition);
  CHECK(kind("LOCK TABLES t WRITE") == Kind::passed_over);
  CHECK(kind("BEGIN") == Kind::begin);
  CHECK(kind("START TRANSACTION") == Kind::begin);
  CHECK(kind("LOAD DATA INFILE 'x' INTO TABLE t") == Kind::bulk_file);
  CHECK(classify("source load_departments.dump ").what == "load_departments.dump ");
  CHECK(classify("USE `a``b`").what == "a`b");
  CHECK(classify("CREATE TABLE `db`.`t` (a int)").table == TableName{"db", "t"});
  const Statement insert = classify("INSERT INTO `t` (`a`,`b`) VALUES (1,2)");
  CHECK(insert.columns == Texts{"a", "b"});
  CHECK(insert.plain);
  CHECK(insert.body == std::string("INSERT INTO `t` (`a`,`b`) VALUES").size());
  CHECK_FALSE(classify("INSERT IGNORE INTO t VALUES (1)").plain);
  CHECK(classify("INSERT INTO t SELECT 1").body == 0);
}

TEST_CASE("import: foreign keys are found and taken out of a definition", "[load]") {
  const std::string text =
      "CREATE TABLE `a` (\n  `id` int, `b` int REFERENCES b (id),\n  KEY `k` (`b`),\n"
      "  CONSTRAINT `fk` FOREIGN KEY (`b`) REFERENCES `c`.`d` (`id`) ON DELETE CASCADE\n) ENGINE=InnoDB";
  TableDefinition kept = read_table(text, {});
  CHECK(kept.text == text);
  REQUIRE(kept.keys.size() == 2);
  CHECK(kept.keys[0].definition == "FOREIGN KEY (`b`) REFERENCES b (id)");
  CHECK(kept.keys[1].parent == TableName{"c", "d"});
  CHECK(kept.keys[1].definition == "CONSTRAINT `fk` FOREIGN KEY (`b`) REFERENCES `c`.`d` (`id`) ON DELETE CASCADE");
  TableRules rules;
  rules.without_keys = true;
  CHECK(read_table(text, rules).text == "CREATE TABLE `a` (\n  `id` int, `b` int ,\n  KEY `k` (`b`)) ENGINE=InnoDB");
}

TEST_CASE("import: MyISAM becomes InnoDB, without the options that InnoDB has not", "[load]") {
  TableRules rules;
  rules.to_innodb = true;
  const TableDefinition definition = read_table(
      "CREATE TABLE a (engine int, b char(3) COMMENT 'ENGINE=MyISAM') ENGINE=MyISAM PAGE_CHECKSUM=1 "
      "DEFAULT CHARSET=latin1 ROW_FORMAT=FIXED COMMENT='x'",
      rules);
  CHECK(definition.text ==
        "CREATE TABLE a (engine int, b char(3) COMMENT 'ENGINE=MyISAM') ENGINE=InnoDB DEFAULT CHARSET=latin1 "
        "COMMENT='x'");
  CHECK(definition.engine == "MyISAM");
}

TEST_CASE("import: what a trigger would have done while the rows behind it came is data that was left out", "[load]") {
  const std::string head = "CREATE DATABASE d;\nUSE d;\nCREATE TABLE t (a INT);\nCREATE TABLE u (a INT);\n";
  const std::string triggers =
      "DELIMITER ;;\nCREATE DEFINER=`a`@`b` TRIGGER ins AFTER INSERT ON t FOR EACH ROW BEGIN INSERT INTO u VALUES (1); "
      "END;;\nCREATE TRIGGER `del` AFTER DELETE ON `d`.`t` FOR EACH ROW DELETE FROM u;;\nDELIMITER ;\n";
  const std::string rows = "INSERT INTO t VALUES (1);\nINSERT INTO t VALUES (2);\n";
  const Summary before = preview_of(head + triggers + rows);
  const std::string text = before.text(true);
  INFO(text);
  CHECK(before.data_left_out());
  CHECK(text.find("what CREATE TRIGGER ins does when rows of t come behind it: ") != std::string::npos);
  CHECK(text.find("what CREATE TRIGGER del") == std::string::npos);
  CHECK(preview_of(head + triggers + "REPLACE INTO t VALUES (1);\n").text(true).find("CREATE TRIGGER del does") !=
        std::string::npos);
  // As mariadb-dump writes them, behind the rows; and of another table.
  CHECK_FALSE(preview_of(head + rows + triggers).data_left_out());
  CHECK_FALSE(preview_of(head + triggers + "INSERT INTO u VALUES (1);\n").data_left_out());
}

TEST_CASE("import: a view gives up its definer", "[load]") {
  const auto definers =
      invoker_view("CREATE ALGORITHM=UNDEFINED DEFINER=`a b`@`%` SQL SECURITY DEFINER VIEW `v` AS select 1 AS `x`");
  CHECK(definers.text == "CREATE ALGORITHM =UNDEFINED SQL SECURITY INVOKER VIEW `v` AS select 1 AS `x`");
  CHECK(definers.other_rights);
  CHECK(definers.had_definer);
  // A definer whose rights it does not use is no reason to leave it out.
  const auto named = invoker_view("CREATE DEFINER=CURRENT_USER SQL SECURITY INVOKER VIEW v AS SELECT 1");
  CHECK(named.text == "CREATE SQL SECURITY INVOKER VIEW v AS SELECT 1");
  CHECK_FALSE(named.other_rights);
  CHECK(named.had_definer);
  const auto own = invoker_view("CREATE SQL SECURITY INVOKER VIEW v AS SELECT 1");
  CHECK_FALSE(own.other_rights);
  CHECK_FALSE(own.had_definer);
  CHECK(invoker_view("CREATE VIEW v AS SELECT 1").other_rights);
}

TEST_CASE("import: tuples and their values are found, whatever stands in strings", "[load]") {
  const std::string text = " (1,'a),(\\'','b''),(',NULL) ,\n(2,f(1,2), x'00',\"(\") ON DUPLICATE KEY UPDATE a=1";
  std::size_t at = 0;
  Tuple tuple;
  REQUIRE(next_tuple(text, at, tuple));
  CHECK(tuple.value_count() == 4);
  CHECK(tuple.value(text, 1) == "'a),(\\''");
  CHECK(tuple.literals_only);
  REQUIRE(next_tuple(text, at, tuple));
  CHECK(tuple.value(text, 1) == "f(1,2)");
  CHECK(tuple.value(text, 2) == "x'00'");
  CHECK_FALSE(tuple.literals_only);
  CHECK_FALSE(next_tuple(text, at, tuple));
  CHECK(text.substr(at) == "ON DUPLICATE KEY UPDATE a=1");
}

TEST_CASE("import: bytes that are no UTF-8 become hexadecimal, computed values DEFAULT", "[load]") {
  const std::string text = "(1,_binary '\\0\xFF\\Z\\\\''','é',7)";
  std::size_t at = 0;
  Tuple tuple;
  REQUIRE(next_tuple(text, at, tuple));
  CHECK(rewritten_tuple(text, tuple, {3}) == "(1,x'00ff1a5c27','é',DEFAULT)");
}

TEST_CASE("import: which literals an AUTO_INCREMENT column keeps", "[load]") {
  CHECK(id_value("7") == IdValue::given);
  CHECK(id_value("'7'") == IdValue::given);
  CHECK(id_value("-1") == IdValue::given);
  CHECK(id_value("0") == IdValue::zero);
  CHECK(id_value("NULL") == IdValue::generated);
  CHECK(id_value("DEFAULT") == IdValue::generated);
}

TEST_CASE("import: a dump of mariadb-dump is understood from its first line to its last", "[load]") {
  const std::string dump =
      "/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19\n"
      "/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;\n/*!40101 SET NAMES utf8mb4 */;\n"
      "/*!40103 SET TIME_ZONE='+00:00' */;\n"
      "/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;\n"
      "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `school` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;\nUSE `school`;\n"
      "/*!50001 DROP VIEW IF EXISTS `v`*/;\n/*!50001 CREATE VIEW `v` AS SELECT\n 1 AS `a` */;\n"
      "DROP TABLE IF EXISTS `t`;\nCREATE TABLE `t` (\n  `a` int(11) NOT NULL,\n  PRIMARY KEY (`a`)\n) ENGINE=InnoDB;\n"
      "LOCK TABLES `t` WRITE;\n/*!40000 ALTER TABLE `t` DISABLE KEYS */;\nINSERT INTO `t` VALUES\n(1),\n(2);\n"
      "/*!40000 ALTER TABLE `t` ENABLE KEYS */;\nUNLOCK TABLES;\nDELIMITER ;;\n"
      "/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER tr BEFORE INSERT ON t FOR EACH ROW "
      "BEGIN SET NEW.a = 1; END */;;\nDELIMITER ;\n"
      "/*!50001 DROP VIEW IF EXISTS `v`*/;\n/*!50001 CREATE ALGORITHM=UNDEFINED */\n"
      "/*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */\n/*!50001 VIEW `v` AS select `t`.`a` AS `a` from "
      "`t` */;\n"
      "/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;\n-- Dump completed\n";
  Summary summary = preview_of(dump);
  CHECK(summary.rows() == 2);
  CHECK(summary.tables() == 1);
  CHECK_FALSE(summary.data_left_out());
  std::string text = summary.text(true);
  INFO(text);
  CHECK(text.find("CREATE TRIGGER tr") != std::string::npos);
  CHECK(text.find("CREATE VIEW v: it runs with the rights") != std::string::npos);
  CHECK(text.find("[line 28]") != std::string::npos);  // the view's own, not its stand-in's
  Rules rules;
  rules.views_invoker = true;
  summary = preview_of(dump, rules);
  CHECK(summary.text(true).find("1 view to be made") != std::string::npos);
}

TEST_CASE("import: rows of a table that is left out are left out with it, and counted", "[load]") {
  const std::string dump = "USE d;CREATE TABLE a (b int) ENGINE=MyISAM;\nINSERT INTO a VALUES (1),(2),(3);\n";
  const Summary summary = preview_of(dump);
  CHECK(summary.rows() == 0);
  CHECK(summary.rows_left_out() == 3);
  CHECK(summary.data_left_out());
  Rules rules;
  rules.engine_innodb = true;
  CHECK(preview_of(dump, rules).rows() == 3);
}

TEST_CASE("import: what would change values is refused before anything is loaded", "[load]") {
  CHECK(preview_status("SET NAMES latin1;").code == Code::bad_request);
  CHECK(preview_status("SET NAMES utf8;").ok());
  CHECK(preview_status("SET sql_mode='ANSI_QUOTES';").code == Code::bad_request);
  CHECK(preview_status("SET time_zone='+02:00';").code == Code::bad_request);
  CHECK(preview_status("/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;").ok());
}

TEST_CASE("import: with FOREIGN_KEY_CHECKS=0 children come in a pass behind their parents", "[load]") {
  const std::string off = "USE d;SET FOREIGN_KEY_CHECKS=0;";
  const std::string child = "CREATE TABLE a (b int, FOREIGN KEY (b) REFERENCES z (id));INSERT INTO a VALUES (1);";
  const std::string parent = "CREATE TABLE z (id int PRIMARY KEY);INSERT INTO z VALUES (1);";
  Plan plan = plan_of(off + child + parent);
  CHECK(plan.passes == 2);
  CHECK(plan.pass_of.at({"d", "a"}) == 1);
  CHECK(plan.foresight.keys_behind.empty());

  plan = plan_of(off + parent + child);
  CHECK(plan.passes == 1);
  CHECK(plan.foresight.keys_behind.empty());

  // Without the load mode the script's own order is its author's word.
  CHECK(plan_of("USE d;" + child + parent).passes == 1);
  // A pipe is read once.
  CHECK(plan_of(off + child + parent, true).foresight.keys_behind.count({"d", "a"}) == 1);
  // What follows in a script may count on what stands before it.
  plan = plan_of(off + child + parent + "UPDATE a SET b = 1;");
  CHECK(plan.passes == 1);
  CHECK(plan.foresight.keys_behind.count({"d", "a"}) == 1);
}

TEST_CASE("import: keys of tables that refer to each other, or to themselves, come behind the rows", "[load]") {
  const Plan plan = plan_of(
      "USE d;SET FOREIGN_KEY_CHECKS=0;CREATE TABLE a (b int, FOREIGN KEY (b) REFERENCES b (id));"
      "CREATE TABLE b (id int PRIMARY KEY, a int, FOREIGN KEY (a) REFERENCES a (b));"
      "CREATE TABLE c (id int PRIMARY KEY, up int, FOREIGN KEY (up) REFERENCES c (id));"
      "CREATE TABLE d (c int, FOREIGN KEY (c) REFERENCES c (id));");
  CHECK(plan.foresight.keys_behind == std::set<TableName>{{"d", "a"}, {"d", "b"}, {"d", "c"}});
  CHECK(plan.passes == 1);
}

TEST_CASE("import: a script takes in others that stand beside it", "[load]") {
  support::TemporaryFolder folder;
  std::ofstream(folder.path() / "main.sql")
      << "USE d;CREATE TABLE a (b int);\nsource rows.sql ;\nINSERT INTO a VALUES (3);";
  std::ofstream(folder.path() / "rows.sql") << "INSERT INTO a VALUES (1),(2);\n";
  LoadOptions options;
  options.files = {(folder.path() / "main.sql").string()};
  Summary summary;
  const Status status = preview(options, {}, summary);
  INFO(status.message);
  CHECK(status.ok());
  CHECK(summary.rows() == 3);
}

TEST_CASE("import: compressed files are known by their first bytes, and a damaged one is an error", "[load]") {
  const File plain("USE d;INSERT INTO t VALUES (1);\n");
  for (const std::string tool : {"gzip", "zstd"}) {
    if (support::run_program({tool, "--version"}).exit_code != 0) continue;
    const std::string packed = plain.path() + "." + tool;
    REQUIRE(support::run_program({"sh", "-c", tool + " -c '" + plain.path() + "' > '" + packed + "'"}).exit_code == 0);
    LoadOptions options;
    options.files = {packed};
    Summary summary;
    CHECK(preview(options, {}, summary).ok());
    CHECK(summary.rows() == 1);
    std::filesystem::resize_file(packed, std::filesystem::file_size(packed) - 6);
    Summary nothing;
    CHECK(preview(options, {}, nothing).code == Code::io);
  }
}

TEST_CASE("import: a folder of mydumper is read in an order in which it can be", "[load]") {
  support::TemporaryFolder folder;
  for (const char* name : {"metadata", "s.v-schema-view.sql", "s.a.sql", "s.a-schema.sql", "s-schema-create.sql"})
    std::ofstream(folder.path() / name) << "SELECT 1;";
  const auto sources = sources_of({folder.path().string()});
  REQUIRE(sources.ok());
  Texts names;
  for (const Source& source : *sources)
    names.push_back(std::filesystem::path(source.path).filename().string() + "=" + source.database);
  CHECK(names == Texts{"s-schema-create.sql=", "s.a-schema.sql=s", "s.a.sql=s", "s.v-schema-view.sql=s"});
}

TEST_CASE("import: what names no database is refused with what to do", "[load]") {
  const Status status = preview_status("CREATE TABLE a (b int);");
  CHECK(status.code == Code::bad_request);
  CHECK(status.message.find("--database") != std::string::npos);
}

namespace {

// Fields by '|', records by '/'; NULL as <>.
std::string records(const std::string& text, TableTarget format = {}) {
  const File file(text);
  auto input = Input::open(file.path());
  if (!format.encoding.empty()) input = converted(std::move(*input), format.encoding);
  REQUIRE(input.ok());
  RecordReader reader(std::move(*input), format);
  Record record;
  std::string shown;
  while (true) {
    const auto got = reader.next(record);
    if (!got) return shown + std::string(code_name(got.status().code));
    if (!*got) return shown;
    for (std::size_t i = 0; i < record.fields.size(); ++i)
      shown += (i == 0 ? "" : "|") + (record.fields[i].null ? std::string("<>") : record.fields[i].text);
    shown += "/";
  }
}

}  // namespace

TEST_CASE("import: CSV is read as RFC 4180 has it, and NULL is told from the empty text", "[load]") {
  CHECK(records("a,b\r\n1,\"x, \"\"y\"\"\n z\"\r\n\r\n,\"\"\n") == "a|b/1|x, \"y\"\n z/<>|/");
  CHECK(records("a,b") == "a|b/");
  CHECK(records("a,\n") == "a|<>/");
  CHECK(records("\xEF\xBB\xBFé,\"b\"\n") == "é|b/");
  CHECK(records("a,\"b\nc") == "BAD_MESSAGE");
  CHECK(records("a,\"b\"c\n") == "BAD_MESSAGE");
  TableTarget format;
  format.separator = ';';
  format.quote = '\'';
  format.null_marker = "NULL";
  CHECK(records("a;'b;c';NULL;'NULL';\n", format) == "a|b;c|<>|NULL|/");
  format = {};
  format.encoding = "latin1";
  CHECK(records("\xE9\n", format) == "é/");
}

TEST_CASE("import: TSV is read as the shell writes it", "[load]") {
  TableTarget format;
  format.separator = '\t';
  CHECK(records("a\t\\N\t\\\\N\tx\\ty\\nz\t\"q\n", format) == "a|<>|\\N|x\ty\nz|\"q/");
}

TEST_CASE("import: a field that is passed over is no column of the table that is made", "[load]") {
  TableGuess guessed({"a", "", "c", ""});
  Record record;
  for (const char* value : {"1", "x", "2", "y"}) record.fields.push_back({value, false});
  guessed.add(record);
  CHECK(guessed.definition({"d", "t"}) ==
        "CREATE TABLE `d`.`t` (\n  `a` BIGINT NOT NULL,\n  `c` BIGINT NOT NULL\n) DEFAULT CHARSET=utf8mb4");
}

TEST_CASE("import: a first column that counts is the key of the table that is made, no other is", "[load]") {
  const auto key = [](const std::vector<std::vector<std::string>>& rows, const std::string& first = "no") {
    TableGuess guess({first, "other"});
    for (const auto& row : rows) {
      Record record;
      for (const std::string& value : row) record.fields.push_back({value == "<>" ? "" : value, value == "<>"});
      guess.add(record);
    }
    return guess.definition({"d", "t"}).find("PRIMARY KEY (`no`)") != std::string::npos;
  };
  CHECK(key({{"-1", "x"}, {"2", "x"}, {"30", "y"}}));
  CHECK_FALSE(key({{"1", "x"}}));  // of one record nothing can be told
  CHECK_FALSE(key({{"1", "x"}, {"1", "y"}}));
  CHECK_FALSE(key({{"2", "x"}, {"1", "y"}, {"3", "z"}}));
  CHECK_FALSE(key({{"1", "x"}, {"<>", "y"}}));
  CHECK_FALSE(key({{"1", "x"}, {"2.5", "y"}}));
  CHECK_FALSE(key({{"x", "1"}, {"y", "2"}}));
  CHECK_FALSE(key({{"1", "x"}, {"2", "y"}}, ""));  // it is passed over
}

TEST_CASE("import: types are guessed from all values", "[load]") {
  const auto guess = [](const std::vector<std::string>& values) {
    TableGuess guessed({"c"});
    for (const std::string& value : values) {
      Record record;
      record.fields.push_back({value, value == "<>"});
      guessed.add(record);
    }
    const std::string text = guessed.definition({"d", "t"});
    const std::size_t begin = text.find("`c` ") + 4;
    return text.substr(begin, text.find('\n', begin) - begin);
  };
  CHECK(guess({"1", "-20"}) == "BIGINT NOT NULL");
  CHECK(guess({"1", "<>"}) == "BIGINT NULL");
  CHECK(guess({"007"}) == "VARCHAR(20) NOT NULL");
  CHECK(guess({"1.50", "-200"}) == "DECIMAL(6,2) NOT NULL");
  CHECK(guess({"1.5", "1e10"}) == "DOUBLE NOT NULL");
  CHECK(guess({"2026-11-27"}) == "DATE NOT NULL");
  CHECK(guess({"2026-11-27 12:00:00", "2026-11-27 12:00:00.25"}) == "DATETIME(2) NOT NULL");
  CHECK(guess({"2026-11-27", "x"}) == "VARCHAR(20) NOT NULL");
  CHECK(guess({std::string(70'000, 'x')}) == "LONGTEXT NOT NULL");
  CHECK(guess({"<>"}) == "VARCHAR(255) NULL");
}

TEST_CASE("import: of transactions, what cannot be followed is refused before anything is loaded", "[load]") {
  CHECK(preview_status("USE d;BEGIN;INSERT INTO t VALUES (1);SAVEPOINT s;INSERT INTO t VALUES (2);COMMIT;").ok());
  for (const char* end : {"ROLLBACK TO SAVEPOINT s", "rollback work to s", "COMMIT AND CHAIN", "ROLLBACK AND CHAIN"})
    CHECK(preview_status(std::string("USE d;BEGIN;INSERT INTO t VALUES (1);") + end + ";").code == Code::bad_request);
  CHECK(preview_status("XA START 'a';").code == Code::bad_request);
  CHECK(preview_status("USE d;SET autocommit=0;INSERT INTO t VALUES (1);COMMIT;ROLLBACK;").ok());
  CHECK(preview_status("USE d;SET autocommit=0;INSERT INTO t VALUES (1);ROLLBACK;").code == Code::bad_request);
  CHECK(preview_status("USE d;SET autocommit=0;BEGIN;INSERT INTO t VALUES (1);ROLLBACK;").ok());
  CHECK(preview_status("USE d;SET autocommit=0;INSERT INTO t VALUES (1);SET autocommit=1;ROLLBACK;").ok());
  CHECK(preview_of("USE d;SET autocommit=0;INSERT INTO t VALUES (1);").text(true).find("without COMMIT") !=
        std::string::npos);
}

TEST_CASE("import: statements that may write anything are left out as data", "[load]") {
  for (const char* text : {"CALL p()", "EXECUTE s", "EXECUTE IMMEDIATE 'DELETE FROM t'", "BEGIN NOT ATOMIC DELETE x",
                           "SET STATEMENT max_statement_time=1 FOR INSERT INTO t VALUES (1)"})
    CHECK(preview_of(std::string("USE d;") + text + ";").data_left_out());
  CHECK_FALSE(preview_of("USE d;PREPARE s FROM 'SELECT 1';SET @a = 1;").data_left_out());
  CHECK(classify("DROP TEMPORARY TABLE t").kind == Kind::administration);
}

TEST_CASE("import: modes that stand for others, character sets and zones are known by every name", "[load]") {
  for (const char* mode : {"'ANSI'", "'ORACLE'", "'STRICT_ALL_TABLES,MSSQL'", "'POSTGRESQL'", "4"})
    CHECK(preview_status(std::string("SET sql_mode=") + mode + ";").code == Code::bad_request);
  for (const char* mode : {"'NO_AUTO_VALUE_ON_ZERO'", "@OLD_SQL_MODE", "''", "0", "TRADITIONAL"})
    CHECK(preview_status(std::string("SET sql_mode=") + mode + ";").ok());
  CHECK(preview_status("SET CHARACTER SET latin1;").code == Code::bad_request);
  CHECK(preview_status("SET CHARSET 'latin1';").code == Code::bad_request);
  CHECK(preview_status("SET CHARACTER SET utf8mb4;").ok());
  CHECK(preview_of("SET time_zone='SYSTEM';").text(true).find("read as UTC") != std::string::npos);
}

TEST_CASE("import: what is no literal is not put together with other rows", "[load]") {
  const auto literal = [](const std::string& text) {
    std::size_t at = 0;
    Tuple tuple;
    REQUIRE(next_tuple(text, at, tuple));
    return tuple.literals_only;
  };
  CHECK(literal("(5, -1.5e3, NULL ,'@x',x'00',_binary 'a', DEFAULT,true,0xFF,b'1')"));
  CHECK_FALSE(literal("(5,@x)"));
  CHECK_FALSE(literal("(5, CURRENT_TIMESTAMP)"));
  CHECK_FALSE(literal("(`a`)"));
}

TEST_CASE("import: CREATE INDEX, TRUNCATE and RENAME keep a dump in its order", "[load]") {
  const std::string dump =
      "USE d;SET FOREIGN_KEY_CHECKS=0;CREATE TABLE a (b int, FOREIGN KEY (b) REFERENCES z (id));"
      "CREATE TABLE z (id int PRIMARY KEY);";
  CHECK(plan_of("CREATE DATABASE d;DROP DATABASE e;" + dump).passes == 2);
  for (const char* text : {"CREATE INDEX i ON a (b)", "TRUNCATE a", "RENAME TABLE a TO c", "DROP DATABASE d"})
    CHECK(plan_of(dump + text + ";").passes == 1);
}

TEST_CASE("import: an empty line is a value where there is one column", "[load]") {
  CHECK(records("a\n\nx\n\"\"\n\n") == "a/<>/x//<>/");
  TableTarget format;
  format.header = false;
  format.columns = {"a"};
  CHECK(records("\r\n1\r\n", format) == "<>/1/");
  format.columns = {};
  CHECK(records("\n1,2\n\n", format) == "1|2/");
  CHECK(records("\n1\n", format) == "BAD_MESSAGE");
}

TEST_CASE("import: no number is guessed of what a DOUBLE would change, and no date of what is none", "[load]") {
  CHECK(is_double("1e15"));
  CHECK(is_double("-1.7976931348623157e+308"));
  CHECK(is_double("0.1"));
  CHECK(is_double("0"));
  for (const char* text :
       {"+491711234567", "12e45", "1e999", "1234567890123456789012345678901", "1.23456789012345678e5"})
    CHECK_FALSE(is_double(text));
  CHECK(is_date("2024-02-29"));
  CHECK(is_date("0000-00-00"));
  for (const char* text : {"2026-13-45", "2026-02-29", "2026-04-31"}) CHECK_FALSE(is_date(text));
  CHECK_FALSE(is_datetime("2026-01-01 24:00:00"));
  CHECK(is_datetime("2026-01-01 23:59:59"));
}
