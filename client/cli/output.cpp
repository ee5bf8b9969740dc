#include "client/cli/output.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "client/text/word_wrap.h"

namespace sqlcast::cli {

Output::Output(bool paged) : paged_(paged && isatty(STDOUT_FILENO) == 1) {
  if (paged_) std::signal(SIGPIPE, SIG_IGN);  // a pager that is left is no reason to end
}

Output::~Output() { (void)no_tee(); }

void Output::begin_rows(bool folds) {
  if (!paged_ || none_) return;
  const std::string command = command_.empty() ? usual_pager(folds) : command_;
  if (command.empty()) return;
  std::fflush(stdout);
  pager_ = std::make_unique<Pager>(Pager::Options{command, all_, folds, screen_of(STDOUT_FILENO)});
}

void Output::rows(std::string_view text) {
  if (pager_)
    pager_->write(text);
  else
    write(text);
  copy(text);
}

void Output::end_rows() {
  if (!pager_) return;
  std::string problem;
  write(pager_->finish(problem));
  pager_.reset();
  if (!problem.empty()) error(problem);
}

void Output::say(std::string_view text) {
  write(text);
  copy(text);
}

void Output::note(std::string_view text) {
  std::fflush(stdout);
  std::fwrite(text.data(), 1, text.size(), stderr);
  copy(text);
}

void Output::error(std::string_view text) {
  std::fflush(stdout);
  std::fprintf(stderr, "%s\n", text::wrap_words(text, screen_of(STDERR_FILENO).columns).c_str());
  copy(text);
  copy("\n");
}

void Output::typed(std::string_view text) { copy(text); }

void Output::write(std::string_view text) {
  if (text.empty() || std::fwrite(text.data(), 1, text.size(), stdout) == text.size()) return;
  // What follows would be lost as well.
  if (!std::exchange(broken_, true)) std::fprintf(stderr, "the output cannot be written: %s\n", std::strerror(errno));
}

void Output::copy(std::string_view text) {
  if (tee_ == nullptr) return;
  if (std::fwrite(text.data(), 1, text.size(), tee_) == text.size() && std::fflush(tee_) == 0) return;
  const int why = errno;
  (void)no_tee();
  error(tee_path_ + " cannot be written, and gets no more: " + std::strerror(why));
}

Status Output::tee(const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "ae");
  if (file == nullptr) return Status::error(Code::io, path + " cannot be written: " + std::strerror(errno));
  (void)no_tee();
  tee_ = file;
  tee_path_ = path;
  return ok_status();
}

bool Output::no_tee() {
  if (tee_ == nullptr) return false;
  std::fclose(std::exchange(tee_, nullptr));
  return true;
}

}  // namespace sqlcast::cli
