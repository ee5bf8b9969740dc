#include "client/cli/line_reader.h"

#include <histedit.h>
#include <sys/stat.h>

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <system_error>
#include <utility>

namespace sqlcast::cli {
namespace {

constexpr int kHistorySize = 2'000;

bool looks_secret(std::string_view statement) {
  std::string lower(statement);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return lower.find("identified") != std::string::npos || lower.find("password") != std::string::npos;
}

}  // namespace

class LineReader::Impl {
 public:
  explicit Impl(std::filesystem::path history_file) : history_file_(std::move(history_file)) {
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
    // One line is easier to edit; a comment that ends with its line would swallow the rest.
    const bool has_comment =
        statement.find("--") != std::string_view::npos || statement.find('#') != std::string_view::npos;
    if (has_comment && statement.find('\n') != std::string_view::npos) return;
    std::string one_line(statement);
    std::replace(one_line.begin(), one_line.end(), '\n', ' ');
    HistEvent event;
    history(history_, &event, H_ENTER, one_line.c_str());
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

  const std::filesystem::path history_file_;
  EditLine* edit_ = nullptr;
  History* history_ = nullptr;
  std::string prompt_;
  bool interrupted_ = false;
};

LineReader::LineReader(std::filesystem::path history_file) : impl_(std::make_unique<Impl>(std::move(history_file))) {}
LineReader::~LineReader() = default;
LineReader::Event LineReader::read(const std::string& prompt, std::string& line) { return impl_->read(prompt, line); }
void LineReader::remember(std::string_view statement) { impl_->remember(statement); }

}  // namespace sqlcast::cli
