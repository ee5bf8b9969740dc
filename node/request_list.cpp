#include "node/request_list.h"

#include <algorithm>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/utf8.h"

namespace sqlcast::node {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostText = 200;
constexpr std::size_t kMostListed = 200;    // requests, and clients, in one reply
constexpr std::size_t kMostClients = 1024;  // that are remembered
constexpr auto kForgetClientAfter = 10min;
// So much tells clients apart for people, and is not enough to act in another's name.
constexpr std::size_t kShownOfId = 8;

std::uint64_t since_ms(RequestList::Clock::time_point then, RequestList::Clock::time_point now) {
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::milliseconds>(now - then).count()));
}

std::string beginning(std::string_view text) {
  // Of a long text no more is copied than is looked at.
  return shortened(to_utf8(text.substr(0, 2 * kMostText)), kMostText);
}

bool is_for(const Who& asker, const std::string& key_name) {
  return !asker || asker->role == access::Role::admin || asker->name == key_name;
}

// Another one after each start: a number that was shown before is not by chance a request of now.
std::uint64_t first_number() { return 100'000 + std::random_device()() % 900'000; }

}  // namespace

struct RequestList::Table {
  struct Client {
    std::uint64_t requests = 0;
    Clock::time_point seen;
  };
  using ClientKey = std::pair<std::string, std::string>;  // of the key, of the client

  mutable Mutex mutex;
  std::uint64_t next SQLCAST_GUARDED_BY(mutex) = first_number();
  std::map<std::uint64_t, Entry*> entries SQLCAST_GUARDED_BY(mutex);
  std::map<ClientKey, Client> clients SQLCAST_GUARDED_BY(mutex);
  Clock::time_point cleaned SQLCAST_GUARDED_BY(mutex);

  void count(const Entry& entry) SQLCAST_REQUIRES(mutex) {
    ClientKey key{entry.key_name_, entry.client_id_};
    auto at = clients.find(key);
    if (at == clients.end()) {
      if (clients.size() >= kMostClients && !make_room(entry.since_)) return;
      at = clients.emplace(std::move(key), Client{}).first;
    }
    ++at->second.requests;
    at->second.seen = entry.since_;
  }

  // In a crowd of clients that each ask once, not at each of their requests.
  bool make_room(Clock::time_point now) SQLCAST_REQUIRES(mutex) {
    if (now - cleaned < 1s) return false;
    cleaned = now;
    std::erase_if(clients, [&](const auto& client) { return now - client.second.seen > kForgetClientAfter; });
    std::vector<Clock::time_point> seen;
    for (const auto& [key, client] : clients) seen.push_back(client.seen);
    if (seen.size() < kMostClients) return true;
    const auto middle = seen.begin() + static_cast<std::ptrdiff_t>(seen.size() / 2);
    std::nth_element(seen.begin(), middle, seen.end());
    std::erase_if(clients, [limit = *middle](const auto& client) { return client.second.seen <= limit; });
    return true;
  }
};

RequestList::RequestList() : table_(std::make_shared<Table>()) {}

RequestList::Entry::~Entry() {
  const MutexLock lock(table_->mutex);
  table_->entries.erase(number_);
}

RequestKey RequestList::Entry::stop_key() const {
  const MutexLock lock(table_->mutex);
  return stop_key_;
}

void RequestList::Entry::set_stop_key(const RequestKey& key) {
  const MutexLock lock(table_->mutex);
  stop_key_ = key;
}

std::shared_ptr<RequestList::Entry> RequestList::Entry::make_cursor(std::uint64_t cursor) const {
  const MutexLock lock(table_->mutex);
  std::shared_ptr<Entry> entry(new Entry(table_, table_->next++));
  entry->since_ = since_;
  entry->key_name_ = key_name_;
  entry->client_id_ = client_id_;
  entry->via_ = via_;
  entry->text_ = text_;
  entry->cursor_ = cursor;
  entry->stop_key_ = stop_key_.client_id.empty() ? RequestKey{"", entry->number_} : stop_key_;
  entry->set_kind("cursor");
  entry->set(proto::RequestState::open);
  table_->entries.emplace(entry->number_, entry.get());
  return entry;
}

