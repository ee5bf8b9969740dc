#include "node/log_retention.h"

#include "base/clock.h"
#include "base/logging.h"
#include "base/thread.h"

namespace sqlcast::node {
namespace {

using namespace std::chrono_literals;

constexpr auto kInterval = 10s;

log::RetentionRules rules_of(const config::LogSettings& settings) {
  const auto us = [](std::chrono::milliseconds time) { return static_cast<std::uint64_t>(time.count()) * 1'000; };
  log::RetentionRules rules;
  rules.max_age_us = us(settings.keep_for);
  rules.max_bytes = settings.keep_bytes;
  rules.hold_us = us(settings.hold_for);
  rules.hold_bytes = settings.hold_bytes;
  return rules;
}

}  // namespace

LogRetention::LogRetention(NodeLog& log, const config::LogSettings& settings, AppliedPosition applied)
    : log_(log), rules_(rules_of(settings)), applied_(std::move(applied)) {}

LogRetention::~LogRetention() { stop(); }

void LogRetention::start(Slaves slaves) {
  slaves_ = std::move(slaves);
  thread_ = start_thread("log retention", [this] { run(); });
}

void LogRetention::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

LogRetention::View LogRetention::view() const {
  const MutexLock lock(mutex_);
  return view_;
}

void LogRetention::run() {
  // What the database has now may be lost to it in a crash: it syncs every second. What it had at the last look is not,
  // if it has lived since.
  Sequence own = 0;
  std::optional<Applied> before;
  while (true) {
    const std::optional<Applied> now = applied_();
    if (now && before && now->life == before->life) own = before->sequence;
    if (log_.begun()) look(own);
    before = now;
    MutexLock lock(mutex_);
    if (changed_.wait_for(lock, kInterval, [this]() SQLCAST_REQUIRES(mutex_) { return stopping_; })) return;
  }
}

void LogRetention::look(Sequence own) {
  log::FileSystem& system = log::real_file_system();
  log::RetentionFacts facts;
  facts.now_us = unix_microseconds();
  facts.own = own;
  facts.slaves = slaves_();
  const Result<log::Trimmed> trimmed = [&] {
    const MutexLock lock(log_.files_mutex());
    return log::trim_log(system, log_.folder(), log_.cluster(), rules_, facts, /*dry_run=*/false);
  }();
  if (!trimmed) return logging::error("the log could not be trimmed: {}", trimmed.status().message);
  for (const std::string& path : trimmed->removed) logging::info("the log was trimmed: {} is removed", path);
  const Result<std::vector<log::LogFileInfo>> files = log::log_files(system, log_.folder(), log_.cluster());
  if (!files) return logging::error("the log's files cannot be looked at: {}", files.status().message);
  View view = this->view();
  if (!files->empty()) view.first = files->front().first;
  view.files = files->size();
  view.bytes = 0;
  for (const log::LogFileInfo& file : *files) view.bytes += file.bytes;
  if (!trimmed->removed.empty()) {
    view.trimmed_files += trimmed->removed.size();
    view.trimmed_to = trimmed->last;
    view.trimmed_at = Clock::now();
  }
  note_holder(view, trimmed->held_by);
  const MutexLock lock(mutex_);
  view_ = std::move(view);
}

void LogRetention::note_holder(View& view, const std::optional<log::Holder>& held_by) {
  const bool twice = held_by_ && held_by;
  if (held_by && (!held_by_ || held_by_->slave != held_by->slave)) held_since_ = Clock::now();
  held_by_ = held_by;
  const std::optional<log::Holder> told = twice ? held_by : std::nullopt;
  if (told && (!view.held_by || view.held_by->slave != told->slave))
    logging::warn("old files of the log stay because of {}, which has it up to entry {}",
                  told->slave.empty() ? "this node's own database" : told->slave, told->has);
  if (!told && view.held_by) logging::info("nobody keeps old files of the log from being removed any more");
  view.held_by = told;
  view.held_since = held_since_;
}

}  // namespace sqlcast::node
