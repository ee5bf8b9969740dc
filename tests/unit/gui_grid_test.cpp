// Results: pages, order, what goes to files and to the clipboard, edits to SQL, comparisons.
#include <catch2/catch.hpp>

#include "client/gui/model/cell_text.h"
#include "client/gui/model/compare_model.h"
#include "client/gui/model/export_rows.h"
#include "client/gui/model/fold.h"
#include "client/gui/model/grid_model.h"
#include "client/gui/model/plain_select.h"
#include "client/gui/model/row_edit.h"
#include "proto/column.h"
#include "sql/literal.h"

using namespace sqlcast;
using namespace sqlcast::gui;

namespace {

std::vector<proto::ColumnInfo> columns() {
  std::vector<proto::ColumnInfo> out(3);
  out[0].name = "id", out[0].kind = proto::ValueKind::int64, out[0].type = "INT", out[0].primary_key = true,
  out[0].nullable = false;
  out[1].name = "name", out[1].kind = proto::ValueKind::text, out[1].type = "VARCHAR";
  out[2].name = "raw", out[2].kind = proto::ValueKind::bytes, out[2].type = "BLOB";
  return out;
}

client::Rows page(std::int64_t first, std::int64_t count) {
  proto::ColumnWriter ids;
  proto::ColumnWriter names;
  proto::ColumnWriter bytes;
  for (std::int64_t i = first; i < first + count; ++i) {
    ids.append_int(i);
    if (i % 5 == 4) {
      names.append_null();
    } else {
      names.append_text(i % 2 == 0 ? "Even 'one'" : "odd");
    }
    bytes.append_bytes(std::string("\0\xff", 2));
  }
  proto::Page raw;
  raw.rows = static_cast<std::uint64_t>(count);
  raw.columns = {ids.take(), names.take(), bytes.take()};
  return std::move(client::Rows::decode(std::move(raw)).value());
}

GridModel grid(std::initializer_list<std::int64_t> pages) {
  GridModel out(columns());
  std::int64_t first = 0;
  for (const std::int64_t count : pages) {
    out.add_page(page(first, count));
    first += count;
  }
  return out;
}

std::vector<std::uint32_t> arranged(const GridModel& model, const Arrangement& wanted) {
  return arrange(model.rows(), model.columns(), wanted, std::atomic<bool>(false)).value();
}

NodeAnswer answer(std::string node, std::int64_t first, std::int64_t count) {
  NodeAnswer out;
  out.node = std::move(node);
  out.columns = columns();
  out.rows.add(std::make_shared<const client::Rows>(page(first, count)));
  return out;
}

}  // namespace

TEST_CASE("grid: rows of even and uneven pages are found by number") {
  for (const auto& pages : {std::initializer_list<std::int64_t>{10, 10, 3}, {10, 3, 10}, {1, 2, 3}, {0, 5}}) {
    const GridModel model = grid(pages);
    for (std::uint64_t row = 0; row < model.shown(); ++row) {
      REQUIRE(model.cell(row, 0).int64 == static_cast<std::int64_t>(row));
    }
  }
}

TEST_CASE("grid: sorting is stable, NULL first, descending the other way") {
  const GridModel model = grid({7, 7, 2});
  const auto up = arranged(model, {SortKey{1, false}, ""});
  REQUIRE(up.size() == 16);
  REQUIRE(up[0] == 4);
  REQUIRE(up[1] == 9);
  REQUIRE(up[3] == 0);
  const auto down = arranged(model, {SortKey{0, true}, ""});
  REQUIRE(down.front() == 15);
  REQUIRE(down.back() == 0);
}

TEST_CASE("grid: a filter looks in all columns, or in one by name") {
  const GridModel model = grid({20});
  REQUIRE(arranged(model, {std::nullopt, "EVEN"}).size() == 8);
  REQUIRE(arranged(model, {std::nullopt, "id: 13"}).size() == 1);
  REQUIRE(arranged(model, {std::nullopt, "name:null"}).size() == 4);
  REQUIRE(arranged(model, {std::nullopt, "nothing like it"}).empty());
}

