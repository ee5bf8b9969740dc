#include "master/retry_snapshot.h"

#include <algorithm>
#include <cstring>

#include "proto/entry.h"

namespace sqlcast::master {
namespace {

constexpr std::string_view kMagic = "sqlcast retry memory";
constexpr char kVersion = 1;

void put_number(std::string& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7U) out.push_back(static_cast<char>(number | 0x80U));
  out.push_back(static_cast<char>(number));
}

void put_digest(std::string& out, std::uint64_t digest) {
  for (unsigned shift = 64; shift > 0; shift -= 8) out.push_back(static_cast<char>(digest >> (shift - 8)));
}

void put_hash(std::string& out, const Hash& hash) {
  out.append(reinterpret_cast<const char*>(hash.data()), hash.size());
}

// Gives zeros, and is no longer ok(), from the first thing on that is not there.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

  std::string_view bytes(std::uint64_t size) {
    if (size > rest_.size()) ok_ = false;
    if (!ok_) return {};
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::string_view one = bytes(1);
      if (one.empty()) return 0;
      const auto byte = static_cast<std::uint8_t>(one[0]);
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }
  std::uint64_t digest() {
    std::uint64_t value = 0;
    for (const char byte : bytes(8)) value = value << 8U | static_cast<std::uint8_t>(byte);
    return value;
  }
  Hash hash() {
    Hash value{};
    if (const std::string_view from = bytes(value.size()); ok_) std::memcpy(value.data(), from.data(), value.size());
    return value;
  }
  // How many follow, each of a byte at least.
  std::size_t count() {
    const std::uint64_t value = number();
    if (value > rest_.size()) ok_ = false;
    return ok_ ? static_cast<std::size_t>(value) : 0;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

RetryWindow::Remembered read_request(Reader& in) {
  RetryWindow::Remembered one;
  one.request_id = in.number();
  one.outcome.first = in.number();
  one.outcome.sequence = one.outcome.first + in.number();
  one.outcome.epoch = in.number();
  one.outcome.digest = in.digest();
  one.outcome.entries = static_cast<std::size_t>(in.number());
  one.outcome.effects.resize(in.count());
  for (proto::Effect& effect : one.outcome.effects) {
    effect.affected_rows = in.number();
    effect.insert_id = in.number();
  }
  one.outcome.definitions.resize(in.count());
  for (std::uint64_t& definition : one.outcome.definitions) definition = in.digest();
  return one;
}

}  // namespace

RetrySnapshotWriter::RetrySnapshotWriter(const Hash& cluster, const RetryWindow::Place& place) : head_(kMagic) {
  head_.push_back(kVersion);
  put_hash(head_, cluster);
  put_number(head_, place.position.epoch);
  put_number(head_, place.position.sequence);
  put_hash(head_, place.position.hash);
  put_number(head_, place.floor);
}

void RetrySnapshotWriter::add(const RetryWindow::ClientMemory& client) {
  ++count_;
  put_number(clients_, client.client_id.size());
  clients_ += client.client_id;
  put_number(clients_, client.floor);
  put_number(clients_, client.requests.size());
  for (const RetryWindow::Remembered& one : client.requests) {
    put_number(clients_, one.request_id);
    put_number(clients_, one.outcome.first);
    put_number(clients_, one.outcome.sequence - one.outcome.first);
    put_number(clients_, one.outcome.epoch);
    put_digest(clients_, one.outcome.digest);
    put_number(clients_, one.outcome.entries);
    put_number(clients_, one.outcome.effects.size());
    for (const proto::Effect& effect : one.outcome.effects) {
      put_number(clients_, effect.affected_rows);
      put_number(clients_, effect.insert_id);
    }
    put_number(clients_, one.outcome.definitions.size());
    for (const std::uint64_t definition : one.outcome.definitions) put_digest(clients_, definition);
  }
}

std::string RetrySnapshotWriter::take() {
  put_number(head_, count_);
  head_ += clients_;
  clients_ = {};
  put_digest(head_, proto::content_digest(head_));
  return std::move(head_);
}

Result<RetrySnapshot> read_retry_snapshot(std::string_view bytes) {
  const auto bad = [](const char* what) { return Status::error(Code::io, what); };
  if (!bytes.starts_with(kMagic)) return bad("it is not one of sqlcast's");
  if (bytes.size() <= kMagic.size() + 8) return bad("it is cut off");
  if (bytes[kMagic.size()] != kVersion) return bad("it is of another version of sqlcast");
  Reader end(bytes.substr(bytes.size() - 8));
  bytes.remove_suffix(8);
  if (end.digest() != proto::content_digest(bytes)) return bad("it is damaged");
  Reader in(bytes.substr(kMagic.size() + 1));
  RetrySnapshot snapshot;
  snapshot.cluster = in.hash();
  snapshot.place.position.epoch = in.number();
  snapshot.place.position.sequence = in.number();
  snapshot.place.position.hash = in.hash();
  snapshot.place.floor = in.number();
  snapshot.clients.resize(in.count());
  for (RetryWindow::ClientMemory& client : snapshot.clients) {
    client.client_id = in.bytes(in.number());
    client.floor = in.number();
    const std::size_t requests = in.count();
    client.requests.reserve(requests);
    while (in.ok() && client.requests.size() < requests) client.requests.push_back(read_request(in));
    if (!in.ok()) break;
  }
  if (!in.ok() || !in.at_end()) return bad("it is damaged");
  return snapshot;
}

}  // namespace sqlcast::master
