#include "tests/support/cluster.h"

#include <algorithm>
#include <iostream>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <stdexcept>

#include "log/reader.h"
#include "proto/entry.h"
#include "storage/log.h"
#include "tests/support/ports.h"

namespace sqlcast::support {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::set<Cluster*>& living_clusters() {
  static std::set<Cluster*> clusters;
  return clusters;
}

// Prints the ends of the logs at the first failure of a test case, while the nodes are still there.
class LogPrinter : public Catch::TestEventListenerBase {
 public:
  using TestEventListenerBase::TestEventListenerBase;
  void testCaseStarting(const Catch::TestCaseInfo& info) override {
    TestEventListenerBase::testCaseStarting(info);
    printed_ = false;
  }
  bool assertionEnded(const Catch::AssertionStats& stats) override {
    if (stats.assertionResult.isOk() || printed_) return true;
    printed_ = true;
    for (const Cluster* cluster : living_clusters())
      for (const Node* node : cluster->nodes())
        std::cerr << "---- " << cluster->folder().string() << " " << node->name() << ":\n" << node->log_end();
    return true;
  }

 private:
  bool printed_ = false;
};
CATCH_REGISTER_LISTENER(LogPrinter)

std::string local(std::uint16_t port) { return "tcp://127.0.0.1:" + std::to_string(port); }

constexpr std::string_view kSmallDatabase = "database:\n  buffer_pool_mb: 32\n  redo_log_mb: 24\n";
constexpr std::string_view kSmallLog = "log:\n  file_bytes: 1MiB\n";

// The counter in it is the node's own.
std::string without_counter(const std::string& definition) {
  static const std::regex counter(" AUTO_INCREMENT=[0-9]+");
  return std::regex_replace(definition, counter, "");
}

// Every table: its definition and its checksum.
// Of the rows in whatever order. (CHECKSUM TABLE gives another number each time for a table with virtual columns.)
std::string digest_of(const std::vector<storage::Row>& rows) {
  std::vector<std::string> texts;
  texts.reserve(rows.size());
  for (const storage::Row& row : rows) {
    std::string& text = texts.emplace_back();
    for (const auto& cell : row) text += cell ? std::to_string(cell->size()) + ":" + *cell : "NULL,";
  }
  std::sort(texts.begin(), texts.end());
  std::string all;
  for (const std::string& text : texts) all += text + "\n";
  return "rows " + std::to_string(rows.size()) + " digest " + std::to_string(proto::content_digest(all));
}

// Of two logs that were trimmed at different places: what both have. A hash stands for all before it.
bool end_alike(const std::vector<std::string>& one, const std::vector<std::string>& other) {
  const std::size_t both = std::min(one.size(), other.size());
  return (both > 0 || one.size() == other.size()) &&
         std::equal(one.end() - static_cast<std::ptrdiff_t>(both), one.end(),
                    other.end() - static_cast<std::ptrdiff_t>(both));
}

std::map<std::string, std::string> tables_of(const Node& node) {
  const auto connection = node.open_database();
  const auto ask = [&](const std::string& sql) {
    Result<std::vector<storage::Row>> rows = connection->rows(sql);
    if (!rows) throw std::runtime_error(node.name() + ": " + rows.status().message + " (" + sql + ")");
    return std::move(*rows);
  };
  std::map<std::string, std::string> tables;
  const std::string own = " NOT IN ('mysql','sys','information_schema','performance_schema','sqlcast')";
  for (const storage::Row& row : ask("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME" + own))
    tables[*row[0]] = ask("SHOW CREATE DATABASE " + storage::quote_name(*row[0]))[0][1].value_or("");
  for (const storage::Row& row :
       ask("SELECT TABLE_SCHEMA,TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE='BASE TABLE' AND "
           "TABLE_SCHEMA" +
           own)) {
    const std::string name = storage::quote_name(*row[0]) + "." + storage::quote_name(*row[1]);
    tables[name] = without_counter(ask("SHOW CREATE TABLE " + name)[0][1].value_or("")) + " " +
                   digest_of(ask("SELECT * FROM " + name));
  }
  return tables;
}

// The node's log, as far as its files reach back, checked to chain without holes, and that its database ends with it;
// the hashes in order.
std::vector<std::string> log_of(const Node& node) {
  const auto connection = node.open_database();
  const Result<Position> applied = storage::read_position(*connection);
  if (!applied) throw std::runtime_error(node.name() + ": " + applied.status().message);
  std::vector<std::string> hashes;
  if (applied->sequence == 0) return hashes;
  const auto must = [&](const Status& status) {
    if (!status.ok()) throw std::runtime_error(node.name() + ": " + status.message);
  };
  log::FileSystem& system = log::real_file_system();
  const std::string folder = (node.data_folder() / "log").string();
  const Result<std::optional<Hash>> cluster = log::find_cluster(system, folder);
  must(cluster.status());
  if (!*cluster) throw std::runtime_error(node.name() + ": there are no files of a log");
  log::SparseIndex index;
  log::LogReader reader(system, folder, **cluster, index);
  const Result<std::vector<Sequence>> files = log::list_files(system, folder);
  must(files.status());
  must(reader.seek(files->front() - 1, *applied).status());
  while (true) {
    Result<std::optional<proto::Group>> group = reader.next(*applied);
    must(group.status());
    if (!*group) break;
    hashes.push_back(std::to_string((*group)->last) + ":" + to_hex((*group)->hash));
  }
  if (hashes.empty() || hashes.back() != std::to_string(applied->sequence) + ":" + to_hex(applied->hash))
    throw std::runtime_error(node.name() + ": its database does not end with a group of its log");
  return hashes;
}

}  // namespace

