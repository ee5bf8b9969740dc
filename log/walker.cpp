#include "log/walker.h"

#include <algorithm>
#include <utility>

#include "log/reader.h"

namespace sqlcast::log {
namespace {

std::string at(const std::string& path, std::uint64_t offset) {
  return path + " (offset " + std::to_string(offset) + ")";
}

Status damaged_at(const std::string& where, const std::string& what) {
  return Status::error(Code::io, where + ": the log is damaged: " + what + ". " + kReplaceFile);
}

bool begins(const Record& record) { return record.type == RecordType::begin || record.type == RecordType::ddl_begin; }

bool contains(const std::vector<Sequence>& files, Sequence first) {
  return std::binary_search(files.begin(), files.end(), first);
}

FileSummary summarize(FileSystem& system, const std::string& folder, Sequence first, std::optional<Hash>& cluster) {
  FileSummary file;
  file.first = first;
  file.path = folder + "/" + file_name(first);
  const Result<FileCursor> cursor = FileCursor::open(system, folder, first, cluster);
  file.status = cursor.status();
  if (cursor.ok()) {
    file.bytes = cursor->file_bytes();
    file.header = cursor->header();
    cluster = file.header.cluster;
    return file;
  }
  const Result<std::unique_ptr<File>> opened = system.open(file.path, false);
  const Result<std::uint64_t> size = opened.ok() ? (*opened)->size() : Result<std::uint64_t>(opened.status());
  if (size.ok()) file.bytes = *size;  // else the status says already what is wrong
  return file;
}

}  // namespace

Result<std::vector<FileSummary>> summarize_files(FileSystem& system, const std::string& folder) {
  const Result<std::vector<Sequence>> firsts = list_files(system, folder);
  if (!firsts.ok()) return firsts.status();
  std::vector<FileSummary> files;
  std::optional<Hash> cluster;
  for (const Sequence first : *firsts) {
    FileSummary file = summarize(system, folder, first, cluster);
    if (!file.status.ok()) {  // it may have been removed meanwhile
      const Result<std::vector<Sequence>> now = list_files(system, folder);
      if (!now.ok()) return now.status();
      if (!contains(*now, first)) continue;
    } else if (!files.empty() && files.back().status.ok()) {
      file.status = check_order(file.header, file.path, files.back().first);
    }
    files.push_back(std::move(file));
  }
  return files;
}

Result<LogWalker> LogWalker::open(FileSystem& system, std::string folder) {
  LogWalker walker(system, std::move(folder));
  if (Status status = walker.relist(); !status.ok()) return status;
  walker.finished_ = walker.files_.empty();
  if (!walker.finished_) walker.opening_ = walker.files_.front();
  return walker;
}

void LogWalker::start_at(Sequence first) {
  SQLCAST_CHECK(!cursor_ && listed(first));
  opening_ = first;
}

Result<std::optional<WalkedGroup>> LogWalker::next() {
  Result<std::optional<WalkedGroup>> found = step();
  // What is complete and has nothing more behind it is done. An error comes again.
  return complete_ && (!found.ok() || !*found) ? take_complete() : std::move(found);
}

Result<std::optional<WalkedGroup>> LogWalker::step() {
  for (;;) {
    if (finished_) {
      if (told_begun_ || !chain_ || !chain_->open()) return std::optional<WalkedGroup>();
      told_begun_ = true;
      return std::optional<WalkedGroup>(begun_group());
    }
    if (!cursor_) {
      if (Status status = open_file(); !status.ok()) return status;
      continue;
    }
    Record record;
    const Result<Look> found = look(record);
    if (!found.ok()) return found.status();
    if (*found != Look::record) {
      if (Status status = leave_file(*found); !status.ok()) return status;
      if (complete_) return take_complete();  // its void would stand in the same file
      continue;
    }
    const Result<Hash> hash = chain_->judge(record);
    if (!hash.ok()) return damaged(hash.status().message);
    if (*hash != record.hash) return damaged("the hash of group " + std::to_string(record.first) + " differs");
    std::optional<WalkedGroup> group = take(record, *hash);
    cursor_->skip(record);
    if (group) return group;
  }
}

std::optional<WalkedGroup> LogWalker::take(const Record& record, const Hash& hash) {
  std::optional<WalkedGroup> ready;
  if (begins(record)) {
    ready = std::exchange(complete_, std::nullopt);
    begin_offset_ = cursor_->offset();
  } else if (record.type == RecordType::none) {
    ready = complete_ ? std::exchange(complete_, std::nullopt) : std::optional<WalkedGroup>(begun_group());
    ready->outcome = Outcome::none;
    ready->group.hash = {};
  }
  std::optional<proto::Group> group = chain_->take(record, hash, record.last >= keep_from_);
  if (group) {
    WalkedGroup done{Outcome::done, std::move(*group), cursor_->path(), begin_offset_};
    (record.complete ? complete_ : ready) = std::move(done);
  }
  end_ = chain_->end();
  return ready;
}

// With no record of a group behind it.
std::optional<WalkedGroup> LogWalker::take_complete() {
  complete_->sure = !cursor_ || chain_->settled() == chain_->end();
  return std::exchange(complete_, std::nullopt);
}

WalkedGroup LogWalker::begun_group() const {
  const Begun& begun = *chain_->begun();
  WalkedGroup walked{Outcome::begun, {}, cursor_->path(), begin_offset_};
  walked.group.first = begun.first;
  walked.group.last = begun.last;
  walked.group.epoch = begun.epoch;
  walked.group.state = begun.ddl ? proto::GroupState::ddl_pending : proto::GroupState::committed;
  walked.group.previous_hash = chain_->end().hash;
  walked.group.commit_time_us = begun.time_us;
  if (begun.last >= keep_from_) walked.group.body = begun.bytes;
  return walked;
}

// Nothing here, or bytes that are no record: looked at once more, since a process may be writing just there. The names
// come first: what a file has is whole once another is behind it. The place itself comes last: it is on disk before a
// record says so.
Result<Look> LogWalker::look(Record& record) {
  Result<Look> found = cursor_->look(record);
  if (!found.ok() || *found == Look::record) return found;
  if (Status status = relist(); !status.ok()) return status;
  cursor_->forget();
  const Result<std::uint64_t> end = cursor_->end_of_data();
  if (!end.ok()) return end.status();
  behind_ = *end - cursor_->offset();
  const Result<bool> synced = behind_ == 0 ? Result<bool>(false) : cursor_->known_synced();
  if (!synced.ok()) return synced.status();
  known_synced_ = *synced;
  cursor_->forget();
  return cursor_->look(record);
}

Status LogWalker::leave_file(Look found) {
  const Sequence first = cursor_->header().first;
  const Sequence next = file_after(first);
  const bool clean = found == Look::nothing && behind_ == 0;
  if (next == 0 && known_synced_)
    return damaged("what stood here had been on disk when a record behind it was written");
  if (next == 0) {
    finished_ = true;
    ++walked_files_;
    if (!clean) tail_ = Tail{cursor_->path(), cursor_->offset(), behind_};
    return ok_status();
  }
  if (!clean) return damaged("what stands here is no record, and another file follows");
  if (chain_->open()) return damaged("a group does not end");
  unchecked_ = !listed(first) && next != chain_->end().sequence + 1;  // those between were removed meanwhile as well
  ++walked_files_;
  walked_bytes_ += cursor_->offset();
  left_ = at(cursor_->path(), cursor_->offset());
  cursor_.reset();
  opening_ = next;
  return ok_status();
}

Status LogWalker::open_file() {
  Result<FileCursor> cursor = FileCursor::open(system_, folder_, opening_, cluster_);
  if (!cursor.ok()) {
    if (Status status = relist(); !status.ok()) return status;
    const Sequence next = file_after(opening_);
    if (listed(opening_) || next == 0) return cursor.status();
    opening_ = next;  // it was removed meanwhile
    unchecked_ = true;
    return ok_status();
  }
  Status follows = unchecked_ ? ok_status() : check_follows(*cursor);
  misplaced_ = !follows.ok();
  if (misplaced_) return follows;
  unchecked_ = false;
  cluster_ = cursor->header().cluster;
  end_ = cursor->header().start();
  chain_.emplace(end_);
  cursor_.emplace(std::move(*cursor));
  return ok_status();
}

Status LogWalker::check_follows(const FileCursor& cursor) const {
  const FileHeader& header = cursor.header();
  if (Status status = check_order(header, cursor.path(), file_before(header.first)); !status.ok()) return status;
  if (!chain_ || chain_->end() == header.start()) return ok_status();
  return damaged_at(left_, "it ends after sequence " + std::to_string(chain_->end().sequence) + ", and " +
                               cursor.path() + " does not begin behind that, with the same epoch and hash");
}

bool LogWalker::skip() {
  if (misplaced_) {
    misplaced_ = false;
    return unchecked_ = true;
  }
  const Sequence next = file_after(cursor_ ? cursor_->header().first : opening_);
  if (cursor_) walked_bytes_ += cursor_->offset();
  ++walked_files_;
  cursor_.reset();
  chain_.reset();
  opening_ = next;
  finished_ = next == 0;
  return !finished_;
}

Status LogWalker::relist() {
  Result<std::vector<Sequence>> files = list_files(system_, folder_);
  if (files.ok()) files_ = std::move(*files);
  return files.status();
}

Sequence LogWalker::file_before(Sequence first) const {
  const auto found = std::lower_bound(files_.begin(), files_.end(), first);
  return found == files_.begin() ? 0 : *std::prev(found);
}

Sequence LogWalker::file_after(Sequence first) const {
  const auto found = std::upper_bound(files_.begin(), files_.end(), first);
  return found == files_.end() ? 0 : *found;
}

bool LogWalker::listed(Sequence first) const { return contains(files_, first); }

Status LogWalker::damaged(const std::string& what) const {
  return damaged_at(at(cursor_->path(), cursor_->offset()), what);
}

}  // namespace sqlcast::log
