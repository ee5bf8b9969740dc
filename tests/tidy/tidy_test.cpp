// Goal: the tree keeps to its style card and its rooms. Method: the checks are tried on bad samples, then every file of
// the tree is read.
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "tests/tidy/checks.h"

using namespace sqlcast::tidy;
namespace fs = std::filesystem;

namespace {

const fs::path kRoot = SQLCAST_SOURCE_DIR;

std::string read(const std::string& path) {
  std::ifstream stream(kRoot / path, std::ios::binary);
  REQUIRE(stream);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

bool is_source(const std::string& path) { return path.ends_with(".h") || path.ends_with(".cpp"); }

bool is_text(const std::string& path) {
  constexpr std::array kEndings = {".h",     ".cpp",  ".py",  ".sh",  ".md",         ".txt",
                                   ".cmake", ".yaml", ".sql", ".tsv", ".clang-tidy", ".clang-format"};
  return path.starts_with("scripts/") || path.starts_with(".ci/") ||
         std::any_of(kEndings.begin(), kEndings.end(), [&](const char* ending) { return path.ends_with(ending); });
}

// Not what is built or kept by running: those folders are not part of the tree.
bool is_outside(const fs::path& path) {
  constexpr std::array kOutside = {".git", "build", "var", ".cache", "__pycache__", ".vscode", ".idea"};
  return std::find(kOutside.begin(), kOutside.end(), path.filename().string()) != kOutside.end();
}

std::vector<std::string> tree() {
  std::vector<std::string> files;
  for (auto entry = fs::recursive_directory_iterator(kRoot); entry != fs::recursive_directory_iterator(); ++entry) {
    if (entry->is_directory() && is_outside(entry->path())) entry.disable_recursion_pending();
    const std::string path = fs::relative(entry->path(), kRoot).generic_string();
    if (entry->is_regular_file() && is_text(path)) files.push_back(path);
  }
  std::sort(files.begin(), files.end());
  REQUIRE(files.size() > 20);
  return files;
}

std::string joined(const Complaints& complaints) {
  std::string text;
  for (const std::string& complaint : complaints) text += complaint + "\n";
  return text;
}

void require_none(const Complaints& complaints) {
  INFO(joined(complaints));
  REQUIRE(complaints.empty());
}

void add(Complaints& all, Complaints more) { all.insert(all.end(), more.begin(), more.end()); }

std::vector<Place> rooms() {
  Complaints complaints;
  auto places = parse_rooms(read("tests/tidy/rooms.txt"), complaints);
  require_none(complaints);
  return places;
}

std::vector<std::string> long_files() {
  std::istringstream lines(read("tests/tidy/long_files.txt"));
  std::vector<std::string> files;
  for (std::string line; std::getline(lines, line);) {
    std::string entry = line.substr(0, line.find('#'));
    entry.erase(entry.find_last_not_of(' ') + 1);
    if (!entry.empty()) files.push_back(entry);
  }
  return files;
}

// What a command prints, and its exit status.
std::pair<std::string, int> run(const std::string& command) {
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string text;
  std::array<char, 4'096> buffer{};
  for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    text.append(buffer.data(), got);
  return {text, ::pclose(pipe)};
}

}  // namespace

TEST_CASE("tidy: every #include of the tree is one that tests/tidy/rooms.txt allows") {
  const auto places = rooms();
  Complaints complaints;
  for (const std::string& path : tree())
    if (is_source(path)) add(complaints, check_includes(places, path, read(path)));
  require_none(complaints);
}

TEST_CASE("tidy: sources keep to the style card") {
  Complaints complaints;
  for (const std::string& path : tree())
    if (is_source(path)) add(complaints, check_source(path, read(path), long_files()));
  require_none(complaints);
}

TEST_CASE("tidy: no message tells a person to send again by hand what programs send again by themselves") {
  Complaints complaints;
  for (const std::string& path : tree()) {
    if (!is_source(path) || path.starts_with("tests/")) continue;
    std::string text = read(path);
    // A literal goes on in the next line.
    std::string words;
    for (const char c : text)
      if (c != '"' && c != '\n' && !(c == ' ' && words.ends_with(' '))) words.push_back(c);
    for (const char* order : {"end it again with", "end the request again", "end it again under"})
      if (words.find(order) != std::string::npos) complaints.push_back(path + ": \"s" + order + "\"");
  }
  require_none(complaints);
}

TEST_CASE("tidy: functions fit a screen, and each header is used") {
  Complaints complaints;
  std::vector<Source> sources;
  for (const std::string& path : tree()) {
    if (!is_source(path)) continue;
    sources.push_back({path, read(path)});
    add(complaints, check_functions(path, sources.back().text, long_files()));
  }
  add(complaints, check_unused(sources));
  require_none(complaints);
}

TEST_CASE("tidy: texts have no tabs, no blanks at line ends, nothing left to do") {
  Complaints complaints;
  for (const std::string& path : tree()) add(complaints, check_text(path, read(path)));
  require_none(complaints);
}

TEST_CASE("tidy: commands can be run") {
  Complaints complaints;
  for (const std::string& path : tree()) {
    const bool command = (path.starts_with("scripts/") && path.find('.') == std::string::npos) || path == ".ci/run";
    if (!command) continue;
    const auto permissions = fs::status(kRoot / path).permissions();
    if ((permissions & fs::perms::owner_exec) == fs::perms::none) complaints.push_back(path + ":1: is not executable");
    if (!read(path).starts_with("#!/usr/bin/env bash\n")) complaints.push_back(path + ":1: has another first line");
  }
  require_none(complaints);
}

TEST_CASE("tidy: sources are formatted as .clang-format says") {
  const auto [version, status] = run("clang-format --version");
  if (status != 0 || version.find("version 14.") == std::string::npos) {
    WARN("clang-format 14 (Debian: clang-format) is not installed; the format is not checked");
    return;
  }
  std::string files;
  for (const std::string& path : tree())
    if (is_source(path)) files += " " + path;
  const auto [text, result] = run("cd '" + kRoot.string() + "' && clang-format --dry-run -Werror" + files);
  INFO("run scripts/format\n" << text.substr(0, 2'000));
  REQUIRE(result == 0);
}

TEST_CASE("tidy: a forbidden include is found") {
  Complaints none;
  const auto places = parse_rooms(
      "* | | unistd.h\nbase | | spdlog/\nnet | base | zmq\nmaster | base net |\nmaster/main.cpp | base net | CLI/\n"
      "slave | base | \n",
      none);
  require_none(none);
  const auto complaint = [&](const char* path, const char* line) {
    return joined(check_includes(places, path, std::string("// x\n") + line + "\n"));
  };
  CHECK(complaint("master/a.cpp", "#include \"slave/b.h\"") ==
        "master/a.cpp:2: master may not include slave (\"slave/b.h\")\n");
  CHECK(complaint("base/a.h", "#include <zmq.hpp>") ==
        "base/a.h:2: base may not include <zmq.hpp>; only these may: net\n");
  CHECK(complaint("base/a.h", "  #  include <boost/any.hpp>") ==
        "base/a.h:2: base may not include <boost/any.hpp>; tests/tidy/rooms.txt does not know it\n");
  CHECK(complaint("base/a.h", "#include \"a.h\"") == "base/a.h:2: \"a.h\" is not written from the root of the tree\n");
  CHECK_FALSE(complaint("master/front.cpp", "#include <CLI/CLI.hpp>").empty());
  CHECK_FALSE(complaint("basement/a.cpp", "#include <vector>").empty());
  for (const char* fine : {"#include <vector>", "#include <unistd.h>", "#include \"net/a.h\"", "#include <CLI/CLI.hpp>",
                           "#include \"master/front.h\"", "// #include \"slave/b.h\""})
    CHECK(complaint("master/main.cpp", fine).empty());
  Complaints broken;
  parse_rooms("base\nnet | attic |\n", broken);
  CHECK(broken.size() == 2);
}

TEST_CASE("tidy: each breach of the style card is found") {
  const auto source = [](const std::string& path, const std::string& text) {
    return joined(check_source(path, text, {"sql/table.cpp"}));
  };
  CHECK(source("sql/a.h", "// A. Pure.\n#pragma once\n").empty());
  CHECK(source("sql/a.h", "// A.\n#pragma once\n").find("names its thread") != std::string::npos);
  CHECK(source("tests/a.h", "// A.\n#pragma once\n").empty());
  CHECK(source("sql/a.h", "#pragma once\n").find("opens with a comment") != std::string::npos);
  CHECK(source("sql/a.h", "// A.\n").find("#pragma once") != std::string::npos);
  CHECK(source("sql/a.h", "// A. Any thread.\n#pragma once\nusing namespace std;\n").find("sql/a.h:3:") == 0);
  CHECK(source("sql/FooBar.cpp", "").find("snake_case") != std::string::npos);
  CHECK(source("sql/a.cpp", std::string("#if") + " 0\n").find("switched off") != std::string::npos);
  CHECK(source("sql/a.cpp", std::string(601, '\n')).find("more than 600") != std::string::npos);
  CHECK(source("sql/table.cpp", std::string(601, '\n')).empty());
  CHECK(source("tests/unit/a.cpp", "sleep_for(1ms);\n").find("does not sleep") != std::string::npos);
  CHECK(source("tests/unit/a.cpp", "// poll interval\nsleep_for(1ms);\n").empty());
  CHECK(joined(check_text("a.md", "a\tb\nc \nd")).size() > 3);
  CHECK(check_text("a.md", "a\tb\nc \nd").size() == 3);
  CHECK(check_text("a.cpp", std::string("// TO") + "DO: x\n").size() == 1);
  CHECK(check_text("a.tsv", "a\tb\n").empty());
}

TEST_CASE("tidy: a long function and an unused header are found") {
  const std::string body = std::string(78, '\n');
  const auto function = [](const std::string& text) {
    return joined(check_functions("a.cpp", text, {"a.cpp listed"}));
  };
  CHECK(function("int f(int a,\n      int b) {\n" + body + "}\n").find("a.cpp:1: f has 81 lines") == 0);
  CHECK(function("int f() {\n" + body + "}\n").empty());
  CHECK(function("A B::f() {\n" + body + "\n}\n").find("a.cpp:1: B::f has 81 lines") == 0);
  CHECK(function("int listed() {\n\n" + body + "\n}\n").empty());
  CHECK(function("struct A {\n\n" + body + "\n};\n").empty());
  CHECK(function("int x;\nnamespace {\n\n" + body + "\n}  // namespace\n").empty());
  CHECK(joined(check_unused({{"a.h", ""}, {"b.h", ""}, {"b.cpp", "#include \"b.h\"\n"}})) ==
        "a.h:1: no file includes this header\n");
}
