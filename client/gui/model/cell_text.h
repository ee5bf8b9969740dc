// Cells as the window shows and compares them. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "client/text/cell_text.h"

namespace sqlcast::gui {

using text::cell_text;
using text::is_number;

// One line of at most about `max_characters` for the grid.
std::string cell_line(const proto::Cell& cell, std::size_t max_characters);

// Order of two cells of one column: NULL first, numbers by value, text and bytes by byte. <0, 0, >0.
// DECIMAL travels as text, and is a number all the same: to the right, sorted by what it is worth.
bool is_numeric(const proto::ColumnInfo& column);
int compare_decimals(std::string_view a, std::string_view b);
int compare_cells(const proto::Cell& a, const proto::Cell& b);
bool same_cell(const proto::Cell& a, const proto::Cell& b);

// Classic hex dump, 16 bytes a line.
std::string hex_dump(std::string_view bytes, std::size_t max_bytes);

// Indented JSON; the text itself when it is not JSON. Never throws, whatever the bytes.
std::string pretty_json(std::string_view text);
bool looks_like_json(std::string_view text);

}  // namespace sqlcast::gui
