#include "sql/verdict.h"

namespace sqlcast::sql {

std::string_view class_name(Class value) {
  switch (value) {
    case Class::read: return "read";
    case Class::write: return "write";
    case Class::ddl: return "ddl";
    case Class::refused: break;
  }
  return "refused";
}

std::string_view determinism_name(Determinism value) {
  switch (value) {
    case Determinism::safe: return "safe";
    case Determinism::rewritten: return "rewritten";
    case Determinism::materialised: return "materialised";
    case Determinism::unsafe: break;
  }
  return "unsafe";
}

std::string Verdict::explanation() const {
  if (statement_class == Class::refused) return reason + "; " + advice;
  if (determinism == Determinism::rewritten)
    return std::string(class_name(statement_class)) + ": runs, and replicates, with frozen values: " + rewritten;
  if (created)
    return "ddl: executed at the master; the table's definition, and then its rows, are replicated: the text alone "
           "does "
           "not say what they are";
  if (determinism == Determinism::materialised)
    return "write: executed at the master, and the changed rows are replicated: its text alone does not say which they "
           "are";
  switch (statement_class) {
    case Class::read: return "read: answered by the node that is asked";
    case Class::write: return "write: runs on the master, and does the same on every node";
    default: return "ddl: runs on the master, and on every node after it";
  }
}

}  // namespace sqlcast::sql
