// Keys for the clusters of tests. The test itself goes to their nodes as an admin, whatever it connects with: the
// process's key ring has their keys; so do programs that it runs, by $SQLCAST_KEY. Main thread.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "access/allowed_keys.h"
#include "access/key.h"
#include "net/gate.h"

namespace sqlcast::support {

// Unless SQLCAST_TEST_SECURITY=none is in the environment.
bool keys_by_default();

// Makes a node's key in FOLDER/keys, allows it, and lets this process know it; the section `security` of its
// configuration. `publisher`: a master's.
std::string give_key(const std::filesystem::path& folder, const std::string& name, const std::string& endpoint,
                     const std::string& publisher);
void forget_keys(const std::string& endpoint);
// What leads to `endpoint` by way of a relay has its key.
void know_relay(const std::string& endpoint, const std::string& relay);

void allow_key(const std::filesystem::path& folder, const access::Grant& grant);
void revoke_key(const std::filesystem::path& folder, const std::string& name);

access::KeyFile make_named_key(const std::string& name);
access::PublicKey key_of_admin();
access::PublicKey key_of_node(const std::filesystem::path& folder, const std::string& name);
// As that node has it at its door, for a test that takes its place; nullptr: the cluster has no keys.
std::shared_ptr<net::Gate> gate_of(const std::filesystem::path& folder, const std::string& name);
// Goes to this endpoint with another key than the admin's, from now on, or with that again.
void go_as(const access::KeyFile& key, const std::string& endpoint, const access::PublicKey& node);
void go_as_admin(const std::string& endpoint, const access::PublicKey& node);

}  // namespace sqlcast::support
