#include "client/load/runner.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "client/text/cell_text.h"
#include "client/text/escape.h"

namespace sqlcast::load {
namespace {

using Do = Action::Kind;
using Sort = Note::Sort;

constexpr std::size_t kMostStatements = 2'000;       // of a transaction that is one request
constexpr std::size_t kMostTransaction = 8U << 20U;  // bytes

std::string shown(const TableName& table) {
  return (table.database.empty() ? std::string() : table.database + ".") + table.name;
}

bool is_done(const Status& status) { return status.ok() || status.code == Code::committed_not_acked; }

std::string reason_of(const Status& status) {
  return (status.reason.empty() ? std::string() : status.reason + ": ") + status.message;
}

}  // namespace

Status with_place(const Status& status, const Job& job) {
  Status placed = status;
  if (status.code == Code::cancelled) return placed;
  constexpr std::size_t kShown = 80;
  std::string begin = job.statements.empty() ? std::string() : job.statements.front();
  begin = text::printable_line(
      std::string_view(begin).substr(0, std::min(begin.size(), utf8_valid_prefix(begin.substr(0, kShown)))));
  placed.message = job.file + ", line " + std::to_string(job.line) + ": " + status.message + " (" + begin + " …)";
  return placed;
}

Runner::Runner(client::Client& client, Sender& sender, Summary& summary, const Plan& plan, bool force,
               Checkpoint confirmed)
    : client_(client),
      sender_(sender),
      summary_(summary),
      plan_(plan),
      force_(force),
      confirmed_(std::move(confirmed)) {}

bool Runner::is_confirmed(std::uint64_t pass, std::uint64_t end) const {
  return pass < confirmed_.pass || (pass == confirmed_.pass && end <= confirmed_.position);
}

// What an earlier run has confirmed is not sent again; of a transaction it is a part that is committed.
bool Runner::passed_by(std::uint64_t pass, std::uint64_t end) {
  const bool before = is_confirmed(pass, end);
  split_ = split_ || (before && in_transaction_);
  return before;
}

Job Runner::job_for(const Action& action, const Placed& placed, std::uint64_t pass) const {
  Job job;
  job.pass = pass;
  job.position = placed.position;
  job.end = placed.position + 1;
  job.database = action.database;
  job.table = shown(action.table);
  job.file = placed.file;
  job.line = placed.statement.line;
  return job;
}

Status Runner::carry_out(Action& action, Placed& placed, std::uint64_t pass) {
  for (const Note& note : action.notes) summary_.note(note, placed.file, placed.statement.line);
  if (action.ends_transaction && in_transaction_) {
    if (Status status = commit(placed.position); !status.ok()) return status;
    in_transaction_ = false;
  }
  switch (action.kind) {
    case Do::none:
    case Do::source: return ok_status();
    case Do::insert: return insert(action, placed, pass);
    case Do::write: return write(action, placed, pass);
    case Do::begin:
      if (Status status = commit(placed.position); !status.ok()) return status;
      in_transaction_ = true;
      split_ = false;
      return ok_status();
    case Do::commit: {
      const Status status = commit(placed.position + 1);
      in_transaction_ = false;
      return status;
    }
    case Do::rollback: return rollback(action, placed, pass);
    case Do::create_view: {
      if (!action.behind) return define(action, placed, pass);
      Job job = job_for(action, placed, 0);
      job.statements.push_back(placed.statement.text);
      views_[action.table] = {std::move(job), action.form.what, 0};
      return ok_status();
    }
    default: return define(action, placed, pass);
  }
}

Status Runner::flush() {
  if (batch_.empty()) return ok_status();
  const bool alone = std::exchange(alone_, false);
  Job job = batch_.take();
  if (in_transaction_) return emit(std::move(job));
  // Requests overtake each other, and rows of one table may count on those of another.
  const bool other = std::exchange(last_, job.table) != job.table;
  if (alone || other)
    if (Status status = sender_.wait_for_all(); !status.ok()) return status;
  if (Status status = emit(std::move(job)); !status.ok()) return status;
  return alone ? sender_.wait_for_all() : ok_status();
}

Status Runner::rollback(const Action& action, const Placed& placed, std::uint64_t pass) {
  if (!in_transaction_) return flush();  // it is nothing
  if (split_ && !is_confirmed(pass, placed.position + 1))
    return with_place(Status::error(Code::too_large,
                                    "ROLLBACK of a transaction that is larger than a request may be: its first parts "
                                    "are committed already"),
                      job_for(action, placed, pass));
  if (!batch_.empty()) (void)batch_.take();
  alone_ = in_transaction_ = false;
  transaction_ = {};
  return ok_status();
}

// To the cluster, or to the transaction that is being read.
Status Runner::emit(Job job) {
  if (!in_transaction_) return sender_.send(std::move(job));
  job.pieces.clear();
  std::size_t bytes = job.statements.front().size();
  for (const std::string& text : transaction_.statements) bytes += text.size();
  if (transaction_.statements.size() >= kMostStatements || bytes > kMostTransaction) {
    summary_.note({Sort::rewritten, "a transaction", "larger than a request may be, so it is several", false, 0},
                  job.file, job.line);
    if (Status status = commit(job.position); !status.ok()) return status;
    split_ = true;
  }
  if (transaction_.statements.empty()) {
    transaction_ = std::move(job);
  } else {
    transaction_.statements.push_back(std::move(job.statements.front()));
    transaction_.rows += job.rows;
    transaction_.end = job.end;
  }
  return ok_status();
}

Status Runner::end_pass() {
  if (Status status = flush(); !status.ok()) return status;
  if (in_transaction_ && !transaction_.statements.empty()) {
    leave_out(transaction_, {Sort::left_out, "a transaction without COMMIT", split_ ? "its first parts are there" : "",
                             true, transaction_.rows});
    transaction_ = {};
  }
  in_transaction_ = false;
  return sender_.wait_for_all();
}

// ---- rows ---------------------------------------------------------------------------------------------------

Result<InsertColumns> Runner::columns(const Action& action) {
  auto found = columns_.find(action.table);
  if (found == columns_.end()) {
    if (Status status = flush(); !status.ok()) return status;
    if (Status status = sender_.wait_for_all(); !status.ok()) return status;
    auto asked = columns_of(client_, action.table);
    if (!asked) return asked.status();
    found = columns_.emplace(action.table, std::move(*asked)).first;
  }
  return insert_columns(found->second, action.form.columns);
}

Status Runner::insert(Action& action, Placed& placed, std::uint64_t pass) {
  const std::string& text = placed.statement.text;
  if (interpreter_->is_left_out(action.table)) {  // each run counts all of them
    std::size_t at = action.form.body;
    Tuple tuple;
    std::uint64_t rows = 0;
    while (next_tuple(text, at, tuple)) ++rows;
    summary_.note({Sort::left_out, "rows of " + shown(action.table), "their table was left out", true, rows},
                  placed.file, placed.statement.line);
    return ok_status();
  }
  if (passed_by(pass, placed.position + text.size())) return ok_status();
  const auto known = columns(action);
  if (!known) return with_place(known.status(), job_for(action, placed, pass));
  return insert_tuples(action, placed, pass, *known);
}

// Whether a row can be as it is written: an id of 0 cannot.
bool Runner::keeps_id(const Action& action, const Placed& placed, std::uint64_t pass, const Tuple& tuple,
                      std::size_t place) {
  if (place >= tuple.value_count()) return true;
  const std::string_view text = placed.statement.text;
  const IdValue id = id_value(tuple.value(text, place));
  if (id != IdValue::given) alone_ = alone_ || id == IdValue::generated || !action.zero_is_zero;
  if (id != IdValue::zero || !action.zero_is_zero) return true;
  const auto lines = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(tuple.begin), '\n');
  Job row = job_for(action, placed, pass);
  row.end = placed.position + tuple.end;
  row.line += static_cast<std::size_t>(lines);
  leave_out(row, {Sort::left_out, "a row of " + shown(action.table),
                  "its id is 0, for which a cluster generates one: give it another", true, 1});
  return false;
}

