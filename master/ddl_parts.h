// DdlParts: what a definition comes to that is carried out in parts, as DROP TABLE a, b is: each part is an entry of
// its own. MariaDB drops all that it can, and then complains of what it could not, of the unknown ones in one list; so
// do the parts together. Pure. Does not block.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"

namespace sqlcast::master {

class DdlParts {
 public:
  // What the next part came to. False: the parts behind it are not to be carried out, because what hinders it may pass,
  // or nobody knows what came of it.
  bool add(const Status& status, const std::vector<std::string>& warnings);

  // Of all of them together.
  Status status() const;
  std::vector<std::string> warnings() const;  // "1051 Unknown table 'school.a,school.b'"

 private:
  Status failure_;  // the first of another kind, which comes before those that are unknown
  Status unknown_;  // the first, with the names of all
  std::vector<std::string> warnings_;
  std::string unknown_warning_;
};

}  // namespace sqlcast::master
