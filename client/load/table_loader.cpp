#include "client/load/table_loader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/utf8.h"
#include "client/load/batch.h"
#include "client/load/columns.h"
#include "client/load/record_reader.h"
#include "client/load/runner.h"
#include "client/load/table_guess.h"
#include "sql/parameters.h"

namespace sqlcast::load {
namespace {

struct Place {
  const Source* source = nullptr;
  std::uint64_t base = 0;  // of the file, in positions
};

// Records of all files one after the other; `each` gets them with the names of their columns, "" for a field to be
// passed over.
template <typename Each>
Status for_each_record(const LoadOptions& options, const std::vector<Source>& sources, Meter& meter,
                       std::uint64_t before, Each each) {
  const TableTarget& target = *options.table;
  std::uint64_t base = 0;
  for (const Source& source : sources) {
    auto input = Input::open(source.path);
    if (!input) return input.status();
    if (!target.encoding.empty()) {
      input = converted(std::move(*input), target.encoding);
      if (!input) return input.status();
    }
    RecordReader reader(std::move(*input), target);
    std::vector<std::string> names = target.columns;
    Record record;
    bool first = target.header;
    while (true) {
      const auto got = reader.next(record);
      if (!got) {
        Status status = got.status();
        if (!status.message.starts_with(source.path)) status.message = source.path + ": " + status.message;
        return status;
      }
      if (!*got) break;
      if (std::exchange(first, false)) {
        if (names.empty())
          for (const Field& field : record.fields) names.push_back(field.text);
        continue;
      }
      meter.at(before + reader.taken());
      if (meter.stop()) return Status::error(Code::cancelled, "stopped");
      if (Status status = each(Place{&source, base}, names, record); !status.ok()) {
        status.message = source.path + ", line " + std::to_string(record.line) + ": " + status.message;
        return status;
      }
    }
    before += reader.taken();
    base += record.end + 1;
  }
  return ok_status();
}

Status wrong_width(std::size_t fields, std::size_t columns) {
  return Status::error(Code::bad_message, std::to_string(fields) + " fields, and " + std::to_string(columns) +
                                              " columns: is the separator another (--separator)?");
}

bool is_hexadecimal(std::string_view text) {
  return text.starts_with("0x") && text.size() % 2 == 0 &&
         text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
}

bool is_geometry(std::string_view type) {
  return type.starts_with("geometry") || type.ends_with("point") || type.ends_with("linestring") ||
         type.ends_with("polygon");
}

Result<std::string> literal_of(const Field& field, const std::string& type) {
  if (field.null) return std::string("NULL");
  const bool number = type.ends_with("int") || type == "decimal" || type == "float" || type == "double" ||
                      type == "bit" || type == "year";
  if (number && is_float(field.text)) return field.text;
  const bool bytes = type.ends_with("blob") || type.ends_with("binary") || type == "bit" || is_geometry(type);
  if (bytes && !field.quoted && is_hexadecimal(field.text)) return "x'" + field.text.substr(2) + "'";
  if (!is_utf8(field.text) && !bytes)
    return Status::error(Code::bad_message, "a text that is no UTF-8: --encoding says what the file is written in");
  if (!is_utf8(field.text) || field.text.find('\0') != std::string::npos) {
    Bytes raw;
    for (const char c : field.text) raw.data += c;
    return sql::literal(Value(std::move(raw)));
  }
  return sql::literal(Value(field.text));
}

Result<std::string> guessed(const LoadOptions& options, const std::vector<Source>& sources, Meter& meter,
                            std::uint64_t* rows) {
  std::optional<TableGuess> guess;
  Status status = for_each_record(options, sources, meter, 0,
                                  [&](const Place&, const std::vector<std::string>& names, const Record& record) {
                                    const std::size_t width = names.empty() ? record.fields.size() : names.size();
                                    if (record.fields.size() != width) return wrong_width(record.fields.size(), width);
                                    std::vector<std::string> columns = names;
                                    for (std::size_t i = columns.size(); i < width; ++i)
                                      columns.push_back("column_" + std::to_string(i + 1));
                                    if (!guess) guess.emplace(std::move(columns));
                                    guess->add(record);
                                    if (rows != nullptr) ++*rows;
                                    return ok_status();
                                  });
  if (!status.ok()) return status;
  if (!guess) return Status::error(Code::bad_request, "there is no record from which columns could be guessed");
  return guess->definition(options.table->table);
}

// How the fields of records become tuples of the table.
class Mapping {
 public:
  Mapping(const TableTarget& target, std::vector<TableColumn> columns)
      : table_(target.table), columns_(std::move(columns)) {}

  // For these names; again only when they are others.
  Status set(const std::vector<std::string>& names, std::size_t fields) {
    if (!head_.empty() && names == names_ && fields == width_) return ok_status();
    names_ = names;
    width_ = fields;
    order_.clear();
    head_ = "INSERT INTO " + backquoted(table_) + " (";
    std::vector<std::string> named;
    for (std::size_t i = 0; i < fields; ++i) {
      if (i < names.size() && names[i].empty()) continue;
      const TableColumn* const column = names.empty() ? by_place(i) : by_name(names[i]);
      if (column == nullptr)
        return Status::error(Code::bad_request,
                             backquoted(table_) + " has no column " +
                                 (names.empty() ? std::to_string(i + 1) : names[i]) +
                                 "; --columns a,b,c names those of the fields, nothing between commas passes one over");
      head_ += (named.empty() ? "" : ",") + backquoted(column->name);
      named.push_back(column->name);
      order_.emplace_back(i, column);
    }
    if (!names.empty() && names.size() != fields) return wrong_width(fields, names.size());
    head_ += ") VALUES";
    const InsertColumns insert = insert_columns(columns_, named);
    alone_ = insert.id_missing || insert.refers_to_itself;
    return ok_status();
  }

