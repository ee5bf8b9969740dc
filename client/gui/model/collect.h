// collect(): a whole result, page after page, up to a number of rows. UI thread only. Does not block.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "client/gui/backend.h"
#include "client/gui/model/grid_model.h"

namespace sqlcast::gui {

struct Collected {
  Status status;
  std::vector<proto::ColumnInfo> columns;
  RowSet rows;
  bool truncated = false;  // more rows were there; the cursor has been closed
  std::string node;
  Sequence position = 0;
};

// One statement that gives rows. The callback runs once, on the UI thread, while `backend` lives.
void collect(Backend& backend, client::Request request, std::uint64_t max_rows,
             std::function<void(Collected)> callback);

}  // namespace sqlcast::gui
