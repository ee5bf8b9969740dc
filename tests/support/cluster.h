// Cluster: real nodes with real databases, for tests: `cluster.master().kill()`, `cluster.wait_until_equal()`.
//
// Each cluster lives in a temporary folder of its own on free ports of 127.0.0.1, and is gone, processes and files,
// when the object is. When an assertion fails, the ends of the nodes' logs are printed. Nodes end with the thread
// that started them: start them from the test's main thread, which the whole class belongs to.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/types.h"
#include "tests/support/keys.h"
#include "tests/support/node.h"
#include "tests/support/session.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wait.h"

namespace sqlcast::support {

class Cluster {
 public:
  struct Options {
    int slaves = 2;
    std::string master_settings;  // YAML lines
    std::string slave_settings;
    bool keys = keys_by_default();  // encrypted, with keys of its own in folder()/keys; tests/support/keys.h
    bool start = true;              // and wait until all are live
  };
  explicit Cluster(int slaves);
  explicit Cluster(const Options& options);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  Node& master() { return *nodes_.front(); }
  Node& slave(std::size_t number) { return *nodes_.at(number + 1); }  // from 0
  std::vector<Node*> nodes() const;
  Node& add_slave();  // configured, not started
  const std::filesystem::path& folder() const { return folder_.path(); }
  // One more line in the table that its nodes read.
  void allow(const access::Grant& grant) const;
  void revoke(const std::string& name) const;
  bool has_keys() const { return keys_; }

  // At the master; throws std::runtime_error unless it worked. Returns the answer.
  Answer must(const proto::QueryRequest& request);
  Answer must(const std::string& sql) { return must(query_of(sql)); }

  void wait_for_position(const Node& node, Sequence sequence);
  // The master's lives end at the crash point when they get the request, so often; then it runs as ever.
  void crash_master(const std::string& point, const proto::QueryRequest& request, int times);
  // Every running node Serving or Live, at the master's position, with the same hash. Returns the position.
  Sequence wait_until_equal();
  // Compares, past the nodes, the definition and checksum of every table, and the logs; throws with the first
  // difference.
  void check_same_everywhere();

 private:
  void make(const Options& options);
  Node& make_node(const std::string& role, const std::string& name, const std::string& settings);

  TemporaryFolder folder_;
  bool keys_ = false;
  std::string publisher_;
  std::string slave_settings_;
  std::vector<std::unique_ptr<Node>> nodes_;
};

// One master and two slaves that the test cases of a run share: for cases that leave it as they found it, with
// databases of their own.
Cluster& shared_cluster();

}  // namespace sqlcast::support
