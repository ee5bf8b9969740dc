#include "node/conditions.h"

#include <algorithm>
#include <utility>

#include "base/mutex.h"

namespace sqlcast::node {

std::string_view state_name(Trouble trouble) {
  switch (trouble) {
    case Trouble::waiting: return "Waiting";
    case Trouble::starting: return "Starting";
    case Trouble::read_only: return "ReadOnly";
    case Trouble::disk_full: return "DiskFull";
    case Trouble::database_stalled: return "DatabaseStalled";
    case Trouble::database_down: return "DatabaseDown";
    case Trouble::failed: return "Failed";
  }
  return "Failed";
}

void Conditions::post(const std::string& source, Trouble trouble, std::string message, Clock::time_point now) {
  const MutexLock lock(mutex_);
  Condition& condition = of_source_.try_emplace(source, Condition{trouble, {}, now}).first->second;
  if (condition.trouble != trouble) condition.since = now;
  condition.trouble = trouble;
  condition.message = std::move(message);
}

void Conditions::clear(const std::string& source) {
  const MutexLock lock(mutex_);
  of_source_.erase(source);
}

std::vector<Condition> Conditions::gravest_first() const {
  std::vector<Condition> all;
  {
    const MutexLock lock(mutex_);
    for (const auto& [source, condition] : of_source_) all.push_back(condition);
  }
  std::sort(all.begin(), all.end(), [](const Condition& a, const Condition& b) {
    return a.trouble != b.trouble ? a.trouble > b.trouble : a.since < b.since;
  });
  return all;
}

std::optional<Condition> Conditions::gravest() const {
  const std::vector<Condition> all = gravest_first();
  return all.empty() ? std::nullopt : std::optional(all.front());
}

void Conditions::tell(proto::NodeStatus& status, Clock::time_point now) const {
  const std::vector<Condition> all = gravest_first();
  if (all.empty() || status.state == state_name(Trouble::failed)) return;
  status.state = state_name(all.front().trouble);
  status.message.clear();
  for (const Condition& condition : all) {
    if (!status.message.empty()) status.message += "; " + std::string(state_name(condition.trouble)) + ": ";
    status.message += condition.message;
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - condition.since);
    if (age.count() > 0) status.message += " (for " + std::to_string(age.count()) + " s)";
  }
}

}  // namespace sqlcast::node
