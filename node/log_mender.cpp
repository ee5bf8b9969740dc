#include "node/log_mender.h"

#include <memory>
#include <utility>

#include "base/logging.h"
#include "proto/codec.h"

namespace sqlcast::node {
namespace {

using namespace std::chrono_literals;

constexpr auto kAnswer = 3s;
constexpr auto kPause = 5s;  // behind a failure
constexpr int kAttempts = 2;

Status nobody(const std::string& endpoint, const std::string& why) {
  return Status::error(Code::database_unavailable,
                       "the node at " + endpoint + " could have what is missing, and does not give it now: " + why);
}

// It may have it at another time.
bool passes(const Status& status) {
  return status.code == Code::busy || status.code == Code::timeout || status.code == Code::database_unavailable ||
         status.code == Code::shutting_down;
}

void tell(const log::Mended& mended) { logging::warn("the log was mended: {}", log::mended_text(mended)); }

}  // namespace

Status LogMender::mend(Sequence entry) {
  const MutexLock lock(mutex_);
  if (!failed_.ok() && entry == failed_entry_ && Clock::now() < failed_until_) return failed_;
  failed_entry_ = entry;
  failed_ = with_each_peer([&](const log::FetchGroups& fetch) {
    const Result<std::optional<log::Mended>> mended = log_.mend(entry, fetch);
    if (mended && *mended) tell(**mended);
    return mended.status();
  });
  failed_until_ = Clock::now() + kPause;
  return failed_;
}

Status LogMender::mend_closed() {
  const MutexLock lock(mutex_);
  return with_each_peer([this](const log::FetchGroups& fetch) {
    const Result<std::vector<log::Mended>> mended =
        log::mend_closed_log(log::real_file_system(), log_.folder(), {.all = false, .has_all = true}, fetch);
    if (mended)
      for (const log::Mended& one : *mended) tell(one);
    return mended.status();
  });
}

// A file that is whole needs nobody.
Status LogMender::with_each_peer(const std::function<Status(const log::FetchGroups& fetch)>& attempt) {
  const std::vector<std::string> peers = asks() ? peers_() : std::vector<std::string>();
  if (peers.empty())
    return attempt([](const Position&) -> Result<std::vector<proto::Group>> {
      return Status::error(Code::database_unavailable, "no other node is known that could have what is missing");
    });
  Status status;
  for (const std::string& endpoint : peers) {
    if (stopping_) return Status::error(Code::database_unavailable, "the node is stopping");
    net::Requester::Options options;
    options.endpoint = endpoint;
    options.max_message_bytes = config_.limits.max_message_bytes;
    const Result<std::unique_ptr<net::Requester>> peer = net::Requester::open(std::move(options));
    status = peer ? attempt([&](const Position& after) { return fetch(**peer, after); }) : peer.status();
    if (status.ok()) return status;
  }
  return status;
}

Result<std::vector<proto::Group>> LogMender::fetch(net::Requester& peer, const Position& after) const {
  proto::LogReadRequest request;
  request.after = after;
  request.max_bytes = config_.limits.log_batch_bytes;
  Status last;
  for (int i = 0; i < kAttempts && !stopping_; ++i) {
    Result<proto::Frames> frames = peer.request(proto::encode(request, 1), kAnswer, [this] { return !stopping_; });
    if (!frames) {
      last = nobody(peer.endpoint(), frames.status().message);
      continue;
    }
    Result<proto::Decoded> decoded = proto::decode(std::move(*frames));
    if (!decoded) return decoded.status();
    if (auto* batch = std::get_if<proto::LogBatch>(&decoded->message)) return std::move(batch->groups);
    const auto* error = std::get_if<proto::ErrorReply>(&decoded->message);
    if (error == nullptr) return Status::error(Code::bad_message, "the node at " + peer.endpoint() + " gave no log");
    const std::string said = "the node at " + peer.endpoint() + " says: " + error->status.message;
    if (!passes(error->status)) return Status::error(error->status.code, said);
    last = nobody(peer.endpoint(), error->status.message);
  }
  return stopping_ ? Status::error(Code::database_unavailable, "the node is stopping") : last;
}

}  // namespace sqlcast::node
