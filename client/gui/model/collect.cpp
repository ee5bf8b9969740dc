#include "client/gui/model/collect.h"

#include <memory>

namespace sqlcast::gui {

namespace {

// Shared by the callbacks of one collection, of which one is under way at a time.
struct Collection {
  Backend& backend;
  std::uint64_t max_rows;
  std::function<void(Collected)> callback;
  Collected result;
};

void take(const std::shared_ptr<Collection>& state, client::Reply reply) {
  if (reply.status.ok() && (reply.results.empty() || !reply.results[0].has_rows)) {
    reply.status = Status::error(Code::bad_message, "The node answered without rows where rows were asked for.");
  }
  if (!reply.status.ok()) {
    state->result.status = reply.status;
    state->callback(std::move(state->result));
    return;
  }
  client::StatementReply& answer = reply.results[0];
  if (state->result.columns.empty()) {
    state->result.columns = answer.columns;
    state->result.node = reply.node;
    state->result.position = reply.node_position;
  }
  state->result.rows.add(std::make_shared<const client::Rows>(std::move(answer.rows)));
  if (answer.cursor && state->result.rows.size() >= state->max_rows) {
    state->result.truncated = true;
    state->backend.close(answer.cursor);
  } else if (answer.cursor) {
    state->backend.fetch(answer.cursor, 0, [state](client::Reply next) { take(state, std::move(next)); });
    return;
  }
  state->callback(std::move(state->result));
}

}  // namespace

void collect(Backend& backend, client::Request request, std::uint64_t max_rows,
             std::function<void(Collected)> callback) {
  auto state = std::make_shared<Collection>(Collection{backend, max_rows, std::move(callback), {}});
  backend.submit(std::move(request), [state](client::Reply reply) { take(state, std::move(reply)); });
}

}  // namespace sqlcast::gui