TEST_CASE("grid: filters of columns hold together, compare numbers by value, and know NULL") {
  const GridModel model = grid({20});
  const auto rows = [&model](std::map<std::size_t, std::string> filters) {
    return arranged(model, {std::nullopt, "", std::move(filters)}).size();
  };
  CHECK(rows({{0, "> 9"}}) == 10);  // not by their first digit
  CHECK(rows({{0, ">=9"}, {0, ""}}) == 11);
  CHECK(rows({{0, "<= 3"}}) == 4);
  CHECK(rows({{0, "= 7"}}) == 1);
  CHECK(rows({{0, "!=7"}}) == 19);
  CHECK(rows({{0, "1"}}) == 11);  // contained: 1, 10 to 19
  CHECK(rows({{1, "null"}}) == 4);
  CHECK(rows({{1, "!null"}}) == 16);
  CHECK(rows({{1, "= EVEN 'ONE'"}}) == 8);
  CHECK(rows({{0, "< 10"}, {1, "even"}}) == 4);
  CHECK(rows({{7, "x"}}) == 20);
  CHECK(Arrangement{std::nullopt, " ", {{0, " "}}}.all());
}

TEST_CASE("grid: a stopped arrangement gives nothing, an outdated one is not taken") {
  GridModel model = grid({20});
  REQUIRE_FALSE(arrange(model.rows(), model.columns(), {std::nullopt, "x"}, std::atomic<bool>(true)));
  REQUIRE(model.set_arrangement({SortKey{0, true}, ""}));
  const auto old = model.arrangement_version();
  REQUIRE(model.set_arrangement({SortKey{0, false}, ""}));
  model.take_order(old, {3});
  REQUIRE(model.shown() == 20);
  REQUIRE_FALSE(model.set_arrangement({}));
}

TEST_CASE("grid: what is being added stays behind the rows shown, whatever comes") {
  GridModel model = grid({10});
  model.focus = model.editing = CellAt{10, 1};
  model.anchor = CellAt{3, 0};
  model.add_page(page(10, 10));
  CHECK(model.focus == CellAt{20, 1});
  CHECK(model.editing == CellAt{20, 1});
  CHECK(model.anchor == CellAt{3, 0});
  // The same behind a filter that more rows fit; those shown keep their places.
  REQUIRE(model.set_arrangement({std::nullopt, "odd"}));
  model.take_order(model.arrangement_version(), {1, 3});
  model.focus = CellAt{2, 0};
  model.anchor = CellAt{1, 0};
  REQUIRE(model.set_arrangement(model.arrangement()));
  model.take_order(model.arrangement_version(), {1, 3, 5});
  CHECK(model.focus == CellAt{3, 0});
  CHECK(model.anchor == CellAt{1, 0});
}

TEST_CASE("grid: in another order, or when rows are gone, nothing is looked at or edited any more") {
  GridModel model = grid({20});
  const auto look = [&model](std::uint64_t row) { model.focus = model.anchor = model.editing = CellAt{row, 0}; };
  const auto forgotten = [&model] { return !model.focus && !model.anchor && !model.editing; };
  look(5);
  REQUIRE(model.set_arrangement({SortKey{0, true}, ""}));
  CHECK_FALSE(forgotten());
  model.take_order(model.arrangement_version(), {3, 2, 1});
  CHECK(forgotten());
  look(1);
  REQUIRE(model.set_arrangement({SortKey{0, false}, ""}));
  model.take_order(model.arrangement_version(), {1, 2, 3});
  CHECK(forgotten());
  look(2);
  REQUIRE_FALSE(model.set_arrangement({}));
  CHECK(forgotten());
  look(20);
  model.forget_from(21);
  CHECK_FALSE(forgotten());
  model.forget_from(20);
  CHECK(forgotten());
}

