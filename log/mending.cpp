#include "log/mending.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "log/file_cursor.h"
#include "log/group_chain.h"
#include "log/reader.h"

namespace sqlcast::log {
namespace {

constexpr std::size_t kChunk = 256U << 10U;
constexpr const char* kNewName = "mend.tmp";

bool begins(const Record& record) { return record.type == RecordType::begin || record.type == RecordType::ddl_begin; }

// How far a file can be believed: up to the beginning of a group. All in front of that is certain, for no void can
// follow it any more.
struct Good {
  std::uint64_t offset = kHeaderBytes;
  Position end;  // of the last group in front of it
};

struct Walked {
  Good good;
  Position end;       // of the last group that can be read
  bool ended = true;  // at what is no record, outside of a group; not at damage that shows by itself
};

// What cannot be read is damage, too. The cursor stands where the walk ended.
Walked walk(FileCursor& cursor) {
  GroupChain chain(cursor.header().start());
  Walked walked;
  walked.good.end = walked.end = chain.end();
  for (;;) {
    Record record;
    const Result<Look> look = cursor.look(record);
    if (!look.ok() || *look != Look::record) {
      walked.ended = look.ok() && *look == Look::nothing && !chain.open();
      break;
    }
    const Result<Hash> hash = chain.judge(record);
    if (!hash.ok() || *hash != record.hash) {
      walked.ended = false;
      break;
    }
    if (begins(record)) walked.good = {cursor.offset(), chain.end()};
    chain.take(record, *hash, false);
    cursor.skip(record);
  }
  walked.end = chain.end();
  return walked;
}

// What the heads say that can still be read behind `offset`, of what was there before the damage. Unreadable pieces are
// left out.
struct Traces {
  std::optional<Record> newest;  // but for marks
  std::uint64_t synced = 0;      // the file was on disk up to there
  // Something stood behind the newest one, and has no head any more.
  bool unknown = false;
};

Traces find_traces(FileCursor& cursor, std::uint64_t offset) {
  Traces traces;
  std::uint64_t end = offset;  // of the last record, if nothing is unknown
  for (std::uint64_t at = offset; at < cursor.file_bytes(); at += kChunk) {
    const Result<std::string_view> bytes = cursor.view(at, kChunk + kRecordHeadBytes);
    if (!bytes.ok()) continue;
    for (std::size_t i = 0; i < kChunk && i + kRecordHeadBytes <= bytes->size(); i += kRecordAlignment) {
      Record record;
      if (!decode_head(bytes->substr(i, kRecordHeadBytes), cursor.header().salt, at + i, record)) continue;
      traces.synced = std::max(traces.synced, record.synced);
      if (record.type == RecordType::mark) {
        traces.unknown = traces.unknown || at + i != end;
      } else {
        traces.newest = record;
        traces.unknown = false;  // what it follows is known by its sequence
      }
      end = at + i + record.size;
    }
  }
  traces.unknown = traces.unknown || traces.synced > end;
  return traces;
}

// What the mended file has to lead to.
struct Goal {
  Sequence sequence = 0;
  std::optional<Hash> hash;    // nothing: not known
  std::optional<Epoch> epoch;  // the same
  std::uint64_t offset = 0;    // the file has to be so long, for something stood there; zero = it need not
};

Status does_not_fit(const std::string& path, const std::string& what) {
  return Status::error(Code::diverged, path + " cannot be mended from the other node: " + what +
                                           ". Nothing was changed; if another node or a backup has this history, take "
                                           "that");
}

// The new file, beside the old one.
class NewFile {
 public:
  static Result<NewFile> create(FileSystem& system, const std::string& folder, const FileHeader& header) {
    Result<std::unique_ptr<File>> file = system.create(folder + "/" + kNewName);
    if (!file.ok()) return file.status();
    NewFile made(std::move(*file), header.salt);
    if (Status status = write_all(*made.file_, 0, encode_header(header)); !status.ok()) return status;
    return made;
  }