Status Runner::insert_tuples(Action& action, const Placed& placed, std::uint64_t pass, const InsertColumns& columns) {
  const std::string_view text = placed.statement.text;
  Tuple tuple;
  std::size_t at = action.form.body;
  bool simple = action.form.plain;
  while (next_tuple(text, at, tuple)) simple = simple && tuple.literals_only;
  const std::string tail(text.substr(std::min(at, text.size())));
  simple = simple && tail.empty();
  if (!simple || !batch_.fits(text.substr(0, action.form.body), action.database))
    if (Status status = flush(); !status.ok()) return status;
  tail_ = tail;
  const bool alone = !simple || columns.id_missing || columns.refers_to_itself;
  const bool as_it_is = columns.generated.empty() && is_utf8(text) && text.find('\0') == std::string_view::npos;
  for (at = action.form.body; next_tuple(text, at, tuple);) {
    if (passed_by(pass, placed.position + tuple.end)) continue;
    if (batch_.full())
      if (Status status = flush(); !status.ok()) return status;
    alone_ = alone_ || alone;
    if (columns.id && !keeps_id(action, placed, pass, tuple, *columns.id)) continue;
    const std::string changed = as_it_is ? std::string() : rewritten_tuple(text, tuple, columns.generated);
    const std::string_view row =
        as_it_is ? text.substr(tuple.begin, tuple.end - tuple.begin) : std::string_view(changed);
    add_tuple(action, placed, pass, row, tuple);
  }
  return simple ? ok_status() : flush();
}

