// Literals: values and names as SQL text, under the pinned sql_mode (backslash escapes on). What they mean to the
// server is tested against it (tests/differential/literal_test.cpp). Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace sqlcast::sql {

// 'text', quotes included; for any bytes in a _binary context. Line ends and NUL are escaped: one line of log or
// script.
std::string quote_text(std::string_view text);
// _binary'…': bytes exactly as they are.
std::string quote_bytes(std::string_view bytes);
// `name`, with doubled backticks.
std::string quote_name(std::string_view name);

// Of a type as the server shows it, "enum('a','')": the empty text is one of its words.
bool has_empty_word(std::string_view type);

}  // namespace sqlcast::sql