  // The records of the old one up to `end`: they stay where they are.
  Status copy(FileCursor& old, std::uint64_t end) {
    while (offset_ < end) {
      const Result<std::string_view> bytes = old.view(offset_, std::min<std::uint64_t>(kChunk, end - offset_));
      if (!bytes.ok()) return bytes.status();
      if (bytes->empty()) return Status::error(Code::io, old.path() + ": the log file became shorter");
      if (Status status = write_all(*file_, offset_, *bytes); !status.ok()) return status;
      offset_ += bytes->size();
    }
    return ok_status();
  }

  // Judged by who adds it.
  Status add(const Record& record) {
    const std::string bytes = encode_record(record, salt_, offset_);
    if (Status status = write_all(*file_, offset_, bytes); !status.ok()) return status;
    offset_ += bytes.size();
    return ok_status();
  }

  // All of it is on disk, and it says so.
  Status finish() {
    if (Status status = file_->sync(); !status.ok()) return status;
    Record mark;
    mark.synced = offset_;
    if (Status status = add(mark); !status.ok()) return status;
    return file_->sync();
  }

  std::uint64_t offset() const { return offset_; }

 private:
  NewFile(std::unique_ptr<File> file, std::uint64_t salt) : file_(std::move(file)), salt_(salt) {}
  std::unique_ptr<File> file_;
  std::uint64_t salt_;
  std::uint64_t offset_ = kHeaderBytes;
};

class Mender {
 public:
  Mender(FileSystem& system, const std::string& folder, const MendingRules& rules, const FetchGroups& fetch)
      : system_(system), folder_(folder), rules_(rules), fetch_(fetch) {}

  Status list() {
    Result<std::vector<Sequence>> files = list_files(system_, folder_);
    if (files.ok()) files_ = std::move(*files);
    return files.status();
  }
  Sequence file_of(Sequence entry) const {
    const auto behind = std::upper_bound(files_.begin(), files_.end(), entry);
    return behind == files_.begin() ? 0 : *std::prev(behind);
  }
  Sequence file_before(Sequence first) const { return file_of(first - 1); }
  Sequence file_behind(Sequence first) const {
    const auto behind = std::upper_bound(files_.begin(), files_.end(), first);
    return behind == files_.end() ? 0 : *behind;
  }
  // A file between the two, as the second one says; 0 = none.
  Sequence missing_between(Sequence before, Sequence behind) const {
    if (before == 0 || behind == 0) return 0;
    const Result<FileCursor> cursor = FileCursor::open(system_, folder_, behind, std::nullopt);
    if (!cursor.ok()) return 0;
    const Sequence named = cursor->header().previous_first;
    return named > before && named < behind ? named : 0;
  }

  // The file that begins at `first`, which may be missing.
  Result<std::optional<Mended>> mend(Sequence first) {
    const std::string path = folder_ + "/" + file_name(first);
    Result<FileCursor> cursor = FileCursor::open(system_, folder_, first, std::nullopt);
    if (!cursor.ok() && cursor.status().code != Code::io) return cursor.status();
    const Sequence behind = file_behind(first);
    if (!cursor.ok()) return mend_without_header(path, first, behind, cursor.status());
    if (behind == 0) return mend_last(*cursor);
    if (!rules_.all) return std::optional<Mended>();
    Result<FileCursor> next = FileCursor::open(system_, folder_, behind, cursor->header().cluster);
    const Walked walked = walk(*cursor);
    if (!next.ok() && walked.ended && walked.end.sequence + 1 == behind) return std::optional<Mended>();
    if (!next.ok()) return next.status();
    if (walked.ended && walked.end == next->header().start()) return std::optional<Mended>();
    return write_anew(cursor->header(), &*cursor, walked.good, goal_of(next->header()));
  }

 private:
  static Goal goal_of(const FileHeader& next) {
    return {next.start().sequence, next.start().hash, next.start().epoch, 0};
  }