void Runner::add_tuple(const Action& action, const Placed& placed, std::uint64_t pass, std::string_view row,
                       const Tuple& tuple) {
  if (batch_.empty()) {
    Job job = job_for(action, placed, pass);
    job.position = placed.position + tuple.begin;
    batch_.begin(std::string_view(placed.statement.text).substr(0, action.form.body), tail_, std::move(job));
  }
  batch_.add(row, placed.position + tuple.end, {placed.position, placed.position + tuple.begin, placed.statement.line});
}

// ---- everything else ----------------------------------------------------------------------------------------

Status Runner::write(Action& action, Placed& placed, std::uint64_t pass) {
  if (passed_by(pass, placed.position + 1)) return ok_status();
  if (Status status = flush(); !status.ok()) return status;
  Job job = job_for(action, placed, pass);
  job.statements.push_back(std::move(placed.statement.text));
  if (in_transaction_) return emit(std::move(job));
  if (Status status = sender_.wait_for_all(); !status.ok()) return status;
  if (Status status = sender_.send(std::move(job)); !status.ok()) return status;
  return sender_.wait_for_all();
}

// What has been read of a transaction, as one request.
Status Runner::commit(std::uint64_t end) {
  if (Status status = flush(); !status.ok()) return status;
  if (transaction_.statements.empty()) return ok_status();
  transaction_.end = std::max(end, transaction_.end);
  Job job = std::exchange(transaction_, {});
  if (is_confirmed(job.pass, job.end)) return ok_status();
  if (Status status = sender_.wait_for_all(); !status.ok()) return status;
  if (Status status = sender_.send(std::move(job)); !status.ok()) return status;
  return sender_.wait_for_all();
}

Status Runner::define(Action& action, Placed& placed, std::uint64_t pass) {
  if (action.kind == Do::definition)
    columns_.clear();  // RENAME and DROP can be of several
  else
    columns_.erase(action.table);
  if (action.form.kind == Kind::drop_view) views_.erase(action.table);
  Job job = job_for(action, placed, pass);
  job.definition = true;
  if (action.kind == Do::create_table && action.keys_taken_out && !action.keys.empty()) {
    Later later{job, action.form.what, action.keys.size()};
    std::string text = "ALTER TABLE " + backquoted(action.table);
    for (const ForeignKey& key : action.keys)
      text += (&key == &action.keys.front() ? " ADD " : ", ADD ") + key.definition;
    later.job.statements.push_back(std::move(text));
    later.name = "foreign keys of " + shown(action.table);
    keys_.push_back(std::move(later));
  }
  if (Status status = commit(placed.position); !status.ok()) return status;
  const bool table = action.kind == Do::create_table;
  if (is_confirmed(pass, placed.position + 1)) {
    if (table && confirmed_.left_out.tables.count(job.position) > 0) interpreter_->leave_out(action.table);
    return ok_status();
  }
  job.statements.push_back(std::move(placed.statement.text));
  const client::Reply reply = sender_.run(job);
  if (is_done(reply.status)) {
    if (table) summary_.add_table();
    if (action.kind == Do::create_view) summary_.add_view();
    return ok_status();
  }
  if (action.kind == Do::drop_table && action.load_mode && reply.status.database_errno == 1451)
    return drop_again(action, job, reply.status);
  Status status = left_out(job, action.form.what, reply.status, table);
  if (table && status.ok()) interpreter_->leave_out(action.table);
  return status;
}

