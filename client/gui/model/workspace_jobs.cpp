// What a Workspace has others do: programs on this machine, and an import.
#include <algorithm>
#include <utility>

#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"

namespace sqlcast::gui {

// ---- this machine's nodes
// --------------------------------------------------------------------------------------------

void Workspace::start_local_cluster() {
  if (starting_local_ || !options_.start_local) return;
  auto started = std::make_shared<Result<SavedConnection>>(Status::error(Code::cancelled, "It was not started."));
  starting_local_ = true;
  const auto& run = options_.patiently ? options_.patiently : options_.in_background;
  const bool taken = run([start = options_.start_local, started] { *started = start(); },
                         [this, started] {
                           starting_local_ = false;
                           if (!started->ok())
                             return say(ToastKind::error, "No local cluster was started", started->status().message);
                           say(ToastKind::good, "A local cluster runs");
                           connect(**started);
                         });
  if (taken) return;
  starting_local_ = false;
  say(ToastKind::warning, "Too much is waiting to be done", "Try again in a moment.");
}

void Workspace::patiently(std::function<void()> job, std::function<void()> then) {
  const auto& run = options_.patiently ? options_.patiently : options_.in_background;
  if (!run(std::move(job), std::move(then)))
    say(ToastKind::warning, "Too much is waiting to be done", "Try again in a moment.");
}

const LocalNode* Workspace::local_node(std::string_view endpoint) const {
  const auto found = std::find_if(local_nodes_.begin(), local_nodes_.end(),
                                  [endpoint](const LocalNode& node) { return node.endpoint == endpoint; });
  return found == local_nodes_.end() ? nullptr : &*found;
}

void Workspace::look_for_local_nodes() {
  if (!options_.local.list) return;
  auto found = std::make_shared<std::vector<LocalNode>>();
  in_background([list = options_.local.list, found] { *found = list(); }, [this, found] { local_nodes_ = *found; });
}

void Workspace::order_node(const std::string& name, NodeOrder order) {
  if (!options_.local.order) return;
  constexpr std::string_view kWords[] = {"started", "stopped", "killed"};
  const std::string word(kWords[static_cast<std::size_t>(order)]);
  auto status = std::make_shared<Status>();
  patiently([run = options_.local.order, name, order, status] { *status = run(name, order); },
            [this, name, word, status] {
              look_for_local_nodes();
              if (status->ok()) return say(ToastKind::good, cat(name, " was ", word));
              say(ToastKind::error, cat(name, " was not ", word), status->message);
            });
}

void Workspace::read_node_log(const std::string& name, std::function<void(std::string text)> then) {
  if (!options_.local.log) return;
  auto text = std::make_shared<Result<std::string>>(ok_status());
  in_background([read = options_.local.log, name, text] { *text = read(name); },
                [this, text, then = std::move(then)] {
                  if (!text->ok()) return say(ToastKind::error, "The log was not read", text->status().message);
                  then(std::move(**text));
                });
}

void Workspace::show_folder(const std::string& folder) {
  if (!options_.local.show_folder) return;
  auto status = std::make_shared<Status>();
  in_background([show = options_.local.show_folder, folder, status] { *status = show(folder); },
                [this, status] {
                  if (!status->ok()) say(ToastKind::error, "The folder cannot be shown", status->message);
                });
}

// ---- import
// ----------------------------------------------------------------------------------------------------------

void Workspace::import_file(load::LoadOptions options) {
  if (!connection_ || importing()) return;
  import_job = ImportJob::begin(std::move(options), connection_->saved().endpoints);
  import_told_ = false;
}

void Workspace::tell_import() {
  const ImportJob::State state = import_job->state();
  if (!state.finished) return;
  import_told_ = true;
  if (connection_) connection_->refresh_schema();
  const std::string first = state.summary.substr(0, state.summary.find('\n'));
  if (state.status.code == Code::cancelled) return say(ToastKind::info, "The import was stopped", first);
  if (!state.status.ok()) return say(ToastKind::error, "The import has failed", state.status.message);
  say(state.left_out ? ToastKind::warning : ToastKind::good,
      state.left_out ? "Imported, but not all of it" : "Imported", first);
}

}  // namespace sqlcast::gui
