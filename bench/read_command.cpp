#include <CLI/CLI.hpp>
#include <cstdio>
#include <deque>
#include <memory>

#include "base/mutex.h"
#include "bench/cluster.h"
#include "bench/commands.h"
#include "client/command/connection.h"
#include "client/text/json.h"

namespace sqlcast::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
  local::ConnectionOptions connection;
  std::string database;
  std::string sql;
  std::string node = "slave";
  std::uint32_t first_rows = 1'000;
  std::uint32_t page_rows = 0;
  bool json = false;
};

// The pages of one result. The next is asked for as soon as one is there, so that the node reads while this program
// looks at the cells; one page waits at most.
class Pages {
 public:
  Pages(client::Client& client, std::uint32_t page_rows) : client_(client), page_rows_(page_rows) {}

  void start(client::Request request) {
    client_.submit(std::move(request), [this](client::Reply reply) { take(std::move(reply)); });
  }

  client::Reply next() {
    MutexLock lock(mutex_);
    arrived_.wait(lock, [this] { return !pages_.empty(); });
    client::Reply page = std::move(pages_.front());
    pages_.pop_front();
    const client::Cursor cursor = std::exchange(held_back_, {});
    lock.unlock();
    if (cursor) fetch(cursor);
    return page;
  }

 private:
  void fetch(const client::Cursor& cursor) {
    client_.fetch(cursor, page_rows_, [this](client::Reply reply) { take(std::move(reply)); });
  }

  void take(client::Reply reply) {
    client::Cursor cursor;
    if (reply.status.ok() && !reply.results.empty()) cursor = reply.results[0].cursor;
    {
      const MutexLock lock(mutex_);
      const bool room = pages_.empty();
      pages_.push_back(std::move(reply));
      if (!room) held_back_ = std::exchange(cursor, {});
    }
    arrived_.notify_one();
    if (cursor) fetch(cursor);
  }

  client::Client& client_;
  const std::uint32_t page_rows_;
  Mutex mutex_;
  ConditionVariable arrived_;
  std::deque<client::Reply> pages_;
  client::Cursor held_back_;
};

// Looks at every value, as a program would that uses them.
std::uint64_t touch(const client::Rows& rows) {
  std::uint64_t sum = 0;
  for (const auto& column : rows.columns())
    for (const client::Cell& cell : column) {
      switch (cell.kind) {
        case client::Cell::Kind::null: break;
        case client::Cell::Kind::text:
        case client::Cell::Kind::bytes:
          for (const char c : cell.view()) sum = sum * 31 + static_cast<unsigned char>(c);
          break;
        default: sum = sum * 31 + cell.uint64;
      }
    }
  return sum;
}

int run_read(const Arguments& arguments) {
  auto cluster = find_cluster(arguments.connection);
  if (!cluster.ok()) return command::fail(cluster.status());
  const proto::NodeStatus* node = cluster->find(arguments.node);
  if (node == nullptr)
    return command::fail(Status::error(Code::config, "--node " + arguments.node + ": no such node answers"));
  client::Request request = client::Request::of(arguments.sql);
  request.database = arguments.database;
  request.page_rows = arguments.first_rows;
  request.timeout = std::chrono::milliseconds(600'000);
  request.target = {client::Target::Kind::node, node->endpoint};

  // What was written before this command is read whole, and waiting for it is not timed.
  client::Request caught_up = client::Request::of("SELECT 1");
  caught_up.target = request.target;
  caught_up.after = cluster->master()->position;
  if (const client::Reply reply = cluster->client->run(std::move(caught_up)); !reply.status.ok())
    return command::fail(reply.status);

  const Clock::time_point start = Clock::now();
  Pages pages(*cluster->client, arguments.page_rows);
  pages.start(std::move(request));
  std::uint64_t rows = 0;
  std::uint64_t count = 0;
  std::uint64_t digest = 0;
  double first_page_ms = 0;
  std::size_t columns = 0;
  while (true) {
    const client::Reply reply = pages.next();
    if (!reply.status.ok()) return command::fail(reply.status);
    if (reply.results.size() != 1 || !reply.results[0].has_rows)
      return command::fail(Status::error(Code::bad_request, "the statement gives no rows; read takes one SELECT"));
    if (count++ == 0) first_page_ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    const client::Rows& page = reply.results[0].rows;
    rows += page.row_count();
    columns = page.column_count();
    digest = digest * 31 + touch(page);
    if (!reply.results[0].cursor) break;
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (arguments.json) {
    const text::json::Value value =
        text::json::Object{{"node", node->name}, {"rows", rows},       {"columns", std::uint64_t{columns}},
                           {"pages", count},     {"seconds", seconds}, {"first_page_ms", first_page_ms},
                           {"digest", digest}};
    std::printf("%s\n", value.write(2).c_str());
  } else {
    std::printf("%llu rows of %zu columns in %llu pages from %s: %.3f s (%.0f rows per sec.), first page %.2f ms\n",
                static_cast<unsigned long long>(rows), columns, static_cast<unsigned long long>(count),
                node->name.c_str(), seconds, static_cast<double>(rows) / seconds, first_page_ms);
  }
  return command::kExitOk;
}

}  // namespace

void add_read_command(CLI::App& app, Run& run) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* const command = app.add_subcommand("read", "Read one result to its end, every value decoded, and time it");
  command::add_connection_options(*command, arguments->connection);
  command->add_option("-D,--database", arguments->database, "Default database")->type_name("NAME");
  command->add_option("-e,--execute", arguments->sql, "The SELECT")->type_name("SQL")->required();
  command->add_option("--node", arguments->node, "A name, an endpoint, master or slave")
      ->type_name("NODE")
      ->capture_default_str();
  command->add_option("--first-rows", arguments->first_rows, "Rows of the first page (0 = the node's default)")
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--page-rows", arguments->page_rows, "Rows of each further page (0 = the node's default)")
      ->type_name("N");
  command->add_flag("--json", arguments->json, "As one JSON object");
  command->callback([arguments, &run] { run = [arguments] { return run_read(*arguments); }; });
}

}  // namespace sqlcast::bench
