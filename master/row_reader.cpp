#include "master/row_reader.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_set>

#include "sql/row_order.h"
#include "sql/row_texts.h"

namespace sqlcast::master {
namespace {

using sql::RowValue;

const sql::Column* find_origin(const sql::Schema& schema, const storage::Origin& origin) {
  const sql::Table* table = schema.find({origin.schema, origin.table});
  return table == nullptr ? nullptr : sql::find_column(*table, origin.column);
}

bool is_utf8(const sql::Column* column) {
  return column != nullptr && (column->collation.starts_with("utf8") || column->collation.starts_with("ascii"));
}

// Of these each character is one of Unicode's, and comes back from it as it was.
bool keeps_through_utf8(const sql::Column& column) {
  constexpr std::string_view kSets[] = {"utf", "ucs2", "ascii", "latin1", "binary"};
  return column.collation.empty() || std::any_of(std::begin(kSets), std::end(kSets), [&](std::string_view set) {
           return column.collation.starts_with(set);
         });
}

// The same in every character set. '?' may be what has no place in Unicode.
bool is_common_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= ' ' && c < '~' && c != '?' && c != '\\') || c == '\n' || c == '\t'; });
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
      : plan_(plan), schema_(schema), limits_(limits) {
    add_table(plan);
    for (const sql::RowPlan& other : plan.others) add_table(other);
  }

  void take(storage::RowStream& rows) {
    if (!describe(rows)) return;
    std::uint64_t read = 0;
    for (Result<bool> more = rows.next(); more && *more; more = rows.next()) {
      std::uint64_t bytes = 0;
      for (Table& table : tables_) {
        if (!take_row(rows, table)) return;
        bytes += table.texts.bytes();
      }
      // The SELECT ends behind as many rows as may be, whatever becomes of them.
      if (++read <= limits_.rows && bytes <= limits_.bytes) continue;
      problem = Status::error(
          Code::too_large,
          "the statement changes more than " + std::to_string(limits_.rows) + " rows or " +
              std::to_string(limits_.bytes) +
              " bytes of rows, limits.max_materialised_rows and limits.max_materialised_bytes (at most half of "
              "limits.max_message_bytes), and its rows are what is replicated; nothing was changed. Do it in "
              "portions, " +
              (plan_.joined ? "as by ranges of a key in WHERE" : "as with LIMIT 10000 until nothing is left") +
              ", or raise the limit");
      return;
    }
  }

  std::vector<std::string> finish() {
    std::vector<std::string> all;
    for (Table& table : tables_) {
      if (table.texts.rows() == 0) continue;
      for (std::string& text : table.texts.finish()) {
        const bool first_of_its_table = !all.empty() && !text.starts_with(sql::kFurtherRows);
        all.push_back(first_of_its_table ? std::string(sql::kFurtherRows) + text : std::move(text));
      }
    }
    if (all.empty()) all = tables_.front().texts.finish();
    return all;
  }

  Status problem = ok_status();
  std::vector<bool> again;  // with these items cast, because their text is not exact

 private:
  struct Table {
    const sql::RowPlan& plan;
    std::size_t first;  // of the SELECT's columns
    sql::RowTexts texts;
    std::unordered_set<std::string> seen;  // keys; of a join
    std::vector<std::string> literals;     // of the row in hand
  };

  void add_table(const sql::RowPlan& plan) {
    tables_.push_back({plan, columns_.size(), sql::RowTexts(plan, limits_.text_bytes), {}, {}});
    for (const sql::Column& key : plan.keys) columns_.push_back(&key);
    for (const sql::Column& value : plan.values) columns_.push_back(&value);
  }

  bool take_row(storage::RowStream& rows, Table& table) {
    const std::size_t keys = table.plan.keys.size();
    table.literals.resize(keys + table.plan.values.size());
    std::string key;
    for (std::size_t k = 0; k < table.literals.size(); ++k) {
      const std::size_t i = table.first + k;
      std::string& literal = table.literals[k];
      const std::optional<std::string> value = rows.value(i);
      if (i < plan_.items.size() && plan_.items[i].verbatim) {
        literal = plan_.items[i].literal;
      } else if (!value) {
        if (k < keys && plan_.joined) return true;  // an outer join's
        literal = "NULL";
      } else if (converted_[i] && !is_common_text(*value)) {
        problem = refused_after_all(plan_, "what \"" + columns_[i]->name +
                                               "\" has is text of a character set of which UTF-8 does not keep all "
                                               "characters apart; a column in utf8mb4 has no such limit");
        return false;
      } else if (k == table.plan.numbered) {
        std::optional<std::string> number = sql::numbering_literal(kinds_[i], *value);
        if (!number) {
          problem = refused_after_all(
              plan_, "what goes into the AUTO_INCREMENT column \"" + columns_[i]->name + "\" is no number");
          return false;
        }
        literal = std::move(*number);
      } else if (k < keys) {
        literal = sql::key_literal(kinds_[i], *value, *columns_[i]);
        if (plan_.joined) key += literal + ",";
      } else if (i < plan_.items.size() && !plan_.items[i].literal.empty()) {
        literal = plan_.items[i].literal;
      } else if (const char* why = sql::unfit_value(kinds_[i], *value, *columns_[i]); why != nullptr && plan_.strict) {
        problem = refused_after_all(plan_, "it puts " + std::string(why) + " (\"" + columns_[i]->name + "\")");
        return false;
      } else {
        literal = sql::row_literal(kinds_[i], *value, *columns_[i]);
      }
    }
    if (plan_.joined && !table.seen.insert(std::move(key)).second) return true;
    table.texts.add(table.literals);
    return true;
  }

  bool describe(storage::RowStream& rows) {
    const std::vector<proto::ColumnInfo>& columns = rows.columns();
    const std::vector<storage::Origin> origins = rows.origins();
    const std::size_t wanted = columns_.size();
    if (columns.size() != wanted) {
      problem = Status::error(Code::sql_error, "Column count doesn't match value count at row 1");
      problem.database_errno = 1136;
      problem.sqlstate = "21S01";
      return false;
    }
    for (std::size_t i = 0; i < wanted; ++i) {
      RowValue kind = kind_of(columns[i]);
      if (kind == RowValue::float64 && rows.rounded(i)) kind = RowValue::rounded64;
      const sql::Column* origin = find_origin(schema_, origins[i]);
      const bool in_characters = kind == RowValue::text || kind == RowValue::word;
      converted_.push_back(in_characters && !keeps_through_utf8(origin != nullptr ? *origin : *columns_[i]));
      if (kind == RowValue::text && is_utf8(origin)) kind = RowValue::utf8_text;
      kind = sql::stored_as(kind, !origins[i].column.empty(), *columns_[i]);
      const bool as_it_is = i < plan_.items.size() && !plan_.items[i].literal.empty();
      if (const char* why = sql::unfit(kind, *columns_[i]); why != nullptr && !as_it_is) {
        problem = refused_after_all(plan_, "it puts " + std::string(why) + " (\"" + columns_[i]->name + "\")");
        return false;
      }
      const bool inexact = kind == RowValue::float32 || kind == RowValue::rounded64;
      if (inexact && !may_cast(i)) {
        problem = refused_after_all(
            plan_, "what goes into \"" + columns_[i]->name + "\" is a " +
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
  std::vector<Table> tables_;
  std::vector<const sql::Column*> columns_;  // what the SELECT's go into
  std::vector<RowValue> kinds_;
  std::vector<bool> converted_;  // text whose characters may not come back from UTF-8 as they were
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
