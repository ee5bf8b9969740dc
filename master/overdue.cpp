#include "master/overdue.h"

#include <utility>

namespace sqlcast::master {
namespace {

using namespace std::chrono_literals;

// A statement that has run out of time is stopped by the database: for so long its own word is waited for.
constexpr auto kForTheDatabase = 1'000ms;

}  // namespace

node::Caller Overdue::enter(node::Caller caller, Clock::time_point deadline, Sequence since, bool ddl) {
  const auto open = std::make_shared<Open>();
  open->caller = caller;
  open->deadline = deadline;
  open->since = since;
  open->ddl = ddl;
  caller.once = open;
  const std::lock_guard lock(mutex_);
  open_.push_back(open);
  return caller;
}

void Overdue::tick(Clock::time_point now, bool database_answers, const Answer& answer) {
  std::vector<std::shared_ptr<Open>> late;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(open_, [](const std::weak_ptr<Open>& open) { return open.expired(); });
    for (const std::weak_ptr<Open>& one : open_)
      if (std::shared_ptr<Open> open = one.lock(); open && now >= open->deadline) late.push_back(std::move(open));
  }
  for (const std::shared_ptr<Open>& open : late) {
    if (open->answer_unless_begun()) {
      answer(
          open->caller,
          Status::error(Code::timeout, "the request waited for its turn until its time was over; nothing was changed"),
          0);
    } else if ((!open->ddl || !database_answers) && now >= open->deadline + kForTheDatabase &&
               open->answer() == node::AnswerOnce::Outcome::begun) {
      answer(
          open->caller,
          Status::error(Code::outcome_unknown,
                        "the request has not ended within its time, and may or may not come to be committed. Send it "
                        "again with the same request id, or look in the log after entry " +
                            std::to_string(open->since)),
          open->since);
    }
  }
}

}  // namespace sqlcast::master
