// Fuzz target: a log file of any bytes, or of records whose checks hold and whose fields are anything, is looked
// at from outside, opened, read to its end, opened again and written on. Stops where an invariant breaks; allocations
// are bounded by the fuzzer's option.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "log/reader.h"
#include "log/walker.h"
#include "log/writer.h"
#include "proto/entry.h"
#include "tests/fuzz/input.h"
#include "tests/unit/log_memory_fs.h"

using namespace sqlcast;
using namespace sqlcast::log;

namespace {

const std::string kFuzzFolder = "log";
constexpr std::uint64_t kSalt = 7;

Hash fuzz_cluster() { return proto::genesis_hash("fuzz"); }

std::string fuzz_header() {
  FileHeader header;
  header.first = 1;
  header.cluster = header.previous_hash = fuzz_cluster();
  header.salt = kSalt;
  return encode_header(header);
}

// A record that would be right, but for what the input says: fields that are off, a hash that is none, raw bytes.
void add_record(std::string& file, GroupChain& chain, Input& in) {
  const std::uint8_t what = in.byte();
  const std::uint8_t off = in.byte();
  if (what % 8 == 7) {
    file += std::string(in.take(off));
    return;
  }
  Record record;
  record.type = static_cast<RecordType>(1 + what % 6);
  record.complete = (what & 8U) != 0;
  record.epoch = chain.end().epoch + 1 + (off & 3U);
  record.first = chain.end().sequence + 1 + (off >> 2U & 1U);
  record.last = record.first + (off >> 3U & 3U);
  record.synced = (what & 16U) != 0 ? file.size() : in.byte();
  record.bytes = in.take(in.byte());
  record.fingerprint = in.take(off >> 5U);
  const auto& begun = chain.begun();
  if (begun && (off & 128U) == 0) {
    record.epoch = begun->epoch;
    record.last = begun->last;
    if (record.type != RecordType::begin && record.type != RecordType::ddl_begin) record.first = begun->first;
  }
  const Result<Hash> hash = chain.judge(record);
  if (hash.ok() && (what & 32U) == 0) record.hash = *hash;
  if (hash.ok()) chain.take(record, *hash, false);
  file += encode_record(record, kSalt, file.size());
  if ((what & 64U) != 0) file[file.size() - 1 - in.byte() % kRecordHeadBytes] ^= 1;
}

std::string file_of(Input& in) {
  const std::uint8_t mode = in.byte();
  if (mode == 'r') return std::string(in.rest());
  std::string file = fuzz_header();
  if (mode == 'h') return file + std::string(in.rest());
  GroupChain chain({0, 0, fuzz_cluster()});
  while (!in.empty()) add_record(file, chain, in);
  file.append(mode, '\0');
  return file;
}

Position read_all(FileSystem& system, SparseIndex& index, const Position& end) {
  LogReader reader(system, kFuzzFolder, fuzz_cluster(), index);
  const Result<Position> begin = reader.seek(0, end);
  SQLCAST_CHECK(begin.ok());
  Position at = *begin;
  for (;;) {
    const auto group = reader.next(end);
    SQLCAST_CHECK(group.ok());
    if (!*group) return at;
    SQLCAST_CHECK((*group)->previous_hash == at.hash && (*group)->first == at.sequence + 1);
    at = {(*group)->epoch, (*group)->last, (*group)->hash};
  }
}

// What is seen from outside, before anything is opened.
struct Seen {
  Status status;
  Position end;
  std::optional<Tail> tail;
  bool open = false;
};

Seen walk(FileSystem& system) {
  Result<LogWalker> walker = LogWalker::open(system, kFuzzFolder);
  SQLCAST_CHECK(walker.ok());
  walker->keep_from(0);
  Seen seen;
  for (;;) {
    const Result<std::optional<WalkedGroup>> group = walker->next();
    seen.status = group.status();
    if (!group.ok()) SQLCAST_CHECK(walker->next().status().message == group.status().message);
    if (!group.ok() || !*group) break;
    SQLCAST_CHECK(!seen.open);
    seen.open = (*group)->outcome == Outcome::begun;
  }
  seen.end = walker->end();
  seen.tail = walker->tail();
  return seen;
}

// The walker judges as a start does. (It takes any cluster's files.)
void check_same(const Seen& seen, const Result<OpenedLog>& opened) {
  if (!opened.ok()) {
    SQLCAST_CHECK(!seen.status.ok() || opened.status().code == Code::diverged);
    return;
  }
  SQLCAST_CHECK(seen.status.ok() && seen.end == opened->end);
  SQLCAST_CHECK(seen.open == (opened->begun && !opened->begun->complete));
  SQLCAST_CHECK(seen.tail.has_value() == opened->torn.has_value());
  if (seen.tail) SQLCAST_CHECK(seen.tail->offset == opened->torn->offset && seen.tail->bytes == opened->torn->bytes);
}

void check_log(const std::string& content) {
  test::MemoryFileSystem system;
  const std::string path = kFuzzFolder + "/" + file_name(1);
  system.set_content(path, content);
  LogSettings settings;
  settings.folder = kFuzzFolder;
  settings.cluster = fuzz_cluster();
  settings.file_bytes = kHeaderBytes + 1024;
  settings.prepare_beforehand = false;
  const Seen seen = walk(system);
  SQLCAST_CHECK(system.content(path) == content && system.paths().size() == 1);
  SparseIndex index;
  Result<OpenedLog> opened = open_log(system, settings, std::nullopt, index);
  check_same(seen, opened);
  if (!opened.ok()) {
    SQLCAST_CHECK(!opened.status().message.empty());
    SQLCAST_CHECK(system.content(path) == content && system.paths().size() == 1);
    return;
  }
  const Position end = opened->end;
  if (end.sequence != 0) SQLCAST_CHECK(read_all(system, index, end) == end);
  if (opened->torn) {
    const Torn& torn = *opened->torn;
    SQLCAST_CHECK(system.content(torn.kept) == content.substr(torn.offset, torn.bytes));
  }
  SparseIndex fresh;
  Result<OpenedLog> again = open_log(system, settings, std::nullopt, fresh);
  SQLCAST_CHECK(again.ok() && again->end == end && again->begun == opened->begun && !again->torn);
  LogWriter& writer = *again->writer;
  if (again->begun && !again->begun->complete) SQLCAST_CHECK(writer.append_void(1).ok());
  GroupBegin begin;
  begin.epoch = UINT64_MAX;
  begin.first = begin.last = end.sequence + 1;
  begin.bytes = "more";
  begin.complete = true;
  SQLCAST_CHECK(writer.append(begin).ok() && writer.sync().ok());
  const Position after = writer.durable().end;
  SQLCAST_CHECK(read_all(system, fresh, after) == after);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in({reinterpret_cast<const char*>(data), size});
  check_log(file_of(in));
  return 0;
}