  Result<std::optional<Mended>> mend_last(FileCursor& cursor) {
    const Walked walked = walk(cursor);
    if (walked.ended) {
      const Result<std::uint64_t> end = cursor.end_of_data();
      if (end.ok() && *end == cursor.offset()) return std::optional<Mended>();
    }
    const Traces traces = find_traces(cursor, walked.good.offset);
    const std::optional<Record>& newest = traces.newest;
    const Result<bool> synced = cursor.known_synced();
    Record here;
    const Result<Look> look = cursor.look(here);
    const bool shows = look.ok() && *look == Look::record;  // it can be read, and does not follow
    if (look.ok() && synced.ok() && !*synced && !shows) return std::optional<Mended>();  // a torn tail, or nothing
    Goal goal{walked.good.end.sequence, std::nullopt, std::nullopt, 0};
    if (newest && newest->last > goal.sequence) {
      if (begins(*newest) && !newest->complete)
        return does_not_fit(cursor.path(), "a group that begins with entry " + std::to_string(newest->first) +
                                               " has no end here, and nobody else has it");
      const bool ends_none = newest->type == RecordType::none;
      if (!ends_none) goal = {newest->last, newest->hash, newest->epoch, 0};
      if (ends_none) goal.sequence = std::max(goal.sequence, newest->first - 1);
    }
    if (traces.unknown) goal.offset = traces.synced;
    return write_anew(cursor.header(), &cursor, walked.good, goal);
  }

  // It is gone, or its header cannot be read: what the header said is had from its neighbours.
  Result<std::optional<Mended>> mend_without_header(const std::string& path, Sequence first, Sequence behind,
                                                    const Status& why) {
    if (behind == 0) return why;  // nothing says how far it went
    const Result<FileCursor> next = FileCursor::open(system_, folder_, behind, std::nullopt);
    if (!next.ok()) return next.status();
    FileHeader header;
    header.first = first;
    header.previous_first = file_before(first);
    header.cluster = next->header().cluster;
    header.salt = random_salt();
    const Result<Position> start = start_of(first, header);
    if (!start.ok()) return start.status();
    header.previous_epoch = start->epoch;
    header.previous_hash = start->hash;
    header.time_us = next->header().time_us;  // nobody needs it longer than the next one
    const bool there = std::find(files_.begin(), files_.end(), first) != files_.end();
    const Result<std::unique_ptr<File>> old = system_.open(path, false);
    if (there && !old.ok()) return old.status();  // not damaged, for all we know
    return write_anew(header, nullptr, {kHeaderBytes, *start}, goal_of(next->header()));
  }

  // What the file has to begin behind.
  Result<Position> start_of(Sequence first, const FileHeader& header) {
    if (first == 1) return Position{0, 0, header.cluster};
    if (header.previous_first != 0) {
      Result<FileCursor> before = FileCursor::open(system_, folder_, header.previous_first, header.cluster);
      if (!before.ok()) return before.status();
      const Walked walked = walk(*before);
      if (walked.ended && walked.end.sequence + 1 == first) return walked.end;
      return Status::error(Code::io, before->path() +
                                         ": the log is damaged here, too: nothing says what the file "
                                         "behind it begins with");
    }
    const Result<std::vector<proto::Group>> groups = fetch_({0, first - 1, {}});
    if (!groups.ok()) return groups.status();
    if (groups->empty() || groups->front().first != first)
      return does_not_fit(folder_ + "/" + file_name(first),
                          "no group of its log begins with entry " + std::to_string(first));
    return Position{groups->front().epoch, first - 1, groups->front().previous_hash};
  }

  Result<std::optional<Mended>> write_anew(const FileHeader& header, FileCursor* old, const Good& good,
                                           const Goal& goal) {
    const std::string path = folder_ + "/" + file_name(header.first);
    Result<NewFile> file = NewFile::create(system_, folder_, header);
    if (!file.ok()) return file.status();
    Status status = old == nullptr ? ok_status() : file->copy(*old, good.offset);
    Position at = good.end;
    if (status.ok()) status = add_groups(path, *file, at, goal);
    if (status.ok()) status = file->finish();
    Mended mended{path, good.offset, good.end.sequence + 1, at.sequence, {}};
    if (status.ok()) status = keep_aside(path, good.offset, mended.kept);
    if (status.ok()) status = system_.rename(folder_ + "/" + kNewName, path);
    if (!status.ok()) {
      // What failed first is what is told.
      static_cast<void>(system_.remove(folder_ + "/" + kNewName));
      if (!mended.kept.empty()) static_cast<void>(system_.remove(mended.kept));
      return status;
    }
    if (status = system_.sync_folder(folder_); !status.ok()) return status;
    return std::optional(std::move(mended));
  }

