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

// The selection as text for the clipboard; the whole result with `all`. RowFormat::tsv is what spreadsheets and
// pasted_rows() read: a field with a tab, a line break or a quote in front stands in quotes, NULL is the word without
// any; and one cell is its bare text. Files have TSV with backslashes: RowWriter.
std::string rows_text(const GridModel& grid, RowFormat format, bool all);

}  // namespace sqlcast::gui
