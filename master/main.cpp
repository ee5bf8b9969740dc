#include "master/master.h"
#include "node/program.h"

namespace {

class Program final : public sqlcast::node::Runnable {
 public:
  explicit Program(const sqlcast::config::NodeConfig& config) : node_(config) {}
  sqlcast::Status start() override { return node_.start(); }
  void interrupt() override { node_.interrupt(); }
  void reload() override { node_.reload(); }
  void stop() override { node_.stop(); }
  std::string announcement() const override {
    return "serving clients at " + node_.endpoint() + ", publishing at " + node_.publisher_endpoint();
  }

 private:
  sqlcast::master::Master node_;
};

}  // namespace

int main(int argc, char** argv) {
  return sqlcast::node::run_program(
      sqlcast::config::Role::master, argc, argv,
      [](const sqlcast::config::NodeConfig& config) { return std::make_unique<Program>(config); });
}
