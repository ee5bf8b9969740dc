#include "client/cli/pager.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "client/cli/child_process.h"
#include "client/text/display_width.h"

namespace sqlcast::cli {
namespace {

constexpr std::size_t kMostUnread = 64U << 20U;  // so long a person may look at the first page while rows go on coming
constexpr std::size_t kTidyUp = 1U << 20U;
constexpr int kNotThere = 127;

}  // namespace

Screen screen_of(int descriptor) {
  if (isatty(descriptor) != 1) return {};
  winsize size{};
  Screen screen{80, 24};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) return screen;
  if (size.ws_col > 0) screen.columns = size.ws_col;
  if (size.ws_row > 0) screen.rows = size.ws_row;
  return screen;
}

std::string usual_pager(bool folds) {
  if (const char* const named = std::getenv("PAGER"); named != nullptr && *named != '\0') return named;
  if (!on_path("less")) return {};
  // -F, which LESS may ask for, would leave at once what is cut off at the right.
  return folds ? "less -+F -RX" : "less -+F -SRX";
}

Pager::~Pager() {
  std::string ignored;
  if (child_ != 0) (void)finish(ignored);
}

void Pager::write(std::string_view text) {
  if (left_) return;
  const bool starts = child_ == 0 && problem_.empty() && (options_.always || !fits(text));
  text_.append(text);
  if (starts) start();
  if (child_ != 0) hand_on(kMostUnread);
}

// Looks on until the text is too much.
bool Pager::fits(std::string_view text) {
  const std::size_t rows = options_.screen.rows < 3 ? 0 : options_.screen.rows - 2;  // the summary has its line, too
  while (true) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    line_width_ += text::display_width(text.substr(0, end));
    if (line_width_ > options_.screen.columns && !options_.folds) return false;
    if (end == text.size()) return lines_ <= rows;
    lines_ += 1 + (line_width_ == 0 ? 0 : (line_width_ - 1) / std::max<std::size_t>(options_.screen.columns, 1));
    line_width_ = 0;
    if (lines_ > rows) return false;
    text.remove_prefix(end + 1);
  }
}

void Pager::start() {
  std::array<int, 2> ends{-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    problem_ = std::string("there can be no pager: ") + std::strerror(errno);
    return;
  }
  const auto child = start_child(options_.command, {}, ends[0]);
  close(ends[0]);
  if (!child.ok()) {
    close(ends[1]);
    problem_ = child.status().message;
    return;
  }
  child_ = *child;
  pipe_ = ends[1];
  fcntl(pipe_, F_SETFL, O_NONBLOCK);
}

// Until no more than so much is left.
void Pager::hand_on(std::size_t most_left) {
  while (pipe_ >= 0 && handed_ < text_.size()) {
    const ssize_t wrote = ::write(pipe_, text_.data() + handed_, text_.size() - handed_);
    if (wrote >= 0) {
      handed_ += static_cast<std::size_t>(wrote);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) {
      left_ = true;
      close(std::exchange(pipe_, -1));
      break;
    }
    if (text_.size() - handed_ <= most_left) break;
    pollfd wait{pipe_, POLLOUT, 0};
    (void)poll(&wait, 1, -1);
  }
  if (left_ || handed_ == text_.size()) {
    text_.clear();
    handed_ = 0;
  } else if (handed_ > kTidyUp) {
    text_.erase(0, std::exchange(handed_, 0));
  }
}

std::string Pager::finish(std::string& problem) {
  problem = problem_;
  if (child_ == 0) return std::exchange(text_, {});
  hand_on(0);
  if (pipe_ >= 0) close(std::exchange(pipe_, -1));
  if (wait_for_child(std::exchange(child_, 0)) == kNotThere)
    problem = "the pager `" + options_.command + "` is not there; `pager` takes the usual one, `nopager` none";
  return {};
}

}  // namespace sqlcast::cli
