// Cells as text: for the grid, the clipboard, files and SQL. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "proto/column.h"
#include "proto/message.h"

namespace sqlcast::gui {

// Whole value as plain text: numbers in decimal, text as it is, bytes as 0x and hex digits; NULL gives "".
std::string cell_text(const proto::Cell& cell);
void append_cell_text(std::string& out, const proto::Cell& cell);

// One line of at most about `max_characters` for the grid.
std::string cell_line(const proto::Cell& cell, std::size_t max_characters);

// A literal that gives the value back: NULL, 12, 'it''s' with backslashes escaped, x'00ff'.
std::string sql_literal(const proto::Cell& cell);
std::string sql_text_literal(std::string_view text);
std::string sql_bytes_literal(std::string_view bytes);
std::string sql_identifier(std::string_view name);  // always in backticks

// Order of two cells of one column: NULL first, numbers by value, text and bytes by byte. <0, 0, >0.
int compare_cells(const proto::Cell& a, const proto::Cell& b);
bool same_cell(const proto::Cell& a, const proto::Cell& b);

bool is_number(proto::ValueKind kind);

// Classic hex dump, 16 bytes a line.
std::string hex_dump(std::string_view bytes, std::size_t max_bytes);

// Indented JSON; the text itself when it is not JSON. Never throws, whatever the bytes.
std::string pretty_json(std::string_view text);
bool looks_like_json(std::string_view text);

}  // namespace sqlcast::gui