// A table that others refer to, under FOREIGN_KEY_CHECKS=0: their keys go first, when the dump makes them anew anyway.
Status Runner::drop_again(const Action& action, const Job& job, const Status& status) {
  client::Request ask = client::Request::of(
      "SELECT constraint_schema, table_name, constraint_name FROM information_schema.referential_constraints "
      "WHERE unique_constraint_schema = ? AND referenced_table_name = ?",
      {action.table.database, action.table.name});
  ask.consistency = client::Consistency::master;
  const client::Reply found = client_.run(std::move(ask));
  if (!found.status.ok()) return with_place(found.status, job);
  const client::Rows& rows = found.results.at(0).rows;
  for (std::uint64_t row = 0; row < rows.row_count(); ++row) {
    const TableName child{text::cell_text(rows.cell(row, 0)), text::cell_text(rows.cell(row, 1))};
    if (child == action.table) continue;
    if (plan_.dropped.count(child) == 0) return with_place(status, job);
    const std::string sql =
        "ALTER TABLE " + backquoted(child) + " DROP FOREIGN KEY " + backquoted(text::cell_text(rows.cell(row, 2)));
    const client::Reply dropped = client_.run(sql);
    if (!is_done(dropped.status)) return with_place(dropped.status, job);
  }
  Job again = job;
  again.part = 1;
  return run_now(again, false);
}

Status Runner::run_now(const Job& job, bool data) {
  const client::Reply reply = sender_.run(job);
  return is_done(reply.status) ? ok_status() : left_out(job, job.table, reply.status, data);
}

Status Runner::finish() {
  const std::uint64_t pass = plan_.passes;
  for (Later& each : keys_) {
    each.job.pass = pass;
    each.job.part = 2;
    if (is_confirmed(pass, each.job.end)) continue;
    const client::Reply reply = sender_.run(each.job);
    if (is_done(reply.status))
      summary_.add_key(each.keys);
    else if (Status status = left_out(each.job, each.name, reply.status, false); !status.ok())
      return status;
  }
  // A view comes behind those that it names.
  std::vector<Later> order;
  while (!views_.empty()) {
    auto next = std::find_if(views_.begin(), views_.end(), [&](const auto& view) {
      const auto names = names_in(view.second.job.statements.front());
      return std::none_of(names.begin(), names.end(), [&](const std::string& name) {
        return name != view.first.name &&
               std::any_of(views_.begin(), views_.end(), [&](const auto& other) { return other.first.name == name; });
      });
    });
    if (next == views_.end()) next = views_.begin();
    order.push_back(std::move(next->second));
    views_.erase(next);
  }
  std::uint64_t place = 0;
  for (Later& each : order) {
    each.job.pass = pass + 1;
    each.job.end = ++place;
    if (is_confirmed(pass + 1, each.job.end)) continue;
    each.job.definition = true;
    const client::Reply reply = sender_.run(each.job);
    if (is_done(reply.status))
      summary_.add_view();
    else if (Status status = left_out(each.job, each.name, reply.status, false); !status.ok())
      return status;
  }
  return ok_status();
}

// ---- what did not work --------------------------------------------------------------------------------------

Status Runner::left_out(const Job& job, const std::string& what, const Status& status, bool data) {
  const bool said_no = status.code == Code::refused || status.code == Code::too_large;
  const bool of_the_end = job.pass >= plan_.passes && status.code == Code::sql_error;
  if (!said_no && !of_the_end && !(force_ && status.code == Code::sql_error)) return with_place(status, job);
  leave_out(job, {Sort::left_out, what, reason_of(status), data, job.rows});
  return ok_status();
}

void Runner::leave_out(const Job& job, const Note& note) {
  summary_.note(note, job.file, job.line);
  LeftOut remembered = LeftOut::of(note, job.file, job.line);
  if (job.definition && note.data) remembered.tables.insert(job.position);
  sender_.remember(job.pass, job.end, remembered);
}

bool Runner::goes_on(const Status& status) const {
  return status.code == Code::refused || (force_ && status.code == Code::sql_error);
}

Status Runner::failed(const Job& job, const Status& status) {
  return left_out(job, job.rows > 0 ? "rows of " + job.table : "a statement", status, true);
}

void Runner::confirmed(const Job& job) {
  if (job.rows > 0)
    summary_.add_rows(job.table, job.rows);
  else
    summary_.add_statement();
}

}  // namespace sqlcast::load
