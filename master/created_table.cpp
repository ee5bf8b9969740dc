#include "master/created_table.h"

#include "sql/literal.h"
#include "sql/policy.h"
#include "sql/refusal.h"
#include "storage/dialect.h"

namespace sqlcast::master {
namespace {

// Of no table of a client's: it would be hidden while this one is there.
std::string aside(const sql::CreateSelect& statement) {
  return sql::quote_name(statement.target.database) + "." +
         sql::quote_name("what sqlcast makes of a CREATE TABLE with a SELECT");
}

// "CREATE TEMPORARY TABLE `…` (…) ENGINE=InnoDB …", of which the front is the statement's own. Only what is a plain
// definition to the policy is one.
Result<std::string> definition_of(storage::Connection& connection, const sql::CreateSelect& statement,
                                  const sql::RowPlan& plan) {
  const Result<std::vector<storage::Row>> shown = connection.rows("SHOW CREATE TABLE " + aside(statement));
  if (!shown) return shown.status();
  const std::string text = shown->at(0).at(1).value_or("");
  const std::size_t columns = text.find(" (");
  sql::CreateSelect plain = statement;
  plain.if_not_exists = false;  // it is not there: what is there instead is nothing to insert into
  std::string definition = plain.create() + (columns == std::string::npos ? text : text.substr(columns + 1));
  sql::Judgement judgement;
  judgement.limits = sql::kWidestLimits;
  const sql::Verdict verdict = sql::judge(definition, judgement);
  if (verdict.statement_class != sql::Class::ddl || verdict.determinism != sql::Determinism::safe)
    return refused_after_all(plan, verdict.statement_class == sql::Class::refused
                                       ? verdict.reason
                                       : "the table's definition is not one that is known");
  return definition;
}

// The columns that rows are given for, and how they are read.
Status plan_columns(storage::Connection& connection, const sql::CreateSelect& statement, sql::RowPlan& plan) {
  const Result<std::vector<storage::Row>> shown = connection.rows("SHOW FULL COLUMNS FROM " + aside(statement));
  if (!shown) return shown.status();
  std::string names;
  std::string nulls;
  for (const storage::Row& row : *shown) {
    if (row.at(6).value_or("").find("GENERATED") != std::string::npos) continue;
    sql::Column column;
    column.name = row.at(0).value_or("");
    const std::string type = row.at(1).value_or("");
    column.type = type.substr(0, type.find_first_of("( "));
    column.empty_word = sql::has_empty_word(type);
    column.collation = row.at(2).value_or("");
    column.auto_increment = row.at(6).value_or("").find("auto_increment") != std::string::npos;
    if (column.auto_increment) plan.numbered = plan.values.size();
    const std::string name = sql::quote_name(column.name);
    names += (names.empty() ? "" : ", ") + name;
    nulls += nulls.empty() ? "NULL" : ", NULL";
    plan.items.push_back({name, "CAST(" + name + " AS DOUBLE) AS " + name, {}});
    plan.values.push_back(std::move(column));
  }
  // What the server has put into the table may be nothing that it takes without a warning.
  plan.ignore = statement.ignores;
  plan.strict = !statement.ignores;
  const std::string into = std::string(plan.ignore ? "INSERT IGNORE" : "INSERT") + " INTO " +
                           sql::quote_name(statement.target.database) + "." + sql::quote_name(statement.target.name) +
                           " (" + names + ") ";
  plan.head = into + "VALUES ";
  plan.no_effect = into + "SELECT " + nulls + " FROM DUAL WHERE FALSE";
  plan.select_head = "SELECT ";
  plan.select_tail = " FROM " + aside(statement);
  return ok_status();
}

Result<CreatedTable> make(storage::Connection& connection, const std::string& impose,
                          const sql::CreateSelect& statement, const RowLimits& limits) {
  CreatedTable made;
  const auto plan = std::make_shared<sql::RowPlan>();
  const sql::RefusalText& refusal = sql::refusal_text(sql::Refusal::create_select);
  plan->code = refusal.code;
  plan->reason = "CREATE TABLE … SELECT is replicated as the table and its rows";
  plan->advice = refusal.advice;
  const Status created = connection.execute("CREATE TEMPORARY TABLE " + aside(statement) + " " + statement.body + "\n");
  if (!created.ok()) return created;
  const Result<std::vector<storage::Row>> warnings = connection.rows("SHOW WARNINGS");
  if (!warnings) return warnings.status();
  for (const storage::Row& row : *warnings)
    made.warnings.push_back(row.at(1).value_or("") + " " + row.at(2).value_or(""));
  Result<std::string> definition = definition_of(connection, statement, *plan);
  if (!definition) return definition.status();
  made.definition = std::move(*definition);
  if (Status status = plan_columns(connection, statement, *plan); !status.ok()) return status;
  Result<MaterialisedRows> rows = read_rows(connection, impose, *plan, {}, limits);
  if (!rows) return rows.status();
  made.texts = std::move(rows->texts);
  made.plan = plan;
  return made;
}

}  // namespace

Result<CreatedTable> create_aside(storage::Connection& connection, std::string_view database, const std::string& impose,
                                  const sql::CreateSelect& statement, const RowLimits& limits) {
  const std::string begin = "SET ROLE " + std::string(storage::kClientRole) + ";USE " +
                            sql::quote_name(database.empty() ? storage::kNoDatabase : database) + ";" + impose;
  if (Status status = connection.run_script(begin, 3, nullptr).status; !status.ok()) return status;
  Result<CreatedTable> made = make(connection, impose, statement, limits);
  // Should it stay, it would hide nothing, but be in the way of the next.
  const std::string end = "SET max_statement_time=0;DROP TEMPORARY TABLE IF EXISTS " + aside(statement);
  if (!connection.run_script(end, 2, nullptr).status.ok()) connection.line()->cut();
  return made;
}

}  // namespace sqlcast::master
