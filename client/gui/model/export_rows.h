// The rows of a grid as text, in the formats of files. Pure; one thread.
#pragma once

#include <string>

#include "client/text/row_writer.h"

namespace sqlcast::gui {

using text::format_extension;
using text::format_name;
using text::kRowFormats;
using text::RowFormat;
using text::RowWriter;

class GridModel;

// The selection as text, without a frame when it is one cell of RowFormat::tsv; the whole result with `all`.
std::string rows_text(const GridModel& grid, RowFormat format, bool all);

}  // namespace sqlcast::gui
