// Connection: one connection to a cluster: polls it, follows its log, loads its schema. No drawing.
//
// Does not block; tick() is called once a frame. UI thread only.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "client/gui/backend.h"
#include "client/gui/model/cluster_model.h"
#include "client/gui/model/log_model.h"
#include "client/gui/model/schema_model.h"
#include "client/gui/model/settings.h"

namespace sqlcast::gui {

enum class ConnectionState : std::uint8_t { connecting, connected, lost };

class Connection {
 public:
  static constexpr double kPollSeconds = 0.5;
  static constexpr double kRetrySeconds = 1.0;

  Connection(SavedConnection connection, std::unique_ptr<Backend> backend);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Delivers what has arrived, asks for what is due. True when something arrived.
  bool tick(double now, std::uint64_t unix_us);

  const SavedConnection& saved() const { return saved_; }
  Backend& backend() { return *backend_; }
  ConnectionState state() const;
  // For ending it where waiting does not matter; the connection is not to be used afterwards.
  std::unique_ptr<Backend> release_backend() { return std::move(backend_); }
  double connecting_since() const { return started_; }
  double now() const { return now_; }

  ClusterModel cluster;
  SchemaModel schema;
  LogModel log;

  void load_databases();
  void load_database(const std::string& name);
  void refresh_schema();  // all that is loaded, again
  // A definition has been executed, here or by anybody: what it concerns and is shown is loaded again, soon, as of
  // `sequence` at least (0: as this window's own).
  void schema_changed(const std::string& sql, const std::string& default_database, Sequence sequence);
  // Why there is nothing to see: not a single node has answered, or none does now. Empty: there is a connection.
  std::string why_nothing() const;
  void jump_log(Sequence first);
  bool log_loading() const { return log_loading_; }
  const std::string& log_problem() const { return log_problem_; }

 private:
  void reload_changed();
  void begin_log();
  void read_end_of_log(Sequence from, Sequence to, int reads);
  client::Request schema_request(client::Statement statement) const;
  void load_part(const std::string& database, std::size_t part);
  void poll();

  SavedConnection saved_;
  std::unique_ptr<Backend> backend_;
  double now_ = 0;
  std::uint64_t unix_us_ = 0;
  double started_ = 0;
  double next_poll_ = 0;
  bool polling_ = false;
  bool was_connected_ = false;
  bool log_loading_ = false;
  std::string log_problem_;
  bool log_begun_ = false;
  std::set<std::string> changed_;  // databases to load again
  bool databases_changed_ = false;
  Sequence schema_after_ = 0;  // what is loaded next must have seen this
  double next_reload_ = 0;
};

}  // namespace sqlcast::gui
