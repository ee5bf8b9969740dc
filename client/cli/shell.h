// Shell: statements from a terminal, a script or the command line, to the nodes, and results as text. One thread. May
// block, for the nodes and for what it reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/known_names.h"
#include "client/cli/output.h"
#include "client/cli/statement_stream.h"
#include "client/client.h"
#include "client/local/find_nodes.h"
#include "client/text/result_format.h"

namespace sqlcast::cli {

struct ShellOptions {
  text::FormatOptions format;
  bool interactive = false;
  bool force = false;                           // go on after an error
  bool verbose = false;                         // say after each statement what it did, on standard error
  bool atomic = false;                          // everything is one request
  std::optional<client::Statement> parameters;  // of the one statement; without text
  bool patient = true;                          // what passes by itself is waited for
  std::size_t merge_inserts = 0;                // so many INSERTs of a script may go as one; 0, 1 = each by itself
};

class Shell {
 public:
  Shell(client::Client& client, local::Nodes nodes, std::string database, ShellOptions options);

  // Each returns the exit status: 0 when all went well, 1 when a statement failed.
  int run_terminal();
  int run_text(std::string_view text);
  int run_file(int descriptor);  // until its end
  int run_file(const std::string& path);

 private:
  enum class Next { go_on, stop };

  Next drain(StatementStream& stream);
  Next run_item(const StreamItem& item);
  Next run_statement(const StreamItem& item);
  Next run_request(const std::vector<StreamItem>& items);
  std::optional<client::Reply> ask(client::Request request);
  bool wait_for_master(double seconds);
  void say_waiting(double seconds);
  void end_waiting();
  bool merges(const StreamItem& item);
  Next run_merged();
  int finish();
  Next after_failure(const Status& status, std::size_t line);

  Next run_command(const StreamItem& item);
  Next run_at_terminal(const StreamItem& item);
  Next use(const std::string& database, std::size_t line);
  Next system(const StreamItem& item);
  Next edit(const std::string& text, std::size_t line);
  void show_status();
  void feed_terminal(StatementStream& stream, const std::string& line, std::string& entered);

  template <typename T>
  std::optional<T> wait(std::future<T>& future, std::uint64_t request_id, const std::function<void()>& look = {});
  std::uint64_t print_rows(client::StatementReply& result, const StreamItem& item, Status& problem);
  void print_effect(const client::StatementReply& result, const client::Reply& reply);
  void print_summary(const client::StatementReply& result, const client::Reply& reply, std::uint64_t rows,
                     double seconds);
  void write_rows(std::string& text);

  client::Client& client_;
  const local::Nodes nodes_;
  std::string database_;
  const ShellOptions options_;
  std::vector<StreamItem> held_;    // for the one request
  std::vector<StreamItem> merged_;  // INSERTs that are to go as one: what stands in front of their tuples is the same
  std::string merged_head_;
  std::string merged_tuples_;
  bool failed_ = false;
  bool quit_ = false;
  int depth_ = 0;  // of SOURCE in SOURCE
  Output out_;
  KnownNames names_;
  bool show_warnings_ = true;
  long said_waiting_ = -1;             // seconds; -1: nothing was said
  std::string last_typed_;             // statement, for edit
  std::optional<std::string> edited_;  // what comes next, instead of a typed line
};

// "3 rows in set (0.004 s) — node slave-1 at 1042", "Query OK, 1 row affected (0.002 s) — sequence 1043".
std::string summary(const client::StatementReply& result, const client::Reply& reply, std::uint64_t rows,
                    double seconds);

}  // namespace sqlcast::cli
