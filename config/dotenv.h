// The text of a `.env` file to its values. Pure; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "config/sources.h"

namespace sqlcast::config {

// One KEY=VALUE a line, optionally after `export `. 'single quotes' are literal; "double quotes" know \n \t \" \\ \$;
// bare values end at ` #`. Nothing is expanded. A line that cannot be understood and a key given twice are problems
// that name `file` and the line, and never show the value.
std::map<std::string, DotenvValue> parse_dotenv(const std::string& file, std::string_view text, Problems& problems);

}  // namespace sqlcast::config
