#include "master/overdue.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace sqlcast::master {
namespace {

using namespace std::chrono_literals;

// A statement that has run out of time is stopped by the database: for so long its own word is waited for.
constexpr auto kForTheDatabase = 1'000ms;

}  // namespace

Status too_late_status() {
  return Status::error(Code::timeout, "the request waited for its turn until its time was over; nothing was changed");
}

Status other_copy_status(Sequence since) {
  return Status::error(Code::outcome_unknown,
                       "this copy of the request has changed nothing, but another copy of it waits, is being "
                       "executed or has been, and is committed or may come to be. A copy under the same request id is "
                       "answered with the outcome; or look in the log after entry " +
                           std::to_string(since));
}

node::Caller Overdue::enter(node::Caller caller, const RequestKey& key, Clock::time_point deadline, Sequence since,
                            bool ddl) {
  const auto open = std::make_shared<Open>();
  open->caller = caller;
  open->caller.held.reset();  // the request has its share; this is who to answer
  open->deadline = deadline;
  open->since = since;
  open->ddl = ddl;
  caller.once = open;
  const MutexLock lock(mutex_);
  open_.emplace(key, open);
  return caller;
}

bool Overdue::has_other_copy(const RequestKey& key, const node::Caller& caller) const {
  if (key.client_id.empty()) return false;
  const MutexLock lock(mutex_);
  const auto [first, last] = open_.equal_range(key);
  return std::any_of(first, last, [&](const auto& one) {
    const std::shared_ptr<Open> open = one.second.lock();
    return open && open != caller.once && !open->is_left_out();
  });
}

// `status`: where no other copy is here, or has been.
void Overdue::answer_left_out(const RequestKey& key, const std::shared_ptr<Open>& open, Status status,
                              const Answer& answer) {
  node::Caller self = open->caller;
  self.once = open;
  // In this order: what ends meanwhile has been executed before it leaves.
  const bool other = has_other_copy(key, self) || (!key.client_id.empty() && executed_(key));
  answer(open->caller, other ? other_copy_status(open->since) : std::move(status), other ? open->since : 0);
}

void Overdue::end(const node::RevokedKeys& keys, const StatusOf& status, const Answer& answer) {
  std::vector<std::pair<RequestKey, std::shared_ptr<Open>>> left_out;
  {
    const MutexLock lock(mutex_);
    for (const auto& [key, one] : open_)
      if (std::shared_ptr<Open> open = one.lock();
          open && node::is_of(open->caller.who, keys) && open->answer_unless_begun())
        left_out.emplace_back(key, std::move(open));
  }
  for (const auto& [key, open] : left_out) answer_left_out(key, open, status(open->caller.who), answer);
}

void Overdue::tick(Clock::time_point now, bool database_answers, const Answer& answer) {
  struct Late {
    RequestKey key;
    std::shared_ptr<Open> open;
    bool left_out = false;
  };
  std::vector<Late> late;
  {
    const MutexLock lock(mutex_);
    std::erase_if(open_, [](const auto& one) { return one.second.expired(); });
    for (const auto& [key, one] : open_)
      if (std::shared_ptr<Open> open = one.lock(); open && now >= open->deadline)
        late.push_back({key, std::move(open)});
  }
  // All of them first: of copies whose time is over together none is executed.
  for (Late& one : late) one.left_out = one.open->answer_unless_begun();
  for (const auto& [key, open, left_out] : late) {
    if (left_out) {
      answer_left_out(key, open, too_late_status(), answer);
    } else if ((!open->ddl || !database_answers) && now >= open->deadline + kForTheDatabase &&
               open->answer() == node::AnswerOnce::Outcome::begun) {
      answer(
          open->caller,
          Status::error(Code::outcome_unknown,
                        "the request has not ended within its time, and may or may not come to be committed. A "
                        "copy under the same request id is answered with the outcome; or look in the log after entry " +
                            std::to_string(open->since)),
          open->since);
    }
  }
}

}  // namespace sqlcast::master
