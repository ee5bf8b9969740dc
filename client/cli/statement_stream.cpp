#include "client/cli/statement_stream.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sqlcast::cli {
namespace {

using Kind = StreamItem::Kind;

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return result;
}

std::string unquote(std::string_view text) {
  for (const char quote : {'`', '\'', '"'}) {
    if (text.size() < 2 || text.front() != quote || text.back() != quote) continue;
    std::string result;
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
      result.push_back(text[i]);
      if (text[i] == quote && text[i + 1] == quote && i + 2 < text.size()) ++i;
    }
    return result;
  }
  return std::string(text);
}

// What the mariadb client has, and this shell has not.
std::string instead_of(std::string_view word) {
  struct Absent {
    std::string_view word;
    std::string_view letter;
    std::string_view instead;
  };
  constexpr std::array kAbsent = {
      Absent{"connect", "\\r",
             "leave, and start the shell with -h, --endpoint or --dir; a node that is back is found anyway"},
      Absent{"print", "\\p", "the key Up brings back what was typed"},
      Absent{"prompt", "\\R", "the prompt shows the default database"},
      Absent{"charset", "\\C", "text is UTF-8 everywhere"},
      Absent{"clear", "\\c", "\\c at the end of a line, or Ctrl-C, forgets what was typed"},
  };
  for (const Absent& each : kAbsent)
    if (word == each.word || word == each.letter)
      return "the command " + std::string(word) + " is not there: " + std::string(each.instead);
  return {};
}

}  // namespace

std::optional<StreamItem> parse_command(std::string_view line, std::string_view delimiter) {
  enum class Argument { none, optional, needed };
  struct Command {
    std::string_view word;
    std::string_view letter;
    Kind kind;
    Argument argument;
  };
  constexpr std::array kCommands = {
      Command{"use", "\\u", Kind::use, Argument::needed},
      Command{"source", "\\.", Kind::source, Argument::needed},
      Command{"quit", "\\q", Kind::quit, Argument::none},
      Command{"exit", "\\q", Kind::quit, Argument::none},
      Command{"help", "\\h", Kind::help, Argument::none},
      Command{"?", "\\?", Kind::help, Argument::none},
      Command{"status", "\\s", Kind::status, Argument::none},
      Command{"edit", "\\e", Kind::edit, Argument::none},
      Command{"system", "\\!", Kind::system, Argument::needed},
      Command{"tee", "\\T", Kind::tee, Argument::needed},
      Command{"notee", "\\t", Kind::no_tee, Argument::none},
      Command{"pager", "\\P", Kind::pager, Argument::optional},
      Command{"nopager", "\\n", Kind::no_pager, Argument::none},
      Command{"warnings", "\\W", Kind::warnings, Argument::none},
      Command{"nowarning", "\\w", Kind::no_warnings, Argument::none},
      Command{"rehash", "\\#", Kind::rehash, Argument::none},
  };
  line = trim(line);
  if (line.ends_with(delimiter)) line = trim(line.substr(0, line.size() - delimiter.size()));
  const std::size_t word_end = std::min(line.find_first_of(kBlanks), line.size());
  const std::string word = lower(line.substr(0, word_end));
  const std::string_view argument = trim(line.substr(word_end));
  const std::string_view typed = line.substr(0, word_end);
  const bool letter = typed.size() == 2 && typed.front() == '\\';
  for (const Command& command : kCommands) {
    if (letter ? command.letter != typed : command.word != word) continue;
    if (command.argument == (argument.empty() ? Argument::needed : Argument::none)) continue;
    const bool as_it_is = command.kind == Kind::system || command.kind == Kind::pager;  // the quotes are the program's
    return StreamItem{command.kind, as_it_is ? std::string(argument) : unquote(argument), 1, false};
  }
  if (std::string instead = instead_of(letter ? typed : std::string_view(word)); !instead.empty())
    return StreamItem{Kind::absent, std::move(instead), 1, false};
  return std::nullopt;
}

void StatementStream::feed(std::string_view lines) {
  buffer_.append(lines);
  // A statement of many lines is looked at anew only when it has doubled: a long one costs no more than twice its size.
  // On a terminal lines are short, and every one is looked at.
  constexpr std::size_t kAlways = 64U << 10U;
  if (buffer_.size() > kAlways && buffer_.size() < 2 * seen_ && lines.size() > kAlways / 16) return;
  scan();
}

void StatementStream::finish() {
  finished_ = true;
  scan();
}

void StatementStream::clear() {
  drop(buffer_.size());
  seen_ = 0;
}

std::optional<StreamItem> StatementStream::next() {
  if (items_.empty()) return std::nullopt;
  StreamItem item = std::move(items_.front());
  items_.pop_front();
  return item;
}

void StatementStream::drop(std::size_t bytes) {
  line_ +=
      static_cast<std::size_t>(std::count(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(bytes), '\n'));
  buffer_.erase(0, bytes);
}

// When the piece begins with a command's line and goes beyond it: hands the command out, and drops it and all before
// it. What is left must then be split anew.
bool StatementStream::cut_command(const sql::Piece& piece, const std::string& delimiter_before) {
  const std::size_t line_end = std::min(buffer_.find('\n', piece.offset), buffer_.size());
  const std::string_view line = std::string_view(buffer_).substr(piece.offset, line_end - piece.offset);
  const auto seen = parse_command(line, delimiter_);
  if (!seen) return false;
  const bool whole_line = seen->kind == Kind::system || seen->kind == Kind::pager;  // a ; in it is the program's
  if (piece.complete && piece.end <= line_end && !whole_line) return false;
  // Which delimiter is in force there: that of the start, changed by what stands before.
  delimiter_ = delimiter_before;
  (void)sql::split(std::string_view(buffer_).substr(0, piece.offset), delimiter_);
  auto command = parse_command(line, delimiter_);
  if (!command) return false;
  command->line = line_ + piece.line - 1;
  items_.push_back(std::move(*command));
  drop(std::min(line_end + 1, buffer_.size()));
  return true;
}

void StatementStream::scan() {
  for (bool again = true; again && !buffer_.empty();) {
    again = false;
    const std::string before = delimiter_;
    std::size_t keep_from = buffer_.size();
    for (const sql::Piece& piece : sql::split(buffer_, delimiter_)) {
      const std::string after = delimiter_;
      again = cut_command(piece, before);
      if (again) break;
      delimiter_ = after;
      if (!piece.complete && !finished_) {
        keep_from = piece.offset;
        break;
      }
      const std::string_view text = std::string_view(buffer_).substr(piece.offset, piece.end - piece.offset);
      auto item = piece.vertical ? std::nullopt : parse_command(text, delimiter_);
      if (!item) item = StreamItem{Kind::statement, std::string(text), 1, piece.vertical};
      item->line = line_ + piece.line - 1;
      items_.push_back(std::move(*item));
    }
    if (!again) drop(keep_from);
  }
  seen_ = buffer_.size();
}

}  // namespace sqlcast::cli
