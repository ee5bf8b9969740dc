#include "master/row_reader.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "sql/row_order.h"
#include "sql/row_texts.h"

namespace sqlcast::master {
namespace {

using sql::RowValue;

bool is_utf8(const sql::Schema& schema, const storage::Origin& origin) {
  const sql::Table* table = schema.find({origin.schema, origin.table});
  const sql::Column* column = table == nullptr ? nullptr : sql::find_column(*table, origin.column);
  return column != nullptr && (column->collation.starts_with("utf8") || column->collation.starts_with("ascii"));
}

RowValue kind_of(const proto::ColumnInfo& column) {
  const std::string_view type = column.type;
  if (type.starts_with("FLOAT")) return RowValue::float32;
  if (type.starts_with("YEAR")) return RowValue::year;
  if (type == "BIT") return RowValue::bits;
  if (type == "DATE") return RowValue::date;
  if (type == "TIME") return RowValue::time;
  if (type == "DATETIME" || type == "TIMESTAMP") return RowValue::datetime;
  if (type == "ENUM" || type == "SET") return RowValue::word;
  if (type.find("ZEROFILL") != std::string_view::npos && column.kind != proto::ValueKind::float64)
    return RowValue::zero_filled;
  // A column of nothing but NULL fits everywhere.
  if (type.starts_with("DECIMAL") || type == "NULL") return RowValue::number;
  switch (column.kind) {
    case proto::ValueKind::int64:
    case proto::ValueKind::uint64: return RowValue::number;
    case proto::ValueKind::float64: return RowValue::float64;
    case proto::ValueKind::bytes: return RowValue::bytes;
    case proto::ValueKind::text: break;
  }
  return RowValue::text;
}

class Reading {
 public:
  Reading(const sql::RowPlan& plan, const sql::Schema& schema, const RowLimits& limits)
      : plan_(plan), schema_(schema), limits_(limits), texts_(plan, limits.text_bytes) {}

  void take(storage::RowStream& rows) {
    if (!describe(rows)) return;
    std::vector<std::string> literals(kinds_.size());
    for (Result<bool> more = rows.next(); more && *more; more = rows.next()) {
      for (std::size_t i = 0; i < kinds_.size(); ++i) {
        const std::optional<std::string> value = rows.value(i);
        if (!value) {
          literals[i] = "NULL";
        } else if (i == plan_.numbered) {
          std::optional<std::string> literal = sql::numbering_literal(kinds_[i], *value);
          if (!literal) {
            problem = refused_after_all(
                plan_, "what goes into the AUTO_INCREMENT column \"" + column(i).name + "\" is no number");
            return;
          }
          literals[i] = std::move(*literal);
        } else if (i < plan_.keys.size()) {
          literals[i] = sql::key_literal(kinds_[i], *value, column(i));
        } else {
          literals[i] = sql::row_literal(kinds_[i], *value, column(i));
        }
      }
      texts_.add(literals);
      if (texts_.rows() <= limits_.rows && texts_.bytes() <= limits_.bytes) continue;
      problem = Status::error(
          Code::too_large,
          "the statement changes more than " + std::to_string(limits_.rows) + " rows or " +
              std::to_string(limits_.bytes) +
              " bytes of rows, limits.max_materialised_rows and limits.max_materialised_bytes (at most half of "
              "limits.max_message_bytes), and its rows are what is replicated; nothing was changed. Do it in "
              "portions, as with LIMIT 10000 until nothing is left, or raise the limit");
      return;
    }
  }

  std::vector<std::string> finish() { return texts_.finish(); }

  Status problem = ok_status();
  std::vector<bool> again;  // with these items cast, because their text is not exact

 private:
  const sql::Column& column(std::size_t i) const {
    return i < plan_.keys.size() ? plan_.keys[i] : plan_.values[i - plan_.keys.size()];
  }

