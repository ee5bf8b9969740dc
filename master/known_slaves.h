// KnownSlaves: the names of the slaves that have ever followed this master, kept in a file of the data folder, one a
// line. `majority` and `all` count them from the first moment after a restart, before any has reported again; a slave
// that is gone for good is taken out by hand, with the master stopped. Belongs to one thread.
#pragma once

#include <set>
#include <string>

#include "base/status.h"

namespace sqlcast::master {

class KnownSlaves {
 public:
  // No file is no slaves. io: the file is there and cannot be read.
  static Result<KnownSlaves> load(const std::string& data_dir);

  const std::set<std::string>& names() const { return names_; }

  // Durable when it returns ok, with what could not be written before. io: the file could not be written; the names are
  // known all the same, until a restart. May block, for the disk.
  Status add(const std::set<std::string>& names);
  // The file has all names.
  bool saved() const { return saved_; }

 private:
  std::string path_;
  std::set<std::string> names_;
  bool saved_ = true;
};

}  // namespace sqlcast::master
