// Output: where the shell's words go: results to standard output, or through a pager; what it says; errors. A copy of
// it all goes to the file of `tee`. One thread. May block, for whoever reads.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "client/cli/pager.h"

namespace sqlcast::cli {

class Output {
 public:
  // `paged`: a terminal with a person at it; results that do not fit go through the usual pager.
  explicit Output(bool paged);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // The text of a result, in pieces. `folds`: its long lines can be read when they are folded.
  void begin_rows(bool folds);
  void rows(std::string_view text);
  void end_rows();
  // Whoever looked at it has seen enough: no more rows are wanted.
  bool enough() const { return pager_ && pager_->left(); }

  void say(std::string_view text);    // to standard output
  void note(std::string_view text);   // to standard error, as it is
  void error(std::string_view text);  // a line to standard error, wrapped where that is a terminal
  void typed(std::string_view text);  // what a person has typed: for the tee alone

  // Standard output takes no more: nobody reads, or the disk is full. It was said.
  bool broken() const { return broken_; }

  // A copy goes to the end of this file. io when it cannot be opened.
  Status tee(const std::string& path);
  bool no_tee();  // false: there was none

  void page_all(std::string command) { command_ = std::move(command), all_ = true, none_ = false; }
  void page_what_does_not_fit() { command_.clear(), all_ = false, none_ = false; }
  void page_nothing() { command_.clear(), all_ = false, none_ = true; }

 private:
  void write(std::string_view text);
  void copy(std::string_view text);

  const bool paged_;
  std::string command_;  // empty: the usual one
  bool all_ = false;
  bool none_ = false;
  bool broken_ = false;
  std::unique_ptr<Pager> pager_;
  std::FILE* tee_ = nullptr;
  std::string tee_path_;
};

}  // namespace sqlcast::cli
