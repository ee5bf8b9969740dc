// Summary: what an import did and did not do, counted, with the lines where it stands; one text for people at its end.
// Plain; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace sqlcast::load {

struct Note {
  enum class Sort : std::uint8_t { passed_over, rewritten, left_out };
  Sort sort = Sort::passed_over;
  std::string what;        // "SET", "TRIGGER", "rows of t"
  std::string why;         // may be empty
  bool data = false;       // left out: rows, or a table
  std::uint64_t rows = 0;  // left out: how many; 0 = not rows
};

// What was left out, for the summary of a run that goes on and does not come to it again: in the import's checkpoint.
struct LeftOut {
  std::vector<std::string> lines;  // as people read them: the first of them
  std::uint64_t times = 0;         // of all
  std::uint64_t rows = 0;
  bool data = false;               // rows, or a table
  std::set<std::uint64_t> tables;  // where the definitions of those stand that are not there

  static LeftOut of(const Note& note, const std::string& file, std::size_t line);
  void add(const LeftOut& more);
};

class Summary {
 public:
  void note(const Note& note, const std::string& file, std::size_t line);
  // By the run that was interrupted.
  void left_out_before(const LeftOut& before);
  void add_rows(const std::string& table, std::uint64_t rows);
  void add_table() { ++tables_; }
  void add_view() { ++views_; }
  void add_key(std::uint64_t keys) { keys_ += keys; }
  void add_statement() { ++statements_; }

  std::uint64_t rows() const { return rows_; }
  std::uint64_t tables() const { return tables_; }
  std::uint64_t rows_left_out() const { return rows_left_out_; }
  bool data_left_out() const { return data_left_out_; }
  bool contains(Note::Sort sort) const;

  // `would`: nothing was done, as by --dry-run.
  std::string text(bool would) const;

 private:
  struct Seen {
    std::uint64_t times = 0;
    std::uint64_t rows = 0;
    std::vector<std::string> places;  // the first of them
  };
  std::map<std::tuple<Note::Sort, std::string, std::string>, Seen> notes_;
  LeftOut before_;
  std::map<std::string, std::uint64_t> rows_of_;
  std::set<std::string> files_;
  std::uint64_t rows_ = 0;
  std::uint64_t rows_left_out_ = 0;
  std::uint64_t tables_ = 0;
  std::uint64_t views_ = 0;
  std::uint64_t keys_ = 0;
  std::uint64_t statements_ = 0;
  bool data_left_out_ = false;
};

}  // namespace sqlcast::load