Cluster::Cluster(int slaves) {
  Options options;
  options.slaves = slaves;
  make(options);
}

Cluster::Cluster(const Options& options) { make(options); }

Cluster::~Cluster() {
  living_clusters().erase(this);
  // Another one may get the same ports, and has other keys.
  for (const auto& node : nodes_) forget_keys(node->endpoint());
  forget_keys(publisher_);
  // The databases too, at once: nobody needs a clean end of data that is thrown away.
  for (const auto& node : nodes_) {
    try {
      node->kill_with_database();
    } catch (const std::exception& problem) {
      std::cerr << problem.what() << "\n";
    }
  }
}

Node& Cluster::make_node(const std::string& role, const std::string& name, const std::string& settings) {
  Node::Options options;
  options.role = role;
  options.name = name;
  options.folder = folder_.path() / name;
  options.endpoint = local(free_port());
  options.yaml = "name: " + name + "\ndata_dir: data\nlisten: " + options.endpoint + "\n" +
                 (role == "master" ? "publish: " + publisher_ : "master: " + master().endpoint()) + "\n" + settings;
  if (keys_) options.yaml += give_key(folder_.path(), name, options.endpoint, role == "master" ? publisher_ : "");
  if (settings.find("database:") == std::string::npos) options.yaml += kSmallDatabase;
  if (settings.find("log:") == std::string::npos) options.yaml += kSmallLog;
  nodes_.push_back(std::make_unique<Node>(std::move(options)));
  return *nodes_.back();
}

void Cluster::make(const Options& options) {
  constexpr int kTries = 5;  // another program may take a port between our look and the node's start
  slave_settings_ = options.slave_settings;
  keys_ = options.keys;
  for (int i = 0;; ++i) {
    nodes_.clear();
    publisher_ = local(free_port());
    make_node("master", "master", options.master_settings);
    for (int slave = 0; slave < options.slaves; ++slave) add_slave();
    if (!options.start) break;
    for (const auto& node : nodes_) node->start();
    try {
      for (const auto& node : nodes_) node->wait_until_answering();
      break;
    } catch (const std::runtime_error& problem) {
      const bool taken = std::string(problem.what()).find("in use") != std::string::npos;
      if (!taken || i + 1 == kTries) throw;
    }
  }
  living_clusters().insert(this);
  if (options.start) wait_until_equal();
}