std::shared_ptr<RequestList::Entry> RequestList::enter(const Who& who, const proto::Message& message,
                                                       Clock::time_point arrived) {
  std::string client_id;
  std::string text;
  std::string via;
  RequestKey key;
  const char* kind = "";
  if (const auto* query = std::get_if<proto::QueryRequest>(&message)) {
    kind = "query";
    key = query->key;
    client_id = query->key.client_id;
    via = query->forwarded_by;
    if (!query->statements.empty()) text = beginning(query->statements.front().sql);
  } else if (const auto* fetch = std::get_if<proto::FetchRequest>(&message)) {
    kind = "fetch";
    client_id = fetch->client_id;
  } else if (const auto* explain = std::get_if<proto::ExplainRequest>(&message)) {
    kind = "explain";
    if (!explain->statements.empty()) text = beginning(explain->statements.front());
  } else if (const auto* read = std::get_if<proto::LogReadRequest>(&message)) {
    kind = "log_read";
    via = read->node;
  } else {
    return nullptr;
  }
  const MutexLock lock(table_->mutex);
  const std::uint64_t number = table_->next++;
  std::shared_ptr<Entry> entry(new Entry(table_, number));
  entry->since_ = arrived;
  entry->key_name_ = name_of(who);
  entry->client_id_ = std::move(client_id);
  entry->via_ = std::move(via);
  entry->text_ = std::move(text);
  entry->stop_key_ = key.client_id.empty() ? RequestKey{"", number} : std::move(key);
  entry->set_kind(kind);
  table_->entries.emplace_hint(table_->entries.end(), number, entry.get());
  table_->count(*entry);
  return entry;
}

proto::RequestsReply RequestList::list(const Who& asker, Clock::time_point now) const {
  proto::RequestsReply reply;
  struct Share {
    std::uint64_t under_way = 0;
    std::uint64_t cursors = 0;
  };
  std::map<Table::ClientKey, Share> shares;
  const MutexLock lock(table_->mutex);
  for (const auto& [number, entry] : table_->entries) {
    if (!is_for(asker, entry->key_name_)) continue;
    Share& share = shares[{entry->key_name_, entry->client_id_}];
    ++(entry->cursor_ != 0 ? share.cursors : share.under_way);
    if (reply.requests.size() >= kMostListed) {
      ++reply.more_requests;
      continue;
    }
    reply.requests.push_back({number, entry->kind_.load(std::memory_order_relaxed),
                              entry->state_.load(std::memory_order_relaxed), entry->key_name_,
                              entry->client_id_.substr(0, kShownOfId), entry->via_, entry->text_,
                              since_ms(entry->since_, now)});
  }
  for (const auto& [key, client] : table_->clients) {
    if (!is_for(asker, key.first)) continue;
    const auto share = shares.find(key);
    const Share has = share == shares.end() ? Share{} : share->second;
    if (has.under_way == 0 && has.cursors == 0 && now - client.seen > kForgetClientAfter) continue;
    reply.clients.push_back({key.first, key.second.substr(0, kShownOfId), client.requests, has.under_way, has.cursors,
                             since_ms(client.seen, now)});
  }
  std::stable_sort(
      reply.clients.begin(), reply.clients.end(),
      [](const proto::ClientInfo& a, const proto::ClientInfo& b) { return a.seen_ms_ago < b.seen_ms_ago; });
  if (reply.clients.size() > kMostListed) {
    reply.more_clients = reply.clients.size() - kMostListed;
    reply.clients.resize(kMostListed);
  }
  return reply;
}

std::optional<RequestList::Found> RequestList::find(const Who& asker, std::uint64_t number) const {
  const MutexLock lock(table_->mutex);
  const auto at = table_->entries.find(number);
  if (at == table_->entries.end() || !is_for(asker, at->second->key_name_)) return std::nullopt;
  const Entry& entry = *at->second;
  const std::string_view kind = entry.kind_.load(std::memory_order_relaxed);
  return Found{kind != "explain" && kind != "log_read", entry.stop_key_, entry.cursor_, entry.client_id_,
               entry.key_name_};
}

}  // namespace sqlcast::node
