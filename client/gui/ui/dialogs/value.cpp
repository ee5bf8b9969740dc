#include "client/gui/ui/dialogs/value.h"

#include "client/gui/model/cell_text.h"
#include "client/gui/model/text.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

namespace {
constexpr std::size_t kViewedBytes = 8U << 20U;
}

ValueDialog::ValueDialog(const ResultModel& result, CellAt at) {
  const proto::ColumnInfo& column = result.grid.columns()[at.column];
  const proto::Cell& cell = result.grid.cell(at.row, at.column);
  null_ = cell.kind == proto::Cell::Kind::null;
  bytes_ = cell.kind == proto::Cell::Kind::bytes;
  const bool raw = bytes_ || cell.kind == proto::Cell::Kind::text;
  value_ = raw ? std::string(cell.view().substr(0, kViewedBytes)) : cell_text(cell);
  title_ = cat(column.name, "   ", lower(column.type), "   row ", with_separators(result.grid.row_at(at.row) + 1));
  note_ = null_ ? "NULL" : raw ? human_bytes(cell.size) : "";
  if (raw && cell.size > kViewedBytes) note_ += cat(", the first ", human_bytes(kViewedBytes), " shown");
  if (raw && !bytes_ && !is_utf8(cell.view())) note_ += ", not valid UTF-8: see Hex";
  if (!result.why_not_editable.empty()) why_ = result.why_not_editable;
  mode_ = bytes_ ? hex : looks_like_json(value_) ? json : text;
  show_lines();
}

void ValueDialog::show_lines() {
  if (mode_ == hex) {
    lines_ = Lines(hex_dump(value_, kViewedBytes));
  } else if (mode_ == json) {
    lines_ = Lines(looks_like_json(value_) ? pretty_json(value_) : cat("This is not JSON.\n\n", value_));
  } else {
    lines_ = Lines(null_ ? "NULL" : value_);
  }
}

bool ValueDialog::draw(Workspace&, Desk& desk, bool) {
  ui::heading(title_);
  ImGui::SameLine();
  ui::dim(note_);
  if (!why_.empty()) ui::wrapped(cat("It cannot be edited here. ", why_), colours().warn);
  if (ui::segments("mode", {"Text", "JSON", "Hex"}, &mode_)) show_lines();
  lines_.draw(-px(44));
  if (ui::button("Copy value")) desk.copy(bytes_ ? cat("0x", to_hex(value_)) : value_, "value");
  return true;
}

void show_value(Desk& desk, const ResultModel& result, CellAt at) {
  if (at.row < result.grid.shown() && at.column < result.grid.columns().size())
    desk.open(std::make_unique<ValueDialog>(result, at));
}

}  // namespace sqlcast::gui
