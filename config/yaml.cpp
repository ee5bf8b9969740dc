#include "config/yaml.h"

#include <yaml-cpp/yaml.h>

#include <exception>
#include <map>
#include <utility>

#include "config/table.h"

namespace sqlcast::config {
namespace {

int line_of(const YAML::Node& node) { return node.Mark().line + 1; }

bool is_section(const std::string& name) {
  for (const Row& row : table())
    if (row.setting.name.starts_with(name + ".")) return true;
  return false;
}

class Flattener {
 public:
  Flattener(const std::string& file, std::vector<Given>& given, Problems& problems)
      : file_(file), given_(given), problems_(problems) {}

  void mapping(const YAML::Node& map, const std::string& prefix) {
    for (const auto& pair : map) {
      if (!pair.first.IsScalar()) {
        problem(line_of(pair.first), "a setting's name must be plain text");
        continue;
      }
      entry(prefix + pair.first.Scalar(), line_of(pair.first), pair.second);
    }
  }

 private:
  void entry(const std::string& name, int line, const YAML::Node& value) {
    const auto [first, fresh] = lines_.try_emplace(name, line);
    if (!fresh) {
      problem(line, name + ": is given twice; the first is on line " + std::to_string(first->second));
    } else if (value.IsMap() && find_row(name) == nullptr && name.find('.') == std::string::npos) {
      mapping(value, name + ".");
    } else if (is_section(name)) {
      section_value(name, line, value);
    } else if (value.IsScalar()) {
      scalar(name, line, value);
    } else if (value.IsNull()) {
      problem(line, name + ": has no value; give it one, or leave the line out");
    } else {
      problem(line, name + ": is a " + (value.IsSequence() ? "list" : "section") + "; accepted values: a single value");
    }
  }

  // A section with nothing in it is one whose lines are all commented out.
  void section_value(const std::string& name, int line, const YAML::Node& value) {
    if (value.IsNull()) return;
    if (name == "database" && value.IsScalar()) return scalar("database.mode", line, value);
    problem(line, name + ": is a section; put its settings below it, indented, as docs/configuration.md shows");
  }

  void scalar(const std::string& name, int line, const YAML::Node& value) {
    const std::string& tag = value.Tag();
    if (tag != "?" && tag != "!" && !tag.empty()) {
      problem(line, name + ": has the YAML tag " + tag + "; accepted values: plain or quoted text");
      return;
    }
    given_.push_back({name, value.Scalar(), file_ + ":" + std::to_string(line), Layer::file, false});
  }

  void problem(int line, const std::string& what) {
    problems_.push_back(file_ + ":" + std::to_string(line) + ": " + what);
  }

  const std::string& file_;
  std::vector<Given>& given_;
  Problems& problems_;
  std::map<std::string, int> lines_;
};

}  // namespace

std::vector<Given> flatten_yaml(const std::string& file, const std::string& text, Problems& problems) {
  std::vector<Given> given;
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1) {
      problems.push_back(file + ":" + std::to_string(line_of(documents[1])) +
                         ": a second YAML document begins; accepted values: one document");
    } else if (!documents.empty() && documents[0].IsMap()) {
      Flattener(file, given, problems).mapping(documents[0], "");
    } else if (!documents.empty() && !documents[0].IsNull()) {
      problems.push_back(file + ":" + std::to_string(line_of(documents[0])) +
                         ": is not a list of settings; accepted values: lines such as `listen: tcp://127.0.0.1:5750`");
    }
  } catch (const YAML::Exception& error) {
    const int line = error.mark.is_null() ? 1 : error.mark.line + 1;
    problems.push_back(file + ":" + std::to_string(line) + ": is not valid YAML: " + error.msg);
  } catch (const std::exception& error) {
    problems.push_back(file + ":1: cannot be read as YAML: " + error.what());
  }
  return given;
}

}  // namespace sqlcast::config
