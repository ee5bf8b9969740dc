// Freeze: the literal that takes a function's place in a statement whose value is decided once, by the master.
#pragma once

#include <string>
#include <string_view>

namespace sqlcast::master {

// As sql::Freeze asks: the function's name in upper case and its arguments' text; SQL literal text out.
std::string freeze_value(std::string_view function, std::string_view arguments);

// Microseconds since 1970-01-01 UTC.
std::uint64_t now_us();

}  // namespace sqlcast::master
