// The colour of a bare word of SQL. Pure; any thread.
#pragma once

#include <string_view>

#include "client/gui/model/highlight.h"

namespace sqlcast::gui {

Paint paint_of_word(std::string_view word, bool before_parenthesis);

}  // namespace sqlcast::gui
