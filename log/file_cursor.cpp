#include "log/file_cursor.h"

#include <algorithm>

namespace sqlcast::log {
namespace {

bool is_zero(std::string_view bytes) { return bytes.find_first_not_of('\0') == std::string_view::npos; }

}  // namespace

Result<FileCursor> FileCursor::open(FileSystem& system, const std::string& folder, Sequence first,
                                    const std::optional<Hash>& cluster) {
  const std::string path = folder + "/" + file_name(first);
  Result<std::unique_ptr<File>> file = system.open(path, false);
  if (!file.ok()) return file.status();
  FileCursor cursor(std::move(*file), path);
  const Result<std::uint64_t> size = cursor.file_->size();
  if (!size.ok()) return size.status();
  cursor.size_ = *size;
  const Result<std::string_view> block = cursor.view(0, kHeaderBytes);
  if (!block.ok()) return block.status();
  Result<FileHeader> header = decode_header(*block, path);
  if (!header.ok()) return header.status();
  if (cluster && header->cluster != *cluster)
    return Status::error(Code::diverged, path +
                                             " (offset 0): this log file belongs to another cluster. Nothing was "
                                             "changed. Put the files of this node's own cluster into its folder");
  if (header->first != first)
    return Status::error(Code::io, path + " (offset 0): the log file's header says that it begins at sequence " +
                                       std::to_string(header->first) + "; give it back that name");
  cursor.header_ = *header;
  return cursor;
}

Result<std::string_view> FileCursor::view(std::uint64_t offset, std::size_t size) {
  const bool held = offset >= window_at_ && offset - window_at_ + size <= window_.size();
  if (!held) {
    if (offset + size > size_) {  // it may have grown
      const Result<std::uint64_t> now = file_->size();
      if (!now.ok()) return now.status();
      size_ = *now;
    }
    const std::uint64_t there = offset < size_ ? size_ - offset : 0;
    window_.resize(std::min<std::uint64_t>(std::max(size, read_ahead_), there));
    window_at_ = offset;
    read_ahead_ = std::min(read_ahead_ * 2, kLastReadAhead);
    const Result<std::size_t> count = file_->read(offset, window_.data(), window_.size());
    if (!count.ok()) {
      window_.clear();
      return count.status();
    }
    window_.resize(*count);
    if (window_.capacity() > 2 * kLastReadAhead && window_.size() <= kLastReadAhead) window_.shrink_to_fit();
  }
  return std::string_view(window_).substr(offset - window_at_, size);
}

Result<Look> FileCursor::look(Record& record) {
  const Result<std::string_view> head = view(offset_, kRecordHeadBytes);
  if (!head.ok()) return head.status();
  if (is_zero(*head)) return Look::nothing;
  if (!decode_head(*head, header_.salt, offset_, record)) return Look::bad;
  const Result<std::string_view> all = view(offset_, record.size);  // no more than the file has
  if (!all.ok()) return all.status();
  const bool good = all->size() == record.size && decode_content(*all, header_.salt, offset_, record);
  return good ? Look::record : Look::bad;
}

Result<std::uint64_t> FileCursor::end_of_data() {
  std::uint64_t end = offset_;
  for (std::uint64_t at = offset_;; at += kLastReadAhead) {
    const Result<std::string_view> bytes = view(at, kLastReadAhead);
    if (!bytes.ok()) return bytes.status();
    const std::size_t last = bytes->find_last_not_of('\0');
    if (last != std::string_view::npos) end = at + last + 1;
    if (bytes->size() < kLastReadAhead) return end;
  }
}

Result<bool> FileCursor::known_synced() {
  for (std::uint64_t at = offset_;; at += kLastReadAhead) {
    // A head that begins inside one piece may end in the next.
    const Result<std::string_view> bytes = view(at, kLastReadAhead + kRecordHeadBytes);
    if (!bytes.ok()) return bytes.status();
    for (std::size_t i = 0; i < kLastReadAhead && i + kRecordHeadBytes <= bytes->size(); i += kRecordAlignment) {
      Record record;
      // Its content need not be whole: the head alone says what was on disk then.
      if (decode_head(bytes->substr(i, kRecordHeadBytes), header_.salt, at + i, record) && record.synced > offset_)
        return true;
    }
    if (bytes->size() < kLastReadAhead + kRecordHeadBytes) return false;
  }
}

Status check_order(const FileHeader& header, const std::string& path, Sequence previous) {
  if (previous == 0 || header.previous_first == previous) return ok_status();
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  if (header.previous_first > previous && header.previous_first < header.first)
    return Status::error(Code::io, "the log file " + folder + file_name(header.previous_first) +
                                       " is missing: the header of " + path + " (offset 0) says that it was there. " +
                                       kReplaceFile);
  return Status::error(Code::io, path + " (offset 0): the log file does not follow " + folder + file_name(previous) +
                                     ". " + kReplaceFile);
}

}  // namespace sqlcast::log
