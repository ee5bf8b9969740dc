#include "client/gui/ui/dialogs/import.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>

#include "client/gui/model/settings.h"
#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

namespace {

constexpr std::size_t kMostShown = 60;  // fields; ImGui's tables have no more

struct Separator {
  char sign;
  const char* name;
};
constexpr Separator kSeparators[] = {{',', ", comma"}, {';', "; semicolon"}, {'\t', "tab"}, {'|', "| bar"}};

// 169 MB of 200 MB, 3 924 143 rows, 65 000 rows/s.
std::string how_far(const ImportJob::State& state) {
  const load::Progress& now = state.progress;
  std::string text = human_bytes(now.bytes);
  if (now.total > 0) text += cat(" of ", human_bytes(now.total));
  if (now.rows > 0) text += cat(", ", plural(now.rows, "row", "rows"));
  if (now.rows > 0 && state.seconds > 1)
    text += cat(", ", with_separators(static_cast<std::uint64_t>(static_cast<double>(now.rows) / state.seconds)),
                " rows/s");
  return text;
}

bool in_production(const Workspace& work) {
  return work.connection() != nullptr && work.connection()->saved().colour == kProductionColour;
}

float share_of(const load::Progress& now) {
  return now.total > 0 ? static_cast<float>(now.bytes) / static_cast<float>(now.total) : -1;
}

}  // namespace

ImportDialog::ImportDialog(const Workspace& work, std::string path, std::string database, std::string table)
    : database_(std::move(database)), table_(std::move(table)) {
  if (database_.empty()) database_ = work.tab().database;
  if (work.importing()) step_ = Step::job;
  const char* const home = std::getenv("HOME");
  path_ = cat(home != nullptr ? home : ".", "/");
  // Behind the import that is under way.
  if (!path.empty() && step_ == Step::job) waiting_.push_back(path);
  if (!path.empty() && step_ != Step::job) take_file(path);
}

void ImportDialog::queue(std::vector<std::string> paths) {
  waiting_.insert(waiting_.end(), std::make_move_iterator(paths.begin()), std::make_move_iterator(paths.end()));
}

void ImportDialog::take_next() {
  table_.clear();
  look_.reset();
  looked_.clear();
  step_ = Step::file;
  if (waiting_.empty()) return;
  const std::string next = std::move(waiting_.front());
  waiting_.erase(waiting_.begin());
  take_file(next);
}

// What the button says that leads on.
std::string ImportDialog::next_words() const {
  return waiting_.empty() ? std::string("Import another…")
                          : cat("Next: ", one_line(waiting_.front().substr(waiting_.front().rfind('/') + 1), 40));
}

void ImportDialog::draw_waiting() const {
  if (!waiting_.empty())
    ui::dim(cat(plural(waiting_.size(), "more file comes", "more files come"), " behind this one, first ",
                waiting_.front().substr(waiting_.front().rfind('/') + 1), "."));
}

ImportDialog::~ImportDialog() = default;

bool ImportDialog::draw(Workspace& work, Desk& desk, bool just_opened) {
  switch (step_) {
    case Step::file: draw_file(just_opened); return true;
    case Step::options: return draw_options(work);
    case Step::job: return draw_job(work, desk);
  }
  return true;
}

// ---- the file ------------------------------------------------------------------------------------------------------

void ImportDialog::draw_file(bool just_opened) {
  ui::wrapped("Rows from CSV and TSV, or a dump or script in SQL; .gz and .zst too. A file dropped on the window does.",
              colours().dim);
  if (just_opened) ImGui::SetKeyboardFocusHere();
  bool take = ui::input("File to import", path_, "/path/to/people.csv", -1, ImGuiInputTextFlags_EnterReturnsTrue);
  take = list_.draw(path_, -px(48)) || take;
  take = ui::button("Look at it", ui::Style::primary, !path_.ends_with('/')) || take;
  if (!path_.ends_with('/') && !load::is_regular_file(path_)) {
    ImGui::SameLine();
    ui::text("There is no such file.", colours().warn);
  } else if (take && !path_.ends_with('/')) {
    take_file(path_);
  }
}

