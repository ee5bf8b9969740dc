// Keyed: clusters with keys, and who goes to their nodes as whom, for the tests of what keys may do.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "tests/support/cluster.h"
#include "tests/support/raw_socket.h"

namespace sqlcast::support {

inline Cluster::Options with_keys(int slaves) {
  Cluster::Options options;
  options.slaves = slaves;
  options.keys = true;
  return options;
}

inline void as(const Cluster& cluster, const access::KeyFile& key, const Node& node) {
  go_as(key, node.endpoint(), key_of_node(cluster.folder(), node.name()));
}

inline void as_admin(const Cluster& cluster, const Node& node) {
  go_as_admin(node.endpoint(), key_of_node(cluster.folder(), node.name()));
}

// A connection of its own, as that key.
inline RawSocket connect_as(const Cluster& cluster, const access::KeyFile& key, const Node& node) {
  const RawSocket::Keys keys{key.pair, key_of_node(cluster.folder(), node.name())};
  return RawSocket(node.endpoint(), {zmq::socket_type::dealer, keys, {}, {}});
}

// What a message is answered with.
inline Status answer_to(const Node& node, const proto::Message& message) {
  Result<proto::Message> reply = Session(node.endpoint()).exchange(message, std::chrono::seconds(60));
  if (!reply.ok()) return reply.status();
  const auto* error = std::get_if<proto::ErrorReply>(&*reply);
  return error == nullptr ? ok_status() : error->status;
}
inline Status answer_to(const Cluster& cluster, const access::KeyFile& key, const Node& node,
                        const proto::Message& message) {
  as(cluster, key, node);
  Status status = answer_to(node, message);
  as_admin(cluster, node);
  return status;
}

inline void wait_until_let_in(const Cluster& cluster, const access::KeyFile& key) {
  for (const Node* node : cluster.nodes())
    wait_for(node->name() + " to let in " + key.name,
             [&] { return answer_to(cluster, key, *node, proto::StatusRequest{}).ok(); });
}

// Of this role, let in at every node.
inline access::KeyFile let_in(const Cluster& cluster, const std::string& name, access::Role role,
                              const std::vector<std::string>& databases = {}) {
  access::KeyFile key = make_named_key(name);
  cluster.allow({name, role, key.pair.public_key, false, databases});
  wait_until_let_in(cluster, key);
  return key;
}

}  // namespace sqlcast::support
