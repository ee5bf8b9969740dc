#include "node/security.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <set>
#include <utility>

#include "access/known_nodes.h"
#include "base/guarded_file.h"
#include "base/logging.h"
#include "base/thread.h"
#include "base/types.h"
#include "net/key_pair.h"
#include "net/key_ring.h"
#include "node/request_plan.h"

namespace sqlcast::node {
namespace {

namespace fs = std::filesystem;

Status cannot(const std::string& path, const std::string& why) {
  return Status::error(Code::config, path + ": " + why);
}

Result<std::string> read_file(const std::string& path, Guarded guarded) {
  Result<std::string> text = read_guarded_file(path, guarded);
  if (!text) return Status::error(Code::config, text.status().message);
  return text;
}

// Whether a connection that was let in by the old table has to end by the new one.
bool loses_stream(const access::AllowedKeys& before, const access::AllowedKeys& after) {
  return std::any_of(before.grants().begin(), before.grants().end(), [&](const access::Grant& grant) {
    const access::Grant* const now = after.find(grant.key);
    return access::may(grant, access::Act::subscribe) && (now == nullptr || !access::may(*now, access::Act::subscribe));
  });
}

RevokedKeys missing(const access::AllowedKeys& before, const access::AllowedKeys& after) {
  RevokedKeys keys;
  for (const access::Grant& grant : before.grants())
    if (after.find(grant.key) == nullptr) keys.insert(grant.key);
  return keys;
}

// As a word, or in one: who asks errs on the safe side.
bool contains(std::string_view text, std::string_view lower_case) {
  return std::search(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                     [](char a, char b) { return (a | 0x20) == b; }) != text.end();
}

// For whom a slave sends a message on; nothing in it: for nobody.
struct Original {
  std::string_view name;  // as the slave calls it
  std::string_view key;
};

Original original_of(const proto::Message& message) {
  const auto of = [](const auto& request) { return Original{request.caller, request.caller_key}; };
  if (const auto* query = std::get_if<proto::QueryRequest>(&message)) return of(*query);
  if (const auto* fetch = std::get_if<proto::FetchRequest>(&message)) return of(*fetch);
  if (const auto* close = std::get_if<proto::CloseRequest>(&message)) return of(*close);
  if (const auto* cancel = std::get_if<proto::CancelRequest>(&message)) return of(*cancel);
  return {};
}

// What the slave calls a key says nothing of it here: another node may have given that name to another key.
Result<const access::Grant*> grant_of(const Original& original, const access::AllowedKeys& table,
                                      const std::string& slave, const std::string& node) {
  const std::string name(original.name);
  if (original.key.empty())
    return Status::error(Code::not_allowed, "the slave '" + slave + "' sends this on for '" + name +
                                                "' and does not say with which key it came: nothing was done. It is of "
                                                "an older version; put a newer one in its place");
  const Result<access::PublicKey> key = access::parse_key(original.key);
  if (!key) return key.status();
  if (const access::Grant* const grant = table.find(*key)) return grant;
  return Status::error(Code::not_allowed, node + " does not know the key '" + name + "' that " + slave +
                                              " forwards for: nothing was done. All nodes need the same allowed keys; "
                                              "allow it there: sqlcast keys allow " +
                                              (name.empty() ? "NAME" : name) + " ROLE " + std::string(original.key));
}

}  // namespace

struct Security::Files {
  access::KeyFile key;
  access::AllowedKeys allowed;
  std::vector<access::KnownNode> nodes;
  Status nodes_status;  // of the file of known nodes; the others are whole
};

Security::Security(const config::NodeConfig& config)
    : settings_(config.security),
      node_(config.name),
      connections_{config.limits.max_connections, config.limits.address_connections} {}

Security::~Security() { stop(); }

Result<Security::Files> Security::read() const {
  Files files;
  const Result<std::string> key = read_file(settings_.key, Guarded::from_reading);
  if (!key) return key.status();
  Result<access::KeyFile> own = access::parse_key_file(*key);
  if (!own) return cannot(settings_.key, own.status().message);
  if (!net::belong_together(own->pair)) return cannot(settings_.key, "its public key is not that of its secret key");
  files.key = std::move(*own);
  const Result<std::string> table = read_file(settings_.allowed, Guarded::from_writing);
  if (!table) return table.status();
  Result<access::AllowedKeys> allowed = access::AllowedKeys::parse(*table);
  if (!allowed) return cannot(settings_.allowed, allowed.status().message);
  files.allowed = std::move(*allowed);
  std::error_code error;
  if (!fs::exists(settings_.nodes, error)) return files;  // a master needs to go to nobody
  const Result<std::string> list = read_file(settings_.nodes, Guarded::from_writing);
  files.nodes_status = list.status();
  if (!list) return files;
  auto nodes = access::parse_known_nodes(*list);
  if (nodes)
    files.nodes = std::move(*nodes);
  else
    files.nodes_status = cannot(settings_.nodes, nodes.status().message);
  return files;
}

Status Security::open() {
  if (settings_.mode == config::SecurityMode::none) {
    logging::warn(
        "security: none (security.mode): nothing is encrypted, and whoever reaches this machine's loopback can read, "
        "write and "
        "define everything (docs/security.md)");
    return ok_status();
  }
  Result<Files> files = read();
  if (!files) return files.status();
  if (!files->nodes_status.ok()) return files->nodes_status;
  const auto own = std::make_shared<const access::KeyFile>(files->key);
  net::key_ring().strict(own);
  net::key_ring().pin(own, files->nodes);
  gate_ = std::make_shared<net::Gate>(files->key.pair, std::move(files->allowed), connections_);
  return ok_status();
}

void Security::start(Hooks hooks) {
  if (!on()) return;
  hooks_ = std::move(hooks);
  asked_ = true;  // what has changed since open()
  wake_.signal();
  thread_ = start_thread("keys", [this] { watch(); });
}

void Security::stop() {
  stopping_ = true;
  wake_.signal();
  if (thread_.joinable()) thread_.join();
}

void Security::reload() {
  asked_ = true;
  wake_.signal();
}

// -1: the kernel has none to give, and what changes is only seen when it is looked at.
int Security::watch_folders() const {
  const int inotify = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (inotify < 0) return -1;
  std::set<std::string> folders;
  for (const std::string& path : {settings_.key, settings_.allowed, settings_.nodes})
    folders.insert(fs::path(path).parent_path().string());
  bool all = true;
  for (const std::string& folder : folders)
    all = ::inotify_add_watch(inotify, folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO | IN_ATTRIB) >= 0 && all;
  if (!all) logging::warn("the files of keys are not watched, but looked at: {}", std::strerror(errno));
  return inotify;
}

// Whether one of our files is among what has changed.
bool Security::changed(int inotify) const {
  alignas(inotify_event) std::array<char, 4096> buffer{};
  bool ours = false;
  while (true) {
    const ssize_t size = ::read(inotify, buffer.data(), buffer.size());
    if (size <= 0) return ours;
    for (ssize_t at = 0; at < size;) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const std::string name = event.len > 0 ? std::string(buffer.data() + at + sizeof event) : std::string();
      for (const std::string& path : {settings_.key, settings_.allowed, settings_.nodes})
        ours = ours || fs::path(path).filename() == name || (event.mask & IN_Q_OVERFLOW) != 0;
      at += static_cast<ssize_t>(sizeof event + event.len);
    }
  }
}

