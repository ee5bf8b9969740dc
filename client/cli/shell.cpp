#include "client/cli/shell.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <thread>
#include <utility>

#include "base/logging.h"
#include "client/cli/line_reader.h"
#include "client/cli/master_watch.h"
#include "client/command/interrupt.h"
#include "client/command/run.h"
#include "client/local/cluster_file.h"
#include "client/text/json.h"
#include "sql/policy.h"

namespace sqlcast::cli {
namespace {

using client::Reply;
using client::Request;
using client::StatementReply;
using Kind = StreamItem::Kind;

constexpr std::size_t kReadSize = 256U << 10U;
constexpr std::chrono::milliseconds kLook{50};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

bool defines(std::string_view sql) { return sql::judge(sql, {}).statement_class == sql::Class::ddl; }

bool reads(std::string_view sql) { return sql::judge(sql, {}).statement_class == sql::Class::read; }

const char* plural(std::uint64_t count) { return count == 1 ? "" : "s"; }

}  // namespace

std::string summary(const StatementReply& result, const Reply& reply, std::uint64_t rows, double seconds) {
  std::string text;
  if (result.has_rows) {
    text = rows == 0 ? std::string("Empty set") : fmt::format("{} row{} in set", rows, plural(rows));
  } else {
    text = fmt::format("Query OK, {} row{} affected", result.affected_rows, plural(result.affected_rows));
    if (result.insert_id != 0) text += fmt::format(", insert id {}", result.insert_id);
  }
  if (!result.warnings.empty())
    text += fmt::format(", {} warning{}", result.warnings.size(), plural(result.warnings.size()));
  text += fmt::format(" ({:.3f} s)", seconds);
  if (reply.wrote) {
    text += fmt::format(" — sequence {}", reply.sequence);
    if (reply.replayed) text += ", executed earlier";
    if (!reply.acked_by.empty()) {
      text += ", acknowledged by ";
      for (std::size_t i = 0; i < reply.acked_by.size(); ++i) text += (i == 0 ? "" : ", ") + reply.acked_by[i];
    }
  } else if (!reply.node.empty()) {
    text += fmt::format(" — node {} at {}", reply.node, reply.node_position);
  }
  if (reply.stale) text += ", stale: this node does not follow the master now";
  return text;
}

Shell::Shell(client::Client& client, local::Nodes nodes, std::string database, ShellOptions options)
    : client_(client),
      nodes_(std::move(nodes)),
      database_(std::move(database)),
      options_(std::move(options)),
      out_(options_.interactive),
      names_(client) {}

// ---- where statements come from ----------------------------------------------------------------------------

int Shell::run_terminal() {
  StatementStream stream;
  LineReader reader(local::state_dir() / "history", [&](std::string_view before, std::string_view after) {
    return complete(stream.begun() + std::string(before), after, names_.get(), database_);
  });
  std::string entered;
  std::string line;
  while (!quit_) {
    const std::string prompt = stream.pending()    ? "    -> "
                               : database_.empty() ? "sqlcast> "
                                                   : "sqlcast [" + database_ + "]> ";
    const LineReader::Event event = reader.read(prompt, line);
    if (event == LineReader::Event::end) {
      std::fputs("\n", stdout);
      break;
    }
    if (event == LineReader::Event::interrupted || line.ends_with("\\c")) {
      stream.clear();
      entered.clear();
      continue;
    }
    out_.typed(prompt + line + "\n");
    if (stream.pending() && line.ends_with("\\e")) {
      stream.clear();
      (void)edit(std::exchange(entered, {}) + "\n" + line.substr(0, line.size() - 2), 0);
    } else {
      feed_terminal(stream, line, entered);
    }
    if (!stream.pending() && !entered.empty()) reader.remember(std::exchange(entered, {}));
    (void)drain(stream);
    while (edited_ && !quit_) {
      const std::string text = *std::exchange(edited_, {});
      out_.say(text + "\n");
      feed_terminal(stream, text, entered);
      if (!stream.pending() && !entered.empty()) reader.remember(std::exchange(entered, {}));
      (void)drain(stream);
    }
  }
  return command::kExitOk;  // every failure has been seen by whoever typed the statement
}

// As it is typed, line breaks and blanks included, it is one item of the history, and what `edit` begins with.
void Shell::feed_terminal(StatementStream& stream, const std::string& line, std::string& entered) {
  entered += (entered.empty() ? "" : "\n") + line;
  stream.feed(line + "\n");
  if (!stream.pending() && !parse_command(entered, stream.delimiter())) last_typed_ = entered;
}

int Shell::run_text(std::string_view text) {
  StatementStream stream;
  stream.feed(text);
  stream.finish();
  (void)drain(stream);
  return finish();
}

// What was held back is run, once everything has been read; `quit` is an end as any other.
int Shell::finish() {
  if (!quit_) (void)run_merged();
  if (depth_ > 0) return failed_ ? command::kExitFailed : command::kExitOk;
  if (!held_.empty() && !failed_) (void)run_request(std::exchange(held_, {}));
  return failed_ ? command::kExitFailed : command::kExitOk;
}

int Shell::run_file(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    (void)after_failure(Status::error(Code::io, path + ": " + std::strerror(errno)), 0);
    return command::kExitFailed;
  }
  const int result = run_file(descriptor);
  close(descriptor);
  return result;
}

