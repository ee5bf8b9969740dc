#include "client/gui/model/toasts.h"

#include <algorithm>

#include "base/utf8.h"

namespace sqlcast::gui {

void Toasts::add(Toast toast) {
  toast.id = next_++;
  shown_.push_back(std::move(toast));
  while (shown_.size() > kMost) shown_.pop_front();
}

void Toasts::show(ToastKind kind, std::string title, const std::string& text, double now) {
  add({0, kind, std::move(title), to_utf8(text), now, kind == ToastKind::error ? kLongLife : kLife});
}

void Toasts::confirm(std::string title, double now) {
  add({0, ToastKind::info, std::move(title), {}, now, kShortLife});
}

void Toasts::tick(double now) {
  if (!seen_) {
    for (Toast& early : shown_) early.since = now;
    seen_ = true;
  }
  std::erase_if(shown_, [now](const Toast& toast) { return now - toast.since > toast.life; });
}

void Toasts::dismiss(std::uint64_t id) {
  std::erase_if(shown_, [id](const Toast& toast) { return toast.id == id; });
}

void Toasts::keep(std::uint64_t id, double now) {
  for (Toast& toast : shown_) {
    if (toast.id == id) toast.since = now;
  }
}

}  // namespace sqlcast::gui
