// The other models: cluster, series, settings, history, diagram, completion, scripts.
#include <malloc.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "client/gui/model/cluster_model.h"
#include "client/gui/model/er_layout.h"
#include "client/gui/model/history.h"
#include "client/gui/model/import_job.h"
#include "client/gui/model/keys.h"
#include "client/gui/model/policy_page.h"
#include "client/gui/model/query_tab.h"
#include "client/gui/model/script.h"
#include "client/gui/model/settings.h"
#include "client/gui/model/table_sql.h"
#include "client/gui/model/time_series.h"
#include "sql/policy.h"
#include "tests/support/temporary_folder.h"

using namespace sqlcast;
using namespace sqlcast::gui;

namespace {

proto::NodeStatus node(std::string name, std::string role, Sequence position) {
  proto::NodeStatus status;
  status.name = name;
  status.role = std::move(role);
  status.state = status.role == "master" ? "Serving" : "Live";
  status.endpoint = "tcp://127.0.0.1:1/" + name;
  status.position = position;
  status.database_up = true;
  return status;
}

bool has_event(const ClusterModel& model, EventKind kind) {
  for (const ClusterEvent& event : model.events()) {
    if (event.kind == kind) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("cluster: a node that stops answering, lags, fails or forks is told apart") {
  ClusterModel model;
  model.update({node("m", "master", 10), node("s", "slave", 10)}, 1, 0);
  REQUIRE(model.worst() == Health::good);
  REQUIRE(model.events().empty());
  auto slave = node("s", "slave", 10);
  slave.lag_ms = 5'000;
  model.update({node("m", "master", 90), slave}, 2, 0);
  REQUIRE(model.find("s")->health == Health::lagging);
  slave.state = "Unreachable";
  model.update({node("m", "master", 90), slave}, 3, 0);
  REQUIRE(model.find("s")->health == Health::unreachable);
  REQUIRE(has_event(model, EventKind::left));
  model.update({node("m", "master", 90), node("s", "slave", 90)}, 4, 0);
  REQUIRE(has_event(model, EventKind::recovered));
  slave = node("s", "slave", 90);
  slave.state = "Failed";
  slave.message = "effect differs";
  model.update({node("m", "master", 90), slave}, 5, 0);
  REQUIRE(model.find("s")->health == Health::failed);
  auto master = node("m", "master", 95);
  master.hash = "aa";
  slave = node("s", "slave", 95);
  slave.hash = "bb";
  model.update({master, slave}, 6, 0);
  REQUIRE(model.find("s")->health == Health::forked);
}

TEST_CASE("cluster: slaves of a master that is away are not lagging, and their plots do not say so") {
  ClusterModel model;
  model.update({node("m", "master", 10), node("s", "slave", 10), node("t", "slave", 10)}, 1, 0);
  auto master = node("m", "master", 10);
  master.state = "Unreachable";
  auto slave = node("s", "slave", 10);
  slave.lag_ms = 60'000;
  auto seeking = node("t", "slave", 10);
  seeking.state = "Syncing";
  model.update({master, slave, seeking}, 61, 0);
  CHECK(model.find("s")->health == Health::alone);
  CHECK(model.find("t")->health == Health::alone);
  CHECK(model.find("s")->lag.size() == 1);
  CHECK(model.summary() == "1 unreachable, 2 master away");
  CHECK_FALSE(has_event(model, EventKind::lagging));
  // The master is back, and this one has not caught up: now it lags.
  model.update({node("m", "master", 90), slave, node("t", "slave", 90)}, 62, 0);
  CHECK(model.find("s")->health == Health::lagging);
  CHECK(model.find("t")->health == Health::good);
}

TEST_CASE("cluster: a node that starts anew leaves a gap in its plots, no fall to 0, and has not failed") {
  ClusterModel model;
  model.update({node("m", "master", 500), node("s", "slave", 490)}, 1, 0);
  model.update({node("m", "master", 510), node("s", "slave", 500)}, 2, 0);
  auto starting = node("s", "slave", 0);
  starting.state = "Starting";
  starting.database_up = false;
  starting.lag_ms = 9'000;
  model.update({node("m", "master", 520), starting}, 3, 0);
  const NodeModel& slave = *model.find("s");
  CHECK(slave.health == Health::busy);
  CHECK_FALSE(has_event(model, EventKind::failed));
  CHECK(slave.position.size() == 2);
  CHECK(slave.lag.size() == 2);
  CHECK(slave.position.last() == 500);
  model.update({node("m", "master", 530), node("s", "slave", 530)}, 4, 0);
  CHECK(slave.measured_rate < 500);  // it did not come from 0
  CHECK(slave.position.extent(0, 5).low == 490);
  // One that is new and empty is at 0, and says so.
  model.update({node("m", "master", 530), node("t", "slave", 0)}, 5, 0);
  CHECK(model.find("t")->position.size() == 1);
}

TEST_CASE("cluster: a node left out of the answer is unreachable, an unknown one joins") {
  ClusterModel model;
  model.update({node("m", "master", 1), node("s", "slave", 1)}, 1, 0);
  model.update({node("m", "master", 1), node("t", "slave", 1)}, 2, 0);
  REQUIRE(model.find("s")->health == Health::unreachable);
  REQUIRE(has_event(model, EventKind::joined));
  model.update_failed(Status::error(Code::timeout, "nobody"), 3, 0);
  REQUIRE_FALSE(model.connected());
  REQUIRE(model.reachable() == 0);
  REQUIRE(model.nodes().size() == 3);
}

TEST_CASE("cluster: events are bounded") {
  ClusterModel model;
  for (int i = 0; i < 2'000; ++i) {
    auto slave = node("s", "slave", 1);
    if (i % 2 == 0) slave.state = "Unreachable";
    model.update({node("m", "master", 1), slave}, 1 + i, 0);
  }
  REQUIRE(model.events().size() == ClusterModel::kMaxEvents);
}

TEST_CASE("series: a pixel keeps the smallest and the largest, a clock that goes back begins anew") {
  TimeSeries series;
  for (int i = 0; i < 5'000; ++i) series.add(i, i % 10);
  REQUIRE(series.size() == TimeSeries::kCapacity);
  std::vector<PixelRange> ranges;
  series.reduce(4'900, 5'000, 10, ranges);
  REQUIRE(ranges.size() == 10);
  REQUIRE(ranges[5].any);
  REQUIRE(ranges[5].low == 0);
  REQUIRE(ranges[5].high == 9);
  series.reduce(6'000, 7'000, 4, ranges);
  REQUIRE_FALSE(ranges[0].any);
  series.add(1, 1);
  REQUIRE(series.size() == 1);
  REQUIRE(axis_step(97, 5) == 20);
  REQUIRE(axis_step(0, 5) == 1);
}

TEST_CASE("settings: what is printed is read back") {
  Settings settings;
  settings.theme = "light";
  settings.scale = 1.5F;
  settings.connections = {{"one = [two]", {"tcp://a:1", "tcp://b:2"}, "red"}};
  settings.tabs = {{"t", "/x.sql", "select '\\n' = 1\n# no comment\n[tab]", "school"}};
  const auto back = parse_settings(print_settings(settings));
  REQUIRE(back.ok());
  REQUIRE(*back == settings);
}

TEST_CASE("settings: a broken file is refused with its line, kept aside, and defaults are used") {
  for (const char* text :
       {"[general]\ntheme = pink", "nonsense", "[general]\nscale = 99", "[general]\nscale = nan", "\xff"}) {
    REQUIRE_FALSE(parse_settings(text).ok());
  }
  REQUIRE(parse_settings("[general]\nlater_version = 1\n").ok());
  const support::TemporaryFolder temporary;
  const std::filesystem::path& folder = temporary.path();
  std::ofstream(folder / "desktop.settings") << "garbage\n";
  const LoadedSettings loaded = load_settings(folder.string());
  REQUIRE(loaded.settings == Settings());
  REQUIRE(loaded.notice.find("line 1") != std::string::npos);
  REQUIRE(std::filesystem::exists(folder / "desktop.settings.bad"));
  REQUIRE(load_settings(folder.string()).notice.empty());
}

TEST_CASE("settings: a save that comes late does not undo a newer one, and a folder that cannot be is said") {
  const support::TemporaryFolder temporary;
  const std::string folder = (temporary.path() / "settings").string();
  Keeper keeper(folder);
  Settings settings;
  settings.theme = "light";
  REQUIRE(keeper.save(2, settings, "newer\n").ok());
  settings.theme = "dark";
  REQUIRE(keeper.save(1, settings, "older\n").ok());
  REQUIRE(load_settings(folder).settings.theme == "light");
  REQUIRE(*read_file(folder + "/history", 100) == "newer\n");
  std::filesystem::remove_all(folder);

  std::ofstream(folder) << "a file, not a folder";
  const Status status = keeper.save(3, settings, "");
  REQUIRE(status.code == Code::io);
  REQUIRE(status.message.find(folder) != std::string::npos);
}

TEST_CASE("history: lines are read back, equal statements are found once, newest first") {
  History history;
  history.add({1, "master", "1 row", true, 10, "select\n1"});
  history.add({2, "slave", "ERR", false, 10, "select 2"});
  history.add({3, "master", "1 row", true, 10, "select\n1"});
  History back;
  REQUIRE(back.load(history.to_text() + "broken line\n") == 1);
  REQUIRE(back.items().size() == 3);
  REQUIRE(back.items()[0].sql == "select\n1");
  const auto found = back.search("SELECT", 10);
  REQUIRE(found.size() == 2);
  REQUIRE(found[0] == 2);
  REQUIRE(back.search("select 2", 10).size() == 1);
}

TEST_CASE("diagram: the table between two others is known as many to many and stands between them") {
  SchemaDatabase school;
  school.name = "school";
  for (const char* name : {"course", "student", "student_course"}) {
    SchemaTable table;
    table.name = name;
    table.columns = {{"id", "int", false, true, false, false, false, ""}};
    school.tables.push_back(table);
  }
  school.tables[2].columns = {{"student_id", "int", false, true, false, false, false, ""},
                              {"course_id", "int", false, true, false, false, false, ""}};
  school.tables[2].indexes = {{"PRIMARY", true, {"student_id", "course_id"}}};
  school.foreign_keys = {{"a", "student_course", {"student_id"}, "school", "student", {"id"}},
                         {"b", "student_course", {"course_id"}, "school", "course", {"id"}}};
  const ErDiagram diagram = lay_out(school, {});
  REQUIRE(diagram.edges.size() == 2);
  REQUIRE(diagram.boxes[2].join);
  REQUIRE_FALSE(diagram.boxes[0].join);
  REQUIRE_FALSE(diagram.edges[0].unique);
  const float x = diagram.boxes[2].x;
  REQUIRE((diagram.boxes[0].x < x) != (diagram.boxes[1].x < x));
  REQUIRE(lay_out(SchemaDatabase{}, {}).boxes.empty());
}

TEST_CASE("schema: the display width of whole numbers is left out, other lengths stay") {
  REQUIRE(short_type("int(10) unsigned") == "int unsigned");
  REQUIRE(short_type("tinyint(1)") == "tinyint");
  REQUIRE(short_type("int") == "int");
  REQUIRE(short_type("int(") == "int");
  REQUIRE(short_type("varchar(100)") == "varchar(100)");
  REQUIRE(short_type("enum('point(1)')") == "enum('point(1)')");
}

TEST_CASE("query tab: the place of an error is found in the statement") {
  const std::string sql = "select * frm student where id = 1";
  Status status = Status::error(
      Code::sql_error,
      "You have an error in your SQL syntax; check the manual … near 'frm student where id = 1' at line 1");
  auto place = error_place(sql, status);
  REQUIRE(place);
  REQUIRE(sql.substr(place->first, place->second - place->first) == "frm");
  status.message = "Unknown column 'nam' in 'field list'";
  place = error_place("select name, nam from t", status);
  REQUIRE(place);
  REQUIRE(place->first == 13);
  status.message = "no quotes here";
  REQUIRE_FALSE(error_place(sql, status));
  REQUIRE(short_title("insert into student (a) values (1)") == "insert student");
}

TEST_CASE("script: steps, quotes, counts and time limits are read; mistakes are named with their line") {
  const auto steps =
      parse_script("# note\nclick \"Run all\" #2\nwait rows >= 3 within 5\ntype \"a\\\"b\\n\"\nkey Ctrl+Shift+F5\n");
  REQUIRE(steps.ok());
  REQUIRE(steps->size() == 4);
  REQUIRE((*steps)[0].which == 1);
  REQUIRE((*steps)[1].within == 5);
  REQUIRE((*steps)[1].words.size() == 3);
  REQUIRE((*steps)[2].words[0] == "a\"b\n");
  for (const char* bad :
       {"jump", "click", "click \"a", "key Meta+X", "key Ctrl+Nonsense", "resize 1", "click \"a\" #0"}) {
    const auto refused = parse_script(bad);
    REQUIRE_FALSE(refused.ok());
    REQUIRE(refused.status().message.find("line 1") != std::string::npos);
  }
  const auto chord = parse_chord("ctrl+.");
  REQUIRE(chord.ok());
  REQUIRE(chord->key == key::kPeriod);
}

TEST_CASE("cluster: a master that is lost keeps its name, role and place, and it is known since when") {
  ClusterModel model;
  auto slave = node("s", "slave", 10);
  slave.master = node("m", "master", 10).endpoint;
  model.update({node("m", "master", 10), slave}, 100, 7'000'000);
  CHECK_FALSE(model.lost_master());
  // As the client tells of a node that says nothing: its address and no more.
  proto::NodeStatus silent;
  silent.state = "Unreachable";
  silent.endpoint = node("m", "master", 10).endpoint;
  silent.message = "no reply within 1500 ms";
  model.update({slave, silent}, 130, 37'000'000);
  const NodeModel* lost = model.find("m");
  REQUIRE(lost != nullptr);
  CHECK(lost->master);
  CHECK(lost->status.position == 10);
  CHECK(lost->health == Health::unreachable);
  REQUIRE(model.lost_master());
  CHECK(model.lost_master()->name == "m");
  CHECK(model.lost_master()->since == 100);
  CHECK(model.lost_master()->since_unix == 7'000'000);
  CHECK(model.events().back().node == "m");
  CHECK(model.events().back().kind == EventKind::left);
  CHECK(model.summary() == "1 unreachable, 1 live");
  model.update({node("m", "master", 11), slave}, 140, 0);
  CHECK_FALSE(model.lost_master());
  CHECK(model.summary() == "2 nodes, all live");
  proto::NodeStatus open = slave;
  open.security = "none";
  model.update({node("m", "master", 11), open}, 141, 0);
  CHECK(model.summary() == "2 nodes, all live   security: none");
  // A window that has never heard the master has its address from the slaves.
  ClusterModel late;
  late.update({slave, silent}, 1, 0);
  REQUIRE(late.lost_master());
  CHECK(late.lost_master()->since_unix == 0);
  CHECK(late.master()->name() == silent.endpoint);
}

TEST_CASE("cluster: what is wrong with slaves is counted as what it is, and a statement refused is no event") {
  ClusterModel model;
  auto failed = node("f", "slave", 10);
  failed.state = "Failed";
  failed.message = "affected 2 rows instead of 1";
  auto other = node("o", "slave", 10);
  other.state = "Failed";
  other.message = "its log is not part of the master's history";
  auto full = node("d", "slave", 10);
  full.state = "DiskFull";
  auto master = node("m", "master", 10);
  model.update({master, failed, other, full, node("s", "slave", 10)}, 1, 0);
  CHECK(model.summary() == "1 differs, 1 failed, 1 in trouble, 2 live");
  const std::size_t before = model.events().size();
  master.counters["refused"] = 5;
  model.update({master, failed, other, full, node("s", "slave", 10)}, 2, 0);
  CHECK(model.events().size() == before);
  for (const ClusterEvent& event : model.events()) CHECK_FALSE(event.node.empty());
}

TEST_CASE("axis: every tick has a label of its own, in the unit that is named") {
  const auto labels = [](double low, double high, double step, const char* unit) {
    std::string out = make_axis(low, high, step, unit).unit;
    for (const auto& [value, label] : make_axis(low, high, step, unit).ticks) out += "|" + label;
    return out;
  };
  CHECK(labels(0, 2, 0.5, "statements/s") == "statements/s|0.0|0.5|1.0|1.5|2.0");
  CHECK(labels(1'234'500, 1'234'560, 20, "sequence") == "sequence|1 234 500|1 234 520|1 234 540|1 234 560");
  CHECK(labels(0, 20'000, 5'000, "ms") == "s|0|5|10|15|20");
  CHECK(labels(0, 12'000, 2'500, "ms") == "s|0|2.5|5|7.5|10");
  CHECK(labels(0, 100, 50, "ms") == "ms|0|50|100");
  CHECK(labels(0, 40'000, 10'000, "statements/s") == "statements/s|0|10.0k|20.0k|30.0k|40.0k");
}

TEST_CASE("query tab: a result is named after the table, whatever stands in front of it, or after its kind") {
  CHECK(short_title("select * from school.student") == "select student");
  CHECK(short_title("(select 1 from `school`.`student`)") == "select student");
  CHECK(short_title("show create table `my table`") == "show my table");
  CHECK(short_title("describe school.course") == "describe course");
  CHECK(short_title("create table if not exists school.t (id int)") == "create t");
  CHECK(short_title("update school.student set a = 1") == "update student");
  CHECK(short_title("select 1") == "select");
}

TEST_CASE("policy page: it is built in whole, and each code that is refused with is explained") {
  CHECK(policy_page().starts_with("# "));
  const auto code = policy_code("LIMIT_WITHOUT_ORDER");
  REQUIRE(code);
  CHECK(code->refused.find("without a total order") != std::string::npos);
  CHECK(code->advice.starts_with("add ORDER BY"));
  for (const char* sql : {"delete from t limit 1", "select sleep(1)", "use x", "call p()", "grant all on x to y", "",
                          "select 'x", "update t set a = @x", "wibble"}) {
    const sql::Verdict verdict = sql::classify(sql, "d");
    INFO(sql << ": " << verdict.code);
    if (verdict.statement_class == sql::Class::refused) CHECK(policy_code(verdict.code));
  }
  CHECK_FALSE(policy_code("NO_SUCH_CODE"));
  CHECK_FALSE(policy_code(""));
}

TEST_CASE("table sql: what the menu and the form make are statements that the policy lets run") {
  SchemaTable table;
  table.name = "my table";
  table.columns = {{"id", "int", false, true, false, true, false, {}},
                   {"name", "varchar(40)", true, false, false, false, false, {}}};
  table.indexes = {{"PRIMARY", true, {"id"}}};
  using namespace table_sql;
  for (const std::string& sql : {table_sql::select("d", table), insert("d", table), update("d", table),
                                 rename("d", table), truncate("d", table), drop("d", table)}) {
    INFO(sql);
    CHECK(sql::classify(sql, "d").statement_class != sql::Class::refused);
  }
  auto columns = columns_of(table);
  CHECK(alter("d", table, columns).empty());
  columns[1].name = "label";
  columns[1].nullable = false;
  columns.push_back({"", "born", "DATE", true, false, false, false});
  CHECK(alter("d", table, columns) ==
        "ALTER TABLE `d`.`my table`\n  RENAME COLUMN `name` TO `label`,\n  MODIFY COLUMN `name` varchar(40) NOT NULL,\n"
        "  ADD COLUMN `born` DATE");
  CHECK(problem("t", columns).empty());
  CHECK(create("d", "t", {{"", "id", "INT", false, true, true, false}, {"", "x", "TEXT", true, false, false, false}}) ==
        "CREATE TABLE `d`.`t` (\n  `id` INT NOT NULL AUTO_INCREMENT,\n  `x` TEXT,\n  PRIMARY KEY (`id`)\n)");
  columns.push_back({"", "Label", "INT", true, false, false, false});
  CHECK(problem("t", columns) == "Two columns are called Label.");
  CHECK(problem(" ", columns) == "Give the table a name.");
}

TEST_CASE("series: an hour in few pixels keeps its peaks, and is one line although a pixel is many seconds") {
  TimeSeries series;
  for (int i = 0; i < 3'600; ++i) series.add_second(i, i == 1'234 ? 999 : i == 2'345 ? -5 : 10);
  std::vector<PixelRange> ranges;
  series.reduce(0, 3'600, 250, ranges);
  double low = 10;
  double high = 10;
  std::size_t last = 0;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (!ranges[i].any) continue;
    low = std::min(low, ranges[i].low);
    high = std::max(high, ranges[i].high);
    CHECK(static_cast<double>(i - last) * 3'600 / 250 < TimeSeries::longest_gap(3'600, 250));
    last = i;
  }
  CHECK(last >= 248);
  CHECK(low == -5);
  CHECK(high == 999);
  CHECK(series.extent(0, 3'600).high == 999);
  CHECK(series.extent(1'300, 3'600).high == 10);
  CHECK(series.extent(3'300, 3'600).low == 10);
  CHECK(TimeSeries::longest_gap(300, 250) == 6);
  CHECK(TimeSeries::longest_gap(3'600, 1'000) > 20);
}

TEST_CASE("cluster: an hour of 32 nodes takes less than 20 MB") {
  std::vector<proto::NodeStatus> nodes;
  for (int i = 0; i < 32; ++i) nodes.push_back(node("n" + std::to_string(i), i == 0 ? "master" : "slave", 1));
  ClusterModel model;
  const std::size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
  for (int second = 0; second < 3'700; ++second) model.update(nodes, 100 + second, 0);
  const std::size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
  REQUIRE(model.nodes().size() == 32);
  if (after == 0) {
    WARN("this build's allocator does not tell");
    return;
  }
  CHECK(after - before > 4U << 20U);
  CHECK(after - before < 20U << 20U);
}

TEST_CASE("cluster: what was before the first look, and while nobody looked, is not known") {
  ClusterModel model;
  CHECK(model.looked_since() == 0);
  const auto look = [&](double now) { model.update({node("m", "master", 1), node("s", "slave", 1)}, now, 0); };
  for (double now = 100; now < 110; now += 0.5) look(now);
  for (double now = 500; now < 510; now += 0.5) look(now);
  CHECK(model.looked_since() == 100);
  CHECK(model.as_of(99).empty());
  CHECK(model.as_of(100).size() == 2);
  CHECK(model.as_of(109.9 + ClusterModel::kNotLooking / 2).size() == 2);
  CHECK(model.as_of(300).empty());
  CHECK(model.as_of(499).empty());
  CHECK(model.as_of(500).size() == 2);
}

TEST_CASE("import: the window speaks of its own buttons, wherever a text says what an option does") {
  const std::string told = in_window_words(
      "LEFT OUT:\n  TABLE a: its engine is MyISAM, which does not survive a crash; --engine innodb makes it InnoDB\n"
      "  TABLE b: its engine is Aria, which does not survive a crash; --engine innodb makes it InnoDB\n"
      "  VIEW v: it runs with the rights of an account (SQL SECURITY DEFINER); --views invoker makes it run with those "
      "of its reader\n  USE: --database says where it goes\n  field 3: --columns names it\n"
      "--encoding says what the file is written in");
  INFO(told);
  CHECK(told.find("--") == std::string::npos);
  CHECK(told.find("InnoDB” makes it InnoDB\n  TABLE b") != std::string::npos);
}

TEST_CASE("cluster: an hour is kept, a sample a second, and shown as it was at any moment") {
  ClusterModel model;
  for (int half = 0; half < 2 * 3'700; ++half) {
    const double now = 100 + half * 0.5;
    auto slave = node("s", "slave", static_cast<Sequence>(half));
    if (half == 1'000) slave.lag_ms = 9'000;
    if (half >= 2'000 && half < 2'200) slave.state = "Unreachable";
    model.update({node("m", "master", static_cast<Sequence>(half)), slave}, now, 0);
  }
  CHECK(model.find("s")->lag.size() >= 3'500);
  const auto at = [&](double time) {
    auto nodes = model.as_of(time);
    REQUIRE(nodes.size() == 2);
    return std::move(nodes[1]);
  };
  CHECK(at(100 + 500.2)->health == Health::lagging);
  CHECK(at(100 + 500.2)->status.lag_ms == 9'000);
  CHECK(at(100 + 1'050)->health == Health::unreachable);
  CHECK_FALSE(at(100 + 1'050)->reachable);
  CHECK(at(100 + 1'200)->health == Health::good);
  CHECK(at(100 + 1'200)->status.position >= 2'398);
  CHECK(at(100 + 1'200)->status.position <= 2'401);
  CHECK(model.as_of(1).empty());
}
