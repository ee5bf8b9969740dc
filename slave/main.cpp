#include "node/program.h"
#include "slave/slave.h"

namespace {

class Program final : public sqlcast::node::Runnable {
 public:
  explicit Program(const sqlcast::config::NodeConfig& config) : master_(config.master), node_(config) {}
  sqlcast::Status start() override { return node_.start(); }
  void interrupt() override { node_.interrupt(); }
  void reload() override { node_.reload(); }
  void stop() override { node_.stop(); }
  std::string announcement() const override {
    return "serving clients at " + node_.endpoint() + ", following the master at " + master_;
  }

 private:
  const std::string master_;
  sqlcast::slave::Slave node_;
};

}  // namespace

int main(int argc, char** argv) {
  return sqlcast::node::run_program(
      sqlcast::config::Role::slave, argc, argv,
      [](const sqlcast::config::NodeConfig& config) { return std::make_unique<Program>(config); });
}
