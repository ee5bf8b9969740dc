// Cells as text, the same in every program. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "proto/column.h"
#include "proto/message.h"

namespace sqlcast::text {

// A DOUBLE as MariaDB writes it: the fewest digits that read back as the same number; in full from 1e-15 on and below
// 1e15, or where it has a fraction; "1e15" else.
void append_double(std::string& out, double value);

// The whole value: numbers in decimal, text as it is, bytes as 0x and hex digits; NULL gives "".
void append_cell_text(std::string& out, const proto::Cell& cell);
std::string cell_text(const proto::Cell& cell);
// The same; `buffer` holds what the result points to when it is not the cell's own text.
std::string_view cell_text(const proto::Cell& cell, std::string& buffer);

// A JSON value: integers exact, a DOUBLE never as an integer, bytes as {"base64": "…"}, as the protocol has them.
void append_cell_json(std::string& out, const proto::Cell& cell);

// A literal that gives the value back: NULL, 12, 1.5e0, 'it''s', x'00ff'.
std::string sql_literal(const proto::Cell& cell);

bool is_number(proto::ValueKind kind);

}  // namespace sqlcast::text