  Result<std::string> tuple(const Record& record, bool& generated) const {
    std::string text = "(";
    generated = alone_;
    for (const auto& [field, column] : order_) {
      const auto literal = literal_of(record.fields[field], column->type);
      if (!literal) return literal.status();
      if (column->auto_increment) generated = generated || *literal == "NULL" || *literal == "0";
      text += (text.size() == 1 ? "" : ",") + *literal;
    }
    return text + ")";
  }
  const std::string& head() const { return head_; }

 private:
  const TableColumn* by_place(std::size_t at) const { return at < columns_.size() ? &columns_[at] : nullptr; }
  const TableColumn* by_name(const std::string& name) const {
    const auto found = std::find_if(columns_.begin(), columns_.end(),
                                    [&](const TableColumn& column) { return same_column(column.name, name); });
    return found == columns_.end() ? nullptr : &*found;
  }

  const TableName table_;
  const std::vector<TableColumn> columns_;
  std::vector<std::string> names_;
  std::size_t width_ = 0;
  std::vector<std::pair<std::size_t, const TableColumn*>> order_;
  std::string head_;
  bool alone_ = false;  // whatever the values are
};

Status make_table(Sender& sender, const LoadOptions& options, const std::string& sql, Summary& summary) {
  if (options.created) options.created(sql);
  Job job;
  job.end = 0;
  job.statements = {sql};
  job.database = options.table->table.database;
  job.definition = true;
  const client::Reply reply = sender.run(std::move(job));
  if (reply.status.ok()) summary.add_table();
  return reply.status;
}

}  // namespace

Status preview_table(const LoadOptions& options, const std::vector<Source>& sources, const Watch& watch,
                     Summary& summary) {
  Meter meter(watch, size_of(sources));
  std::uint64_t rows = 0;
  const auto sql = guessed(options, sources, meter, &rows);
  if (!sql) return sql.status();
  if (options.table->create && options.created) options.created(*sql);
  if (options.table->create) summary.add_table();
  summary.add_rows(options.table->table.database + "." + options.table->table.name, rows);
  return ok_status();
}

Status load_table(client::Client& client, const LoadOptions& options, const std::vector<Source>& sources, Begun begun,
                  const Watch& watch, Summary& summary) {
  const TableTarget& target = *options.table;
  if (target.create && only_once(sources))
    return Status::error(Code::bad_request,
                         "--create reads the file twice, and a pipe is read once: make the table first");
  Meter meter(watch, size_of(sources));
  SenderHooks hooks = hooks_of(meter);
  const std::string shown = target.table.database + "." + target.table.name;
  hooks.confirmed = [&](const Job& job, const client::Reply&) {
    meter.rows(job.rows);
    if (job.rows > 0) summary.add_rows(shown, job.rows);
  };
  Sender* running = nullptr;
  hooks.failed = [&](const Job& job, const Status& status) {
    if (!options.force) return with_place(status, job);
    const Note note{Note::Sort::left_out, "rows of " + shown, status.message, true, job.rows};
    summary.note(note, job.file, job.line);
    running->remember(job.pass, job.end, LeftOut::of(note, job.file, job.line));
    return ok_status();
  };
  hooks.goes_on = [&](const Status& status) { return options.force && status.code == Code::sql_error; };
  const Checkpoint confirmed = begun.from_before ? begun.checkpoint : Checkpoint{};
  Sender sender(client, begun.file, begun.checkpoint, begun.from_before, known_position(client, meter), hooks);
  running = &sender;
  if (target.create && confirmed.position == 0) {
    Meter looking(watch, 0);
    const auto sql = guessed(options, sources, looking, nullptr);
    if (!sql) return sql.status();
    if (Status status = make_table(sender, options, *sql, summary); !status.ok()) return status;
  }
  auto columns = columns_of(client, target.table);
  if (!columns) return columns.status();
  if (columns->empty())
    return Status::error(Code::bad_request, "there is no table " + shown + "; --create makes one with guessed types");
  Mapping mapping(target, std::move(*columns));
  Batch batch;
  bool alone = false;
  const auto flush = [&]() -> Status {
    if (batch.empty()) return ok_status();
    Status status = std::exchange(alone, false) ? sender.wait_for_all() : ok_status();
    if (status.ok()) status = sender.send(batch.take());
    return status;
  };
  Status status = for_each_record(options, sources, meter, 0,
                                  [&](const Place& place, const std::vector<std::string>& names, const Record& record) {
                                    if (place.base + record.end <= confirmed.position) return ok_status();
                                    if (Status set = mapping.set(names, record.fields.size()); !set.ok()) return set;
                                    bool generated = false;
                                    const auto tuple = mapping.tuple(record, generated);
                                    if (!tuple) return tuple.status();
                                    if (batch.full() || !batch.fits(mapping.head(), target.table.database))
                                      if (Status sent = flush(); !sent.ok()) return sent;
                                    alone = alone || generated;
                                    if (batch.empty()) {
                                      Job job;
                                      job.position = place.base + record.offset;
                                      job.database = target.table.database;
                                      job.table = shown;
                                      job.file = place.source->path;
                                      job.line = record.line;
                                      job.part = 1;  // the table's definition is 0
                                      batch.begin(mapping.head(), {}, std::move(job));
                                    }
                                    const std::uint64_t at = place.base + record.offset;
                                    batch.add(*tuple, place.base + record.end, {at, at, record.line});
                                    return ok_status();
                                  });
  if (status.ok()) status = flush();
  if (status.ok()) status = sender.wait_for_all();
  if (!status.ok()) return status;
  sender.finish();
  return ok_status();
}

}  // namespace sqlcast::load