int Shell::run_file(int descriptor) {
  StatementStream stream;
  std::string text;
  bool at_start = true;
  while (!quit_) {
    const std::size_t before = text.size();
    text.resize(before + kReadSize);
    const ssize_t got = read(descriptor, text.data() + before, kReadSize);
    text.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && errno == EINTR && command::interrupts() == 0) continue;
    if (got < 0) {
      (void)after_failure(Status::error(Code::io, std::string("the script cannot be read: ") + std::strerror(errno)),
                          0);
      break;
    }
    if (std::exchange(at_start, false) && text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    if (got == 0) {
      stream.feed(text);
      stream.finish();
      (void)drain(stream);
      break;
    }
    const std::size_t lines = text.rfind('\n');
    if (lines == std::string::npos) continue;
    stream.feed(std::string_view(text).substr(0, lines + 1));
    text.erase(0, lines + 1);
    if (drain(stream) == Next::stop) break;
  }
  return finish();
}

Shell::Next Shell::drain(StatementStream& stream) {
  while (auto item = stream.next())
    if (run_item(*item) == Next::stop || quit_) return Next::stop;
  return Next::go_on;
}

Shell::Next Shell::run_item(const StreamItem& item) {
  if (item.kind == Kind::statement) return run_statement(item);
  return run_merged() == Next::stop ? Next::stop : run_command(item);
}

// ---- one statement -----------------------------------------------------------------------------------------

Shell::Next Shell::after_failure(const Status& status, std::size_t line) {
  out_.error(command::error_text(status, options_.interactive ? 0 : line));
  failed_ = true;
  return options_.force || options_.interactive ? Next::go_on : Next::stop;
}

// Nothing when the user gave up waiting. Ctrl-C asks the node to stop the request (0 = there is nothing to stop).
template <typename T>
std::optional<T> Shell::wait(std::future<T>& future, std::uint64_t request_id, const std::function<void()>& look) {
  int seen = 0;
  while (future.wait_for(kLook) != std::future_status::ready) {
    if (look) look();
    const int count = command::interrupts();
    if (count == seen) continue;
    if (count > 1 || request_id == 0) {
      if (count > 1) quit_ = true;
      return std::nullopt;
    }
    seen = count;
    std::fputs("^C stops the statement; once more leaves\n", stderr);
    client_.cancel(request_id, [](const Result<bool>&) {});
  }
  return future.get();
}

Shell::Next Shell::run_statement(const StreamItem& item) {
  constexpr std::size_t kMostHeld = 10'000;  // statements that a request may have
  if (merges(item)) return Next::go_on;
  if (run_merged() == Next::stop) return Next::stop;
  if (merges(item)) return Next::go_on;
  if (!options_.atomic && !options_.parameters) return run_request({item});
  if (options_.parameters && !held_.empty())
    return after_failure(
        Status::error(Code::bad_request, "--params and --expect go with one statement; this is another"), item.line);
  if (held_.size() >= kMostHeld)
    return after_failure(Status::error(Code::too_large, "--atomic takes at most 10000 statements"), item.line);
  held_.push_back(item);
  return Next::go_on;
}

