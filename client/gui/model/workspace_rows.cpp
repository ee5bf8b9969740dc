// What a Workspace does with the rows of a result: their changes are sent, more are fetched, they are arranged.
#include <utility>

#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"

namespace sqlcast::gui {

void Workspace::send_changes(QueryTab& of, const std::shared_ptr<ResultModel>& result,
                             std::vector<client::Statement> statements) {
  if (!connection_ || of.running() || statements.empty()) return;
  RunOptions options = run_options();
  options.target = {};
  options.target_name = "master";
  options.database = result->database;
  result->sending = true;
  const std::weak_ptr<ResultModel> weak = result;
  of.run_atomic(
      connection_->backend(), std::move(statements), options, now_,
      [this, weak, weak_tab = of.weak_from_this()](const client::Reply& reply) {
        const auto sent = weak.lock();
        if (sent) sent->sending = false;
        tell_changes(reply);
        const bool unknown = reply.status.code == Code::outcome_unknown;
        const auto tab = weak_tab.lock();
        if (!sent || !tab || (!reply.status.ok() && !unknown)) return;
        // Sent once more, what may have been made would be made twice.
        sent->edits.reset();
        RunOptions again = run_options();
        if (unknown) {  // a slave may not have it yet, and nobody knows what to wait for
          again.target = {client::Target::Kind::master, {}};
          again.target_name = "master";
        }
        tab->run_again(connection_->backend(), sent, std::move(again), now_, record());  // what is there now
      },
      record());
}

void Workspace::tell_changes(const client::Reply& reply) {
  const Status& status = reply.status;
  if (status.ok()) return say(ToastKind::good, cat("Changes made, sequence ", with_separators(reply.sequence)));
  if (status.code == Code::outcome_unknown) {
    return say(ToastKind::warning, "It is not known whether the changes were made",
               cat("The rows are read again: make those changes anew that are not there then. The history (Ctrl+H) has "
                   "what was sent. ",
                   status.message));
  }
  const bool changed = status.code == Code::expectation_failed;
  say(ToastKind::error, changed ? "A row was changed by somebody else: nothing was sent" : "The changes were not made",
      status.message);
}

void Workspace::fetch_more(const std::shared_ptr<ResultModel>& result, std::uint32_t page_rows) {
  if (!connection_) return;
  const auto most = static_cast<std::uint64_t>(settings.fetch_rows);
  tab().fetch_more(connection_->backend(), result, page_rows, most, [this](const std::shared_ptr<ResultModel>& more) {
    const Arrangement& wanted = more->grid.arrangement();
    // All of them are sorted once, when the last has come.
    if (!wanted.all() && !(wanted.sort && more->fetching)) arrange(more, wanted);
  });
}

void Workspace::arrange(const std::shared_ptr<ResultModel>& result, Arrangement arrangement) {
  const auto id = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(result.get()));
  if (const auto it = arranging_.find(id); it != arranging_.end()) {
    *it->second = true;
    arranging_.erase(it);
  }
  if (!result->grid.set_arrangement(std::move(arrangement))) return;
  auto stop = std::make_shared<std::atomic<bool>>(false);
  arranging_[id] = stop;
  auto order = std::make_shared<std::optional<std::vector<std::uint32_t>>>();
  const std::weak_ptr<ResultModel> weak = result;
  in_background([rows = result->grid.rows(), columns = result->grid.columns(), wanted = result->grid.arrangement(),
                 stop, order] { *order = gui::arrange(rows, columns, wanted, *stop); },
                [this, weak, order, id, stop, version = result->grid.arrangement_version()] {
                  if (const auto it = arranging_.find(id); it != arranging_.end() && it->second == stop)
                    arranging_.erase(it);
                  const auto arranged = weak.lock();
                  if (arranged && *order) arranged->grid.take_order(version, std::move(**order));
                });
}

}  // namespace sqlcast::gui
