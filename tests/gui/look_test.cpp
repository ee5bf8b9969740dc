// Goal: the window can be read and used: text stands out from what it is on, and no control is cut off in a window of
// 1280x720 at 100, 150 and 200 %. Method: the palettes' own colours by WCAG's formula; every view and dialog laid out,
// and each control compared with what it stands in.
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>

#include "client/gui/model/text.h"
#include "tests/gui/stage.h"
#include "tests/support/temporary_folder.h"

using namespace sqlcast;
using namespace sqlcast::gui;
using namespace sqlcast::gui::testing;

namespace {

double luminance(ImU32 colour) {
  const auto part = [colour](unsigned shift) {
    const double value = static_cast<double>((colour >> shift) & 0xFFU) / 255;
    return value <= 0.03928 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * part(0) + 0.7152 * part(8) + 0.0722 * part(16);
}

double contrast(ImU32 a, ImU32 b) {
  const double first = luminance(a);
  const double second = luminance(b);
  return (std::max(first, second) + 0.05) / (std::min(first, second) + 0.05);
}

std::string cut_controls() {
  std::string out;
  for (const ui::Seen& one : ui::trace().last) {
    if (one.cut) out += cat(out.empty() ? "" : ", ", one.label);
  }
  return out;
}

// Texts of the status bar that stand on each other.
std::string overlapping_status() {
  const float top = ImGui::GetIO().DisplaySize.y - ImGui::GetTextLineHeight() - px(10);
  std::string out;
  for (const ui::Seen& one : ui::trace().last) {
    for (const ui::Seen& other : ui::trace().last) {
      if (&one == &other || one.low.y < top || other.low.y < top) continue;
      if (one.low.x <= other.low.x && other.low.x < one.high.x) out += cat(one.label, " / ", other.label, "; ");
    }
  }
  return out;
}

constexpr const char* kConnected = "wait connected\nwait tables = 3\n";

}  // namespace

TEST_CASE("look: text has a contrast of 4.5 to 1 on every ground, in both themes, NULL and faint text included") {
  const NullWindow window;
  for (const bool dark : {true, false}) {
    set_theme(dark);
    const Palette& p = colours();
    std::vector<ImU32> texts = {p.text,   p.dim,   p.faint, p.accent, p.good, p.busy,    p.warn,     p.bad,
                                p.master, p.slave, p.read,  p.write,  p.ddl,  p.refused, p.null_text};
    texts.insert(texts.end(), p.paint.begin(), p.paint.end());
    texts.insert(texts.end(), p.series.begin(), p.series.end());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      for (const ImU32 ground : {p.ground, p.panel, p.raised}) {
        INFO((dark ? "dark" : "light") << ", colour " << i);
        CHECK(contrast(texts[i], ground) >= 4.5);
      }
    }
    CHECK(contrast(p.on_accent, p.accent) >= 4.5);
    // Badges stand on their own colour, thinned.
    for (const ImU32 colour : {p.good, p.busy, p.warn, p.bad, p.master, p.slave, p.ddl}) {
      CHECK(contrast(colour, mix(p.panel, colour, 0.16F)) >= 4.5);
    }
  }
}

TEST_CASE("look: in 1280x720 no control is cut off at 100, 150 and 200 %, in any view or dialog") {
  for (const float scale : {1.0F, 1.5F, 2.0F}) {
    Stage stage(1280, 720);
    stage.state->answers["frm"] = [](const client::Request&) {
      client::Reply reply;
      reply.node = "slave-1";
      reply.status =
          Status::error(Code::sql_error, "You have an error in your SQL syntax near 'frm student' at line 1");
      reply.status.database_errno = 1064;
      reply.status.sqlstate = "42000";
      return reply;
    };
    load_fonts(scale);
    set_theme(true);
    stage.play(kConnected);
    stage.play(
        "click \"SQL editor\"\ntype \"select * from student; select * from student where id = 2\"\n"
        "key Ctrl+Shift+Enter\nwait results = 2\n");
    for (const char* view : {"query", "cluster", "diagram", "log", "compare"}) {
      stage.play(std::string("set view ") + view + "\npause 0.2\n");
      INFO(view << " at " << scale);
      CHECK(cut_controls().empty());
      if (!cut_controls().empty()) WARN(cut_controls());
      if (std::string_view(view) == "cluster") {
        CHECK(ui::trace().shows("now"));      // a plot has room for its curve and its times
        CHECK(ui::trace().shows("in step"));  // a card for its second line
      }
    }
    stage.play("set view query\npause 0.1\n");
    // Nodes in trouble take more room, and an error a line of its own.
    for (std::size_t i = 0; i < 3; ++i) stage.state->nodes[i].state = "Unreachable";
    stage.play("wait text \"unreachable\"\npause 0.2\n");
    CHECK(overlapping_status().empty());
    if (!overlapping_status().empty()) WARN(overlapping_status());
    for (std::size_t i = 0; i < 3; ++i) stage.state->nodes[i].state = i == 0 ? "Serving" : "Live";
    stage.play(
        "wait worst = live\nkey Ctrl+T\nclick \"SQL editor\"\ntype \"select * frm student\"\nkey F5\n"
        "wait status = SQL_ERROR\npause 0.2\n");
    CHECK(cut_controls().empty());
    if (!cut_controls().empty()) WARN(cut_controls());
    stage.play("key Ctrl+W\nright-click \"school\"\nclick \"New table\"\nwait dialog = table\npause 0.1\n");
    CHECK(cut_controls().empty());
    if (!cut_controls().empty()) WARN(cut_controls());
    stage.play("key Escape\nwait dialog = \"\"\n");
    const std::pair<const char*, const char*> dialogs[] = {
        {"F1", "keys"},        {"Ctrl+Shift+P", "palette"}, {"Ctrl+,", "settings"},     {"Ctrl+K", "connect"},
        {"Ctrl+H", "history"}, {"Ctrl+Shift+I", "import"},  {"Ctrl+Shift+E", "export"}, {"Ctrl+O", "file"}};
    for (const auto& [chord, name] : dialogs) {
      stage.play(cat("key ", chord, "\nwait dialog = ", name, "\npause 0.1\n"));
      INFO(name << " at " << scale);
      CHECK(cut_controls().empty());
      if (!cut_controls().empty()) WARN(cut_controls());
      stage.play("key Escape\nwait dialog = \"\"\n");
    }
    const support::TemporaryFolder folder;
    const std::string file = (folder.path() / "people.csv").string();
    std::ofstream(file) << "id,name\n1,Ann\n2,Bob\n";
    stage.play(cat("drop \"", file, "\"\nwait text \"Rows\" within 60\npause 0.5\n"));
    INFO("import of a file at " << scale);
    CHECK(cut_controls().empty());
    stage.play("key Escape\nwait dialog = \"\"\nset view log\nclick \"By shape\"\npause 0.2\n");
    CHECK(cut_controls().empty());
    stage.play("set view query\nkey Ctrl+Shift+G\npause 0.1\n");
    CHECK(cut_controls().empty());
    if (!cut_controls().empty()) WARN(cut_controls());
    stage.play("key Ctrl+F\npause 0.1\n");
    CHECK(cut_controls().empty());
  }
}
