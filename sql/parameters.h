// Parameters: values into a statement's text. Placeholders (? or :name) inside strings, quoted identifiers and
// comments are left alone; escaping follows the pinned sql_mode, so that no value can become syntax. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/types.h"

namespace sqlcast::sql {

// One value as a literal: NULL, 12, 1.5e0, 'it''s', x'00ff'. bad_request for text that is not UTF-8 and for a
// double that SQL has no literal for (NaN, infinity).
Result<std::string> literal(const Value& value);

// The text with every placeholder replaced, and with its terminator (one last `;` with nothing but blanks behind it)
// taken off. bad_request when there are more or fewer values than placeholders, a name has no value or a value no
// placeholder, or both kinds are mixed. too_large when the text, as it is or with its values, has more than
// `max_bytes`: it is not read further, and nothing longer is built. A text without values and placeholders comes back
// as it is but for the terminator.
Result<std::string> expand_parameters(std::string_view text, const std::vector<Value>& positional,
                                      const std::map<std::string, Value>& named, std::size_t max_bytes = SIZE_MAX);

}  // namespace sqlcast::sql