void ImportDialog::take_file(const std::string& path) {
  path_ = path;
  if (!load::is_regular_file(path)) return;
  rows_ = names_rows(path);
  if (table_.empty()) table_ = table_for(path);
  separator_ = 0;
  mapped_.clear();
  if (step_ != Step::job) step_ = Step::options;
}

// ---- what becomes of it --------------------------------------------------------------------------------------------

void ImportDialog::choose_database(Workspace& work, const char* id, std::string& database, const char* none) const {
  if (!ui::begin_combo(id, database.empty() ? none : database.c_str(), px(170))) return;
  if (work.connection() != nullptr) {
    if (&database == &into_ && ui::selectable(none, database.empty())) database.clear();
    for (const SchemaDatabase& one : work.connection()->schema.databases()) {
      if (!one.system && ui::selectable(one.name.c_str(), one.name == database)) database = one.name;
    }
  }
  ImGui::EndCombo();
}

const SchemaTable* ImportDialog::table_there(Workspace& work) const {
  if (work.connection() == nullptr) return nullptr;
  const SchemaDatabase* const database = work.connection()->schema.database(database_);
  if (database == nullptr) return nullptr;
  if (database->state == LoadState::unknown) work.connection()->load_database(database_);
  return database->table(table_);
}

void ImportDialog::draw_rows_options(Workspace& work) {
  choose_database(work, "Database of the rows", database_, "database");
  ImGui::SameLine();
  ui::input("Table of the rows", table_, "table", px(190));
  ui::same_line_if_fits(px(120));
  const auto sign = std::find_if(std::begin(kSeparators), std::end(kSeparators),
                                 [this](const Separator& one) { return one.sign == separator_; });
  if (ui::begin_combo("Separator", sign == std::end(kSeparators) ? "separator" : sign->name, px(120))) {
    for (const Separator& one : kSeparators) {
      if (ui::selectable(one.name, one.sign == separator_)) separator_ = one.sign;
    }
    ImGui::EndCombo();
  }
  ui::tooltip("What stands between the fields");
  ui::same_line_if_fits(px(120));
  ui::input("NULL marker", null_marker_, separator_ == '\t' ? "NULL: \\N" : "NULL: empty", px(120));
  ui::tooltip("What stands for NULL in the file");
  ui::same_line_if_fits(px(100));
  ui::input("Encoding", encoding_, "UTF-8", px(100));
  ui::tooltip("What the file is written in: latin1, cp1252 …");
  ui::checkbox("The first record names the columns", &header_);
  ui::same_line_if_fits(ui::button_width("Leave out rows that fail") + px(24));
  ui::checkbox("Leave out rows that fail", &force_);
  const SchemaTable* const there = table_there(work);
  make_ = there == nullptr;
  column_names_.clear();
  if (there != nullptr) {
    for (const SchemaColumn& column : there->columns) column_names_.push_back(column.name);
  }
}

void ImportDialog::draw_dump_options(Workspace& work) {
  choose_database(work, "Into", into_, "into the databases it names");
  ui::same_line_if_fits(ui::button_width("Leave out what fails") + px(24));
  ui::checkbox("Leave out what fails", &force_);
  ui::same_line_if_fits(ui::button_width("Views with the reader's rights") + px(24));
  ui::checkbox("Views with the reader's rights", &views_);
  ui::tooltip("Views that would run with their definer's rights are made SQL SECURITY INVOKER instead of left out");
  ui::same_line_if_fits(ui::button_width("Other engines become InnoDB") + px(24));
  ui::checkbox("Other engines become InnoDB", &engine_);
}

load::LoadOptions ImportDialog::options(bool for_look) const {
  load::LoadOptions out;
  out.files = {path_};
  out.force = force_ && !for_look;  // it tells of no failure
  out.rules.database = rows_ ? std::string() : into_;
  out.rules.views_invoker = views_;
  out.rules.engine_innodb = engine_;
  if (!rows_) return out;
  load::TableTarget target;
  target.table = {database_, table_};
  target.create = make_;
  target.separator = separator_;
  target.header = header_;
  if (!null_marker_.empty()) target.null_marker = null_marker_;
  target.encoding = encoding_;
  // Of a table that is there the fields' columns change nothing that a look tells.
  if (!for_look || make_) target.columns = fields_;
  out.table = std::move(target);
  return out;
}

