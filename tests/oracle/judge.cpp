#include "tests/oracle/judge.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <regex>
#include <set>

namespace sqlcast::oracle {
namespace {

using support::Answer;

std::string list(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += "\n      " + line;
  return text.empty() ? " none" : text;
}

std::vector<std::string> rows_of(const Answer& answer, std::size_t statement) {
  std::vector<std::string> rows;
  for (const auto& row : answer.rows.at(statement)) {
    std::string& text = rows.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : "|") + support::to_text(row[i]);
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::string show(const proto::Effect& effect) {
  return std::to_string(effect.affected_rows) + " affected rows, insert id " + std::to_string(effect.insert_id);
}

// Its rows are found in the order of a plan, which is each server's own.
bool finds_rows(const Statement& statement) {
  return statement.plain.find("SELECT") != std::string::npos || statement.plain.starts_with("UPDATE") ||
         statement.plain.starts_with("DELETE");
}

// … and which of them it takes, or with which values, is the plan's, too.
bool takes_any_rows(const Statement& statement) {
  if (statement.reads || !finds_rows(statement)) return false;
  static const std::regex any(" LIMIT | JOIN | STRAIGHT_JOIN |GROUP BY|OVER|RAND\\(|DISTINCT");
  // Rows that move collide, or not, as they follow one another.
  static const std::regex moves("(SET |,)(`[^`]+`)=(CONCAT\\((LEFT\\()?)?\\2");
  return std::regex_search(statement.plain, any) || std::regex_search(statement.plain, moves);
}

// A server's own answer may depend on its plan where a text is compared with LIKE or BETWEEN (code INDEX_DEPENDENT,
// docs/sql-policy.md): of a write that is refused, of a read it is what that server says.
bool depends_on_index(const Statement& statement) {
  return statement.reads && (statement.plain.find(" LIKE ") != std::string::npos ||
                             statement.plain.find(" BETWEEN ") != std::string::npos);
}

// Rows that are found are counted in the order in which they are: for those it is neither which row a warning is
// about, nor, when there are more than are told, which warnings are.
bool same_warnings(const Statement& statement, std::vector<std::string> a, std::vector<std::string> b) {
  if (a == b) return true;
  constexpr std::size_t kMostTold = 16;
  if (!finds_rows(statement)) return false;
  // Of which rows a condition is asked, and so of which it warns, is the plan's.
  if (statement.reads) {
    if (std::max(a.size(), b.size()) == kMostTold) return true;
    const auto asked = [](const std::string& warning) { return warning.starts_with("1292 Truncated incorrect"); };
    std::erase_if(a, asked);
    std::erase_if(b, asked);
  }
  if (a.size() != b.size()) return false;
  if (a.size() == kMostTold) return true;
  static const std::regex row(" at row [0-9]+");
  for (std::vector<std::string>* list : {&a, &b}) {
    for (std::string& warning : *list) warning = std::regex_replace(warning, row, "");
    std::sort(list->begin(), list->end());
  }
  return a == b;
}

// What of a statement's outcome is not as at the plain server; empty when all is.
std::string compare(const Deed& deed, const Outcome::Each& plain, std::size_t i) {
  const proto::StatementResult& got = deed.answer.at(i);
  const proto::Effect effect{got.affected_rows, got.insert_id};
  // Affected rows are a write's.
  if (!deed.request.statements[i].reads && effect != plain.effect)
    return show(effect) + "\n    the plain server: " + show(plain.effect);
  // The outcome of an earlier execution is told without its rows and warnings.
  if (deed.answer.result.replayed) return {};
  // What runs there is what the log has, which has no RETURNING.
  if (plain.by_rows && got.has_rows)
    return got.page.rows == got.affected_rows ? std::string() : "not as many rows as it has affected";
  if (got.has_rows != plain.has_rows) return got.has_rows ? "rows, the plain server none" : "no rows";
  if (const auto rows = rows_of(deed.answer, i); rows != plain.rows && !depends_on_index(deed.request.statements[i]))
    return "rows" + list(rows) + "\n    the plain server:" + list(plain.rows);
  // Nobody asked, nobody looked. What is told all the same must be true.
  if ((!deed.request.warnings && got.warnings.empty()) || plain.by_rows) return {};
  if (!same_warnings(deed.request.statements[i], got.warnings, plain.warnings))
    return "warnings" + list(got.warnings) + "\n    the plain server:" + list(plain.warnings);
  return {};
}

// Two rows have the same time in a unique key, and it is about the time at which they were written. What a request that
// came to nothing had as its time is told nowhere.
bool collides_in_time(const Status& status, std::uint64_t about_us) {
  constexpr int kDuplicate = 1062;
  constexpr std::uint64_t kHour = 3'600'000'000;
  if (status.database_errno != kDuplicate) return false;
  for (const std::uint64_t time_us : {about_us, about_us + kHour}) {  // which may be another day
    const auto seconds = static_cast<std::time_t>(time_us / 1'000'000);
    std::tm date{};
    gmtime_r(&seconds, &date);
    std::array<char, sizeof "2026-01-31"> text{};
    (void)std::strftime(text.data(), text.size(), "%F", &date);
    if (status.message.find(text.data()) != std::string::npos) return true;
  }
  return false;
}

// The counter in it is the server's own; so is a view's columns' collation of the session that made it.
std::string without_counter(const std::string& definition) {
  static const std::regex counter(" AUTO_INCREMENT=[0-9]+");
  return std::regex_replace(definition, counter, "");
}

using Contents = std::map<std::string, std::vector<std::string>>;

Contents contents_of(storage::Connection& connection) {
  Contents contents;
  const std::string own = " NOT IN ('mysql','sys','information_schema','performance_schema','sqlcast','oracle_own')";
  for (const storage::Row& row :
       ask(connection, "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME" + own))
    contents[*row[0]] = {
        ask(connection, "SHOW CREATE DATABASE " + storage::quote_name(*row[0])).at(0).at(1).value_or("")};
  for (const storage::Row& row :
       ask(connection,
           "SELECT TABLE_SCHEMA,TABLE_NAME,TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA" + own)) {
    const std::string name = storage::quote_name(*row[0]) + "." + storage::quote_name(*row[1]);
    std::vector<std::string>& lines = contents[name];
    const bool table = row[2].value_or("") == "BASE TABLE";
    const auto definition = ask(connection, "SHOW CREATE TABLE " + name);
    lines.push_back(without_counter(definition.at(0).at(1).value_or("")));
    if (!table) continue;
    for (const storage::Row& cells : ask(connection, "SELECT * FROM " + name)) lines.push_back(text_of(cells));
    std::sort(lines.begin() + 1, lines.end());
  }
  return contents;
}

std::string first_differences(const std::vector<std::string>& here, const std::vector<std::string>& there) {
  if (here.front() != there.front())
    return "\n  definition: " + here.front() + "\n  the plain server: " + there.front();
  std::vector<std::string> more;
  std::vector<std::string> less;
  std::set_difference(here.begin() + 1, here.end(), there.begin() + 1, there.end(), std::back_inserter(more));
  std::set_difference(there.begin() + 1, there.end(), here.begin() + 1, here.end(), std::back_inserter(less));
  constexpr std::size_t kShown = 8;
  more.resize(std::min(more.size(), kShown));
  less.resize(std::min(less.size(), kShown));
  return "\n  rows that only it has:" + list(more) + "\n  rows that only the plain server has:" + list(less);
}

}  // namespace

// Of those that the database refused: between which entries each of them must have been executed.
std::vector<Judge::Failure> Judge::failures_of(const std::vector<Deed>& deeds, Sequence before) {
  constexpr Sequence kLast = UINT64_MAX;
  std::vector<Failure> failures;
  for (const Deed& deed : deeds) {
    if (deed.answer.ok()) continue;
    switch (deed.answer.status.code) {
      case Code::sql_error:
      case Code::expectation_failed: break;
      case Code::refused: ++refused[deed.answer.status.reason]; continue;
      case Code::too_large: ++refused["TOO_LARGE"]; continue;  // more matches of a join than are read
      default:
        throw Difference("a request was answered " + support::show(deed.answer.status) + "\n  " +
                         describe(deed.request));
    }
    Failure failure{&deed, before, kLast, {}};
    for (const Deed& other : deeds) {
      if (!other.committed()) continue;
      if (other.answered < deed.sent) failure.from = std::max(failure.from, other.answer.result.sequence);
      if (other.sent > deed.answered) failure.until = std::min(failure.until, other.answer.result.sequence - 1);
    }
    failures.push_back(failure);
  }
  // Of those between the same entries, in the order in which they were sent: one may be a definition.
  std::stable_sort(failures.begin(), failures.end(),
                   [](const Failure& a, const Failure& b) { return a.from < b.from; });
  return failures;
}

bool Judge::fails_likewise(Failure& failure, const proto::Context& context) {
  const Outcome outcome = plain_.attempt(failure.deed->request, context);
  const Answer& answer = failure.deed->answer;
  // The database that a request names is asked for before any of its statements, but for what has another fault, too.
  constexpr int kUnknownDatabase = 1049;
  constexpr int kWrongDatabaseName = 1102;
  const bool of_database =
      answer.status.database_errno == kUnknownDatabase || answer.status.database_errno == kWrongDatabaseName;
  if (outcome.status.database_errno == kUnknownDatabase && answer.status.code == Code::sql_error) return true;
  const bool same_place =
      outcome.status.code == answer.status.code &&
      (outcome.failed_statement == answer.failed_statement || (of_database && !answer.failed_statement));
  // Where several of the rows that a statement finds are refused, it is the first one found that is told. And which of
  // several rows of a VALUES list collides first may depend on the values that are generated between them.
  const Statement& failing = failure.deed->request.statements[answer.failed_statement.value_or(0)];
  const bool any_row = same_place && outcome.status.code == Code::sql_error && (finds_rows(failing) || failing.mixed);
  // A row that breaks two rules is told of the one whose index comes first, and a rebuilt table has them in another
  // order.
  constexpr std::array kBrokenRules = {1062, 1452};
  const auto breaks_rule = [&kBrokenRules](const Status& status) {
    return std::find(kBrokenRules.begin(), kBrokenRules.end(), status.database_errno) != kBrokenRules.end();
  };
  if (same_place && breaks_rule(outcome.status) && breaks_rule(answer.status)) return true;
  // The master looks at what was expected when all of a request's statements have run: one behind may fail first.
  if (outcome.status.code == Code::expectation_failed && answer.status.code == Code::sql_error &&
      outcome.failed_statement < answer.failed_statement)
    return true;
  // Strict mode fails at the first row that is met whose text is no number or time, and which are met is the plan's
  // (docs/sql-policy.md, "What is left to you").
  constexpr int kTruncatedWrongValue = 1292;
  if (answer.status.database_errno == kTruncatedWrongValue && finds_rows(failing)) return true;
  // A SELECT looks at a query that stands for one value also where there is no row to change (CHANGELOG, "Known").
  constexpr int kSeveralRows = 1242;
  if (answer.status.database_errno == kSeveralRows && finds_rows(failing)) return true;
  // An own value between generated ones can fall on what is generated behind it (CHANGELOG, "Known").
  constexpr int kDuplicate = 1062;
  if (answer.status.database_errno == kDuplicate && failing.mixed) return true;
  if (collides_in_time(answer.status, context.timestamp_us) || collides_in_time(outcome.status, context.timestamp_us))
    return true;
  // What a request has generated that came to nothing is told nowhere, and depends on the order of those that failed: a
  // statement behind it may have found the new row by it, or have been a child of it.
  const auto at = std::next(failure.deed->request.statements.begin(), answer.failed_statement.value_or(0));
  const bool generated = std::any_of(failure.deed->request.statements.begin(), at,
                                     [](const Statement& statement) { return !statement.table.empty(); });
  if (generated) return true;
  // It may have been executed by rows (materialised, docs/sql-policy.md): which ones, or which values of several, is
  // told nowhere.
  // What was expected is looked at when all have run.
  const auto ran =
      answer.status.code == Code::expectation_failed ? failure.deed->request.statements.end() : std::next(at);
  const bool by_rows = std::any_of(failure.deed->request.statements.begin(), ran, takes_any_rows);
  if (by_rows) return true;
  // Rows collide, or not, as they follow one another, also by what a key's column is generated from; and a plain server
  // may find none at all in a partitioned table (docs/sql-policy.md, PARTITIONED_TABLE).
  const bool updates = std::any_of(failure.deed->request.statements.begin(), ran,
                                   [](const Statement& one) { return one.plain.starts_with("UPDATE"); });
  const bool collides = outcome.status.database_errno == kDuplicate || answer.status.database_errno == kDuplicate;
  if (collides && updates) return true;
  if (any_row || (same_place && outcome.status.database_errno == answer.status.database_errno)) return true;
  failure.last =
      support::show(outcome.status) + " at statement " + std::to_string(outcome.failed_statement.value_or(0));
  return false;
}

void Judge::carry_out(const Deed& deed, const proto::Entry& entry) {
  const auto fail = [&](const std::string& what) {
    throw Difference("entry " + std::to_string(entry.sequence) + ": " + what + "\n  " + describe(deed.request) +
                     "\n  before it:" + list(recent_));
  };
  Outcome outcome;
  try {
    outcome = plain_.carry_out(deed.request, entry);
  } catch (const std::runtime_error& problem) {
    fail(problem.what());
  }
  if (!outcome.status.ok())
    fail("the cluster accepted it, the plain server says " + support::show(outcome.status) + " at statement " +
         std::to_string(outcome.failed_statement.value_or(0)) +
         "; the cluster: " + show({deed.answer.at(0).affected_rows, deed.answer.at(0).insert_id}));
  constexpr std::size_t kRemembered = 12;
  recent_.push_back(std::to_string(entry.sequence) + " " + describe(deed.request));
  if (recent_.size() > kRemembered) recent_.erase(recent_.begin());
  ++committed;
  // A definition's answer has no effects, and its warnings are not compared.
  if (deed.request.kind != Request::Kind::data) return;
  for (std::size_t i = 0; i < outcome.statements.size(); ++i)
    if (const std::string what = compare(deed, outcome.statements[i], i); !what.empty())
      fail("statement " + std::to_string(i) + ": the cluster says " + what);
}

void Judge::replay(const std::vector<Deed>& deeds, const std::vector<proto::Entry>& entries) {
  std::map<RequestKey, const Deed*> by_key;
  std::set<RequestKey> failed_definitions;
  for (const Deed& deed : deeds) {
    if (deed.committed()) by_key[deed.key] = &deed;
    if (!deed.committed() && deed.request.kind == Request::Kind::definition) failed_definitions.insert(deed.key);
  }
  const Sequence before = entries.empty() ? 0 : entries.front().sequence - 1;
  std::vector<Failure> failures = failures_of(deeds, before);
  failed += failures.size();
  std::size_t reached = 0;
  std::vector<Failure*> waiting;
  proto::Context context;
  context.timestamp_us = 1'700'000'000'000'000;
  const auto try_failures = [&](Sequence state) {
    for (; reached < failures.size() && failures[reached].from <= state; ++reached)
      waiting.push_back(&failures[reached]);
    std::erase_if(waiting, [&](Failure* failure) {
      if (fails_likewise(*failure, context)) return true;
      // A definition that the plain server has carried out cannot be taken back: it is tried once, and has been alone.
      if (state < failure->until && failure->deed->request.kind == Request::Kind::data) return false;
      throw Difference("the cluster says " + support::show(failure->deed->answer.status) + " at statement " +
                       std::to_string(failure->deed->answer.failed_statement.value_or(0)) + ", between entries " +
                       std::to_string(failure->from) + " and " + std::to_string(state) + "; the plain server " +
                       failure->last + "\n  " + describe(failure->deed->request) + "\n  before it:" + list(recent_));
    });
  };
  try_failures(before);
  for (const proto::Entry& entry : entries) {
    if (entry.key.client_id.empty()) continue;
    // What DROP TABLE could drop before it complained of the rest; the plain server did so when it was tried there.
    if (failed_definitions.contains(entry.key)) continue;
    const auto it = by_key.find(entry.key);
    // One of several parts of a definition: the plain server runs all of them with the last.
    const bool definition = it != by_key.end() && it->second->request.kind == Request::Kind::definition;
    if (definition && entry.sequence < it->second->answer.result.sequence) continue;
    if (it == by_key.end())
      throw Difference("entry " + std::to_string(entry.sequence) + " of client '" + entry.key.client_id +
                       "' was acknowledged to nobody, or is there twice: " + entry.statements.front().sql);
    if (it->second->answer.result.sequence != entry.sequence)
      throw Difference("entry " + std::to_string(entry.sequence) + " was acknowledged as " +
                       std::to_string(it->second->answer.result.sequence));
    carry_out(*it->second, entry);
    by_key.erase(it);
    context = entry.context;
    try_failures(entry.sequence);
  }
  if (!by_key.empty())
    throw Difference("acknowledged, and not in the log: " + describe(by_key.begin()->second->request));
  for (Failure* failure : waiting)
    throw Difference("the cluster says " + support::show(failure->deed->answer.status) +
                     ", the plain server never does: " + failure->last + "\n  " + describe(failure->deed->request));
}

void Judge::compare_contents(const std::vector<support::Node*>& nodes) {
  const Contents plain = contents_of(plain_.administrator());
  for (const support::Node* node : nodes) {
    const Contents here = contents_of(*node->open_database());
    for (const auto& [name, lines] : here) {
      const auto it = plain.find(name);
      if (it == plain.end()) throw Difference(node->name() + " has " + name + ", the plain server has not");
      if (it->second != lines)
        throw Difference(node->name() + ", " + name + ":" + first_differences(lines, it->second));
    }
    for (const auto& [name, lines] : plain)
      if (here.count(name) == 0) throw Difference("the plain server has " + name + ", " + node->name() + " has not");
  }
}

std::string Judge::summary() const {
  std::string text =
      std::to_string(committed) + " requests accepted, " + std::to_string(failed) +
      " failed; AUTO_INCREMENT values found by the plain server itself: " + std::to_string(plain_.natural_ids) +
      ", imposed: " + std::to_string(plain_.imposed_ids) +
      "; executed by their rows: " + std::to_string(plain_.materialised) + "; refused:";
  for (const auto& [code, count] : refused) text += " " + code + " " + std::to_string(count);
  return text;
}

}  // namespace sqlcast::oracle