  // Whether so many bytes can be what stood between and behind the groups that were added, and was of no group: marks,
  // of which a group and each start leave two, and fingerprints of definitions. One group more is no such number, but
  // for a small one by chance; the smallest is longer than a mark.
  static bool only_marks(std::uint64_t bytes, std::uint64_t groups, std::uint64_t definitions) {
    const std::uint64_t marks = groups == 0 ? 1 : 2 * groups + 2;
    for (std::uint64_t i = 0; i <= definitions && i * sizeof(Hash) <= bytes; ++i) {
      const std::uint64_t rest = bytes - i * sizeof(Hash);
      if (rest % kRecordHeadBytes == 0 && rest / kRecordHeadBytes <= marks) return true;
    }
    return false;
  }

  // Up to the goal, from the group behind `at`.
  Status add_groups(const std::string& path, NewFile& file, Position& at, const Goal& goal) {
    GroupChain chain(at);
    std::uint64_t added = 0;
    std::uint64_t definitions = 0;
    const auto reached = [&] { return at.sequence >= goal.sequence && file.offset() >= goal.offset; };
    while (!reached()) {
      const Result<std::vector<proto::Group>> groups = fetch_(at);
      if (!groups.ok()) return groups.status();
      if (groups->empty()) break;
      for (const proto::Group& group : *groups) {
        if (reached()) break;
        if (Status status = add_group(path, file, chain, group); !status.ok()) return status;
        at = chain.end();
        ++added;
        if (group.state == proto::GroupState::ddl_done) ++definitions;
        const bool fits = at.sequence != goal.sequence ||
                          ((!goal.hash || at.hash == *goal.hash) && (!goal.epoch || at.epoch == *goal.epoch));
        const bool passed = group.first <= goal.sequence && at.sequence > goal.sequence;
        if (!fits || passed)
          return does_not_fit(
              path, "its groups do not lead to what this log has behind entry " + std::to_string(goal.sequence));
      }
    }
    if (at.sequence < goal.sequence)
      return does_not_fit(path, "its log ends at entry " + std::to_string(at.sequence) + ", and entries up to " +
                                    std::to_string(goal.sequence) + " are needed");
    if (reached() || (rules_.has_all && only_marks(goal.offset - file.offset(), added, definitions)))
      return ok_status();
    return does_not_fit(path, "its log ends at entry " + std::to_string(at.sequence) +
                                  ", and what stood at the end of this one cannot be told any more");
  }

  static Status add_group(const std::string& path, NewFile& file, GroupChain& chain, const proto::Group& group) {
    const bool ddl = group.state == proto::GroupState::ddl_done;
    Record record;
    record.type = ddl ? RecordType::ddl_begin : RecordType::begin;
    record.complete = !ddl;
    record.epoch = group.epoch;
    record.first = group.first;
    record.last = group.last;
    record.time_us = group.commit_time_us;
    record.bytes = group.body;
    if (group.state == proto::GroupState::ddl_pending || group.body.size() > kMaxRecordBytes)
      return does_not_fit(path, "group " + std::to_string(group.first) + " is none of a log");
    for (bool last = !ddl;; last = true) {
      const Result<Hash> hash = chain.judge(record);
      const bool follows = hash.ok() && (!last || (*hash == group.hash && group.previous_hash == chain.end().hash));
      if (!follows)
        return does_not_fit(path, "group " + std::to_string(group.first) + " of its log does not follow entry " +
                                      std::to_string(chain.end().sequence) + " of this one");
      record.hash = *hash;
      if (Status status = file.add(record); !status.ok()) return status;
      chain.take(record, *hash, false);
      if (last) return ok_status();
      record.type = RecordType::ddl_end;
      record.bytes = {};
    }
  }

