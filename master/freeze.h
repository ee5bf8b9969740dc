// Freeze: the literal that takes a function's place in a statement whose value is decided once, by the master. Any
// thread. Does not block.
#pragma once

#include <string>
#include <string_view>

namespace sqlcast::master {

// As sql::Freeze asks: the function's name in upper case and its arguments' text; a SQL literal of the type that the
// function has, or nothing for arguments that it does not take. `server_version`: what VERSION() is, without quotes in
// it.
std::string freeze_value(std::string_view function, std::string_view arguments, std::string_view server_version);

}  // namespace sqlcast::master