void Cluster::allow(const access::Grant& grant) const { allow_key(folder_.path(), grant); }

void Cluster::revoke(const std::string& name) const { revoke_key(folder_.path(), name); }

Node& Cluster::add_slave() { return make_node("slave", "slave-" + std::to_string(nodes_.size()), slave_settings_); }

std::vector<Node*> Cluster::nodes() const {
  std::vector<Node*> nodes;
  for (const auto& node : nodes_) nodes.push_back(node.get());
  return nodes;
}

Answer Cluster::must(const proto::QueryRequest& request) {
  Answer answer = master().run(request);
  if (!answer.ok()) throw std::runtime_error(request.statements.front().sql + ": " + show(answer.status));
  return answer;
}

void Cluster::wait_for_position(const Node& node, Sequence sequence) {
  wait_for(node.name() + " to reach entry " + std::to_string(sequence), [&] {
    const std::optional<proto::NodeStatus> status = node.status();
    if (status && status->state == "Failed") throw std::runtime_error(node.name() + " has failed: " + status->message);
    return status && status->position >= sequence;
  });
}

Sequence Cluster::wait_until_equal() {
  std::string seen;
  Sequence position = 0;
  try {
    wait_for("the nodes to be equal", [&] {
      std::optional<proto::NodeStatus> first;
      bool equal = true;
      seen.clear();
      for (const auto& node : nodes_) {
        if (!node->running()) continue;
        const std::optional<proto::NodeStatus> status = node->status();
        seen += "\n  " + node->name() + ": " +
                (status ? status->state + " " + std::to_string(status->position) + " " + status->hash.substr(0, 12) +
                              " " + status->message
                        : "no answer");
        if (!status) {
          equal = false;
          continue;
        }
        if (status->state == "Failed") throw std::runtime_error(node->name() + " has failed: " + status->message);
        if (!first) first = status;
        // An empty log has no hash in common.
        const bool same = status->position == first->position && (first->position == 0 || status->hash == first->hash);
        equal = equal && same && (status->state == "Serving" || status->state == "Live");
      }
      position = first ? first->position : 0;
      return equal;
    });
  } catch (const std::runtime_error& problem) {
    throw std::runtime_error(problem.what() + seen);
  }
  return position;
}

void Cluster::check_same_everywhere() {
  wait_until_equal();
  const auto tables = tables_of(master());
  const auto log = log_of(master());
  for (const auto& node : nodes_) {
    if (!node->running() || node.get() == &master()) continue;
    for (const auto& [name, content] : tables_of(*node)) {
      const auto it = tables.find(name);
      if (it == tables.end()) throw std::runtime_error(node->name() + " has " + name + ", the master has not");
      if (it->second != content)
        throw std::runtime_error(name + " differs.\nmaster: " + it->second + "\n" + node->name() + ": " + content);
    }
    const auto here = tables_of(*node);
    for (const auto& [name, content] : tables)
      if (here.count(name) == 0) throw std::runtime_error(node->name() + " has no " + name);
    if (!end_alike(log_of(*node), log)) throw std::runtime_error(node->name() + "'s log is not the master's");
  }
}

void Cluster::crash_master(const std::string& point, const proto::QueryRequest& request, int times) {
  master().stop();
  master().environment["SQLCAST_TEST_CRASH"] = point;
  for (int life = 0; life < times; ++life) {
    master().start();
    master().wait_until_answering();
    if (Session(master().endpoint()).run(request, std::chrono::milliseconds(500)).ok())
      throw std::runtime_error("the master has not ended at " + point);
    master().wait_until_ended();
  }
  master().environment.clear();
  master().start();
  master().wait_until_answering();
}

Cluster& shared_cluster() {
  static Cluster cluster(2);
  return cluster;
}

}  // namespace sqlcast::support