void Security::watch() {
  constexpr int kLook = 2'000;    // milliseconds
  constexpr int kTryAgain = 200;  //
  const int inotify = watch_folders();
  std::string seen;
  bool whole = true;
  while (!stopping_) {
    pollfd items[] = {{wake_.fd(), POLLIN, 0}, {inotify, POLLIN, 0}};
    // What inotify does not tell (links, network file systems), and what could not be read, is looked at all the same.
    ::poll(items, 2, deaf_ ? kTryAgain : kLook);
    wake_.clear();
    if (stopping_) break;
    bool again = inotify >= 0 && changed(inotify);
    again = asked_.exchange(false) || again;
    if (std::string now = look_of_files(); now != seen) {
      seen = std::move(now);
      again = true;
    }
    if (!left_.empty() && hooks_.left) hooks_.left(std::exchange(left_, {}));
    if (again || !whole) whole = read_again(whole);
    if (deaf_) listen_anew();
  }
  if (inotify >= 0) ::close(inotify);
}

// What shows that a file is another one, or has been written to.
std::string Security::look_of_files() const {
  std::string look;
  for (const std::string& path : {settings_.key, settings_.allowed, settings_.nodes}) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) found = {};
    for (const std::uint64_t part :
         {std::uint64_t{found.st_dev}, std::uint64_t{found.st_ino}, static_cast<std::uint64_t>(found.st_size),
          static_cast<std::uint64_t>(found.st_mtim.tv_sec), static_cast<std::uint64_t>(found.st_mtim.tv_nsec),
          static_cast<std::uint64_t>(found.st_ctim.tv_sec), static_cast<std::uint64_t>(found.st_ctim.tv_nsec)})
      look += std::to_string(part) + " ";
  }
  return look;
}

