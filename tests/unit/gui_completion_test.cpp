// Goal: completion proposes what may be meant, and is silent where a name is made up. Method: a text with the caret at
// its end, or at "|", and a schema of two databases, one of which has not been opened.
#include <catch2/catch.hpp>

#include "client/gui/model/completion.h"

using namespace sqlcast;
using namespace sqlcast::gui;

namespace {

RowSet rows_of(const std::vector<std::vector<std::string>>& rows) {
  proto::Page page;
  page.rows = rows.size();
  std::vector<proto::ColumnInfo> columns(rows.front().size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    proto::ColumnWriter writer;
    for (const auto& row : rows) writer.append_text(row[i]);
    page.columns.push_back(writer.take());
  }
  RowSet out;
  out.add(std::make_shared<const client::Rows>(std::move(client::Rows::decode(std::move(page)).value())));
  return out;
}

void open_shop(SchemaModel& schema) {
  schema.take_part(SchemaModel::Part::tables, "shop", rows_of({{"sale", "BASE TABLE", "1", "InnoDB", ""}}));
  schema.take_part(SchemaModel::Part::columns, "shop", rows_of({{"sale", "paid", "tinyint", "NO", "", "", ""}}));
  schema.set_database_loaded("shop");
}

SchemaModel two_databases() {
  SchemaModel schema;
  schema.set_databases(rows_of({{"school"}, {"shop"}}));
  schema.take_part(SchemaModel::Part::tables, "school",
                   rows_of({{"student", "BASE TABLE", "1", "InnoDB", ""},
                            {"student_course", "BASE TABLE", "1", "InnoDB", ""},
                            {"x_count", "BASE TABLE", "1", "InnoDB", ""}}));
  schema.take_part(SchemaModel::Part::columns, "school",
                   rows_of({{"student", "id", "int", "NO", "PRI", "", ""},
                            {"student", "full_name", "text", "NO", "", "", ""},
                            {"student", "selected", "int", "NO", "", "", ""},
                            {"student_course", "course_id", "int", "NO", "", "", ""}}));
  schema.set_database_loaded("school");
  return schema;
}

Completion at(std::string text, bool automatic = true, const SchemaModel& schema = two_databases()) {
  std::size_t caret = text.find('|');
  if (caret == std::string::npos) {
    caret = text.size();
  } else {
    text.erase(caret, 1);
  }
  EditorBuffer buffer(text);
  buffer.set_caret(caret);
  Highlighter highlighter;
  highlighter.update(buffer);
  return complete(buffer, highlighter, schema, "school", automatic);
}

std::vector<std::string> texts(const Completion& completion) {
  std::vector<std::string> out;
  for (const Proposal& proposal : completion.proposals) out.push_back(proposal.text);
  return out;
}

bool has(const Completion& completion, const std::string& text) {
  const auto all = texts(completion);
  return std::find(all.begin(), all.end(), text) != all.end();
}

}  // namespace

TEST_CASE("completion: nothing is proposed of itself for a whole word, inside one, behind AS or behind a table") {
  for (const char* text :
       {"select * from student", "select", "select id", "select * from student st", "select * from student as st",
        "select full_name as se", "select * from school.student st", "select * from student a, student_course st",
        "insert into student se", "update student se", "select * from nobody_knows st",
        "select ful|l_name from student", "select * from student join student_course st", "select 'sel", "-- sel"}) {
    INFO(text);
    CHECK(texts(at(text)).empty());
  }
  // Asked for by a key it may go on.
  CHECK(has(at("select * from student", false), "student_course"));
  CHECK(has(at("select * from student wh", false), "where"));
}

TEST_CASE("completion: what begins with the word comes first, names before keywords, keywords before functions") {
  const Completion names = at("select sel| from student");
  REQUIRE(names.proposals.size() >= 2);
  CHECK(names.proposals[0].text == "selected");
  CHECK(names.proposals[1].text == "select");
  const Completion count = at("select cou| from student");
  REQUIRE_FALSE(count.proposals.empty());
  CHECK(count.proposals[0].text == "count(");
  CHECK(count.proposals.back().text == "x_count");  // it only contains it
  int last = 0;
  for (const Proposal& proposal : at("select na| from student").proposals) {
    if (!proposal.text.starts_with("na")) break;
    CHECK(static_cast<int>(proposal.kind) >= last);
    last = static_cast<int>(proposal.kind);
  }
  CHECK(has(at("select na| from student"), "full_name"));
  CHECK(texts(at("select * from stude")).front() == "student");
}

TEST_CASE("completion: columns by alias, and of a table whose database has not been opened, once it has been") {
  CHECK(texts(at("select s.| from student s")) == std::vector<std::string>{"id", "full_name", "selected"});
  SchemaModel schema = two_databases();
  for (const char* text : {"select pa| from shop.sale", "select x.| from shop.sale x", "select * from shop."}) {
    INFO(text);
    const Completion closed = at(text, true, schema);
    CHECK(closed.unopened == std::vector<std::string>{"shop"});
    CHECK_FALSE(has(closed, "paid"));
  }
  open_shop(schema);
  CHECK(has(at("select pa| from shop.sale", true, schema), "paid"));
  CHECK(has(at("select x.| from shop.sale x", true, schema), "paid"));
  CHECK(has(at("select * from shop.", true, schema), "sale"));
  CHECK(at("select pa| from shop.sale", true, schema).unopened.empty());
}

TEST_CASE("completion: a comma of FROM is followed by tables, one of ORDER BY by columns, and both have aliases") {
  CHECK_FALSE(has(at("select * from student_course, cou|", false), "course_id"));
  CHECK(has(at("select * from student_course, stu|", false), "student"));
  CHECK(has(at("select * from student order by id desc, fu|", false), "full_name"));
  CHECK(has(at("select s.| from student_course c, `school`.`student` as s", false), "selected"));
  CHECK_FALSE(has(at("select s.| from student_course c where c.course_id in (1, s)", false), "selected"));
}
