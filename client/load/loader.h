// load(): dumps and scripts into a cluster, in the order in which that can be, with one summary of what became of each
// statement. The same for the command and for the window. One thread. May block, for files and the cluster.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "client/client.h"
#include "client/load/interpreter.h"
#include "client/load/statement.h"
#include "client/load/summary.h"

namespace sqlcast::load {

struct Progress {
  std::uint64_t bytes = 0;  // of the files, as often as they are read
  std::uint64_t total = 0;  // 0: not known
  std::uint64_t rows = 0;
  bool waiting = false;  // for a cluster that does not take it now: why, and for how long already
  std::string why;
  double waiting_seconds = 0;
};

struct Watch {
  std::function<bool()> stop;                     // true: end, and leave a checkpoint
  std::function<void(const Progress&)> progress;  // several times a second
};

// Files of rows, CSV or TSV, into one table.
struct TableTarget {
  TableName table;  // with its database
  bool create = false;
  char separator = ',';  // '\t': fields are escaped by backslashes instead of quoted, as `sqlcast --batch` writes them
  char quote = '"';
  bool header = true;                      // the first record names the columns
  std::vector<std::string> columns;        // instead of it; "" = that field is passed over
  std::optional<std::string> null_marker;  // default: an empty field without quotes, and \N in TSV
  std::string encoding;                    // as iconv names it; empty = UTF-8
};

struct LoadOptions {
  std::vector<std::string> files;  // "-" is standard input
  Rules rules;
  std::optional<TableTarget> table;                     // the files are of rows, not of SQL
  std::function<void(const std::string& sql)> created;  // told the definition of a new table, before it is made
  bool force = false;                                   // a statement that fails is left out, and the others go on
  bool resume = false;                // behind what an interrupted import of the same files has loaded
  bool restart = false;               // what such an import left behind is forgotten
  std::filesystem::path checkpoints;  // folder
  std::string cluster;                // a name for where it goes
};

// What was begun and not finished: a client opened for it has to have this id. A new one when there is nothing to go on
// with. bad_request when an interrupted import of these files is there and neither resume nor restart was said, or when
// there is none to resume.
Result<std::string> client_id_for(const LoadOptions& options);

// What load() would do, from the files alone. Errors as there.
Status preview(const LoadOptions& options, const Watch& watch, Summary& summary);

// `client` was opened with client_id_for(). Not ok: it has ended early, for the reason said; what is confirmed is
// remembered, and `resume` goes on from there. cancelled: by Watch::stop.
Status load(client::Client& client, const LoadOptions& options, const Watch& watch, Summary& summary);

}  // namespace sqlcast::load
