// Text made fit for where it goes: a terminal, a line of a file, a field of CSV. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace sqlcast::text {

// Text that is safe on a terminal: control characters but line feeds, and bytes that are not UTF-8, become
// visible escapes. Returns `text` itself when nothing has to change.
std::string_view printable(std::string_view text, std::string& buffer);
std::string printable_line(std::string_view text);  // the same with blanks for line feeds

// One line of a file for any text: backslash, newline, carriage return and tab escaped; and back.
std::string escape_line(std::string_view text);
std::string unescape_line(std::string_view text);

// A field of CSV (RFC 4180) that is text, in quotes where it needs them. The empty text is "", so that it is not NULL's
// empty field, and text that begins with 0x is in quotes, as bytes stand there as 0x… without.
void append_csv_field(std::string& out, std::string_view text);

}  // namespace sqlcast::text
