#include "client/gui/model/verdict_line.h"

#include "client/gui/model/text.h"
#include "sql/policy.h"

namespace sqlcast::gui {

namespace {

VerdictText local_text(const sql::Verdict& verdict, bool on_slave) {
  switch (verdict.statement_class) {
    case sql::Class::read: return {VerdictKind::read, "READ", "answered by the node chosen", {}, {}};
    case sql::Class::write:
      if (on_slave) {
        return {VerdictKind::forwarded, "FORWARDED", "a write: this slave hands it to the master", {}, {}};
      }
      return {VerdictKind::write, "WRITE", "executed by the master, replicated to every slave", {}, {}};
    case sql::Class::ddl:
      if (on_slave) {
        return {VerdictKind::ddl_elsewhere,
                "MASTER ONLY",
                "changes the schema: this slave refuses it, the master runs it",
                {},
                {}};
      }
      return {VerdictKind::ddl, "SCHEMA CHANGE", "executed by the master, replicated to every slave", {}, {}};
    case sql::Class::refused: return {VerdictKind::refused, "REFUSED", verdict.explanation(), {}, verdict.code};
  }
  return {};
}

}  // namespace

const VerdictText VerdictLine::kNothing{};

void VerdictLine::update(const std::string& statement, const std::string& database, const std::string& endpoint,
                         bool on_slave, Backend* backend, double now, bool unfinished) {
  if (statement != statement_ || database != database_ || endpoint != endpoint_ || on_slave != on_slave_) {
    statement_ = statement;
    database_ = database;
    endpoint_ = endpoint;
    on_slave_ = on_slave;
    ++*question_;
    changed_ = now;
    asked_ = statement.empty();
    if (statement.empty()) {
      shown_ = {};
      class_ = sql::Class::refused;
    } else {
      const sql::Verdict verdict = sql::classify(statement, database);
      class_ = verdict.statement_class;
      shown_ = local_text(verdict, on_slave);
      asked_ = class_ == sql::Class::refused;
    }
  }
  quiet_ = unfinished && shown_.kind == VerdictKind::refused && now - changed_ < kQuiet;
  if (!asked_ && backend != nullptr && now - changed_ >= kAskAfter) ask(*backend);
}

void VerdictLine::ask(Backend& backend) {
  asked_ = true;
  const std::weak_ptr<std::uint64_t> alive = question_;
  backend.explain(
      {statement_}, database_, endpoint_, [this, alive, question = *question_](Result<proto::ExplainReply> answer) {
        const auto current = alive.lock();
        if (!current || *current != question || !answer.ok() || answer->explanations.empty()) return;
        const proto::Explanation& said = answer->explanations[0];
        if (said.statement_class == "refused" || said.runs == "refused" || said.determinism == "unsafe") {
          if (shown_.kind == VerdictKind::ddl_elsewhere) return;
          shown_ = {VerdictKind::refused, "REFUSED", said.reason.empty() ? said.code : said.reason, {}, said.code};
        } else if (said.determinism == "rewritten" && !said.rewritten.empty()) {
          shown_.kind = VerdictKind::rewritten;
          shown_.word = on_slave_ ? "FORWARDED, REWRITTEN" : "REWRITTEN";
          shown_.text = "so that every node computes the same; it runs as";
          shown_.detail = said.rewritten;
        } else if (said.determinism == "materialised") {
          shown_.kind = VerdictKind::rewritten;
          shown_.word = on_slave_ ? "FORWARDED, BY ROWS" : "BY ROWS";
          shown_.text = "executed at the master, and the changed rows are replicated";
        }
      });
}

}  // namespace sqlcast::gui
