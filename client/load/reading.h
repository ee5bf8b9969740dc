// Reading: the statements of several files one after the other, those that a script takes in by SOURCE among them,
// each at a position of its own that is the same whenever the same files are read. One thread. May block, for the disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "client/load/script_reader.h"

namespace sqlcast::load {

struct Source {
  std::string path;
  std::string database;  // that its statements are about when they name none; of a file of mydumper
};

// What was named on the command line; a folder is one that mydumper wrote: its definitions first, then its rows, then
// its views. io for what is not there.
Result<std::vector<Source>> sources_of(const std::vector<std::string>& paths);

// A file as it is now: its absolute path, size and time of change, and a line's end.
std::string described(const std::string& path);

struct Placed {
  ScriptStatement statement;
  std::uint64_t position = 0;
  std::size_t source = 0;  // of sources
  std::string file;        // where the line is
};

class Reading {
 public:
  explicit Reading(std::vector<Source> sources) : sources_(std::move(sources)) {}

  // False at the end. Errors as ScriptReader::next(), with the file's name.
  Result<bool> next(Placed& placed);
  // What follows comes from there, until its end; a path is looked for beside the file that names it. bad_request when
  // that goes too deep.
  Status take_in(const std::string& path);

  const std::vector<Source>& sources() const { return sources_; }
  std::uint64_t taken() const;  // bytes of the files
  // Which files take_in() has opened, with their sizes and times of change: a line each.
  const std::string& taken_in() const { return taken_in_; }

 private:
  struct Open {
    std::string path;
    std::unique_ptr<ScriptReader> reader;
    std::uint64_t base = 0;
  };
  Status open(const std::string& path, std::uint64_t base);

  const std::vector<Source> sources_;
  std::vector<Open> open_;
  std::size_t next_source_ = 0;
  std::uint64_t base_ = 0;  // of the next file
  std::uint64_t last_ = 0;  // the last position
  std::string taken_in_;
  std::uint64_t taken_ = 0;  // of files that were read whole
};

}  // namespace sqlcast::load