TEST_CASE("plain select: columns by their own names of one table, and nothing that makes other rows of them") {
  for (const char* sql :
       {"select * from t",
        "SELECT id, name FROM school.`t` WHERE id IN (SELECT id FROM u UNION SELECT 1) ORDER BY a, b",
        "select s.id, s.*, db.s.name from db.s as s limit 3, 4;", "/* a */ select `as` from t x -- union",
        "select date, name from t having id > 3", "select id, status, comment from orders"}) {
    INFO(sql);
    CHECK(is_plain_select(sql));
  }
  for (const char* sql : {"",
                          "select",
                          "select 1",
                          "select parent_id as id, name from node",
                          "select parent_id id from node",
                          "select id, upper(name) from t",
                          "select distinct id from t",
                          "select id from t, u",
                          "select a.id, b.name from node a join node b on a.id = b.parent_id",
                          "select a.id from node a, node b",
                          "select id, name from node union select parent_id, name from node",
                          "select id, name from node group by name",
                          "select id from node where 1 group by id with rollup",
                          "with t as (select parent_id as id from node) select * from t",
                          "select * from (select parent_id as id, name from node) t",
                          "(select * from t)",
                          "select parent_id /*! as id */, name from node",
                          "select id from node where 1 /*! union select 2 */",
                          "insert into t values (1) returning id",
                          "table t",
                          "select id from node use index (a)"}) {
    INFO(sql);
    CHECK_FALSE(is_plain_select(sql));
  }
}

TEST_CASE("cells: literals give the value back") {
  REQUIRE(sql::quote_text("it's \\ \n") == "'it''s \\\\ \\n'");
  const client::Rows rows = page(0, 1);
  REQUIRE(text::sql_literal(rows.cell(0, 2)) == "x'00ff'");
  REQUIRE(sql::quote_name("a`b") == "`a``b`");
}

TEST_CASE("cells: JSON is made pretty and what is not JSON stays as it is") {
  REQUIRE(pretty_json(R"({"a":[1,2],"b":{}})") == "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}");
  REQUIRE(pretty_json("[1, 2") == "[1, 2");
  REQUIRE(pretty_json("[}") == "[}");
  REQUIRE(pretty_json("plain") == "plain");
}

TEST_CASE("export: each format tells NULL from text and quotes what it must") {
  const GridModel model = grid({5});
  const auto text = [&](RowFormat format) {
    RowWriter writer(format, columns(), "`t`");
    std::string out;
    writer.header(out);
    for (const std::uint64_t row : {0U, 4U}) {
      writer.row(out, [&](std::size_t column) -> const proto::Cell& { return model.cell(row, column); });
    }
    writer.footer(out);
    return out;
  };
  REQUIRE(text(RowFormat::csv) == "id,name,raw\r\n0,Even 'one',0x00ff\r\n4,,0x00ff\r\n");
  REQUIRE(text(RowFormat::tsv) == "id\tname\traw\n0\tEven 'one'\t0x00ff\n4\t\\N\t0x00ff\n");
  REQUIRE(text(RowFormat::json).find(R"({"id": 4, "name": null, "raw": {"base64": "AP8="}})") != std::string::npos);
  REQUIRE(text(RowFormat::insert).find("VALUES (0, 'Even ''one''', x'00ff');") != std::string::npos);
  REQUIRE(text(RowFormat::markdown).find("| 4 | *NULL* | 0x00ff |") != std::string::npos);
}

