// Parameters as they are given on the command line: the JSON that the protocol has for them. Pure; any thread.
#pragma once

#include <string>

#include "base/status.h"
#include "client/client.h"

namespace sqlcast::cli {

// A statement without text that has the parameters: `["Ann", 5, null, {"base64": "AAE="}]` for ?, `{"name": "Ann"}`
// for :name. bad_request says what is wrong.
Result<client::Statement> parse_parameters(const std::string& json);

}  // namespace sqlcast::cli
