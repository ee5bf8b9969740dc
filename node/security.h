// Security: whom a node lets in, and with which key it goes to others: its files, read at the start and again whenever
// they change or somebody says so; and the judgement on each message, by the key of the connection that it came by.
// Files that cannot be used at a later time are logged, and what was read before stays.
//
// open(), start() and stop() are the main thread's, the rest is for any thread.
// Why so: docs/decisions/0038-keys-and-roles.md.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "access/allowed_keys.h"
#include "access/permissions.h"
#include "base/status.h"
#include "config/config.h"
#include "net/gate.h"
#include "net/wake_up.h"
#include "proto/message.h"

namespace sqlcast::node {

// Whose request it is: a line of the table as it was when the request came. nullptr: security.mode is none.
using Who = std::shared_ptr<const access::Grant>;
// Keys that have left the table.
using RevokedKeys = std::set<access::PublicKey>;

class Security {
 public:
  struct Hooks {
    std::function<void()> revoked;  // keys have left the table, or have lost the stream: its connections are to end
    // What is under way with these keys is to end. Told twice, the second time a moment later: of what was just being
    // let in.
    std::function<void(const RevokedKeys&)> left;
    // The node has another key: it is to listen with that. Again and again while it fails.
    std::function<Status()> rekeyed;
  };

  explicit Security(const config::NodeConfig& config);
  ~Security();  // stop()
  Security(const Security&) = delete;
  Security& operator=(const Security&) = delete;

  // config: what is wrong with the files, and what to do. May block, for the disk.
  Status open();
  // Watches the files from now on. Does not block.
  void start(Hooks hooks);
  void stop();  // may block, for a reload under way

  // As after a SIGHUP. Does not block: a thread of its own reads.
  void reload();

  bool on() const { return gate_ != nullptr; }
  // nullptr: security.mode is none.
  const std::shared_ptr<net::Gate>& gate() const { return gate_; }
  // Hexadecimal; empty without.
  std::string public_key() const;
  std::string public_key_of(const std::string& name) const;

  // The line of a connection's key; nullptr: there is none. Does not block.
  Who who_is(const std::optional<access::PublicKey>& key) const;
  // Who has sent a message by a connection with this key, and whether that may send it at all. Where a slave sends it
  // on for another, that other's line of this node's own table is what counts. Does not block.
  Result<Who> judge(const std::optional<access::PublicKey>& key, const proto::Message& message) const;

 private:
  struct Files;
  Result<Files> read() const;
  void watch();
  bool read_again(bool was_whole);
  void listen_anew();
  std::string look_of_files() const;
  int watch_folders() const;
  bool changed(int inotify) const;

  const config::Security settings_;
  const std::string node_;
  const net::ConnectionLimits connections_;
  std::shared_ptr<net::Gate> gate_;  // shared with the sockets that it guards
  Hooks hooks_;
  net::WakeUp wake_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> asked_{false};
  RevokedKeys left_;   // the watching thread's: to be told of once more
  bool deaf_ = false;  // the watching thread's: it does not listen since its key was replaced
  std::thread thread_;
};

struct RequestPlan;
// Whether a query may do what its plan says. not_allowed otherwise. A slave can say so by classes alone; its master
// judges again. Pure.
Status may_run(const Who& who, const RequestPlan& plan, const std::string& node);
// In whose name the entry is; empty: nobody's.
std::string name_of(const Who& who);
// Whether it came with one of these.
bool is_of(const Who& who, const RevokedKeys& keys);
// What is said of a request that had changed nothing when its key was revoked.
Status ended_with_key(const Who& who, const std::string& node);

// The lane of what has come with a `caller`: names take turns, so that none waits for all that another has sent.
struct ByName {
  template <typename Request>
  std::string operator()(const Request& request) const {
    return name_of(request.caller.who);
  }
};

}  // namespace sqlcast::node