  // Byte for byte; zeros where it cannot be read.
  Status keep_aside(const std::string& path, std::uint64_t offset, std::string& kept) {
    const Result<std::unique_ptr<File>> old = system_.open(path, false);
    if (!old.ok()) return ok_status();  // it is missing
    const Result<std::vector<std::string>> names = system_.list(folder_);
    if (!names.ok()) return names.status();
    const std::string stem = path.substr(folder_.size() + 1) + ".damaged-" + std::to_string(offset);
    std::string name = stem;
    for (unsigned i = 2; std::find(names->begin(), names->end(), name) != names->end(); ++i)
      name = stem + "-" + std::to_string(i);
    kept = folder_ + "/" + name;
    const Status status = copy_readable(**old, kept);
    if (!status.ok()) static_cast<void>(system_.remove(kept));  // half a copy helps nobody
    return status;
  }

  Status copy_readable(const File& from, const std::string& path) {
    const Result<std::uint64_t> size = from.size();
    if (!size.ok()) return size.status();
    Result<std::unique_ptr<File>> to = system_.create(path);
    if (!to.ok()) return to.status();
    std::string bytes;
    for (std::uint64_t at = 0; at < *size; at += kChunk) {
      bytes.assign(std::min<std::uint64_t>(kChunk, *size - at), '\0');
      if (!from.read(at, bytes.data(), bytes.size()).ok()) bytes.assign(bytes.size(), '\0');
      if (Status status = write_all(**to, at, bytes); !status.ok()) return status;
    }
    return (*to)->sync();
  }

  FileSystem& system_;
  const std::string& folder_;
  const MendingRules rules_;
  const FetchGroups& fetch_;
  std::vector<Sequence> files_;
};

}  // namespace

std::string mended_text(const Mended& mended) {
  std::string text = mended.path + " (offset " + std::to_string(mended.offset) + "): ";
  text += mended.from > mended.to ? "what was damaged there was of no group"
                                  : "entries " + std::to_string(mended.from) + " to " + std::to_string(mended.to) +
                                        " were had from another node, and fit by their hashes";
  return mended.kept.empty() ? text : text + "; what stood there is kept as " + mended.kept;
}

Result<std::optional<Mended>> mend_file(FileSystem& system, const std::string& folder, Sequence entry,
                                        const FetchGroups& fetch) {
  Mender mender(system, folder, {.all = true}, fetch);
  if (Status status = mender.list(); !status.ok()) return status;
  const Sequence file = mender.file_of(entry);
  if (file == 0)
    return Status::error(Code::snapshot_required, folder + ": the log begins behind entry " + std::to_string(entry));
  const Sequence behind = mender.file_behind(file);
  if (behind == 0)
    return Status::error(Code::io, folder + "/" + file_name(file) +
                                       " is being written to, and can be mended only while the node does not run: "
                                       "restart it");
  const Sequence missing = mender.missing_between(file, behind);
  return mender.mend(missing == 0 || missing > entry ? file : missing);
}

Result<std::vector<Mended>> mend_closed_log(FileSystem& system, const std::string& folder, const MendingRules& rules,
                                            const FetchGroups& fetch) {
  Mender mender(system, folder, rules, fetch);
  std::vector<Mended> mended;
  for (Sequence done = 0;;) {
    if (Status status = mender.list(); !status.ok()) return status;
    const Sequence next = mender.file_behind(done);
    if (next == 0) return mended;
    const Sequence missing = mender.missing_between(done, next);
    const Sequence file = missing == 0 ? next : missing;
    Result<std::optional<Mended>> one = mender.mend(file);
    if (!one.ok()) return one.status();
    if (*one) mended.push_back(std::move(**one));
    done = file;
  }
}

}  // namespace sqlcast::log
