// Goal: what is typed into the editor is what then stands there, whatever completion proposes and however slow frames
// are. Method: keys come as a keyboard gives them, several to a frame, with completion on, into the panels without a
// window.
#include <catch2/catch.hpp>
#include <random>

#include "client/gui/model/text.h"
#include "tests/gui/stage.h"

using namespace sqlcast;
using namespace sqlcast::gui;
using namespace sqlcast::gui::testing;

namespace {

// Somebody who types fast: the next key goes down before the last one is up.
class Typist {
 public:
  Typist(Stage& stage, double keys_a_second) : stage_(stage), between_(1 / keys_a_second) {}

  void type(std::string_view text) {
    for (const char c : text) {
      const int code = c == '\n' ? key::kEnter : c == ' ' ? key::kSpace : c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
      stage_.window.keys.key(code, true);
      if (c != '\n') stage_.window.keys.character(static_cast<unsigned char>(c));
      if (held_ != 0 && held_ != code) stage_.window.keys.key(held_, false);
      if (held_ == code) stage_.window.keys.key(code, false);
      held_ = held_ == code ? 0 : code;
      pass(between_);
    }
    if (held_ != 0) stage_.window.keys.key(std::exchange(held_, 0), false);
    stage_.window.frame_with_keys(stage_.app);
    due_ = 0;
  }
  void chord(int modifier, int code) {
    for (const auto& [key, down] : {std::pair(modifier, true), {code, true}, {code, false}, {modifier, false}})
      stage_.window.keys.key(key, down);
    stage_.window.frame_with_keys(stage_.app);
  }

 private:
  void pass(double seconds) {
    due_ += seconds;
    if (due_ < stage_.window.frame_seconds) return;
    due_ = 0;
    stage_.window.frame_with_keys(stage_.app);
  }

  Stage& stage_;
  const double between_;
  double due_ = 0;
  int held_ = 0;
};

// Statements as people write them, right or wrong: names with underscores, aliases, line breaks, words half written.
std::string random_sql(std::mt19937& random) {
  static const std::vector<std::string> kWords = {"select",
                                                  "from",
                                                  "where",
                                                  "student",
                                                  "student_course",
                                                  "course_id",
                                                  "name",
                                                  "stud",
                                                  "as",
                                                  "s",
                                                  "in",
                                                  "or",
                                                  "order by",
                                                  "group by",
                                                  "count(*)",
                                                  "max(id)",
                                                  "sc",
                                                  "join",
                                                  "on",
                                                  "s.name",
                                                  "sc.",
                                                  "insert into",
                                                  "values",
                                                  "(1, 'a')",
                                                  "update",
                                                  "set",
                                                  "delete",
                                                  "school.course",
                                                  "c",
                                                  "limit 10",
                                                  "my_new_t",
                                                  "stu_x",
                                                  "sel",
                                                  "fro",
                                                  "whe",
                                                  "id",
                                                  "distinct",
                                                  "null",
                                                  "is",
                                                  "not",
                                                  "create table t_one",
                                                  "(id int)",
                                                  "left",
                                                  "inner",
                                                  "nam",
                                                  "cour",
                                                  "st",
                                                  "*",
                                                  "=",
                                                  "1"};
  std::string out;
  for (std::size_t words = 2 + random() % 7; words > 0; --words) {
    if (!out.empty()) out += random() % 4 == 0 ? "\n" : random() % 9 == 0 ? ", " : " ";
    out += kWords[random() % kWords.size()];
  }
  if (random() % 3 == 0) out += random() % 2 == 0 ? ";" : "\n";
  return out;
}

constexpr const char* kReady = "wait connected\nwait tables = 3\nclick \"SQL editor\"\n";

}  // namespace

TEST_CASE("typing: 2,000 random texts stand as they were typed, at 60 and at 5 frames a second") {
  Stage stage(900, 500);
  stage.play(kReady);
  REQUIRE(stage.app.workspace().settings.auto_complete);
  ui::trace().on = false;
  std::mt19937 random(17);
  std::size_t proposed = 0;
  for (int i = 0; i < 2'000; ++i) {
    const std::string text = random_sql(random);
    for (const double rate : {60.0, 5.0}) {
      stage.window.frame_seconds = 1 / rate;
      Typist typist(stage, rate > 10 ? 60 : 20);
      typist.type(text);
      if (*stage.app.fact("completing") == "yes") ++proposed;
      INFO("text " << i << " at " << rate << " frames a second");
      REQUIRE(stage.app.workspace().tab().buffer.text() == text);
      typist.chord(key::kLeftControl, 'A');
      typist.chord(0, key::kDelete);
      REQUIRE(stage.app.workspace().tab().buffer.text().empty());
    }
  }
  CHECK(proposed > 100);  // completion had its chances
}

TEST_CASE("typing: Enter breaks the line while completion proposes, and takes a proposal that Down has led to") {
  Stage stage;
  stage.play(kReady);
  stage.play(
      "type \"select * from stud\"\nwait completing\nkey Enter\nwait completing = no\n"
      "assert editor = \"select * from stud\\n\"\nkey Backspace\ntype \"e\"\nwait completing\nkey Down\nkey Enter\n"
      "wait completing = no\nassert editor = \"select * from student\"\n");
  stage.play(
      "key Ctrl+A\nkey Delete\ntype \"select * from stud\"\nkey Tab\nassert editor = \"select * from student\"\n");
}

TEST_CASE("typing: what came while a frame was drawn keeps its order and its meaning") {
  Stage stage;
  stage.play(kReady);
  KeyInput& keys = stage.window.keys;
  const auto tap = [&](int code, char typed = 0) {
    keys.key(code, true);
    if (typed != 0) keys.character(static_cast<unsigned char>(typed));
    keys.key(code, false);
  };
  tap('A', 'a');
  tap(key::kEnter);
  tap('B', 'b');
  tap('B', 'b');
  tap(key::kBackspace);
  tap(key::kBackspace);
  tap('C', 'c');
  keys.key(key::kLeftControl, true);
  tap('A');
  keys.key(key::kLeftControl, false);
  tap('D', 'd');
  tap(key::kEnter);
  tap(key::kHome);
  tap(key::kUp);
  tap('E', 'e');
  stage.window.frame_with_keys(stage.app);
  CHECK(stage.app.workspace().tab().buffer.text() == "ed\n");
}