  bool describe(storage::RowStream& rows) {
    const std::vector<proto::ColumnInfo>& columns = rows.columns();
    const std::vector<storage::Origin> origins = rows.origins();
    const std::size_t wanted = plan_.keys.size() + plan_.values.size();
    if (columns.size() != wanted) {
      problem = Status::error(Code::sql_error, "Column count doesn't match value count at row 1");
      problem.database_errno = 1136;
      problem.sqlstate = "21S01";
      return false;
    }
    for (std::size_t i = 0; i < wanted; ++i) {
      RowValue kind = kind_of(columns[i]);
      if (kind == RowValue::float64 && rows.rounded(i)) kind = RowValue::rounded64;
      if (kind == RowValue::text && is_utf8(schema_, origins[i])) kind = RowValue::utf8_text;
      if (const char* why = sql::unfit(kind, column(i)); why != nullptr) {
        problem = refused_after_all(plan_, "it puts " + std::string(why) + " (\"" + column(i).name + "\")");
        return false;
      }
      const bool inexact = kind == RowValue::float32 || kind == RowValue::rounded64;
      if (inexact && !may_cast(i)) {
        problem = refused_after_all(
            plan_, "what goes into \"" + column(i).name + "\" is a " +
                       (kind == RowValue::float32 ? "FLOAT" : "DOUBLE that is rounded") +
                       ", whose text is not exact: name it by itself in the SELECT, or CAST it AS DOUBLE");
        return false;
      }
      if (inexact) {
        again.resize(wanted);
        again[i] = true;
      }
      kinds_.push_back(kind);
    }
    return again.empty();
  }

  bool may_cast(std::size_t i) const { return i < plan_.items.size() && !plan_.items[i].cast.empty(); }

  const sql::RowPlan& plan_;
  const sql::Schema& schema_;
  const RowLimits& limits_;
  sql::RowTexts texts_;
  std::vector<RowValue> kinds_;
};

}  // namespace

Status refused_after_all(const sql::RowPlan& plan, const std::string& why) {
  Status status = Status::error(Code::refused,
                                plan.reason + "; nor can its rows be replicated instead: " + why + "; " + plan.advice);
  status.reason = plan.code;
  return status;
}

Result<MaterialisedRows> read_rows(storage::Connection& connection, const std::string& prelude,
                                   const sql::RowPlan& plan, const sql::Schema& schema, const RowLimits& limits) {
  MaterialisedRows made;
  std::vector<bool> cast;
  constexpr std::size_t kStatements = 4;
  constexpr std::size_t kSelect = 2;
  for (int attempt = 0; attempt < 2; ++attempt) {
    Reading reading(plan, schema, limits);
    made.warnings.clear();
    // Without notes: a list of 64 of them would have no room for a warning.
    const std::string script = prelude + ";" + storage::kForgetWarnings +
                               ";SET STATEMENT sql_notes=0,sql_select_limit=" + std::to_string(limits.rows + 1) +
                               " FOR " + sql::select_text(plan, cast) + "\n;SHOW WARNINGS";
    const storage::Connection::ScriptResult result =
        connection.run_script(script, kStatements, [&](std::size_t index, storage::RowStream& rows) {
          if (index == kSelect) {
            reading.take(rows);
            return;
          }
          for (Result<bool> more = rows.next(); more && *more; more = rows.next()) {
            const std::string number = rows.value(1).value_or("");
            // A column that is cast under its own name is ambiguous in GROUP BY, and means itself.
            const bool own = number == "1052" && !cast.empty();
            if (!own && rows.value(0) != "Note") made.warnings.push_back(number + " " + rows.value(2).value_or(""));
          }
        });
    if (!result.status.ok()) return result.status;
    if (!reading.problem.ok()) return reading.problem;
    if (reading.again.empty()) {
      made.texts = reading.finish();
      return made;
    }
    cast = std::move(reading.again);
  }
  return refused_after_all(plan, "a FLOAT, or a DOUBLE that is rounded, stays one when it is cast");
}

}  // namespace sqlcast::master