// Takes a plain INSERT that can go together with those held. A statement of many rows does what these do one after the
// other; when it fails nothing is done, and each is run by itself.
bool Shell::merges(const StreamItem& item) {
  constexpr std::size_t kMostBytes = 1U << 20U;
  if (options_.merge_inserts < 2 || options_.interactive || options_.atomic || options_.parameters || item.vertical)
    return false;
  if (merged_.size() >= options_.merge_inserts || merged_tuples_.size() > kMostBytes) return false;
  sql::Judgement judgement;  // classify() does not look at tuples
  judgement.default_database = database_;
  const sql::Verdict verdict = sql::judge(item.text, judgement);
  if (!verdict.insert || !verdict.insert->plain || !verdict.insert->literals_only) return false;
  const sql::InsertShape& shape = *verdict.insert;
  const std::string head = item.text.substr(verdict.body_offset, shape.values_offset - verdict.body_offset);
  if (!merged_.empty() && head != merged_head_) return false;
  merged_head_ = head;
  merged_tuples_ +=
      (merged_.empty() ? "" : ",") + item.text.substr(shape.values_offset, shape.values_end - shape.values_offset);
  merged_.push_back(item);
  return true;
}

Shell::Next Shell::run_merged() {
  if (merged_.empty()) return Next::go_on;
  const std::vector<StreamItem> items = std::exchange(merged_, {});
  const std::string tuples = std::exchange(merged_tuples_, {});
  if (items.size() > 1) {
    Request request = Request::of(merged_head_ + tuples);
    request.database = database_;
    const auto reply = ask(std::move(request));
    if (!reply)
      return after_failure(Status::error(Code::cancelled, "gave up waiting; the statements may still take effect"),
                           items.front().line);
    if (reply->status.ok()) return Next::go_on;
    const bool nothing_done = reply->status.code == Code::sql_error || reply->status.code == Code::refused;
    if (!nothing_done) return after_failure(reply->status, items.front().line);
  }
  for (const StreamItem& item : items)
    if (run_request({item}) == Next::stop) return Next::stop;
  return Next::go_on;
}

// On a terminal one line that is written over; elsewhere a line every five seconds.
void Shell::say_waiting(double seconds) {
  const auto whole = static_cast<long>(seconds);
  if (whole == said_waiting_) return;
  const bool terminal = isatty(STDERR_FILENO) == 1;
  if (terminal)
    std::fprintf(stderr, "\r\x1B[Kwaiting for the master, %ld s, Ctrl-C to give up", whole);
  else if (said_waiting_ < 0 || whole / 5 != said_waiting_ / 5)
    std::fprintf(stderr, "waiting for the master, %ld s\n", whole);
  std::fflush(stderr);
  said_waiting_ = whole;
}

void Shell::end_waiting() {
  if (said_waiting_ >= 0 && isatty(STDERR_FILENO) == 1) std::fputs("\r\x1B[K", stderr);
  said_waiting_ = -1;
}

// Before the same request goes out again. False: give up.
bool Shell::wait_for_master(double seconds) {
  constexpr double kLongest = 600;  // of a script, which nobody may be looking at
  say_waiting(seconds);
  for (int look = 0; look < 20; ++look) {
    if (command::interrupts() > 0) return false;
    std::this_thread::sleep_for(kLook);
  }
  return options_.interactive || seconds < kLongest;
}

// Sent, and sent again under its own id until its outcome is known: nobody is told to do that by hand. Nothing when
// that was given up.
std::optional<Reply> Shell::ask(Request request) {
  const auto start = std::chrono::steady_clock::now();
  MasterWatch watch(client_);
  std::optional<bool> only_reads;
  while (true) {
    auto promise = std::make_shared<std::promise<Reply>>();
    auto future = promise->get_future();
    const std::uint64_t id = client_.submit(request, [promise](Reply reply) { promise->set_value(std::move(reply)); });
    const auto look = [&] {
      constexpr double kUsual = 2;  // seconds that a statement may take without a word
      const double seconds = seconds_since(start);
      if (!options_.patient || seconds < kUsual) return;
      if (!only_reads) only_reads = reads(request.statements.front().sql);
      if (!*only_reads && watch.away()) say_waiting(seconds);
    };
    auto reply = wait(future, id, look);
    const Code code = reply ? reply->status.code : Code::cancelled;
    const bool passes = code == Code::outcome_unknown || code == Code::master_unavailable ||
                        code == Code::database_unavailable || code == Code::shutting_down;
    if (!passes || !options_.patient || !wait_for_master(seconds_since(start))) {
      end_waiting();
      return reply;
    }
    request.request_id = id;
    if (!request.sent_since && reply->sequence != 0) request.sent_since = reply->sequence;
  }
}

