#include "tests/support/keys.h"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "access/known_nodes.h"
#include "base/types.h"
#include "client/keys.h"
#include "client/local/cluster_file.h"
#include "client/local/cluster_keys.h"
#include "net/key_pair.h"
#include "net/key_ring.h"
#include "tests/support/temporary_folder.h"

namespace sqlcast::support {
namespace {

namespace fs = std::filesystem;

void must(const Status& status) {
  if (!status.ok()) throw std::runtime_error(status.message);
}

// The admin's key and the list of all nodes of all clusters of this process.
struct Own {
  TemporaryFolder folder;
  fs::path file = folder.path() / "admin.key";
  net::KeyRing::Own key;
  Own() {
    const auto made = local::make_key(file, "test", false);
    must(made.status());
    key = std::make_shared<const access::KeyFile>(*made);
    ::setenv("SQLCAST_KEY", file.c_str(), 1);
  }
};

Own& own() {
  static Own one;
  return one;
}

void add_line(const fs::path& file, const std::string& line) {
  const auto before = local::read_text_file(file);
  must(local::write_table(file, (before.ok() ? *before : std::string()) + line + "\n"));
}

}  // namespace

bool keys_by_default() {
  const char* const wanted = std::getenv("SQLCAST_TEST_SECURITY");
  return wanted == nullptr || std::string(wanted) != "none";
}

access::KeyFile make_named_key(const std::string& name) {
  const auto pair = net::make_key_pair();
  must(pair.status());
  return {name, *pair};
}

std::string give_key(const fs::path& folder, const std::string& name, const std::string& endpoint,
                     const std::string& publisher) {
  const local::KeyPlaces places(folder);
  fs::create_directories(places.folder);
  if (!fs::exists(places.allowed()))
    must(local::add_grant(places.allowed(), {"test", access::Role::admin, own().key->pair.public_key, false, {}}));
  const bool known = fs::exists(places.key_of(name));
  const auto key =
      known ? client::read_key_file(places.key_of(name).string()) : local::make_key(places.key_of(name), name, false);
  must(key.status());
  if (!known) must(local::add_grant(places.allowed(), {name, access::Role::node, key->pair.public_key, false, {}}));
  for (const std::string& each : {endpoint, publisher}) {
    if (each.empty()) continue;
    const std::string line = each + " " + to_hex(key->pair.public_key);
    add_line(places.nodes(), line);
    add_line(own().folder.path() / "nodes", line);
    net::key_ring().pin(own().key, {{each, key->pair.public_key}});
  }
  const std::string keys = places.folder.string();
  return "security:\n  mode: curve\n  key: " + keys + "/" + name + ".key\n  allowed: " + keys +
         "/allowed\n  nodes: " + keys + "/nodes\n";
}

void forget_keys(const std::string& endpoint) { net::key_ring().forget(endpoint); }

void know_relay(const std::string& endpoint, const std::string& relay) {
  const auto pin = net::key_ring().key_for(endpoint);
  if (!pin.ok() || !*pin) return forget_keys(relay);
  net::key_ring().pin((*pin)->own, {{relay, (*pin)->node}});
  add_line(own().folder.path() / "nodes", relay + " " + to_hex((*pin)->node));
}

void allow_key(const fs::path& folder, const access::Grant& grant) {
  must(local::add_grant(local::KeyPlaces(folder).allowed(), grant));
}

void revoke_key(const fs::path& folder, const std::string& name) {
  const fs::path table = local::KeyPlaces(folder).allowed();
  const auto before = local::read_text_file(table);
  must(before.status());
  std::size_t removed = 0;
  must(local::write_table(table, access::without_name(*before, name, std::nullopt, removed)));
}

access::PublicKey key_of_admin() { return own().key->pair.public_key; }

access::PublicKey key_of_node(const fs::path& folder, const std::string& name) {
  const auto key = client::read_key_file(local::KeyPlaces(folder).key_of(name).string());
  must(key.status());
  return key->pair.public_key;
}

std::shared_ptr<net::Gate> gate_of(const fs::path& folder, const std::string& name) {
  if (!local::has_keys(folder)) return nullptr;
  const local::KeyPlaces places(folder);
  const auto key = client::read_key_file(places.key_of(name).string());
  must(key.status());
  const auto text = local::read_text_file(places.allowed());
  must(text.status());
  auto allowed = access::AllowedKeys::parse(*text);
  must(allowed.status());
  return std::make_shared<net::Gate>(key->pair, std::move(*allowed));
}

void go_as(const access::KeyFile& key, const std::string& endpoint, const access::PublicKey& node) {
  net::key_ring().pin(std::make_shared<const access::KeyFile>(key), {{endpoint, node}});
}

void go_as_admin(const std::string& endpoint, const access::PublicKey& node) {
  net::key_ring().pin(own().key, {{endpoint, node}});
}

}  // namespace sqlcast::support
