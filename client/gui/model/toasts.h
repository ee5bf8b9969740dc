// Toasts: the short messages in a corner of the window, the newest last, few at a time. No drawing.
// UI thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

namespace sqlcast::gui {

enum class ToastKind : std::uint8_t { info, good, warning, error };

struct Toast {
  std::uint64_t id = 0;
  ToastKind kind = ToastKind::info;
  std::string title;
  std::string text;  // in full
  double since = 0;  // seconds; when it began to be read
  double life = 0;   // seconds
};

class Toasts {
 public:
  static constexpr std::size_t kMost = 5;
  static constexpr double kLife = 6;
  static constexpr double kLongLife = 15;  // of errors
  static constexpr double kShortLife = 2;  // of a word that only confirms

  // Bytes of `text` that are not UTF-8 are replaced. The oldest gives way.
  void show(ToastKind kind, std::string title, const std::string& text, double now);
  void confirm(std::string title, double now);

  // Those are gone whose time is over. On the first frame, what was said before it begins to be read.
  void tick(double now);
  void dismiss(std::uint64_t id);
  // It is being looked at: its time begins anew.
  void keep(std::uint64_t id, double now);

  const std::deque<Toast>& shown() const { return shown_; }

 private:
  void add(Toast toast);

  std::deque<Toast> shown_;
  std::uint64_t next_ = 1;
  bool seen_ = false;
};

}  // namespace sqlcast::gui
