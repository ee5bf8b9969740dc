// The bytes of a log file: a header of one block, then records, each at a multiple of 8, then zeros.
//
// Numbers are big-endian. Checks are SipHash-2-4 under a key of the file's random salt and the place in it, so that
// bytes which stand elsewhere, in another file or inside a statement are never taken for a record.
// Pure; any thread. Views point into the bytes given.
// Why so: docs/decisions/0032-log-files.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/types.h"

namespace sqlcast::log {

inline constexpr std::uint32_t kFormatVersion = 1;
inline constexpr std::size_t kHeaderBytes = 4096;
inline constexpr std::size_t kRecordHeadBytes = 104;
inline constexpr std::size_t kRecordAlignment = 8;
inline constexpr std::uint32_t kMaxRecordBytes = 1U << 30U;  // of bytes and fingerprint

// What to do about a file that is damaged or missing: the end of a message.
inline constexpr const char* kReplaceFile =
    "Nothing was changed. Put the file back from a backup or another node of the cluster, or make this node anew";

struct FileHeader {
  Sequence first = 0;           // the next sequence when the file was begun; the file's name
  Sequence previous_first = 0;  // of the file before this one; 0 = this was the first one
  Hash cluster{};               // what the chain begins with (proto::genesis_hash)
  Epoch previous_epoch = 0;     // of the group before `first`; 0 = there is none
  Hash previous_hash{};
  std::uint64_t time_us = 0;  // of the first group, microseconds since 1970-01-01 UTC
  std::uint64_t salt = 0;
  Position start() const { return {previous_epoch, first - 1, previous_hash}; }
};

// kHeaderBytes long.
std::string encode_header(const FileHeader& header, std::uint32_t version = kFormatVersion);

// `block`: the file's first kHeaderBytes, or all that it has. `path` is for messages. unsupported_version: a later
// version of the program wrote it; io: there is none, it is cut short, or it is damaged: each has its own message.
Result<FileHeader> decode_header(std::string_view block, const std::string& path);

enum class RecordType : std::uint8_t {
  begin = 1,      // of a group
  end = 2,        // it is done
  none = 3,       // it is void: it did nothing, and its sequences are free again
  ddl_begin = 4,  // of a group that is one DDL statement; has a fingerprint of its target before it ran
  ddl_end = 5,
  mark = 6,  // nothing but how far the file was synced
};

struct Record {
  RecordType type = RecordType::mark;
  bool complete = false;  // of a begin: needs no end
  Epoch epoch = 0;
  Sequence first = 0;
  Sequence last = 0;
  std::uint64_t time_us = 0;     // microseconds since 1970-01-01 UTC
  std::uint64_t synced = 0;      // the file was on disk up to here when the record was written
  Hash hash{};                   // of the group, where the record completes one
  std::string_view bytes;        // what PUB and log_batch carry
  std::string_view fingerprint;  // of ddl_begin
  std::uint64_t size = 0;        // of all of it in the file, padding included; set by decode
};

std::uint64_t record_size(const Record& record);

// `offset`: where in the file it will stand.
std::string encode_record(const Record& record, std::uint64_t salt, std::uint64_t offset);

// What a head, kRecordHeadBytes long, says, without bytes and fingerprint; false when its check fails.
bool decode_head(std::string_view head, std::uint64_t salt, std::uint64_t offset, Record& record);

// Fills in bytes and fingerprint from all of the record's bytes (record.size of them), of which decode_head has taken
// the head; false when their check fails.
bool decode_content(std::string_view all, std::uint64_t salt, std::uint64_t offset, Record& record);

// 00000000000000000001.log, and back; 0 when the name is not of that form.
std::string file_name(Sequence first);
Sequence first_of_name(std::string_view name);

// A number nobody can guess.
std::uint64_t random_salt();

}  // namespace sqlcast::log
