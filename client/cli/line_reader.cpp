#include "client/cli/line_reader.h"

#include <histedit.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <system_error>
#include <utility>

#include "client/cli/pager.h"
#include "client/text/display_width.h"

namespace sqlcast::cli {
namespace {

constexpr int kHistorySize = 2'000;

bool looks_secret(std::string_view statement) {
  std::string lower(statement);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return lower.find("identified") != std::string::npos || lower.find("password") != std::string::npos;
}

// What all begin with.
std::string common_beginning(const std::vector<std::string>& words) {
  std::string_view common = words.front();
  for (const std::string& word : words) {
    const auto end = std::mismatch(common.begin(), common.end(), word.begin(), word.end()).first;
    common = common.substr(0, static_cast<std::size_t>(end - common.begin()));
  }
  while (!common.empty() && common.size() < words.front().size() && (words.front()[common.size()] & 0xC0) == 0x80)
    common.remove_suffix(1);  // not within a letter
  return std::string(common);
}

int letters(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// Below the line, in columns.
void show_choice(const std::vector<std::string>& words) {
  constexpr std::size_t kMost = 200;
  if (words.size() > kMost) {
    std::fprintf(stdout, "\n%zu words begin so; type more of it\n", words.size());
    return;
  }
  std::size_t widest = 0;
  for (const std::string& word : words) widest = std::max(widest, text::display_width(word) + 2);
  const std::size_t across = std::max<std::size_t>(screen_of(STDOUT_FILENO).columns / widest, 1);
  const std::size_t down = (words.size() + across - 1) / across;
  std::string out = "\n";
  for (std::size_t row = 0; row < down; ++row) {
    for (std::size_t i = row; i < words.size(); i += down) {
      out += words[i];
      if (i + down < words.size()) out.append(widest - text::display_width(words[i]), ' ');
    }
    out += "\n";
  }
  std::fputs(out.c_str(), stdout);
}

}  // namespace

class LineReader::Impl {
 public:
  Impl(std::filesystem::path history_file, Completer completer)
      : history_file_(std::move(history_file)), completer_(std::move(completer)) {
    // Editing counts columns, which needs a locale that knows UTF-8.
    if (std::setlocale(LC_CTYPE, "") == nullptr || MB_CUR_MAX == 1) std::setlocale(LC_CTYPE, "C.UTF-8");
    edit_ = el_init("sqlcast", stdin, stdout, stderr);
    history_ = history_init();
    el_set(edit_, EL_CLIENTDATA, this);
    el_set(edit_, EL_PROMPT, &Impl::prompt);
    el_set(edit_, EL_EDITOR, "emacs");
    el_set(edit_, EL_SIGNAL, 0);
    HistEvent event;
    history(history_, &event, H_SETSIZE, kHistorySize);
    history(history_, &event, H_SETUNIQUE, 1);
    el_set(edit_, EL_HIST, history, history_);
    el_set(edit_, EL_ADDFN, "sqlcast-interrupt", "Forget the line", &Impl::interrupt);
    el_set(edit_, EL_SETTY, "-d", "-isig", nullptr);  // Ctrl-C is a key while a line is edited
    el_set(edit_, EL_BIND, "^C", "sqlcast-interrupt", nullptr);
    el_set(edit_, EL_ADDFN, "sqlcast-complete", "Complete the word", &Impl::complete);
    el_set(edit_, EL_BIND, "\t", "sqlcast-complete", nullptr);
    el_set(edit_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    el_set(edit_, EL_BIND, "\\e[3~", "ed-delete-next-char", nullptr);
    el_set(edit_, EL_BIND, "\\e[1;5C", "em-next-word", nullptr);
    el_set(edit_, EL_BIND, "\\e[1;5D", "ed-prev-word", nullptr);
    el_source(edit_, nullptr);
    history(history_, &event, H_LOAD, history_file_.c_str());
  }

  ~Impl() {
    std::error_code error;
    std::filesystem::create_directories(history_file_.parent_path(), error);
    const mode_t mask = umask(077);
    HistEvent event;
    if (history(history_, &event, H_SAVE, history_file_.c_str()) < 0)
      std::fprintf(stderr, "the history could not be saved to %s\n", history_file_.c_str());
    umask(mask);
    history_end(history_);
    el_end(edit_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Event read(const std::string& prompt, std::string& line) {
    prompt_ = prompt;
    interrupted_ = false;
    int count = 0;
    const char* const text = el_gets(edit_, &count);
    if (interrupted_) {
      el_reset(edit_);
      return Event::interrupted;
    }
    if (text == nullptr || count <= 0) return Event::end;
    line.assign(text, static_cast<std::size_t>(count));
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
    return Event::line;
  }

  void remember(std::string_view statement) {
    if (statement.empty() || looks_secret(statement)) return;
    HistEvent event;
    history(history_, &event, H_ENTER, std::string(statement).c_str());
  }

 private:
  static Impl* self(EditLine* edit) {
    void* data = nullptr;
    el_get(edit, EL_CLIENTDATA, &data);
    return static_cast<Impl*>(data);
  }
  static char* prompt(EditLine* edit) { return self(edit)->prompt_.data(); }
  static unsigned char interrupt(EditLine* edit, int) {
    self(edit)->interrupted_ = true;
    std::fputs("^C\n", stdout);
    return CC_EOF;
  }

  static unsigned char complete(EditLine* edit, int) {
    const LineInfo* const line = el_line(edit);
    const std::string before(line->buffer, static_cast<std::size_t>(line->cursor - line->buffer));
    const std::string after(line->cursor, static_cast<std::size_t>(line->lastchar - line->cursor));
    int waiting = 0;  // a text that is pasted means its tabs
    const bool pasted = ioctl(STDIN_FILENO, FIONREAD, &waiting) == 0 && waiting > 0;
    if (pasted || before.find_first_not_of(" \t") == std::string::npos)
      return el_insertstr(edit, "\t") == 0 ? CC_REFRESH : CC_ERROR;
    const Completion found = self(edit)->completer_(before, after);
    if (found.words.empty()) return CC_ERROR;
    const std::string typed = before.substr(before.size() - found.replaced);
    std::string text = common_beginning(found.words);
    if (found.words.size() == 1 && !text.ends_with('.') && !text.ends_with('(')) text += " ";
    if (text.size() < typed.size() || text == typed) {
      if (found.words.size() == 1) return CC_ERROR;
      show_choice(found.words);
      return CC_REDISPLAY;
    }
    el_deletestr(edit, letters(typed));
    return el_insertstr(edit, text.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
  }

  const std::filesystem::path history_file_;
  const Completer completer_;
  EditLine* edit_ = nullptr;
  History* history_ = nullptr;
  std::string prompt_;
  bool interrupted_ = false;
};

LineReader::LineReader(std::filesystem::path history_file, Completer completer)
    : impl_(std::make_unique<Impl>(std::move(history_file), std::move(completer))) {}
LineReader::~LineReader() = default;
LineReader::Event LineReader::read(const std::string& prompt, std::string& line) { return impl_->read(prompt, line); }
void LineReader::remember(std::string_view statement) { impl_->remember(statement); }

}  // namespace sqlcast::cli
