#include "sql/policy.h"

#include <algorithm>

#include "sql/facts.h"
#include "sql/function.h"
#include "sql/materialise.h"
#include "sql/recogniser.h"
#include "sql/refusal.h"
#include "sql/rules.h"
#include "sql/token_list.h"

namespace sqlcast::sql {
namespace {

void set_refused(Verdict& verdict, Refusal refusal, std::string reason) {
  const RefusalText& text = refusal_text(refusal);
  Verdict refused;
  refused.code = text.code;
  refused.reason = std::move(reason);
  refused.advice = text.advice;
  refused.tables = std::move(verdict.tables);
  verdict = std::move(refused);
}

void set_body(Verdict& verdict, const TokenList& tokens) {
  const Item& last = tokens[tokens.size() - 1];
  verdict.body_offset = tokens[0].offset;
  verdict.body_end = last.offset + last.size;
}

bool recognise(TokenList& tokens, std::string_view text, std::string_view default_database, const Limits& limits,
               Verdict& verdict, Facts& facts) {
  if (!tokens.read(text, limits)) {
    set_refused(verdict, tokens.refusal(), tokens.reason());
    return false;
  }
  Recogniser recogniser(tokens, default_database, verdict, facts);
  if (!recogniser.run()) {
    set_refused(verdict, recogniser.refusal(), recogniser.reason());
    return false;
  }
  set_body(verdict, tokens);
  if (facts.verb == Verb::insert || facts.verb == Verb::replace) verdict.insert = facts.shape;
  return true;
}

// What explain shows where no value is at hand.
std::string placeholder(std::string_view function, std::string_view arguments) {
  return "'<" + std::string(function) + "(" + std::string(arguments) + ")>'";
}

// Puts a literal in the place of every frozen call; everything frozen stands before the end of VALUES or behind it,
// so the offsets that the verdict carries move along. Otherwise why not: no literal could be had, or the text grew too
// long.
Refusal rewrite(const TokenList& tokens, std::vector<const FunctionUse*> uses, const Judgement& judgement,
                Verdict& verdict, std::string& failed) {
  const Freeze& freeze = judgement.freeze;
  std::sort(uses.begin(), uses.end(), [](const FunctionUse* a, const FunctionUse* b) { return a->token < b->token; });
  const std::string_view text = tokens.source();
  std::string result;
  result.reserve(text.size() + uses.size() * 40);
  std::size_t copied = 0;
  const std::size_t values_end = verdict.insert ? verdict.insert->values_end : 0;
  const std::size_t body_end = verdict.body_end;
  const std::size_t logged_end = verdict.logged_end;
  for (const FunctionUse* use : uses) {
    const std::size_t first = tokens[use->token].offset;
    const std::size_t end = tokens[use->end - 1].offset + tokens[use->end - 1].size;
    const std::string_view arguments =
        use->end - use->token > 3 ? tokens.text(use->token + 2, use->end - 1) : std::string_view();
    const std::string literal =
        freeze ? freeze(use->function->name, arguments) : placeholder(use->function->name, arguments);
    if (literal.empty()) {
      failed = "no value can be frozen for " + std::string(use->function->name) + "()";
      return Refusal::unsafe_function;
    }
    result.append(text.substr(copied, first - copied));
    result.append(literal);
    copied = end;
    if (result.size() + (text.size() - copied) > judgement.limits.max_statement_bytes) {
      failed = "with its frozen values the statement is over limits.max_statement_bytes, " +
               std::to_string(judgement.limits.max_statement_bytes);
      return Refusal::statement_too_large;
    }
    if (end <= values_end) verdict.insert->values_end += literal.size() - (end - first);
    if (end <= logged_end) verdict.logged_end += literal.size() - (end - first);
    if (end <= body_end) verdict.body_end += literal.size() - (end - first);
  }
  result.append(text.substr(copied));
  verdict.rewritten = std::move(result);
  verdict.determinism = Determinism::rewritten;
  return Refusal::none;
}

}  // namespace

std::vector<std::string_view> frozen_functions() {
  std::vector<std::string_view> names;
  for (const Function& function : functions())
    if (function.function_class == FunctionClass::frozen) names.push_back(function.name);
  return names;
}

Verdict classify(std::string_view text, std::string_view default_database, const Limits& limits) {
  Verdict verdict;
  TokenList tokens;
  Facts facts;
  recognise(tokens, text, default_database, limits, verdict, facts);
  return verdict;
}

namespace {

// What was recognised, and, of what was refused, by which rule.
struct Judged {
  TokenList tokens;
  Facts facts;
  Verdict verdict;
  Verdict recognised;  // refused by a rule: as it was before
  Refusal refusal = Refusal::none;
};

void judge_as_text(std::string_view text, const Judgement& judgement, Judged& judged) {
  Verdict& verdict = judged.verdict;
  if (!recognise(judged.tokens, text, judgement.default_database, judgement.limits, verdict, judged.facts)) return;
  if (judged.facts.verb == Verb::read) return;
  Rules rules(judged.tokens, judged.facts, judgement.schema);
  const auto unsafe = [&](Refusal refusal, std::string reason) {
    judged.recognised = verdict;
    judged.refusal = refusal;
    set_refused(verdict, refusal, std::move(reason));
    verdict.determinism = Determinism::unsafe;
  };
  // Without a schema it has run already, where it was judged: in the log of an earlier release.
  if (judgement.schema != nullptr && judged.facts.exchange)
    return unsafe(Refusal::column_exchange,
                  "the column \"" + judged.facts.exchange->from + "\" takes the name \"" + judged.facts.exchange->to +
                      "\" of one that goes, and another column takes its own: the table can look afterwards as it did "
                      "before, so that after a crash nobody could tell whether the statement has run");
  verdict.moves_ids = rules.moves_ids();
  if (!rules.check()) return unsafe(rules.refusal(), rules.reason());
  if (verdict.created && (verdict.uses_last_insert_id || names_identity(judged.facts)))
    return unsafe(Refusal::create_select, "its SELECT reads what is the session's, or each node's own");
  if (verdict.created) {
    verdict.determinism = Determinism::materialised;
    verdict.code = refusal_text(Refusal::create_select).code;
  }
  if (verdict.insert) verdict.insert = rules.insert_shape();
  std::string failed;
  if (rules.frozen().empty()) return;
  if (const Refusal why = rewrite(judged.tokens, rules.frozen(), judgement, verdict, failed); why != Refusal::none)
    unsafe(why, failed);
}

// What is refused because its text does not determine what it does, is executed at the master alone, if that can be.
void materialise(Judged& judged, const Judgement& judgement) {
  if (!is_undetermined(judged.refusal) || judged.recognised.uses_last_insert_id) return;
  const auto of_text = [&](const std::string& text) {
    Judged other;
    judge_as_text(text, judgement, other);
    return other.verdict;
  };
  const Materialising statement{judged.tokens, judged.facts, judgement.schema,
                                [&](const std::string& text) {
                                  const Verdict verdict = of_text(text);
                                  return verdict.statement_class == Class::write &&
                                         verdict.determinism == Determinism::safe;
                                },
                                [&](const std::string& text) {
                                  const Verdict verdict = of_text(text);
                                  return verdict.statement_class == Class::read && verdict.returns_rows;
                                }};
  std::string why;
  std::shared_ptr<RowPlan> plan = plan_rows(statement, why);
  if (plan == nullptr) {
    if (!why.empty()) judged.verdict.reason += "; " + why;
    return;
  }
  plan->code = judged.verdict.code;
  plan->reason = std::move(judged.verdict.reason);
  plan->advice = std::move(judged.verdict.advice);
  judged.recognised.code = std::move(judged.verdict.code);
  judged.verdict = std::move(judged.recognised);
  judged.verdict.insert.reset();
  judged.verdict.determinism = Determinism::materialised;
  judged.verdict.rows = std::move(plan);
}

}  // namespace

Verdict judge(std::string_view text, const Judgement& judgement) {
  Judged judged;
  judge_as_text(text, judgement, judged);
  if (judged.refusal != Refusal::none) materialise(judged, judgement);
  return std::move(judged.verdict);
}

}  // namespace sqlcast::sql
