#include "log/recovery.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "log/file_cursor.h"
#include "log/reader.h"

namespace sqlcast::log {
namespace {

constexpr std::size_t kCopyChunk = 256U << 10U;

std::string at(const std::string& path, std::uint64_t offset) {
  return path + " (offset " + std::to_string(offset) + "): ";
}

Status copy_tail(File& to, FileCursor& cursor, std::uint64_t end) {
  for (std::uint64_t from = cursor.offset(); from < end; from += kCopyChunk) {
    const Result<std::string_view> bytes = cursor.view(from, std::min<std::uint64_t>(kCopyChunk, end - from));
    if (!bytes.ok()) return bytes.status();
    if (Status status = write_all(to, from - cursor.offset(), *bytes); !status.ok()) return status;
  }
  return to.sync();
}

// Keeps [offset, end) of the cursor's file in a file of its own, durably; its path.
Result<std::string> keep_aside(FileSystem& system, const std::string& folder, FileCursor& cursor, std::uint64_t end) {
  const Result<std::vector<std::string>> names = system.list(folder);
  if (!names.ok()) return names.status();
  const std::string stem = file_name(cursor.header().first) + ".torn-" + std::to_string(cursor.offset());
  std::string name = stem;
  for (unsigned i = 2; std::find(names->begin(), names->end(), name) != names->end(); ++i)
    name = stem + "-" + std::to_string(i);
  const std::string path = folder + "/" + name;
  Result<std::unique_ptr<File>> kept = system.create(path);
  if (!kept.ok()) return kept.status();
  if (Status status = copy_tail(**kept, cursor, end); !status.ok()) {
    static_cast<void>(system.remove(path));  // half a copy helps nobody; what failed first is what is told
    return status;
  }
  if (Status status = system.sync_folder(folder); !status.ok()) return status;
  return path;
}

// Walks the last file to its end; then the cursor stands where the next record goes. `synced`: how far the file was on
// disk, as its own records say.
Status walk(FileCursor& cursor, GroupChain& chain, std::uint64_t& synced, SparseIndex& index) {
  for (;;) {
    Record record;
    const Result<Look> look = cursor.look(record);
    if (!look.ok()) return look.status();
    if (*look != Look::record) return ok_status();
    const bool begins = record.type == RecordType::begin || record.type == RecordType::ddl_begin;
    // No void can follow any more for what stands before a begin.
    if (begins && chain.end().sequence + 1 == record.first)
      index.note({cursor.header().first, cursor.offset(), chain.end()});
    const Result<Hash> hash = chain.judge(record);
    const bool same = hash.ok() && *hash == record.hash;
    if (!same)
      return Status::error(Code::io, at(cursor.path(), cursor.offset()) + "the log is damaged: " +
                                         (hash.ok() ? "the hash of group " + std::to_string(record.first) + " differs"
                                                    : hash.status().message) +
                                         ". " + kReplaceFile);
    chain.take(record, *hash, false);
    synced = std::max(synced, record.synced);
    cursor.skip(record);
  }
}

// What is behind the last good record: nothing, a torn tail, which is cut off, or damage.
Result<std::optional<Torn>> judge_tail(FileSystem& system, const std::string& folder, FileCursor& cursor, File& file) {
  const Result<std::uint64_t> end = cursor.end_of_data();
  if (!end.ok()) return end.status();
  if (*end == cursor.offset()) return std::optional<Torn>();
  const Result<bool> synced = cursor.known_synced();
  if (!synced.ok()) return synced.status();
  if (*synced)
    return Status::error(Code::io, at(cursor.path(), cursor.offset()) +
                                       "the log is damaged: what stood here had been on disk when a record behind it "
                                       "was written. " +
                                       kReplaceFile);
  const Result<std::string> kept = keep_aside(system, folder, cursor, *end);
  if (!kept.ok()) return kept.status();
  if (Status status = write_zeros(file, cursor.offset(), *end); !status.ok()) return status;
  return std::optional<Torn>(Torn{cursor.path(), cursor.offset(), *end - cursor.offset(), *kept});
}

// Writes [from, offset) once more as it was read, and syncs. A process that was killed has left there what is in memory
// only; and after a sync that failed the system takes it for written, though it is not: a sync alone would do nothing.
Status make_durable(FileCursor& cursor, File& file, std::uint64_t from) {
  while (from < cursor.offset()) {
    const Result<std::string_view> bytes =
        cursor.view(from, std::min<std::uint64_t>(kCopyChunk, cursor.offset() - from));
    if (!bytes.ok()) return bytes.status();
    if (bytes->empty()) return Status::error(Code::io, at(cursor.path(), from) + "the log file became shorter");
    if (Status status = write_all(file, from, *bytes); !status.ok()) return status;
    from += bytes->size();
  }
  return file.sync();
}

}  // namespace

Result<std::optional<Recovered>> recover(FileSystem& system, const std::string& folder, const Hash& cluster,
                                         SparseIndex& index) {
  const Result<std::vector<Sequence>> files = list_files(system, folder);
  if (!files.ok()) return files.status();
  if (files->empty()) return std::optional<Recovered>();
  std::optional<FileCursor> last;
  Sequence previous = 0;
  for (const Sequence first : *files) {
    Result<FileCursor> cursor = FileCursor::open(system, folder, first, cluster);
    if (!cursor.ok()) return cursor.status();
    if (Status status = check_order(cursor->header(), cursor->path(), previous); !status.ok()) return status;
    previous = first;
    last.emplace(std::move(*cursor));
  }
  GroupChain chain(last->header().start());
  std::uint64_t synced = kHeaderBytes;
  if (Status status = walk(*last, chain, synced, index); !status.ok()) return status;
  Result<std::unique_ptr<File>> file = system.open(last->path(), true);
  if (!file.ok()) return file.status();
  Result<std::optional<Torn>> torn = judge_tail(system, folder, *last, **file);
  if (!torn.ok()) return torn.status();
  if (Status status = make_durable(*last, **file, synced); !status.ok()) return status;
  if (Status status = system.sync_folder(folder); !status.ok()) return status;
  return std::optional<Recovered>(Recovered{files->front(), last->header(), last->offset(), std::move(chain), *torn});
}

}  // namespace sqlcast::log
