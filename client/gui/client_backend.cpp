#include "client/gui/client_backend.h"

#include <deque>

#include "base/mutex.h"
#include "proto/entry.h"

namespace sqlcast::gui {

namespace {
constexpr std::size_t kUnderWay = 1'024;
constexpr std::size_t kMailbox = kUnderWay * 2;
constexpr std::size_t kTailEntries = 16'384;
constexpr std::chrono::milliseconds kStatusTimeout{1'500};

void append_entries(std::vector<LogEntry>& out, const proto::Group& group, const std::vector<proto::Entry>& entries) {
  for (const proto::Entry& entry : entries) {
    out.push_back({group.epoch, group.commit_time_us, entry, group.state != proto::GroupState::committed});
  }
}
}  // namespace

struct ClientBackend::TailBuffer {
  Mutex mutex;
  std::deque<LogEntry> entries;
  std::uint64_t dropped = 0;
  std::optional<std::string> problem;

  void add(std::vector<LogEntry> fresh) {
    const MutexLock lock(mutex);
    for (LogEntry& entry : fresh) {
      if (entries.size() >= kTailEntries) {
        ++dropped;
      } else {
        entries.push_back(std::move(entry));
      }
    }
  }
};

Result<std::unique_ptr<Backend>> ClientBackend::open(std::vector<std::string> endpoints, std::function<void()> wake) {
  client::Options options;
  options.endpoints = endpoints;
  options.timeout = std::chrono::minutes(10);  // the user has a Cancel button
  auto client = client::Client::open(std::move(options));
  if (!client.ok()) return client.status();
  return std::unique_ptr<Backend>(new ClientBackend(std::move(*client), std::move(endpoints), std::move(wake)));
}

ClientBackend::ClientBackend(std::unique_ptr<client::Client> client, std::vector<std::string> endpoints,
                             std::function<void()> wake)
    : endpoints_(std::move(endpoints)),
      mailbox_(std::make_shared<Mailbox>(kMailbox, std::move(wake))),
      tail_buffer_(std::make_shared<TailBuffer>()),
      client_(std::move(client)) {}

ClientBackend::~ClientBackend() = default;

bool ClientBackend::drain(std::chrono::microseconds budget) { return mailbox_->drain(budget); }

bool ClientBackend::room() { return under_way_ < kUnderWay; }

template <typename Answer>
std::function<void(Answer)> ClientBackend::deliver(std::function<void(Answer)> callback) {
  ++under_way_;
  // std::function wants to be copied and answers only move: they travel in a shared_ptr.
  auto shared = std::make_shared<std::function<void(Answer)>>(std::move(callback));
  return [this, shared, mailbox = mailbox_](Answer answer) {
    auto value = std::make_shared<Answer>(std::move(answer));
    const bool posted = mailbox->post([this, shared, value] {
      --under_way_;
      (*shared)(std::move(*value));
    });
    SQLCAST_CHECK(posted);
  };
}

std::uint64_t ClientBackend::submit(client::Request request, ReplyCallback callback) {
  if (!room()) {
    client::Reply reply;
    reply.status = Status::error(Code::busy, "Too many requests of this window are under way; wait for some to end.");
    static_cast<void>(
        mailbox_->post([callback = std::move(callback), shared = std::make_shared<client::Reply>(std::move(reply))] {
          callback(std::move(*shared));
        }));
    return 0;
  }
  return client_->submit(std::move(request), deliver<client::Reply>(std::move(callback)));
}

void ClientBackend::cancel(std::uint64_t request_id, std::function<void(Result<bool>)> callback) {
  client_->cancel(request_id, deliver<Result<bool>>(std::move(callback)));
}

void ClientBackend::fetch(const client::Cursor& cursor, std::uint32_t page_rows, ReplyCallback callback) {
  client_->fetch(cursor, page_rows, deliver<client::Reply>(std::move(callback)));
}

void ClientBackend::close(const client::Cursor& cursor) { client_->close(cursor); }

void ClientBackend::explain(std::vector<std::string> statements, std::string database, std::string endpoint,
                            ExplainCallback callback) {
  if (!room()) return;
  std::optional<std::string> named;
  if (!database.empty()) named = std::move(database);
  client_->explain(std::move(statements), std::move(named), endpoint,
                   deliver<Result<proto::ExplainReply>>(std::move(callback)));
}

bool ClientBackend::poll_cluster(ClusterCallback callback) {
  if (polling_) return false;
  polling_ = true;
  using Answer = Result<std::vector<proto::NodeStatus>>;
  auto handed = deliver<Answer>([this, callback = std::move(callback)](Answer answer) {
    polling_ = false;
    callback(std::move(answer));
  });
  if (!helper_.run([this, handed] { handed(client_->cluster_status(kStatusTimeout)); })) {
    handed(Status::error(Code::busy, "The status is being asked for already."));
  }
  return true;
}

void ClientBackend::requests(const std::string& endpoint, RequestsCallback callback) {
  client_->requests(endpoint, kStatusTimeout, deliver<Result<proto::RequestsReply>>(std::move(callback)));
}

void ClientBackend::cancel_at(const std::string& endpoint, std::uint64_t number,
                              std::function<void(Result<bool>)> callback) {
  client_->cancel_at(endpoint, number, deliver<Result<bool>>(std::move(callback)));
}

void ClientBackend::read_log(Sequence first, std::uint64_t max_bytes, LogCallback callback) {
  using Answer = Result<std::vector<LogEntry>>;
  auto handed = deliver<Answer>(std::move(callback));
  const bool taken = log_helper_.run([this, handed, first, max_bytes] {
    Position after;
    after.sequence = first > 0 ? first - 1 : 0;
    auto batch = client_->read_log(after, max_bytes);
    if (!batch.ok()) return handed(batch.status());
    std::vector<LogEntry> out;
    for (const proto::Group& group : batch->groups) {
      const auto entries = proto::decode_entries(group.body);
      if (!entries.ok()) return handed(entries.status());
      append_entries(out, group, *entries);
    }
    // A group may begin before the sequence wanted.
    std::erase_if(out, [first](const LogEntry& entry) { return entry.entry.sequence < first; });
    handed(std::move(out));
  });
  if (!taken) handed(Status::error(Code::busy, "The log is being read already; try again."));
}

void ClientBackend::start_tail() {
  if (tail_wanted_.exchange(true)) return;
  const bool taken = log_helper_.run([this] {
    client::Tail::Callbacks callbacks;
    callbacks.on_group = [buffer = tail_buffer_](const proto::Group& group, const std::vector<proto::Entry>& entries) {
      std::vector<LogEntry> fresh;
      append_entries(fresh, group, entries);
      buffer->add(std::move(fresh));
    };
    callbacks.on_beacon = [](const proto::Beacon&) {};
    callbacks.on_problem = [buffer = tail_buffer_](const Status& status) {
      const MutexLock lock(buffer->mutex);
      buffer->problem = status.message;
    };
    auto tail = client::Tail::open(endpoints_, 0, std::move(callbacks));
    if (tail.ok()) {
      tail_ = std::move(*tail);
    } else {
      tail_wanted_ = false;  // may be asked for again
      const MutexLock lock(tail_buffer_->mutex);
      tail_buffer_->problem = tail.status().message;
    }
  });
  if (!taken) tail_wanted_ = false;
}

Backend::Tailed ClientBackend::take_tail(std::size_t most) {
  Tailed out;
  const MutexLock lock(tail_buffer_->mutex);
  while (!tail_buffer_->entries.empty() && out.entries.size() < most) {
    out.entries.push_back(std::move(tail_buffer_->entries.front()));
    tail_buffer_->entries.pop_front();
  }
  out.dropped = std::exchange(tail_buffer_->dropped, 0);
  out.problem = std::exchange(tail_buffer_->problem, std::nullopt);
  return out;
}

Sequence ClientBackend::session_position() const { return client_->session_position(); }

}  // namespace sqlcast::gui
