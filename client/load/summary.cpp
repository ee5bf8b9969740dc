#include "client/load/summary.h"

#include "base/logging.h"

namespace sqlcast::load {
namespace {

constexpr std::size_t kMostPlaces = 6;

std::string counted(std::uint64_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

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
  std::string out =
      (would ? "To be loaded: " : "Loaded: ") + counted(rows_, "row") + " into " + counted(rows_of_.size(), "table");
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