TEST_CASE("row edits: each statement names its row by key and old value and expects one row") {
  const GridModel model = grid({6});
  RowEdits edits("school", "student", {0});
  edits.change(model, 1, 1, "O'Hara");
  edits.change(model, 4, 1, "x");
  edits.toggle_delete(2);
  const std::size_t added = edits.add_row();
  edits.set_added(added, 1, "new");
  const auto statements = edits.statements(model);
  REQUIRE(statements.ok());
  REQUIRE(statements->size() == 4);
  REQUIRE((*statements)[0].sql == "DELETE FROM `school`.`student` WHERE `id` = 2");
  REQUIRE((*statements)[1].sql ==
          "UPDATE `school`.`student` SET `name` = 'O''Hara' WHERE `id` = 1 AND `name` <=> 'odd'");
  REQUIRE((*statements)[2].sql == "UPDATE `school`.`student` SET `name` = 'x' WHERE `id` = 4 AND `name` <=> NULL");
  REQUIRE((*statements)[3].sql == "INSERT INTO `school`.`student` (`name`) VALUES ('new')");
  for (const auto& statement : *statements) REQUIRE(statement.expect == 1U);
}

TEST_CASE("pasted rows: fields between tabs, quoted ones whole, other quotes as they are") {
  using Rows = std::vector<std::vector<EditedValue>>;
  CHECK(pasted_rows("").empty());
  CHECK(pasted_rows("\r\n\n").empty());
  CHECK(pasted_rows("a\tb\r\nc\t\r\n") == Rows{{"a", "b"}, {"c", ""}});
  CHECK(pasted_rows("\"O'Neil, \"\"Bo\"\"\"\tCork\n") == Rows{{"O'Neil, \"Bo\"", "Cork"}});
  CHECK(pasted_rows("\"two\r\nlines\"\t1\r\n\"a\tb\"\t2") == Rows{{"two\r\nlines", "1"}, {"a\tb", "2"}});
  CHECK(pasted_rows("5\" pipe\t\"half\n\"quoted\" word") == Rows{{"5\" pipe", "\"half"}, {"\"quoted\" word"}});
  CHECK(pasted_rows("\"\"") == Rows{{""}});
  CHECK(pasted_rows("\"") == Rows{{"\""}});
  CHECK(pasted_rows("NULL\t\"NULL\"\r\n\\N\tnull") == Rows{{std::nullopt, "NULL"}, {std::nullopt, "null"}});
}

TEST_CASE("copied rows: a spreadsheet finds its quotes, and pasted back every value is what it was") {
  const std::vector<EditedValue> values = {
      "plain",   "two\nlines", "a\r\nb", "a\tb",  "\"quoted\" whole", "5\" pipe", "back\\slash \\n", "NULL", "\\N", "",
      " blank ", "\"",         "\"\"",   "end\n", std::nullopt,       "İzmir"};
  const auto copied = [&values](std::size_t width) {
    std::vector<proto::ColumnInfo> infos;
    for (std::size_t i = 0; i < width; ++i) {
      proto::ColumnInfo info;
      info.name = "column " + std::to_string(i);
      info.kind = proto::ValueKind::text;
      infos.push_back(info);
    }
    proto::Page raw;
    raw.rows = values.size() / width;
    for (std::size_t i = 0; i < width; ++i) {
      proto::ColumnWriter writer;
      for (std::size_t at = i; at < values.size(); at += width)
        values[at] ? writer.append_text(*values[at]) : writer.append_null();
      raw.columns.push_back(writer.take());
    }
    GridModel model(infos);
    model.add_page(std::move(client::Rows::decode(std::move(raw)).value()));
    return rows_text(model, RowFormat::tsv, true);
  };
  for (const std::size_t width : {1U, 2U, 4U}) {
    auto back = pasted_rows(copied(width));
    REQUIRE(back.size() == values.size() / width + 1);
    CHECK(back.front().front() == "column 0");
    std::vector<EditedValue> all;
    for (std::size_t row = 1; row < back.size(); ++row) all.insert(all.end(), back[row].begin(), back[row].end());
    CHECK(all == values);
  }
  CHECK(copied(4).starts_with("column 0\tcolumn 1\tcolumn 2\tcolumn 3\nplain\t\"two\nlines\"\t\"a\r\nb\"\t\"a\tb\"\n"));
}

