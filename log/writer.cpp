#include "log/writer.h"

#include <algorithm>
#include <utility>

#include "log/reader.h"

namespace sqlcast::log {
namespace {

constexpr const char* kPreparedName = "next.tmp";

std::string room_needed(std::uint64_t bytes) {
  return "; " + std::to_string(bytes) + " bytes are needed. Nothing was changed; writing goes on when there is room";
}

}  // namespace

LogWriter::LogWriter(FileSystem& system, LogSettings settings)
    : system_(system),
      settings_(std::move(settings)),
      preparer_(system, settings_.folder + "/" + kPreparedName, settings_.file_bytes, settings_.retry,
                settings_.prepare_beforehand) {}

LogWriter::~LogWriter() = default;

Status LogWriter::poison(const Status& status) {
  const MutexLock lock(mutex_);
  return poison_locked(status);
}

Status LogWriter::poison_locked(const Status& status) {
  if (poisoned_.ok())
    poisoned_ = Status::error(
        Code::io, status.message + ". The log takes nothing more: start this node anew, from what is on disk");
  return poisoned_;
}

Status LogWriter::start(const Position& position) {
  const MutexLock syncing(sync_mutex_);
  preparer_.prepare();
  {
    const MutexLock lock(mutex_);
    chain_.emplace(position);
    appended_ = durable_ = {0, position};
  }
  return begin_new_file(0);
}

Status LogWriter::resume(const Recovered& recovered) {
  const std::string path = settings_.folder + "/" + file_name(recovered.header.first);
  Result<std::unique_ptr<File>> file = system_.open(path, true);
  if (!file.ok()) return file.status();
  const MutexLock lock(mutex_);
  file_ = std::move(*file);
  header_ = recovered.header;
  offset_ = synced_ = recovered.offset;
  chain_ = recovered.chain;
  appended_ = durable_ = {0, chain_->end()};
  preparer_.prepare();
  return ok_status();
}

Result<Progress> LogWriter::append(const GroupBegin& begin) {
  // What needs no end takes nothing from the room that is left for ends.
  if (!begin.complete)
    if (Status status = health(); !status.ok()) return status;
  Record record;
  record.type = begin.ddl ? RecordType::ddl_begin : RecordType::begin;
  record.complete = begin.complete;
  record.epoch = begin.epoch;
  record.first = begin.first;
  record.last = begin.last;
  record.time_us = begin.time_us;
  record.bytes = begin.bytes;
  record.fingerprint = begin.fingerprint;
  if (needs_new_file(record)) {
    const MutexLock syncing(sync_mutex_);
    if (Status status = begin_new_file(begin.time_us); !status.ok()) return status;
  }
  const MutexLock lock(mutex_);
  return append_record(record, begin.complete ? begin.hash : std::nullopt);
}

Result<Progress> LogWriter::append(const GroupEnd& end) {
  const MutexLock lock(mutex_);
  Record record;
  record.type = RecordType::end;
  record.time_us = end.time_us;
  record.bytes = end.bytes;
  return append_record(record, end.hash);
}

Result<Progress> LogWriter::append_void(std::uint64_t time_us) {
  const MutexLock lock(mutex_);
  Record record;
  record.type = RecordType::none;
  record.time_us = time_us;
  return append_record(record, std::nullopt);
}

void LogWriter::settle() {
  const MutexLock lock(mutex_);
  chain_->settle();
}

Result<Progress> LogWriter::append_record(Record& record, const std::optional<Hash>& expected) {
  if (!poisoned_.ok()) return poisoned_;
  if (record.bytes.size() + record.fingerprint.size() > kMaxRecordBytes)
    return Status::error(Code::too_large,
                         "a group of the log has at most " + std::to_string(kMaxRecordBytes) + " bytes");
  const bool ends = record.type == RecordType::end || record.type == RecordType::none;
  if (const auto& begun = chain_->begun(); ends && begun) {
    if (record.type == RecordType::end && begun->ddl) record.type = RecordType::ddl_end;
    record.epoch = begun->epoch;
    record.first = begun->first;
    record.last = begun->last;
  }
  const Result<Hash> hash = chain_->judge(record);
  if (!hash.ok()) return hash.status();
  if (expected && *expected != *hash)
    return Status::error(Code::diverged, "group " + std::to_string(record.first) +
                                             " does not follow this log: its hash would be " + to_hex(*hash) +
                                             ", not " + to_hex(*expected));
  record.hash = *hash;
  if (Status status = write_record(record); !status.ok()) return status;
  chain_->take(record, *hash, false);
  appended_ = {appended_.number + 1, chain_->end()};
  return appended_;
}

// What a failed append has left from there on must not stand behind the log's end.
Status LogWriter::clean_end(std::uint64_t from) {
  if (dirty_end_ <= from) return ok_status();
  Status status = write_zeros(*file_, from, dirty_end_);
  if (status.ok()) dirty_end_ = from;
  if (status.ok() || status.code == Code::disk_full) return status;
  return poison_locked(status);
}

Status LogWriter::write_record(Record& record) {
  record.synced = synced_;
  const std::string bytes = encode_record(record, header_.salt, offset_);
  const std::uint64_t end = offset_ + bytes.size();
  Status status = clean_end(end);
  if (status.ok()) {
    dirty_end_ = std::max(dirty_end_, end);
    status = write_all(*file_, offset_, bytes);
  }
  if (status.ok()) {
    noted_ = synced_;
    offset_ = dirty_end_ = end;
    return status;
  }
  if (status.code == Code::disk_full) {
    status.message += room_needed(bytes.size());
    return status;
  }
  return poison_locked(status);
}

// A file that has no group to the end yet is not left: its successor would have its name.
bool LogWriter::needs_new_file(const Record& record) const {
  const MutexLock lock(mutex_);
  // What is complete may have to be taken back when the disk has no more room than what the file has.
  const std::uint64_t room_for_void = record.complete ? kRecordHeadBytes : 0;
  return poisoned_.ok() && offset_ + record_size(record) + room_for_void > settings_.file_bytes &&
         chain_->end().sequence + 1 != header_.first && chain_->judge(record).ok();
}

// By the thread that appends. The old file is on disk before there is another: so that only the last file of a log can
// have a torn tail.
Status LogWriter::begin_new_file(std::uint64_t time_us) {
  FileHeader header;
  bool first_file = false;
  {
    const MutexLock lock(mutex_);
    first_file = file_ == nullptr;
    if (Status status = clean_end(offset_); !status.ok()) return status;
    const Position end = chain_->end();
    header.first = end.sequence + 1;
    header.previous_first = header_.first;
    header.previous_epoch = end.epoch;
    header.previous_hash = end.hash;
    header.cluster = settings_.cluster;
    header.time_us = time_us;
    header.salt = random_salt();
  }
  if (!first_file) {
    if (Status status = sync_file(); !status.ok()) return status;
  }
  return create_file(header);
}

Status LogWriter::create_file(const FileHeader& header) {
  if (next_ == nullptr) {
    Result<std::unique_ptr<File>> taken = preparer_.take();
    if (!taken.ok()) return taken.status();
    next_ = std::move(*taken);
  }
  const std::string path = settings_.folder + "/" + file_name(header.first);
  Status status = write_all(*next_, 0, encode_header(header));
  if (status.ok()) {
    if (status = next_->sync(); !status.ok()) return poison(status);
    status = system_.rename(preparer_.path(), path);
  }
  if (status.code == Code::disk_full) {
    status.message += room_needed(kHeaderBytes);
    return status;
  }
  if (status.ok()) status = system_.sync_folder(settings_.folder);
  if (!status.ok()) return poison(status);
  const MutexLock lock(mutex_);
  file_ = std::move(next_);
  header_ = header;
  offset_ = synced_ = noted_ = dirty_end_ = kHeaderBytes;
  // A void of the last group would stand in another file than the group does: nobody asks for it, who begins the next.
  chain_.emplace(chain_->end());
  preparer_.prepare();
  return ok_status();
}

Status LogWriter::sync_file() {
  File* file = nullptr;
  std::uint64_t end = 0;
  Progress progress;
  {
    const MutexLock lock(mutex_);
    if (!poisoned_.ok()) return poisoned_;
    file = file_.get();
    end = offset_;
    progress = appended_;
  }
  const auto began = std::chrono::steady_clock::now();
  if (Status status = file->sync(); !status.ok()) return poison(status);
  sync_times_.add(std::chrono::steady_clock::now() - began);
  const MutexLock lock(mutex_);
  synced_ = end;
  durable_ = progress;
  return poisoned_;
}

Result<Progress> LogWriter::sync() {
  const MutexLock syncing(sync_mutex_);
  bool nothing_new = false;
  {
    const MutexLock lock(mutex_);
    nothing_new = appended_.number == durable_.number;
  }
  const Status status = nothing_new ? note_synced() : sync_file();
  if (!status.ok()) return status;
  return durable();
}

// A record that says what no other has said yet. It is not waited for: it need not be durable, and says less than all
// when it is not.
Status LogWriter::note_synced() {
  const MutexLock lock(mutex_);
  if (!poisoned_.ok() || noted_ >= synced_ || synced_ == kHeaderBytes) return poisoned_;
  if (chain_->begun() && chain_->begun()->complete) return ok_status();
  Record mark;
  const Status status = write_record(mark);
  return status.code == Code::disk_full ? ok_status() : status;
}

Status LogWriter::close() {
  const MutexLock syncing(sync_mutex_);
  Status status = sync_file();
  if (status.ok()) status = note_synced();
  if (status.ok()) status = sync_file();
  const MutexLock lock(mutex_);
  if (poisoned_.ok()) poisoned_ = Status::error(Code::shutting_down, "the log is closed");
  return status;
}

Progress LogWriter::appended() const {
  const MutexLock lock(mutex_);
  return appended_;
}

Progress LogWriter::durable() const {
  const MutexLock lock(mutex_);
  return durable_;
}

std::optional<Begun> LogWriter::begun() const {
  const MutexLock lock(mutex_);
  return chain_->begun();
}

Status LogWriter::health() const {
  {
    const MutexLock lock(mutex_);
    if (!poisoned_.ok()) return poisoned_;
  }
  return preparer_.status();
}

Result<OpenedLog> open_log(FileSystem& system, const LogSettings& settings, const std::optional<Position>& start,
                           SparseIndex& index) {
  const Result<std::optional<Recovered>> recovered = recover(system, settings.folder, settings.cluster, index);
  if (!recovered.ok()) return recovered.status();
  const std::optional<Recovered>& found = *recovered;
  if (!found && !start)
    return Status::error(Code::io, settings.folder + ": there is no log file, and this node had a log. Put the files " +
                                       "back from a backup or another node, or make this node anew");
  std::unique_ptr<LogWriter> writer(new LogWriter(system, settings));
  if (Status status = found ? writer->resume(*found) : writer->start(*start); !status.ok()) return status;
  if (!found) return OpenedLog{std::move(writer), start->sequence + 1, *start, *start, std::nullopt, std::nullopt};
  const GroupChain& chain = found->chain;
  return OpenedLog{std::move(writer), found->first, chain.end(), chain.settled(), chain.begun(), found->torn};
}

}  // namespace sqlcast::log