// A new look when something of which it depends has changed.
void ImportDialog::look_again() {
  load::LoadOptions wanted = options(true);
  std::string key = cat(path_, "\n", into_, views_ ? "v" : "", engine_ ? "e" : "");
  if (wanted.table) {
    const load::TableTarget& target = *wanted.table;
    key += cat("\n", separator_, header_ ? "h" : "", make_ ? "c" : "", "\n", null_marker_, "\n", encoding_, "\n",
               make_ ? cat(database_, ".", table_) : std::string());
    for (const std::string& column : target.columns) key += cat("\n", column);
  }
  if (look_ && key == looked_) return;
  looked_ = std::move(key);
  look_ = ImportJob::look(std::move(wanted));
}

void ImportDialog::map_fields(const ImportJob::State& seen) {
  if (!seen.records || seen.records->empty()) return;
  std::string key =
      cat(path_, "\n", separator_, header_ ? "h" : "", encoding_, "\n", make_ ? "" : cat(database_, ".", table_));
  for (const std::string& name : column_names_) key += cat("\n", name);
  if (key == mapped_) return;
  mapped_ = std::move(key);
  const std::vector<ImportJob::Cell>& first = seen.records->front();
  fields_.clear();
  for (std::size_t i = 0; i < first.size(); ++i) {
    const std::string named = header_ ? std::string(trim(first[i].text)) : std::string();
    if (make_) {
      fields_.push_back(header_ ? named : cat("column_", i + 1));
    } else if (!header_) {
      fields_.push_back(i < column_names_.size() ? column_names_[i] : std::string());
    } else {
      const auto found = std::find_if(column_names_.begin(), column_names_.end(), [&named](const std::string& column) {
        return equal_ignoring_case(column, named);
      });
      fields_.push_back(found == column_names_.end() ? std::string() : *found);
    }
  }
}

void ImportDialog::choose_column(std::size_t field) {
  std::string& column = fields_[field];
  const std::string id = cat("Column of field ", field + 1);
  if (make_) {
    ui::input(id.c_str(), column, "passed over", -1);
    return;
  }
  if (!ui::begin_combo(id.c_str(), column.empty() ? "passed over" : column, -1)) return;
  if (ui::selectable("passed over", column.empty())) column.clear();
  for (const std::string& name : column_names_) {
    if (!ui::selectable(name.c_str(), name == column)) continue;
    std::replace(fields_.begin(), fields_.end(), name, std::string());  // a column has one field
    column = name;
  }
  ImGui::EndCombo();
}

void ImportDialog::draw_preview(const ImportJob::State& seen) {
  const std::size_t shown = std::min(fields_.size(), kMostShown);
  // The definition of a table that is made is to be seen too; its lines are one text.
  const auto lines = make_ ? 1 + std::count(seen.definition.begin(), seen.definition.end(), '\n') : 0;
  const float below =
      static_cast<float>(lines) * look().fonts.mono->FontSize + ImGui::GetTextLineHeightWithSpacing() * 4;
  const float height = std::clamp(ImGui::GetContentRegionAvail().y - below, px(160), px(330));
  constexpr ImGuiTableFlags kFlags = ImGuiTableFlags_ScrollX | ImGuiTableFlags_ScrollY | ImGuiTableFlags_RowBg |
                                     ImGuiTableFlags_Borders | ImGuiTableFlags_SizingFixedFit |
                                     ImGuiTableFlags_NoSavedSettings;
  if (!ImGui::BeginTable("##records", static_cast<int>(shown), kFlags, {0, height})) return;
  ImGui::TableSetupScrollFreeze(0, 1);
  for (std::size_t i = 0; i < shown; ++i)
    ImGui::TableSetupColumn(cat("##", i).c_str(), ImGuiTableColumnFlags_WidthFixed, px(140));
  ImGui::TableNextRow();
  for (std::size_t i = 0; i < shown; ++i) {
    ImGui::TableNextColumn();
    choose_column(i);
  }
  ImGui::PushFont(look().fonts.mono);
  for (const std::vector<ImportJob::Cell>& record : *seen.records) {
    ImGui::TableNextRow();
    const bool names = header_ && &record == &seen.records->front();
    for (std::size_t i = 0; i < shown; ++i) {
      ImGui::TableNextColumn();
      if (i >= record.size()) continue;
      if (record[i].null) {
        ui::text("NULL", colours().null_text);
      } else {
        ui::text(record[i].text, names || fields_[i].empty() ? colours().faint : colours().text);
      }
    }
  }
  ImGui::PopFont();
  ImGui::EndTable();
}

