// The tuples of INSERT … VALUES (…), (…): where they and their values stand, and how one is written so that a cluster
// takes it. Pure; one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sqlcast::load {

struct Tuple {
  std::size_t begin = 0;  // of "("
  std::size_t end = 0;    // one past ")"
  // Where each value begins, and, as the last, the place of ")"; a value ends one in front of the next.
  std::vector<std::size_t> values;
  bool literals_only = true;  // neither calls nor groups

  std::size_t value_count() const { return values.size() - 1; }
  std::string_view value(std::string_view text, std::size_t index) const;  // blanks around it taken off
};

// The tuple at `at` or behind it, past blanks and a comma. False: no tuple stands there; `at` is where something else
// does, or the end.
bool next_tuple(std::string_view text, std::size_t& at, Tuple& tuple);

// What becomes of an AUTO_INCREMENT column by this literal.
enum class IdValue { given, generated, zero };
IdValue id_value(std::string_view literal);

// Strings that are not UTF-8, as dumps write the bytes of a BLOB, become x'…'; the values at `generated` become
// DEFAULT.
std::string rewritten_tuple(std::string_view text, const Tuple& tuple, const std::vector<std::size_t>& generated);

}  // namespace sqlcast::load