TEST_CASE("filters: letters are the same without case and marks, in Latin, Greek and Cyrillic") {
  CHECK(folded("İzmir") == "izmir");
  CHECK(folded("IĞDIR, Iğdır") == "igdir, igdir");
  CHECK(folded("Élodie Łódź Ørsted Straße Æsir") == "elodie lodz orsted strasse aesir");
  CHECK(folded("e\u0301") == "e");  // a mark of its own
  CHECK(folded("Nguyễn Huế") == "nguyen hue");
  CHECK(folded("ΠΑΠΑΔΌΠΟΥΛΟΣ") == folded("παπαδόπουλος"));
  CHECK(folded("Соколов Ёлка") == "соколов елка");
  CHECK(folded("山田 शर्मा") == "山田 शर्मा");
  CHECK(folded("a\xFFZ") == "a\xFFz");
  CHECK(contains_folded("İzmir", "izm"));
  CHECK(contains_folded("IZMIR", "izm"));
  CHECK(contains_folded("anything", ""));
  CHECK_FALSE(contains_folded("Izmir", "ankara"));
}

TEST_CASE("row edits: a value put back is no change, a wrong one is refused by name") {
  const GridModel model = grid({3});
  RowEdits edits("school", "student", {0});
  edits.change(model, 1, 1, "other");
  edits.change(model, 1, 1, "odd");
  REQUIRE(edits.empty());
  edits.change(model, 1, 0, "12x");
  const auto refused = edits.statements(model);
  REQUIRE_FALSE(refused.ok());
  REQUIRE(refused.status().message.find("id") != std::string::npos);
  REQUIRE_FALSE(typed_literal(columns()[0], std::nullopt).ok());
  REQUIRE(typed_literal(columns()[2], "0x00FF").value() == "x'00FF'");
  REQUIRE_FALSE(typed_literal(columns()[2], "00FF").ok());
  REQUIRE_FALSE(RowEdits("a", "b", {}).statements(model).ok());
}

TEST_CASE("compare: rows are matched by key, what is missing or differs is marked") {
  const Comparison same = compare({answer("a", 0, 5), answer("b", 0, 5)});
  REQUIRE(same.differing == 0);
  const Comparison shifted = compare({answer("a", 0, 5), answer("b", 1, 5)});
  REQUIRE(shifted.rows.size() == 6);
  REQUIRE(shifted.differing == 2);
  NodeAnswer dead;
  dead.status = Status::error(Code::timeout, "no answer");
  const Comparison alone = compare({answer("a", 0, 2), dead});
  REQUIRE(alone.differing == 0);
  REQUIRE(alone.rows[0].rows[1] == Comparison::kMissing);
  REQUIRE_FALSE(compare({dead}).problem.empty());
}

TEST_CASE("grid: DECIMAL is sorted by what it is worth, whatever its digits") {
  const std::vector<std::string> rising = {"-100.5",
                                           "-99.75",
                                           "-0.01",
                                           "0.00",
                                           "0.009",
                                           "1",
                                           "2.50",
                                           "10.00",
                                           "99999999999999999999.1",
                                           "100000000000000000000"};
  for (std::size_t i = 0; i < rising.size(); ++i) {
    for (std::size_t j = 0; j < rising.size(); ++j) {
      INFO(rising[i] << " and " << rising[j]);
      const int wanted = i < j ? -1 : i > j ? 1 : 0;
      CHECK(compare_decimals(rising[i], rising[j]) == wanted);
    }
  }
  CHECK(compare_decimals("2.5", "2.50") == 0);
  CHECK(compare_decimals("-0", "0.00") == 0);
  proto::ColumnInfo column;
  column.kind = proto::ValueKind::text;
  column.type = "DECIMAL(8,2)";
  CHECK(is_numeric(column));
  column.type = "VARCHAR";
  CHECK_FALSE(is_numeric(column));
}
