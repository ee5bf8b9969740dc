// ImportJob: one import of a file into a cluster, or a look at what it would do, on a thread of its own: the same
// client/load as `sqlcast import`. The destructor stops it and waits for nothing: a disk or a network that hangs would
// keep the window. Does not block, but for wait_for_ended(). UI thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "client/load/loader.h"

namespace sqlcast::gui {

class ImportJob {
 public:
  static constexpr std::size_t kPreviewRows = 50;
  static constexpr std::size_t kCellCharacters = 200;

  struct Cell {
    std::string text;  // the beginning of it
    bool null = false;
  };
  using Records = std::vector<std::vector<Cell>>;

  struct State {
    load::Progress progress;
    // Of a look at rows: the first records, the one that names the columns among them; null: not read yet.
    std::shared_ptr<const Records> records;
    char separator = 0;      // what was guessed; 0: nothing was
    std::string definition;  // of the table that is, or would be, made
    std::string summary;     // what was done, or would be; empty until then
    Status status;           // once finished
    bool left_out = false;   // rows or tables were
    bool finished = false;
    double seconds = 0;
  };

  // Reads the files alone. A separator of 0 is guessed from the first lines.
  static std::shared_ptr<ImportJob> look(load::LoadOptions options);
  // `options.cluster` and `checkpoints` are set by it.
  static std::shared_ptr<ImportJob> begin(load::LoadOptions options, std::vector<std::string> endpoints);
  ~ImportJob();
  ImportJob(const ImportJob&) = delete;
  ImportJob& operator=(const ImportJob&) = delete;

  void stop();
  State state() const;
  const load::LoadOptions& options() const;

  // At the program's end: false when threads of jobs that are no more have not ended by then.
  static bool wait_for_ended(std::chrono::milliseconds most);

 private:
  struct Work;  // shared with the thread, which may outlive this object
  ImportJob(load::LoadOptions options, std::vector<std::string> endpoints);

  std::shared_ptr<Work> work_;
};

// CSV and TSV by their names, compressed ones too; anything else is taken for SQL.
bool names_rows(const std::string& path);
// A name for a table from that of a file: "People (1).csv.gz" → "people_1".
std::string table_for(const std::string& path);
// The one of , ; tab and | that divides these lines most evenly; ',' when none does.
char guess_separator(std::string_view head);
// What client/load says, in the words of the window instead of the command line's options.
std::string in_window_words(std::string message);

}  // namespace sqlcast::gui