Shell::Next Shell::run_request(const std::vector<StreamItem>& items) {
  const StreamItem& item = items.front();
  if (!options_.interactive && command::interrupts() > 0) {
    quit_ = true;
    return after_failure(Status::error(Code::cancelled, "stopped by Ctrl-C"), item.line);
  }
  command::reset_interrupts();
  const auto start = std::chrono::steady_clock::now();
  Request request;
  for (const StreamItem& each : items) {
    request.statements.push_back(options_.parameters.value_or(client::Statement{}));
    request.statements.back().sql = each.text;
  }
  request.database = database_;
  auto reply = ask(std::move(request));
  if (!reply)
    return after_failure(Status::error(Code::cancelled, "gave up waiting; the statement may still take effect"),
                         item.line);
  if (!reply->status.ok()) {
    if (reply->status.code == Code::cancelled && !options_.interactive) quit_ = true;
    const std::size_t failed = reply->failed_statement.value_or(0);
    return after_failure(reply->status, failed < items.size() ? items[failed].line : item.line);
  }
  for (std::size_t i = 0; i < reply->results.size(); ++i) {
    Status problem;
    std::uint64_t rows = 0;
    StatementReply& result = reply->results[i];
    if (result.has_rows) {
      rows = print_rows(result, items[std::min(i, items.size() - 1)], problem);
    } else if (options_.format.format == text::Format::json) {
      print_effect(result, *reply);
    }
    if (!problem.ok()) return after_failure(problem, item.line);
    if (options_.interactive && !result.has_rows && defines(item.text)) names_.forget();
    print_summary(result, *reply, rows, seconds_since(start));
  }
  return Next::go_on;
}

// Page by page; never more than one in memory.
std::uint64_t Shell::print_rows(StatementReply& result, const StreamItem& item, Status& problem) {
  text::FormatOptions format = options_.format;
  const bool for_people = format.format == text::Format::table || format.format == text::Format::tabs;
  if (item.vertical && for_people) format.format = text::Format::vertical;
  const auto printer = text::make_printer(format);
  std::string out;
  out_.begin_rows(format.format == text::Format::vertical);
  printer->begin(result.columns, out);
  client::Rows page = std::move(result.rows);
  client::Cursor cursor = result.cursor;
  std::uint64_t rows = 0;
  while (true) {
    rows += page.row_count();
    printer->page(page.columns(), page.row_count(), out);
    write_rows(out);
    if (!cursor) break;
    if (out_.enough()) {
      client_.close(cursor);
      break;
    }
    auto promise = std::make_shared<std::promise<Reply>>();
    auto future = promise->get_future();
    client_.fetch(cursor, 0, [promise](Reply reply) { promise->set_value(std::move(reply)); });
    auto reply = wait(future, 0);
    if (!reply || !reply->status.ok()) {
      problem = reply ? reply->status : Status::error(Code::cancelled, "stopped by Ctrl-C; the rows above are not all");
      client_.close(cursor);
      break;
    }
    if (reply->results.size() != 1 || !reply->results[0].has_rows) {
      problem = Status::error(Code::bad_message, "the node answered a fetch with something else");
      break;
    }
    page = std::move(reply->results[0].rows);
    cursor = reply->results[0].cursor;
  }
  printer->end(out);
  write_rows(out);
  out_.end_rows();
  return rows;
}

void Shell::print_effect(const StatementReply& result, const Reply& reply) {
  text::json::Object object;
  object.emplace_back("affected_rows", result.affected_rows);
  object.emplace_back("insert_id", result.insert_id);
  object.emplace_back("epoch", reply.epoch);
  object.emplace_back("sequence", reply.sequence);
  object.emplace_back("node", reply.node);
  out_.say(text::json::Value(std::move(object)).write() + "\n");
}

void Shell::print_summary(const StatementReply& result, const Reply& reply, std::uint64_t rows, double seconds) {
  if (!options_.interactive && !options_.verbose) return;
  std::string text = summary(result, reply, rows, seconds) + "\n";
  if (show_warnings_)
    for (const std::string& warning : result.warnings) text += "Warning " + warning + "\n";
  if (options_.interactive)
    out_.say(text + "\n");
  else
    out_.note(text);
}

void Shell::write_rows(std::string& text) {
  out_.rows(text);
  text.clear();
  if (!out_.broken()) return;
  failed_ = true;
  quit_ = true;
}

}  // namespace sqlcast::cli
