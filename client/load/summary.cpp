#include "client/load/summary.h"

#include "base/logging.h"

namespace sqlcast::load {
namespace {

constexpr std::size_t kMostPlaces = 6;
constexpr std::size_t kMostLines = 100;  // of what was left out, in a checkpoint

std::string counted(std::uint64_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

LeftOut LeftOut::of(const Note& note, const std::string& file, std::size_t line) {
  LeftOut out;
  std::string text = note.what;
  if (note.rows > 0) text += ", " + counted(note.rows, "row");
  if (!note.why.empty()) text += ": " + note.why;
  out.lines.push_back(text + " [" + file + ":" + std::to_string(line) + "]");
  out.times = 1;
  out.rows = note.rows;
  out.data = note.data || note.rows > 0;
  return out;
}

void LeftOut::add(const LeftOut& more) {
  for (const std::string& line : more.lines)
    if (lines.size() < kMostLines) lines.push_back(line);
  times += more.times;
  rows += more.rows;
  data = data || more.data;
  tables.insert(more.tables.begin(), more.tables.end());
}

void Summary::left_out_before(const LeftOut& before) {
  before_.add(before);
  rows_left_out_ += before.rows;
  data_left_out_ = data_left_out_ || before.data;
}

void Summary::note(const Note& note, const std::string& file, std::size_t line) {
  Seen& seen = notes_[{note.sort, note.what, note.why}];
  ++seen.times;
  seen.rows += note.rows;
  rows_left_out_ += note.rows;
  data_left_out_ = data_left_out_ || note.data || note.rows > 0;
  files_.insert(file);
  if (line == 0 || seen.places.size() > kMostPlaces) return;
  seen.places.push_back(file + ":" + std::to_string(line));
}

void Summary::add_rows(const std::string& table, std::uint64_t rows) {
  rows_ += rows;
  rows_of_[table] += rows;
}

bool Summary::contains(Note::Sort sort) const {
  for (const auto& [key, seen] : notes_)
    if (std::get<0>(key) == sort) return true;
  return false;
}

std::string Summary::text(bool would) const {
  std::string out;
  if (before_.times > 0) out += "LEFT OUT before the interruption:\n";
  for (const std::string& line : before_.lines) out += "  " + line + "\n";
  if (before_.times > before_.lines.size()) out += fmt::format("  and {} more\n", before_.times - before_.lines.size());
  out += (would ? "To be loaded: " : "Loaded: ") + counted(rows_, "row") + " into " + counted(rows_of_.size(), "table");
  if (tables_ > 0) out += ", " + counted(tables_, "table") + (would ? " to be made" : " made");
  if (views_ > 0) out += ", " + counted(views_, "view") + (would ? " to be made" : " made");
  if (keys_ > 0) out += ", " + counted(keys_, "foreign key") + (would ? " to be added" : " added") + " behind the rows";
  if (statements_ > 0) out += ", " + counted(statements_, "other statement");
  out += "\n";
  for (const Note::Sort sort : {Note::Sort::passed_over, Note::Sort::rewritten, Note::Sort::left_out}) {
    if (!contains(sort)) continue;
    out += sort == Note::Sort::passed_over ? "Passed over, as a cluster does not need it:\n"
           : sort == Note::Sort::rewritten ? "Rewritten:\n"
                                           : "LEFT OUT:\n";
    for (const auto& [key, seen] : notes_) {
      if (std::get<0>(key) != sort) continue;
      out += "  " + std::get<1>(key);
      if (seen.rows > 0) out += ", " + counted(seen.rows, "row");
      if (seen.times > 1) out += fmt::format(" ({} times)", seen.times);
      if (!std::get<2>(key).empty()) out += ": " + std::get<2>(key);
      if (seen.places.empty()) {
        out += "\n";
        continue;
      }
      out += files_.size() == 1 ? " [line " : " [";
      for (std::size_t i = 0; i < seen.places.size() && i < kMostPlaces; ++i) {
        const std::string& place = seen.places[i];
        out += (i == 0 ? "" : ", ") + (files_.size() == 1 ? place.substr(place.rfind(':') + 1) : place);
      }
      out += std::string(seen.places.size() > kMostPlaces ? ", …" : "") + "]\n";
    }
  }
  return out;
}

}  // namespace sqlcast::load
