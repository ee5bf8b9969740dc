#include "log/format.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace sqlcast::log {
namespace {

constexpr std::string_view kMagic = "sqlc-log";
constexpr std::string_view kMarker = "Lg";
constexpr std::string_view kEnding = ".log";
constexpr std::size_t kDigits = 20;
constexpr std::size_t kCheckBytes = 8;
constexpr std::uint8_t kCompleteFlag = 1;

// Header: where each field begins.
namespace header_at {
constexpr std::size_t kVersion = 8, kFirst = 16, kPreviousFirst = 24, kCluster = 32, kPreviousHash = 64,
                      kPreviousEpoch = 96, kTime = 104, kSalt = 112, kCheck = kHeaderBytes - kCheckBytes;
}
// Record: the same.
namespace record_at {
constexpr std::size_t kType = 2, kFlags = 3, kBytes = 4, kFirst = 8, kLast = 16, kEpoch = 24, kTime = 32, kSynced = 40,
                      kFingerprint = 48, kHash = 56, kContentCheck = 88, kHeadCheck = kRecordHeadBytes - kCheckBytes;
}

template <typename Number>
void put(std::string& out, std::size_t at, Number number) {
  for (std::size_t i = sizeof(Number); i-- > 0; number = static_cast<Number>(number >> 8U))
    out[at + i] = static_cast<char>(number & 0xFFU);
}
void put(std::string& out, std::size_t at, const Hash& hash) { std::memcpy(out.data() + at, hash.data(), hash.size()); }

template <typename Number>
Number get(std::string_view in, std::size_t at) {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    number = static_cast<Number>(number << 8U | static_cast<unsigned char>(in[at + i]));
  return number;
}
Hash get_hash(std::string_view in, std::size_t at) {
  Hash hash{};
  std::memcpy(hash.data(), in.data() + at, hash.size());
  return hash;
}

std::uint64_t check_of(std::string_view bytes, std::uint64_t salt, std::uint64_t offset) {
  std::array<unsigned char, crypto_shorthash_KEYBYTES> key{};
  std::memcpy(key.data(), &salt, sizeof salt);
  std::memcpy(key.data() + sizeof salt, &offset, sizeof offset);
  std::array<unsigned char, crypto_shorthash_BYTES> hash{};
  crypto_shorthash(hash.data(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), key.data());
  return get<std::uint64_t>({reinterpret_cast<const char*>(hash.data()), hash.size()}, 0);
}

std::uint64_t padded(std::uint64_t size) { return (size + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment; }

Status bad_header(Code code, const std::string& path, const std::string& what, const std::string& advice) {
  return Status::error(code, path + ": " + what + " (offset 0). " + advice);
}

}  // namespace

std::string encode_header(const FileHeader& header, std::uint32_t version) {
  std::string out(kHeaderBytes, '\0');
  kMagic.copy(out.data(), kMagic.size());
  put(out, header_at::kVersion, version);
  put(out, header_at::kFirst, header.first);
  put(out, header_at::kPreviousFirst, header.previous_first);
  put(out, header_at::kCluster, header.cluster);
  put(out, header_at::kPreviousHash, header.previous_hash);
  put(out, header_at::kPreviousEpoch, header.previous_epoch);
  put(out, header_at::kTime, header.time_us);
  put(out, header_at::kSalt, header.salt);
  put(out, header_at::kCheck, check_of(std::string_view(out).substr(0, header_at::kCheck), 0, 0));
  return out;
}

Result<FileHeader> decode_header(std::string_view block, const std::string& path) {
  if (block.empty()) return bad_header(Code::io, path, "the log file is empty", kReplaceFile);
  if (block.size() < kHeaderBytes)
    return bad_header(Code::io, path,
                      "the log file ends inside its header, after " + std::to_string(block.size()) + " bytes of " +
                          std::to_string(kHeaderBytes),
                      kReplaceFile);
  if (std::all_of(block.begin(), block.end(), [](char c) { return c == '\0'; }))
    return bad_header(Code::io, path, "the log file has zeros where its header should be", kReplaceFile);
  if (!block.starts_with(kMagic)) return bad_header(Code::io, path, "this is not a log file of sqlcast", kReplaceFile);
  // Every version has its check where this one has it.
  if (get<std::uint64_t>(block, header_at::kCheck) != check_of(block.substr(0, header_at::kCheck), 0, 0))
    return bad_header(Code::io, path, "the log file's header is damaged", kReplaceFile);
  const auto version = get<std::uint32_t>(block, header_at::kVersion);
  if (version != kFormatVersion)
    return bad_header(Code::unsupported_version, path,
                      "the log file has format version " + std::to_string(version) + "; this program reads version " +
                          std::to_string(kFormatVersion),
                      version > kFormatVersion ? "A later sqlcast wrote it: start that one" : kReplaceFile);
  FileHeader header;
  header.first = get<std::uint64_t>(block, header_at::kFirst);
  header.previous_first = get<std::uint64_t>(block, header_at::kPreviousFirst);
  header.cluster = get_hash(block, header_at::kCluster);
  header.previous_hash = get_hash(block, header_at::kPreviousHash);
  header.previous_epoch = get<std::uint64_t>(block, header_at::kPreviousEpoch);
  header.time_us = get<std::uint64_t>(block, header_at::kTime);
  header.salt = get<std::uint64_t>(block, header_at::kSalt);
  if (header.first == 0) return bad_header(Code::io, path, "the log file's header has no first sequence", kReplaceFile);
  return header;
}

std::uint64_t record_size(const Record& record) {
  return padded(kRecordHeadBytes + record.bytes.size() + record.fingerprint.size());
}

std::string encode_record(const Record& record, std::uint64_t salt, std::uint64_t offset) {
  std::string out;
  out.reserve(record_size(record));
  out.resize(kRecordHeadBytes);
  kMarker.copy(out.data(), kMarker.size());
  out[record_at::kType] = static_cast<char>(record.type);
  out[record_at::kFlags] = static_cast<char>(record.complete ? kCompleteFlag : 0);
  put(out, record_at::kBytes, static_cast<std::uint32_t>(record.bytes.size()));
  put(out, record_at::kFirst, record.first);
  put(out, record_at::kLast, record.last);
  put(out, record_at::kEpoch, record.epoch);
  put(out, record_at::kTime, record.time_us);
  put(out, record_at::kSynced, record.synced);
  put(out, record_at::kFingerprint, static_cast<std::uint32_t>(record.fingerprint.size()));
  put(out, record_at::kHash, record.hash);
  out.append(record.bytes).append(record.fingerprint);
  out.resize(record_size(record));
  const std::string_view all(out);
  put(out, record_at::kContentCheck, check_of(all.substr(kRecordHeadBytes), salt, offset));
  put(out, record_at::kHeadCheck, check_of(all.substr(0, record_at::kHeadCheck), salt, offset));
  return out;
}

bool decode_head(std::string_view head, std::uint64_t salt, std::uint64_t offset, Record& record) {
  if (head.size() < kRecordHeadBytes || !head.starts_with(kMarker)) return false;
  if (get<std::uint64_t>(head, record_at::kHeadCheck) != check_of(head.substr(0, record_at::kHeadCheck), salt, offset))
    return false;
  const auto type = static_cast<std::uint8_t>(head[record_at::kType]);
  const auto flags = static_cast<std::uint8_t>(head[record_at::kFlags]);
  const std::uint64_t bytes = get<std::uint32_t>(head, record_at::kBytes);
  const std::uint64_t fingerprint = get<std::uint32_t>(head, record_at::kFingerprint);
  const std::uint64_t size = padded(kRecordHeadBytes + bytes + fingerprint);
  if (type < 1 || type > static_cast<std::uint8_t>(RecordType::mark) || (flags & ~kCompleteFlag) != 0) return false;
  if (bytes + fingerprint > kMaxRecordBytes) return false;
  record = {};
  record.type = static_cast<RecordType>(type);
  record.complete = flags == kCompleteFlag;
  record.first = get<std::uint64_t>(head, record_at::kFirst);
  record.last = get<std::uint64_t>(head, record_at::kLast);
  record.epoch = get<std::uint64_t>(head, record_at::kEpoch);
  record.time_us = get<std::uint64_t>(head, record_at::kTime);
  record.synced = get<std::uint64_t>(head, record_at::kSynced);
  record.hash = get_hash(head, record_at::kHash);
  record.size = size;
  return true;
}

bool decode_content(std::string_view all, std::uint64_t salt, std::uint64_t offset, Record& record) {
  const std::string_view content = all.substr(kRecordHeadBytes);
  if (get<std::uint64_t>(all, record_at::kContentCheck) != check_of(content, salt, offset)) return false;
  record.bytes = content.substr(0, get<std::uint32_t>(all, record_at::kBytes));
  record.fingerprint = content.substr(record.bytes.size(), get<std::uint32_t>(all, record_at::kFingerprint));
  return true;
}

std::string file_name(Sequence first) {
  const std::string digits = std::to_string(first);
  return std::string(kDigits - digits.size(), '0') + digits + std::string(kEnding);
}

Sequence first_of_name(std::string_view name) {
  if (name.size() != kDigits + kEnding.size() || !name.ends_with(kEnding)) return 0;
  Sequence first = 0;
  for (const char c : name.substr(0, kDigits)) {
    if (c < '0' || c > '9') return 0;
    const auto digit = static_cast<Sequence>(c - '0');
    if (first > (UINT64_MAX - digit) / 10) return 0;
    first = first * 10 + digit;
  }
  return first;
}

std::uint64_t random_salt() {
  static const int kReady = sodium_init();
  SQLCAST_CHECK(kReady >= 0);
  std::uint64_t salt = 0;
  randombytes_buf(&salt, sizeof salt);
  return salt;
}

}  // namespace sqlcast::log
