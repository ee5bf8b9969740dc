#include "client/load/import_session.h"

#include <random>
#include <utility>

#include "base/logging.h"
#include "client/load/input.h"

namespace sqlcast::load {
namespace {

using std::chrono::steady_clock;

// Which import it is: the files as they are now, and where they go.
std::string subject_of(const LoadOptions& options, const std::vector<Source>& sources) {
  std::string text = "2\n" + options.cluster + "\n" + options.rules.database + "\n";
  if (options.table) text += options.table->table.database + "." + options.table->table.name + "\n";
  for (const Source& source : sources) text += described(source.path);
  return text;
}

// How they are loaded. Whether the table is made is not of it: what was begun has made it.
std::string manner_of(const LoadOptions& options) {
  std::string text =
      std::string("\n") + (options.rules.views_invoker ? "v" : "") + (options.rules.engine_innodb ? "e" : "") + "\n";
  if (!options.table) return text;
  const TableTarget& table = *options.table;
  text += std::to_string(table.separator) + " " + std::to_string(table.quote) + (table.header ? "h" : "") +
          table.encoding + " " + table.null_marker.value_or("-") + "\n";
  for (const std::string& column : table.columns) text += column + ",";
  return text;
}

std::string new_client_id() {
  std::random_device random;
  return fmt::format("import-{:08x}{:08x}", random(), random());
}

}  // namespace

void Meter::at(std::uint64_t bytes) {
  now_.bytes = bytes;
  tick();
}

void Meter::rows(std::uint64_t more) {
  now_.rows += more;
  now_.waiting = false;
}

void Meter::waiting(const Status& why, double seconds) {
  now_.waiting = true;
  now_.why = why.message;
  now_.waiting_seconds = seconds;
  tick();
  now_.waiting = false;
}

void Meter::tick() {
  constexpr std::chrono::milliseconds kEvery{200};
  const auto now = steady_clock::now();
  if (!watch_.progress || now - last_ < kEvery) return;
  last_ = now;
  watch_.progress(now_);
}

SenderHooks hooks_of(Meter& meter) {
  SenderHooks hooks;
  hooks.stop = [&meter] { return meter.stop(); };
  hooks.tick = [&meter] { meter.tick(); };
  hooks.waiting = [&meter](const Status& why, double seconds) { meter.waiting(why, seconds); };
  return hooks;
}

std::uint64_t size_of(const std::vector<Source>& sources) {
  std::uint64_t bytes = 0;
  for (const Source& source : sources) {
    const std::uint64_t size = file_size(source.path);
    if (size == 0 && !is_regular_file(source.path)) return 0;
    bytes += size;
  }
  return bytes;
}

bool only_once(const std::vector<Source>& sources) {
  for (const Source& source : sources)
    if (!is_regular_file(source.path)) return true;
  return false;
}

Sequence known_position(client::Client& client, const Meter& meter) {
  while (!meter.stop()) {
    const auto status = client.status();
    if (status.ok()) return status->self.position;
  }
  return 0;
}

Result<Begun> begin_import(const LoadOptions& options, const std::vector<Source>& sources) {
  const std::string files = subject_of(options, sources);
  const std::string subject = files + manner_of(options);
  Begun begun{CheckpointFile(options.checkpoints, files), {}, false};
  if (only_once(sources)) {
    if (options.resume)
      return Status::error(Code::bad_request, "a pipe cannot be gone on with: only what is read from files has places");
    begun.checkpoint.client_id = new_client_id();
    begun.checkpoint.subject = subject;
    return begun;
  }
  const auto loaded = begun.file.load();
  if (!loaded) return loaded.status();
  if (*loaded && (*loaded)->subject.starts_with(files) && !options.restart) {
    const std::string interrupted =
        "an import of this was interrupted behind " + std::to_string((*loaded)->rows) + " rows";
    if ((*loaded)->subject != subject)
      return Status::error(Code::bad_request, interrupted +
                                                  ", with other options: with the same as then --resume goes on behind "
                                                  "what it has loaded, --restart begins anew");
    if (!options.resume)
      return Status::error(Code::bad_request,
                           interrupted + ": --resume goes on behind what it has loaded, --restart begins anew");
    begun.checkpoint = **loaded;
    begun.from_before = true;
    return begun;
  }
  if (options.resume)
    return Status::error(Code::bad_request,
                         "there is no interrupted import of these files, as they are now and with these options, to go "
                         "on with");
  begun.checkpoint.client_id = new_client_id();
  begun.checkpoint.subject = subject;
  return begun;
}

}  // namespace sqlcast::load
