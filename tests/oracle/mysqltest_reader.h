// The statements in a file of MariaDB's test language (mysqltest), as far as they stand there as text: commands, blocks
// (while, if), embedded files and statements with variables are left out. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sqlcast::oracle {

std::vector<std::string> read_mysqltest(std::string_view text);

}  // namespace sqlcast::oracle
