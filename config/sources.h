// Where settings come from before they are judged: the YAML file, the `.env` beside it, the process environment.
// Everything found is kept with the place it was found at, so that a refusal can point there. Nothing here throws.
// Any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace sqlcast::config {

// Higher beats lower.
enum class Layer { file = 1, dotenv = 2, environment = 3, flag = 4 };

// A setting and its text, as found at `where` ("master.yaml:12", "environment SQLCAST_NAME", "--name").
struct Given {
  std::string setting;  // dotted; may name no setting at all
  std::string text;
  std::string where;
  Layer layer = Layer::file;
  bool generic = false;  // DB_USER, DB_PASS: names that other programs use too
};

using Problems = std::vector<std::string>;

// Mappings flattened to dotted names, in file order. Syntax errors, lists, duplicates and missing values are
// problems; names and values are not judged here.
std::vector<Given> read_yaml(const std::string& file, Problems& problems);

struct DotenvValue {
  std::string value;
  int line = 0;
};

// KEY=VALUE lines with `export `, quotes and comments. No file is no values. `world_readable` tells whether
// everyone on the machine can read it.
std::map<std::string, DotenvValue> read_dotenv(const std::string& file, bool& world_readable, Problems& problems);

// The SQLCAST_… variables and DB_USER, DB_PASS among `environment`. An unknown SQLCAST_… name is a problem, except
// those that are meant for other programs of sqlcast (SQLCAST_DIR, SQLCAST_TEST_…).
std::vector<Given> from_environment(const std::map<std::string, std::string>& environment, Problems& problems);
std::vector<Given> from_dotenv(const std::string& file, const std::map<std::string, DotenvValue>& values,
                               Problems& problems);

// The first line of a password file. Unreadable, empty, longer than 4096 bytes, or readable by everyone: a problem,
// which begins with `where`.
std::string read_password_file(const std::string& file, const std::string& where, Problems& problems);

}  // namespace sqlcast::config
