// Settings: what the desktop client remembers, as `key = value` lines in [sections]. Values, and their text form.
// A file that cannot be understood is kept aside, defaults are used, and the user is told. Plain;
// one thread but for the Keeper.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"

namespace sqlcast::gui {

// A connection of this colour is in production: every write is asked about first.
inline constexpr std::string_view kProductionColour = "red";

struct SavedConnection {
  std::string name;
  std::vector<std::string> endpoints;
  std::string colour = "blue";  // blue, green, amber, red, violet, grey
  bool operator==(const SavedConnection&) const = default;
};

struct SavedTab {
  std::string title;
  std::string path;  // the file it was opened from; empty = none
  std::string text;  // what is in the editor, when it is not what is in the file
  std::string database;
  bool operator==(const SavedTab&) const = default;
};

struct Settings {
  std::string theme = "dark";  // dark, light
  float scale = 1.0F;          // 0.75 to 3, on top of the display's own
  bool live_panel = true;
  float sidebar_width = 250;  // in unscaled pixels
  float live_width = 320;
  float editor_share = 0.46F;  // of the height of the query view
  int window_width = 1440;
  int window_height = 900;
  std::string view = "query";
  std::string consistency = "session";
  int max_lag_ms = 2'000;
  int page_rows = 1'000;
  int fetch_rows = 1'000'000;  // rows held at most
  bool auto_complete = true;
  bool show_system = false;
  std::string last_connection;
  std::vector<SavedConnection> connections;
  std::vector<SavedTab> tabs;
  int active_tab = 0;
  bool operator==(const Settings&) const = default;
};

std::string print_settings(const Settings& settings);

// config: a line that is not understood, a value out of range. Unknown keys are left out silently: they may be
// a later version's.
Result<Settings> parse_settings(std::string_view text);

// Files. May block: the worker's, or at start.
struct LoadedSettings {
  Settings settings;
  std::string notice;  // not empty: what was wrong, and where the file was kept
};
bool has_settings(const std::string& folder);  // somebody's state is there
LoadedSettings load_settings(const std::string& folder);
Status save_settings(const std::string& folder, const Settings& settings);

// Writes settings and history into their folder, from any thread. Saves may come out of order: what is older than
// what has been written is left out.
class Keeper {
 public:
  explicit Keeper(std::string folder) : folder_(std::move(folder)) {}

  // May block, for the disk. `number` grows with each save. io with the system's reason.
  Status save(std::uint64_t number, const Settings& settings, std::string_view history);

 private:
  const std::string folder_;
  Mutex mutex_;
  std::uint64_t saved_ = 0;
};

// Whole files, for SQL files and exports. io with the system's reason. May block.
Result<std::string> read_file(const std::string& path, std::uint64_t max_bytes);
Status write_file(const std::string& path, std::string_view text);  // beside it first, then renamed

}  // namespace sqlcast::gui
