#include "client/load/sender.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "client/engine.h"

namespace sqlcast::load {
namespace {

using client::Reply;
using client::Request;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kMostOpen = 8;
constexpr std::size_t kMostBytes = 32U << 20U;
constexpr milliseconds kLook{50};
constexpr milliseconds kPause{500};
constexpr double kPatienceSeconds = 5;
constexpr std::chrono::seconds kRowsTime{30};
constexpr std::chrono::minutes kDefinitionTime{9};
constexpr std::uint64_t kParts = 128;
constexpr std::uint64_t kPartOfPiece = 3;

// What the master remembers as the request's outcome (docs/protocol.md, Retries). Of an earlier copy, which may be
// executed, any other error says nothing.
bool is_remembered(const Status& status) {
  const Code code = status.code;
  return (code == Code::sql_error && !client::passes_by_itself(status.database_errno)) ||
         code == Code::expectation_failed || code == Code::refused || code == Code::too_large ||
         code == Code::cancelled;
}

bool passes(Code code) {
  switch (code) {
    case Code::busy:
    case Code::timeout:
    case Code::master_unavailable:
    case Code::database_unavailable:
    case Code::not_caught_up:
    case Code::outcome_unknown:
    case Code::shutting_down:
    case Code::disk_full: return true;
    default: return false;
  }
}

}  // namespace

Sender::Sender(client::Client& client, CheckpointFile file, Checkpoint checkpoint, bool from_before, Sequence known,
               SenderHooks hooks)
    : client_(client),
      file_(std::move(file)),
      checkpoint_(std::move(checkpoint)),
      hooks_(std::move(hooks)),
      known_(known),
      known_before_(checkpoint_.sent_since),
      may_have_been_sent_(from_before ? 64 : 0) {}

// The first copy or a later one; they are the same.
void Sender::submit(Open& open) {
  Request request;
  for (const std::string& text : open.job.statements) {
    client::Statement statement;
    statement.sql = text;
    request.statements.push_back(std::move(statement));
  }
  request.database = open.job.database;
  request.request_id = open.request_id;
  request.sent_since = open.sent_since;
  request.timeout = open.job.definition
                        ? milliseconds(kDefinitionTime)
                        : std::min<milliseconds>(kRowsTime * (1 << std::min(open.timeouts, 5)), kDefinitionTime);
  open.reply = client_.submit(std::move(request));
}

Status Sender::begin(Job job) {
  Open open;
  known_ = std::max(known_, client_.session_position());
  open.sent_since = may_have_been_sent_ > 0 ? known_before_ : known_;
  if (may_have_been_sent_ > 0) --may_have_been_sent_;
  const bool again = checkpoint_.attempts > 0 && checkpoint_.failed_position == job.position;
  const std::uint64_t part = job.part + (again ? 8 * checkpoint_.attempts : 0);
  open.request_id = job.position * kParts + part + 1;
  for (const std::string& text : job.statements) open.bytes += text.size();
  open.job = std::move(job);
  if (open_.empty()) {  // before anything is sent that the file does not know of
    checkpoint_.sent_since = open.sent_since;
    if (Status status = file_.save(checkpoint_); !status.ok()) return status;
  }
  if (!is_taken_apart(open.job)) submit(open);
  bytes_ += open.bytes;
  open_.push_back(std::move(open));
  return ok_status();
}

Status Sender::send(Job job) {
  while (!open_.empty() && (open_.size() >= kMostOpen || bytes_ > kMostBytes))
    if (Status status = take_oldest(); !status.ok()) return status;
  if (hooks_.stop && hooks_.stop()) {
    if (Status status = wait_for_all(); !status.ok()) return status;
    return Status::error(Code::cancelled, "stopped");
  }
  return begin(std::move(job));
}

Status Sender::wait_for_all() {
  while (!open_.empty())
    if (Status status = take_oldest(); !status.ok()) return status;
  return ok_status();
}

// The final answer: what passes is waited for. cancelled when that was given up.
Result<Reply> Sender::answer(Open& open) {
  const auto begun = steady_clock::now();
  constexpr int kMostUnknown = 5;
  int unknown = 0;
  int told = 0;
  while (true) {
    while (open.reply.wait_for(kLook) != std::future_status::ready) {
      if (hooks_.tick) hooks_.tick();
      const double seconds = std::chrono::duration<double>(steady_clock::now() - begun).count();
      if (seconds < kPatienceSeconds) continue;
      if (hooks_.waiting) hooks_.waiting(Status::error(Code::timeout, "no answer yet"), seconds);
      if (hooks_.stop && hooks_.stop()) return Status::error(Code::cancelled, "gave up waiting for an answer");
    }
    Reply reply = open.reply.get();
    if (!passes(reply.status.code)) return reply;
    // What was not done in its time is given twice as much. It is not done for good when a node has said so often: one
    // that is not there says nothing.
    constexpr int kMostTimeouts = 6;
    if (reply.status.code == Code::timeout || reply.status.code == Code::outcome_unknown) ++open.timeouts;
    if (reply.status.code == Code::timeout && !reply.node.empty() && ++told == kMostTimeouts) {
      reply.status.message += "; that was the last of " + std::to_string(kMostTimeouts) +
                              " attempts, each with more time: is something in its way at the master's database?";
      return reply;
    }
    if (reply.status.code == Code::outcome_unknown && !reply.node.empty() && ++unknown == kMostUnknown) return reply;
    const auto until = steady_clock::now() + kPause;
    do {
      if (hooks_.waiting)
        hooks_.waiting(reply.status, std::chrono::duration<double>(steady_clock::now() - begun).count());
      if (hooks_.stop && hooks_.stop())
        return Status::error(Code::cancelled, "gave up waiting: " + reply.status.message);
      std::this_thread::sleep_for(kLook);
    } while (steady_clock::now() < until);
    submit(open);
  }
}

Status Sender::take_oldest() {
  Open& open = open_.front();
  if (Status stop = is_taken_apart(open.job) ? one_by_one(open) : take_whole(open); !stop.ok()) return stop;
  const Open last = std::move(open);
  open_.pop_front();
  bytes_ -= last.bytes;
  return confirm(last);
}

Status Sender::take_whole(Open& open) {
  const auto reply = answer(open);
  if (!reply) return reply.status();
  const Status& status = reply->status;
  if (status.ok() || status.code == Code::committed_not_acked) {
    if (hooks_.confirmed) hooks_.confirmed(open.job, *reply);
    return ok_status();
  }
  if (open.job.pieces.size() < 2 || !hooks_.goes_on || !hooks_.goes_on(status)) return failed(open, status);
  checkpoint_.taken_apart = open.job.position;  // before the first of them is sent
  if (Status saved = file_.save(checkpoint_); !saved.ok()) return saved;
  return one_by_one(open);
}

// By this process or an earlier one. A definition can stand at the position of rows.
bool Sender::is_taken_apart(const Job& job) const {
  return job.pieces.size() > 1 && checkpoint_.taken_apart == job.position;
}

Status Sender::failed(const Open& open, const Status& status) {
  Status stop = hooks_.failed ? hooks_.failed(open.job, status) : status;
  if (stop.ok()) return stop;
  count_attempt(open.job, status);
  // The error is the one to be told, whatever comes of those behind it; their ids tell later what became of them.
  if (Status saved = file_.save(checkpoint_); !saved.ok()) stop.message += "; " + saved.message;
  return stop;
}

// The statements of which it was put together, so that one that fails takes no other with it. Their request ids come of
// their places, as all do.
Status Sender::one_by_one(const Open& open) {
  const Job& whole = open.job;
  const std::string& text = whole.statements.front();
  for (std::size_t i = 0; i < whole.pieces.size(); ++i) {
    if (hooks_.stop && hooks_.stop()) return Status::error(Code::cancelled, "stopped");
    const Piece& piece = whole.pieces[i];
    const std::size_t end = i + 1 < whole.pieces.size() ? whole.pieces[i + 1].begin - 1 : text.size();
    Open each;
    each.job.pass = whole.pass;
    each.job.position = piece.position;
    each.job.end = whole.end;
    each.job.statements = {text.substr(0, whole.head) + " " + text.substr(piece.begin, end - piece.begin)};
    each.job.database = whole.database;
    each.job.table = whole.table;
    each.job.rows = piece.rows;
    each.job.file = whole.file;
    each.job.line = piece.line;
    each.sent_since = open.sent_since;
    each.request_id = piece.position * kParts + kPartOfPiece + 1;
    submit(each);
    const auto reply = answer(each);
    if (!reply) return reply.status();
    if (reply->status.ok() || reply->status.code == Code::committed_not_acked) {
      if (hooks_.confirmed) hooks_.confirmed(each.job, *reply);
    } else if (Status stop = hooks_.failed ? hooks_.failed(each.job, reply->status) : reply->status; !stop.ok()) {
      return stop;
    }
  }
  return ok_status();
}

// What is remembered as failed, the next attempt does under an id of its own. All else under the same: it may have been
// executed, by an earlier process, say.
void Sender::count_attempt(const Job& job, const Status& status) {
  if (!is_remembered(status)) return;
  if (checkpoint_.failed_position != job.position) checkpoint_.attempts = 0;
  checkpoint_.failed_position = job.position;
  checkpoint_.attempts = checkpoint_.attempts % 15 + 1;
}

Status Sender::confirm(const Open& open) {
  checkpoint_.pass = open.job.pass;
  checkpoint_.position = open.job.end;
  checkpoint_.rows += open.job.rows;
  if (is_taken_apart(open.job)) checkpoint_.taken_apart.reset();
  const auto behind = left_out_.upper_bound({open.job.pass, open.job.end});
  for (auto at = left_out_.begin(); at != behind; at = left_out_.erase(at)) checkpoint_.left_out.add(at->second);
  known_ = std::max(known_, client_.session_position());
  checkpoint_.sent_since = open_.empty() ? known_ : open_.front().sent_since;
  return file_.save(checkpoint_);
}

void Sender::remember(std::uint64_t pass, std::uint64_t end, const LeftOut& left_out) {
  left_out_[{pass, end}].add(left_out);
}

Reply Sender::run(Job job) {
  Reply reply;
  reply.status = wait_for_all();
  if (!reply.status.ok()) return reply;
  reply.status = begin(std::move(job));
  if (!reply.status.ok()) return reply;
  auto answered = answer(open_.front());
  if (!answered) {
    reply.status = answered.status();
    return reply;
  }
  const Open last = std::move(open_.front());
  open_.pop_front();
  bytes_ -= last.bytes;
  reply = std::move(*answered);
  if (reply.status.ok() || reply.status.code == Code::committed_not_acked)
    if (Status status = confirm(last); !status.ok()) reply.status = status;
  const bool done = reply.status.ok() || reply.status.code == Code::committed_not_acked;
  if (!done) {
    count_attempt(last.job, reply.status);
    if (Status saved = file_.save(checkpoint_); !saved.ok()) reply.status.message += "; " + saved.message;
  }
  return reply;
}

}  // namespace sqlcast::load
