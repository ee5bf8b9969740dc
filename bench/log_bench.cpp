// The log's files: log_bench FOLDER [GROUPS]. Groups a second that are durable, one after the other and many to a sync;
// then a log of GROUPS groups (1,000,000) is written, opened, and read.
#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "log/reader.h"
#include "log/writer.h"
#include "proto/entry.h"

using namespace sqlcast;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

long peak_kib() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

void stop_unless(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "log_bench: %s\n", status.message.c_str());
  std::exit(1);
}

class Log {
 public:
  explicit Log(const std::string& folder) {
    settings.folder = folder;
    settings.cluster = proto::genesis_hash("bench");
    auto opened = log::open_log(log::real_file_system(), settings, Position{0, 0, settings.cluster}, index);
    stop_unless(opened.status());
    writer = std::move(opened->writer);
  }
  void group(const std::string& bytes) {
    log::GroupBegin begin;
    begin.epoch = 1;
    begin.first = begin.last = writer->appended().end.sequence + 1;
    begin.bytes = bytes;
    stop_unless(writer->append(begin).status());
    log::GroupEnd end;
    end.bytes = "\x93\x01\x01\x2a";
    stop_unless(writer->append(end).status());
  }

  log::LogSettings settings;
  log::SparseIndex index;
  std::unique_ptr<log::LogWriter> writer;
};

void durable_groups(Log& log, unsigned together, const std::string& bytes) {
  const Clock::time_point begin = Clock::now();
  std::uint64_t groups = 0;
  while (seconds_since(begin) < 3) {
    for (unsigned i = 0; i < together; ++i) log.group(bytes);
    stop_unless(log.writer->sync().status());
    groups += together;
  }
  std::printf("%u groups a sync: %.0f groups/s\n", together, static_cast<double>(groups) / seconds_since(begin));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: log_bench FOLDER [GROUPS]\n");
    return 2;
  }
  const std::string folder = argv[1];
  const std::uint64_t groups = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1000000;
  const std::string bytes(250, 'b');
  {
    Log log(folder);
    durable_groups(log, 1, bytes);
    durable_groups(log, 64, bytes);
    const Clock::time_point begin = Clock::now();
    for (std::uint64_t i = 0; i < groups; ++i) log.group(bytes);
    stop_unless(log.writer->sync().status());
    std::printf("written: %.0f groups/s\n", static_cast<double>(groups) / seconds_since(begin));
  }
  Clock::time_point begin = Clock::now();
  Log log(folder);
  const Position end = log.writer->appended().end;
  std::printf("opened: %.2f s, %ld KiB at most, sequence %llu\n", seconds_since(begin), peak_kib(),
              static_cast<unsigned long long>(end.sequence));
  begin = Clock::now();
  stop_unless(log::verify_log(log::real_file_system(), folder, log.settings.cluster, end));
  std::printf("read: %.0f groups/s, %ld KiB at most\n", static_cast<double>(end.sequence) / seconds_since(begin),
              peak_kib());
  return 0;
}
