// Goal: the samples and the manual say what the table of settings says. Method: read them from the source tree.
#include <fstream>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>
#include "config/config.h"
#include "config/table.h"

using namespace sqlcast;
using namespace sqlcast::config;

namespace {

std::string source_file(const std::string& name) {
  std::ifstream stream(std::string(SQLCAST_SOURCE_DIR) + "/" + name);
  REQUIRE(stream);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::string roles(const Setting& setting) {
  if (setting.master && setting.slave) return "both";
  return setting.master ? "master" : "slave";
}

// Comment lines that hold a setting ("#key: value") become settings; prose has a blank after its #.
std::string uncommented(const std::string& yaml) {
  std::istringstream lines(yaml);
  std::string result;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t hash = line.find_first_not_of(' ');
    const bool setting = hash != std::string::npos && line[hash] == '#' && line.size() > hash + 1 &&
                         (line[hash + 1] != ' ' || line.substr(hash, 3) == "#  ");
    result += setting ? line.erase(hash, 1) + "\n" : line + "\n";
  }
  return result;
}

}  // namespace

TEST_CASE("config: the manual has each setting with type, default, nodes and meaning") {
  const std::string manual = source_file("docs/configuration.md");
  for (const Setting& setting : settings()) {
    const std::string row = "| `" + std::string(setting.name) + "` | " + std::string(setting.type) + " | `" +
                            setting.default_text + "` | " + roles(setting) + " | " + std::string(setting.description) +
                            " |\n";
    INFO("docs/configuration.md needs this line: " << row);
    CHECK(manual.find(row) != std::string::npos);
  }
  std::istringstream lines(manual);
  std::size_t rows = 0;
  for (std::string line; std::getline(lines, line);) rows += line.starts_with("| `") ? 1U : 0U;
  CHECK(rows == settings().size());
}

TEST_CASE("config: the samples work as they stand, on one machine") {
  const std::string folder = std::string(SQLCAST_SOURCE_DIR) + "/config/";
  const auto master = load(Role::master, {folder + "master.yaml", {}, {}});
  const auto slave = load(Role::slave, {folder + "slave.yaml", {}, {}});
  INFO(master.status().message << slave.status().message);
  REQUIRE(master);
  REQUIRE(slave);
  CHECK(slave->master == master->listen);
  CHECK(master->data_dir == std::string(SQLCAST_SOURCE_DIR) + "/var/master");
  CHECK(slave->data_dir == std::string(SQLCAST_SOURCE_DIR) + "/var/slave-1");
  CHECK(std::set<std::string>{master->listen, master->publish, slave->listen}.size() == 3);
}

TEST_CASE("config: what the samples show as defaults are the defaults") {
  for (const std::string name : {"config/master.yaml", "config/slave.yaml"}) {
    const std::string yaml = uncommented(source_file(name));
    for (const Row& row : table()) {
      if (row.setting.name.find('.') == std::string_view::npos || row.needs == Needs::external) continue;
      const std::string section(row.setting.name.substr(0, row.setting.name.find('.')));
      if (yaml.find("\n" + section + ":") == std::string::npos) continue;  // another's has the same word
      const std::string leaf = "  " + std::string(row.setting.name.substr(row.setting.name.find('.') + 1)) + ": ";
      const std::size_t at = yaml.find("\n" + leaf);
      if (at == std::string::npos) continue;
      const std::size_t begin = at + 1 + leaf.size();
      INFO(name << " " << row.setting.name);
      CHECK(yaml.substr(begin, yaml.find_first_of(" \n", begin) - begin) == row.setting.default_text);
    }
  }
}

TEST_CASE("config: each setting has one environment name of its own, a meaning, and a readable default") {
  std::set<std::string> names;
  for (const Row& row : table()) {
    CHECK(names.insert(environment_name(row.setting.name)).second);
    CHECK(row.setting.description.ends_with('.'));
    NodeConfig config;
    if (!row.format(config).empty()) CHECK(row.parse(row.format(config), config));
  }
  CHECK(names.contains("SQLCAST_LIMITS_PAGE_ROWS"));
  CHECK(names.contains("SQLCAST_DATABASE_MODE"));
  CHECK(settings().size() == table().size());
}