// Before it can begin, a sentence; empty: nothing.
std::string ImportDialog::what_is_missing(const Workspace& work, const ImportJob::State& seen) const {
  if (work.connection() == nullptr) return "Not connected.";
  if (work.importing()) return "Another import is under way.";
  if (!rows_) return {};
  if (database_.empty() || trim(table_).empty()) return "Say which table the rows go into.";
  const SchemaDatabase* const database = work.connection()->schema.database(database_);
  if (database == nullptr) return cat("There is no database ", database_, ".");
  if (database->state == LoadState::loading || database->state == LoadState::unknown)
    return cat("Looking for the tables of ", database_, "…");
  if (!seen.records || seen.records->empty()) return seen.finished ? "There are no rows." : "Reading…";
  if (std::all_of(fields_.begin(), fields_.end(), [](const std::string& one) { return one.empty(); }))
    return "Choose at least one column.";
  for (std::size_t i = 0; make_ && i < fields_.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (!fields_[i].empty() && equal_ignoring_case(fields_[i], fields_[k]))
        return cat("Two columns are called ", fields_[i], ".");
    }
  }
  return {};
}

bool ImportDialog::draw_options(Workspace& work) {
  ImGui::BeginChild("##options", {0, -px(46)}, false);
  ImGui::AlignTextToFramePadding();
  ui::heading(path_);
  ui::same_line_if_fits(px(160));
  int kind = rows_ ? 0 : 1;
  if (ui::segments("kind", {"Rows", "SQL"}, &kind)) {
    rows_ = kind == 0;
    mapped_.clear();
  }
  draw_waiting();
  ui::gap(1);
  rows_ ? draw_rows_options(work) : draw_dump_options(work);
  look_again();
  const ImportJob::State seen = look_->state();
  if (rows_ && separator_ == 0 && seen.separator != 0) separator_ = seen.separator;
  if (rows_) map_fields(seen);
  ui::gap(2);
  if (rows_ && seen.records && !seen.records->empty()) draw_preview(seen);
  if (rows_ && fields_.size() > kMostShown)
    ui::dim(cat("and ", fields_.size() - kMostShown, " fields more, which go where their names say"));
  if (rows_ && seen.records) {
    const auto over = std::count(fields_.begin(), fields_.end(), std::string());
    if (over > 0)
      ui::text(cat("▲ ", plural(static_cast<std::uint64_t>(over), "field is", "fields are"), " passed over."),
               colours().warn);
    ui::text(make_ ? cat(database_, ".", table_, " is not there. It is made so, with types guessed from all values:")
                   : cat("The rows go into the table ", database_, ".", table_, " that is there."),
             colours().dim);
  }
  if (!seen.finished)
    ui::progress(share_of(seen.progress), cat("Reading: ", how_far(seen)), ImGui::GetContentRegionAvail().x);
  if (seen.finished && !seen.status.ok()) ui::wrapped(cat("✕ ", seen.status.message), colours().bad);
  if (!seen.definition.empty() && make_) {
    ImGui::PushFont(look().fonts.mono);
    ui::wrapped(seen.definition);
    ImGui::PopFont();
  }
  if (seen.finished && seen.status.ok()) ui::wrapped(seen.summary, rows_ ? colours().dim : colours().text);
  ImGui::EndChild();
  const std::string missing = what_is_missing(work, seen);
  const bool production = in_production(work);
  const bool ready = missing.empty() && seen.finished && seen.status.ok();
  if (ui::button(production ? "Import into production##go" : "Import##go",
                 production ? ui::Style::danger : ui::Style::primary, ready))
    begin(work, false, false);
  ui::same_line_if_fits(ui::button_width("Another file…"));
  if (ui::button("Another file…")) {
    step_ = Step::file;
    table_.clear();
  }
  if (!waiting_.empty()) {
    ui::same_line_if_fits(ui::button_width("Pass this one over"));
    if (ui::button("Pass this one over")) {
      take_next();
      return true;
    }
  }
  if (!rows_) {
    ui::same_line_if_fits(ui::button_width("Open in the editor"));
    if (ui::button("Open in the editor")) {
      work.open_file(path_);
      work.view = View::query;
      return false;
    }
  }
  if (!missing.empty()) {
    ui::same_line_if_fits(ui::text_width(look().fonts.ui, missing));
    ui::text(missing, colours().warn);
  }
  return true;
}

