#include "client/gui/ui/app.h"

#include <algorithm>
#include <cmath>

#include "client/gui/model/text.h"
#include "client/gui/ui/bars.h"
#include "client/gui/ui/dialogs/connect.h"
#include "client/gui/ui/dialogs/import.h"
#include "client/gui/ui/dialogs/quit.h"
#include "client/gui/ui/facts.h"
#include "client/gui/ui/toasts.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

namespace {
constexpr std::size_t kMailbox = 4'096;
constexpr std::chrono::microseconds kMailboxBudget{3'000};
}  // namespace

Workspace::Options App::workspace_options(const Options& options) {
  Workspace::Options out;
  out.folder = options.folder;
  out.scripted = options.scripted;
  out.make_backend = options.make_backend;
  out.start_local = options.start_local;
  out.local = options.local;
  out.in_background = [this](std::function<void()> job, std::function<void()> then) {
    return in_background(worker_, std::move(job), std::move(then));
  };
  out.patiently = [this](std::function<void()> job, std::function<void()> then) {
    return in_background(patient_worker_, std::move(job), std::move(then));
  };
  return out;
}

App::App(const Options& options) : mailbox_(kMailbox, options.wake), work_(workspace_options(options)) {
  make_commands(commands_, work_, *this);
  if (!look().notice.empty()) work_.say(ToastKind::info, "Fonts are missing", look().notice);
  begin_connection(options);
}

void App::begin_connection(const Options& options) {
  bool connected = false;
  if (!options.endpoints.empty()) {
    connected = work_.connect({options.endpoints_name, options.endpoints, "blue"});
  } else {
    const auto& saved = work_.settings.connections;
    const auto last = std::find_if(saved.begin(), saved.end(),
                                   [this](const auto& one) { return one.name == work_.settings.last_connection; });
    if (last != saved.end()) connected = work_.connect(SavedConnection(*last));
  }
  // With nothing to choose from, the page of first steps says what to do.
  if (!connected && !work_.settings.connections.empty()) open(std::make_unique<ConnectDialog>(work_));
}

bool App::in_background(Worker& worker, std::function<void()> job, std::function<void()> then) {
  return worker.run([this, job = std::move(job), then = std::move(then)] {
    job();
    // The mailbox is far larger than the worker's queue: it has room.
    while (!mailbox_.post(then)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });
}

void App::copy(std::string_view text, std::string_view what) {
  ImGui::SetClipboardText(to_utf8(text).c_str());
  work_.toasts.confirm(cat("Copied: ", what), work_.now());
}

void App::drop(std::vector<std::string> paths) {
  if (paths.empty()) return;
  const std::string first = std::move(paths.front());
  paths.erase(paths.begin());
  auto dialog = std::make_unique<ImportDialog>(work_, first);
  dialog->queue(std::move(paths));
  open(std::move(dialog));
}

void App::quit() {
  if (work_.importing()) return open(std::make_unique<QuitDialog>());
  leave();
}

bool App::animating() const {
  if (work_.starting_local() || work_.exporting() || work_.importing() || work_.running() || compare_panel_.running())
    return true;
  if (work_.connection() == nullptr || work_.options().scripted) return false;
  const bool flow_seen = work_.view == View::cluster || (work_.view == View::query && work_.settings.live_panel);
  if (!flow_seen) return false;
  const auto& nodes = work_.connection()->cluster.nodes();
  return std::any_of(nodes.begin(), nodes.end(),
                     [](const auto& node) { return !node->master && node->measured_rate > 0.05; });
}

std::optional<std::string> App::fact(std::string_view name) const {
  return gui::fact(name, {work_, compare_panel_.comparison(), query_panel_.completing(work_), dialogs_.open_name()});
}

void App::frame(double now, std::uint64_t unix_us) {
  mailbox_.drain(kMailboxBudget);
  work_.tick(now, unix_us);
  if (!dialogs_.any_open()) run_pressed(commands_);
  if ((work_.settings.theme == "dark") != colours().dark) set_theme(work_.settings.theme == "dark");

  const ImVec2 display = ImGui::GetIO().DisplaySize;
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize(display);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {0, 0});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, 0);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0);
  constexpr ImGuiWindowFlags kFlags = ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                                      ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoSavedSettings |
                                      ImGuiWindowFlags_NoNavFocus | ImGuiWindowFlags_NoScrollWithMouse;
  ImGui::Begin("sqlcast", nullptr, kFlags);
  ImGui::PopStyleVar(3);
  const float top = top_bar_height();
  draw_top_bar(work_, *this, commands_);
  const float body = top + draw_banner(work_, top);
  draw_body(body, display.y - body - status_bar_height(), display.x);
  draw_status_bar(work_);
  dialogs_.draw(work_, *this);
  ImGui::End();
  draw_toasts(work_, *this);
  ui::leave_keys_to_focused_window();
  ui::trace().last.swap(ui::trace().seen);
  ui::trace().seen.clear();
}

void App::draw_body(float top, float height, float width) {
  Settings& settings = work_.settings;
  const View view = work_.view;
  ImGui::SetCursorPos({0, top});
  float left = 0;
  if (view == View::query || view == View::compare) {
    float sidebar = std::min(px(settings.sidebar_width), width * 0.4F);
    schema_panel_.draw(work_, *this, {0, top}, {sidebar, height});
    if (ui::splitter("sidebar splitter", true, &sidebar, px(140), width * 0.4F, {sidebar, top}, height, false)) {
      settings.sidebar_width = sidebar / look().scale;
    }
    left = std::min(px(settings.sidebar_width), width * 0.4F) + 1;
  }
  float right = width;
  if (view == View::query && settings.live_panel && width > px(900)) {
    float live = std::min(px(settings.live_width), width * 0.36F);
    right = width - live;
    cluster_panel_.draw_small(work_, *this, {right, top}, {live, height});
    if (ui::splitter("live splitter", true, &live, px(240), width * 0.36F, {right, top}, height, true)) {
      settings.live_width = live / look().scale;
    }
  }
  const ImVec2 low = {left, top};
  const ImVec2 size = {right - left - 1, height};
  switch (view) {
    case View::query: query_panel_.draw(work_, *this, low, size); break;
    case View::cluster: cluster_panel_.draw(work_, *this, low, size); break;
    case View::diagram: diagram_panel_.draw(work_, *this, low, size); break;
    case View::log: log_panel_.draw(work_, *this, low, size); break;
    case View::compare: compare_panel_.draw(work_, *this, low, size); break;
  }
}

}  // namespace sqlcast::gui