// False: not all of it could be read, which is said when it was whole before, and is to be tried again.
bool Security::read_again(bool was_whole) {
  Result<Files> files = read();
  const Status& status = files ? files->nodes_status : files.status();
  if (!status.ok() && was_whole)
    logging::error("the keys are not read again, and those that were read before count: {}", status.message);
  if (!files) return false;
  const auto own = std::make_shared<const access::KeyFile>(files->key);
  net::key_ring().strict(own);
  if (status.ok()) net::key_ring().pin(own, files->nodes);
  const net::Gate::Table before = gate_->allowed();
  const bool other_key = files->key.pair != gate_->own();
  const bool ends_streams = loses_stream(*before, files->allowed);
  left_ = missing(*before, files->allowed);
  if (before->grants() != files->allowed.grants())
    logging::info("the allowed keys were read again: {} of them", files->allowed.grants().size());
  gate_->replace(std::move(files->allowed));
  if (!left_.empty() && hooks_.left) hooks_.left(left_);
  if (other_key) {
    logging::info("this node has another key now: {}", to_hex(files->key.pair.public_key));
    gate_->replace_own(files->key.pair);
    listen_anew();
  }
  if ((ends_streams || other_key) && hooks_.revoked) hooks_.revoked();
  return status.ok();
}

// Another program may have taken the port in the moment in which nobody had it.
void Security::listen_anew() {
  if (!hooks_.rekeyed) return;
  const Status status = hooks_.rekeyed();
  if (!status.ok() && !deaf_)
    logging::error("the node does not listen with its new key, and tries again until it can: {}", status.message);
  if (status.ok() && deaf_) logging::info("the node listens with its new key");
  deaf_ = !status.ok();
}

std::string Security::public_key() const { return on() ? to_hex(gate_->own().public_key) : std::string(); }

std::string Security::public_key_of(const std::string& name) const {
  if (!on()) return {};
  const net::Gate::Table table = gate_->allowed();
  const access::Grant* const grant = table->find_name(name);
  return grant == nullptr ? std::string() : to_hex(grant->key);
}

Who Security::who_is(const std::optional<access::PublicKey>& key) const {
  if (!on() || !key) return nullptr;
  const net::Gate::Table table = gate_->allowed();
  const access::Grant* const grant = table->find(*key);
  return grant == nullptr ? Who() : Who(table, grant);
}

Result<Who> Security::judge(const std::optional<access::PublicKey>& key, const proto::Message& message) const {
  if (!on()) return Who();
  const net::Gate::Table table = gate_->allowed();
  const access::Grant* grant = key ? table->find(*key) : nullptr;
  if (grant == nullptr) {
    if (key) gate_->count_revoked(*key);
    return Status::error(Code::not_allowed, "the key of this connection is not allowed at " + node_ +
                                                " any more: nothing was done. Use another one, or on the node: sqlcast "
                                                "keys allow NAME ROLE " +
                                                (key ? to_hex(*key) : std::string("PUBLICKEY")));
  }
  const std::optional<access::Act> act = access::act_of(proto::type_of(message));
  if (!act) return Who(table, grant);  // a reply, which is refused as such
  if (const Original original = original_of(message); !original.name.empty() || !original.key.empty()) {
    if (Status status = access::judge(*grant, access::Act::forward, node_); !status.ok()) return status;
    const Result<const access::Grant*> own = grant_of(original, *table, grant->name, node_);
    if (!own) return own.status();
    grant = *own;
  }
  if (Status status = access::judge(*grant, *act, node_); !status.ok()) return status;
  return Who(table, grant);
}

Status may_run(const Who& who, const RequestPlan& plan, const std::string& node) {
  if (!who) return ok_status();
  using Kind = RequestPlan::Kind;
  const access::Act act = plan.kind == Kind::read    ? access::Act::read
                          : plan.kind == Kind::write ? access::Act::write
                                                     : access::Act::ddl;
  if (Status status = access::judge(*who, act, node); !status.ok()) return status;
  if (who->databases.empty()) return ok_status();
  for (std::size_t i = 0; i < plan.verdicts.size(); ++i) {
    const sql::Verdict& verdict = plan.verdicts[i];
    std::vector<std::string> databases;
    for (const sql::ObjectName& table : verdict.tables) databases.push_back(table.database);
    // A SHOW may be of a database that is no table's; what it shows beside a table is not known here.
    const std::string_view body = std::string_view(plan.texts[i]).substr(verdict.body_offset);
    constexpr std::string_view kShow = "show";
    const bool is_show = std::equal(kShow.begin(), kShow.end(), body.begin(),
                                    body.begin() + static_cast<std::ptrdiff_t>(std::min(kShow.size(), body.size())),
                                    [](char a, char b) { return a == (b | 0x20); });
    // Nor is it when a table stands in a condition.
    const bool shows = is_show && (databases.empty() || contains(body, "where"));
    if (Status status = access::judge_databases(*who, databases, shows, node); !status.ok()) return status;
  }
  return ok_status();
}

std::string name_of(const Who& who) { return who ? who->name : std::string(); }

bool is_of(const Who& who, const RevokedKeys& keys) { return who && keys.contains(who->key); }

Status ended_with_key(const Who& who, const std::string& node) {
  return Status::error(Code::not_allowed, "the key '" + name_of(who) + "' was revoked at " + node +
                                              " while this request was under way: it was ended, and nothing was "
                                              "changed. Use another key");
}

}  // namespace sqlcast::node
