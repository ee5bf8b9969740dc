// VerdictLine: what will become of the statement under the caret at the node chosen, while it is typed. The class
// is judged here at once; what needs the schema (rewritten, unsafe) is asked of the node a moment later.
// UI thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "client/gui/backend.h"
#include "sql/verdict.h"

namespace sqlcast::gui {

enum class VerdictKind : std::uint8_t { none, read, forwarded, write, ddl, ddl_elsewhere, rewritten, refused };

struct VerdictText {
  VerdictKind kind = VerdictKind::none;
  std::string word;    // "READ", "WRITE" …
  std::string text;    // one sentence
  std::string detail;  // the rewritten text, the advice
  std::string code;    // refused: of docs/sql-policy.md
};

class VerdictLine {
 public:
  static constexpr double kAskAfter = 0.25;  // seconds without typing
  static constexpr double kQuiet = 1.2;      // a refusal waits so long while a word is unfinished

  // `unfinished`: the caret stands behind a letter of a word, which may be about to become another. `on_slave`: the
  // node chosen is a slave, so that writes are forwarded and DDL is refused there.
  void update(const std::string& statement, const std::string& database, const std::string& endpoint, bool on_slave,
              Backend* backend, double now, bool unfinished = false);
  const VerdictText& verdict() const { return quiet_ ? kNothing : shown_; }
  sql::Class statement_class() const { return class_; }

 private:
  void ask(Backend& backend);

  static const VerdictText kNothing;

  std::string statement_;
  std::string database_;
  std::string endpoint_;
  bool on_slave_ = false;
  VerdictText shown_;
  sql::Class class_ = sql::Class::refused;
  double changed_ = 0;
  bool asked_ = true;
  bool quiet_ = false;
  // Shared with callbacks: an answer to an older question is not taken, nor one after this object is gone.
  std::shared_ptr<std::uint64_t> question_ = std::make_shared<std::uint64_t>(0);
};

}  // namespace sqlcast::gui
