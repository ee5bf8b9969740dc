#include "log/reader.h"

#include <algorithm>
#include <utility>

namespace sqlcast::log {

Result<std::vector<Sequence>> list_files(FileSystem& system, const std::string& folder) {
  const Result<std::vector<std::string>> names = system.list(folder);
  if (!names.ok()) return names.status();
  std::vector<Sequence> firsts;
  for (const std::string& name : *names)
    if (const Sequence first = first_of_name(name); first != 0) firsts.push_back(first);
  std::sort(firsts.begin(), firsts.end());
  return firsts;
}

Result<std::optional<Hash>> find_cluster(FileSystem& system, const std::string& folder) {
  const Result<std::vector<Sequence>> files = list_files(system, folder);
  if (!files.ok()) return files.status();
  if (files->empty()) return std::optional<Hash>();
  const std::string path = folder + "/" + file_name(files->front());
  const Result<std::unique_ptr<File>> file = system.open(path, false);
  if (!file.ok()) return file.status();
  std::string block(kHeaderBytes, '\0');
  const Result<std::size_t> size = (*file)->read(0, block.data(), block.size());
  if (!size.ok()) return size.status();
  block.resize(*size);
  const Result<FileHeader> header = decode_header(block, path);
  if (!header.ok()) return header.status();
  return std::optional(header->cluster);
}

Status LogReader::damaged(const std::string& what) const {
  const std::string where = cursor_ ? cursor_->path() + ", offset " + std::to_string(cursor_->offset()) : folder_;
  return Status::error(Code::io,
                       where + ": the log is damaged: " + what +
                           ". Nothing was changed; what is behind it has to come from another node or a backup");
}

Status LogReader::open_file(Sequence first) {
  Result<FileCursor> cursor = FileCursor::open(system_, folder_, first, cluster_);
  if (!cursor.ok()) return cursor.status();
  cursor_.emplace(std::move(*cursor));
  return ok_status();
}

Result<Position> LogReader::seek(Sequence after, const Position& limit) {
  Status status = open_near(after, limit);
  if (status.ok()) status = walk_to(after, limit);
  if (status.ok() && chain_->end().sequence != after)
    status = Status::error(Code::diverged, "no group of the log ends at sequence " + std::to_string(after));
  if (status.ok()) return chain_->end();
  chain_.reset();
  return status;
}

Result<Position> LogReader::seek_entry(Sequence after, const Position& limit) {
  Status status = open_near(after, limit);
  if (status.ok()) status = walk_to(after, limit);
  if (status.ok()) return chain_->end();
  chain_.reset();
  return status;
}

// Opens the file that has the group behind `after`, at a place not behind it.
Status LogReader::open_near(Sequence after, const Position& limit) {
  cursor_.reset();
  chain_.reset();
  if (after > limit.sequence)
    return Status::error(Code::bad_request, "the log ends at sequence " + std::to_string(limit.sequence) + ", before " +
                                                std::to_string(after));
  const Result<std::vector<Sequence>> files = list_files(system_, folder_);
  if (!files.ok()) return files.status();
  // The group behind `after` is in the last file that begins no later; a file that begins with it may not be there yet.
  auto file = std::upper_bound(files->begin(), files->end(), after + 1);
  if (file == files->begin())
    return Status::error(Code::snapshot_required, "the log begins at entry " +
                                                      (files->empty() ? "(none)" : std::to_string(files->front())) +
                                                      ", and what follows entry " + std::to_string(after) +
                                                      " was trimmed: it is in a backup, or in a copy of a node's data");
  --file;
  if (Status status = open_file(*file); !status.ok()) return status;
  chain_.emplace(cursor_->header().start());
  if (const auto point = index_.before(*file, after)) {
    cursor_->go_to(point->offset);
    chain_.emplace(point->position);
  }
  return ok_status();
}

// Up to the end of the last group that ends at `after` or before.
Status LogReader::walk_to(Sequence after, const Position& limit) {
  while (chain_->end().sequence < after) {
    const Position end = chain_->end();
    const std::uint64_t offset = cursor_->offset();
    const Sequence file = cursor_->header().first;
    const Result<std::optional<proto::Group>> group = advance(limit, false);
    if (!group.ok()) return group.status();
    if (!*group) return damaged("it ends before sequence " + std::to_string(after));
    if ((*group)->last > after) {
      go_back(file, offset, end);
      break;
    }
  }
  return ok_status();
}

// To where the reader stood; in a file that was opened since, that is the beginning.
void LogReader::go_back(Sequence file, std::uint64_t offset, const Position& end) {
  cursor_->forget();
  cursor_->go_to(cursor_->header().first == file ? offset : kHeaderBytes);
  chain_.emplace(end);
}

Result<std::optional<proto::Group>> LogReader::next(const Position& limit) {
  if (!chain_) return Status::error(Code::internal, "the log's reader has not been told where to begin");
  return advance(limit, true);
}

Result<std::optional<proto::Group>> LogReader::advance(const Position& limit, bool keep) {
  if (limit != limit_) cursor_->forget();
  limit_ = limit;
  const Position begin = chain_->end();
  const std::uint64_t offset = cursor_->offset();
  const Sequence file = cursor_->header().first;
  Result<std::optional<proto::Group>> group = advance_from_here(limit, keep);
  if (!group.ok()) go_back(file, offset, begin);
  return group;
}

Result<std::optional<proto::Group>> LogReader::advance_from_here(const Position& limit, bool keep) {
  bool void_follows = false;
  while (void_follows || chain_->end().sequence < limit.sequence) {
    Record record;
    const Result<Look> look = cursor_->look(record);
    if (!look.ok()) return look.status();
    if (*look == Look::bad) return damaged("a record is damaged");
    if (*look == Look::nothing) {
      if (chain_->open()) return damaged("a group does not end");
      if (Status status = next_file(); !status.ok()) return status;
      continue;
    }
    const Result<Hash> hash = chain_->judge(record);
    if (!hash.ok()) return damaged(hash.status().message);
    if (*hash != record.hash) return damaged("the hash of group " + std::to_string(record.first) + " differs");
    std::optional<proto::Group> group = chain_->take(record, *hash, keep);
    void_follows = false;
    const bool unsure = record.complete || (group && group->last >= limit.sequence);
    cursor_->skip(record);
    if (!group) continue;
    if (unsure) {
      const Result<bool> voided = is_void(*group, limit);
      if (!voided.ok()) return voided.status();
      void_follows = *voided;
      if (void_follows) continue;
    }
    index_.note({cursor_->header().first, cursor_->offset(), chain_->end()});
    return group;
  }
  return std::optional<proto::Group>();
}

// A complete group may be followed by its void, and the limit be a later group with the same sequences, or the very
// same one, tried again. The limit's own group need not be followed by anything, and what follows may be half written;
// behind any other stands a record, or the next file.
Result<bool> LogReader::is_void(const proto::Group& group, const Position& limit) {
  const bool is_limit = group.last == limit.sequence && group.hash == limit.hash;
  for (;;) {
    Record record;
    const Result<Look> look = cursor_->look(record);
    if (!look.ok()) return look.status();
    if (*look == Look::bad && !is_limit) return damaged("a record is damaged");
    if (*look == Look::record && record.type == RecordType::mark) {
      cursor_->skip(record);
      continue;
    }
    if (*look == Look::record && record.type == RecordType::none) return true;
    if (is_limit) return false;
    if (group.last >= limit.sequence)
      return Status::error(Code::diverged, cursor_->path() + ": the log has another group than was asked for, up to " +
                                               std::to_string(limit.sequence));
    return false;
  }
}

Status LogReader::next_file() {
  const Position at = chain_->end();
  const FileHeader before = cursor_->header();
  const std::string missing = folder_ + "/" + file_name(at.sequence + 1);
  const Result<std::vector<Sequence>> files = list_files(system_, folder_);
  if (!files.ok()) return files.status();
  if (at.sequence + 1 == before.first || !std::binary_search(files->begin(), files->end(), at.sequence + 1))
    return damaged("it ends after sequence " + std::to_string(at.sequence) + ", and there is no file " + missing);
  std::optional<FileCursor> left = std::move(cursor_);
  Status status = open_file(at.sequence + 1);
  if (status.ok() && cursor_->header().start() != at)
    status = damaged("the file before it ends with another hash or epoch than this one begins with");
  if (!status.ok()) cursor_ = std::move(left);
  if (status.ok()) chain_.emplace(at);
  return status;
}

Status verify_log(FileSystem& system, const std::string& folder, const Hash& cluster, const Position& end) {
  const Result<std::vector<Sequence>> files = list_files(system, folder);
  if (!files.ok()) return files.status();
  SparseIndex index;
  LogReader reader(system, folder, cluster, index);
  const Result<Position> begin = reader.seek(files->empty() ? end.sequence : files->front() - 1, end);
  if (!begin.ok()) return begin.status();
  for (;;) {
    const Result<std::optional<proto::Group>> group = reader.next(end);
    if (!group.ok()) return group.status();
    if (!*group) return ok_status();
  }
}

}  // namespace sqlcast::log
