#include "config/sources.h"

#include <sys/stat.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <exception>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>

#include "config/dotenv.h"
#include "config/table.h"
#include "config/text.h"
#include "config/yaml.h"

namespace sqlcast::config {
namespace {

constexpr std::uintmax_t kMaxFileBytes = 1U << 20U;
constexpr std::size_t kMaxPasswordBytes = 4'096;

// The bytes of a regular file (or a pipe); nothing, and a problem, otherwise.
std::optional<std::string> slurp(const std::string& file, const std::string& where, Problems& problems) {
  struct stat info {};
  const auto fail = [&](const std::string& why) {
    problems.push_back(where + ": cannot read '" + file + "': " + why);
    return std::nullopt;
  };
  if (::stat(file.c_str(), &info) != 0) return fail(std::strerror(errno));
  if (S_ISDIR(info.st_mode)) return fail("it is a folder");
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return fail(std::strerror(errno));
  std::string text(kMaxFileBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) return fail("input/output error");
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > kMaxFileBytes) return fail("it is larger than 1 MiB");
  return text;
}

bool readable_by_everyone(const std::string& file) {
  struct stat info {};
  return ::stat(file.c_str(), &info) == 0 && (info.st_mode & S_IROTH) != 0;
}

// Variables that other programs of sqlcast read.
bool meant_for_others(std::string_view name) {
  return name == "SQLCAST_DIR" || name == "SQLCAST_KEY" || name.starts_with("SQLCAST_TEST_");
}

void add_variable(const std::string& name, const std::string& value, const std::string& where, Layer layer,
                  std::vector<Given>& generic, std::vector<Given>& given, Problems& problems) {
  if (name == "DB_USER" && !value.empty()) generic.push_back({"database.user", value, where, layer, true});
  if (name == "DB_PASS") generic.push_back({"database.password", value, where, layer, true});
  if (!name.starts_with("SQLCAST_") || meant_for_others(name)) return;
  std::vector<std::string> known;
  for (const Row& row : table()) {
    known.push_back(environment_name(row.setting.name));
    if (known.back() != name) continue;
    given.push_back({std::string(row.setting.name), value, where, layer, false});
    return;
  }
  const std::string near = nearest(name, known);
  problems.push_back(where + ": no setting has this name; " +
                     (near.empty() ? "docs/configuration.md lists the settings" : "did you mean " + near + "?"));
}

// The generic names first, so that SQLCAST_DATABASE_USER beats DB_USER.
std::vector<Given> joined(std::vector<Given> generic, std::vector<Given> given) {
  generic.insert(generic.end(), std::make_move_iterator(given.begin()), std::make_move_iterator(given.end()));
  return generic;
}

}  // namespace

std::vector<Given> read_yaml(const std::string& file, Problems& problems) {
  const auto text = slurp(file, file, problems);
  if (!text) return {};
  return flatten_yaml(file, *text, problems);
}

std::map<std::string, DotenvValue> read_dotenv(const std::string& file, bool& world_readable, Problems& problems) {
  world_readable = false;
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0 && (errno == ENOENT || errno == ENOTDIR)) return {};
  const auto text = slurp(file, file, problems);
  if (!text) return {};
  world_readable = readable_by_everyone(file);
  return parse_dotenv(file, *text, problems);
}

std::vector<Given> from_environment(const std::map<std::string, std::string>& environment, Problems& problems) {
  std::vector<Given> generic;
  std::vector<Given> given;
  for (const auto& [name, value] : environment)
    add_variable(name, value, "environment " + name, Layer::environment, generic, given, problems);
  return joined(std::move(generic), std::move(given));
}

std::vector<Given> from_dotenv(const std::string& file, const std::map<std::string, DotenvValue>& values,
                               Problems& problems) {
  std::vector<Given> generic;
  std::vector<Given> given;
  for (const auto& [name, entry] : values) {
    const std::string where = file + ":" + std::to_string(entry.line) + ": " + name;
    add_variable(name, entry.value, where, Layer::dotenv, generic, given, problems);
  }
  return joined(std::move(generic), std::move(given));
}

std::string read_password_file(const std::string& file, const std::string& where, Problems& problems) {
  const auto text = slurp(file, where, problems);
  if (!text) return {};
  std::string password = text->substr(0, text->find_first_of("\r\n"));
  const auto refuse = [&](const std::string& why) { problems.push_back(where + ": '" + file + "' " + why); };
  if (readable_by_everyone(file)) refuse("can be read by everyone on this machine; run: chmod 600 '" + file + "'");
  if (password.empty()) refuse("has an empty first line; the password belongs there");
  if (password.size() > kMaxPasswordBytes || password.find('\0') != std::string::npos)
    refuse("does not look like a password: at most 4096 bytes of text are accepted");
  return password;
}

}  // namespace sqlcast::config