// ---- under way, and done -------------------------------------------------------------------------------------------

void ImportDialog::begin(Workspace& work, bool resume, bool restart) {
  load::LoadOptions wanted = look_ || !work.import_job ? options(false) : work.import_job->options();
  wanted.resume = resume;
  wanted.restart = restart;
  work.import_file(std::move(wanted));
  shown_.clear();
  step_ = Step::job;
}

bool ImportDialog::draw_job(Workspace& work, Desk& desk) {
  const Palette& p = colours();
  if (!work.import_job) return false;
  const ImportJob::State now = work.import_job->state();
  ui::heading(work.import_job->options().files.front());
  draw_waiting();
  ui::gap(2);
  if (!now.finished) {
    ui::progress(share_of(now.progress), how_far(now), ImGui::GetContentRegionAvail().x);
    if (now.progress.waiting)
      ui::wrapped(cat("Waiting for the master, ", fixed(now.progress.waiting_seconds, 0), " s: ", now.progress.why),
                  p.warn);
    ui::gap(4);
    if (ui::button("Stop##import", ui::Style::danger)) work.import_job->stop();
    ui::same_line_if_fits(ui::text_width(look().fonts.ui, "Closing this does not stop it.") + px(10));
    ui::dim("Closing this does not stop it.");
    return true;
  }
  const bool stopped = now.status.code == Code::cancelled;
  if (now.status.ok()) {
    ui::text(now.left_out ? "▲ Done, but not all of it is there." : "✓ Done, all of it is there.",
             now.left_out ? p.warn : p.good);
  } else {
    ui::wrapped(stopped ? std::string("Stopped. What is loaded stays.") : cat("✕ ", now.status.message),
                stopped ? p.warn : p.bad);
  }
  ui::dim(cat(human_duration(std::chrono::microseconds(static_cast<std::int64_t>(now.seconds * 1e6)))));
  if (shown_ != now.summary) {
    shown_ = now.summary;
    lines_ = Lines(shown_);
  }
  lines_.draw(-px(46));
  if (!now.status.ok()) {
    const bool production = in_production(work);
    const char* const go_on = production ? "Go on in production##on" : "Go on where it stopped##on";
    const char* const anew = production ? "Begin anew in production##anew" : "Begin anew##anew";
    if (ui::button(go_on, production ? ui::Style::danger : ui::Style::primary, work.connection() != nullptr))
      begin(work, true, false);
    ui::tooltip("Behind what is loaded; no row comes twice");
    ui::same_line_if_fits(ui::button_width(anew));
    if (ui::button(anew, production ? ui::Style::danger : ui::Style::normal, work.connection() != nullptr))
      begin(work, false, true);
    ui::same_line_if_fits(ui::button_width("Copy"));
  }
  if (ui::button("Copy"))
    desk.copy(now.status.ok() ? now.summary : cat(now.status.message, "\n", now.summary), "summary");
  const std::string next = next_words();
  ui::same_line_if_fits(ui::button_width(next.c_str()));
  if (ui::button(next.c_str(), waiting_.empty() ? ui::Style::normal : ui::Style::primary)) take_next();
  return true;
}

}  // namespace sqlcast::gui
